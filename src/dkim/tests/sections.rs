//! Sentences of RFC 6376 that say what verifiers must accept and what they must not, by whole messages.

use super::*;

const FROM: &str = "From: alice@example.org";
const ALL: [&str; 4] = [
    "simple/simple",
    "simple/relaxed",
    "relaxed/simple",
    "relaxed/relaxed",
];

fn with(canonicalizations: &str) -> String {
    TAGS.replace("relaxed/relaxed", canonicalizations)
}

fn code_of(fields: &[&str], body: &[u8]) -> &'static str {
    verdict(fields, body, table()).cause.code()
}

/// A signature whose field is given with SIGNATURE where the value of `b=` comes, and HASH where that of `bh=` does.
fn sign_around(
    field: &str,
    how: Canonicalization,
    body_hash: &str,
    value: impl Fn(&str) -> String,
) -> String {
    let field = field.replace("HASH", body_hash);
    let mut data = plain_field(how, FROM.as_bytes());
    data.extend(b"\r\n");
    data.extend(plain_field(how, field.replace("SIGNATURE", "").as_bytes()));
    let signature = STANDARD.encode(ed25519().sign(digest(&SHA256, &data).as_ref()));
    field.replace("SIGNATURE", &value(&signature))
}

fn hash_of(body: &[u8]) -> String {
    STANDARD.encode(digest(&SHA256, body))
}

#[test]
fn rfc6376_section_3_2_folding_white_space_may_stand_around_every_name_and_value() {
    for blank in [" ", "\t", "\r\n ", " \t\r\n\t "] {
        let tags = [
            "v=1",
            "a=ed25519-sha256",
            "d=example.org",
            "s=s1",
            "h=from",
            "c=relaxed/relaxed",
            "q=dns/txt",
            "i=a@example.org",
            "t=1",
            "x=99999999999",
            "z=from:x",
        ]
        .map(|tag| {
            let (name, value) = tag.split_once('=').unwrap();
            format!("{blank}{name}{blank}={blank}{value}{blank}")
        })
        .join(";");
        let field = format!(
            "DKIM-Signature:{tags};{blank}bh{blank}={blank}HASH{blank};{blank}b{blank}=SIGNATURE;{blank}"
        );
        let signed = sign_around(
            &field,
            Canonicalization::Relaxed,
            &hash_of(b"hello\r\n"),
            |signature| format!("{blank}{}{blank}{}{blank}", &signature[..20], &signature[20..]),
        );
        assert_eq!(code_of(&[&signed, FROM], b"hello\r\n"), "verified", "{signed:?}");
    }
}

#[test]
fn rfc6376_section_3_2_folding_white_space_is_no_line_end_without_a_blank() {
    for broken in [
        "h=from;\r\nt=1",
        "h=from\r\n;t=1",
        "h=from\n ;t=1",
        "h=from;\r t=1",
        "h=from;\x0bt=1",
    ] {
        let signed = sign(&TAGS.replace("h=from", broken), &[FROM], b"");
        assert_eq!(code_of(&[&signed, FROM], b""), "syntax", "{broken:?}");
    }
}

#[test]
fn rfc6376_section_3_2_a_tag_that_stands_twice_makes_the_list_invalid() {
    let signed = sign(TAGS, &[FROM], b"");
    for tag in [
        "v=1",
        "a=ed25519-sha256",
        "b=AAAA",
        "bh=AAAA",
        "c=relaxed",
        "d=example.org",
        "h=from",
        "s=s1",
    ] {
        assert_eq!(
            code_of(&[&format!("{signed}; {tag}"), FROM], b""),
            "syntax",
            "{tag}"
        );
    }
    for tag in [
        "i=@example.org",
        "l=1",
        "q=dns/txt",
        "t=1",
        "x=1",
        "z=",
        "unknown=",
    ] {
        assert_eq!(
            code_of(&[&format!("{signed}; {tag}; {tag}"), FROM], b""),
            "syntax",
            "{tag}"
        );
    }
}

