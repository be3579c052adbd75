//! DKIM across implementations: what we sign passes dkimpy, libopendkim and Mail::DKIM, and what they sign passes here, over
//! odd messages, all canonicalizations and both algorithms. Where it does not, a clause of the standard says why: see
//! `deviations.rs`.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[cfg(feature = "cli")]
mod command_line;
mod deviations;
mod messages;
mod ours;
mod peer;

use deviations::{DEVIATIONS, Deviation, Way};
use mailrep::dkim::{Canonicalization, DkimResult};
use messages::Message;
use ours::Pair;
use peer::{No, Peer};

/// Messages that are generated besides.
const GENERATED: usize = 500;

/// A message, signed in one way.
pub(crate) struct Case<'a> {
    pub(crate) message: &'a str,
    pub(crate) octets: &'a [u8],
    pub(crate) pair: &'a Pair,
    pub(crate) header: Canonicalization,
    pub(crate) body: Canonicalization,
}

impl std::fmt::Display for Case<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (algorithm, header, body) = (self.pair.algorithm, self.header, self.body);
        let (algorithm, header, body) = (algorithm.as_str(), header.as_str(), body.as_str());
        write!(f, "{}, {algorithm}, {header}/{body}", self.message)?;
        match self.octets.get(..1_000) {
            None => write!(f, ", {}", self.octets.escape_ascii()),
            Some(_) => Ok(()),
        }
    }
}

/// Each of the messages with each of the keys and each canonicalization.
pub(crate) fn cases<'a>(messages: &'a [Message], pairs: &'a [Pair]) -> impl Iterator<Item = Case<'a>> {
    const HOW: [Canonicalization; 2] = [Canonicalization::Relaxed, Canonicalization::Simple];
    let hows = HOW.into_iter().flat_map(|header| HOW.map(|body| (header, body)));
    let signers = pairs
        .iter()
        .flat_map(move |pair| hows.clone().map(move |how| (pair, how)));
    messages.iter().flat_map(move |message| {
        signers.clone().map(|(pair, (header, body))| Case {
            message: message.name,
            octets: &message.octets,
            pair,
            header,
            body,
        })
    })
}

