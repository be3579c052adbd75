//! The form of the file, and its faults.

use super::*;

#[test]
fn section_5_1_owners_origins_ttls_and_classes() {
    let zone = zone(
        "absolute.example A 192.0.2.1\n\
         $ORIGIN example.org. ; a comment\n\
         @ 300 IN TXT one\n\
         \tIN 200 TXT two\n\
         www\tA 192.0.2.2\n\
         $TTL 1h30m\n\
         ftp in a 192.0.2.3\n\
         $ORIGIN sub\n\
         host CLASS1 AAAA 2001:db8::1\n\
         @ 2w MX 10 @\n\
         @ MX 20 .\n",
    );
    let ttl = |name, kind| match ask(&zone, name, kind) {
        Answer::Records { ttl, .. } => ttl,
        other => panic!("{name} {kind}: {other}"),
    };
    assert_eq!(show(&zone, "absolute.example", RecordType::A), "192.0.2.1");
    assert_eq!(ttl("absolute.example", RecordType::A), 3600);
    assert_eq!(show(&zone, "example.org", RecordType::Txt), "\"one\", \"two\"");
    assert_eq!(ttl("example.org", RecordType::Txt), 200);
    // Omitted class and TTL values are default to the last explicitly stated values.
    assert_eq!(ttl("www.example.org", RecordType::A), 200);
    assert_eq!(ttl("ftp.example.org", RecordType::A), 5400);
    assert_eq!(
        show(&zone, "host.sub.example.org", RecordType::Aaaa),
        "2001:db8::1"
    );
    assert_eq!(
        show(&zone, "sub.example.org", RecordType::Mx),
        "10 sub.example.org, 20 ."
    );
    assert_eq!(ttl("sub.example.org", RecordType::Mx), 5400);
}

#[test]
fn section_5_1_parentheses_comments_quotes_and_line_ends() {
    let zone = zone(
        "\u{feff}a TXT ( \"one;\" ; comment )\r\n  \"(two)\" )three\r\n\r\n   \r\n; nothing\r\n\
         ( b A\r\n 192.0.2.1\r\n)\r\n\tTXT\t\"x\"\"y\"z\r\nc TXT \"\"",
    );
    assert_eq!(show(&zone, "a", RecordType::Txt), "\"one;(two)three\"");
    assert_eq!(show(&zone, "b", RecordType::A), "192.0.2.1");
    assert_eq!(show(&zone, "b", RecordType::Txt), "\"xyz\"");
    assert_eq!(show(&zone, "c", RecordType::Txt), "\"\"");
}

#[test]
fn section_5_1_escapes() {
    let zone = zone(
        "a\\098c TXT \"q\\\"b\\\\s\\;d\\010\\255\" un\\ quoted\\;\n\
         \\097\\ z A 192.0.2.1\n\
         \\$TTL A 192.0.2.2\n\
         \\@ A 192.0.2.3\n",
    );
    let records: Vec<Txt> = vec![b"q\"b\\s;d\n\xffun quoted;".as_slice().into()];
    assert_eq!(
        ask(&zone, "abc", RecordType::Txt),
        Answer::Records {
            records: RecordSet::Txt(records.into()),
            ttl: 3600
        }
    );
    assert_eq!(show(&zone, "a z", RecordType::A), "192.0.2.1");
    assert_eq!(show(&zone, "$ttl", RecordType::A), "192.0.2.2");
    assert_eq!(show(&zone, "@", RecordType::A), "192.0.2.3");
}

#[test]
fn section_2_3_3_names_match_in_any_case() {
    let zone = zone("WWW.Example.ORG. A 192.0.2.1\nexample.org. PTR Www.EXAMPLE.org.\n");
    assert_eq!(show(&zone, "www.eXample.org", RecordType::A), "192.0.2.1");
    assert_eq!(show(&zone, "example.org", RecordType::Ptr), "www.example.org");
}

#[test]
fn section_3_3_14_strings_are_joined_as_octets() {
    let mut text = b"a TXT \"".to_vec();
    text.extend([b'x'; 255]);
    text.extend(b"\" \"\xe4\\228\" \xe4\n");
    let zone = Zone::parse(&text, "test").unwrap();
    let Answer::Records {
        records: RecordSet::Txt(found),
        ..
    } = ask(&zone, "a", RecordType::Txt)
    else {
        panic!("no text")
    };
    assert_eq!(&found[0][..255], [b'x'; 255]);
    assert_eq!(&found[0][255..], [0xe4; 3]);
}

#[test]
fn section_3_3_a_character_string_has_at_most_255_octets() {
    let text = format!("\na TXT \"{}\"", "x".repeat(256));
    fault(text.as_bytes(), 2, 8 + 255, "longer than 255 octets");
    let text = format!("a TXT \"\\120{}\"", "x".repeat(255));
    fault(text.as_bytes(), 1, 8 + 4 + 254, "longer than 255 octets");
}

