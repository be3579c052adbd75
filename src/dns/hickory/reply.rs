//! What a server's answer says.

use crate::dns::{Answer, Failure, MOST_ALIASES, Mx, Name, RecordSet, RecordType, Txt};
use hickory_proto::op::{Message, ResponseCode};
use hickory_proto::rr::{DNSClass, Name as WireName, RData, Record, RecordType as WireType};

/// hickory's name for a type.
pub(super) fn wire_type(kind: RecordType) -> WireType {
    match kind {
        RecordType::Txt => WireType::TXT,
        RecordType::A => WireType::A,
        RecordType::Aaaa => WireType::AAAA,
        RecordType::Mx => WireType::MX,
        RecordType::Ptr => WireType::PTR,
    }
}

/// Whether a message answers at all.
///
/// # Errors
/// The failure, if its code is neither NOERROR nor NXDOMAIN, or it only names other servers.
pub(super) fn check(message: &Message) -> Result<(), Failure> {
    match message.metadata.response_code {
        ResponseCode::NoError | ResponseCode::NXDomain => {}
        ResponseCode::ServFail => return Err(Failure::ServFail),
        ResponseCode::Refused => return Err(Failure::Refused),
        code => return Err(Failure::ResponseCode(mnemonic(code))),
    }
    // RFC 2308 section 2.2: an answer without records is "no data" unless it is a referral, which has NS and no
    // SOA records. A server that recurses never refers; one that does not is no use to a stub.
    let has = |kind| {
        message
            .authorities
            .iter()
            .any(|record| record.record_type() == kind)
    };
    if message.metadata.response_code == ResponseCode::NoError
        && message.answers.is_empty()
        && !message.metadata.authoritative
        && !message.metadata.recursion_available
        && has(WireType::NS)
        && !has(WireType::SOA)
    {
        return Err(Failure::BadAnswer(
            "the server refers to others instead of asking them".into(),
        ));
    }
    Ok(())
}

fn mnemonic(code: ResponseCode) -> String {
    match code {
        ResponseCode::FormErr => "FORMERR".into(),
        ResponseCode::NotImp => "NOTIMP".into(),
        ResponseCode::YXDomain => "YXDOMAIN".into(),
        ResponseCode::YXRRSet => "YXRRSET".into(),
        ResponseCode::NXRRSet => "NXRRSET".into(),
        ResponseCode::NotAuth => "NOTAUTH".into(),
        ResponseCode::NotZone => "NOTZONE".into(),
        ResponseCode::BADVERS => "BADVERS".into(),
        ResponseCode::BADCOOKIE => "BADCOOKIE".into(),
        other => format!("response code {}", u16::from(other)),
    }
}

/// What comes next after an answer.
pub(super) enum Step {
    /// This is the end.
    Answer(Answer),
    /// The end of the chain has to be asked for.
    Ask,
}

/// The aliases followed from a question's name.
pub(super) struct Chain {
    /// The names, the question's own first; never empty.
    names: Vec<WireName>,
    end: WireName,
    /// The smallest time to live of the aliases.
    ttl: u32,
}

impl Chain {
    pub(super) fn new(name: WireName) -> Self {
        Chain {
            names: Vec::new(),
            end: name,
            ttl: u32::MAX,
        }
    }

    /// The name whose records answer the question.
    pub(super) fn end(&self) -> &WireName {
        &self.end
    }

    /// Reads the answer to the question for the chain's end. Only records that belong to the question count:
    /// those owned by the chain's end, and the aliases that lead there.
    pub(super) fn advance(&mut self, message: &Message, kind: RecordType) -> Step {
        let asked = self.names.len();
        while let Some((target, ttl)) = alias(&message.answers, &self.end) {
            // Records beside an alias are against RFC 1034 section 3.6.2; those of the type asked for win, as
            // the server put them there for that.
            if self.owned(message, kind).next().is_some() {
                break;
            }
            self.ttl = self.ttl.min(ttl);
            let from = std::mem::replace(&mut self.end, target.clone());
            self.names.push(from);
            if self.names.contains(&self.end) {
                return fail("its aliases form a loop");
            }
            if self.names.len() > MOST_ALIASES {
                return fail("its aliases are too many");
            }
        }

        // RFC 6604 section 3: with aliases in the answer, the code is about the last name.
        if message.metadata.response_code == ResponseCode::NXDomain {
            return Step::Answer(Answer::NoSuchName {
                ttl: self.negative_ttl(message),
            });
        }
        let mut least = self.ttl;
        let mut found = Found::new(kind);
        for record in self.owned(message, kind) {
            least = least.min(lifetime(record));
            found.take(&record.data);
        }
        match found.into_set() {
            Gathered::Records(records) => Step::Answer(Answer::Records { records, ttl: least }),
            Gathered::Unusable => Step::Answer(Answer::NoData { ttl: Some(least) }),
            // The server gave an alias and neither its target's records nor a word that there are none
            // (RFC 2308 section 2.2): it has not asked on.
            Gathered::Nothing if self.names.len() > asked && soa(message).is_none() => Step::Ask,
            Gathered::Nothing => Step::Answer(Answer::NoData {
                ttl: self.negative_ttl(message),
            }),
        }
    }