#[test]
fn rfc6376_section_3_2_tag_names_are_case_sensitive() {
    for (tag, missing) in [
        ("v=1", "V=1"),
        ("a=ed", "A=ed"),
        ("d=ex", "D=ex"),
        ("s=s1", "S=s1"),
        ("h=from", "H=from"),
    ] {
        let signed = sign(&TAGS.replacen(tag, missing, 1), &[FROM], b"");
        assert_eq!(code_of(&[&signed, FROM], b""), "missing_tag", "{missing}");
    }
    let other = sign(
        &format!("{TAGS}; X=1; L=0; T=99999999999; I=@example.net; Q=none"),
        &[FROM],
        b"",
    );
    assert_eq!(code_of(&[&other, FROM], b""), "verified");
}

#[test]
fn rfc6376_section_3_5_signed_values_are_compared_with_their_case() {
    for (given, other, code) in [
        ("v=1", "v=01", "version"),
        ("a=ed25519-sha256", "a=Ed25519-SHA256", "unknown_algorithm"),
        (
            "c=relaxed/relaxed",
            "c=Relaxed/relaxed",
            "unknown_canonicalization",
        ),
        (
            "c=relaxed/relaxed",
            "c=relaxed / relaxed",
            "unknown_canonicalization",
        ),
        ("h=from", "h=FROM", "verified"),
        ("s=s1", "s=S1", "verified"),
    ] {
        let signed = sign(&TAGS.replace(given, other), &[FROM], b"");
        assert_eq!(code_of(&[&signed, FROM], b""), code, "{other}");
    }
}

#[test]
fn rfc6376_section_3_7_the_value_of_b_is_taken_out_wherever_it_stands_and_nothing_else() {
    let tags = "v=1; a=ed25519-sha256; d=example.org; s=s1; h=from";
    for how in [Canonicalization::Simple, Canonicalization::Relaxed] {
        let c = how.as_str();
        for field in [
            format!("DKIM-Signature: b=SIGNATURE; c={c}/simple; bh=HASH; {tags}"),
            format!("DKIM-Signature: c={c}/simple; bh=HASH; {tags}; b=SIGNATURE"),
            format!(
                "DKIM-Signature: c={c}/simple; bb=b=x; xb=y; b_=z; z=b=1|b=2; b =SIGNATURE;\r\n\tbh=HASH; {tags};"
            ),
            format!("dkim-signature : c={c}/simple;\r\n  B=q; b=SIGNATURE\r\n\t; bh=HASH; {tags}"),
        ] {
            for value in [
                |signature: &str| signature.to_owned(),
                |signature: &str| format!(" {signature}"),
                |signature: &str| format!("\r\n\t{}\r\n {} ", &signature[..50], &signature[50..]),
            ] {
                let hash = hash_of(b"x\r\n");
                let signed = sign_around(&field, how, &hash, value);
                // Blanks between the value and the semicolon are part of what is taken out.
                let expected = if field.contains("SIGNATURE\r\n\t;") {
                    "header_changed"
                } else {
                    "verified"
                };
                assert_eq!(code_of(&[&signed, FROM], b"x\r\n"), expected, "{signed:?}");
                let changed = signed.replace("s=s1;", "s=s1 ;");
                assert_eq!(
                    code_of(&[&changed, FROM], b"x\r\n"),
                    "header_changed",
                    "{changed:?}"
                );
            }
        }
    }
}

