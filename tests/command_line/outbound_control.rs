//! `mailrep outbound release` against a control socket of the test's own, and a postsuper of its own.

use serde_json::json;
use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::process::{Command, Output};

/// Releases an account of which so many messages are held, with a postsuper that takes so many calls before it fails.
fn released(folder: &Path, held: usize, good_calls: usize) -> Output {
    let socket = folder.join("control");
    let listener = UnixListener::bind(&socket).unwrap();
    let ids: Vec<String> = (0..held).map(|number| format!("4XyZ{number}")).collect();
    let answer = json!({"was_open": true, "alarms": [{
        "account": "ada", "open": false, "since": 0, "cause": "new_slots_1s", "reason": "many", "held": ids, "held_beyond": 0,
        "stopped": held,
    }]});
    let milter = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut request = String::new();
        BufReader::new(stream.try_clone().unwrap())
            .read_line(&mut request)
            .unwrap();
        writeln!(stream, "{answer}").unwrap();
        request
    });
    let postsuper = folder.join("postsuper");
    let script = format!(
        "#!/bin/sh\necho \"$*\" >> {0}/calls\n[ $(wc -l < {0}/calls) -le {good_calls} ]\n",
        folder.display()
    );
    fs::write(&postsuper, script).unwrap();
    fs::set_permissions(&postsuper, fs::Permissions::from_mode(0o755)).unwrap();
    let path = format!("{}:/usr/bin:/bin", folder.display());
    let output = Command::new(env!("CARGO_BIN_EXE_mailrep"))
        .args(["outbound", "release", "--requeue", "--socket"])
        .arg(&socket)
        .arg("ada")
        .env("PATH", path)
        .output()
        .unwrap();
    let request = milter.join().unwrap();
    assert!(
        request.contains("release") && request.contains("ada"),
        "{request}"
    );
    output
}

#[test]
fn release_with_requeue_lets_all_held_mail_go() {
    let folder = tempfile::tempdir().unwrap();
    let output = released(folder.path(), 45, usize::MAX >> 1);
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{said}");
    assert!(said.contains("45 held messages leave"), "{said}");
    assert!(!said.contains("postsuper -H"), "{said}");
    let calls = fs::read_to_string(folder.path().join("calls")).unwrap();
    assert_eq!(calls.matches("-H 4XyZ").count(), 45, "{calls}");
}

#[test]
fn what_postsuper_did_not_take_is_told_since_the_milter_has_forgotten_it() {
    let folder = tempfile::tempdir().unwrap();
    let output = released(folder.path(), 45, 1);
    let said = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(75), "{said}");
    assert!(said.contains("20 held messages leave"), "{said}");
    let told = said.matches("-H 4XyZ").count();
    assert_eq!(told, 25, "{said}");
    assert!(said.contains("4XyZ44") && !said.contains("4XyZ19 "), "{said}");
}
