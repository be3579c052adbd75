//! DMARC for given results, and what becomes of DNS trouble.

use super::{ENVELOPE, Place, words};
use serde_json::Value;
use std::net::UdpSocket;
use std::time::{Duration, Instant};

#[test]
fn dmarc_is_evaluated_for_given_results() {
    let place = Place::new();
    let passed = place.json("dmarc --from example.org --spf bounce.example.org=pass --dkim example.com=fail");
    assert_eq!(
        (&passed["result"], &passed["spf_aligned"]),
        (&"pass".into(), &true.into())
    );
    assert_eq!(
        (&passed["policy"], &passed["policy_domain"]),
        (&"reject".into(), &"example.org".into())
    );
    let failed = place.json("dmarc --from www.example.org --spf example.net=PASS");
    assert_eq!(
        (&failed["result"], &failed["disposition"]),
        (&"fail".into(), &"reject".into())
    );
    assert_eq!(
        (&failed["from_domain"], &failed["spf_aligned"]),
        (&"www.example.org".into(), &false.into())
    );
    let several = place.json("dmarc --from example.org --dkim example.com=fail --dkim example.org=pass");
    assert_eq!(
        (&several["result"], &several["dkim_aligned"]),
        (&"pass".into(), &true.into())
    );
    let none = place.json("dmarc --from nopolicy.example");
    assert_eq!(
        (&none["result"], &none["policy"], &none["disposition"]),
        (&"none".into(), &Value::Null, &Value::Null)
    );
    assert_eq!(
        place.json("dmarc --from example.org --dkim example.org=temperror")["result"],
        "temperror"
    );
    assert_eq!(
        place.json("dmarc --from broken.example --spf broken.example=none")["result"],
        "none"
    );
}

#[test]
fn international_domains_are_taken_in_unicode() {
    let place = Place::new();
    let given = place.json("dmarc --from Bücher.example --dkim mail.bücher.example=pass");
    assert_eq!(
        (&given["result"], &given["from_domain"]),
        (&"pass".into(), &"xn--bcher-kva.example".into())
    );
}

#[test]
fn a_silent_nameserver_is_a_temperror_within_the_time() {
    let place = Place::new();
    let silent = UdpSocket::bind("127.0.0.1:0").unwrap();
    let server = silent.local_addr().unwrap().to_string();
    let begun = Instant::now();
    let line = format!("--json --nameserver {server} --dns-timeout 0.5 check {ENVELOPE} message.eml");
    let check = place.bare(words(&line)).json();
    assert_eq!(check["spf"]["result"], "temperror");
    assert_eq!(check["dmarc"]["result"], "temperror");
    assert_eq!(check["iprev"]["result"], "temperror");
    assert!(begun.elapsed() < Duration::from_secs(10));
}

#[test]
fn a_nameserver_that_refuses_is_a_temperror() {
    let place = Place::new();
    let server = UdpSocket::bind("127.0.0.1:0").unwrap();
    let address = server.local_addr().unwrap();
    std::thread::spawn(move || {
        let mut question = [0; 1_500];
        while let Ok((length, from)) = server.recv_from(&mut question) {
            // QR and RCODE 5 (RFC 1035 section 4.1.1); the question stays as it is, without additional records.
            let mut answer = question[..length].to_vec();
            answer[2] |= 0x80;
            answer[3] = 5;
            let _ = server.send_to(&answer, from);
        }
    });
    let line = format!("--json --nameserver {address} spf --ip 192.0.2.1 --helo x --mail-from a@example.org");
    assert_eq!(place.bare(words(&line)).json()["result"], "temperror");
}
