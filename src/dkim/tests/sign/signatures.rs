//! The field, and what it covers.

use super::*;

/// The value of a tag, blanks taken out.
fn tag_of(field: &SignatureField, tag: &str) -> String {
    let value: String = field.value().split_whitespace().collect();
    value
        .split(';')
        .find_map(|part| part.strip_prefix(&format!("{tag}=")))
        .unwrap_or_default()
        .to_owned()
}

#[test]
fn what_is_signed_passes_with_either_algorithm_and_every_canonicalization() {
    use Canonicalization::{Relaxed, Simple};
    for new in [NewKey::Rsa2048, NewKey::Ed25519] {
        for (header, body) in [
            (Relaxed, Relaxed),
            (Relaxed, Simple),
            (Simple, Relaxed),
            (Simple, Simple),
        ] {
            let options = SignerOptions {
                header,
                body,
                ..SignerOptions::default()
            };
            let signers = [Arc::new(
                Signer::new("example.org", "s1", signing_key(new), options).unwrap(),
            )];
            let message = signed(&signers, MESSAGE);
            let verdicts = verify(&signers, &message);
            assert_eq!(
                verdicts[0].result,
                DkimResult::Pass,
                "{new:?} {header:?}/{body:?}"
            );
            assert_eq!(verdicts[0].key_bits, Some(signers[0].key().bits()));
        }
    }
}

#[test]
fn rfc6376_section_3_5_tags_of_a_signature() {
    let options = SignerOptions {
        identity: Some("@news.example.org".into()),
        expires_after: Some(Duration::from_secs(3_600)),
        ..SignerOptions::default()
    };
    let field = sign_message(&[signer_with(options)], MESSAGE).unwrap().remove(0);
    let expected = [
        ("v", "1"),
        ("a", "ed25519-sha256"),
        ("c", "relaxed/relaxed"),
        ("d", "example.org"),
        ("s", "s1"),
        ("i", "@news.example.org"),
        ("t", "1795347080"),
        ("x", "1795350680"),
        ("l", ""),
    ];
    for (tag, value) in expected {
        assert_eq!(tag_of(&field, tag), value, "{tag}=");
    }
    // RFC 6376 section 3.5: `b=` is last, so that what is hashed ends with it.
    assert!(
        field
            .value()
            .split(';')
            .next_back()
            .unwrap()
            .trim()
            .starts_with("b=")
    );
}

#[test]
fn rfc6376_section_5_4_1_present_fields_are_signed_and_section_8_15_some_once_more() {
    let field = sign_message(&[signer()], MESSAGE).unwrap().remove(0);
    assert_eq!(
        tag_of(&field, "h"),
        "from:from:to:to:cc:subject:subject:date:date:reply-to:message-id:message-id:mime-version:content-type"
    );
}

#[test]
fn rfc6376_section_8_15_no_oversigned_field_can_be_added() {
    let signers = [signer()];
    let message = signed(&signers, MESSAGE);
    for name in [
        "From",
        "To",
        "Cc",
        "Subject",
        "Date",
        "Reply-To",
        "Message-ID",
        "MIME-Version",
        "Content-Type",
    ] {
        let added = [format!("{name}: other\r\n").as_bytes(), &message].concat();
        assert_eq!(cause(&signers, &added), "header_changed", "{name}");
    }
    for name in ["Received", "X-Spam", "List-Id", "DKIM-Filter"] {
        let added = [format!("{name}: other\r\n").as_bytes(), &message].concat();
        assert_eq!(cause(&signers, &added), "verified", "{name}");
    }
}

#[test]
fn rfc6376_section_5_4_2_of_several_instances_all_are_signed_from_the_bottom() {
    let signers = [signer()];
    let message = signed(
        &signers,
        b"Resent-To: 1\r\nFrom: a@example.org\r\nResent-To: 2\r\n\r\n",
    );
    assert_eq!(cause(&signers, &message), "verified");
    let text = String::from_utf8(message).unwrap();
    for changed in [
        text.replace("Resent-To: 1", "Resent-To: 3"),
        text.replace("Resent-To: 2", "Resent-To: 3"),
        text.replace("Resent-To: 1", "Resent-To: 0")
            .replace("Resent-To: 2", "Resent-To: 1"),
    ] {
        assert_eq!(cause(&signers, changed.as_bytes()), "header_changed", "{changed}");
    }
}

