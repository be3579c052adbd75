//! What whoever runs the filter does beside filtering: alarms are announced, an administrator is answered, SRS is served.

use super::document::{Located, Table};
use crate::error::printable;
use crate::srs::server::{Address, Map, Service};
use std::path::{Path, PathBuf};

/// Who is told of alarms.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AlarmRules {
    /// A program and its arguments; empty is none.
    pub command: Vec<String>,
    /// Recipients of a mail; empty is none.
    pub mail_to: Vec<String>,
    /// Its sender.
    pub mail_from: String,
    /// The program that takes it.
    pub sendmail: String,
    /// Alarms of an hour that are announced; those beyond are in the log alone.
    pub per_hour: usize,
}

/// The control socket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ControlRules {
    /// Its path; none is no socket.
    pub socket: Option<PathBuf>,
    /// Its permissions.
    pub mode: u32,
}

/// Where SRS is served to an MTA.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ServeRules {
    /// What is spoken where.
    pub listen: Vec<(Service, Address)>,
    /// Permissions of Unix sockets.
    pub socket_mode: u32,
}

/// Those keys of `[outbound]` that say who is told.
pub(super) fn alarm(table: &Table<'_>) -> AlarmRules {
    let command: Vec<String> = texts(table, "command");
    if let (Some(program), Some(place)) = (command.first(), table.place_of("command"))
        && !program.starts_with('/')
    {
        table.fault(
            place,
            format!("'{}' is no path from the root", printable(program.as_bytes())),
            "write command = [\"/etc/mailrep/on-alarm\"]",
        );
    }
    let address = "write an address, such as \"postmaster\" or \"postmaster@example.org\"";
    AlarmRules {
        command,
        mail_to: table.list("mail_to", mailbox, address).unwrap_or_default(),
        mail_from: table
            .made("mail_from", mailbox, address)
            .map_or_else(|| "postmaster".to_owned(), |text| text.value),
        sendmail: table
            .made("sendmail", absolute, "write sendmail = \"/usr/sbin/sendmail\"")
            .map_or_else(|| "/usr/sbin/sendmail".to_owned(), |text| text.value),
        per_hour: table
            .whole("announcements_per_hour", 1, 10_000, "announcements")
            .map_or(20, |number| number.value),
    }
}

pub(super) fn control(table: Option<Table<'_>>, folder: &Path) -> ControlRules {
    let mut rules = ControlRules {
        socket: None,
        mode: 0o600,
    };
    if let Some(table) = table {
        rules.socket = table.text("socket").map(|text| folder.join(text.value));
        if let Some(bits) = mode(&table, "mode") {
            rules.mode = bits;
        }
        table.end();
    }
    rules
}

/// Those keys of `[srs]` that say where it is served.
pub(super) fn serve(table: &Table<'_>) -> ServeRules {
    let fix =
        "write \"tcp-forward:127.0.0.1:10001\", \"tcp-reverse:127.0.0.1:10002\" or \"socketmap:unix:/PATH\"";
    ServeRules {
        listen: table.list("serve", service, fix).unwrap_or_default(),
        socket_mode: mode(table, "serve_mode").unwrap_or(0o660),
    }
}

fn service(text: &str) -> Result<(Service, Address), String> {
    let (word, address) = text.split_once(':').unwrap_or((text, ""));
    let service = match word {
        "tcp-forward" => Service::TcpTable(Map::Forward),
        "tcp-reverse" => Service::TcpTable(Map::Reverse),
        "socketmap" => Service::Socketmap,
        _ => {
            return Err(format!(
                "'{}' is nothing that SRS is served by",
                printable(word.as_bytes())
            ));
        }
    };
    let address: Address = address.parse().map_err(|error: crate::Error| error.to_string())?;
    match address.is_local() {
        true => Ok((service, address)),
        false => Err("other hosts could reach it, and make addresses that pass as ours".to_owned()),
    }
}

fn texts(table: &Table<'_>, key: &'static str) -> Vec<String> {
    let list = table.texts(key).unwrap_or_default();
    list.into_iter().map(|text| text.value).collect()
}

/// It is an argument of a program and a word of a header.
fn mailbox(text: &str) -> Result<String, String> {
    let plain = |octet: u8| octet.is_ascii_graphic() && !b"()<>,;:\\\"[]".contains(&octet);
    match !text.is_empty() && !text.starts_with('-') && text.len() <= 254 && text.bytes().all(plain) {
        true => Ok(text.to_owned()),
        false => Err(format!("'{}' is no plain address", printable(text.as_bytes()))),
    }
}

fn absolute(text: &str) -> Result<String, String> {
    match text.starts_with('/') {
        true => Ok(text.to_owned()),
        false => Err(format!(
            "'{}' is no path from the root",
            printable(text.as_bytes())
        )),
    }
}

fn mode(table: &Table<'_>, key: &'static str) -> Option<u32> {
    let read = |text: &str| match u32::from_str_radix(text, 8) {
        Ok(bits) if bits <= 0o777 => Ok(bits),
        _ => Err(format!("'{}' is no mode", printable(text.as_bytes()))),
    };
    let mode: Option<Located<u32>> = table.made(key, read, "write \"660\"");
    mode.map(|mode| mode.value)
}
