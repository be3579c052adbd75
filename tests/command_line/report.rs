//! `mailrep dmarc report`: what is told of reports, and how.

use super::Place;
use serde_json::{Value, json};
use std::io::Write as _;
use std::path::PathBuf;

/// A record: address, count, result of DKIM, more results.
fn record(source: &str, count: u32, aligned: &str, auth: &str) -> String {
    format!(
        "<record><row><source_ip>{source}</source_ip><count>{count}</count><policy_evaluated><disposition>{}</disposition>\
         <dkim>{aligned}</dkim><spf>fail</spf></policy_evaluated></row><identifiers><header_from>example.org</header_from></identifiers>\
         <auth_results>{auth}</auth_results></record>",
        if aligned == "pass" { "pass" } else { "reject" }
    )
}

fn report(organization: &str, id: &str, records: &str) -> String {
    format!(
        "<feedback xmlns=\"urn:ietf:params:xml:ns:dmarc-2.0\"><report_metadata><org_name>{organization}</org_name><email>d@mx.example</email>\
         <report_id>{id}</report_id><date_range><begin>1772323200</begin><end>1772409599</end></date_range></report_metadata>\
         <policy_published><domain>example.org</domain><p>reject</p></policy_published>{records}</feedback>"
    )
}

fn gzip(text: &str) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(text.as_bytes()).unwrap();
    encoder.finish().unwrap()
}

const BULK: &str = "<dkim><domain>bulk.example</domain><result>pass</result></dkim><spf><domain>bulk.example</domain><result>pass</result></spf>";
const BROKEN: &str = "<dkim><domain>example.org</domain><result>fail</result></dkim>";
const OWN: &str = "<dkim><domain>example.org</domain><selector>s</selector><result>pass</result></dkim>";

/// Two reports of two organizations.
fn place() -> Place {
    let place = Place::new();
    let first = [
        record("192.0.2.1", 1000, "pass", OWN),
        record("203.0.113.5", 3, "fail", BROKEN),
    ];
    place.file("first.xml", report("mx.example", "1", &first.concat()));
    let second = [
        record("198.51.100.7", 40, "fail", BULK),
        record("203.0.113.5", 1, "fail", ""),
    ];
    place.file(
        "second.gz",
        gzip(&report("search.example", "1", &second.concat())),
    );
    place
}

#[test]
fn what_needs_attention_stands_first() {
    let done = place().run("dmarc report first.xml second.gz");
    assert_eq!((done.status, &*done.err), (Some(0), ""));
    let expected = "\
Look: 44 of 1044 messages not aligned.

Reports
  2 reports from 2 organizations, 2026-03-01 to 2026-03-01
    mx.example: 1 report, 1003 messages
    search.example: 1 report, 41 messages

example.org: 44 of 1044 messages not aligned (policy reject)
  198.51.100.7             40 of 40 messages not aligned; 40 refused
    SPF   bulk.example pass (40)
    DKIM  bulk.example pass (40)
    it proves to be bulk.example: if it sends for you, it should sign as example.org
  203.0.113.5              4 of 4 messages not aligned; 4 refused
    SPF   nothing is told
    DKIM  example.org fail (3)
    signatures of example.org did not survive: perhaps a forwarder or a mailing list
  192.0.2.1                0 of 1000 messages not aligned
    SPF   nothing is told
    DKIM  example.org pass (1000)
";
    assert_eq!(done.out, expected);
}

#[test]
fn json_is_one_object_with_the_same() {
    let place = place();
    for line in [
        "--json dmarc report first.xml second.gz",
        "dmarc --json report first.xml second.gz",
        "dmarc report first.xml second.gz --json",
    ] {
        let object = place.run(line).json();
        assert_eq!(object["reports"], 2);
        assert_eq!(
            (&object["begin"], &object["end"]),
            (&json!(1772323200), &json!(1772409599))
        );
        assert_eq!(
            object["organizations"],
            json!([{"name": "mx.example", "reports": 1, "messages": 1003},
                   {"name": "search.example", "reports": 1, "messages": 41}])
        );
        let domain = &object["domains"][0];
        assert_eq!(
            (
                &domain["domain"],
                &domain["policy"],
                &domain["messages"],
                &domain["unaligned"]
            ),
            (&json!("example.org"), &json!("reject"), &json!(1044), &json!(44))
        );
        assert_eq!(
            domain["sources"][0],
            json!({
                "address": "198.51.100.7", "messages": 40, "unaligned": 40, "spf_aligned": 0, "dkim_aligned": 0, "quarantined": 0,
                "rejected": 40, "overrides": [],
                "spf": [{"domain": "bulk.example", "result": "pass", "messages": 40}],
                "dkim": [{"domain": "bulk.example", "result": "pass", "messages": 40}],
            })
        );
        assert_eq!(object["skipped"], Value::Array(vec![]));
    }
}

#[test]
fn a_report_that_comes_twice_is_counted_once_and_said_so() {
    let place = place();
    let done = place.run("dmarc report first.xml first.xml second.gz");
    done.shows(&[
        "1 report more had been read already and was not counted again",
        "44 of 1044",
    ]);
    let object = place.json("dmarc report first.xml first.xml");
    assert_eq!(
        (&object["reports"], &object["duplicates"]),
        (&json!(1), &json!(1))
    );
}

