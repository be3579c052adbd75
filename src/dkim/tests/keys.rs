//! Keys (RFC 6376 sections 3.6.1, 3.6.2.2 and 6.1.2, RFC 8301 section 3.2, RFC 8463).

use super::*;
use aws_lc_rs::encoding::AsDer as _;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::RSA_PKCS1_SHA256;

const FROM: &str = "From: alice@example.org";

/// The verdict on a good signature whose key name has these records.
fn with_records(tags: &str, records: &[&str]) -> SignatureVerdict {
    let table = Table::default().with("s1._domainkey.example.org", records);
    verdict(&[&sign(tags, &[FROM], b"x"), FROM], b"x", table)
}

fn result(verdict: &SignatureVerdict) -> (DkimResult, &'static str) {
    (verdict.result, verdict.cause.code())
}

/// An RSAPublicKey with a modulus of `bits` bits, which need not be a product of primes.
pub(super) fn rsa_der(bits: usize) -> Vec<u8> {
    let octets = bits.div_ceil(8);
    let mut modulus = vec![0xff; octets];
    modulus[0] = 0xff >> (octets * 8 - bits);
    if modulus[0] >= 0x80 {
        modulus.insert(0, 0);
    }
    let element = |tag: u8, content: &[u8]| {
        let length = u16::try_from(content.len()).unwrap().to_be_bytes();
        [&[tag, 0x82][..], &length, content].concat()
    };
    element(0x30, &[element(2, &modulus), element(2, &[1, 0, 1])].concat())
}

#[test]
fn rfc6376_section_3_6_1_key_records() {
    let key = STANDARD.encode(ed25519().public_key().as_ref());
    let full = format!("v=DKIM1; k=ed25519; p={key}");
    let cases = [
        (full.clone(), "verified"),
        (format!("{full};"), "verified"),
        (format!("k=ed25519;p={key}"), "verified"),
        (format!("{full}; unknown=1; n=a note; g=nobody"), "verified"),
        (
            format!(" v = DKIM1 ; k = ed25519 ; p = {} {}\n", &key[..7], &key[7..]),
            "verified",
        ),
        (format!("{full}; s=*"), "verified"),
        (format!("{full}; s=tlsrpt : email"), "verified"),
        (format!("{full}; s=tlsrpt"), "key_not_for_mail"),
        (format!("{full}; s="), "key_not_for_mail"),
        (format!("{full}; h=sha1 : sha256"), "verified"),
        (format!("{full}; h=sha1"), "key_hash"),
        (format!("{full}; t=y:s:unknown"), "verified"),
        (format!("k=ed25519; v=DKIM1; p={key}"), "key_version"),
        (format!("v=DKIM2; k=ed25519; p={key}"), "key_version"),
        (format!("v=dkim1; k=ed25519; p={key}"), "key_version"),
        (format!("{full}; p={key}"), "key_syntax"),
        (format!("{full}; nonsense"), "key_syntax"),
        (String::new(), "key_syntax"),
        ("v=spf1 -all".into(), "key_version"),
        ("k=ed25519".into(), "key_missing_data"),
        ("k=ed25519; p=".into(), "key_revoked"),
        ("k=ed25519; p= \t".into(), "key_revoked"),
        (format!("k=dsa; p={key}"), "key_unknown_type"),
        ("k=ed25519; p=!!!!".into(), "key_base64"),
        ("k=ed25519; p=AAAA".into(), "key_not_ed25519"),
        (format!("p={key}"), "key_not_rsa"),
        (
            format!("p={}", STANDARD.encode(rsa_der(1024))),
            "key_type_mismatch",
        ),
    ];
    for (record, code) in cases {
        let verdict = with_records(TAGS, &[&record]);
        assert_eq!(verdict.cause.code(), code, "{record}");
        let expected = if code == "verified" {
            DkimResult::Pass
        } else {
            DkimResult::PermError
        };
        assert_eq!(verdict.result, expected, "{record}");
    }
}

#[test]
fn rfc6376_section_3_6_1_t_s_forbids_identities_in_subdomains() {
    let strict = format!("{}; t=s", ed25519_record());
    let below = format!("{TAGS}; i=@mail.example.org");
    assert_eq!(
        result(&with_records(&below, &[&strict])),
        (DkimResult::PermError, "key_subdomain")
    );
    assert_eq!(
        with_records(&below, &[&ed25519_record()]).result,
        DkimResult::Pass
    );
    let same = format!("{TAGS}; i=alice@Example.org");
    assert_eq!(with_records(&same, &[&strict]).result, DkimResult::Pass);
    assert_eq!(with_records(TAGS, &[&strict]).result, DkimResult::Pass);
}

#[test]
fn rfc6376_section_3_6_1_t_y_is_shown_and_changes_no_result() {
    let verdict = with_records(TAGS, &[&format!("{}; t=y", ed25519_record())]);
    assert_eq!(
        (verdict.result, verdict.testing, verdict.key_bits),
        (DkimResult::Pass, true, Some(256))
    );
    assert!(!with_records(TAGS, &[&ed25519_record()]).testing);
}

