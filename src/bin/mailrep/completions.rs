//! The completions in `completions/`, made of the same definitions as `--help`. `MAILREP_BLESS=1` writes them anew.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::cli::Cli;
use clap::CommandFactory as _;
use clap_complete::Shell;
use std::path::{Path, PathBuf};
use std::process::Command;

const SHELLS: [(Shell, &str); 3] = [
    (Shell::Bash, "mailrep.bash"),
    (Shell::Zsh, "_mailrep"),
    (Shell::Fish, "mailrep.fish"),
];

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("completions")
}

#[test]
fn completions_are_those_of_this_command_line() {
    let bless = std::env::var_os("MAILREP_BLESS").is_some();
    let mut differ = Vec::new();
    for (shell, name) in SHELLS {
        let mut text = Vec::new();
        clap_complete::generate(shell, &mut Cli::command(), "mailrep", &mut text);
        let text = without_trailing_blanks(&String::from_utf8(text).unwrap());
        if bless {
            std::fs::create_dir_all(folder()).unwrap();
            std::fs::write(folder().join(name), text).unwrap();
        } else if std::fs::read_to_string(folder().join(name)).ok() != Some(text) {
            differ.push(name);
        }
    }
    assert!(
        differ.is_empty(),
        "run `make man`: these completions are not up to date: {differ:?}"
    );
}

fn without_trailing_blanks(text: &str) -> String {
    text.lines()
        .map(|line| format!("{}\n", line.trim_end()))
        .collect()
}

/// What bash offers for the last of these words.
fn offered(words: &[&str]) -> Option<Vec<String>> {
    let script = r#"
        source "$1"; shift
        COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1))
        _mailrep mailrep "${!#}" "${@: -2:1}"
        printf '%s\n' "${COMPREPLY[@]}"
    "#;
    let output = Command::new("bash")
        .args(["--norc", "-c", script, "bash"])
        .arg(folder().join("mailrep.bash"))
        .args(words)
        .output()
        .ok()?;
    assert!(
        output.status.success() && output.stderr.is_empty(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let text = String::from_utf8(output.stdout).unwrap();
    Some(text.lines().map(str::to_owned).collect())
}

#[test]
fn bash_completes_commands_options_and_values() {
    let cases: [(&[&str], &[&str]); 5] = [
        (&["mailrep", "sp"], &["spf"]),
        (&["mailrep", "outbound", "re"], &["replay", "release"]),
        (&["mailrep", "check", "--he"], &["--help", "--helo"]),
        (&["mailrep", "srs", "serve", "--tcp-f"], &["--tcp-forward"]),
        (&["mailrep", "keygen", "--algorithm", ""], &["rsa", "ed25519"]),
    ];
    for (words, expected) in cases {
        let Some(mut offered) = offered(words) else {
            println!("skipped: completions of bash (bash is not installed)");
            return;
        };
        let mut expected: Vec<String> = expected.iter().map(|&word| word.to_owned()).collect();
        offered.sort();
        expected.sort();
        assert_eq!(offered, expected, "{words:?}");
    }
}

/// Shells that are not here say nothing.
#[test]
fn shells_read_their_completions_without_complaint() {
    for (program, name) in [
        ("bash", "mailrep.bash"),
        ("zsh", "_mailrep"),
        ("fish", "mailrep.fish"),
    ] {
        let Ok(output) = Command::new(program).arg("-n").arg(folder().join(name)).output() else {
            println!("skipped: the syntax of completions for {program} ({program} is not installed)");
            continue;
        };
        assert!(
            output.status.success(),
            "{program}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
    }
}