#[test]
fn rfc6376_section_5_4_a_message_has_one_from_field() {
    assert_eq!(
        sign_message(&[signer()], b"To: a@b\r\n\r\n"),
        Err(SignError::NoFrom)
    );
    let two = b"From: a@example.org\r\nfrom : b@example.net\r\n\r\n";
    assert_eq!(sign_message(&[signer()], two), Err(SignError::SeveralFrom(2)));
}

#[test]
fn a_message_of_broken_form_is_not_signed() {
    for (message, word) in [
        (&b"\x7fELF no message\r\n\r\n"[..], "not_a_message"),
        (b"From: a@example.org\r\nno field\r\n\r\nx", "not_a_field"),
        (b"", "no From"),
    ] {
        match sign_message(&[signer()], message) {
            Err(SignError::Form(anomaly)) => assert_eq!(anomaly.code(), word),
            Err(SignError::NoFrom) => assert_eq!(word, "no From"),
            other => panic!("{other:?}"),
        }
    }
    let limits = Limits {
        header_octets: 30,
        ..Limits::default()
    };
    let mut signing = MessageSigning::new(vec![signer()], &limits);
    let refused = signing.data(MESSAGE).unwrap_err();
    assert!(matches!(refused, SignError::Form(anomaly) if anomaly.is_incomplete()));
    // And again: nothing is signed once it has failed.
    assert_eq!(signing.data(b"x"), Err(refused));
    assert_eq!(signing.finish(NOW), Err(refused));
}

#[test]
fn a_message_that_is_header_only_is_signed() {
    let signers = [signer()];
    assert_eq!(
        cause(&signers, &signed(&signers, b"From: a@example.org\r\n")),
        "verified"
    );
    assert_eq!(
        cause(&signers, &signed(&signers, b"From: a@example.org")),
        "verified"
    );
}

#[test]
fn the_names_in_h_are_bounded() {
    let mut message = b"From: a@example.org\r\n".to_vec();
    (0..600).for_each(|_| message.extend(b"List-Id: x\r\n"));
    message.extend(b"\r\n");
    assert_eq!(sign_message(&[signer()], &message), Err(SignError::TooManyFields));
}

#[test]
fn rfc5322_section_2_1_1_no_line_of_the_field_is_longer_than_78_columns() {
    let long = SignerOptions {
        signed: (0..40)
            .map(|at| format!("x-a-rather-long-field-name-{at}"))
            .collect(),
        expires_after: Some(Duration::from_secs(1)),
        ..SignerOptions::default()
    };
    for options in [SignerOptions::default(), long] {
        for new in [NewKey::Rsa2048, NewKey::Ed25519] {
            let signer =
                Signer::new("mail.example.org", "selector", signing_key(new), options.clone()).unwrap();
            let field = sign_message(&[signer.into()], MESSAGE)
                .unwrap()
                .remove(0)
                .to_string();
            let (last, lines) = field.strip_suffix("\r\n").unwrap().rsplit_once("\r\n").unwrap();
            for line in last.split("\r\n").chain([lines]) {
                assert!(line.len() <= 78, "{line}");
                assert!(!line.trim().is_empty());
            }
        }
    }
}

#[test]
fn one_pass_over_the_body_serves_all_signers() {
    let simple = SignerOptions {
        body: Canonicalization::Simple,
        ..SignerOptions::default()
    };
    let rsa = Signer::new(
        "example.org",
        "r1",
        signing_key(NewKey::Rsa2048),
        SignerOptions::default(),
    );
    let other = Signer::new("example.com", "s1", signing_key(NewKey::Ed25519), simple);
    let signers = [Arc::new(rsa.unwrap()), signer(), Arc::new(other.unwrap())];
    let mut header = HeaderFields::default();
    header.push(b"From: a@example.org\r\n");
    let signing = Signing::new(header, signers.to_vec()).unwrap();
    assert_eq!(signing.digests(), 2);
    let verdicts = verify(&signers, &signed(&signers, MESSAGE));
    let results: Vec<_> = verdicts.iter().map(|verdict| verdict.result).collect();
    assert_eq!(results, [DkimResult::Pass; 3]);
    assert_eq!(verdicts[2].domain.as_deref(), Some("example.com"));
}

