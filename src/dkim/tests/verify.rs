//! Whole messages (RFC 6376 sections 3.7, 5.4.2 and 6, RFC 8463 appendix A).

use super::super::select::HeaderIndex;
use super::*;
use crate::trace::StepKind;
use proptest::prelude::*;

const FROM: &str = "From: alice@example.org";

fn codes(verdicts: &[SignatureVerdict]) -> Vec<&'static str> {
    verdicts.iter().map(|verdict| verdict.cause.code()).collect()
}

#[test]
fn rfc8463_appendix_a_both_signatures_pass() {
    let fields = [
        "DKIM-Signature: v=1; a=ed25519-sha256; c=relaxed/relaxed;\r\n d=football.example.com; i=@football.example.com;\r\n \
         q=dns/txt; s=brisbane; t=1528637909; h=from : to :\r\n subject : date : message-id : from : subject : date;\r\n \
         bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;\r\n \
         b=/gCrinpcQOoIfuHNQIbq4pgh9kyIK3AQUdt9OdqQehSwhEIug4D11Bus\r\n Fa3bT3FY5OsU7ZbnKELq+eXdp1Q1Dw==",
        "DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed;\r\n d=football.example.com; i=@football.example.com;\r\n \
         q=dns/txt; s=test; t=1528637909; h=from : to : subject :\r\n date : message-id : from : subject : date;\r\n \
         bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;\r\n \
         b=F45dVWDfMbQDGHJFlXUNB2HKfbCeLRyhDXgFpEL8GwpsRe0IeIixNTe3\r\n \
         DhCVlUrSjV4BwcVcOF6+FF3Zo9Rpo1tFOeS9mPYQTnGdaSGsgeefOsk2Jz\r\n \
         dA+L10TeYt9BgDfQNZtKdN1WO//KgIqXP7OdEFE4LjFYNcUxZQ4FADY+8=",
        "From: Joe SixPack <joe@football.example.com>",
        "To: Suzie Q <suzie@shopping.example.net>",
        "Subject: Is dinner ready?",
        "Date: Fri, 11 Jul 2003 21:00:37 -0700 (PDT)",
        "Message-ID: <20030712040037.46341.5F8J@football.example.com>",
    ];
    let table = Table::default()
        .with(
            "brisbane._domainkey.football.example.com",
            &["v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="],
        )
        .with(
            "test._domainkey.football.example.com",
            &["v=DKIM1; k=rsa; \
               p=MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDkHlOQoBTzWRiGs5V6NpP3idY6Wk08a5qhdR6wy5bdOKb2jLQiY/J16JYi0Qvx/b\
               yYzCNb3W91y3FutACDfzwQ/BC/e/8uBsCR+yz1Lxj+PL6lHvqMKrM3rG4hstT5QjvHO9PzoxZyVYLzBfO2EeC3Ip3G+2kryOTIKT+l/K\
               4w3QIDAQAB"],
        );
    let body = b"Hi.\r\n\r\nWe lost the game.  Are you hungry yet?\r\n\r\nJoe.\r\n";
    let verdicts = Check::default().run(header(&fields), body, &Arc::new(table));
    assert_eq!(codes(&verdicts), ["verified", "verified"]);
    assert_eq!(verdicts[0].key_bits, Some(256));
    assert_eq!(verdicts[1].key_bits, Some(1024));
    assert_eq!(verdicts[1].header_index, 1);
    assert_eq!(verdicts[1].identity.as_deref(), Some("@football.example.com"));
    assert_eq!(verdicts[1].signature_start.as_deref(), Some("F45dVWDf"));
}

