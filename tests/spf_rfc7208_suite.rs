//! The OpenSPF project's suite for RFC 7208: results and explanations of all its cases.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod spf_suite;
mod spf_table;

use mailrep::Limits;
use spf_table::check;

#[test]
fn rfc7208_openspf_suite() {
    let Some(scenarios) = spf_suite::scenarios() else {
        return;
    };
    let (mut cases, mut faults) = (0, Vec::new());
    for scenario in &scenarios {
        for case in &scenario.cases {
            cases += 1;
            let verdict = check(&scenario.table, &case.request, &Limits::default());
            faults.extend(case.faults(&verdict.evaluation));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    assert_eq!(cases, spf_suite::CASES);
    println!("{cases} cases of the OpenSPF suite for RFC 7208");
}
