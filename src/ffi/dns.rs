//! DNS questions that the program answers: for contexts with `resolve` or `questions` among their options.

use super::context::Context;
use super::desk::Gate;
use super::error::{self, ErrorWords};
use super::guard;
use super::handle::borrow;
use super::status::{Fault, IntoC as _, MAILREP_TRUNCATED, MAILREP_UNASKED, Status};
use super::text::{lent, lent_string};
use crate::clock::Clock;
use crate::dns::callback::{CallbackResolver, OpenQuestion};
use crate::dns::hickory::wire::{self, Reply};
use crate::dns::{Answer, Failure, Mx, Name, Question, RecordSet, RecordType, Txt};
use std::ffi::{c_char, c_int, c_void};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr;
use std::sync::Arc;
use tokio::runtime::Handle;

/// Addresses of IPv4.
pub const MAILREP_DNS_A: c_int = 1;
/// Names of an address.
pub const MAILREP_DNS_PTR: c_int = 12;
/// Mail exchanges.
pub const MAILREP_DNS_MX: c_int = 15;
/// Texts.
pub const MAILREP_DNS_TXT: c_int = 16;
/// Addresses of IPv6.
pub const MAILREP_DNS_AAAA: c_int = 28;

/// The name exists, or something below it does, but not with a record of this type.
pub const MAILREP_DNS_NO_DATA: c_int = 0;
/// Neither the name nor anything below it exists (NXDOMAIN, RFC 8020).
pub const MAILREP_DNS_NO_NAME: c_int = 1;

/// The server said SERVFAIL.
pub const MAILREP_DNS_SERVFAIL: c_int = 0;
/// The server said REFUSED.
pub const MAILREP_DNS_REFUSED: c_int = 1;
/// No server answered in time.
pub const MAILREP_DNS_TIMEOUT: c_int = 2;
/// An answer came that cannot be used, such as one that does not parse.
pub const MAILREP_DNS_MALFORMED: c_int = 3;
/// The network or the host failed.
pub const MAILREP_DNS_NETWORK: c_int = 4;

/// Records of one answer that are taken; no answer over TCP holds more addresses.
const MOST_RECORDS: usize = 4_096;
/// Octets of the data of one record (RFC 1035 section 3.2.1).
const MOST_DATA: usize = 65_535;

/// A DNS question that waits for its answer.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct DnsQuestion {
    /// Stands for the question; a context uses no number twice.
    pub id: u64,
    /// What is asked for: MAILREP_DNS_A, MAILREP_DNS_PTR, MAILREP_DNS_MX, MAILREP_DNS_TXT or MAILREP_DNS_AAAA, which are the numbers
    /// that the DNS has for them.
    pub kind: c_int,
    /// Milliseconds for which somebody waits for the answer, from the moment when the question was handed out.
    pub wait_ms: u32,
    /// The name, absolute, in ASCII and lower case, without a dot at the end ("" is the root), closed by 0. It is not to be looked for in
    /// search domains or the hosts file.
    pub name: [c_char; 256],
}

/// A record of an answer.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct DnsRecord {
    /// By the question's kind. A: the 4 octets of the address; AAAA: its 16; TXT: the octets of the record's character-strings, joined;
    /// MX and PTR: the name, as "mail.example.org" ("" is the root, as in a null MX).
    pub data: *const c_void,
    /// Octets of data.
    pub length: usize,
    /// Of an MX record, 0 to 65,535; otherwise it is not looked at.
    pub preference: u32,
    /// Must be 0.
    pub reserved: u32,
}

// Programs make arrays of them: they cannot grow.
const _: () = {
    assert!(std::mem::offset_of!(DnsQuestion, name) == 16);
    assert!(size_of::<DnsQuestion>() == 272);
    assert!(size_of::<DnsRecord>() == 2 * size_of::<usize>() + 8);
};