#[test]
fn rfc6376_section_3_5_l_covers_octets_of_the_canonical_body() {
    let mut check = Check::default();
    check.policy.accept_body_length = true;
    let run = |c: &str, length: &str, signed_body: &[u8], body: &[u8]| {
        let signed = sign(&format!("{}; l={length}", with(c)), &[FROM], signed_body);
        check.run(header(&[&signed, FROM]), body, &Arc::new(table()))[0]
            .cause
            .code()
    };
    // Body, octets of it under simple and relaxed.
    let cases: [(&[u8], usize, usize); 6] = [
        (b"", 2, 0),
        (b"\r\n\r\n", 2, 0),
        (b" \t\r\n", 4, 0),
        (b"a  b \r\n\r\n", 7, 5),
        (b"a", 3, 3),
        (b"\r\n\r\na\r\n", 7, 7),
    ];
    for (body, simple, relaxed) in cases {
        for (c, octets) in [("simple/simple", simple), ("simple/relaxed", relaxed)] {
            for length in 0..=octets {
                assert_eq!(
                    run(c, &length.to_string(), body, body),
                    "verified",
                    "{c} {body:?} {length}"
                );
            }
            let beyond = (octets + 1).to_string();
            assert_eq!(run(c, &beyond, body, body), "body_too_short", "{c} {body:?}");
        }
    }
    // The 76 digits that are allowed, and no sign.
    assert_eq!(run("simple/simple", &"9".repeat(18), b"", b""), "body_too_short");
    assert_eq!(
        run(
            "simple/simple",
            &format!("{}1", "0".repeat(75)),
            b"ab\r\n",
            b"ax\r\n"
        ),
        "verified"
    );
}

#[test]
fn rfc6376_section_3_4_bodies_that_are_alike_and_those_that_are_not() {
    // Bodies in one line verify one another; those of other lines do not.
    let simple: [&[&[u8]]; 5] = [
        &[b"", b"\r\n", b"\r\n\r\n"],
        &[b"a", b"a\r\n", b"a\r\n\r\n\r\n"],
        &[b" \r\n", b" ", b" \r\n\r\n"],
        &[b"a\r\n \r\n", b"a\r\n \r\n\r\n"],
        &[b"\r\na\r\n"],
    ];
    let relaxed: [&[&[u8]]; 5] = [
        &[b"", b"\r\n", b" ", b"\t\r\n \r\n", b"\r\n\r\n\t"],
        &[b"a", b"a\r\n", b"a \t", b"a\t\r\n \r\n\t"],
        &[b" a\r\n", b"\t a"],
        &[b"a\r\n\r\nb", b"a \r\n \r\nb\t\r\n"],
        &[b"a\nb", b"a\nb \r\n"],
    ];
    for (c, groups) in [("relaxed/simple", simple), ("relaxed/relaxed", relaxed)] {
        for (at, group) in groups.iter().enumerate() {
            for signed_body in *group {
                let signed = sign(&with(c), &[FROM], signed_body);
                for (other, bodies) in groups.iter().enumerate() {
                    for body in *bodies {
                        let expected = if at == other { "verified" } else { "body_changed" };
                        let found = code_of(&[&signed, FROM], body);
                        assert_eq!(found, expected, "{c} {signed_body:?} {body:?}");
                    }
                }
            }
        }
    }
}

#[test]
fn rfc6376_section_3_4_line_ends_that_are_none_are_signed_as_they_stand() {
    for c in ALL {
        for body in [
            &b"a\nb\n"[..],
            b"a\rb\r",
            b"a\r\r\nb\n\r\n",
            b"\n",
            b"\r",
            b"\0\r\n\0",
            b"\xff\xfe \x80\r\n",
        ] {
            let signed = sign(&with(c), &[FROM], body);
            assert_eq!(code_of(&[&signed, FROM], body), "verified", "{c} {body:?}");
            for changed in [
                body.to_vec().repeat(2),
                [body, b"\n"].concat(),
                [b"\n", body].concat(),
            ] {
                assert_eq!(
                    code_of(&[&signed, FROM], &changed),
                    "body_changed",
                    "{c} {changed:?}"
                );
            }
        }
    }
}