#[test]
fn rfc6376_section_6_1_3_what_was_changed_is_told() {
    let signed = sign(&format!("{TAGS}:subject"), &[FROM, "Subject: hello"], b"body\r\n");
    let check = |subject: &str, body: &[u8]| {
        let verdict = verdict(&[&signed, FROM, subject], body, table());
        (verdict.cause, verdict.header_verified, verdict.body_verified)
    };
    assert_eq!(
        check("Subject: hello", b"body\r\n"),
        (Cause::Verified, Some(true), Some(true))
    );
    assert_eq!(
        check("SUBJECT:  hello ", b"body \r\n\r\n"),
        (Cause::Verified, Some(true), Some(true))
    );
    assert_eq!(
        check("Subject: hello", b"other\r\n"),
        (Cause::BodyChanged, Some(true), Some(false))
    );
    assert_eq!(
        check("Subject: hullo", b"body\r\n"),
        (Cause::HeaderChanged, Some(false), Some(true))
    );
    assert_eq!(
        check("Subject: hullo", b"other\r\n"),
        (Cause::BodyAndHeaderChanged, Some(false), Some(false))
    );
    for cause in [
        Cause::BodyChanged,
        Cause::HeaderChanged,
        Cause::BodyAndHeaderChanged,
    ] {
        assert_eq!(cause.result(), DkimResult::Fail);
    }
}

#[test]
fn rfc6376_section_3_5_body_length() {
    let mut check = Check::default();
    check.policy.accept_body_length = true;
    let run = |length: &str, body: &[u8]| {
        let signed = sign(&format!("{TAGS}; l={length}"), &[FROM], b"12345\r\n");
        let verdicts = check.run(header(&[&signed, FROM]), body, &Arc::new(table()));
        (
            verdicts[0].result,
            verdicts[0].cause.code(),
            verdicts[0].header_verified,
        )
    };
    let pass = (DkimResult::Pass, "verified", Some(true));
    assert_eq!(run("7", b"12345\r\n"), pass);
    assert_eq!(run("7", b"12345\r\nmore\r\n"), pass);
    assert_eq!(run("3", b"123xx\r\n"), pass);
    assert_eq!(run("0", b"anything\r\n"), pass);
    assert_eq!(run("0", b""), pass);
    assert_eq!(
        run("3", b"12x45\r\n"),
        (DkimResult::Fail, "body_changed", Some(true))
    );
    // The length counts canonical octets: blanks at the end of the line are not among them.
    assert_eq!(run("7", b"12345   \r\n"), pass);
    assert_eq!(
        run("8", b"12345   \r\n"),
        (DkimResult::Fail, "body_too_short", Some(true))
    );
    assert_eq!(
        run("99", b"12345\r\n"),
        (DkimResult::Fail, "body_too_short", Some(true))
    );
}

#[test]
fn rfc6376_section_5_4_2_instances_are_taken_from_the_bottom() {
    let (low, high) = ("Received: low", "Received: high");
    let one = sign(&format!("{TAGS}:received"), &[FROM, low], b"");
    let two = sign(&format!("{TAGS}:received:received"), &[FROM, low, high], b"");
    for signed in [&one, &two] {
        assert_eq!(
            verdict(&[signed, high, FROM, low], b"", table()).cause,
            Cause::Verified
        );
    }
    assert_eq!(
        verdict(&[&one, "Received: new", high, FROM, low], b"", table()).cause,
        Cause::Verified
    );
    assert_eq!(
        verdict(&[&two, "Received: new", high, FROM, low], b"", table()).cause,
        Cause::Verified
    );
    assert_eq!(
        verdict(&[&one, high, FROM, low, "Received: new"], b"", table()).cause,
        Cause::HeaderChanged
    );
}

#[test]
fn rfc6376_section_5_4_a_name_without_a_field_forbids_adding_one() {
    let signed = sign(&format!("{TAGS}:from:to:to"), &[FROM, "To: bob"], b"");
    assert_eq!(
        verdict(&[&signed, FROM, "To: bob"], b"", table()).cause,
        Cause::Verified
    );
    for added in ["To: eve", "From: eve@example.net", "from : eve@example.net"] {
        assert_eq!(
            verdict(&[added, &signed, FROM, "To: bob"], b"", table()).cause,
            Cause::HeaderChanged
        );
    }
}

#[test]
fn rfc6376_section_3_5_a_signature_does_not_cover_itself_by_h() {
    let older = "DKIM-Signature: v=1; a=rsa-sha1; b=AAAA";
    let tags = format!("{TAGS}:dkim-signature");
    let alone = sign(&tags, &[FROM], b"");
    assert_eq!(verdict(&[&alone, FROM], b"", table()).cause, Cause::Verified);
    let second = sign(&tags, &[FROM, older], b"");
    for fields in [[&second, older, FROM], [older, &second, FROM]] {
        let verdicts = Check::default().run(header(&fields), b"", &Arc::new(table()));
        assert!(codes(&verdicts).contains(&"verified"));
    }
}

