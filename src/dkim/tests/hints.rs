//! What became of a message after signing: proven where the signature is genuine over the header as it was.

use super::super::crypto::work;
use super::super::hypotheses::{MOST_HEADER, MOST_TRIES};
use super::*;
use proptest::prelude::*;

const BODY: &[u8] = b"hello\r\n";

/// The verdict on a message that was signed with `signed` fields, of the names in `names`, and came as `arrived` with `body`.
fn on_the_way(how: &str, names: &str, signed: &[&str], arrived: &[&str], body: &[u8]) -> SignatureVerdict {
    let tags = format!("v=1; a=ed25519-sha256; c={how}/relaxed; d=example.org; s=s1; h={names}");
    let signature = sign(&tags, signed, BODY);
    let fields: Vec<&str> = std::iter::once(signature.as_str())
        .chain(arrived.iter().copied())
        .collect();
    verdict(&fields, body, table())
}

fn hint(verdict: &SignatureVerdict) -> &Hint {
    verdict.hint.as_deref().unwrap()
}

const FROM: &str = "From: Ann <ann@example.org>";

#[test]
fn a_tag_that_a_list_put_into_the_subject_is_proven_even_when_it_added_a_footer() {
    let arrived = [
        FROM,
        "Subject: [orchard] Eleven crates",
        "List-Id: The orchard <orchard.lists.example.net>",
    ];
    let signed = [FROM, "Subject: Eleven crates"];
    let verdict = on_the_way(
        "relaxed",
        "from:subject",
        &signed,
        &arrived,
        b"hello\r\n--\r\nfooter\r\n",
    );
    assert_eq!(
        (verdict.result, verdict.cause.code()),
        (DkimResult::Fail, "body_and_header_changed")
    );
    let hint = hint(&verdict);
    let change = Change {
        field: "Subject".into(),
        is: "[orchard] Eleven crates".into(),
        was: Some("Eleven crates".into()),
    };
    assert!(hint.is_proven() && hint.changes() == [change]);
    assert_eq!(
        hint.to_string(),
        "on the way, Subject was changed from 'Eleven crates' to '[orchard] Eleven crates'; without that, the signature over the \
         header fields is genuine; the mailing list orchard.lists.example.net, by which the message says it came, has likely added \
         to the body"
    );
}

#[test]
fn what_hosts_put_into_subjects_is_found_under_both_canonicalizations() {
    for (was, is) in [
        ("Eleven crates", "Fwd: Eleven crates"),
        ("Eleven crates", "***SPAM*** Eleven crates"),
        ("Eleven crates", "{Spam?} Eleven crates"),
        ("Eleven crates", "[EXTERNAL] [orchard] Eleven crates"),
        ("Eleven crates", "Eleven crates (Spam?)"),
        ("Re: Eleven crates", "Re: [orchard] Eleven crates"),
        ("Re: [orchard] Eleven crates", "[orchard] Re: Eleven crates"),
        ("=?utf-8?q?Elf_Kisten?=", "[orchard] =?utf-8?q?Elf_Kisten?="),
    ] {
        let (signed, arrived) = (format!("Subject: {was}"), format!("Subject: {is}"));
        for how in ["relaxed", "simple"] {
            let verdict = on_the_way(how, "from:subject", &[FROM, &signed], &[FROM, &arrived], BODY);
            assert_eq!(
                (verdict.result, verdict.cause.code()),
                (DkimResult::Fail, "header_changed")
            );
            assert_eq!(hint(&verdict).changes().len(), 1, "{how} {is}");
            assert_eq!(hint(&verdict).changes()[0].was.as_deref(), Some(was));
        }
    }
}

#[test]
fn a_from_that_a_list_rewrote_is_proven_together_with_the_subject() {
    let arrived = [
        "From: Ann via Orchard <orchard@lists.example.net>",
        "Subject: [orchard] Eleven crates",
        "X-Original-From: Ann <ann@example.org>",
    ];
    let signed = [FROM, "Subject: Eleven crates"];
    let verdict = on_the_way("relaxed", "from:subject", &signed, &arrived, BODY);
    let changed: Vec<&str> = hint(&verdict)
        .changes()
        .iter()
        .map(|change| change.field.as_str())
        .collect();
    assert_eq!(changed, ["Subject", "From"]);
}

