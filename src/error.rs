//! What can go wrong that is not a verdict.

/// A fault of configuration, of use, or of this host. Verdicts, bad ones included, are never errors.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A call came out of its turn; nothing was changed.
    #[error("{call} came out of turn: {why}")]
    Sequence {
        /// The call that was refused.
        call: &'static str,
        /// What has to happen first, or has happened already.
        why: &'static str,
    },
    /// A value given by the caller cannot be used.
    #[error("{what} '{value}' cannot be used: {why}")]
    Invalid {
        /// What the value was to be, such as "client address".
        what: &'static str,
        /// The value, made printable.
        value: String,
        /// What is wrong with it.
        why: String,
    },
    /// A zone file cannot be read; line and column are 1-based.
    #[error("{file}:{line}:{column}: {message}")]
    Zone {
        /// The file's name, as it was given.
        file: String,
        /// The line, from 1.
        line: usize,
        /// The column in octets, from 1.
        column: usize,
        /// What is wrong there.
        message: String,
    },
    /// A file cannot be read.
    #[error("cannot read {path}: {why}")]
    Io {
        /// The path, as it was given.
        path: String,
        /// The system's reason.
        why: String,
    },
    /// A file cannot be written.
    #[error("cannot write {path}: {why}")]
    Write {
        /// The path, as it was given.
        path: String,
        /// The system's reason.
        why: String,
    },
    /// The system does not let us listen on an address.
    #[error("cannot listen on {address}: {why}")]
    Listen {
        /// The address, as it was given.
        address: String,
        /// The system's reason.
        why: String,
    },
    /// No nameserver was given and the system names none.
    #[error("no nameserver: none was given and the system's configuration names none")]
    NoNameserver,
    /// The system refused a thread, a socket or memory.
    #[error("the system refused {what}: {why}")]
    System {
        /// What was asked of the system.
        what: &'static str,
        /// Its reason.
        why: String,
    },
}

/// The system's reason for a person: without Rust's number, and in lower case since it stands within a sentence.
pub(crate) fn plain(error: &std::io::Error) -> String {
    let text = error.to_string();
    let words = text.split(" (os error").next().unwrap_or(&text);
    let mut letters = words.chars();
    let first = letters.next();
    first
        .into_iter()
        .flat_map(char::to_lowercase)
        .chain(letters)
        .collect()
}

/// A sentence that may quote strangers, made printable whatever its length.
#[cfg(feature = "filter")]
pub(crate) fn printable_text(text: &str) -> String {
    let escape = |character: char| match character {
        ' '..='~' => character.to_string(),
        other => other.escape_unicode().to_string(),
    };
    text.chars().take(1_000).map(escape).collect()
}

/// Renders octets for a message to a person: printable ASCII as it is, the rest as `\xNN`, at most 80 octets.
pub(crate) fn printable(octets: &[u8]) -> String {
    const MOST: usize = 80;
    let plain = |octet: &u8| (0x20..0x7f).contains(octet) && *octet != b'\\';
    if octets.len() <= MOST
        && octets.iter().all(plain)
        && let Ok(text) = std::str::from_utf8(octets)
    {
        return text.to_owned();
    }
    let mut text = String::with_capacity(octets.len().min(MOST));
    for &octet in octets.iter().take(MOST) {
        if plain(&octet) {
            text.push(char::from(octet));
        } else {
            text.push_str(&format!("\\x{octet:02x}"));
        }
    }
    if octets.len() > MOST {
        text.push_str("...");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::plain;
    use std::io;

    #[test]
    fn the_system_is_quoted_in_its_words_without_rusts_number() {
        assert_eq!(
            plain(&io::Error::from_raw_os_error(2)),
            "no such file or directory"
        );
        assert_eq!(plain(&io::Error::other("odd (os error")), "odd");
        assert_eq!(
            plain(&io::ErrorKind::UnexpectedEof.into()),
            "unexpected end of file"
        );
    }
}
