//! What strangers can send costs bounded work, counted in questions, digests, octets hashed and public-key operations.

use super::super::crypto::work;
use super::super::select::HeaderIndex;
use super::*;

const FROM: &str = "From: alice@example.org";
const BODY: &[u8] = b"hello\r\n";

/// A signature that may pass, as far as can be seen before its key is known.
fn forged(tags: &str) -> String {
    format!("DKIM-Signature: {tags}; bh={}; b=AAAA", STANDARD.encode([0; 32]))
}

/// The codes of all verdicts, and what they cost.
fn cost(check: &Check, fields: HeaderFields, body: &[u8], table: Table) -> (Vec<&'static str>, Cost) {
    let table = Arc::new(table);
    work::done();
    let verdicts = check.run(fields, body, &table);
    let (hashed, operations) = work::done();
    let cost = Cost {
        questions: table.asked.load(Ordering::Relaxed),
        hashed,
        operations,
    };
    (
        verdicts.iter().map(|verdict| verdict.cause.code()).collect(),
        cost,
    )
}

#[derive(Debug, PartialEq, Eq)]
struct Cost {
    questions: usize,
    hashed: usize,
    operations: usize,
}

fn accepting_lengths() -> Check {
    let mut check = Check::default();
    check.policy.accept_body_length = true;
    check
}

#[test]
fn a_thousand_signatures_cost_ten_questions_operations_and_one_digest() {
    let mut fields = HeaderFields::default();
    let mut table = Table::default();
    for at in 0..1_000 {
        let field = sign(&TAGS.replace("s=s1", &format!("s=s{at}")), &[FROM], BODY);
        assert!(fields.push(format!("{field}\r\n").as_bytes()));
        table = table.with(&format!("s{at}._domainkey.example.org"), &[&ed25519_record()]);
    }
    assert!(fields.push(FROM.as_bytes()));
    let prepared = prepare(&fields, None, NOW, &Limits::default(), &Policy::default());
    assert_eq!((prepared.len(), prepared.body_hasher().digests()), (1_000, 1));
    let (codes, cost) = cost(&Check::default(), fields, BODY, table);
    let count = |code| codes.iter().filter(|&&found| found == code).count();
    assert_eq!((count("verified"), count("over_limit")), (10, 990));
    assert_eq!((cost.questions, cost.operations), (10, 10));
    assert!(cost.hashed < 10 * 400, "{} octets", cost.hashed);
}

#[test]
fn a_thousand_signatures_that_cannot_pass_cost_nothing() {
    let mut fields = HeaderFields::default();
    for at in 0..1_000 {
        let tags = match at % 4 {
            0 => TAGS.replace("v=1", "v=2"),
            1 => format!("{TAGS}; x=1"),
            2 => TAGS.replace("h=from", "h=to"),
            _ => format!("{TAGS}; l=0"),
        };
        assert!(fields.push(format!("{}\r\n", forged(&tags)).as_bytes()));
    }
    let (codes, cost) = cost(&Check::default(), fields, &b"x".repeat(100_000), table());
    assert_eq!(codes.len(), 1_000);
    let nothing = Cost {
        questions: 0,
        hashed: 0,
        operations: 0,
    };
    assert_eq!(cost, nothing);
}

#[test]
fn ten_signatures_with_four_keys_each_cost_forty_operations_and_ten_digests_of_the_header() {
    let other = |seed: u8| {
        let key = Ed25519KeyPair::from_seed_unchecked(&[seed; 32]).unwrap();
        format!("k=ed25519; p={}", STANDARD.encode(key.public_key().as_ref()))
    };
    let records: Vec<String> = (10..20).map(other).collect();
    let records: Vec<&str> = records.iter().map(String::as_str).collect();
    let mut table = Table::default();
    let subject = format!("Subject: {}", "x".repeat(10_000));
    let mut fields = Vec::new();
    for at in 0..20 {
        let tags = TAGS.replace("s=s1", &format!("s=s{at}"));
        fields.push(forged(&format!("{tags}:subject")));
        table = table.with(&format!("s{at}._domainkey.example.org"), &records);
    }
    let mut fields: Vec<&str> = fields.iter().map(String::as_str).collect();
    fields.extend([FROM, &subject]);
    let (codes, cost) = cost(&Check::default(), header(&fields), b"", table);
    assert_eq!(codes.iter().filter(|&&code| code == "over_limit").count(), 10);
    assert_eq!((cost.questions, cost.operations), (10, 40));
    assert!(
        (100_000..10 * 10_500).contains(&cost.hashed),
        "{} octets",
        cost.hashed
    );
}

/// RFC 6376 section 8.4 warns of signatures that make verifiers work: each one hashes no more than the whole header.
#[test]
fn ten_signatures_over_a_header_of_a_mebibyte_hash_it_ten_times() {
    let limit = Limits::default().header_octets;
    let mut fields = HeaderFields::default();
    for at in 0..50 {
        let tags = TAGS.replace("s=s1", &format!("s=s{}", at % 25));
        let names = "subject:".repeat(400);
        assert!(fields.push(format!("{}\r\n", forged(&format!("{tags}:{names}x"))).as_bytes()));
    }
    let line = format!("Subject: {}\r\n", "x\r\n ".repeat(1_000));
    while fields.octets() + line.len() <= limit {
        assert!(fields.push(line.as_bytes()));
    }
    let mut table = Table::default();
    for at in 0..25 {
        table = table.with(&format!("s{at}._domainkey.example.org"), &[&ed25519_record()]);
    }
    let (codes, cost) = cost(&Check::default(), fields, b"", table);
    assert_eq!(codes.len(), 50);
    assert!(cost.hashed <= 10 * limit, "{} octets", cost.hashed);
    assert_eq!((cost.questions, cost.operations), (10, 10));
}

