use crate::dmarc::*;
use proptest::prelude::*;

fn parse(text: &str) -> Record {
    Record::parse(text.as_bytes()).unwrap()
}

#[test]
fn section_4_7_the_version_must_be_first_and_exact() {
    for text in [
        "v=DMARC1",
        "v=DMARC1;",
        "v = DMARC1 ; p=none",
        "v=DMARC1\t;p=none",
        "V=DMARC1;p=none",
    ] {
        assert!(Record::parse(text.as_bytes()).is_ok(), "{text}");
    }
    for text in [
        "v=dmarc1; p=none",
        "v=DMARC2",
        "v=DMARC1 p=none",
        "v=DMARC1.0;p=none",
        "v=DMARC11",
    ] {
        assert_eq!(
            Record::parse(text.as_bytes()),
            Err(RecordError::OtherVersion),
            "{text}"
        );
    }
    for text in [
        "",
        ";",
        "p=none; v=DMARC1",
        " v=DMARC1; p=none",
        "\tv=DMARC1",
        "v",
        "v=",
        "v=;v=DMARC1",
        "\"v=DMARC1\"",
    ] {
        assert_eq!(
            Record::parse(text.as_bytes()),
            Err(RecordError::NoVersion),
            "{text}"
        );
    }
}

#[test]
fn section_4_7_every_tag_with_every_value() {
    let record = parse(
        "v=DMARC1; p=quarantine; sp=reject; np=none; adkim=s; aspf=s; t=y; psd=n; fo=1:d:s; \
         rua=mailto:a@example.org,https://example.org/r; ruf=mailto:f@example.org",
    );
    assert_eq!(record.p, Some(Policy::Quarantine));
    assert_eq!(record.sp, Some(Policy::Reject));
    assert_eq!(record.np, Some(Policy::None));
    assert_eq!(record.adkim, AlignmentMode::Strict);
    assert_eq!(record.aspf, AlignmentMode::Strict);
    assert!(record.t);
    assert_eq!(record.psd, PublicSuffix::No);
    assert!(record.fo.any_failed && record.fo.dkim && record.fo.spf && !record.fo.all_failed);
    assert_eq!(record.rua.len(), 2);
    assert_eq!(record.rua[0].mailto(), Some("a@example.org"));
    assert_eq!(record.rua[1].mailto(), None);
    assert_eq!(record.ruf[0].as_str(), "mailto:f@example.org");
    assert_eq!(record.problems, []);
    assert_eq!(parse("v=DMARC1;psd=y").psd, PublicSuffix::Yes);
    assert_eq!(parse("v=DMARC1;psd=u").psd, PublicSuffix::Unknown);
}

#[test]
fn section_4_8_unknown_tags_are_ignored_and_bad_values_become_defaults() {
    let record = parse("v=DMARC1;p=reject;;x=y;adkim=q;aspf=;t=maybe;psd=7;fo=0:1; nonsense ;p2=none;pct=50");
    assert_eq!(record.policies().unwrap().p, Policy::Reject);
    assert_eq!(record.adkim, AlignmentMode::Relaxed);
    assert!(!record.t);
    assert_eq!(record.psd, PublicSuffix::Unknown);
    assert_eq!(record.fo, FailureOptions::default());
    let problems: Vec<String> = record.problems.iter().map(ToString::to_string).collect();
    assert!(problems.contains(&"the value of adkim cannot be used: 'q'".to_owned()));
    assert!(problems.contains(&"'nonsense' is no tag with a value".to_owned()));
    assert!(problems.contains(&"the tag pct has no effect since RFC 9989".to_owned()));
}

#[test]
fn section_4_8_values_are_compared_without_letter_case_and_blanks() {
    let record = parse("v=DMARC1;  P =  Reject\t; ASPF=S ;");
    assert_eq!(record.p, Some(Policy::Reject));
    assert_eq!(record.aspf, AlignmentMode::Strict);
    assert_eq!(record.problems, []);
}

