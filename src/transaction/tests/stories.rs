//! The story of a verdict: sentences that an administrator can act on.

use super::*;

fn from(client: &str, message: &[u8]) -> Verdict {
    let mut transaction = Transaction::new(&context(), Arc::new(Inline));
    transaction.connect(client.parse().unwrap()).unwrap();
    transaction.helo(b"mail.example.org").unwrap();
    transaction.mail_from(b"ada@example.org").unwrap();
    transaction.data(message).unwrap();
    verdict(transaction)
}

#[test]
fn a_forgery_is_refused_and_the_owner_is_told_of_both_ways_to_be_authenticated() {
    let story = from("203.0.113.9", b"From: ada@example.org\r\n\r\n").story();
    assert_eq!(
        story.claimed,
        "the From field says that it comes from example.org; the envelope sender is ada@example.org; 203.0.113.9 delivered it, \
         calling itself mail.example.org"
    );
    assert_eq!(
        story.proven,
        [
            "nothing that says who wrote it",
            "not by SPF: example.org does not let 203.0.113.9 send for it; that host forwards mail, or is a stranger"
        ]
    );
    assert!(story.decides.starts_with("example.org asks to reject"));
    assert_eq!(
        story.advice,
        [
            "refuse it in the SMTP dialogue (5xx), so that whoever sent it learns of it",
            "if example.org is yours: let the SPF record of example.org permit 203.0.113.9, if that is one of the hosts that send \
             for you; and sign your mail with DKIM for example.org"
        ]
    );
}

#[test]
fn a_pass_of_spf_alone_is_told_to_end_where_mail_is_forwarded() {
    let story = from("192.0.2.1", b"From: ada@example.org\r\n\r\n").story();
    assert_eq!(
        story.proven,
        ["by SPF: 192.0.2.1 may send for example.org, the domain in From"]
    );
    assert_eq!(
        story.advice,
        [
            "if example.org is yours: it rests on SPF alone, which does not pass where mail is forwarded; sign its mail with DKIM for \
          example.org"
        ]
    );
}

#[test]
fn every_failure_of_a_signature_has_a_sentence_to_act_on() {
    let hash = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";
    for (tags, told) in [
        (
            "v=2; a=rsa-sha256; d=example.org; s=s1; h=from; bh=HASH; b=AA==",
            "set your signer right",
        ),
        (
            "v=1; a=rsa-sha1; d=example.org; s=s1; h=from; bh=HASH; b=AA==",
            "sign with rsa-sha256",
        ),
        (
            "v=1; a=rsa-sha256; d=example.org; s=s1; h=to; bh=HASH; b=AA==",
            "cover the From field",
        ),
        (
            "v=1; a=rsa-sha256; d=example.org; s=s1; h=from; bh=HASH; b=AA==",
            "publish the key at s1._domainkey.example.org",
        ),
        (
            "v=1; a=rsa-sha256; d=example.org; s=s1; h=from; l=5; bh=HASH; b=AA==",
            "sign the whole body",
        ),
        (
            "v=1; a=rsa-sha256; d=example.org; s=s1; h=from; x=1; bh=HASH; b=AA==",
            "for longer (x=)",
        ),
        (
            "v=1; a=rsa-sha256; d=example.org; s=s1; h=from; t=99999999999; bh=HASH; b=AA==",
            "set the clock",
        ),
        ("no tags", "sign your mail with DKIM"),
    ] {
        let field = format!(
            "DKIM-Signature: {}\r\nFrom: ada@example.org\r\n\r\n",
            tags.replace("HASH", hash)
        );
        let story = from("203.0.113.9", field.as_bytes()).story();
        let advice = story.advice.join("\n");
        assert!(advice.contains(told), "{tags}: {advice}");
        assert!(
            story
                .proven
                .iter()
                .any(|sentence| sentence.starts_with("not by DKIM")),
            "{:?}",
            story.proven
        );
    }
}

