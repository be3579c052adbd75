//! Key files: what can be in them, and who can read them.

use super::*;
use crate::error::Error;
use std::path::Path;

fn data(file: &str) -> Vec<u8> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/keys");
    std::fs::read(folder.join(file)).unwrap()
}

fn pem(tag: &str, content: &[u8]) -> Vec<u8> {
    ::pem::encode(&::pem::Pem::new(tag, content)).into_bytes()
}

fn contents(file: &str) -> Vec<u8> {
    ::pem::parse(data(file)).unwrap().into_contents()
}

/// A DER element.
fn element(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = u16::try_from(content.len()).unwrap().to_be_bytes();
    [&[tag, 0x82], &length[..], content].concat()
}

fn problem(octets: &[u8]) -> SigningKeyError {
    SigningKey::parse(octets).unwrap_err()
}

#[test]
fn rfc5208_keys_in_pkcs8_are_read() {
    for (file, bits, algorithm) in [
        ("rsa2048.pem", 2048, Algorithm::RsaSha256),
        ("rsa4096.pem", 4096, Algorithm::RsaSha256),
        ("ed25519.pem", 256, Algorithm::Ed25519Sha256),
    ] {
        let key = SigningKey::parse(&data(file)).unwrap();
        assert_eq!((key.bits(), key.algorithm()), (bits, algorithm), "{file}");
    }
}

#[test]
fn rfc8017_keys_in_pkcs1_are_the_same_keys() {
    // The PKCS#1 key is the OCTET STRING in which the PKCS#8 one ends.
    let whole = contents("rsa2048.pem");
    let begin = whole
        .windows(4)
        .position(|window| window[..2] == [0x30, 0x82] && window != &whole[..4])
        .unwrap();
    let traditional = SigningKey::parse(&pem("RSA PRIVATE KEY", &whole[begin..])).unwrap();
    let modern = SigningKey::parse(&data("rsa2048.pem")).unwrap();
    assert_eq!(traditional.record(), modern.record());
}

#[test]
fn a_key_may_stand_among_text_and_with_the_line_ends_of_windows() {
    let text = String::from_utf8(data("ed25519.pem")).unwrap();
    let key = SigningKey::parse(text.as_bytes()).unwrap();
    for dressed in [
        text.replace('\n', "\r\n"),
        format!("made on a Monday\n\n{text}\nand kept\n"),
        format!("{text}{}", String::from_utf8(pem("CERTIFICATE", b"x")).unwrap()),
    ] {
        assert_eq!(
            SigningKey::parse(dressed.as_bytes()).unwrap().record(),
            key.record()
        );
    }
}

#[test]
fn the_bare_base64_that_dkimpy_writes_is_an_ed25519_key() {
    let seed = STANDARD.encode([7; 32]);
    let key = SigningKey::parse(format!("{seed}\n").as_bytes()).unwrap();
    assert_eq!(key.record(), ed25519_record());
    assert_eq!(
        problem(STANDARD.encode([7; 31]).as_bytes()),
        SigningKeyError::NotPem
    );
}

