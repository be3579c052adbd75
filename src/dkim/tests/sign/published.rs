//! Key records, in zone files and in the DNS.

use super::*;
use crate::dns::zone::Zone;

fn published(table: Table, key: &SigningKey) -> Publication {
    let session = Session::new(Arc::new(table), Clock::system(), &Limits::default());
    let name = key_name("example.org", "s1").unwrap();
    publication(&session, &name, key, &Tracer::off())
        .now_or_never()
        .unwrap()
}

#[test]
fn rfc6376_section_3_6_2_2_a_zone_entry_splits_what_is_longer_than_a_string() {
    let name = key_name("example.org", "s1").unwrap();
    for new in [NewKey::Rsa2048, NewKey::Ed25519] {
        let record = signing_key(new).record();
        let entry = zone_entry(&name, &record);
        let zone = Zone::parse(format!("{entry}\n").as_bytes(), "entry").unwrap();
        let session = Session::new(Arc::new(zone), Clock::system(), &Limits::default());
        let answer = session.txt(&name, &Tracer::off()).now_or_never().unwrap();
        let Answer::Records { records, .. } = answer else {
            panic!("{answer:?}");
        };
        assert_eq!(records.len(), 1);
        assert_eq!(&*records[0], record.as_bytes());
    }
}

#[test]
fn what_the_dns_has_is_told_apart() {
    let at = "s1._domainkey.example.org";
    for new in [NewKey::Rsa2048, NewKey::Ed25519] {
        let key = signing_key(new);
        let (record, other) = (
            key.record(),
            SigningKey::generate(NewKey::Ed25519).unwrap().record(),
        );
        let testing = format!("{record}; t=y");
        let cases = [
            (Table::default().with(at, &[&record]), "published", Some(true)),
            (Table::default().with(at, &[&testing]), "published", Some(true)),
            (Table::default().with(at, &[&other]), "other_key", Some(false)),
            (
                Table::default().with(at, &[&record, &other]),
                "several_keys",
                Some(false),
            ),
            (
                Table::default().with(at, &["v=DKIM1; p="]),
                "key_revoked",
                Some(false),
            ),
            (Table::default().with(at, &[]), "no_key", Some(false)),
            (Table::default(), "no_key", Some(false)),
            (Table::default().failing(at), "key_unavailable", None),
        ];
        for (table, code, is) in cases {
            let found = published(table, &key);
            assert_eq!((found.code(), found.is_published()), (code, is), "{found}");
        }
        let found = published(Table::default().with(at, &[&testing]), &key);
        assert!(matches!(found, Publication::Published { testing: true, .. }));
    }
}