#[test]
fn rfc6376_section_3_4_fields_with_blanks_before_the_colon_are_chosen_and_signed() {
    for field in [
        "From : alice@example.org",
        "FROM\t \t:alice@example.org",
        "from: \r\n alice@example.org",
    ] {
        let relaxed = sign(TAGS, &[FROM], b"");
        assert_eq!(code_of(&[&relaxed, field], b""), "verified", "{field:?}");
        let simple = sign(&with("simple/simple"), &[field], b"");
        assert_eq!(code_of(&[&simple, field], b""), "verified", "{field:?}");
        assert_eq!(code_of(&[&simple, FROM], b""), "header_changed", "{field:?}");
    }
    // One that was added above is found under its name too.
    let oversigned = sign(&format!("{TAGS}:from"), &[FROM], b"");
    assert_eq!(
        code_of(&["From\t: eve@example.org", &oversigned, FROM], b""),
        "header_changed"
    );
}

#[test]
fn rfc6376_section_3_4_2_folded_and_empty_values() {
    let alike = [
        "Subject:",
        "Subject: ",
        "SUBJECT :\t \t",
        "subject:\r\n ",
        "Subject: \r\n \t\r\n\t",
    ];
    let apart = ["Subject:x", "Subject: .", "Subjects:"];
    for signed_field in alike {
        let signed = sign(&format!("{TAGS}:subject"), &[FROM, signed_field], b"");
        for field in alike {
            assert_eq!(
                code_of(&[&signed, FROM, field], b""),
                "verified",
                "{signed_field:?} {field:?}"
            );
        }
        for field in apart {
            assert_eq!(
                code_of(&[&signed, FROM, field], b""),
                "header_changed",
                "{signed_field:?} {field:?}"
            );
        }
        // An empty field is not the null string of one that is not there: it has its name and its line end.
        assert_eq!(code_of(&[&signed, FROM], b""), "header_changed");
    }
}

#[test]
fn rfc6376_section_3_4_eight_bit_and_nul_in_fields_are_octets_like_others() {
    for c in ALL {
        let tags = format!("{}:subject", with(c));
        let field = "Subject: \u{fc}\u{0} \u{a0}\u{7f}\u{1}\rx\ny";
        let signed = sign(&tags, &[FROM, field], b"");
        assert_eq!(code_of(&[&signed, FROM, field], b""), "verified", "{c}");
        for (octet, other) in [
            ("\u{0}", ""),
            ("\u{a0}", " "),
            ("\r", ""),
            ("\n", " "),
            ("\u{fc}", "u"),
        ] {
            let changed = field.replace(octet, other);
            assert_eq!(
                code_of(&[&signed, FROM, &changed], b""),
                "header_changed",
                "{c} {octet:?}"
            );
        }
    }
}

#[test]
fn rfc6376_section_3_5_i_is_quoted_printable_and_within_d() {
    for (identity, code, shown) in [
        ("@example.org", "verified", "@example.org"),
        ("=61lice=40home@example.org", "verified", "alice@home@example.org"),
        (
            "alice=\r\n 3Dx@mail.Example.ORG",
            "verified",
            "alice=x@mail.Example.ORG",
        ),
        ("j=C3=BCrgen@example.org", "verified", "j\u{fc}rgen@example.org"),
        ("a b@example.org", "verified", "ab@example.org"),
        ("alice=40example.org", "verified", "alice@example.org"),
        ("alice@=65xample.org", "verified", "alice@example.org"),
        ("alice@example.org=2E", "bad_value", "alice@example.org."),
        (
            "alice@example.net",
            "identity_outside_domain",
            "alice@example.net",
        ),
        (
            "alice@xexample.org",
            "identity_outside_domain",
            "alice@xexample.org",
        ),
        ("alice@org", "bad_value", "alice@org"),
        ("alice@", "bad_value", "alice@"),
        ("", "bad_value", ""),
        ("@=6", "bad_value", ""),
    ] {
        let signed = sign(&format!("{TAGS}; i={identity}"), &[FROM], b"");
        let verdict = verdict(&[&signed, FROM], b"", table());
        assert_eq!(verdict.cause.code(), code, "{identity}");
        if !shown.is_empty() {
            assert_eq!(verdict.identity.as_deref(), Some(shown));
        }
    }
}

