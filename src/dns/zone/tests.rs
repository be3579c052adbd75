#![allow(clippy::unwrap_used, clippy::panic)]

mod rfc1035_master_files;

use super::*;
use futures_util::FutureExt;
use proptest::prelude::*;

fn zone(text: &str) -> Zone {
    Zone::parse(text.as_bytes(), "test.zone").unwrap()
}

fn ask(zone: &Zone, name: &str, kind: RecordType) -> Answer {
    zone.answer(&Question::new(Name::parse(name.as_bytes()).unwrap(), kind))
}

/// The records in words, or what there is instead.
fn show(zone: &Zone, name: &str, kind: RecordType) -> String {
    ask(zone, name, kind).to_string()
}

#[track_caller]
fn fault(text: &[u8], line: usize, column: usize, part: &str) {
    match Zone::parse(text, "test.zone").unwrap_err() {
        Error::Zone {
            file,
            line: found_line,
            column: found_column,
            message,
        } => {
            assert_eq!(file, "test.zone");
            assert!(message.contains(part), "{message}");
            assert_eq!((found_line, found_column), (line, column), "{message}");
        }
        other => panic!("{other}"),
    }
}

const NO_NAME: Answer = Answer::NoSuchName { ttl: None };
const NO_DATA: Answer = Answer::NoData { ttl: None };

mod aliases {
    use super::*;

    #[test]
    fn rfc1034_section_3_6_2_an_alias_is_followed_and_the_smallest_ttl_counts() {
        let zone = zone(
            "$ORIGIN example.org.\na 300 CNAME b\nb 30 CNAME c.example.net.\nc.example.net. 60 A 192.0.2.1\n\
             gone CNAME nowhere\nempty 5 CNAME c.example.net.\n",
        );
        let Answer::Records { records, ttl } = ask(&zone, "a.example.org", RecordType::A) else {
            panic!("no records")
        };
        assert_eq!((records.to_string().as_str(), ttl), ("192.0.2.1", 30));
        assert_eq!(ask(&zone, "gone.example.org", RecordType::A), NO_NAME);
        assert_eq!(ask(&zone, "empty.example.org", RecordType::Txt), NO_DATA);
    }

    #[test]
    fn rfc1034_section_3_6_2_loops_are_an_error() {
        let zone = zone("self CNAME self\na CNAME B\nb CNAME A\n");
        for name in ["self", "a", "b"] {
            let answer = ask(&zone, name, RecordType::A);
            assert!(
                matches!(answer, Answer::Failure(Failure::BadAnswer(_))),
                "{answer:?}"
            );
        }
    }

    #[test]
    fn as_many_aliases_are_followed_as_over_the_network() {
        let chain = |count: usize| {
            let aliases: String = (0..count)
                .map(|at| format!("n{at} CNAME n{}\n", at + 1))
                .collect();
            let zone = zone(&format!("{aliases}n{count} A 192.0.2.1\n"));
            ask(&zone, "n0", RecordType::A)
        };
        assert!(matches!(chain(MOST_ALIASES), Answer::Records { .. }));
        assert!(matches!(
            chain(MOST_ALIASES + 1),
            Answer::Failure(Failure::BadAnswer(_))
        ));
    }

    #[test]
    fn rfc1034_section_3_6_2_a_cname_stands_alone() {
        fault(b"a CNAME b\na CNAME c", 2, 1, "has a CNAME already");
        fault(b"a CNAME b\na TXT c", 2, 1, "has a CNAME, so");
        fault(b"a NS b\n  CNAME c", 2, 3, "has other records");
        // RFC 2181 section 10.1, RFC 4035 section 2.5: the records of DNSSEC may stand beside it.
        let zone = zone("a NSEC b CNAME\na CNAME b\na RRSIG CNAME x\nb A 192.0.2.1");
        assert_eq!(show(&zone, "a", RecordType::A), "192.0.2.1");
        // In another file too.
        let error = zone.and_parse(b"\na A 192.0.2.2", "second").unwrap_err();
        assert_eq!(
            error.to_string(),
            "second:2:1: a has a CNAME, so it can have no other record"
        );
    }