/// A function of the program that is told of a DNS question: see resolve of mailrep_options.
///
/// It answers by one of the mailrep_context_answer functions, before it returns or later, from any thread. It is called from threads of
/// the library, from several at a time; it may block, and others wait then if four do. It must not throw.
///
/// user is resolve_user of the options; question lives until the function returns. 0 says that the question is or will be
/// answered; any other number is a failure: the question could not be asked.
pub type Resolve = Option<unsafe extern "C" fn(user: *mut c_void, question: *const DnsQuestion) -> c_int>;

/// The program's function and what it is given.
#[derive(Clone, Copy)]
struct Program {
    resolve: unsafe extern "C" fn(user: *mut c_void, question: *const DnsQuestion) -> c_int,
    user: *mut c_void,
}

// SAFETY: the header says that the function is called from several threads at a time, with `user`, which is never followed here.
unsafe impl Send for Program {}
// SAFETY: as above.
unsafe impl Sync for Program {}

impl Program {
    /// Tells the program of the oldest question that it has not been told of.
    fn tell(self, resolver: &CallbackResolver, gate: &Gate) {
        for open in resolver.take_some_questions(1) {
            let question = DnsQuestion::of(&open, resolver.clock());
            // SAFETY: a function of the program, and what it wants to be called with; the question lives as long.
            let result = gate.call(|| unsafe { (self.resolve)(self.user, &question) });
            if let Some(status) = result.filter(|&status| status != 0) {
                let why = format!("the program's resolver returned {status}");
                resolver.answer(open.id, Answer::Failure(Failure::Network(why)));
            }
        }
    }
}

/// A resolver that calls the program. Each call has a thread of the runtime for itself, so that a program that blocks holds up
/// neither other checks nor the time.
pub(super) fn calling(
    resolve: unsafe extern "C" fn(*mut c_void, *const DnsQuestion) -> c_int,
    user: *mut c_void,
    gate: &Arc<Gate>,
    clock: Clock,
    most_open: usize,
) -> CallbackResolver {
    let (program, gate) = (Program { resolve, user }, Arc::clone(gate));
    CallbackResolver::with_notifier(clock, most_open, move |resolver| {
        let (resolver, gate) = (resolver.clone(), Arc::clone(&gate));
        let call = move || {
            // A thread of the runtime must survive whatever happens.
            let _ = catch_unwind(AssertUnwindSafe(|| program.tell(&resolver, &gate)));
        };
        match Handle::try_current() {
            Ok(runtime) => drop(runtime.spawn_blocking(call)),
            Err(_) => call(),
        }
    })
}

impl DnsQuestion {
    pub(super) fn of(open: &OpenQuestion, clock: &Clock) -> DnsQuestion {
        let mut name = [0; 256];
        // A name has at most 253 octets.
        for (to, octet) in name[..255].iter_mut().zip(open.question.name.as_str().bytes()) {
            *to = octet.cast_signed() as c_char;
        }
        let wait = open.deadline.since(clock.now()).as_millis();
        DnsQuestion {
            id: open.id,
            kind: number(open.question.kind),
            wait_ms: u32::try_from(wait).unwrap_or(u32::MAX),
            name,
        }
    }

    /// What the program tells us that it was asked.
    fn question(&self) -> Result<Question, Fault> {
        let name: Vec<u8> = self
            .name
            .iter()
            .map(|&octet| octet as u8)
            .take_while(|&octet| octet != 0)
            .collect();
        let name = name_of("question.name", &name)?;
        let kind = KINDS.iter().find(|(number, _)| *number == self.kind);
        let (_, kind) =
            kind.ok_or_else(|| Fault::invalid(format!("question.kind {} is no type", self.kind)))?;
        Ok(Question::new(name, *kind))
    }
}

const KINDS: [(c_int, RecordType); 5] = [
    (MAILREP_DNS_A, RecordType::A),
    (MAILREP_DNS_PTR, RecordType::Ptr),
    (MAILREP_DNS_MX, RecordType::Mx),
    (MAILREP_DNS_TXT, RecordType::Txt),
    (MAILREP_DNS_AAAA, RecordType::Aaaa),
];