#[test]
fn rfc8616_section_4_names_are_compared_in_their_ascii_form() {
    let records = ed25519_record();
    let names = [
        "b\u{fc}cher.example",
        "B\u{dc}CHER.example",
        "xn--bcher-kva.example",
        "XN--BCHER-KVA.Example",
    ];
    let selectors = ["schl\u{fc}ssel", "xn--schlssel-95a"];
    for domain in names {
        for identity in names {
            for selector in selectors {
                let tags = format!(
                    "v=1; a=ed25519-sha256; c=relaxed/relaxed; d={domain}; s={selector}; i=j@post.{identity}; h=from"
                );
                let table =
                    Table::default().with("xn--schlssel-95a._domainkey.xn--bcher-kva.example", &[&records]);
                let verdict = verdict(&[&sign(&tags, &[FROM], b""), FROM], b"", table);
                assert_eq!(verdict.cause, Cause::Verified, "{tags}");
                assert_eq!(verdict.domain.as_deref(), Some("xn--bcher-kva.example"));
                assert_eq!(verdict.selector.as_deref(), Some("xn--schlssel-95a"));
            }
        }
    }
    for bad in ["d=b\u{fc}cher", "d=\u{fc}..example", "d=\u{ad}.example"] {
        let signed = sign(&TAGS.replace("d=example.org", bad), &[FROM], b"");
        assert_eq!(code_of(&[&signed, FROM], b""), "bad_value", "{bad}");
    }
}

#[test]
fn rfc6376_section_3_6_2_1_the_key_is_below_domainkey_and_the_selector_may_have_labels() {
    let tags = TAGS
        .replace("s=s1", "s=2024.Mail_1.berlin")
        .replace("d=example.org", "d=a.b.Example.org");
    let table = Table::default().with(
        "2024.mail_1.berlin._domainkey.a.b.example.org",
        &[&ed25519_record()],
    );
    let verdict = verdict(&[&sign(&tags, &[FROM], b""), FROM], b"", table);
    assert_eq!(verdict.cause, Cause::Verified);
    for bad in [
        "s=", "s=.", "s=a..b", "s=a.", "s=.a", "s=-a", "s=a-", "s=a b", "s=a*", "s=a@b",
    ] {
        let signed = sign(&TAGS.replace("s=s1", bad), &[FROM], b"");
        assert_eq!(code_of(&[&signed, FROM], b""), "bad_value", "{bad}");
    }
}

#[test]
fn rfc6376_section_5_4_2_fields_are_chosen_from_the_bottom_and_more_names_than_fields_are_no_fault() {
    let fields = ["X: 3", "x : 2", "X:1"];
    for chosen in 0..=5 {
        let tags = format!("{TAGS}{}", ":X".repeat(chosen));
        let signed_fields: Vec<&str> = [FROM]
            .into_iter()
            .chain(fields.into_iter().rev().take(chosen))
            .collect();
        let signed = sign(&tags, &signed_fields, b"");
        let message = |fields: &[&str]| code_of(&[&[&*signed, FROM], fields].concat(), b"");
        assert_eq!(message(&fields), "verified");
        assert_eq!(
            message(&["X:1", "x : 2", "X: 3"]),
            if chosen == 0 { "verified" } else { "header_changed" }
        );
        // More fields of the name than were signed are found out if the name was signed once more than there were fields.
        let added = ["X: 4", "X: 3", "x : 2", "X:1"];
        assert_eq!(
            message(&added),
            if chosen > 3 { "header_changed" } else { "verified" }
        );
    }
}

#[test]
fn rfc6376_section_6_1_1_each_signature_stands_by_itself() {
    let good = sign(TAGS, &[FROM], b"x");
    let broken = "DKIM-Signature: v=1; a";
    let elsewhere = sign(&TAGS.replace("example.org", "example.net"), &[FROM], b"x");
    let verdicts = Check::default().run(
        header(&[broken, &elsewhere, &good, FROM]),
        b"x",
        &Arc::new(table()),
    );
    let codes: Vec<&str> = verdicts.iter().map(|verdict| verdict.cause.code()).collect();
    assert_eq!(codes, ["syntax", "no_key", "verified"]);
}