    #[test]
    fn rfc6672_a_dname_moves_the_names_below_it() {
        let zone = zone(
            "$ORIGIN example.\nold 60 DNAME new\nold TXT own\nx.new A 192.0.2.1\ny.x.new 30 A 192.0.2.2\n\
             root DNAME .\nloop DNAME loop.loop\n",
        );
        assert_eq!(show(&zone, "old.example", RecordType::Txt), "\"own\"");
        assert_eq!(ask(&zone, "old.example", RecordType::A), NO_DATA);
        assert_eq!(show(&zone, "x.old.example", RecordType::A), "192.0.2.1");
        assert!(matches!(
            ask(&zone, "y.x.old.example", RecordType::A),
            Answer::Records { ttl: 30, .. }
        ));
        assert_eq!(ask(&zone, "z.old.example", RecordType::A), NO_NAME);
        assert_eq!(
            show(&zone, "x.new.example.root.example", RecordType::A),
            "192.0.2.1"
        );
        let answer = ask(&zone, "x.loop.example", RecordType::A);
        assert!(
            matches!(answer, Answer::Failure(Failure::BadAnswer(_))),
            "{answer:?}"
        );
        let long = format!("{0}.{0}.{0}.loop.example", "x".repeat(63));
        let long = format!("{}.{long}", "y".repeat(253 - 1 - long.len()));
        let answer = ask(&zone, &long, RecordType::A);
        assert_eq!(
            answer,
            Answer::Failure(Failure::ResponseCode("YXDOMAIN".to_owned()))
        );
        fault(b"a DNAME b\na DNAME c", 2, 1, "has a DNAME already");
    }
}

mod names_that_nobody_can_ask_for {
    use super::*;

    #[test]
    fn as_owners_make_what_is_above_them_exist() {
        let zone = zone("a\\.b.\\255.c.example A 192.0.2.1\n\\200 A 192.0.2.1\n$FAIL \\200.f SERVFAIL\n");
        assert_eq!(ask(&zone, "c.example", RecordType::A), NO_DATA);
        assert_eq!(ask(&zone, "b.c.example", RecordType::A), NO_NAME);
        assert_eq!(ask(&zone, "f", RecordType::A), NO_DATA);
    }

    #[test]
    fn as_data_are_no_records_and_as_targets_are_bad_answers() {
        let zone = zone("a MX 10 x\\.y\na MX 20 ok\nb PTR \\255\nc CNAME \\255.example\nd DNAME \\255");
        assert_eq!(show(&zone, "a", RecordType::Mx), "20 ok");
        assert_eq!(ask(&zone, "b", RecordType::Ptr), NO_DATA);
        for name in ["c", "x.d"] {
            let answer = ask(&zone, name, RecordType::A);
            assert!(
                matches!(answer, Answer::Failure(Failure::BadAnswer(_))),
                "{answer:?}"
            );
        }
    }
}

mod rfc4592_wildcards {
    use super::*;

