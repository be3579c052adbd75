//! Mail from outside.

use crate::host::{Host, ID, Mail, OUTSIDE, data, fields, message, needs_host, results};
use crate::support::postfix::port;
use crate::support::smtp::{Client, PATIENCE};
use std::net::{Ipv4Addr, UdpSocket};
use std::time::{Duration, Instant};

#[test]
fn forged_results_go_and_foreign_ones_stay_ten_of_each() {
    needs_host!();
    let host = Host::start("");
    let mut more = String::new();
    for number in 0..10 {
        let forged = [
            ID,
            "MX.Example.NET",
            "\"mx.example.net\"",
            "(so) mx.example.net (yes) 1",
        ][number % 4];
        more.push_str(&format!(
            "Authentication-Results: {forged}; spf=pass smtp.mailfrom=forged{number}.example\n"
        ));
        more.push_str(&format!(
            "Authentication-Results: foreign{number}.example; spf=pass smtp.mailfrom=foreign{number}.example\n"
        ));
    }
    let content = message("ada@example.org", "ten of each", &more);
    let out = host.pass(
        &Mail {
            content: &content,
            ..OUTSIDE
        },
        "ten of each",
    );
    let all = fields(&out, "Authentication-Results");
    assert_eq!(all.len(), 11, "{all:#?}");
    assert!(!out.content.contains("forged"), "{}", out.content);
    // Ours is the first of all.
    assert!(all[0].starts_with(&format!("{ID}; ")), "{all:#?}");
    for (at, field) in all[1..].iter().enumerate() {
        assert!(field.starts_with(&format!("foreign{at}.example; ")), "{field}");
    }
    // What stands above the header is ours alone: everything else is as it came.
    let received = out.content.find("Received: ").unwrap();
    let ours = out
        .content
        .find("Authentication-Results: mx.example.net")
        .unwrap();
    assert!(received < out.content.find("From: ").unwrap() && ours < out.content.find("foreign0").unwrap());
}

#[test]
fn what_an_author_domain_wants_rejected_is_rejected_with_the_reason() {
    needs_host!();
    let mut host = Host::start("[dmarc]\nhonour_policy = true\n");
    let content = message("ada@example.org", "forged", "");
    let reply = host.send(&Mail {
        ip: "203.0.113.66",
        content: &content,
        ..OUTSIDE
    });
    assert_eq!(reply.code, 550, "{reply:?}");
    assert!(
        reply.text.starts_with("5.7.1 DMARC: example.org asks to reject"),
        "{reply:?}"
    );
    let line = host
        .milter()
        .wait_for_log(&["action=reject", "dmarc=fail", "client=203.0.113.66"]);
    // The queue id is Postfix's.
    let id = line.split("queue=").nth(1).unwrap().split(' ').next().unwrap();
    assert!(
        host.postfix
            .log()
            .contains(&format!("{id}: milter-reject: END-OF-MESSAGE")),
        "{line}"
    );
}

#[test]
fn held_mail_is_held_with_the_reason() {
    needs_host!();
    let mut host = Host::start("[dmarc]\non_reject = \"hold\"\n");
    let content = message("ada@example.org", "held", "");
    let reply = host.send(&Mail {
        ip: "203.0.113.66",
        content: &content,
        ..OUTSIDE
    });
    assert_eq!(reply.code, 250, "{reply:?}");
    host.postfix.wait_for_log(&["milter-hold: END-OF-MESSAGE"]);
    assert_eq!(host.postfix.held(), 1);
}

#[test]
fn messages_over_one_connection_do_not_mix_and_rset_forgets() {
    needs_host!();
    let host = Host::start("");
    let mut client = host.client(&OUTSIDE);
    let first = message(
        "ada@example.org",
        "first of two",
        "Authentication-Results: mx.example.net; spf=pass\n",
    );
    assert_eq!(
        client
            .hand_over("ada@example.org", "", &["bo@example.net"], &first)
            .code,
        250
    );
    // A message that is given up after its recipients, and one whose sender is spoken for by nobody.
    for command in ["MAIL FROM:<eve@grift.test>", "RCPT TO:<bo@example.net>", "RSET"] {
        assert_eq!(client.say(command).code, 250);
    }
    let second = message("cow@meadow.test", "second of two", "");
    assert_eq!(
        client
            .hand_over("cow@meadow.test", "", &["bo@example.net"], &second)
            .code,
        250
    );
    // A greeting in the middle forgets as RSET does.
    assert_eq!(client.say("MAIL FROM:<eve@grift.test>").code, 250);
    assert_eq!(client.say("EHLO mail.example.org").code, 250);
    let third = message("ada@example.org", "third of two", "");
    assert_eq!(client.hand_over("", "", &["bo@example.net"], &third).code, 250);
    let first = results(&host.sink.expect("first of two"));
    assert!(
        first.contains("spf=pass") && first.contains("dmarc=pass"),
        "{first}"
    );
    let second = results(&host.sink.expect("second of two"));
    assert!(
        second.contains("spf=none") && second.contains("dmarc=none") && !second.contains("grift"),
        "{second}"
    );
    // Null sender: SPF is HELO's, and aligned.
    let third = results(&host.sink.expect("third of two"));
    assert!(
        third.contains("spf=pass")
            && third.contains("smtp.helo=mail.example.org")
            && third.contains("dmarc=pass"),
        "{third}"
    );
}