#[test]
fn rfc6376_section_3_6_1_lists_in_keys_may_have_blanks() {
    let key = STANDARD.encode(ed25519().public_key().as_ref());
    for (record, code) in [
        (
            format!("v=DKIM1;h= sha1 :\tsha256 ;k=ed25519;p={key}"),
            "verified",
        ),
        (format!("v=DKIM1; h=sha1:sha512; k=ed25519; p={key}"), "key_hash"),
        (format!("v=DKIM1; h=SHA256; k=ed25519; p={key}"), "key_hash"),
        (format!("v=DKIM1; h=; k=ed25519; p={key}"), "key_hash"),
        (format!("v=DKIM1; s= other : * ; k=ed25519; p={key}"), "verified"),
        (
            format!("v=DKIM1; s=emails; k=ed25519; p={key}"),
            "key_not_for_mail",
        ),
        (format!("v=DKIM1; t= y : s ; k=ed25519; p={key}"), "verified"),
        (format!("v=DKIM1; k=ed25519; n=a=20note=3B; p={key}"), "verified"),
        (
            format!("v=DKIM1; k = ed25519 ; p = {} {} ;", &key[..9], &key[9..]),
            "verified",
        ),
        (format!("v=DKIM1; k=Ed25519; p={key}"), "key_unknown_type"),
        (format!("v=DKIM1; k=ed25519; P={key}"), "key_missing_data"),
        (format!("v=DKIM1 k=ed25519; p={key}"), "key_version"),
        (format!("v=DKIM1; k=ed25519; p={key};;"), "key_syntax"),
    ] {
        let table = Table::default().with("s1._domainkey.example.org", &[&record]);
        let verdict = verdict(&[&sign(TAGS, &[FROM], b""), FROM], b"", table);
        assert_eq!(verdict.cause.code(), code, "{record}");
    }
}

#[test]
fn rfc8601_section_2_7_1_the_classes_of_verdicts() {
    use DkimResult::{Fail, Pass, PermError, Policy, TempError};
    let signed = |tags: &str| sign(tags, &[FROM], b"x");
    let rsa = format!("v=DKIM1; p={}", STANDARD.encode(super::keys::rsa_der(1023)));
    let name = "s1._domainkey.example.org";
    let keyed = |record: &str| Table::default().with(name, &[record]);
    let cases = [
        (signed(TAGS), &b"x"[..], table(), Pass),
        (signed(TAGS), b"y", table(), Fail),
        (
            signed(TAGS).replace("; h=", ";  h=").replace("v=1;", "v=1; n=;"),
            b"x",
            table(),
            Fail,
        ),
        (signed("v=1; nonsense"), b"x", table(), PermError),
        (
            signed(&TAGS.replace("h=from", "h=date")),
            b"x",
            table(),
            PermError,
        ),
        (signed(TAGS), b"x", Table::default(), PermError),
        (signed(TAGS), b"x", keyed("p="), PermError),
        (signed(TAGS), b"x", keyed("k=rsa; s=other; p=AAAA"), PermError),
        (
            signed(&TAGS.replace("ed25519-sha256", "rsa-sha1")),
            b"x",
            table(),
            PermError,
        ),
        (
            signed(&TAGS.replace("ed25519-", "rsa-")),
            b"x",
            keyed(&rsa),
            Policy,
        ),
        (signed(&format!("{TAGS}; l=1")), b"x", table(), Policy),
        (signed(&format!("{TAGS}; x=1")), b"x", table(), Policy),
        (signed(&format!("{TAGS}; t=9999999999")), b"x", table(), Policy),
        (signed(TAGS), b"x", Table::default().failing(name), TempError),
    ];
    for (signature, body, table, result) in cases {
        let verdict = verdict(&[&signature, FROM], body, table);
        assert_eq!(verdict.result, result, "{signature}: {}", verdict.reason());
    }
}
