//! The author domain beside a parser that others wrote: for ordinary From fields both find the same.
//!
//! Beyond the ordinary the two differ on purpose: mail-parser repairs what it can, where DMARC has to name a problem.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use mail_parser::MessageParser;
use mailrep::message::HeaderFields;
use proptest::prelude::*;

/// The domains that mail-parser finds in the field, in lower case, each once, in order.
fn peer(field: &str) -> Vec<String> {
    let text = format!("{field}\r\nbody\r\n");
    let message = MessageParser::default().parse(text.as_bytes()).unwrap();
    let mut domains: Vec<String> = Vec::new();
    for address in message.from().into_iter().flat_map(|from| from.iter()) {
        let (_, domain) = address.address().unwrap().rsplit_once('@').unwrap();
        let domain = domain.to_ascii_lowercase();
        if !domains.contains(&domain) {
            domains.push(domain);
        }
    }
    domains
}

#[track_caller]
fn agree(value: &str) {
    let field = format!("From: {value}\r\n");
    let mut header = HeaderFields::default();
    header.push(field.as_bytes());
    let author = mailrep::dmarc::author(&header);
    assert_eq!(author.problem(), None, "{value}");
    let ours: Vec<String> = author
        .domains()
        .iter()
        .map(|domain| domain.as_str().to_owned())
        .collect();
    assert!(!ours.is_empty(), "{value}");
    assert_eq!(ours, peer(&field), "{value}");
}

#[test]
fn rfc5322_section_3_4_ordinary_from_fields_mean_the_same_to_mail_parser() {
    for value in [
        "ada@example.org",
        "<ada@example.org>",
        "Ada <ada@example.org>",
        "Ada Lovelace <ada@Example.ORG>",
        "\"Lovelace, Ada\" <ada@example.org>",
        "\"Ada \\\"the first\\\" Lovelace\" <ada@example.org>",
        "\"ceo@bank.example\" <ada@example.org>",
        "=?utf-8?q?J=C3=BCrgen?= <j@example.org>",
        "=?utf-8?b?Y2VvQGJhbmsuZXhhbXBsZQ==?= <ada@example.org>",
        "ada@example.org (Ada Lovelace)",
        "Ada\r\n <ada@example.org>",
        "Ada <ada+list=x@mail.example.org>",
        "ada@example.org, bob@example.net",
        "Ada <ada@example.org>, \"Bob\" <bob@example.org>",
        "Authors: ada@example.org, bob@example.net;",
    ] {
        agree(value);
    }
}

proptest! {
    #[test]
    fn any_ordinary_address_means_the_same_to_mail_parser(
        name in "[A-Za-z][A-Za-z ]{0,20}",
        quoted in "[A-Za-z@.,;:<>()]{1,20}",
        local in "[a-z0-9+_-]{1,10}(\\.[a-z0-9]{1,10}){0,2}",
        domain in "[A-Za-z0-9]{1,10}(-[A-Za-z0-9]{1,5}){0,1}(\\.[A-Za-z][A-Za-z0-9]{0,9}){1,4}",
        form in 0..5_usize,
    ) {
        let address = format!("{local}@{domain}");
        agree(&match form {
            0 => address,
            1 => format!("<{address}>"),
            2 => format!("{} <{address}>", name.trim()),
            3 => format!("\"{quoted}\" <{address}>"),
            _ => format!("{address} ({})", name.trim()),
        });
    }
}
