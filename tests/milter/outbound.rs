//! Mail that goes out: who signs it, and what becomes of a stolen account.

use crate::host::{Host, Mail, SUBMITTED, data, fields, message, needs_host};
use crate::milter;
use crate::support::postfix::Postfix;
use crate::support::smtp::Reply;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

fn keys() -> String {
    let key = |name: &str| data("keys").join(name).display().to_string();
    format!(
        "[[sign]]\ndomains = [\"example.org\"]\nkeys = [\n  {{ selector = \"s2026\", file = \"{}\" }},\n  {{ selector = \"e2026\", file = \"{}\" }},\n]\n",
        key("rsa2048.pem"),
        key("ed25519.pem")
    )
}

const ADA: Mail<'static> = Mail {
    login: "ada@example.org",
    from: "ada@example.org",
    to: &["bo@example.com"],
    ..SUBMITTED
};

#[test]
fn submissions_are_signed_twice_and_dkimpy_verifies_both() {
    needs_host!();
    let python = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/venv/bin/python");
    let mut host = Host::start(&keys());
    let content = message(
        "Ada <ada@example.org>",
        "signed",
        "X-Odd:value\nX-Folded: one\n  two\n",
    );
    let out = host.pass(
        &Mail {
            content: &content,
            ..ADA
        },
        "signed",
    );
    let signatures = fields(&out, "DKIM-Signature");
    assert_eq!(signatures.len(), 2, "{}", out.content);
    assert!(
        signatures
            .iter()
            .any(|signature| signature.contains("a=rsa-sha256"))
    );
    assert!(
        signatures
            .iter()
            .any(|signature| signature.contains("a=ed25519-sha256"))
    );
    assert!(fields(&out, "Authentication-Results").is_empty());
    host.milter().wait_for_log(&[
        "login=ada@example.org",
        "signed=example.org:s2026,example.org:e2026",
    ]);
    if !python.exists() {
        println!("skipped: dkimpy verifies (no {})", python.display());
        return;
    }
    let script = "import sys, dkim\nzone = open(sys.argv[1]).read().splitlines()\n\
                  def ask(name, timeout=5):\n    name = name.decode().rstrip('.') + '.'\n    \
                  line = [l for l in zone if l.startswith(name + ' TXT ')][0]\n    \
                  return ''.join(line.split('\"')[1::2]).encode()\n\
                  d = dkim.DKIM(sys.stdin.buffer.read())\n\
                  print([d.verify(i, dnsfunc=ask) for i in range(2)])\n";
    let mut child = Command::new(python)
        .args(["-c", script])
        .arg(data("zone"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child
        .stdin
        .take()
        .unwrap()
        .write_all(out.content.as_bytes())
        .unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stdout).trim(), "[True, True]");
}

#[test]
fn a_login_does_not_sign_for_another_domain() {
    needs_host!();
    let mut host = Host::start(&format!("[submission]\nunsigned = \"reject\"\n{}", keys()));
    let content = message("ada@example.org", "as another", "");
    let reply = host.send(&Mail {
        login: "eve@example.com",
        content: &content,
        ..ADA
    });
    assert_eq!(reply.code, 550, "{reply:?}");
    host.milter()
        .wait_for_log(&["login=eve@example.com", "action=reject"]);
}

#[test]
fn mail_by_sendmail_is_signed_and_never_refused() {
    needs_host!();
    let host = Host::start(&format!("[submission]\nunsigned = \"reject\"\n{}", keys()));
    for from in ["ada@example.org", "root@elsewhere.example"] {
        let text = format!("From: {from}\nSubject: by {from}\n\nHello\n");
        assert!(host.postfix.sendmail(from, "bo@example.com", &text));
        let out = host.sink.expect(&format!("by {from}"));
        let signatures = fields(&out, "DKIM-Signature").len();
        assert_eq!(signatures, if from.ends_with("example.org") { 2 } else { 0 });
    }
}

/// One message to a stranger.
fn sends(host: &Host, login: &str, number: usize) -> Reply {
    let to = format!("stranger{number}@example.com");
    let subject = format!("{login} {number}");
    let content = message(login, &subject, "");
    host.send(&Mail {
        login,
        from: login,
        to: &[&to],
        content: &content,
        ..SUBMITTED
    })
}