#[test]
fn rfc6376_section_3_7_simple_headers_keep_every_octet() {
    let from = "From :\t alice@example.org\r\n\t(\u{e9} \0)";
    let tags = TAGS.replace("relaxed/relaxed", "simple/simple");
    let signed = sign(&tags, &[from], b"a \r\n");
    assert_eq!(
        verdict(&[&signed, from], b"a \r\n", table()).cause,
        Cause::Verified
    );
    let blank = from.replace("\t ", " ");
    assert_eq!(
        verdict(&[&signed, &blank], b"a \r\n", table()).cause,
        Cause::HeaderChanged
    );
    assert_eq!(
        verdict(&[&signed, from], b"a\r\n", table()).cause,
        Cause::BodyChanged
    );
    // A message that ends within its header: the last field lacks its CRLF, and counts as if it had it.
    let mut fields = header(&[&signed]);
    assert!(fields.push(from.as_bytes()));
    let verdicts = Check::default().run(fields, b"a \r\n", &Arc::new(table()));
    assert_eq!(codes(&verdicts), ["verified"]);
}

#[test]
fn equal_needs_of_the_body_are_hashed_once() {
    let relaxed = sign(TAGS, &[FROM], b"");
    let simple = sign(&TAGS.replace("relaxed/relaxed", "relaxed"), &[FROM], b"");
    let short = sign(&format!("{TAGS}; l=0"), &[FROM], b"");
    let fields = header(&[&relaxed, &relaxed, &simple, &short, &short, FROM]);
    let mut policy = Policy::default();
    let digests = |policy: &Policy| {
        prepare(&fields, None, NOW, &Limits::default(), policy)
            .body_hasher()
            .digests()
    };
    assert_eq!(digests(&policy), 2);
    policy.accept_body_length = true;
    assert_eq!(digests(&policy), 3);
}

#[test]
fn only_so_many_signatures_are_verified_those_of_the_author_domain_first() {
    let mut fields = Vec::new();
    let mut table = Table::default();
    let domains = [
        "a.test",
        "b.test",
        "other.example.org",
        "org.test",
        "mail.example.org",
        "example.org",
        "c.test",
    ];
    for domain in domains {
        let tags = TAGS.replace("example.org", domain);
        fields.push(sign(&tags, &[FROM], b""));
        table = table.with(&format!("s1._domainkey.{domain}"), &[&ed25519_record()]);
    }
    // What cannot pass takes no place among those that are verified.
    fields.insert(0, sign(&TAGS.replace("v=1", "v=2"), &[FROM], b""));
    fields.push(FROM.into());
    let fields: Vec<&str> = fields.iter().map(String::as_str).collect();
    let check = Check {
        limits: Limits {
            signatures: 4,
            ..Limits::default()
        },
        author: Some("mail.example.org"),
        ..Check::default()
    };
    let author = Name::parse(b"mail.example.org").unwrap();
    let prepared = prepare(&header(&fields), Some(&author), NOW, &check.limits, &check.policy);
    let order: Vec<&str> = prepared.domains().map(Name::as_str).collect();
    assert_eq!(
        order,
        ["mail.example.org", "example.org", "other.example.org", "a.test"]
    );
    let table = Arc::new(table);
    let verdicts = check.run(header(&fields), b"", &table);
    assert_eq!(
        codes(&verdicts),
        [
            "version",
            "verified",
            "over_limit",
            "verified",
            "over_limit",
            "verified",
            "verified",
            "over_limit"
        ]
    );
    assert_eq!(verdicts[2].result, DkimResult::Policy);
    assert_eq!(table.asked.load(Ordering::Relaxed), 4);
}

