//! Forwarded mail, by the milter itself and by the servers within it.

use crate::host::{Host, Mail, OUTSIDE, message, needs_host};
use crate::support::postfix::port;

const SECRET: &str = "a-secret-of-tests\n";

fn policy(host: &std::path::Path, more: &str) -> String {
    let file = host.join("secret");
    std::fs::write(&file, SECRET).unwrap();
    format!(
        "local_domains = [\"example.net\"]\n[srs]\ndomain = \"srs.example.net\"\nsecret_file = \"{}\"\n{more}",
        file.display()
    )
}

#[test]
fn forwarded_mail_is_rewritten_and_its_bounce_comes_home() {
    needs_host!();
    let folder = tempfile::tempdir().unwrap();
    let host = Host::start(&policy(
        folder.path(),
        "forwarded_recipients = [\"away@example.net\"]\n",
    ));
    let send = |from: &str, to: &str, subject: &str| {
        let content = message("ada@example.org", subject, "");
        host.send(&Mail {
            from,
            to: &[to],
            content: &content,
            ..OUTSIDE
        })
    };
    // What stays here is left alone.
    assert_eq!(send("ada@example.org", "bo@example.net", "stays").code, 250);
    assert_eq!(host.sink.expect("stays").sender, "ada@example.org");
    assert_eq!(send("ada@example.org", "away@example.net", "goes").code, 250);
    let minted = host.sink.expect("goes").sender;
    assert!(
        minted.starts_with("SRS0=") && minted.ends_with("=example.org=ada@srs.example.net"),
        "{minted}"
    );
    // Its bounce.
    assert_eq!(send("", &minted, "comes home").code, 250);
    assert_eq!(host.sink.expect("comes home").recipients, ["ada@example.org"]);
    // With another name in it.
    let reply = send("", &minted.replace("=ada@", "=eve@"), "tampered");
    assert_eq!(reply.code, 550, "{reply:?}");
    assert!(reply.text.starts_with("5.1.1 "), "{reply:?}");
}

#[test]
fn the_servers_within_do_what_mailrep_srs_serve_does() {
    needs_host!();
    let folder = tempfile::tempdir().unwrap();
    let (forward, reverse) = (port(), port());
    let serve = format!(
        "forward = false\nserve = [\"tcp-forward:127.0.0.1:{forward}\", \"tcp-reverse:127.0.0.1:{reverse}\"]\n"
    );
    let main = format!(
        "sender_canonical_maps = tcp:127.0.0.1:{forward}\nsender_canonical_classes = envelope_sender\n\
         recipient_canonical_maps = tcp:127.0.0.1:{reverse}\nrecipient_canonical_classes = envelope_recipient,header_recipient\n"
    );
    let mut host = Host::with(&main, "", &policy(folder.path(), &serve));
    let content = message("ada@example.org", "by the map", "");
    let out = host.pass(
        &Mail {
            content: &content,
            ..OUTSIDE
        },
        "by the map",
    );
    assert!(
        out.sender.starts_with("SRS0=") && out.sender.ends_with("@srs.example.net"),
        "{}",
        out.sender
    );
    // A reload does not interrupt it.
    let again = host.policy(&policy(folder.path(), &serve));
    host.milter().reload(&again);
    host.milter().wait_for_log(&["taken anew"]);
    let content = message("ada@example.org", "and back", "");
    let back = host.pass(
        &Mail {
            from: "",
            to: &[&out.sender],
            content: &content,
            ..OUTSIDE
        },
        "and back",
    );
    assert_eq!(back.recipients, ["ada@example.org"]);
}