    fn owned<'m>(&self, message: &'m Message, kind: RecordType) -> impl Iterator<Item = &'m Record> {
        let wanted = wire_type(kind);
        message.answers.iter().filter(move |record| {
            record.record_type() == wanted && record.dns_class == DNSClass::IN && record.name == self.end
        })
    }

    /// RFC 2308 section 5: the lesser of the SOA's own time to live and its MINIMUM field, and of the aliases
    /// before it. A SOA of a zone that does not hold the name is nobody's word about it.
    fn negative_ttl(&self, message: &Message) -> Option<u32> {
        let (record, minimum) = soa(message)?;
        record
            .name
            .zone_of(&self.end)
            .then(|| lifetime(record).min(clear_sign(minimum)).min(self.ttl))
    }
}

fn fail(why: &str) -> Step {
    Step::Answer(Answer::Failure(Failure::BadAnswer(why.into())))
}

fn alias<'m>(answers: &'m [Record], name: &WireName) -> Option<(&'m WireName, u32)> {
    answers.iter().find_map(|record| match &record.data {
        RData::CNAME(target) if record.dns_class == DNSClass::IN && record.name == *name => {
            Some((&target.0, lifetime(record)))
        }
        _ => None,
    })
}

fn soa(message: &Message) -> Option<(&Record, u32)> {
    message.authorities.iter().find_map(|record| match &record.data {
        RData::SOA(soa) if record.dns_class == DNSClass::IN => Some((record, soa.minimum)),
        _ => None,
    })
}

fn lifetime(record: &Record) -> u32 {
    clear_sign(record.ttl)
}

/// RFC 2181 section 8: a time to live with the highest bit set counts as zero.
fn clear_sign(ttl: u32) -> u32 {
    if ttl > i32::MAX.unsigned_abs() { 0 } else { ttl }
}

/// Records of one type, gathered.
enum Found {
    Txt(Vec<Txt>),
    A(Vec<std::net::Ipv4Addr>),
    Aaaa(Vec<std::net::Ipv6Addr>),
    Mx(Vec<Mx>, bool),
    Ptr(Vec<Name>, bool),
}

enum Gathered {
    Records(RecordSet),
    /// There are records, and none that could be expressed.
    Unusable,
    Nothing,
}

impl Found {
    fn new(kind: RecordType) -> Self {
        match kind {
            RecordType::Txt => Found::Txt(Vec::new()),
            RecordType::A => Found::A(Vec::new()),
            RecordType::Aaaa => Found::Aaaa(Vec::new()),
            RecordType::Mx => Found::Mx(Vec::new(), false),
            RecordType::Ptr => Found::Ptr(Vec::new(), false),
        }
    }

    fn take(&mut self, data: &RData) {
        match (self, data) {
            // RFC 7208 section 3.3, RFC 6376 section 3.6.2.2: character-strings are joined without blanks.
            (Found::Txt(found), RData::TXT(text)) => found.push(text.txt_data.concat().into()),
            (Found::A(found), RData::A(address)) => found.push(address.0),
            (Found::Aaaa(found), RData::AAAA(address)) => found.push(address.0),
            (Found::Mx(found, left_out), RData::MX(mx)) => match Name::from_labels(mx.exchange.iter()) {
                Ok(exchange) => found.push(Mx {
                    preference: mx.preference,
                    exchange,
                }),
                Err(_) => *left_out = true,
            },
            (Found::Ptr(found, left_out), RData::PTR(name)) => match Name::from_labels(name.0.iter()) {
                Ok(name) => found.push(name),
                Err(_) => *left_out = true,
            },
            _ => {}
        }
    }

    fn into_set(self) -> Gathered {
        let (records, left_out) = match self {
            Found::Txt(found) => (RecordSet::Txt(found.into()), false),
            Found::A(found) => (RecordSet::A(found.into()), false),
            Found::Aaaa(found) => (RecordSet::Aaaa(found.into()), false),
            Found::Mx(found, left_out) => (RecordSet::Mx(found.into()), left_out),
            Found::Ptr(found, left_out) => (RecordSet::Ptr(found.into()), left_out),
        };
        match (records.is_empty(), left_out) {
            (false, _) => Gathered::Records(records),
            (true, true) => Gathered::Unusable,
            (true, false) => Gathered::Nothing,
        }
    }
}