#[test]
fn a_body_that_was_encoded_anew_is_told_by_its_encoding() {
    let signed = [FROM, "Content-Transfer-Encoding: 8bit"];
    let arrived = [FROM, "Content-Transfer-Encoding: quoted-printable"];
    let names = "from:content-transfer-encoding";
    let verdict = on_the_way("relaxed", names, &signed, &arrived, b"h=65llo\r\n");
    assert_eq!(hint(&verdict).changes()[0].was.as_deref(), Some("8bit"));
    assert!(
        hint(&verdict)
            .to_string()
            .ends_with("; a host on the way has likely encoded the body anew")
    );
}

#[test]
fn a_field_that_was_added_is_proven_where_its_absence_is_signed() {
    let arrived = [FROM, "Reply-To: orchard@lists.example.net"];
    let verdict = on_the_way("relaxed", "from:reply-to", &[FROM], &arrived, BODY);
    assert_eq!(
        hint(&verdict).to_string(),
        "on the way, Reply-To was added ('orchard@lists.example.net'); without that, the signature over the header fields is genuine"
    );
    // Above the genuine one; and above the signature itself.
    let arrived = ["From: Eve <eve@example.net>", FROM];
    let verdict = on_the_way("relaxed", "from:from", &[FROM], &arrived, BODY);
    assert_eq!(hint(&verdict).changes()[0].is, "Eve <eve@example.net>");
    let signature = sign(&TAGS.replace("h=from", "h=from:from"), &[FROM], BODY);
    let verdict = super::verdict(&["From: Eve <eve@example.net>", &signature, FROM], BODY, table());
    assert_eq!(hint(&verdict).code(), "fields_changed");
}

#[test]
fn fields_that_were_folded_after_signing_are_told_from_changed_ones() {
    let signed = [FROM, "Subject: Eleven crates of plums"];
    let arrived = [FROM, "Subject: Eleven crates\r\n of plums"];
    let verdict = on_the_way("simple", "from:subject", &signed, &arrived, BODY);
    assert!(hint(&verdict).is_proven());
    assert_eq!(hint(&verdict).code(), "refolded");
}

#[test]
fn what_cannot_be_proven_is_not_claimed() {
    let signed = [FROM, "Subject: Eleven crates"];
    let verdict = on_the_way(
        "relaxed",
        "from:subject:subject",
        &signed,
        &[FROM, "Subject: Twelve crates"],
        BODY,
    );
    assert!(!hint(&verdict).is_proven() && hint(&verdict).changes().is_empty());
    assert_eq!(
        hint(&verdict).to_string(),
        "what was changed cannot be told: signed are From, Subject; or it was signed with another key, or not at all"
    );
    let signature = sign(&TAGS.replace("relaxed/", "simple/"), &[FROM], BODY);
    let verdict = super::verdict(&[&signature, "From:  Ann <ann@example.org>"], BODY, table());
    assert!(
        hint(&verdict)
            .to_string()
            .contains("to the last blank (c=simple)")
    );
    // The body alone: nothing is proven of it.
    let list = "List-Id: <orchard.lists.example.net>";
    let verdict = on_the_way("relaxed", "from", &[FROM], &[FROM, list], b"hello\r\nfooter\r\n");
    assert_eq!(
        (hint(&verdict).code(), hint(&verdict).is_proven()),
        ("body", false)
    );
    assert!(
        hint(&verdict)
            .to_string()
            .contains("has likely added to the body")
    );
}

#[test]
fn a_trace_tells_that_headers_were_tried() {
    let trace = Tracer::on(100);
    let signature = sign(
        &TAGS.replace("h=from", "h=from:subject"),
        &[FROM, "Subject: x"],
        BODY,
    );
    let check = Check {
        trace: trace.clone(),
        ..Check::default()
    };
    let verdicts = check.run(
        header(&[&signature, FROM, "Subject: [a] x"]),
        BODY,
        &Arc::new(table()),
    );
    let told: Vec<String> = trace.steps().into_iter().map(|step| step.outcome).collect();
    assert!(
        told.iter()
            .any(|told| told.contains("it is number 1 that was tried")),
        "{told:?}"
    );
    assert!(told.contains(&hint(&verdicts[0]).to_string()));
}

