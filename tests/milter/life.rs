//! The milter's own life: reloads, ends, faults.

use crate::host::{Host, Mail, OUTSIDE, message, needs_host, results};
use crate::milter;
use std::process::Command;
use std::time::{Duration, Instant};

fn send(host: &Host, subject: &str) -> u16 {
    let content = message("ada@example.org", subject, "");
    host.send(&Mail {
        content: &content,
        ..OUTSIDE
    })
    .code
}

#[test]
fn a_reload_takes_what_is_new_and_keeps_the_old_on_error() {
    needs_host!();
    let mut host = Host::start("");
    assert_eq!(send(&host, "before"), 250);
    let policy = host.policy("[dmarc]\nhonour_policy = true\n");
    host.milter().reload(&policy);
    host.milter().wait_for_log(&["the policy was taken anew"]);
    let forged = message("ada@example.org", "forged", "");
    let forger = Mail {
        ip: "203.0.113.66",
        content: &forged,
        ..OUTSIDE
    };
    assert_eq!(host.send(&forger).code, 550);
    // A fault in the filter's sections, and one in our own.
    for (broken, words) in [
        ("[dmarc]\nhonor_policy = false\n", "did you mean 'honour_policy'?"),
        ("[log]\nto = \"somewhere\"\n", "'to' in [log] is 'somewhere'"),
        ("[log]\nfacilities = \"mail\"\n", "did you mean 'facility'?"),
    ] {
        let before = host.milter().lines(&["was not taken anew"]).len();
        let policy = host.policy(broken);
        host.milter().reload(&policy);
        host.milter().wait_for_log(&[words]);
        host.milter().wait_for_another(&["was not taken anew"], before);
        assert_eq!(host.send(&forger).code, 550);
    }
}

#[test]
fn faults_of_the_policy_are_told_at_start_and_by_a_check() {
    needs_host!();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("mailrep.toml");
    std::fs::write(
        &file,
        "[milter]\nsocket = \"nowhere\"\nsokcet = 1\n[dns]\nnameservers = [\"127.0.0.1\"]\n",
    )
    .unwrap();
    for arguments in [&["-c"][..], &["-t", "-c"]] {
        let output = Command::new(milter::program().unwrap())
            .args(arguments)
            .arg(&file)
            .output()
            .unwrap();
        let text = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(78), "{text}");
        assert!(
            text.contains("did you mean 'socket'?") && text.contains("is 'nowhere'"),
            "{text}"
        );
    }
    std::fs::write(
        &file,
        "[milter]\nsocket = \"inet:1@127.0.0.1\"\n[dns]\nnameservers = [\"127.0.0.1\"]\n",
    )
    .unwrap();
    let output = Command::new(milter::program().unwrap())
        .arg("-t")
        .arg("-c")
        .arg(&file)
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
}

#[test]
fn a_state_that_cannot_be_used_is_set_aside_and_stops_no_mail() {
    needs_host!();
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().join("state");
    std::fs::write(&state, "nonsense").unwrap();
    let mut host = Host::start(&format!("[outbound]\nstate_file = \"{}\"\n", state.display()));
    host.milter().wait_for_log(&["cannot be used", ".unusable"]);
    assert_eq!(send(&host, "all the same"), 250);
    assert_eq!(
        std::fs::read(folder.path().join("state.unusable")).unwrap(),
        b"nonsense"
    );
    assert!(host.milter().stop().success());
    // What was learned is there at the end.
    assert!(state.exists());
}

#[test]
fn a_state_that_cannot_be_written_is_told_and_stops_no_mail() {
    needs_host!();
    let folder = tempfile::tempdir().unwrap();
    let mut host = Host::start(&format!(
        "[outbound]\nstate_file = \"{}/state\"\n",
        folder.path().display()
    ));
    // Root may write everywhere, but not where there is nothing.
    drop(folder);
    assert_eq!(send(&host, "all the same"), 250);
    host.milter()
        .wait_for_log(&["the state of accounts cannot be written"]);
    assert_eq!(send(&host, "and again"), 250);
}