#[test]
fn a_broken_file_is_named_and_skipped() {
    let place = place();
    place.file("broken.xml", "<feedback><report_metadata>");
    place.file("empty.xml", "");
    place.file("other.xml", "<rss></rss>");
    let line = "dmarc report broken.xml first.xml empty.xml missing.xml other.xml";
    let done = place.run(line);
    assert_eq!(done.status, Some(0));
    let expected = "\
mailrep: broken.xml is skipped: the XML ends before the report does
mailrep: empty.xml is skipped: it is empty
mailrep: missing.xml is skipped: cannot read it: no such file or directory
mailrep: other.xml is skipped: it is no DMARC aggregate report: its root element is 'rss' and not 'feedback'
";
    assert_eq!(done.err, expected);
    done.shows(&["3 of 1003"]);
    let object = place.run(&format!("--json {line}")).json();
    let files: Vec<&str> = object["skipped"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["file"].as_str().unwrap())
        .collect();
    assert_eq!(files, ["broken.xml", "empty.xml", "missing.xml", "other.xml"]);
    let done = place.run("--json dmarc report broken.xml empty.xml");
    assert_eq!((done.status, &*done.out), (Some(1), ""));
    let last = done.err.lines().last();
    assert_eq!(last, Some("mailrep: no file has a report that can be read"));
}

#[test]
fn a_folder_and_a_maildir_and_the_standard_input_are_read() {
    let place = place();
    let first = std::fs::read(place.path("first.xml")).unwrap();
    let second = std::fs::read(place.path("second.gz")).unwrap();
    let folder = |name: &str| -> PathBuf {
        let path = place.path(name);
        std::fs::create_dir_all(&path).unwrap();
        path
    };
    let files = folder("files");
    std::fs::write(files.join("a"), &first).unwrap();
    std::fs::write(files.join("b"), &second).unwrap();
    std::fs::write(files.join(".hidden"), "x").unwrap();
    std::fs::write(folder("files/deeper").join("c"), "x").unwrap();
    let done = place.run("dmarc report files");
    assert_eq!(done.err, "");
    done.shows(&["44 of 1044"]);
    for name in ["cur", "new", "tmp"] {
        folder(&format!("maildir/{name}"));
    }
    let mail = [
        b"From: d@mx.example\r\nContent-Type: text/xml\r\n\r\n".as_slice(),
        &first,
    ]
    .concat();
    std::fs::write(place.path("maildir/cur/1:2,S"), &mail).unwrap();
    std::fs::write(place.path("maildir/new/2"), &second).unwrap();
    std::fs::write(place.path("maildir/tmp/3"), "x").unwrap();
    std::fs::write(place.path("maildir/dovecot-uidlist"), "x").unwrap();
    let done = place.run("dmarc report maildir");
    assert_eq!(done.err, "");
    done.shows(&["44 of 1044"]);
    let done = place.with_input("dmarc report -", &second);
    done.shows(&["41 of 41"]);
}

#[test]
fn hostile_strings_reach_no_terminal_raw() {
    let place = place();
    let hostile = "&#27;[31mred\u{9b}\u{202e}evil<![CDATA[\u{1b}]0;title\u{7}]]>";
    let records = record(
        "192.0.2.1",
        1,
        "fail",
        &format!(
            "<dkim><domain>{hostile}</domain><result>pass</result></dkim><spf><domain>{hostile}</domain><result>{hostile}</result></spf>"
        ),
    )
    .replace("example.org</header", &format!("{hostile}</header"));
    place.file("hostile\u{1b}[31m.xml", report(hostile, hostile, &records));
    place.file("broken\u{1b}[31m.xml", format!("<{hostile}>"));
    let done = place.run("dmarc report hostile\u{1b}[31m.xml broken\u{1b}[31m.xml");
    assert_eq!(done.status, Some(0), "{}", done.err);
    let object = place.run("--json dmarc report hostile\u{1b}[31m.xml");
    for text in [&done.out, &done.err, &object.out] {
        assert!(
            !text.contains(['\u{1b}', '\u{9b}', '\u{202e}', '\u{7}']),
            "{text:?}"
        );
    }
    assert!(done.out.contains("evil"), "{}", done.out);
}

#[test]
fn many_addresses_are_shown_with_all_only() {
    let place = place();
    let records: String = (1..=30)
        .map(|last| record(&format!("192.0.2.{last}"), last, "fail", ""))
        .collect();
    place.file("many.xml", report("mx.example", "9", &records));
    let done = place.run("dmarc report many.xml");
    done.shows(&[
        "192.0.2.30 ",
        "192.0.2.11 ",
        "and 10 addresses more; --all shows them",
    ]);
    assert!(!done.out.contains("192.0.2.10 "));
    place
        .run("dmarc report --all many.xml")
        .shows(&["192.0.2.30 ", "192.0.2.1 "]);
}

#[test]
fn a_bomb_is_skipped() {
    let place = place();
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    for _ in 0..200 {
        encoder.write_all(&[b' '; 1 << 20]).unwrap();
    }
    place.file("bomb.gz", encoder.finish().unwrap());
    let done = place.run("dmarc report bomb.gz first.xml");
    assert_eq!(done.status, Some(0));
    assert!(
        done.err
            .contains("bomb.gz is skipped: it is larger than is allowed"),
        "{}",
        done.err
    );
}

#[test]
fn reports_are_not_evaluated() {
    let place = place();
    place.run("dmarc report").refused(2, &["FILE"]);
    place
        .run("dmarc --from example.org report first.xml")
        .refused(2, &["cannot be used with '--from'"]);
    place.run("dmarc").refused(2, &["--from"]);
    place
        .run("--zone zone dmarc --from example.org")
        .shows(&["reject"]);
}