#[test]
fn a_signature_that_passes_or_is_refused_costs_nothing_more() {
    let fields = [
        FROM,
        "Subject: [a] Re: x",
        "Reply-To: a@example.org",
        "Content-Transfer-Encoding: 8bit",
    ];
    let names = "from:subject:reply-to:content-transfer-encoding";
    work::done();
    let verdict = on_the_way("relaxed", names, &fields, &fields, BODY);
    assert_eq!((verdict.result, verdict.hint.clone()), (DkimResult::Pass, None));
    assert_eq!(work::done().1, 1);
    // The body alone is another: nothing is tried.
    let verdict = on_the_way("relaxed", names, &fields, &fields, b"other\r\n");
    assert!(verdict.hint.is_some());
    assert_eq!(work::done().1, 1);
    let verdict = verdict_of("v=1; a=ed25519-sha256; d=example.org; s=absent; h=from");
    assert_eq!((verdict.cause.code(), verdict.hint), ("no_key", None));
    assert_eq!(work::done().1, 0);
}

#[test]
fn what_is_tried_is_bounded_for_a_message_and_not_for_each_signature() {
    let names = "from:subject:reply-to:content-transfer-encoding:sender:cc:mime-version:content-type:list-id:list-post";
    let tags = format!("v=1; a=ed25519-sha256; c=simple/simple; d=example.org; s=s1; h={names}");
    let signature = sign(&tags, &[], BODY);
    let mut fields = vec![signature.as_str(); 10];
    let long = format!("X-Long: {}", "x".repeat(MOST_HEADER));
    let more = [
        FROM,
        "Subject: [a] [b] Re: x\r\n y (Spam?)",
        "Reply-To: a@example.org",
        "Content-Transfer-Encoding: x",
        "Sender: a@example.org",
        "Cc: a@example.org",
        "MIME-Version: 1.0",
        "Content-Type: text/plain",
        "List-Id: <a.example>",
        "List-Post: <mailto:a@example.org>",
    ];
    fields.extend(more);
    work::done();
    let verdicts = Check::default().run(header(&fields), BODY, &Arc::new(table()));
    assert!(
        verdicts
            .iter()
            .all(|verdict| hint(verdict).code() == "fields_unknown")
    );
    let (octets, operations) = work::done();
    assert_eq!(operations, 10 + MOST_TRIES);
    assert!(
        octets < (10 + MOST_TRIES + 1) * header(&fields).octets(),
        "{octets}"
    );
    // Nothing at all where the header is long.
    fields.push(&long);
    Check::default().run(header(&fields), BODY, &Arc::new(table()));
    assert_eq!(work::done().1, 10);
}

#[test]
fn signed_names_without_number_take_linear_work() {
    // 100,000 names that are not there beside 5,000 fields: no name is looked for among all of them.
    let names = format!("from{}", ":a".repeat(100_000));
    let tags = format!("v=1; a=ed25519-sha256; c=relaxed/relaxed; d=example.org; s=s1; h={names}");
    let signature = sign(&tags, &[], BODY);
    let fields: Vec<&str> = std::iter::once(signature.as_str())
        .chain([FROM])
        .chain(vec!["X: y"; 5_000])
        .collect();
    let verdict = verdict(&fields, BODY, table());
    assert!(hint(&verdict).to_string().contains("signed are From; or"));
}

proptest! {
    #[test]
    fn any_subject_is_looked_at_and_nothing_is_proven_of_a_forged_signature(
        subject in prop_oneof!["[ -~]{0,80}", "[\\[\\](){}*: a]{0,30}", "\\PC{0,40}"],
    ) {
        let arrived = format!("Subject: {subject}");
        let verdict = on_the_way("relaxed", "from:subject", &["From: forged"], &[FROM, &arrived], BODY);
        prop_assert!(!hint(&verdict).is_proven());
        prop_assert!(!hint(&verdict).to_string().contains('\n'));
    }

    #[test]
    fn a_tag_before_any_subject_is_found(subject in "[a-z]{1,9}( [a-z]{1,9}){0,4}", tag in "[a-z][a-z0-9 .-]{0,20}") {
        let (signed, arrived) = (format!("Subject: {subject}"), format!("Subject: [{tag}] {subject}"));
        let verdict = on_the_way("relaxed", "from:subject", &[FROM, &signed], &[FROM, &arrived], BODY);
        prop_assert!(hint(&verdict).is_proven());
    }
}