fn number(kind: RecordType) -> c_int {
    match kind {
        RecordType::A => MAILREP_DNS_A,
        RecordType::Ptr => MAILREP_DNS_PTR,
        RecordType::Mx => MAILREP_DNS_MX,
        RecordType::Txt => MAILREP_DNS_TXT,
        RecordType::Aaaa => MAILREP_DNS_AAAA,
    }
}

fn name_of(what: &str, octets: &[u8]) -> Result<Name, Fault> {
    if octets.is_empty() || octets == b"." {
        return Ok(Name::root());
    }
    Name::parse(octets).map_err(|error| {
        let shown = crate::error::printable(octets);
        Fault::invalid(format!("{what} '{shown}' is no name: {error}"))
    })
}

/// Gives the answer to the question behind an id. `answer` is only asked for while the question is open.
///
/// # Safety
/// By the header's rules, for both pointers.
unsafe fn answer(
    context: *const Context,
    id: u64,
    error: *mut *mut ErrorWords,
    answer: impl FnOnce(&Question) -> Result<Answer, Fault>,
) -> c_int {
    // SAFETY: by the caller.
    guard(|| unsafe {
        error::leave(error, || {
            let context = borrow(context)?;
            let resolver = context.answered_by_program()?;
            let question = resolver.question(id).ok_or_else(|| unasked(id))?;
            if resolver.answer(id, answer(&question)?) {
                context.step();
                Ok(())
            } else {
                Err(unasked(id))
            }
        })
    })
    .into_c()
}

fn unasked(id: u64) -> Fault {
    Fault {
        status: MAILREP_UNASKED,
        message: format!("nobody waits for an answer to question {id}, or not any more"),
    }
}

/// Answers a question with records, all of the type that was asked for, aliases (CNAME) followed.
///
/// @param context  made with resolve or questions; may be used by other threads at the same time
/// @param id       that of the question
/// @param records  the records; they are copied
/// @param count    how many, at most 4,096; 0 is as MAILREP_DNS_NO_DATA
/// @param ttl      seconds for which they may be kept: the smallest of theirs and of the aliases'
/// @param error    where the error is left, to be freed with mailrep_error_free(); NULL is left on success. The argument may be NULL
/// @return         MAILREP_OK; MAILREP_NULL; MAILREP_INVALID for a record that cannot be, and then the question stays open;
///                 MAILREP_UNASKED; MAILREP_SEQUENCE for a context that was made otherwise; MAILREP_HANDLE
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailrep_context_answer_records(
    context: *const Context,
    id: u64,
    records: *const DnsRecord,
    count: usize,
    ttl: u32,
    error: *mut *mut ErrorWords,
) -> c_int {
    let read = |question: &Question| {
        if count > MOST_RECORDS {
            return Err(Fault::invalid(format!(
                "count is {count}; at most {MOST_RECORDS} records are taken"
            )));
        }
        if count > 0 && records.is_null() {
            return Err(Fault::null("records"));
        }
        // SAFETY: there are `count` records by the header's rules.
        let records = (0..count).map(|at| unsafe { records.add(at).read() });
        // SAFETY: their pointers are NULL or valid by the same rules.
        let records = unsafe { set(question.kind, records) }?;
        Ok(Answer::Records { records, ttl })
    };
    // SAFETY: the header's rules.
    unsafe { answer(context, id, error, read) }
}