#[test]
fn each_way_in_which_a_key_file_can_be_wrong_has_words_of_its_own() {
    let rsa = contents("rsa2048.pem");
    let [rsa_pem, ed25519_pem] = ["rsa2048.pem", "ed25519.pem"].map(data);
    let mut damaged = rsa.clone();
    *damaged.last_mut().unwrap() ^= 1;
    // SEQUENCE { INTEGER 0, SEQUENCE { OBJECT IDENTIFIER }, OCTET STRING }
    let of_type = |identifier: &[u8]| {
        let algorithm = element(0x30, &element(6, identifier));
        pem(
            "PRIVATE KEY",
            &element(0x30, &[element(2, &[0]), algorithm, element(4, &[1])].concat()),
        )
    };
    let of_bits = |octets: usize| {
        let number = [&[0][..], &vec![0xff; octets]].concat();
        pem(
            "RSA PRIVATE KEY",
            &element(0x30, &[element(2, &[0]), element(2, &number)].concat()),
        )
    };
    let encrypted = "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00\n\nAAAA\n-----END RSA PRIVATE KEY-----\n";
    let cases: Vec<(Vec<u8>, SigningKeyError)> = vec![
        (b"".to_vec(), SigningKeyError::Empty),
        (b" \n".to_vec(), SigningKeyError::Empty),
        (vec![b'a'; 70_000], SigningKeyError::TooLong),
        (b"secret".to_vec(), SigningKeyError::NotPem),
        (vec![0, 255, 10, 13], SigningKeyError::NotPem),
        (pem("PUBLIC KEY", b"x"), SigningKeyError::PublicKey),
        (pem("RSA PUBLIC KEY", b"x"), SigningKeyError::PublicKey),
        (pem("CERTIFICATE", b"x"), SigningKeyError::Certificate),
        (
            pem("DH PARAMETERS", b"x"),
            SigningKeyError::OtherBlock("DH PARAMETERS".into()),
        ),
        (pem("ENCRYPTED PRIVATE KEY", b"x"), SigningKeyError::Encrypted),
        (encrypted.into(), SigningKeyError::Encrypted),
        (pem("OPENSSH PRIVATE KEY", b"x"), SigningKeyError::OpenSsh),
        (pem("EC PRIVATE KEY", b"x"), SigningKeyError::EllipticCurve),
        (
            of_type(&[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01]),
            SigningKeyError::EllipticCurve,
        ),
        (of_type(&[0x2b, 0x65, 0x71]), SigningKeyError::OtherType),
        (pem("DSA PRIVATE KEY", b"x"), SigningKeyError::OtherType),
        ([&rsa_pem[..], &ed25519_pem].concat(), SigningKeyError::Several(2)),
        (pem("PRIVATE KEY", b"x"), SigningKeyError::Damaged),
        (
            pem("PRIVATE KEY", &rsa[..rsa.len() / 2]),
            SigningKeyError::Damaged,
        ),
        (pem("PRIVATE KEY", &damaged), SigningKeyError::Damaged),
        (
            pem("RSA PRIVATE KEY", &contents("ed25519.pem")),
            SigningKeyError::Damaged,
        ),
        (data("rsa1024.pem"), SigningKeyError::TooShort { bits: 1024 }),
        (of_bits(64), SigningKeyError::TooShort { bits: 512 }),
        (of_bits(1024), SigningKeyError::TooBig { bits: 8192 }),
    ];
    for (octets, expected) in cases {
        assert_eq!(
            problem(&octets),
            expected,
            "{}",
            String::from_utf8_lossy(&octets[..octets.len().min(60)])
        );
        assert!(expected.to_string().len() > 10);
    }
    let cut = &rsa_pem[..rsa_pem.len() - 20];
    assert!(
        matches!(problem(cut), SigningKeyError::DamagedPem(_)),
        "{:?}",
        problem(cut)
    );
    let odd = String::from_utf8(rsa_pem).unwrap().replacen('A', "*", 1);
    assert!(matches!(problem(odd.as_bytes()), SigningKeyError::DamagedPem(_)));
}

#[test]
fn a_written_key_is_read_again_and_its_owner_alone_can_read_it() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("key.pem");
    for new in [NewKey::Rsa2048, NewKey::Ed25519] {
        let key = signing_key(new);
        key.write_new(&path).unwrap();
        let mode = std::fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        let read = SigningKey::read(&path).unwrap();
        assert_eq!((read.key.record(), read.open_to_others), (key.record(), false));
        // Never over another file, not even one that is no key.
        let refused = key.write_new(&path).unwrap_err();
        assert!(matches!(refused, Error::Invalid { .. }), "{refused}");
        for (mode, open) in [(0o640, false), (0o604, true), (0o602, true), (0o400, false)] {
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
            assert_eq!(SigningKey::read(&path).unwrap().open_to_others, open, "{mode:o}");
        }
        std::fs::remove_file(&path).unwrap();
    }
    let nowhere = folder.path().join("no/where");
    assert!(matches!(
        signing_key(NewKey::Ed25519).write_new(&nowhere),
        Err(Error::Write { .. })
    ));
    assert!(matches!(SigningKey::read(&nowhere), Err(Error::Io { .. })));
    assert!(matches!(SigningKey::read(folder.path()), Err(Error::Io { .. })));
    let link = folder.path().join("link");
    std::os::unix::fs::symlink("target", &link).unwrap();
    assert!(signing_key(NewKey::Ed25519).write_new(&link).is_err());
    assert!(!folder.path().join("target").exists());
}

#[test]
fn what_is_shown_of_a_key_is_not_the_key() {
    let key = signing_key(NewKey::Ed25519);
    assert_eq!(format!("{key:?}"), "SigningKey(ed25519, 256 bits)");
}
