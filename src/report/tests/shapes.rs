//! Reports as they come: the shapes of those that large receivers send, written anew.

use super::*;
use crate::dkim::DkimResult;
use crate::dmarc::{AlignmentMode, Policy};
use crate::report::{Discovery, Disposition, OverrideKind};
use crate::spf::{Identity, SpfResult};

/// Google's: no namespace, `pct`, a result of SPF without a scope.
const PLAIN: &str = r#"<?xml version="1.0" encoding="UTF-8" ?>
<feedback>
  <version>1.0</version>
  <report_metadata>
    <org_name>search.example</org_name>
    <email>noreply-dmarc@search.example</email>
    <extra_contact_info>https://search.example/dmarc</extra_contact_info>
    <report_id>1234567890123456789</report_id>
    <date_range>
      <begin>1772323200</begin>
      <end>1772409599</end>
    </date_range>
  </report_metadata>
  <policy_published>
    <domain>example.org</domain>
    <adkim>r</adkim>
    <aspf>s</aspf>
    <p>quarantine</p>
    <sp>none</sp>
    <pct>100</pct>
    <np>reject</np>
  </policy_published>
  <record>
    <row>
      <source_ip>2001:db8::25</source_ip>
      <count>17</count>
      <policy_evaluated>
        <disposition>none</disposition>
        <dkim>pass</dkim>
        <spf>fail</spf>
        <reason>
          <type>local_policy</type>
          <comment>arc=pass</comment>
        </reason>
      </policy_evaluated>
    </row>
    <identifiers>
      <header_from>news.example.org</header_from>
    </identifiers>
    <auth_results>
      <dkim>
        <domain>example.org</domain>
        <result>pass</result>
        <selector>s2026</selector>
      </dkim>
      <dkim>
        <domain>list.example</domain>
        <result>neutral</result>
      </dkim>
      <spf>
        <domain>list.example</domain>
        <result>pass</result>
      </spf>
    </auth_results>
  </record>
</feedback>
"#;

#[test]
fn a_report_after_rfc7489_is_read_whole() {
    let report = only(PLAIN.as_bytes());
    assert_eq!(report.organization, "search.example");
    assert_eq!(report.email, "noreply-dmarc@search.example");
    assert_eq!(
        report.extra_contact.as_deref(),
        Some("https://search.example/dmarc")
    );
    assert_eq!(report.report_id, "1234567890123456789");
    assert_eq!((report.begin, report.end), (PERIOD.begin, PERIOD.end));
    let policy = &report.policy;
    assert_eq!(policy.domain, "example.org");
    assert_eq!(policy.discovery, None);
    assert_eq!(
        (policy.p, policy.sp, policy.np),
        (Some(Policy::Quarantine), Some(Policy::None), Some(Policy::Reject))
    );
    assert_eq!(
        (policy.adkim, policy.aspf),
        (Some(AlignmentMode::Relaxed), Some(AlignmentMode::Strict))
    );
    let [record] = &report.records[..] else { panic!() };
    assert_eq!(record.source, Some("2001:db8::25".parse().unwrap()));
    assert_eq!((record.count, record.disposition), (17, Some(Disposition::None)));
    assert_eq!((record.dkim_aligned, record.spf_aligned), (true, false));
    assert_eq!(record.reasons[0].kind, OverrideKind::LocalPolicy);
    assert_eq!(record.reasons[0].comment.as_deref(), Some("arc=pass"));
    assert_eq!(record.header_from, "news.example.org");
    assert_eq!((&*record.envelope_from, &record.envelope_to), ("", &None));
    let dkim: Vec<_> = record
        .dkim
        .iter()
        .map(|one| (&*one.domain, &*one.selector, one.result))
        .collect();
    assert_eq!(
        dkim,
        [
            ("example.org", "s2026", DkimResult::Pass),
            ("list.example", "", DkimResult::Neutral)
        ]
    );
    assert_eq!(
        (record.spf[0].scope, record.spf[0].result),
        (None, SpfResult::Pass)
    );
}

/// Section 3.1.1 with its namespace, an extension before the records and one in a record, prefixes, comments and CDATA.
const NAMESPACED: &str = r#"<d:feedback xmlns:d="urn:ietf:params:xml:ns:dmarc-2.0" xmlns:x="urn:example:x">
  <d:version>1.0</d:version>
  <d:report_metadata><d:org_name><![CDATA[Mail & More]]></d:org_name><d:email/><d:report_id>r@mx.example</d:report_id>
    <d:date_range><d:begin> 1772323200 </d:begin><d:end>1772409599</d:end></d:date_range>
    <d:error>rua: not a URI</d:error><d:generator>Reporter 2</d:generator></d:report_metadata>
  <d:policy_published><d:domain>example.org</d:domain><d:discovery_method>treewalk</d:discovery_method><d:p>none</d:p>
    <d:testing>y</d:testing><d:fo>1:d</d:fo></d:policy_published>
  <d:extension><x:arc-override><x:record>no record</x:record></x:arc-override></d:extension>
  <!-- one record -->
  <d:record><d:row><d:source_ip>::ffff:192.0.2.7</d:source_ip><d:count>1</d:count><d:policy_evaluated>
    <d:disposition>pass</d:disposition><d:dkim>pass</d:dkim><d:spf>pass</d:spf></d:policy_evaluated></d:row>
    <d:identifiers><d:header_from>example.org</d:header_from><d:envelope_from></d:envelope_from></d:identifiers>
    <d:auth_results><d:spf><d:domain>example.org</d:domain><d:scope>mfrom</d:scope><d:result>pass</d:result></d:spf></d:auth_results>
    <x:arc>pass</x:arc></d:record>