/// # Safety
/// The records' pointers are NULL or valid.
unsafe fn set(kind: RecordType, records: impl Iterator<Item = DnsRecord>) -> Result<RecordSet, Fault> {
    let data = records.enumerate().map(|(at, record)| {
        if record.reserved != 0 {
            return Err(Fault::invalid(format!("records[{at}].reserved is not 0")));
        }
        if record.length > MOST_DATA {
            return Err(Fault::invalid(format!(
                "records[{at}] has {} octets; no record has more than {MOST_DATA}",
                record.length
            )));
        }
        // SAFETY: by the caller.
        let octets = unsafe { lent(&format!("records[{at}].data"), record.data, record.length) }?;
        Ok((at, octets, record.preference))
    });
    fn address<T: From<[u8; N]>, const N: usize>(at: usize, octets: &[u8]) -> Result<T, Fault> {
        <[u8; N]>::try_from(octets).map(T::from).map_err(|_| {
            Fault::invalid(format!(
                "records[{at}] has {} octets, not the {N} of an address",
                octets.len()
            ))
        })
    }
    Ok(match kind {
        RecordType::A => {
            let all: Result<Vec<_>, Fault> = data
                .map(|record| record.and_then(|(at, it, _)| address::<_, 4>(at, it)))
                .collect();
            RecordSet::A(all?.into())
        }
        RecordType::Aaaa => {
            let all: Result<Vec<_>, Fault> = data
                .map(|record| record.and_then(|(at, it, _)| address::<_, 16>(at, it)))
                .collect();
            RecordSet::Aaaa(all?.into())
        }
        RecordType::Txt => {
            let all: Result<Vec<Txt>, Fault> =
                data.map(|record| record.map(|(_, it, _)| it.into())).collect();
            RecordSet::Txt(all?.into())
        }
        RecordType::Ptr => {
            let all: Result<Vec<_>, Fault> = data
                .map(|record| record.and_then(|(at, it, _)| name_of(&format!("records[{at}]"), it)))
                .collect();
            RecordSet::Ptr(all?.into())
        }
        RecordType::Mx => {
            let all: Result<Vec<_>, Fault> = data
                .map(|record| {
                    let (at, octets, preference) = record?;
                    let preference = u16::try_from(preference).map_err(|_| {
                        Fault::invalid(format!("records[{at}].preference {preference} is above 65535"))
                    })?;
                    let exchange = name_of(&format!("records[{at}]"), octets)?;
                    Ok(Mx { preference, exchange })
                })
                .collect();
            RecordSet::Mx(all?.into())
        }
    })
}

/// Answers a question: there is no such record.
///
/// @param context  made with resolve or questions; may be used by other threads at the same time
/// @param id       that of the question
/// @param nothing  MAILREP_DNS_NO_DATA or MAILREP_DNS_NO_NAME; verdicts depend on telling them apart
/// @param ttl      seconds for which that may be kept (RFC 2308: from the SOA record); -1 if the server did not say
/// @param error    as for mailrep_context_answer_records()
/// @return         as mailrep_context_answer_records()
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailrep_context_answer_nothing(
    context: *const Context,
    id: u64,
    nothing: c_int,
    ttl: i64,
    error: *mut *mut ErrorWords,
) -> c_int {
    let read = |_: &Question| {
        let ttl = match ttl {
            -1 => None,
            ttl => Some(
                u32::try_from(ttl)
                    .map_err(|_| Fault::invalid(format!("ttl {ttl} is no number of seconds")))?,
            ),
        };
        match nothing {
            MAILREP_DNS_NO_DATA => Ok(Answer::NoData { ttl }),
            MAILREP_DNS_NO_NAME => Ok(Answer::NoSuchName { ttl }),
            other => Err(Fault::invalid(format!(
                "nothing is {other}, which stands for nothing"
            ))),
        }
    };
    // SAFETY: the header's rules.
    unsafe { answer(context, id, error, read) }
}