#[test]
fn section_4_8_of_a_repeated_tag_the_first_stands() {
    let record = parse("v=DMARC1; p=reject; p=none; v=DMARC2");
    assert_eq!(record.p, Some(Policy::Reject));
    assert_eq!(
        record.problems,
        [RecordProblem::Repeated("p"), RecordProblem::Repeated("v")]
    );
}

#[test]
fn section_4_7_without_np_sp_applies_and_without_sp_p() {
    let all = |text| {
        let policies = parse(text).policies().unwrap();
        (policies.p, policies.sp, policies.np)
    };
    use Policy::{None, Quarantine, Reject};
    assert_eq!(all("v=DMARC1;p=reject"), (Reject, Reject, Reject));
    assert_eq!(all("v=DMARC1;p=reject;sp=none"), (Reject, None, None));
    assert_eq!(all("v=DMARC1;p=none;np=reject"), (None, None, Reject));
    assert_eq!(
        all("v=DMARC1;p=none;sp=quarantine;np=reject"),
        (None, Quarantine, Reject)
    );
}

#[test]
fn section_4_10_1_a_bad_policy_with_a_valid_rua_is_p_none() {
    for text in [
        "p=whatever",
        "sp=reject",
        "p=reject;sp=bad",
        "p=reject;np=bad",
        "p=re\u{7}ject",
    ] {
        let record = parse(&format!("v=DMARC1;{text};rua=mailto:d@example.org"));
        let policies = record.policies().unwrap();
        assert_eq!(
            (policies.p, policies.sp, policies.np),
            (Policy::None, Policy::None, Policy::None),
            "{text}"
        );
    }
}

#[test]
fn section_4_10_1_a_bad_policy_without_a_valid_rua_means_no_processing() {
    for (text, tag) in [
        ("p=whatever", "p"),
        ("sp=reject", "p"),
        ("", "p"),
        ("p=reject;sp=bad", "sp"),
        ("p=reject;np=bad;ruf=mailto:d@example.org", "np"),
        ("p=bad;rua=example.org", "p"),
        ("p=bad;rua=mailto:nobody", "p"),
    ] {
        let record = parse(&format!("v=DMARC1;{text}"));
        assert_eq!(record.policies(), Err(Unusable { tag }), "{text}");
    }
    // A rua that cannot be used changes nothing where the policies are fine.
    assert_eq!(
        parse("v=DMARC1;p=reject;rua=%%").policies().unwrap().p,
        Policy::Reject
    );
}

#[test]
fn section_4_6_and_4_8_report_addresses_are_uris_and_bad_ones_are_ignored() {
    let record = parse(
        "v=DMARC1;p=none;rua=mailto:a@b.example!10m , nonsense,mailto:c%40d@e.example,http://x/%zz,1x:y,ftp:,mailto:a@b!1kk",
    );
    let uris: Vec<&str> = record.rua.iter().map(ReportUri::as_str).collect();
    assert_eq!(uris, ["mailto:a@b.example", "mailto:c%40d@e.example"]);
    assert_eq!(record.problems.len(), 5);
}

proptest! {
    #[test]
    fn any_octets_are_read_without_panic(octets in proptest::collection::vec(any::<u8>(), 0..200)) {
        let mut text = b"v=DMARC1;p=".to_vec();
        text.extend(&octets);
        let record = Record::parse(&text).unwrap();
        let _ = record.policies();
        let _ = Record::parse(&octets);
    }

    #[test]
    fn an_unknown_tag_changes_nothing(tag in "[a-z]{5,9}", value in "[ -:<-~]{1,20}") {
        prop_assume!(tag != "adkim");
        let plain = parse("v=DMARC1;p=reject;sp=none;rua=mailto:a@example.org");
        let more = parse(&format!("v=DMARC1;p=reject;{tag}={value};sp=none;rua=mailto:a@example.org"));
        let same = value.trim().is_empty() || plain == more;
        prop_assert!(same);
    }
}