#[test]
fn signatures_that_cannot_pass_ask_nothing_and_equal_keys_are_asked_for_once() {
    let good = sign(TAGS, &[FROM], b"");
    let expired = sign(&format!("{TAGS}; x=1"), &[FROM], b"");
    let partial = sign(&format!("{TAGS}; l=0"), &[FROM], b"");
    let table = Arc::new(table());
    let verdicts = Check::default().run(header(&[&expired, &partial, FROM]), b"", &table);
    assert_eq!(codes(&verdicts), ["expired", "body_length"]);
    assert_eq!(table.asked.load(Ordering::Relaxed), 0);
    let verdicts = Check::default().run(header(&[&good, &good, &good, FROM]), b"", &table);
    assert_eq!(codes(&verdicts), ["verified"; 3]);
    assert_eq!(table.asked.load(Ordering::Relaxed), 1);
}

#[test]
fn rfc6008_section_3_signature_starts_tell_signatures_apart() {
    let field = |b: &str| format!("DKIM-Signature: v=1; a=rsa-sha1; d=example.org; b={b}");
    let fields = [
        field("abcdefghijXXyy"),
        field("abcdefghij YY"),
        field("12345678zz"),
        field("123"),
        field(""),
    ];
    let fields: Vec<&str> = fields.iter().map(String::as_str).collect();
    let verdicts = Check::default().run(header(&fields), b"", &Arc::new(Table::default()));
    let starts: Vec<Option<&str>> = verdicts
        .iter()
        .map(|verdict| verdict.signature_start.as_deref())
        .collect();
    assert_eq!(
        starts,
        [
            Some("abcdefghijXX"),
            Some("abcdefghijYY"),
            Some("12345678"),
            Some("123"),
            None
        ]
    );
}

#[test]
fn an_incomplete_header_proves_nothing() {
    let fields = header(&[&sign(TAGS, &[FROM], b""), FROM]);
    let prepared = prepare(&fields, None, NOW, &Limits::default(), &Policy::default()).header_incomplete();
    let body = prepared.body_hasher().finish();
    let table = Arc::new(table());
    let session = Session::new(Arc::clone(&table), Clock::system(), &Limits::default());
    let trace = Tracer::off();
    let checked = prepared
        .check_keys(Arc::new(fields), &session, &trace)
        .now_or_never()
        .unwrap();
    let verdicts = checked.conclude(&body);
    assert_eq!(verdicts[0].cause, Cause::HeaderIncomplete);
    assert_eq!(table.asked.load(Ordering::Relaxed), 0);
}

#[test]
fn what_passes_but_for_the_body_is_known_before_it() {
    let fields = header(&[
        &sign(TAGS, &[FROM], b"x"),
        &sign(TAGS, &["From: eve"], b"x"),
        FROM,
    ]);
    let prepared = prepare(&fields, None, NOW, &Limits::default(), &Policy::default());
    assert_eq!(prepared.domains().count(), 2);
    let hashes = prepared.body_hasher().finish();
    let session = Session::new(Arc::new(table()), Clock::system(), &Limits::default());
    let trace = Tracer::off();
    let future = prepared.check_keys(Arc::new(fields), &session, &trace);
    fn is_send<T: Send>(it: T) -> T {
        it
    }
    let checked = is_send(future).now_or_never().unwrap();
    assert_eq!(
        checked.domains().map(Name::as_str).collect::<Vec<_>>(),
        ["example.org"]
    );
    assert_eq!(
        codes(&checked.conclude(&hashes)),
        ["body_changed", "body_and_header_changed"]
    );
}

#[test]
fn hashes_of_another_message_give_no_pass() {
    let fields = header(&[&sign(TAGS, &[FROM], b""), FROM]);
    let prepared = prepare(&fields, None, NOW, &Limits::default(), &Policy::default());
    let empty = HeaderFields::default();
    let other = prepare(&empty, None, NOW, &Limits::default(), &Policy::default())
        .body_hasher()
        .finish();
    let session = Session::new(Arc::new(table()), Clock::system(), &Limits::default());
    let trace = Tracer::off();
    let checked = prepared
        .check_keys(Arc::new(fields), &session, &trace)
        .now_or_never()
        .unwrap();
    let verdicts = checked.conclude(&other);
    assert_eq!(
        (verdicts[0].result, &verdicts[0].cause),
        (DkimResult::Neutral, &Cause::BodyNotHashed)
    );
}