</d:feedback>"#;

#[test]
fn section_3_2_extensions_are_no_error_and_end_nothing() {
    let report = only(NAMESPACED.as_bytes());
    assert_eq!(report.organization, "Mail & More");
    assert_eq!(report.email, "");
    assert_eq!(report.errors, ["rua: not a URI"]);
    assert_eq!(report.generator.as_deref(), Some("Reporter 2"));
    assert_eq!(report.begin, PERIOD.begin);
    assert_eq!(report.policy.discovery, Some(Discovery::TreeWalk));
    assert!(report.policy.testing);
    assert_eq!(report.policy.fo.as_deref(), Some("1:d"));
    let [record] = &report.records[..] else { panic!() };
    // An IPv4-mapped address is the IPv4 address.
    assert_eq!(record.source, Some("192.0.2.7".parse().unwrap()));
    assert_eq!(record.disposition, Some(Disposition::Pass));
    assert_eq!(record.spf[0].scope, Some(Identity::MailFrom));
}

#[test]
fn empty_and_missing_parts_are_not_told_and_no_error() {
    // Mail.ru's and Yahoo's: empty elements, words with capital letters, no auth_results, blanks everywhere.
    let record = "<record>\n<row><source_ip> 192.0.2.9\n</source_ip><count>4</count><policy_evaluated><disposition>Reject</disposition>\
        <dkim></dkim><spf/><reason/></policy_evaluated></row><identifiers><envelope_to></envelope_to><envelope_from/>\
        <header_from>Example.ORG</header_from></identifiers></record>";
    let report = only(xml(record).as_bytes());
    let [record] = &report.records[..] else { panic!() };
    assert_eq!(record.source, Some("192.0.2.9".parse().unwrap()));
    assert_eq!(record.disposition, Some(Disposition::Reject));
    assert_eq!((record.dkim_aligned, record.spf_aligned), (false, false));
    assert_eq!(record.header_from, "Example.ORG");
    assert!(record.dkim.is_empty() && record.spf.is_empty());
    // Microsoft's: attributes of schemas, several results of SPF, one for HELO.
    let record = "<record xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\"><row><source_ip>192.0.2.9</source_ip><count>1</count>\
        </row><auth_results><dkim><domain>none</domain><result>none</result></dkim><spf><domain>a.example</domain><scope>helo</scope>\
        <result>Pass</result></spf><spf><domain>b.example</domain><scope>mfrom</scope><result>hardfail</result></spf></auth_results></record>";
    let report = only(xml(record).as_bytes());
    let spf: Vec<_> = report.records[0]
        .spf
        .iter()
        .map(|one| (one.scope, one.result))
        .collect();
    assert_eq!(
        spf,
        [
            (Some(Identity::Helo), SpfResult::Pass),
            (Some(Identity::MailFrom), SpfResult::None)
        ]
    );
}

#[test]
fn records_without_a_count_are_left_out_and_counted() {
    let without = RECORD.replace("<count>3</count>", "<count>many</count>");
    let reading = read(xml(&format!("{RECORD}{without}")).as_bytes()).unwrap();
    assert_eq!(reading.reports[0].records.len(), 1);
    assert_eq!(reading.unusable_records, 1);
}