#[test]
fn section_3_2_1_rdata_has_at_most_65535_octets() {
    let string = format!("\"{}\" ", "x".repeat(255));
    let fits = format!("a TXT {}", string.repeat(255));
    assert!(Zone::parse(fits.as_bytes(), "test").is_ok());
    fault(
        format!("a TXT {}", string.repeat(256)).as_bytes(),
        1,
        3,
        "longer than 65535",
    );
    fault(
        format!("a TXT {}", "x ".repeat(70_000)).as_bytes(),
        1,
        132_003,
        "more than a record",
    );
}

#[test]
fn section_3_1_names_and_labels_are_bounded() {
    let label = "x".repeat(63);
    let long = format!("{label}.{label}.{label}.{}", "y".repeat(61));
    assert!(Zone::parse(format!("{long}. A 192.0.2.1").as_bytes(), "test").is_ok());
    fault(
        format!("{long}y. A 192.0.2.1").as_bytes(),
        1,
        255,
        "longer than 255",
    );
    fault(
        format!("x{label}. A 192.0.2.1").as_bytes(),
        1,
        64,
        "longer than 63",
    );
    let text = format!("$ORIGIN {long}.\nab A 192.0.2.1");
    fault(text.as_bytes(), 2, 1, "longer than 255");
    fault(b"a..b A 192.0.2.1", 1, 3, "empty label");
    fault(b".a A 192.0.2.1", 1, 1, "empty label");
    fault(b"\"\" A 192.0.2.1", 1, 2, "empty");
}

#[test]
fn types_that_are_never_asked_for_make_their_name_exist() {
    let zone = zone(
        "$ORIGIN example.\n\
         a SRV 0 0 25 mail\nb CAA 0 issue \"ca.example\"\nc NS ns\nd DS 1 8 2 00\ne SPF \"v=spf1 -all\"\n\
         f TYPE65534 \\# 2 ab CD\ng TYPE99 \\# 0\nh SOA ns root 1 1h 1h 1w 1d\ni APL\nj 60 HTTPS 1 . alpn=\"h2,h3\"\n",
    );
    for name in ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j"] {
        let answer = ask(&zone, &format!("{name}.example"), RecordType::Txt);
        assert!(matches!(answer, Answer::NoData { .. }), "{name}: {answer:?}");
    }
    assert_eq!(ask(&zone, "k.example", RecordType::Txt), NO_NAME);
}

#[test]
fn several_records_stay_several_in_the_order_of_the_file() {
    let zone = zone("a TXT z\nb TXT x\na TXT y\na A 192.0.2.9\na TXT x\na A 192.0.2.1\n");
    assert_eq!(show(&zone, "a", RecordType::Txt), "\"z\", \"y\", \"x\"");
    assert_eq!(show(&zone, "a", RecordType::A), "192.0.2.9, 192.0.2.1");
    assert_eq!(show(&zone, "b", RecordType::Txt), "\"x\"");
}

#[test]
fn rfc2181_section_5_a_record_that_is_there_twice_is_one() {
    let zone = zone("a 60 TXT x\na 50 TXT x\na MX 1 b\na MX 1 B\na MX 2 b\n");
    assert_eq!(show(&zone, "a", RecordType::Txt), "\"x\"");
    assert!(matches!(
        ask(&zone, "a", RecordType::Txt),
        Answer::Records { ttl: 50, .. }
    ));
    assert_eq!(show(&zone, "a", RecordType::Mx), "1 b, 2 b");
}