#[test]
fn the_trace_has_a_step_for_each_signature_and_its_question() {
    let check = Check {
        trace: Tracer::on(100),
        ..Check::default()
    };
    check.run(
        header(&[&sign(TAGS, &[FROM], b""), FROM]),
        b"",
        &Arc::new(table()),
    );
    let steps = check.trace.steps();
    assert_eq!(steps.len(), 2);
    assert_eq!(steps[0].kind, StepKind::Signature);
    assert_eq!(
        steps[0].outcome,
        "pass: the body and the signed header fields are as they were signed"
    );
    assert_eq!((steps[1].kind, steps[1].parent), (StepKind::Question, Some(0)));
}

#[test]
fn header_selection_is_linear() {
    let mut fields = HeaderFields::default();
    for _ in 0..60_000 {
        assert!(fields.push(b"X:\r\n"));
    }
    let index = HeaderIndex::new(&fields);
    let names = b"x:y:".repeat(60_000);
    let chosen = index.select(&names[..names.len() - 1], usize::MAX);
    assert!(chosen.iter().copied().eq((0..60_000).rev()));
}

proptest! {
    #[test]
    fn header_selection_equals_the_plain_one(
        fields in prop::collection::vec(prop::sample::select(vec!["a", "B", "c", "A", "C"]), 0..12),
        names in prop::collection::vec(prop::sample::select(vec!["a", "b", "c", "d"]), 1..20),
        own in 0_usize..12,
    ) {
        let mut header = HeaderFields::default();
        fields.iter().for_each(|name| assert!(header.push(format!("{name}: x\r\n").as_bytes())));
        let mut used = vec![false; fields.len()];
        let mut plain = Vec::new();
        for name in &names {
            let free = |at: &usize| !used[*at] && *at != own && fields[*at].eq_ignore_ascii_case(name);
            if let Some(at) = (0..fields.len()).rev().find(free) {
                used[at] = true;
                plain.push(at);
            }
        }
        let index = HeaderIndex::new(&header);
        let names = names.join(":");
        prop_assert_eq!(index.select(names.as_bytes(), own), &plain[..]);
        // The same fields below others, which are too many to look at each.
        let mut longer = HeaderFields::default();
        (0..100).for_each(|_| assert!(longer.push(b"Other: x\r\n")));
        header.iter().for_each(|field| assert!(longer.push(field.raw())));
        let index = HeaderIndex::new(&longer);
        let chosen: Vec<usize> = index.select(names.as_bytes(), own + 100).iter().map(|place| place - 100).collect();
        prop_assert_eq!(chosen, plain);
    }

    #[test]
    fn signed_messages_pass_and_any_changed_signed_octet_fails(
        subject in "[ -~]{0,40}",
        body in prop::collection::vec(prop::sample::select(b" \t\r\nab\0\xff".to_vec()), 1..80),
        cut in any::<prop::sample::Index>(),
        c in prop::sample::select(vec!["simple/simple", "simple/relaxed", "relaxed/simple", "relaxed/relaxed"]),
    ) {
        let subject = format!("Subject:{subject}");
        let tags = format!("{TAGS}:subject").replace("relaxed/relaxed", c);
        let signed = sign(&tags, &[FROM, &subject], &body);
        prop_assert_eq!(verdict(&[&signed, FROM, &subject], &body, table()).cause, Cause::Verified);
        let mut changed = body.clone();
        changed.insert(cut.index(body.len()), b'!');
        prop_assert_eq!(verdict(&[&signed, FROM, &subject], &changed, table()).cause, Cause::BodyChanged);
        let mut changed = subject.clone();
        changed.insert(8 + cut.index(subject.len() - 7), '\u{1}');
        prop_assert_eq!(verdict(&[&signed, FROM, &changed], &body, table()).cause, Cause::HeaderChanged);
    }

    #[test]
    fn no_field_makes_it_panic(tags in "[v=1;adbshnixtlcq/ \t\r\n@.:A-Z-]{0,120}", key in "[v=DKIM1;pkshtn ed25519A/+:]{0,60}") {
        let fields = format!("DKIM-Signature:{tags}");
        let table = Table::default().with("s1._domainkey.example.org", &[&key]);
        let _ = verdict(&[&fields], b"", table);
        let _ = KeyRecord::parse(key.as_bytes());
    }
}