    /// The zone of section 2.2.1, and its questions as far as we have their types.
    #[test]
    fn section_2_2_1_example() {
        let zone = zone(
            "$ORIGIN example.\n\
             @ 3600 IN SOA ns root 1 1h 1h 1w 300\n\
             example.                 3600     NS    ns.example.com.\n\
             *.example.               3600     TXT   \"this is a wildcard\"\n\
             *.example.               3600     MX    10 host1.example.\n\
             sub.*.example.           3600     TXT   \"this is not a wildcard\"\n\
             host1.example.           3600     A     192.0.2.1\n\
             _ssh._tcp.host1.example. 3600     SRV   0 0 22 host1.example.\n\
             _ssh._tcp.host2.example. 3600     SRV   0 0 22 host1.example.\n\
             subdel.example.          3600     NS    ns.example.com.\n",
        );
        assert_eq!(show(&zone, "host3.example", RecordType::Mx), "10 host1.example");
        let no_data = Answer::NoData { ttl: Some(300) };
        let no_name = Answer::NoSuchName { ttl: Some(300) };
        assert_eq!(ask(&zone, "host3.example", RecordType::A), no_data);
        assert_eq!(
            show(&zone, "foo.bar.example", RecordType::Txt),
            "\"this is a wildcard\""
        );
        assert_eq!(ask(&zone, "host1.example", RecordType::Mx), no_data);
        assert_eq!(ask(&zone, "sub.*.example", RecordType::Mx), no_data);
        // The closest encloser is _tcp.host1.example., and *._tcp.host1.example. does not exist.
        assert_eq!(ask(&zone, "_telnet._tcp.host1.example", RecordType::Txt), no_name);
        assert_eq!(ask(&zone, "ghost.*.example", RecordType::Mx), no_name);
    }

    #[test]
    fn section_2_1_3_the_wildcard_itself_can_be_asked_for() {
        let zone = zone("*.example TXT x\n* A 192.0.2.1\n");
        assert_eq!(show(&zone, "*.example", RecordType::Txt), "\"x\"");
        assert_eq!(show(&zone, "other", RecordType::A), "192.0.2.1");
        assert_eq!(show(&zone, "a.b.other", RecordType::A), "192.0.2.1");
        assert_eq!(ask(&zone, "example", RecordType::A), NO_DATA);
    }

    #[test]
    fn section_2_2_1_explicit_names_block_it() {
        let zone = zone("$ORIGIN example.\n* TXT x\na TXT own\nb.c TXT deep\n");
        assert_eq!(show(&zone, "a.example", RecordType::Txt), "\"own\"");
        assert_eq!(ask(&zone, "x.a.example", RecordType::Txt), NO_NAME);
        assert_eq!(ask(&zone, "c.example", RecordType::Txt), NO_DATA);
        assert_eq!(ask(&zone, "x.c.example", RecordType::Txt), NO_NAME);
    }

    #[test]
    fn section_4_4_1_a_wildcard_may_be_an_alias() {
        let zone = zone("$ORIGIN example.\n* 60 CNAME target\ntarget A 192.0.2.1\n");
        let answer = ask(&zone, "anything.example", RecordType::A);
        assert!(matches!(answer, Answer::Records { ttl: 60, .. }), "{answer:?}");
    }

    #[test]
    fn a_label_that_only_begins_with_an_asterisk_is_none() {
        let zone = zone("*a.example TXT x\na*.example TXT x\n");
        assert_eq!(ask(&zone, "ba.example", RecordType::Txt), NO_NAME);
    }
}

mod absence {
    use super::*;

    #[test]
    fn rfc8020_section_2_what_has_names_below_it_exists() {
        let zone = zone("a.b.example.org A 192.0.2.1\n");
        for name in ["b.example.org", "example.org", "org"] {
            assert_eq!(ask(&zone, name, RecordType::A), NO_DATA, "{name}");
        }
        for name in ["c.b.example.org", "x.a.b.example.org", "net", "xb.example.org"] {
            assert_eq!(ask(&zone, name, RecordType::A), NO_NAME, "{name}");
        }
        let root = Question::new(Name::root(), RecordType::Mx);
        assert_eq!(zone.answer(&root), NO_DATA);
        assert_eq!(Zone::new().answer(&root), NO_DATA);
    }

    #[test]
    fn an_empty_file_is_a_zone_without_names() {
        for text in ["", "\n", " ; nothing\n", "$TTL 60\n$ORIGIN example.org.\n"] {
            let zone = zone(text);
            assert_eq!(zone.name_count(), 1);
            assert_eq!(ask(&zone, "example.org", RecordType::A), NO_NAME);
        }
    }