#[test]
fn rfc6376_section_6_1_2_no_key_and_no_answer() {
    let fields = [&*sign(TAGS, &[FROM], b""), FROM];
    let name = "s1._domainkey.example.org";
    let absent = verdict(&fields, b"", Table::default());
    assert_eq!(result(&absent), (DkimResult::PermError, "no_key"));
    assert!(absent.reason().contains(name));
    assert_eq!(
        (absent.header_verified, absent.body_verified, absent.key_bits),
        (None, Some(true), None)
    );
    let empty = verdict(&fields, b"", Table::default().with(name, &[]));
    assert_eq!(result(&empty), (DkimResult::PermError, "no_key"));
    let failing = verdict(&fields, b"", Table::default().failing(name));
    assert_eq!(result(&failing), (DkimResult::TempError, "key_unavailable"));
    assert!(failing.reason().contains("SERVFAIL"));
}

#[test]
fn rfc6376_section_6_1_2_of_several_keys_each_is_tried_up_to_four() {
    let good = &*ed25519_record();
    let other = &*format!(
        "k=ed25519; p={}",
        STANDARD.encode(
            Ed25519KeyPair::from_seed_unchecked(&[8; 32])
                .unwrap()
                .public_key()
                .as_ref(),
        )
    );
    assert_eq!(
        with_records(TAGS, &["v=spf1 -all", good]).result,
        DkimResult::Pass
    );
    assert_eq!(with_records(TAGS, &[other, good]).result, DkimResult::Pass);
    assert_eq!(
        with_records(TAGS, &[other, other, other, good]).result,
        DkimResult::Pass
    );
    let fifth = with_records(TAGS, &[other, other, other, other, good]);
    assert_eq!(result(&fifth), (DkimResult::Fail, "header_changed"));
    // Of several failures the one that says most.
    assert_eq!(
        with_records(TAGS, &["v=spf1 -all", "p="]).cause.code(),
        "key_revoked"
    );
    assert_eq!(with_records(TAGS, &["p=", other]).cause.code(), "header_changed");
}

#[test]
fn rfc8301_section_3_2_rsa_under_1024_bits_never_passes() {
    let tags = TAGS.replace("ed25519-", "rsa-");
    for (bits, expected) in [
        (512, "key_too_short"),
        (1023, "key_too_short"),
        (1024, "header_changed"),
    ] {
        let record = format!("v=DKIM1; p={}", STANDARD.encode(rsa_der(bits)));
        let verdict = with_records(&tags, &[&record]);
        assert_eq!(verdict.cause.code(), expected, "{bits}");
        assert_eq!(verdict.key_bits, Some(u32::try_from(bits).unwrap()));
    }
    let record = format!("p={}", STANDARD.encode(rsa_der(512)));
    assert_eq!(with_records(&tags, &[&record]).result, DkimResult::Policy);
    let long = with_records(&tags, &[&format!("p={}", STANDARD.encode(rsa_der(8193)))]);
    assert_eq!(result(&long), (DkimResult::Policy, "key_too_long"));
}

#[test]
fn a_lower_minimum_in_the_policy_does_not_undercut_rfc8301() {
    let tags = TAGS.replace("ed25519-", "rsa-");
    let record = format!("p={}", STANDARD.encode(rsa_der(768)));
    let table = Arc::new(Table::default().with("s1._domainkey.example.org", &[&record]));
    let mut check = Check::default();
    check.policy.minimum_rsa_bits = 512;
    let verdicts = check.run(header(&[&sign(&tags, &[FROM], b""), FROM]), b"", &table);
    assert_eq!(verdicts[0].result, DkimResult::Policy);
}

#[test]
fn rfc8301_section_3_2_rsa_of_2048_and_4096_bits_passes_in_both_encodings() {
    let tags = TAGS.replace("ed25519-", "rsa-");
    for (size, bits) in [(KeySize::Rsa2048, 2048), (KeySize::Rsa4096, 4096)] {
        let key = KeyPair::generate(size).unwrap();
        let sign = |data: &[u8]| {
            let mut signature = vec![0; key.public_modulus_len()];
            key.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), data, &mut signature)
                .unwrap();
            signature
        };
        let signed = sign_with(&tags, &[FROM], b"body", sign);
        let bare = key.public_key().as_ref().to_vec();
        let info = key.public_key().as_der().unwrap().as_ref().to_vec();
        for der in [bare, info] {
            let record = format!("v=DKIM1; k=rsa; p={}", STANDARD.encode(&der));
            let table = Table::default().with("s1._domainkey.example.org", &[&record]);
            let verdict = verdict(&[&signed, FROM], b"body", table);
            assert_eq!((verdict.cause, verdict.key_bits), (Cause::Verified, Some(bits)));
            let mut longer = der;
            longer.push(0);
            assert_eq!(
                KeyRecord::parse(format!("p={}", STANDARD.encode(&longer)).as_bytes()).unwrap_err(),
                KeyProblem::Rsa
            );
        }
    }
}

#[test]
fn damaged_keys_are_refused_without_panic() {
    let der = rsa_der(1024);
    for length in 0..der.len() {
        let record = format!("p={}", STANDARD.encode(&der[..length]));
        assert!(KeyRecord::parse(record.as_bytes()).is_err());
    }
    for at in 0..der.len().min(40) {
        for octet in [0, 1, 0x7f, 0x80, 0x84, 0xff] {
            let mut damaged = der.clone();
            damaged[at] = octet;
            // Whether it is a key or not: there is an answer.
            let _ = KeyRecord::parse(format!("p={}", STANDARD.encode(&damaged)).as_bytes());
        }
    }
}
