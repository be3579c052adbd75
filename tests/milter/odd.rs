//! Messages that are odd, and large ones.

use crate::host::{Host, Mail, OUTSIDE, data, fields, message, needs_host, results};
use std::time::{Duration, Instant};

#[test]
fn odd_messages_pass_and_are_told_about() {
    needs_host!();
    let host = Host::start("");
    // Bare line feeds.
    let content = b"From: ada@example.org\nSubject: bare\nTo: bo@example.net\n\nHello\nyou\n".to_vec();
    let out = host.pass(
        &Mail {
            content: &content,
            ..OUTSIDE
        },
        "bare",
    );
    assert!(results(&out).contains("spf=pass"), "{}", out.content);
    // No blank after the colon.
    let content = b"From:ada@example.org\r\nSubject: narrow\r\nTo:bo@example.net\r\nAuthentication-Results:mx.example.net; spf=pass\r\n\r\nHello\r\n";
    let out = host.pass(&Mail { content, ..OUTSIDE }, "narrow");
    assert_eq!(fields(&out, "Authentication-Results").len(), 1, "{}", out.content);
    assert!(results(&out).contains("dmarc=pass"), "{}", out.content);
    // No header at all, nothing at all, octets that are none.
    let before = host.sink.arrived().len();
    for (number, content) in [
        &b"\r\nHello\r\n"[..],
        b"",
        b"\xff\xfe: \x00\x01\r\n\r\n\x80\xff\r\n",
        b": x\r\n\r\n",
        b"From\r\n\r\n",
    ]
    .iter()
    .enumerate()
    {
        let reply = host.send(&Mail { content, ..OUTSIDE });
        assert_eq!(reply.code, 250, "{number}: {reply:?}");
    }
    // Postfix adds what is missing.
    for number in 0..5 {
        assert!(results(&host.sink.expect_nth(before + number, "an odd one")).contains("spf=pass"));
    }
    // Two From fields, of which nobody knows which one is read.
    let content = message("ada@example.org", "twice", "From: eve@grift.test\n");
    let out = host.pass(
        &Mail {
            content: &content,
            ..OUTSIDE
        },
        "twice",
    );
    assert!(results(&out).contains("dmarc=permerror"), "{}", out.content);
}

#[test]
fn addresses_and_headers_in_utf_8_and_eight_bits_pass() {
    needs_host!();
    let host = Host::start("");
    let text = "From: Jos\u{e9} <jos\u{e9}@example.org>\r\nSubject: gr\u{fc}n\r\nTo: b\u{f6}@example.net\r\n\r\nGr\u{fc}\u{df}e\r\n";
    let before = host.sink.arrived().len();
    let reply = host.send(&Mail {
        from: "jos\u{e9}@example.org",
        to: &["b\u{f6}@example.net"],
        parameters: "SMTPUTF8 BODY=8BITMIME",
        content: text.as_bytes(),
        ..OUTSIDE
    });
    assert_eq!(reply.code, 250, "{reply:?}");
    let out = host.sink.expect_nth(before, "UTF-8");
    assert_eq!(out.sender, "jos\u{e9}@example.org");
    let results = results(&out);
    assert!(
        results.contains("spf=pass") && results.contains("dmarc=pass"),
        "{results}"
    );
    let content = std::fs::read(data("eight-bit.eml")).unwrap();
    let reply = host.send(&Mail {
        parameters: "BODY=8BITMIME",
        content: &content,
        ..OUTSIDE
    });
    assert_eq!(reply.code, 250);
    let results = crate::host::results(&host.sink.expect_nth(before + 1, "eight bits"));
    assert!(
        results.contains("dkim=pass") && !results.contains("dkim=fail"),
        "{results}"
    );
}

#[test]
fn ten_thousand_header_fields_pass_and_no_forged_one_among_them() {
    needs_host!();
    let host = Host::start("");
    let mut more = String::new();
    for number in 0..10_000 {
        match number % 100 {
            7 => more
                .push_str("Authentication-Results: mx.example.net; spf=pass smtp.mailfrom=forged.example\n"),
            _ => more.push_str(&format!("X-Field-{number}: one of many\n")),
        }
    }
    let content = message("ada@example.org", "many", &more);
    let begin = Instant::now();
    let out = host.pass(
        &Mail {
            content: &content,
            ..OUTSIDE
        },
        "many",
    );
    assert!(begin.elapsed() < Duration::from_secs(20), "{:?}", begin.elapsed());
    assert_eq!(fields(&out, "Authentication-Results").len(), 1);
    assert!(!out.content.contains("forged.example"));
    assert_eq!(out.content.matches("one of many").count(), 9_900);
    assert!(results(&out).contains("dmarc=pass"));
}

#[test]
fn large_messages_pass_in_bounded_memory() {
    needs_host!();
    let mut host = Host::start("");
    for (megabytes, subject) in [(25, "large"), (100, "huge")] {
        let mut content = message("ada@example.org", subject, "");
        let line = format!("{}\r\n", "x".repeat(70));
        while content.len() < megabytes << 20 {
            content.extend_from_slice(line.as_bytes());
        }
        let out = host.pass(
            &Mail {
                content: &content,
                ..OUTSIDE
            },
            subject,
        );
        assert!(results(&out).contains("spf=pass"));
    }
    let worker = host.milter().children()[0];
    let status = std::fs::read_to_string(format!("/proc/{worker}/status")).unwrap();
    let peak = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))
        .unwrap();
    let kilobytes: u64 = peak.trim().trim_end_matches(" kB").parse().unwrap();
    assert!(kilobytes < 60 << 10, "{kilobytes} kB");
}