    #[test]
    fn rfc2308_section_5_the_negative_ttl_is_the_smaller_of_soa_ttl_and_minimum() {
        let zone = zone(
            "$ORIGIN example.org.\n@ 900 SOA ns root 1 2 3 4 600\n@ A 192.0.2.1\n\
             $ORIGIN sub.example.org.\n@ 100 SOA ns root 1 2 3 4 600\na.b A 192.0.2.1\n\
             $ORIGIN example.net.\nx 30 CNAME gone.example.org.\ny 30 CNAME gone.example.net.\n",
        );
        let no_data = |ttl| Answer::NoData { ttl };
        let no_name = |ttl| Answer::NoSuchName { ttl };
        assert_eq!(ask(&zone, "example.org", RecordType::Txt), no_data(Some(600)));
        assert_eq!(ask(&zone, "x.y.example.org", RecordType::Txt), no_name(Some(600)));
        assert_eq!(
            ask(&zone, "a.b.sub.example.org", RecordType::Txt),
            no_data(Some(100))
        );
        assert_eq!(
            ask(&zone, "b.sub.example.org", RecordType::Txt),
            no_data(Some(100))
        );
        assert_eq!(
            ask(&zone, "c.b.sub.example.org", RecordType::Txt),
            no_name(Some(100))
        );
        assert_eq!(ask(&zone, "example.net", RecordType::Txt), no_data(None));
        // Of the alias and of the zone it leads to, the smaller.
        assert_eq!(ask(&zone, "x.example.net", RecordType::Txt), no_name(Some(30)));
        assert_eq!(ask(&zone, "y.example.net", RecordType::Txt), no_name(None));
    }
}

mod failures {
    use super::*;

    #[test]
    fn of_a_type_and_of_all_types() {
        let zone = zone(
            "$ORIGIN example.org.\n@ TXT x\n  A 192.0.2.1\n$FAIL @ TXT SERVFAIL\n\tAAAA 2001:db8::1\n\
             $fail all refused\n$FAIL all mx Timeout\nalias CNAME all\n$FAIL absolute.example. TYPE1 TIMEOUT\n",
        );
        let failure = |name, kind| match ask(&zone, name, kind) {
            Answer::Failure(failure) => Some(failure),
            _ => None,
        };
        assert_eq!(failure("example.org", RecordType::Txt), Some(Failure::ServFail));
        assert_eq!(show(&zone, "example.org", RecordType::A), "192.0.2.1");
        // The owner before stays.
        assert_eq!(show(&zone, "example.org", RecordType::Aaaa), "2001:db8::1");
        assert_eq!(
            failure("all.example.org", RecordType::Txt),
            Some(Failure::Refused)
        );
        assert_eq!(
            failure("alias.example.org", RecordType::Ptr),
            Some(Failure::Refused)
        );
        assert_eq!(failure("all.example.org", RecordType::Mx), Some(Failure::Timeout));
        assert_eq!(failure("absolute.example", RecordType::A), Some(Failure::Timeout));
        assert_eq!(ask(&zone, "absolute.example", RecordType::Mx), NO_DATA);
        assert_eq!(ask(&zone, "x.all.example.org", RecordType::A), NO_NAME);
    }

    #[test]
    fn go_before_records_and_a_later_one_before_an_earlier() {
        let zone = zone("$FAIL a SERVFAIL\na CNAME b\n$FAIL a REFUSED\n$FAIL *.w TXT TIMEOUT\n");
        assert_eq!(ask(&zone, "a", RecordType::A), Answer::Failure(Failure::Refused));
        assert_eq!(
            ask(&zone, "x.w", RecordType::Txt),
            Answer::Failure(Failure::Timeout)
        );
        assert_eq!(ask(&zone, "x.w", RecordType::A), NO_DATA);
    }