/// Each of the messages once, and each way to sign as often as the others.
pub(crate) fn one_way_each<'a>(messages: &'a [Message], pairs: &'a [Pair]) -> impl Iterator<Item = Case<'a>> {
    let ways = 4 * pairs.len();
    let at_turn = move |&(at, _): &(usize, Case<'_>)| at / ways % ways == at % ways;
    let cases = cases(messages, pairs).enumerate();
    cases.filter(at_turn).map(|(_, case)| case)
}

#[test]
fn rfc6376_section_3_4_odd_messages_signed_here_pass_here() {
    for case in cases(&messages::odd(), &Pair::all()) {
        let signed = [sign(&case, case.octets).as_slice(), case.octets].concat();
        let (result, reason) = ours::verify(&case.pair.record, &signed);
        assert_eq!(result, DkimResult::Pass, "{case}: {reason}");
    }
}

#[test]
fn rfc6376_section_3_5_international_domain_names_are_written_as_a_labels_in_i_too() {
    let [pair, _] = Pair::all();
    let message = messages::plain().octets;
    let (domain, identity) = ("b\u{fc}cher.example", "j\u{fc}rgen@post.b\u{fc}cher.example");
    let field = ours::sign_with_every_option(&pair, domain, "s", identity, &message);
    assert!(field.contains(" d=xn--bcher-kva.example;"), "{field}");
    assert!(
        field.contains(" i=j=C3=BCrgen@post.xn--bcher-kva.example;"),
        "{field}"
    );
}

#[test]
fn rfc6376_section_3_4_odd_messages_pass_between_dkimpy_and_us_or_a_clause_says_why() {
    Peer::dkimpy().into_iter().for_each(compare);
}

#[test]
fn rfc6376_section_3_4_odd_messages_pass_between_libopendkim_and_us_or_a_clause_says_why() {
    Peer::libopendkim().into_iter().for_each(compare);
}

#[test]
fn rfc6376_section_3_4_odd_messages_pass_between_mail_dkim_and_us_or_a_clause_says_why() {
    Peer::mail_dkim().into_iter().for_each(compare);
}

fn compare(mut peer: Peer) {
    fails_when_changed(&mut peer);
    takes_every_option(&mut peer);
    takes_several_signatures(&mut peer);
    let messages = messages::odd();
    let pairs = peer.pairs();
    let mut judge = Judge::default();
    for case in cases(&messages, &pairs) {
        let verified = they_verify(&mut peer, &case, case.octets);
        judge.hears(peer.name, Way::TheyVerify, &case, &verified);
        let signed = they_sign(&mut peer, &case, case.octets);
        judge.hears(peer.name, Way::TheySign, &case, &signed);
        let taken_for = |way| deviation(peer.name, way, &case)?.taken_for;
        if let Some(taken_for) = taken_for(Way::TheyVerify) {
            let signed = taken_for(case.octets);
            judge.hears_of_other(Way::TheyVerify, &case, they_verify(&mut peer, &case, &signed));
        }
        if let Some(taken_for) = taken_for(Way::TheySign) {
            let received = taken_for(case.octets);
            judge.hears_of_other(Way::TheySign, &case, they_sign(&mut peer, &case, &received));
        }
    }
    let more = std::env::var("MAILREP_DKIM_MESSAGES").ok();
    let generated = messages::generated(more.map_or(GENERATED, |count| count.parse().unwrap()));
    for case in one_way_each(&generated, &pairs) {
        let verified = they_verify(&mut peer, &case, case.octets);
        judge.hears(peer.name, Way::TheyVerify, &case, &verified);
        let signed = they_sign(&mut peer, &case, case.octets);
        judge.hears(peer.name, Way::TheySign, &case, &signed);
    }
    judge.concludes(peer.name);
    for deviation in DEVIATIONS {
        let unknown = |name: &&&str| messages.iter().all(|message| message.name != **name);
        assert_eq!(deviation.messages.iter().find(unknown), None);
    }
}

/// Else it would mean nothing that the peer lets others pass.
fn fails_when_changed(peer: &mut Peer) {
    let plain = [messages::plain()];
    for case in cases(&plain, &peer.pairs()) {
        let field = sign(&case, case.octets);
        let text = String::from_utf8(case.octets.to_vec()).unwrap();
        for (text, passes) in [
            (text.clone(), true),
            (text.replace("pears", "Pears"), false),
            (text.replace("orchard", "Orchard"), false),
        ] {
            let answer = peer.verify(&case.pair.record, &[&field, text.as_bytes()].concat());
            assert_eq!(answer.is_ok(), passes, "{case}: {answer:?}");
        }
    }
}

/// A field with all that a signer can be told, and names that need folding or encoding.
fn takes_every_option(peer: &mut Peer) {
    let octets = messages::plain().octets;
    let long = format!("{0}.{0}.{0}.example.org", "orchard".repeat(8));
    for pair in &peer.pairs() {
        for (domain, selector, identity) in [
            ("example.org", "s", "@example.org"),
            ("example.org", "s.2026", "ada.lovelace@example.org"),
            ("example.org", "s", "a=d;a b@mail.example.org"),
            ("b\u{fc}cher.example", "s", "@b\u{fc}cher.example"),
            (&long, "s", &format!("{}@{long}", "ada".repeat(20))),
        ] {
            let field = ours::sign_with_every_option(pair, domain, selector, identity, &octets);
            let signed = [field.as_bytes(), &octets].concat();
            let (result, reason) = ours::verify(&pair.record, &signed);
            assert_eq!(result, DkimResult::Pass, "{field}: {reason}");
            let answer = peer.verify(&pair.record, &signed);
            assert!(answer.is_ok(), "{field}: {answer:?}");
        }
    }
}

/// Signatures made in one pass do not cover one another, so that each passes above and below the other, and alone.
fn takes_several_signatures(peer: &mut Peer) {
    let octets = messages::plain().octets;
    let all = Pair::all();
    let [rsa, ed25519] = ours::sign_by_both(&all, &octets);
    for pair in peer.pairs() {
        let (own, other) = if pair.algorithm == all[0].algorithm {
            (&rsa, &ed25519)
        } else {
            (&ed25519, &rsa)
        };
        for fields in [own.clone(), own.clone() + other] {
            let answer = peer.verify(&pair.record, &[fields.as_bytes(), &octets].concat());
            assert!(answer.is_ok(), "{fields}: {answer:?}");
        }
    }
}

fn deviation(peer: &str, way: Way, case: &Case<'_>) -> Option<&'static Deviation> {
    DEVIATIONS.iter().find(|listed| listed.covers(peer, way, case))
}

fn sign(case: &Case<'_>, message: &[u8]) -> Vec<u8> {
    ours::sign(case.pair, case.header, case.body, message).into_bytes()
}

/// We sign `signed`, and the peer gets the message with that signature.
fn they_verify(peer: &mut Peer, case: &Case<'_>, signed: &[u8]) -> Result<(), No> {
    let field = sign(case, signed);
    peer.verify(&case.pair.record, &[&field, case.octets].concat())
}

/// The peer signs the message, and we get `received` with that signature.
fn they_sign(peer: &mut Peer, case: &Case<'_>, received: &[u8]) -> Result<(), No> {
    let field = peer.sign(case.pair, case.header, case.body, case.octets)?;
    match ours::verify(&case.pair.record, &[&field, received].concat()) {
        (DkimResult::Pass, _) => Ok(()),
        (result, reason) => Err(No(format!("{result}: {reason}"))),
    }
}

/// Compares outcomes with what is listed.
#[derive(Default)]
pub(crate) struct Judge {
    outcomes: usize,
    listed: usize,
    wrong: Vec<String>,
}

impl Judge {
    pub(crate) fn hears(&mut self, peer: &str, way: Way, case: &Case<'_>, outcome: &Result<(), No>) {
        self.outcomes += 1;
        match (outcome, deviation(peer, way, case)) {
            (Ok(()), None) => {}
            (Err(_), Some(_)) => self.listed += 1,
            (Err(No(why)), None) => self.wrong.push(format!("{way:?}: {case}: {why}")),
            (Ok(()), Some(Deviation { rule, sentence, .. })) => {
                let wrong = format!("{way:?}: {case}: passes, against what is listed: {rule}: {sentence}");
                self.wrong.push(wrong);
            }
        }
    }

    fn hears_of_other(&mut self, way: Way, case: &Case<'_>, outcome: Result<(), No>) {
        if let Err(No(why)) = outcome {
            let wrong =
                format!("{way:?}: {case}: the peer does not take it for the message that is said: {why}");
            self.wrong.push(wrong);
        }
    }

    pub(crate) fn concludes(self, peer: &str) {
        println!(
            "{peer}: {} outcomes, {} of them listed deviations",
            self.outcomes, self.listed
        );
        assert!(
            self.wrong.is_empty(),
            "{} outcomes with {peer} that no clause explains:\n{}",
            self.wrong.len(),
            self.wrong.join("\n")
        );
    }
}