#[test]
fn a_client_that_is_gone_in_the_middle_leaves_nothing_behind() {
    needs_host!();
    let mut host = Host::start("");
    for _ in 0..5 {
        let mut client = host.client(&OUTSIDE);
        assert_eq!(client.say("MAIL FROM:<ada@example.org>").code, 250);
        assert_eq!(client.say("RCPT TO:<bo@example.net>").code, 250);
        assert_eq!(client.say("DATA").code, 354);
        client.raw(&message("ada@example.org", "never", ""));
    }
    let content = message("ada@example.org", "afterwards", "");
    host.pass(
        &Mail {
            content: &content,
            ..OUTSIDE
        },
        "afterwards",
    );
    // The end does not wait for those that are gone.
    let begin = Instant::now();
    assert!(host.milter().stop().success());
    assert!(begin.elapsed() < Duration::from_secs(10));
    assert!(
        !host
            .sink
            .arrived()
            .iter()
            .any(|message| message.content.contains("never"))
    );
}

#[test]
fn a_silent_nameserver_is_temperror_and_no_mail_is_stopped() {
    needs_host!();
    // It takes questions, and says nothing.
    let silent = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let mut host = Host::start("");
    let policy = format!(
        "authserv_id = \"{ID}\"\n[dns]\nnameservers = [\"{}\"]\n",
        silent.local_addr().unwrap()
    );
    host.milter().reload(&policy);
    host.milter().wait_for_log(&["taken anew"]);
    let content = std::fs::read(data("pass-all.eml")).unwrap();
    let begin = Instant::now();
    let before = host.sink.arrived().len();
    let reply = host.send(&Mail {
        content: &content,
        ..OUTSIDE
    });
    let took = begin.elapsed();
    assert_eq!(reply.code, 250, "{reply:?}");
    assert!(took < Duration::from_secs(20), "{took:?}");
    let results = results(&host.sink.expect_nth(before, "the message"));
    for result in ["spf=temperror", "dkim=temperror", "dmarc=temperror"] {
        assert!(results.contains(result), "{results}");
    }
}

#[test]
fn a_hundred_connections_at_once_are_served() {
    needs_host!();
    let mut host = Host::start("");
    let content = message("ada@example.org", "of many", "");
    let shared = &host;
    let content = &content;
    std::thread::scope(|scope| {
        for _ in 0..100 {
            scope.spawn(move || {
                let reply = shared.send(&Mail { content, ..OUTSIDE });
                assert_eq!(reply.code, 250, "{reply:?}");
            });
        }
    });
    let deadline = Instant::now() + PATIENCE;
    while host.sink.arrived().len() < 100 {
        assert!(Instant::now() < deadline, "{} arrived", host.sink.arrived().len());
        std::thread::sleep(Duration::from_millis(20));
    }
    for message in host.sink.arrived() {
        assert!(results(&message).contains("dmarc=pass"), "{}", message.content);
    }
    assert_eq!(host.milter().lines(&["queue=", "action=accept"]).len(), 100);
}

#[test]
fn local_mail_is_signed_but_not_verified_and_never_refused() {
    needs_host!();
    let host = Host::start("[dmarc]\nhonour_policy = true\n");
    let content = message(
        "ada@example.org",
        "local",
        "Authentication-Results: mx.example.net; spf=pass\n",
    );
    let local = Mail {
        ip: "",
        helo: "localhost",
        content: &content,
        ..OUTSIDE
    };
    let out = host.pass(&local, "local");
    assert!(
        fields(&out, "Authentication-Results").is_empty(),
        "{}",
        out.content
    );
}

#[test]
fn a_daemon_called_originating_takes_submissions() {
    needs_host!();
    let port = port();
    let master =
        format!("127.0.0.1:{port} inet n - y - - smtpd\n  -o milter_macro_daemon_name=ORIGINATING\n");
    let host = Host::with("", &master, "");
    let mut client = Client::connect((Ipv4Addr::LOCALHOST, port).into());
    let reply = client.say("XCLIENT NAME=[UNAVAILABLE] ADDR=203.0.113.66");
    assert_eq!(reply.code, 220, "{reply:?}");
    assert_eq!(client.say("EHLO laptop").code, 250);
    let content = message("ada@example.org", "originating", "");
    assert_eq!(
        client
            .hand_over("ada@example.org", "", &["bo@example.net"], &content)
            .code,
        250
    );
    let out = host.sink.expect("originating");
    assert!(
        fields(&out, "Authentication-Results").is_empty(),
        "{}",
        out.content
    );
}