    #[test]
    fn faults_have_their_line_and_column() {
        fault(b"$FAIL", 1, 6, "$FAIL NAME [TYPE]");
        fault(b"\n$FAIL a", 2, 8, "$FAIL NAME [TYPE]");
        fault(b"$FAIL a TXT SERVFAIL x", 1, 22, "$FAIL NAME [TYPE]");
        fault(b"$FAIL a NXDOMAIN", 1, 9, "not 'NXDOMAIN'");
        fault(b"$FAIL a TXT", 1, 9, "SERVFAIL, REFUSED or TIMEOUT, not 'TXT'");
        fault(b"$FAIL a NS SERVFAIL", 1, 9, "not 'NS'");
        fault(b"$FAIL a..b SERVFAIL", 1, 9, "empty label");
        fault(b" $FAIL a SERVFAIL", 1, 2, "beginning of its line");
    }
}

mod files {
    use super::*;

    #[test]
    fn several_are_one_view_and_begin_anew() {
        let zone = zone("$ORIGIN example.org.\n$TTL 60\na TXT one\n")
            .and_parse(b"a.example.org TXT two\nb A 192.0.2.1\n", "second")
            .unwrap();
        assert_eq!(show(&zone, "a.example.org", RecordType::Txt), "\"one\", \"two\"");
        assert_eq!(show(&zone, "b", RecordType::A), "192.0.2.1");
        assert!(matches!(
            ask(&zone, "b", RecordType::A),
            Answer::Records { ttl: 3600, .. }
        ));
        let clone = zone.clone();
        let more = zone.and_parse(b"c A 192.0.2.1", "third").unwrap();
        assert_eq!(ask(&clone, "c", RecordType::A), NO_NAME);
        assert_eq!(show(&more, "c", RecordType::A), "192.0.2.1");
    }

    #[test]
    fn are_read_and_refused_by_their_name() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("a.zone");
        std::fs::write(&path, "a A 192.0.2.1\nb A x\n").unwrap();
        let error = Zone::read(&path).unwrap_err().to_string();
        assert_eq!(
            error,
            format!("{}:2:5: 'x' is not an IPv4 address", path.display())
        );
        std::fs::write(&path, "a A 192.0.2.1\n").unwrap();
        assert_eq!(show(&Zone::read(&path).unwrap(), "a", RecordType::A), "192.0.2.1");
        for path in [directory.path().to_owned(), directory.path().join("absent")] {
            let error = Zone::read(&path).unwrap_err();
            assert!(matches!(error, Error::Io { .. }), "{error}");
        }
    }

    #[test]
    fn larger_than_64_mib_are_refused() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("large.zone");
        let file = File::create(&path).unwrap();
        file.set_len(MOST_OCTETS + 1).unwrap();
        let error = Zone::read(&path).unwrap_err().to_string();
        assert!(error.ends_with("must not be larger than 64 MiB"), "{error}");
    }

    #[test]
    fn that_ask_for_more_memory_than_there_may_be_are_refused() {
        let memory = 64 << 10;
        let load = |text: &str| Nodes::with_most_memory(memory).load(text.as_bytes());
        // Each line makes 120 names of up to 240 octets.
        let names: String = (0..9)
            .map(|number| format!("{}{number} NS x\n", "a.".repeat(119)))
            .collect();
        let fault = load(&names).unwrap_err();
        assert_eq!(
            (fault.place.line, fault.place.column),
            (2, 1),
            "{}",
            fault.message
        );
        assert!(fault.message.contains("memory"), "{}", fault.message);
        // Short lines make long data.
        let data = |count| {
            let origin = format!("$ORIGIN {}\na MX 0 .\n", "a.".repeat(119));
            load(&(origin + &"\tMX 0 b\n".repeat(count)))
        };
        assert!(data(50).is_ok());
        assert!(data(300).is_err());
    }
}

#[test]
fn the_resolver_answers_at_once() {
    let zone = zone("a A 192.0.2.1\n");
    let question = Question::new(Name::parse(b"a").unwrap(), RecordType::A);
    let answer = zone.lookup(&question, Moment::default()).now_or_never();
    assert_eq!(answer.unwrap().to_string(), "192.0.2.1");
    assert_eq!(format!("{zone:?}"), "Zone(2 names)");
}

