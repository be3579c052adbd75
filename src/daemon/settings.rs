//! The sections of a policy file that mailrep-milter(8) reads for itself.

use crate::error::printable;
use crate::filter::policy::{Fault, Policy, PolicyError, Setting};

const MILTER: [&str; 2] = ["socket", "socket_mode"];
const LOG: [&str; 2] = ["to", "facility"];

/// Whether mailrep-milter can use the sections `[milter]` and `[log]`. A [`Filter`](crate::filter::Filter) does not look at them, as other
/// programs may have keys of their own there.
///
/// ```
/// # use mailrep::{daemon, filter::Policy};
/// let policy = Policy::parse("[milter]\nsokcet = \"unix:/run/milter\"\n", "mailrep.toml", "/etc/mailrep".as_ref())?;
/// let error = daemon::check_settings(&policy).unwrap_err();
/// assert_eq!(error.to_string(), "mailrep.toml:2:1: there is no key 'sokcet' in [milter]; did you mean 'socket'?");
/// # Ok::<(), mailrep::filter::PolicyError>(())
/// ```
///
/// # Errors
/// [`PolicyError`] with a fault for each key that is not known and each value that cannot be used.
pub fn check_settings(policy: &Policy) -> Result<(), PolicyError> {
    let mut faults = Vec::new();
    for (section, keys) in [("milter", MILTER), ("log", LOG)] {
        if let Err(error) = policy.check_section(section, &keys) {
            faults.extend(error.faults);
        }
    }
    let mut check = |section: &str, key: &str, good: fn(&str) -> bool, fix: &str| {
        if let Some(Setting { value, place }) = policy.setting(section, key)
            && !good(value)
        {
            faults.push(Fault {
                place: *place,
                message: format!("'{key}' in [{section}] is '{}'", printable(value.as_bytes())),
                fix: Some(fix.to_owned()),
            });
        }
    };
    check(
        "milter",
        "socket",
        is_socket,
        "write \"unix:/PATH\", \"inet:PORT@ADDRESS\" or \"inet6:PORT@ADDRESS\"",
    );
    check("milter", "socket_mode", is_mode, "write a mode such as \"660\"");
    check(
        "log",
        "to",
        |text| matches!(text, "stderr" | "syslog"),
        "write \"stderr\" or \"syslog\"",
    );
    check(
        "log",
        "facility",
        is_facility,
        "write \"mail\", \"daemon\", \"user\" or \"local0\" to \"local7\"",
    );
    match faults.is_empty() {
        true => Ok(()),
        false => Err(PolicyError::new(&policy.file, faults)),
    }
}

/// What libmilter takes, and a path that a socket can have: sun_path has 108 octets.
fn is_socket(text: &str) -> bool {
    const LONGEST_PATH: usize = 107;
    let internet = |rest: &str| {
        let (port, address) = rest.split_once('@').unwrap_or((rest, ""));
        !address.is_empty() && port.parse::<u16>().is_ok_and(|port| port > 0)
    };
    match text.split_once(':') {
        Some(("unix", path)) => path.starts_with('/') && path.len() <= LONGEST_PATH,
        Some(("inet" | "inet6", rest)) => internet(rest) && text.len() <= LONGEST_PATH,
        _ => false,
    }
}

fn is_mode(text: &str) -> bool {
    let digits = !text.is_empty() && text.bytes().all(|octet| matches!(octet, b'0'..=b'7'));
    digits && u32::from_str_radix(text, 8).is_ok_and(|bits| bits <= 0o777)
}

fn is_facility(text: &str) -> bool {
    let local = |number: &str| matches!(number.as_bytes(), [b'0'..=b'7']);
    matches!(text, "mail" | "daemon" | "user") || text.strip_prefix("local").is_some_and(local)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn faults(text: &str) -> Vec<String> {
        let policy = Policy::parse(text, "f", "".as_ref()).unwrap();
        let Err(error) = check_settings(&policy) else {
            return Vec::new();
        };
        error.faults.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn what_the_milter_reads_is_taken() {
        for text in [
            "",
            "[milter]\nsocket = \"unix:/var/spool/postfix/mailrep/milter\"\nsocket_mode = \"660\"\n",
            "[milter]\nsocket = \"inet:8891@127.0.0.1\"\n[log]\nto = \"syslog\"\nfacility = \"local7\"\n",
            "[milter]\nsocket = \"inet6:8891@::1\"\nsocket_mode = \"0600\"\n[log]\nto = \"stderr\"\nfacility = \"mail\"\n",
        ] {
            assert_eq!(faults(text), [""; 0], "{text}");
        }
    }

    #[test]
    fn what_it_cannot_use_is_told_all_at_once_with_its_line() {
        let text = "[milter]\nsocket = \"8891\"\nsocket_mode = \"999\"\nbacklog = 5\n[log]\nto = \"file\"\nfacility = \"local8\"\n";
        let told = faults(text);
        assert_eq!(told.len(), 5, "{told:?}");
        for (told, word) in told.iter().zip([
            "'socket' in [milter] is '8891'",
            "'socket_mode' in [milter] is '999'",
            "backlog",
            "'to' in [log] is 'file'",
            "local8",
        ]) {
            assert!(told.contains(word), "{told}");
        }
        for socket in [
            "unix:milter",
            "inet:8891",
            "inet:0@127.0.0.1",
            "inet:65536@127.0.0.1",
            "local:/run/milter",
        ] {
            assert_eq!(
                faults(&format!("[milter]\nsocket = \"{socket}\"\n")).len(),
                1,
                "{socket}"
            );
        }
        assert_eq!(
            faults(&format!("[milter]\nsocket = \"unix:/{}\"\n", "a".repeat(107))).len(),
            1
        );
    }
}
