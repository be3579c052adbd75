//! What a rewriter is told.

use super::secrets::Secrets;
use std::fmt;
use std::str::FromStr;

/// How a [`Rewriter`](super::Rewriter) rewrites. The defaults are PostSRSd's, and so are the addresses that they make.
///
/// ```
/// use mailrep::srs::{Mac, Secrets, Settings};
/// let mut settings = Settings::new("srs.example.org", Secrets::new(["0123456789abcdef"])?);
/// settings.mint = Mac::Strong;
/// settings.local = vec!["example.org".to_owned(), ".example.org".to_owned()];
/// # Ok::<(), mailrep::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Settings {
    /// The alias domain: rewritten addresses are in it, so that bounces come to this host. Its MX and SPF records must name
    /// this host.
    pub domain: String,
    /// Secrets of the alias domain.
    pub secrets: Secrets,
    /// Further alias domains with their secrets, in which addresses were rewritten before or elsewhere: `reverse` takes them
    /// too, `forward` never makes them. Default none.
    pub further: Vec<(String, Secrets)>,
    /// What follows SRS0 and SRS1 in new addresses; all are understood. Default `=`.
    pub separator: Separator,
    /// Letters of the hash in new addresses of [`Mac::Compat`], 4 to 27. Default 4.
    pub hash_length: usize,
    /// Letters that a hash of [`Mac::Compat`] must have to be believed, 4 to `hash_length`. Default 4.
    pub hash_minimum: usize,
    /// Age in days up to which an SRS0 address can be reversed, 1 to 1022; SRS1 addresses have no age of their own. Default 21.
    pub max_age: u16,
    /// Rewrite addresses of the alias domain too. Default no.
    pub always: bool,
    /// Domains of this host, whose addresses it may use as they are: `example.com` is that domain alone, `.example.com` all
    /// below it. Default none.
    pub local: Vec<String>,
    /// Domains that are not rewritten for another reason, in the same form. Default none.
    pub excluded: Vec<String>,
    /// What happens when a new local part has more than 64 octets. Default [`LongLocalParts::Allow`].
    pub long_local_parts: LongLocalParts,
    /// The form of hash in new addresses. Default [`Mac::Compat`].
    pub mint: Mac,
    /// The forms of hash that are believed. [`Accept::Strong`] needs `mint` to be strong, too. Default [`Accept::Both`].
    pub accept: Accept,
}

impl Settings {
    /// The defaults, for an alias domain and its secrets. [`Rewriter::new`](super::Rewriter::new) looks whether they can be used.
    pub fn new(domain: impl Into<String>, secrets: Secrets) -> Settings {
        Settings {
            domain: domain.into(),
            secrets,
            further: Vec::new(),
            separator: Separator::Equals,
            hash_length: 4,
            hash_minimum: 4,
            max_age: 21,
            always: false,
            local: Vec::new(),
            excluded: Vec::new(),
            long_local_parts: LongLocalParts::Allow,
            mint: Mac::Compat,
            accept: Accept::Both,
        }
    }
}

/// Text that is none of the words of a setting.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("it takes {0}")]
pub struct NotAWord(&'static str);

/// A setting that is one of a few words.
macro_rules! words {
    ($(#[$about:meta])* $name:ident, $takes:literal { $($(#[$doc:meta])* $variant:ident = $word:literal,)+ }) => {
        $(#[$about])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum $name {
            $($(#[$doc])* $variant,)+
        }

        impl $name {
            /// All of them, as they are numbered in C.
            pub const ALL: &[$name] = &[$($name::$variant),+];

            /// The word for it on the command line.
            pub fn as_str(self) -> &'static str {
                match self {
                    $($name::$variant => $word,)+
                }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl FromStr for $name {
            type Err = NotAWord;

            fn from_str(text: &str) -> Result<$name, NotAWord> {
                let found = $name::ALL.iter().find(|word| word.as_str() == text);
                found.copied().ok_or(NotAWord($takes))
            }
        }
    };
}

words! {
    /// What stands between the tag and the hash.
    Separator, "'=', '+' or '-'" {
        /// `SRS0=`
        Equals = "=",
        /// `SRS0+`
        Plus = "+",
        /// `SRS0-`
        Minus = "-",
    }
}

words! {
    /// The form of a hash.
    Mac, "compat or strong" {
        /// HMAC-SHA1 over the parts in a row, in base64: what the whole SRS family has. It does not say where a part ends: who
        /// has an address that holds `alice` at `example.com` can make one that holds `malice` at `example.co`.
        Compat = "compat",
        /// HMAC-SHA256 over a label and each part with its length, 16 characters of base32: no part can be changed. Only
        /// mailrep verifies it, which is no matter, for only the host that made an address does.
        Strong = "strong",
    }
}

words! {
    /// Which forms of hash are believed.
    Accept, "both or strong" {
        /// Both.
        Both = "both",
        /// Only [`Mac::Strong`]: when addresses of the other form have expired, this ends their weakness.
        Strong = "strong",
    }
}

words! {
    /// What happens when a new local part has more than the 64 octets that every host has to accept (RFC 5321 section 4.5.3.1.1).
    LongLocalParts, "allow or refuse" {
        /// The address is rewritten, as all the SRS family does. Nearly all hosts accept more.
        Allow = "allow",
        /// The address is refused.
        Refuse = "refuse",
    }
}