#[test]
fn sixty_thousand_names_over_sixty_thousand_fields_hash_each_field_once() {
    let names = "x:y:X:".repeat(30_000);
    let mut fields = HeaderFields::default();
    assert!(fields.push(format!("{}\r\n", forged(&format!("{TAGS}:{names}z"))).as_bytes()));
    let signature = fields.octets();
    assert!(fields.push(format!("{FROM}\r\n").as_bytes()));
    for _ in 0..60_000 {
        assert!(fields.push(b"X:\r\n"));
    }
    let signed = fields.octets() - signature;
    let (codes, cost) = cost(&Check::default(), fields, b"", table());
    assert_eq!(codes, ["body_and_header_changed"]);
    // A field's canonical form is no longer than the field.
    assert!(
        (signed - 2..signed + signature).contains(&cost.hashed),
        "{} octets",
        cost.hashed
    );
}

#[test]
fn a_hundred_thousand_fields_are_chosen_once_each_however_often_they_are_named() {
    let mut fields = HeaderFields::default();
    for at in 0..100_000 {
        assert!(fields.push(if at % 3 == 0 { b"X:\r\n" } else { b"Y:\r\n" }));
    }
    let index = HeaderIndex::new(&fields);
    let names = b"x:y:z:".repeat(60_000);
    let chosen = index.select(&names[..names.len() - 1], usize::MAX);
    // Of 60,000 names y all find a field; of 60,000 names x those for which there are fields left.
    assert_eq!(chosen.len(), 60_000 + 33_334);
    let mut once = chosen.clone();
    once.sort_unstable();
    once.dedup();
    assert_eq!(once.len(), chosen.len());
}

#[test]
fn a_hundred_thousand_fields_and_a_line_of_eight_megabytes_are_hashed_once() {
    let mut fields = HeaderFields::default();
    let long = format!("Subject: {}", "a \t".repeat(8 << 20).get(..8 << 20).unwrap());
    let signed = sign(&format!("{TAGS}:subject"), &[FROM, &long], BODY);
    for field in [&signed, FROM, &long] {
        assert!(fields.push(format!("{field}\r\n").as_bytes()));
    }
    for at in 0..100_000 {
        assert!(fields.push(format!("X-{at}: y\r\n").as_bytes()));
    }
    let (codes, cost) = cost(&Check::default(), fields, BODY, table());
    assert_eq!(codes, ["verified"]);
    assert!(cost.hashed < (8 << 20) + 1_000, "{} octets", cost.hashed);
}

#[test]
fn two_thousand_distinct_needs_of_the_body_cost_ten_digests() {
    let mut fields = HeaderFields::default();
    let canonicalizations = [
        "simple/simple",
        "simple/relaxed",
        "relaxed/simple",
        "relaxed/relaxed",
    ];
    for at in 0..2_000 {
        let tags = TAGS.replace("relaxed/relaxed", canonicalizations[at % 4]);
        let field = forged(&format!("{tags}; l={}", 1_000_000 + at));
        assert!(fields.push(format!("{field}\r\n").as_bytes()));
    }
    let check = accepting_lengths();
    let prepared = prepare(&fields, None, NOW, &check.limits, &check.policy);
    assert_eq!((prepared.len(), prepared.body_hasher().digests()), (2_000, 10));
    let body = b"0123456789abcde\r\n".repeat(10_000);
    let (codes, cost) = cost(&check, fields, &body, table());
    assert_eq!(codes.iter().filter(|&&code| code == "over_limit").count(), 1_990);
    let header = 10 * 400;
    assert!((10 * body.len()..10 * body.len() + header).contains(&cost.hashed));
    assert_eq!(cost.questions, 1);
}

#[test]
fn a_body_beyond_its_signed_length_is_not_hashed() {
    let signed = sign(&format!("{TAGS}; l=7"), &[FROM], BODY);
    let body = [BODY, &b"more \r\n".repeat(100_000)].concat();
    let (codes, cost) = cost(&accepting_lengths(), header(&[&signed, FROM]), &body, table());
    assert_eq!(codes, ["verified"]);
    assert!(cost.hashed < 400, "{} octets", cost.hashed);
}

#[test]
fn a_field_of_megabytes_has_a_short_verdict() {
    for tag in [
        "d=",
        "s=",
        "i=x@",
        "a=",
        "c=",
        "q=",
        "b=",
        "h=from:",
        "unknown=",
        "d=\u{fc}.",
    ] {
        for filler in ["a", "a.", "a:", "\u{fc}", "=41", ";"] {
            let tags = TAGS.replace("; h=from", "");
            let field = format!("DKIM-Signature: {tags}; {tag}{}\r\n", filler.repeat(1 << 20));
            let mut fields = HeaderFields::default();
            assert!(fields.push(field.as_bytes()));
            let verdicts = Check::default().run(fields, b"", &Arc::new(Table::default()));
            assert_eq!(verdicts[0].result, DkimResult::PermError);
            let shown = [
                &verdicts[0].domain,
                &verdicts[0].selector,
                &verdicts[0].identity,
                &verdicts[0].algorithm,
            ];
            assert!(
                shown
                    .iter()
                    .all(|text| text.as_ref().is_none_or(|text| text.len() < 1_300))
            );
            assert!(verdicts[0].reason().len() < 1_000);
        }
    }
}