#[test]
fn an_address_that_is_taken_is_no_fault_of_the_policy() {
    needs_host!();
    let folder = tempfile::tempdir().unwrap();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let secret = folder.path().join("secret");
    std::fs::write(&secret, "a secret of this test\n").unwrap();
    let file = folder.path().join("mailrep.toml");
    let policies = [
        format!(
            "local_domains = [\"example.net\"]\n[srs]\ndomain = \"srs.example.net\"\nsecret_file = \"{}\"\nserve = [\"tcp-forward:{}\"]\n",
            secret.display(),
            taken.local_addr().unwrap()
        ),
        format!(
            "[control]\nsocket = \"{}/none/control\"\n",
            folder.path().display()
        ),
    ];
    for policy in policies {
        let top = "[milter]\nsocket = \"inet:1@127.0.0.1\"\n[dns]\nnameservers = [\"127.0.0.1\"]\n";
        let at = policy.find("[srs]").unwrap_or(0);
        std::fs::write(&file, format!("{}{top}{}", &policy[..at], &policy[at..])).unwrap();
        let output = Command::new(milter::program().unwrap())
            .arg("-c")
            .arg(&file)
            .output()
            .unwrap();
        let text = String::from_utf8_lossy(&output.stderr);
        // EX_UNAVAILABLE: the unit tries again.
        assert_eq!(output.status.code(), Some(69), "{text}");
    }
}

#[test]
fn an_end_waits_for_the_message_that_is_under_way() {
    needs_host!();
    let mut host = Host::start("");
    let mut client = host.client(&OUTSIDE);
    assert_eq!(client.say("MAIL FROM:<ada@example.org>").code, 250);
    assert_eq!(client.say("RCPT TO:<bo@example.net>").code, 250);
    assert_eq!(client.say("DATA").code, 354);
    // Postfix tells the milter of the header once the message is complete; up to DATA it has heard all.
    host.milter().signal("TERM");
    host.milter().wait_for_log(&["ending:"]);
    let reply = client.data(&message("ada@example.org", "under way", ""));
    assert_eq!(reply.code, 250, "{reply:?}");
    assert!(results(&host.sink.expect("under way")).contains("dmarc=pass"));
    drop(client);
    assert!(host.milter().wait().success());
}

#[test]
fn a_milter_that_is_gone_does_what_postfix_was_told() {
    needs_host!();
    let mut host = Host::start("");
    assert_eq!(send(&host, "before"), 250);
    host.milter = None;
    // milter_default_action = tempfail.
    let mut client = host.client(&OUTSIDE);
    let reply = client.hand_over(
        "ada@example.org",
        "",
        &["bo@example.net"],
        &message("ada@example.org", "x", ""),
    );
    assert_eq!(reply.code, 451, "{reply:?}");
    drop(client);
    let mut host = Host::with("milter_default_action = accept\n", "", "");
    host.milter = None;
    assert_eq!(send(&host, "accepted"), 250);
    let out = host.sink.expect("accepted");
    assert!(!out.content.contains("Authentication-Results"), "{}", out.content);
    // Another one is asked from then on.
    host.start_milter("");
    assert_eq!(send(&host, "afterwards"), 250);
    assert!(results(&host.sink.expect("afterwards")).contains("dmarc=pass"));
}

#[test]
fn five_hundred_connections_at_the_milter_are_served() {
    needs_host!();
    let host = Host::start("");
    let (port, address) = host
        .socket
        .strip_prefix("inet:")
        .unwrap()
        .split_once('@')
        .unwrap();
    // They say nothing.
    let idle: Vec<_> = (0..500)
        .map(|_| std::net::TcpStream::connect(format!("{address}:{port}")).unwrap())
        .collect();
    let begin = Instant::now();
    assert_eq!(send(&host, "beside five hundred"), 250);
    assert!(begin.elapsed() < Duration::from_secs(10));
    assert!(results(&host.sink.expect("beside five hundred")).contains("dmarc=pass"));
    drop(idle);
    assert_eq!(send(&host, "afterwards"), 250);
}

