//! The judge of outbound detection, found through `MAILREP_SUITES`: real sending, with thefts and odd days put into it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::path::PathBuf;
use std::process::Command;

/// What the judge says of the hold-out accounts, none of which the built-in prior was fitted on.
fn judged(arguments: &[&str]) -> Option<serde_json::Value> {
    let judge =
        std::env::var_os("MAILREP_SUITES").map(|suites| PathBuf::from(suites).join("outbound/eval.py"));
    let Some(judge) = judge.filter(|judge| judge.exists()) else {
        println!("skipped: outbound/eval.py");
        return None;
    };
    let folder = tempfile::tempdir().unwrap();
    let table = folder.path().join("table.json");
    let command = format!("{} --json outbound replay -", env!("CARGO_BIN_EXE_mailrep"));
    let output = Command::new("python3")
        .arg(judge)
        .args(["--cmd", &command, "--split", "holdout", "--seeds", "7", "--json"])
        .arg(&table)
        .args(arguments)
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    Some(serde_json::from_str(&std::fs::read_to_string(table).unwrap()).unwrap())
}

/// Messages sent before the alarm: the median, and what 95 of 100 do not exceed.
fn messages(table: &serde_json::Value, attack: &str) -> (u64, u64) {
    let attack = &table["attacks"][attack];
    let of = |name: &str| attack[name].as_u64().unwrap();
    (of("messages_p50"), of("messages_p95"))
}

#[test]
fn thefts_are_found_within_the_messages_that_the_guide_promises() {
    let Some(table) = judged(&[]) else { return };
    let promised = [
        ("club1", 4, 6),
        ("dormant", 4, 6),
        ("dormant60", 14, 20),
        ("new1", 7, 9),
        ("new60", 25, 30),
        ("slow60", 14, 20),
        ("slow300", 15, 30),
        ("spray500", 1, 1),
        ("spray50", 2, 5),
        ("ramp", 40, 50),
        ("dist", 60, 60),
    ];
    for (attack, median, most) in promised {
        let (found, late) = messages(&table, attack);
        assert!(found <= median && late <= most, "{attack}: {found}/{late}");
    }
    let alarms = table["false_alarms_per_account_year"].as_f64().unwrap();
    assert!(alarms <= 0.015, "{alarms} false alarms in an account's year");
    for honest in [
        "card1",
        "card3",
        "newsletter_declared",
        "mailing_list",
        "cron_digest",
    ] {
        assert_eq!(table["hard"][honest]["alarms"], 0, "{honest}");
    }
    let repeats = &table["hard"]["transactional"]["repeats_per_account_year"];
    assert!(repeats.as_f64().unwrap() <= 1.5, "{repeats}");
}

#[test]
fn the_tolerance_that_is_asked_for_is_the_one_observed() {
    let Some(table) = judged(&["--tolerance", "0.1"]) else {
        return;
    };
    let alarms = table["false_alarms_per_account_year"].as_f64().unwrap();
    assert!((0.1 / 1.5..=0.1 * 1.5).contains(&alarms), "{alarms}");
}
