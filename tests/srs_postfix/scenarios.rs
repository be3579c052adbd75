//! What happens to mail on its way through a host, told in the words of the guide's table.

use crate::ours::Ours;
use crate::support::postfix::Postfix;
use crate::support::smtp::Sink;
use crate::wiring::{EXCLUDED, HOSTED, MAIN};
use std::thread;

/// The envelope sender of a stranger.
pub const ADA: &str = "ada@remote.example";

/// A row of the table: what is sent, and what becomes of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    pub what: &'static str,
    pub becomes: String,
}

/// Sends mail of every kind through a host.
pub fn observe(postfix: &mut Postfix, sink: &Sink) -> Vec<Row> {
    let mut rows = Vec::new();
    let mut row = |what, becomes| rows.push(Row { what, becomes });
    postfix.forward("news", "bob@far.example");
    let stranger = format!("stranger@{MAIN}");

    // To a local mailbox.
    accept(postfix, ADA, &format!("games@{MAIN}"), "local");
    let message = postfix.mailbox("games", "local");
    let path = message
        .lines()
        .find_map(|line| line.strip_prefix("Return-Path: <"));
    row(
        "Mail to a local mailbox",
        sender(ADA, path.unwrap().trim_end_matches('>')),
    );

    // Forwarded by an alias, and by a user's file.
    let sent = |postfix: &Postfix, from: &str, to: &str, subject: &str| {
        accept(postfix, from, to, subject);
        sender(from, &sink.expect(subject).sender)
    };
    let forward = format!("forward@{HOSTED}");
    row(
        "Forwarded by a virtual alias",
        sent(postfix, ADA, &forward, "alias"),
    );
    row(
        "Forwarded by `.forward`",
        sent(postfix, ADA, &format!("news@{MAIN}"), "dot"),
    );
    row(
        "A bounce (`<>`) that is forwarded",
        sent(postfix, "", &forward, "null"),
    );
    let hosted = format!("info@{HOSTED}");
    row(
        "Forwarded mail from a hosted domain",
        sent(postfix, &hosted, &forward, "own"),
    );
    row(
        "Forwarded mail from an excluded domain",
        sent(postfix, &format!("ada@{EXCLUDED}"), &forward, "excluded"),
    );
    let main = format!("games@{MAIN}");
    let far = "bob@far.example";
    row("Outbound from the main domain", sent(postfix, &main, far, "main"));
    row(
        "Outbound from a hosted domain",
        sent(postfix, &hosted, far, "hosted"),
    );

    // A bounce of our own, when the destination refuses what was forwarded.
    accept(postfix, ADA, &format!("lost@{HOSTED}"), "lost");
    let bounce = sink.expect_where("the bounce of 'lost'", |message| {
        message.sender.is_empty() && message.content.contains("refused@far.example")
    });
    row(
        "A bounce that this host makes of forwarded mail",
        home(&bounce.recipients),
    );

    // A bounce of the destination's, to the address that it saw.
    let minted = sink.expect("alias").sender;
    accept(postfix, "", &minted, "bounce");
    let bounce = sink.expect("bounce");
    row(
        "A bounce that arrives for a rewritten address",
        home(&bounce.recipients),
    );
    let header = bounce.field("To");
    row(
        "`To:` of that bounce",
        if header.contains(&minted) {
            "unchanged".to_owned()
        } else {
            format!("changed to {header}")
                .replace(&format!("changed to {ADA}"), "changed to the original address")
        },
    );
    row(
        "A bounce to an address that was tampered with",
        refused(postfix, &tampered(&minted)),
    );
    row(
        "Mail to an address that does not exist",
        refused(postfix, &stranger),
    );
    rows
}

/// What happens while the server is down. It runs before and afterwards.
pub fn observe_without_server(postfix: &Postfix, sink: &Sink, server: &mut Ours) -> Vec<Row> {
    let (local, forward) = (format!("games@{MAIN}"), format!("forward@{HOSTED}"));
    accept(postfix, ADA, &forward, "before");
    let minted = sink.expect("before").sender;
    server.stop();
    let send = |from: &str, to: &str| postfix.send(from, to, "Subject: meanwhile\n\nHello\n").code;
    // Postfix takes its time to find out.
    let (to_mailbox, to_forward, to_minted) = thread::scope(|scope| {
        let to_mailbox = scope.spawn(|| send(ADA, &local));
        let to_forward = scope.spawn(|| send(ADA, &forward));
        let to_minted = scope.spawn(|| send("", &minted));
        (
            to_mailbox.join().unwrap(),
            to_forward.join().unwrap(),
            to_minted.join().unwrap(),
        )
    });
    let told = |code: u16, then: &str| match code {
        250 => then.to_owned(),
        451 => "put off, 451".to_owned(),
        _ => code.to_string(),
    };
    server.start_again();
    if to_forward == 250 {
        sender(ADA, &sink.expect("meanwhile").sender);
    }
    let row = |what, becomes| Row { what, becomes };
    vec![
        row(
            "While the server is down: mail to a local mailbox",
            told(to_mailbox, "taken"),
        ),
        row(
            "While the server is down: mail to be forwarded",
            told(to_forward, "taken, and forwarded afterwards"),
        ),
        row(
            "While the server is down: a bounce to a rewritten address",
            told(to_minted, "taken"),
        ),
    ]
}

/// The address with another person's name in it.
pub fn tampered(minted: &str) -> String {
    assert!(minted.contains("=ada@"), "{minted}");
    minted.replace("=ada@", "=eve@")
}

/// Sends a message that has to be accepted.
pub fn accept(postfix: &Postfix, from: &str, to: &str, subject: &str) {
    let content = format!("From: {from}\nTo: {to}\nSubject: {subject}\n\nHello\n");
    let reply = postfix.send(from, to, &content);
    assert_eq!(reply.code, 250, "{subject}: {reply:?}");
}

fn refused(postfix: &Postfix, to: &str) -> String {
    let reply = postfix.send("", to, "Subject: tampered\n\nHello\n");
    match reply.code {
        550 => "refused, 550".to_owned(),
        code => format!("{code} {}", reply.text),
    }
}

/// What became of an envelope sender.
fn sender(before: &str, after: &str) -> String {
    if before == after {
        return "sender unchanged".to_owned();
    }
    let (user, domain) = before.split_once('@').unwrap();
    let rewritten = after.starts_with("SRS0=") && after.ends_with(&format!("={domain}={user}@{MAIN}"));
    assert!(rewritten, "<{before}> became <{after}>");
    "sender rewritten".to_owned()
}

fn home(recipients: &[String]) -> String {
    if recipients == [ADA] {
        "comes home".to_owned()
    } else {
        format!("goes to {}", recipients.join(" "))
    }
}