#[test]
fn whatever_a_stranger_writes_a_story_is_lines_of_printable_text() {
    let mut transaction = Transaction::new(&context(), Arc::new(Inline));
    transaction.connect("192.0.2.1".parse().unwrap()).unwrap();
    transaction.helo(b"evil\r\n\x1b[31m\xff").unwrap();
    transaction.mail_from(b"a\r\nb\x00@example.net").unwrap();
    transaction
        .data(b"List-Id: \x1b <\x1b[2J.example>\r\nDKIM-Signature: v=1; d=\x1b; s=\x07\r\nFrom: a@example.org\r\n\r\n")
        .unwrap();
    let story = verdict(transaction).story();
    let mut all = vec![story.claimed, story.decides];
    all.extend(story.proven.into_iter().chain(story.advice));
    for sentence in all {
        assert!(!sentence.contains(char::is_control), "{sentence:?}");
    }
}

#[test]
fn thousands_of_signatures_do_not_make_a_story_grow() {
    let mut message = "DKIM-Signature: v=1; d=example.org; s=a; b=AAAA\r\n".repeat(5_000);
    message.push_str("From: a@example.org\r\n\r\n");
    let story = from("192.0.2.1", message.as_bytes()).story();
    assert!(story.proven.len() < 20);
}

/// The story of a bundled message that came from the forwarder of the bundled zone.
fn bundled(file: &str, mail_from: &[u8], account: Option<&[u8]>) -> Story {
    let data = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data");
    let zone = Zone::new().and_read(&data.join("zone")).unwrap();
    let context = Arc::new(Context::new(zone, Options::default()));
    let mut transaction = Transaction::at(&context, Arc::new(Inline), UnixTime(1_772_355_660));
    transaction.connect("203.0.113.5".parse().unwrap()).unwrap();
    if let Some(account) = account {
        transaction.authenticated(account).unwrap();
    }
    transaction.mail_from(mail_from).unwrap();
    transaction
        .data(&std::fs::read(data.join(file)).unwrap())
        .unwrap();
    transaction.finish().now_or_never().unwrap().unwrap().story()
}

#[test]
fn a_list_that_broke_the_signature_is_named_to_the_receiver_and_not_held_against_the_author() {
    let story = bundled("list-tag.eml", b"friends-bounces@lists.example.net", None);
    assert_eq!(story.proven.len(), 4, "{:?}", story.proven);
    assert!(story.proven[1].starts_with(
        "by DKIM: lists.example.net signed it as it stands, which says nothing about example.org"
    ));
    assert!(story.proven[2].contains("to '[orchard] Eleven crates of plums'"));
    assert_eq!(story.advice.len(), 2, "{:?}", story.advice);
    assert!(story.advice[1].starts_with("if your users read the mailing list orchard.lists.example.net"));
}

#[test]
fn a_forwarder_that_changed_the_subject_is_named_to_both_sides() {
    let story = bundled("subject-tag.eml", b"ada@example.org", None);
    assert!(story.proven[2].starts_with(
        "not by DKIM: the body is as example.org signed it, the header is not: on the way, Subject"
    ));
    assert!(story.advice[1].starts_with("if 203.0.113.5 forwards mail to you"));
    assert!(
        story.advice[2].ends_with("; and look whether one of your own hosts changes Subject after signing")
    );
}

#[test]
fn who_adds_an_author_is_no_forwarder_to_trust() {
    let story = bundled("several-from.eml", b"ada@example.org", None);
    assert!(story.proven[2].contains("From was added ('Cow <cow@meadow.test>')"));
    assert!(
        !story
            .advice
            .iter()
            .any(|advice| advice.contains("forwards mail to you")),
        "{:?}",
        story.advice
    );
}

#[test]
fn a_submission_proves_who_has_logged_in() {
    let story = bundled("no-policy.eml", b"cow@meadow.test", Some(b"cow"));
    assert_eq!(story.proven, ["by AUTH: the client has logged in as 'cow'"]);
    assert_eq!(
        story.advice,
        ["accept it if the account may write as meadow.test, and sign it"]
    );
}
