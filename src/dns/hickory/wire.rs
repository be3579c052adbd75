//! Messages of the DNS (RFC 1035 section 4) for programs that send and receive them by themselves.

use super::exchange::{Query, Received};
use super::reply::{self, Chain, Step};
use crate::dns::{Answer, Failure, Question};
use hickory_proto::rr::Name as WireName;

/// Octets of the longest answer that [`query`] asks for over UDP: what passes everywhere without fragments.
pub const MOST_UDP: u16 = 1232;

/// What a message turned out to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reply {
    /// The answer to the question.
    Answer(Answer),
    /// It did not fit into a datagram: ask again over TCP (RFC 7766 section 5).
    Truncated,
    /// No answer to this question: go on waiting (RFC 5452 section 9.1).
    Other,
}

/// The message that asks a recursive nameserver. Choose `id` at random, a new one each time, and a new port with it (RFC 5452
/// section 9.2). Over TCP its length goes before it, in two octets.
///
/// ```
/// use mailrep::dns::hickory::wire::{query, read, Reply};
/// use mailrep::dns::{Name, Question, RecordType};
/// let question = Question::new(Name::parse(b"example.org")?, RecordType::Txt);
/// let octets = query(&question, 4711);
/// assert_eq!(octets[..2], 4711_u16.to_be_bytes());
/// assert_eq!(read(&question, 4711, &octets), Reply::Other);
/// # Ok::<(), mailrep::dns::NameError>(())
/// ```
pub fn query(question: &Question, id: u16) -> Vec<u8> {
    // `Name` holds to the lengths of the wire, so that nothing fails here; a server says FORMERR to nothing at all.
    asked(question)
        .and_then(|(query, _)| query.encode_as(id).ok())
        .unwrap_or_default()
}

/// Reads what came for a question that was asked under `id`, from the nameserver that was asked.
pub fn read(question: &Question, id: u16, octets: &[u8]) -> Reply {
    let Some((query, name)) = asked(question) else {
        return Reply::Other;
    };
    let message = match query.read(id, octets) {
        None => return Reply::Other,
        Some(Ok(Received::Truncated)) => return Reply::Truncated,
        Some(Ok(Received::Whole(message))) => message,
        Some(Err(failure)) => return Reply::Answer(Answer::Failure(failure)),
    };
    if let Err(failure) = reply::check(&message) {
        return Reply::Answer(Answer::Failure(failure));
    }
    Reply::Answer(match Chain::new(name).advance(&message, question.kind) {
        Step::Answer(answer) => answer,
        // A server that recurses follows aliases (RFC 1034 section 5.3.2).
        Step::Ask => Answer::Failure(Failure::BadAnswer(
            "the server gives an alias and not what is behind it".into(),
        )),
    })
}

fn asked(question: &Question) -> Option<(Query, WireName)> {
    let labels = question.name.labels().map(str::as_bytes);
    let name = WireName::from_labels(labels).ok()?;
    let kind = reply::wire_type(question.kind);
    Some((Query::new(name.clone(), kind, MOST_UDP), name))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::dns::{Name, RecordType};

    fn question(kind: RecordType) -> Question {
        Question::new(Name::parse(b"example.org").unwrap(), kind)
    }

    /// The query turned into an answer: flags, how many answers, and their octets in place of the OPT record.
    fn answered(kind: RecordType, flags: [u8; 2], count: u8, records: &[u8]) -> Vec<u8> {
        let mut octets = query(&question(kind), 7);
        octets.truncate(12 + 13 + 4);
        (octets[2], octets[3], octets[7], octets[11]) = (flags[0], flags[1], count, 0);
        octets.extend(records);
        octets
    }

    #[test]
    fn answers_are_told_apart() {
        let a = [0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 192, 0, 2, 1];
        let Reply::Answer(answer) = read(
            &question(RecordType::A),
            7,
            &answered(RecordType::A, [0x81, 0x80], 1, &a),
        ) else {
            unreachable!("an answer")
        };
        assert_eq!(answer.to_string(), "192.0.2.1");
        let read = |flags| {
            read(
                &question(RecordType::A),
                7,
                &answered(RecordType::A, flags, 0, b""),
            )
        };
        assert_eq!(
            read([0x81, 0x83]),
            Reply::Answer(Answer::NoSuchName { ttl: None })
        );
        assert_eq!(read([0x81, 0x80]), Reply::Answer(Answer::NoData { ttl: None }));
        assert_eq!(
            read([0x81, 0x82]),
            Reply::Answer(Answer::Failure(Failure::ServFail))
        );
        assert_eq!(read([0x83, 0x80]), Reply::Truncated);
        assert_eq!(read([0x01, 0x00]), Reply::Other);
    }

    #[test]
    fn answers_to_other_questions_are_none() {
        let mx = answered(RecordType::Mx, [0x81, 0x80], 0, b"");
        assert_eq!(read(&question(RecordType::A), 7, &mx), Reply::Other);
        let a = answered(RecordType::A, [0x81, 0x80], 0, b"");
        assert_eq!(read(&question(RecordType::A), 8, &a), Reply::Other);
        assert_eq!(read(&question(RecordType::A), 7, b""), Reply::Other);
    }

    #[test]
    fn an_alias_without_its_target_is_a_failure() {
        let alias = [0xc0, 12, 0, 5, 0, 1, 0, 0, 0, 60, 0, 4, 1, b'a', 0xc0, 12];
        let octets = answered(RecordType::A, [0x81, 0x80], 1, &alias);
        let reply = read(&question(RecordType::A), 7, &octets);
        assert!(
            matches!(reply, Reply::Answer(Answer::Failure(Failure::BadAnswer(_)))),
            "{reply:?}"
        );
    }
}