/// A text that looks like a zone file.
fn zone_like() -> impl Strategy<Value = Vec<u8>> {
    let word = prop_oneof![
        Just(" ".to_owned()),
        Just("\n".to_owned()),
        prop::sample::select(vec![
            "$ORIGIN ",
            "$TTL ",
            "$FAIL ",
            "a",
            "b.example.",
            "*.",
            "@",
            " A ",
            " TXT ",
            " MX ",
            " CNAME ",
            " SOA ",
            " DNAME ",
            " TYPE65534 \\# ",
            "192.0.2.1",
            "2001:db8::1",
            "10 ",
            "SERVFAIL",
            "\"",
            "\\",
            "(",
            ")",
            ";",
            "\\255",
            "0",
            "\r\n",
        ])
        .prop_map(str::to_owned),
        "[ -~]{0,6}",
    ];
    prop_oneof![
        prop::collection::vec(word, 0..40).prop_map(|words| words.concat().into_bytes()),
        prop::collection::vec(any::<u8>(), 0..200),
    ]
}

proptest! {
    /// Whatever is in the file, there is a zone or a fault that lies in the file (or right behind its end).
    #[test]
    fn every_fault_lies_in_the_file(text in zone_like()) {
        match Zone::parse(&text, "any") {
            Ok(zone) => prop_assert!(zone.name_count() >= 1),
            Err(Error::Zone { line, column, .. }) => {
                let lines: Vec<&[u8]> = text.split(|&octet| octet == b'\n').collect();
                prop_assert!(line >= 1 && line <= lines.len());
                prop_assert!(column >= 1 && column <= lines[line - 1].len() + 1);
            }
            Err(other) => prop_assert!(false, "{other}"),
        }
    }

    /// What is written escaped comes back, whatever octets it has.
    #[test]
    fn texts_come_back(texts in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..=255), 1..5)) {
        let written: String = texts
            .iter()
            .map(|text| {
                let escaped: String = text.iter().map(|octet| match octet {
                    b'"' | b'\\' => format!("\\{}", char::from(*octet)),
                    0x20..0x7f => char::from(*octet).to_string(),
                    _ => format!("\\{octet:03}"),
                }).collect();
                format!(" \"{escaped}\"")
            })
            .collect();
        let zone = zone(&format!("a TXT{written}\n"));
        let records: Vec<Txt> = vec![texts.concat().into()];
        let expected = Answer::Records { records: RecordSet::Txt(records.into()), ttl: 3600 };
        prop_assert_eq!(ask(&zone, "a", RecordType::Txt), expected);
    }

    /// The tree agrees with the plain reading of RFC 4592 section 3.3.1 and RFC 8020, on small names.
    #[test]
    fn rfc4592_section_3_3_1_agrees_with_the_plain_reading(
        owners in prop::collection::btree_set("[ab*](\\.[ab*]){0,3}", 0..6),
        asked in "[ab*](\\.[ab*]){0,4}",
    ) {
        let text: String = owners.iter().map(|owner| format!("{owner} TXT {owner}\n")).collect();
        let exists = |name: &str| {
            name.is_empty() || owners.iter().any(|owner| owner == name || owner.ends_with(&format!(".{name}")))
        };
        let mut source = asked.clone();
        if !exists(&asked) {
            let mut encloser = asked.as_str();
            while !exists(encloser) {
                encloser = encloser.split_once('.').map_or("", |(_, above)| above);
            }
            source = if encloser.is_empty() { "*".to_owned() } else { format!("*.{encloser}") };
        }
        let expected = if owners.contains(&source) {
            format!("\"{source}\"")
        } else if exists(&source) {
            NO_DATA.to_string()
        } else {
            NO_NAME.to_string()
        };
        prop_assert_eq!(show(&zone(&text), &asked, RecordType::Txt), expected);
    }
}