#[test]
fn faults_have_their_line_and_column() {
    fault(
        b"a A 192.0.2.1\nb A 192.0.2.256\n",
        2,
        5,
        "'192.0.2.256' is not an IPv4 address",
    );
    fault(b"a AAAA 192.0.2.1", 1, 8, "is not an IPv6 address");
    fault(b"a A", 1, 4, "an IPv4 address must stand here");
    fault(b"a A 192.0.2.1 x", 1, 15, "nothing more");
    fault(b"a MX mail", 1, 10, "a preference and a host must");
    fault(b"a MX x mail", 1, 6, "'x' is not a preference");
    fault(b"a MX 65536 mail", 1, 6, "is not a preference");
    fault(b"a TXT", 1, 6, "at least one text");
    fault(b"a NS", 1, 5, "no data");
    fault(b"a TXT \"open\nb A 192.0.2.1\n", 1, 7, "quote is not closed");
    fault(b"a TXT \"open", 1, 7, "quote is not closed");
    fault(b"a TXT (\n\"x\"\n", 1, 7, "never closed");
    fault(b"a TXT x )", 1, 9, "closes nothing");
    fault("(".repeat(65).as_bytes(), 1, 65, "too deeply");
    fault(b"a TXT \\", 1, 7, "backslash");
    fault(b"a TXT x\\\n", 1, 8, "backslash");
    fault(b"a TXT \"ab\\256\"", 1, 10, "three digits");
    fault(b"a TXT \\12", 1, 7, "three digits");
    fault(b"a\\999 TXT x", 1, 2, "three digits");
    fault(b"a", 1, 2, "no type");
    fault(b"a IN 60", 1, 8, "no type");
    fault(b"a TEXT x", 1, 3, "'TEXT' is not a known record type");
    fault(b"a IN IN A 192.0.2.1", 1, 6, "'IN' is not a known record type");
    fault(b"a ANY x", 1, 3, "not a known");
    fault(b"a TYPE255 \\# 0", 1, 3, "not a known");
    fault(b"a TYPE41 \\# 0", 1, 3, "not a known");
    fault(b"a TYPE \\# 0", 1, 3, "not a known");
    fault(b"a TYPE65536 \\# 0", 1, 3, "not a known");
    fault(b"a \"A\" 192.0.2.1", 1, 4, "not text in quotes");
    fault(b"a CH TXT x", 1, 3, "class IN");
    fault(b"a CLASS3 TXT x", 1, 3, "class IN");
    fault(b"a 2147483648 TXT x", 1, 3, "not a time");
    fault(b"a 1y TXT x", 1, 3, "not a time");
    fault(b"a 99999999999999999999 TXT x", 1, 3, "not a time");
    fault(b" A 192.0.2.1", 1, 2, "no owner");
    fault(b"\n\n  $TTL 60", 3, 3, "beginning of its line");
    fault(b"$TTL", 1, 5, "seconds");
    fault(b"$TTL x", 1, 6, "not a time");
    fault(b"$TTL 1 2", 1, 8, "nothing more");
    fault(b"$ORIGIN", 1, 8, "needs a name");
    fault(b"$ORIGIN a b", 1, 11, "nothing more");
    fault(
        b"a A 192.0.2.1\n$INCLUDE other.zone\n",
        2,
        1,
        "$INCLUDE is not supported",
    );
    fault(b"$GENERATE 1-9 a$ A 192.0.2.$", 1, 1, "'$GENERATE' is not known");
    fault("b\u{fc}cher A 192.0.2.1".as_bytes(), 1, 2, "A-labels");
    fault(b"a SOA ns root 1 2 3 4", 1, 22, "four times");
    fault(b"a SOA ns root x 2 3 4 5", 1, 15, "not a serial number");
    fault(b"a SOA ns root 1 2 3 4 5x", 1, 23, "not a time");
    fault(b"a TYPE65534 \\#", 1, 15, "length");
    fault(b"a TYPE65534 \\# x", 1, 16, "not a length");
    fault(b"a TYPE65534 \\# 2 ab", 1, 20, "there are 1 octets");
    fault(b"a TYPE65534 \\# 2 ab cde", 1, 21, "pairs");
    fault(b"a TYPE65534 \\# 2 abcd ef", 1, 23, "more data");
    fault(b"a TYPE65534 \\# 2 abxx", 1, 18, "pairs");
    fault(b"a A \\# 3 010203", 1, 5, "not data of this record's type");
}

#[test]
fn rfc3597_section_5_known_types_in_generic_form() {
    let zone = zone(
        "a TYPE16 \\# 6 02 6869 02 2121\n\
         a A \\# 4 C0000201\n\
         a TYPE28 \\# 16 20010db8000000000000000000000001\n\
         a MX \\# 7 000a 03 4d7858 00\n\
         a PTR \\# 3 01 62 00\n\
         a TYPE16 \"text form\"\n\
         b CNAME \\# 3 016100\n\
         soa 900 SOA \\# 24 0161000000000001000000020000000300000004 00000258\n",
    );
    assert_eq!(show(&zone, "a", RecordType::Txt), "\"hi!!\", \"text form\"");
    assert_eq!(show(&zone, "a", RecordType::A), "192.0.2.1");
    assert_eq!(show(&zone, "a", RecordType::Aaaa), "2001:db8::1");
    assert_eq!(show(&zone, "a", RecordType::Mx), "10 mxx");
    assert_eq!(show(&zone, "a", RecordType::Ptr), "b");
    assert_eq!(show(&zone, "b", RecordType::A), "192.0.2.1");
    assert_eq!(
        ask(&zone, "soa", RecordType::A),
        Answer::NoData { ttl: Some(600) }
    );
    for text in [
        "\\# 0",
        "\\# 2 0561",
        "\\# 3 016162",
        "\\# 2 c000",
        "\\# 4 01610000",
    ] {
        let text = format!("a PTR {text}");
        fault(text.as_bytes(), 1, 7, "not data");
    }
    fault(b"a TXT \\# 0", 1, 7, "not data");
    fault(b"a TXT \\# 2 0561", 1, 7, "not data");
}