#[test]
fn another_at_the_same_socket_does_not_take_it() {
    needs_host!();
    let folder = tempfile::tempdir().unwrap();
    let socket = format!("unix:{}/socket", folder.path().display());
    let policy = "[dns]\nnameservers = [\"127.0.0.1\"]\n";
    let first = milter::Milter::start(folder.path(), &socket, policy);
    let output = Command::new(milter::program().unwrap())
        .arg("-c")
        .arg(folder.path().join("mailrep.toml"))
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(69), "{output:?}");
    assert!(String::from_utf8_lossy(&output.stderr).contains("somebody listens at"));
    assert!(std::os::unix::net::UnixStream::connect(folder.path().join("socket")).is_ok());
    drop(first);
}

#[test]
fn valgrind_reports_nothing_in_two_hundred_messages() {
    needs_host!();
    if Command::new("valgrind").arg("--version").output().is_err() {
        println!("skipped: the milter under valgrind (not installed)");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let mut valgrind = Command::new("valgrind");
    valgrind
        .args([
            "--quiet",
            "--leak-check=full",
            "--errors-for-leak-kinds=definite",
            // It ends without freeing what idle connections have.
            "--show-leak-kinds=definite",
            "--child-silent-after-fork=no",
        ])
        .arg(concat!(
            "--suppressions=",
            env!("CARGO_MANIFEST_DIR"),
            "/tests/milter/valgrind.supp"
        ))
        .arg(format!("--log-file={}/report.%p", folder.path().display()))
        .arg(milter::program().unwrap());
    let key = crate::host::data("keys").join("rsa2048.pem");
    let policy = format!(
        "[dmarc]\nhonour_policy = true\n[[sign]]\ndomains = [\"example.org\"]\nkeys = [{{ selector = \"s2026\", file = \"{}\" }}]\n\
         [outbound]\nstate_file = \"{}/state\"\non_alarm = \"reject\"\n",
        key.display(),
        folder.path().display()
    );
    let mut host = Host::start("");
    host.milter = None;
    let whole = host.policy(&policy);
    host.milter = Some(milter::Milter::start_by(
        valgrind,
        host.folder.path(),
        &host.socket,
        &whole,
    ));
    let forged = message(
        "ada@example.org",
        "forged",
        "Authentication-Results: mx.example.net; spf=pass\n",
    );
    let mut answers = std::collections::BTreeMap::new();
    for round in 0..20 {
        let mail = match round % 3 {
            0 => OUTSIDE,
            1 => Mail {
                ip: "203.0.113.66",
                ..OUTSIDE
            },
            _ => Mail {
                login: "ada@example.org",
                ..crate::host::SUBMITTED
            },
        };
        let mut client = host.client(&mail);
        for number in 0..10 {
            // So many that the account has an alarm, however fast they come.
            let to: Vec<String> = (0..40)
                .map(|at| format!("stranger{round}-{number}-{at}@example.net"))
                .collect();
            let to: Vec<&str> = to.iter().map(String::as_str).collect();
            let reply = client.hand_over("ada@example.org", "", &to, &forged);
            *answers.entry(reply.code).or_insert(0) += 1;
        }
    }
    assert_eq!(answers.values().sum::<i32>(), 200);
    assert!(
        answers[&250] >= 70 && answers[&550] >= 70 && answers[&554] > 30,
        "{answers:?}"
    );
    assert!(host.milter().stop().success());
    let mut reports = 0;
    for file in std::fs::read_dir(folder.path()).unwrap() {
        let file = file.unwrap().path();
        if file.file_name().unwrap().to_string_lossy().starts_with("report.") {
            reports += 1;
            let text = std::fs::read_to_string(&file).unwrap();
            assert!(
                text.is_empty(),
                "{}",
                text.chars().take(4_000).collect::<String>()
            );
        }
    }
    assert!(reports >= 1);
}