#[test]
fn rfc6376_section_3_5_a_signature_is_valid_up_to_x() {
    let options = SignerOptions {
        expires_after: Some(Duration::from_millis(10)),
        ..SignerOptions::default()
    };
    let signers = [signer_with(options)];
    let message = signed(&signers, MESSAGE);
    // Less than a second is one: `x=` MUST be greater than `t=`.
    let code = |now| verify_at(&signers, &message, UnixTime(now))[0].cause.code();
    assert_eq!(code(NOW.0 + 1), "verified");
    assert_eq!(code(NOW.0 + 2), "expired");
}

#[test]
fn rfc6376_section_2_11_an_identity_may_hold_what_a_tag_may_not() {
    let options = SignerOptions {
        identity: Some("a;b=c d\u{e9}@News.example.org".into()),
        ..SignerOptions::default()
    };
    let signers = [signer_with(options)];
    let message = signed(&signers, MESSAGE);
    let verdict = verify(&signers, &message).remove(0);
    assert_eq!(verdict.result, DkimResult::Pass);
    assert_eq!(
        verdict.identity.as_deref(),
        Some("a;b=c d\u{e9}@news.example.org")
    );
}

#[test]
fn rfc8616_section_3_international_names_are_written_in_a_labels() {
    let signer = Signer::new(
        "b\u{fc}cher.example",
        "schl\u{fc}ssel",
        signing_key(NewKey::Ed25519),
        SignerOptions::default(),
    );
    let signers = [Arc::new(signer.unwrap())];
    assert_eq!(
        signers[0].key_name().as_str(),
        "xn--schlssel-95a._domainkey.xn--bcher-kva.example"
    );
    let message = signed(&signers, MESSAGE);
    assert!(message.is_ascii());
    assert_eq!(cause(&signers, &message), "verified");
}

#[test]
fn a_signer_that_makes_no_sense_is_refused() {
    let make = |domain: &str, selector: &str, options: SignerOptions| {
        Signer::new(domain, selector, signing_key(NewKey::Ed25519), options).map(|_| ())
    };
    let standard = SignerOptions::default;
    for domain in ["", "org", "example..org", "-a.org", "a b.org", "user@example.org"] {
        assert!(
            matches!(make(domain, "s", standard()), Err(SignerError::Domain(_))),
            "{domain}"
        );
    }
    for selector in ["", ".", "a b", "s;", &"s".repeat(64)] {
        assert!(
            matches!(
                make("example.org", selector, standard()),
                Err(SignerError::Selector(_))
            ),
            "{selector}"
        );
    }
    let long = format!("{0}.{0}.{0}", "a".repeat(60));
    assert!(matches!(
        make(&long, &long, standard()),
        Err(SignerError::KeyName(_))
    ));
    for identity in [
        "a@example.net",
        "a@org",
        "example.org",
        "@notexample.org",
        "a\r\n@example.org",
        "",
    ] {
        let options = SignerOptions {
            identity: Some(identity.into()),
            ..standard()
        };
        assert!(
            matches!(
                make("example.org", "s", options),
                Err(SignerError::Identity { .. })
            ),
            "{identity}"
        );
    }
    let options = SignerOptions {
        identity: Some(format!("{}@example.org", "a".repeat(320))),
        ..standard()
    };
    assert_eq!(
        make("example.org", "s", options),
        Err(SignerError::IdentityTooLong(332))
    );
    for name in ["", "a:b", "a b", "a;b", "\u{e9}", &"n".repeat(78)] {
        let mut options = standard();
        options.signed.push(name.into());
        assert!(
            matches!(make("example.org", "s", options), Err(SignerError::FieldName(_))),
            "{name}"
        );
    }
    for name in ["Received", "return-path", "DKIM-Signature"] {
        let mut options = standard();
        options.oversigned.push(name.into());
        assert!(
            matches!(make("example.org", "s", options), Err(SignerError::Changing(_))),
            "{name}"
        );
    }
    let options = SignerOptions {
        signed: vec!["subject".into()],
        oversigned: vec![],
        ..standard()
    };
    assert_eq!(make("example.org", "s", options), Err(SignerError::FromUnsigned));
}