#[test]
fn a_stolen_account_is_held_within_five_messages_while_another_sends_on() {
    needs_host!();
    let folder = tempfile::tempdir().unwrap();
    let shown = folder.path().display();
    let script = folder.path().join("on-alarm");
    std::fs::write(
        &script,
        format!("#!/bin/sh\necho \"$MAILREP_ACCOUNT|$MAILREP_CAUSE|$MAILREP_REASON|$1\" >> {shown}/told\n"),
    )
    .unwrap();
    Command::new("chmod").arg("755").arg(&script).status().unwrap();
    // In the place of sendmail.
    let sendmail = folder.path().join("sendmail");
    std::fs::write(
        &sendmail,
        format!("#!/bin/sh\necho \"$@\" >> {shown}/mailed\ncat >> {shown}/mailed\n"),
    )
    .unwrap();
    Command::new("chmod").arg("755").arg(&sendmail).status().unwrap();
    let policy = format!(
        "[outbound]\nstate_file = \"{shown}/state\"\non_alarm = \"hold\"\ncommand = [\"{}\", \"word\"]\nmail_to = [\"postmaster@example.org\"]\n\
         sendmail = \"{}\"\n[outbound.declared]\n\"news@example.org\" = 5000\n[control]\nsocket = \"{shown}/control\"\n",
        script.display(),
        sendmail.display(),
    );
    let mut host = Host::start(&policy);
    // Real seconds: one message a second, as thieves do.
    for number in 0..12 {
        let begin = std::time::Instant::now();
        assert_eq!(sends(&host, "mallory@example.org", number).code, 250);
        assert_eq!(sends(&host, "news@example.org", number).code, 250);
        if number % 6 == 0 {
            assert_eq!(sends(&host, "calm@example.org", 0).code, 250);
        }
        std::thread::sleep(std::time::Duration::from_secs(1).saturating_sub(begin.elapsed()));
    }
    let passed = host
        .milter()
        .lines(&["login=mallory@example.org", "action=accept"])
        .len();
    let held = host
        .milter()
        .lines(&["login=mallory@example.org", "action=hold"])
        .len();
    assert!(passed <= 5, "{passed} passed");
    assert_eq!(passed + held, 12);
    assert_eq!(
        host.milter()
            .lines(&["login=news@example.org", "action=accept"])
            .len(),
        12
    );
    assert_eq!(
        host.milter()
            .lines(&["login=calm@example.org", "action=accept"])
            .len(),
        2
    );
    assert_eq!(
        host.milter()
            .lines(&["ALARM account=\"mallory@example.org\""])
            .len(),
        1
    );
    host.milter().wait_for_log(&["the command", "was told"]);
    let told = std::fs::read_to_string(folder.path().join("told")).unwrap();
    assert_eq!(told.lines().count(), 1, "{told}");
    assert!(
        told.starts_with("mallory@example.org|") && told.trim_end().ends_with("|word"),
        "{told}"
    );
    host.milter().wait_for_log(&["postmaster@example.org was told"]);
    let mailed = std::fs::read_to_string(folder.path().join("mailed")).unwrap();
    assert!(
        mailed.starts_with("-i -f <> -- postmaster@example.org\n"),
        "{mailed}"
    );
    assert!(
        mailed.contains("Subject: Alarm: account mallory@example.org\n"),
        "{mailed}"
    );

    // The milter is killed outright: what it knew is known to the next one, but for the last two seconds.
    let last = host
        .milter()
        .lines(&["login=mallory@example.org", "action=hold"])
        .pop()
        .unwrap();
    let last = last
        .split_whitespace()
        .find_map(|word| word.strip_prefix("queue="))
        .unwrap();
    let book = folder.path().join("state.alarms");
    let deadline = std::time::Instant::now() + crate::support::smtp::PATIENCE;
    while !std::fs::read_to_string(&book).unwrap_or_default().contains(last) {
        assert!(std::time::Instant::now() < deadline);
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    let worker = host.milter().children();
    assert_eq!(worker.len(), 1);
    milter::signal(worker[0], "KILL");
    host.milter().wait_for_log(&["ended by signal 9"]);
    host.milter().wait_for_another(&[" listens at "], 1);
    assert_eq!(sends(&host, "mallory@example.org", 50).code, 250);
    assert_eq!(
        host.milter()
            .lines(&["login=mallory@example.org", "action=hold"])
            .len(),
        held + 1
    );

    // The administrator asks, and lets go.
    let socket = folder.path().join("control");
    let status = asks(&socket, &["status"]);
    assert!(
        status.contains("mallory@example.org") && status.contains(&format!("held: {}", held + 1)),
        "{status}"
    );
    assert!(!status.contains("news@"), "{status}");
    let released = asks(&socket, &["release", "mallory@example.org"]);
    let ids: Vec<&str> = released
        .lines()
        .filter_map(|line| line.strip_prefix("postsuper"))
        .flat_map(|line| line.split_whitespace().filter(|word| *word != "-H"))
        .collect();
    assert_eq!(ids.len(), held + 1, "{released}");
    assert_eq!(held_in(&host.postfix), ids.len());
    assert_eq!(sends(&host, "mallory@example.org", 51).code, 250);
    assert_eq!(held_in(&host.postfix), ids.len());
    assert!(asks(&socket, &["status"]).contains("no account has an alarm"));
    let allowed = asks(&socket, &["allow", "weekly@example.org", "300"]);
    assert!(allowed.contains("weekly@example.org"), "{allowed}");
    for number in 0..20 {
        assert_eq!(sends(&host, "weekly@example.org", number).code, 250);
    }
    assert_eq!(
        host.milter()
            .lines(&["login=weekly@example.org", "action=accept"])
            .len(),
        20
    );
}

fn held_in(postfix: &Postfix) -> usize {
    postfix.held()
}

fn asks(socket: &Path, words: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_mailrep"))
        .arg("outbound")
        .args(words)
        .arg("--socket")
        .arg(socket)
        .output()
        .unwrap();
    assert!(output.status.success(), "{words:?}: {output:?}");
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn an_end_does_not_wait_for_a_command_that_hangs() {
    needs_host!();
    let mut host = Host::start("[outbound]\ncommand = [\"/bin/sleep\", \"600\"]\n");
    let many: Vec<String> = (0..600)
        .map(|number| format!("stranger{number}@example.net"))
        .collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    let content = message("bo@example.net", "to everybody", "");
    let mail = Mail {
        to: &many,
        content: &content,
        ..SUBMITTED
    };
    assert_eq!(host.send(&mail).code, 250);
    host.milter().wait_for_log(&["ALARM account=\"bo@example.net\""]);
    assert!(host.milter().stop().success());
    host.milter().wait_for_log(&[
        "/bin/sleep could not be told of the alarm of account bo@example.net: it took too long",
    ]);
}

#[test]
fn clients_of_the_control_socket_that_say_little_or_nonsense_hold_up_nobody_for_long() {
    use std::io::Read as _;
    use std::os::unix::net::UnixStream;
    needs_host!();
    let folder = tempfile::tempdir().unwrap();
    let socket = folder.path().join("control");
    let mut host = Host::start(&format!(
        "[outbound]\n[control]\nsocket = \"{}\"\n",
        socket.display()
    ));
    for (said, answer) in [
        ("nonsense\n", "this is no request"),
        ("{\"steal\":{\"account\":\"ada\"}}\n", "this is no request"),
        ("{\"release\":{\"account\":7}}\n", "this is no request"),
        ("{\"status\":{}}\n", "\"accounts\":0"),
    ] {
        let mut stream = UnixStream::connect(&socket).unwrap();
        stream.write_all(said.as_bytes()).unwrap();
        let mut told = String::new();
        stream.read_to_string(&mut told).unwrap();
        assert!(told.contains(answer), "{said}: {told}");
    }
    // More than a request may have: there is no answer, or one that refuses it.
    let mut stream = UnixStream::connect(&socket).unwrap();
    let _ = stream.write_all(&vec![b' '; 1 << 20]);
    // These two stay, and say no whole line: each is waited for five seconds at most.
    let silent = UnixStream::connect(&socket).unwrap();
    let mut slow = UnixStream::connect(&socket).unwrap();
    slow.write_all(b"{").unwrap();
    assert!(asks(&socket, &["status"]).contains("no account has an alarm"));
    assert!(host.milter().stop().success());
    drop((silent, slow));
}