#[test]
fn what_a_file_is_its_octets_say() {
    let expected = only(PLAIN.as_bytes());
    let utf16: Vec<u8> = PLAIN.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let big: Vec<u8> = PLAIN.encode_utf16().flat_map(u16::to_be_bytes).collect();
    let compressed = gzip(PLAIN.as_bytes());
    let archive = zip(&[("report.xml", PLAIN.as_bytes())]);
    let mail = attached("application/gzip", &compressed);
    let mut mbox = b"From dmarc@mx.example Sun Mar  1 09:01:00 2026\n".to_vec();
    mbox.extend_from_slice(&mail);
    let forwarded = [
        &b"From: a@example.org\r\nContent-Type: message/rfc822\r\n\r\n"[..],
        &mail,
    ]
    .concat();
    let files: Vec<(&str, Vec<u8>)> = vec![
        ("a byte order mark", format!("\u{feff}{PLAIN}").into_bytes()),
        ("UTF-16 with a mark", [&b"\xff\xfe"[..], &utf16].concat()),
        (
            "UTF-16 with a mark, big-endian",
            [&b"\xfe\xff"[..], &big].concat(),
        ),
        ("UTF-16", utf16),
        ("gzip", compressed.clone()),
        ("gzip and line ends", [&compressed[..], b"\r\n\r\n"].concat()),
        ("gzip in gzip", gzip(&compressed)),
        ("zip", archive.clone()),
        ("gzip in zip", zip(&[("report.xml.gz", &compressed)])),
        ("a mail", mail),
        (
            "zip in a mail, called gzip",
            attached("application/gzip", &archive),
        ),
        (
            "gzip in a mail, called zip",
            attached("application/zip", &compressed),
        ),
        ("XML in a mail", attached("text/xml", PLAIN.as_bytes())),
        (
            "XML in a mail, called nothing",
            attached("application/octet-stream", PLAIN.as_bytes()),
        ),
        ("a mail in a mail", forwarded),
        ("a mail in zip", zip(&[("mail.eml", &attached("x/y", &archive))])),
        ("an mbox", mbox),
    ];
    for (what, octets) in files {
        assert_eq!(only(&octets), expected, "{what}");
    }
}

#[test]
fn a_mail_whose_whole_body_is_the_file_is_read() {
    use base64::Engine as _;
    let encoded = base64::engine::general_purpose::STANDARD.encode(gzip(PLAIN.as_bytes()));
    let mail = format!(
        "From: noreply@search.example\r\nContent-Type: application/gzip\r\nContent-Transfer-Encoding: base64\r\n\r\n{encoded}\r\n"
    );
    assert_eq!(only(mail.as_bytes()), only(PLAIN.as_bytes()));
}

#[test]
fn rfc2046_section_5_1_1_parts_are_found_by_their_delimiters() {
    let part = format!(
        "Content-Type: text/xml; charset=utf-8\r\nContent-Transfer-Encoding: Quoted-Printable\r\n\r\n{}",
        { xml(RECORD).replace('=', "=3D").replace("<row>", "<r=\r\now>") }
    );
    // The boundary in words, one that begins like it, blanks after it, a part in a part, none at the end.
    let mail = format!(
        "From: d@mx.example\nContent-Type: multipart/mixed; boundary=\"b b\"\n\nwords --b b\n--b b2\n--b b \t\r\n\
         Content-Type: multipart/report; boundary=\"b b2\"\n\n--b b2\n\n<p>\n--b b2\n{part}\n--b b2--\n--b b2\n{part}\n"
    );
    let reading = read(mail.as_bytes()).unwrap();
    assert_eq!(reading.reports, [only(xml(RECORD).as_bytes())]);
    assert_eq!(reading.problems, [], "words that begin with '<' are none");
    let empty = "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b--\r\n--b\r\n\r\nx";
    assert_eq!(refused(empty.as_bytes()), ReadError::NoReport);
}

#[test]
fn all_members_and_all_mails_of_an_mbox_are_read() {
    let other = xml(RECORD);
    let both = [
        ("a.xml", PLAIN.as_bytes()),
        ("__MACOSX/._a.xml", &b"\0\x05\x16\x07"[..]),
        ("b.xml", other.as_bytes()),
    ];
    let reading = read(&zip(&both)).unwrap();
    assert_eq!(reading.problems, []);
    let ids = |reading: &Reading| -> Vec<String> {
        reading
            .reports
            .iter()
            .map(|report| report.report_id.clone())
            .collect()
    };
    assert_eq!(ids(&reading), ["1234567890123456789", "r1"]);
    let mut mbox = Vec::new();
    for file in [PLAIN, &other] {
        mbox.extend_from_slice(b"From dmarc@mx.example Sun Mar  1 09:01:00 2026\r\n");
        mbox.extend_from_slice(&attached("application/gzip", &gzip(file.as_bytes())));
        mbox.extend_from_slice(b"\r\n");
    }
    assert_eq!(ids(&read(&mbox).unwrap()), ["1234567890123456789", "r1"]);
}

#[test]
fn other_encodings_are_read_as_declared_and_utf8_as_what_it_is() {
    let declared = xml(RECORD).replace("mx.example</org", "Z\u{fc}rich</org");
    let latin: Vec<u8> = declared
        .replace("UTF-8", "iso-8859-1")
        .chars()
        .map(|c| u8::try_from(u32::from(c)).unwrap())
        .collect();
    assert_eq!(only(&latin).organization, "Z\u{fc}rich");
    let mistaken = declared.replace("UTF-8", "iso-8859-1");
    assert_eq!(only(mistaken.as_bytes()).organization, "Z\u{fc}rich");
}

#[test]
fn an_ampersand_that_nobody_escaped_is_read() {
    let report = xml(RECORD).replace("mx.example</org", "AT&T &amp; &#66; &co; &bell</org");
    assert_eq!(only(report.as_bytes()).organization, "AT&T & B &co; &bell");
}