/// Answers a question: it is not known, now. Checks that need it end in temperror.
///
/// @param context  made with resolve or questions; may be used by other threads at the same time
/// @param id       that of the question
/// @param failure  MAILREP_DNS_SERVFAIL to MAILREP_DNS_NETWORK
/// @param why      a few words for MAILREP_DNS_MALFORMED and MAILREP_DNS_NETWORK, which verdicts tell; may be NULL
/// @param error    as for mailrep_context_answer_records()
/// @return         as mailrep_context_answer_records()
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailrep_context_answer_failure(
    context: *const Context,
    id: u64,
    failure: c_int,
    why: *const c_char,
    error: *mut *mut ErrorWords,
) -> c_int {
    let read = |_: &Question| {
        // SAFETY: the header's rules.
        let why = unsafe { lent_string("why", why) }?.unwrap_or("the program did not say why");
        let why = || crate::error::printable(why.as_bytes());
        Ok(Answer::Failure(match failure {
            MAILREP_DNS_SERVFAIL => Failure::ServFail,
            MAILREP_DNS_REFUSED => Failure::Refused,
            MAILREP_DNS_TIMEOUT => Failure::Timeout,
            MAILREP_DNS_MALFORMED => Failure::BadAnswer(why()),
            MAILREP_DNS_NETWORK => Failure::Network(why()),
            other => {
                return Err(Fault::invalid(format!(
                    "failure is {other}, which stands for nothing"
                )));
            }
        }))
    };
    // SAFETY: the header's rules.
    unsafe { answer(context, id, error, read) }
}

/// Answers a question with the message that a recursive nameserver has sent (RFC 1035 section 4), such as one that was asked by
/// mailrep_question_message().
///
/// @param context     made with resolve or questions; may be used by other threads at the same time
/// @param id          that of the question
/// @param message_id  the ID under which the nameserver was asked
/// @param message     what came, from the nameserver that was asked; without the length that goes before it over TCP
/// @param length      octets of message
/// @param error       as for mailrep_context_answer_records()
/// @return            as mailrep_context_answer_records(), and: MAILREP_INVALID if the message is no answer to this question, so that one goes
///                    on waiting; MAILREP_TRUNCATED. The question stays open with both
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailrep_context_answer_message(
    context: *const Context,
    id: u64,
    message_id: u16,
    message: *const c_void,
    length: usize,
    error: *mut *mut ErrorWords,
) -> c_int {
    let read = |question: &Question| {
        // SAFETY: the header's rules.
        let octets = unsafe { lent("message", message, length) }?;
        match wire::read(question, message_id, octets) {
            Reply::Answer(answer) => Ok(answer),
            Reply::Truncated => Err(Fault {
                status: MAILREP_TRUNCATED,
                message: "the answer did not fit into the message; ask again over TCP".into(),
            }),
            Reply::Other => Err(Fault::invalid(format!(
                "the message is no answer to '{question}'"
            ))),
        }
    };
    // SAFETY: the header's rules.
    unsafe { answer(context, id, error, read) }
}

/// Makes the message that asks a recursive nameserver a question (RFC 1035 section 4), over UDP, or over TCP with its length before
/// it in two octets.
///
/// @param question    from mailrep_context_questions(), or what resolve was given
/// @param message_id  the message's ID: a new random number each time, or strangers can guess it
/// @param message     where the message is left
/// @param capacity    octets that there is room for; 512 are always enough
/// @param length      where the number of octets is left
/// @return            MAILREP_OK; MAILREP_NULL; MAILREP_INVALID if there is not room enough, or for a question that cannot be
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailrep_question_message(
    question: *const DnsQuestion,
    message_id: u16,
    message: *mut c_void,
    capacity: usize,
    length: *mut usize,
) -> c_int {
    guard(|| -> Status {
        if length.is_null() {
            return Err(Fault::null("length"));
        }
        // SAFETY: places and structures of the program by the header's rules, not NULL.
        unsafe {
            length.write(0);
            let question = question
                .as_ref()
                .ok_or_else(|| Fault::null("question"))?
                .question()?;
            if message.is_null() {
                return Err(Fault::null("message"));
            }
            let octets = wire::query(&question, message_id);
            if octets.is_empty() || octets.len() > capacity {
                return Err(Fault::invalid(format!("the message has {} octets", octets.len())));
            }
            ptr::copy_nonoverlapping(octets.as_ptr(), message.cast(), octets.len());
            length.write(octets.len());
        }
        Ok(())
    })
    .into_c()
}
