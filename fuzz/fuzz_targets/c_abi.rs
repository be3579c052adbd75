//! Calls of the C ABI in any order, legal and illegal: NULL, lengths beyond memory, handles that were freed, or are of another
//! kind, calls out of turn. Each returns a status that is no panic, leaves NULL where it failed, and texts are closed by 0.
//!
//! Not tried is what nobody can tell: pointers that were never handles, and lengths that lie within memory.
#![no_main]

use libfuzzer_sys::fuzz_target;
use mailrep::ffi::auth_results::*;
use mailrep::ffi::context::*;
use mailrep::ffi::dns::*;
use mailrep::ffi::error::*;
use mailrep::ffi::options::*;
use mailrep::ffi::signer::*;
use mailrep::ffi::signing::*;
use mailrep::ffi::signing_key::*;
use mailrep::ffi::srs::*;
use mailrep::ffi::srs_options::*;
use mailrep::ffi::srs_outcome::*;
use mailrep::ffi::status::*;
use mailrep::ffi::text::{Octets, Text};
use mailrep::ffi::trace::*;
use mailrep::ffi::transaction::*;
use mailrep::ffi::verdict::*;
use mailrep::ffi::verdict_dmarc::*;
use std::ffi::{CStr, CString, c_char, c_int, c_void};
use std::ptr;
use std::sync::atomic::{AtomicPtr, AtomicUsize, Ordering};

/// Calls for one input: fewer than the handles whose free is remembered.
const MOST_CALLS: usize = 400;
/// Contexts for one input, since some have threads.
const MOST_CONTEXTS: usize = 3;

const ZONE: &[u8] = b"example.org. 300 TXT \"v=spf1 a mx include:other.example -all\"\n\
    _dmarc.example.org. 300 TXT \"v=DMARC1; p=reject\"\n\
    example.org. 300 MX 10 mail.example.org.\n\
    mail.example.org. 300 A 192.0.2.1\n\
    1.2.0.192.in-addr.arpa. 300 PTR mail.example.org.\n";

/// What the program's function does with questions, and its context.
struct Program {
    context: AtomicPtr<Context>,
    how: AtomicUsize,
}

unsafe extern "C" fn resolve(user: *mut c_void, question: *const DnsQuestion) -> c_int {
    // SAFETY: what the context was made with, which outlives it.
    let (program, question) = unsafe { (&*user.cast::<Program>(), &*question) };
    let context = program.context.load(Ordering::Acquire);
    match program.how.load(Ordering::Relaxed) % 4 {
        0 => unsafe {
            mailrep_context_answer_nothing(context, question.id, MAILREP_DNS_NO_NAME, 60, ptr::null_mut());
            0
        },
        1 => 1,
        2 => unsafe {
            mailrep_context_answer_failure(context, question.id, 2, ptr::null(), ptr::null_mut());
            0
        },
        _ => 0,
    }
}

struct Input<'a> {
    data: &'a [u8],
    /// What the calls of this input were given, kept as exactly as many octets as were said.
    lent: Vec<Box<[u8]>>,
    strings: Vec<CString>,
}

impl Input<'_> {
    fn byte(&mut self) -> u8 {
        match self.data.split_first() {
            Some((&first, rest)) => {
                self.data = rest;
                first
            }
            None => 0,
        }
    }

    fn number(&mut self) -> i64 {
        match self.byte() {
            0 => -1,
            1 => i64::MAX,
            2 => i64::MIN,
            byte => i64::from(byte) * 10_000_019,
        }
    }

    fn take(&mut self) -> &[u8] {
        const WORDS: [&[u8]; 12] = [
            b"192.0.2.1",
            b"mail.example.org",
            b"<ada@example.org>",
            b"example.org",
            b"From: ada@example.org\r\nSubject: x\r\n\r\nHello\r\n",
            b"From",
            b" ada@example.org",
            b"SRS0=aaaa=AA=example.org=ada@srs.example.net",
            b"v=spf1 -all",
            b"mx.example.org; spf=pass smtp.mailfrom=a@b.example",
            b"DKIM-Signature: v=1; a=ed25519-sha256; d=example.org; s=s; h=from; bh=aaaa; b=aaaa\r\n",
            b"",
        ];
        let kind = self.byte();
        if usize::from(kind) < WORDS.len() {
            return WORDS[usize::from(kind)];
        }
        let length = usize::from(kind).min(self.data.len());
        let (octets, rest) = self.data.split_at(length);
        self.data = rest;
        octets
    }

    /// A pointer and a length, true ones mostly.
    fn octets<T>(&mut self) -> (*const T, usize) {
        match self.byte() {
            0 => return (ptr::null(), 0),
            1 => return (ptr::null(), 7),
            2 => {
                self.lent.push(Box::new([7]));
                let one = self.lent.last().expect("just put there");
                return (one.as_ptr().cast(), usize::MAX);
            }
            _ => {}
        }
        let octets: Box<[u8]> = self.take().into();
        let found = (octets.as_ptr().cast(), octets.len());
        self.lent.push(octets);
        found
    }

    fn string(&mut self) -> *const c_char {
        if self.byte() == 0 {
            return ptr::null();
        }
        let octets: Vec<u8> = self.take().iter().copied().filter(|&octet| octet != 0).collect();
        self.strings.push(CString::new(octets).expect("no zero in it"));
        self.strings.last().expect("just put there").as_ptr()
    }
}

/// Handles of all kinds, living and freed ones.
#[derive(Default)]
struct Handles(Vec<(Kind, *mut c_void)>);

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Context,
    Transaction,
    Verdict,
    Error,
    Key,
    Signer,
    Table,
    Signing,
    Results,
    Srs,
    Outcome,
}

impl Handles {
    /// One of a kind mostly; sometimes NULL or another.
    fn pick<T>(&self, kind: Kind, input: &mut Input) -> *mut T {
        let byte = input.byte();
        if byte == 0 {
            return ptr::null_mut();
        }
        let fits = |&&(other, _): &&(Kind, *mut c_void)| byte == 1 || other == kind;
        let count = self.0.iter().filter(fits).count();
        if count == 0 {
            return ptr::null_mut();
        }
        // The youngest first: they are the ones that calls lead on from.
        let at = count - 1 - (usize::from(byte) / 2) % count;
        self.0
            .iter()
            .filter(fits)
            .nth(at)
            .map_or(ptr::null_mut(), |&(_, handle)| handle.cast())
    }

    /// Takes what a call has left.
    fn keep<T>(&mut self, kind: Kind, status: c_int, left: *mut T) {
        good(status);
        assert_eq!(left.is_null(), status != MAILREP_OK, "status {status}");
        if !left.is_null() {
            self.0.push((kind, left.cast()));
        }
    }
}

fn pick_signer(handles: &Handles, input: &mut Input) -> *const Signer {
    handles.pick(Kind::Signer, input)
}

fn good(status: c_int) {
    assert!(
        (MAILREP_OK..=MAILREP_TRUNCATED).contains(&status),
        "status {status}"
    );
    assert_ne!(status, MAILREP_PANIC);
}

/// A text is closed by 0 and UTF-8.
fn read(text: Text) {
    if text.data.is_null() {
        assert_eq!(text.length, 0);
        return;
    }
    // SAFETY: what the header says of texts.
    let words = unsafe { CStr::from_ptr(text.data) };
    assert_eq!(words.count_bytes(), text.length);
    assert!(words.to_str().is_ok());
}

fn new_context(input: &mut Input, handles: &mut Handles, program: &Program) {
    // SAFETY: places of our own, pointers that live as long as the call, and a program that outlives the context.
    unsafe {
        let mut options = std::mem::zeroed::<Options>();
        good(mailrep_options_init(&mut options, size_of::<Options>()));
        options.trace = c_int::from(input.byte() & 1);
        options.dns_time_ms = 20;
        let zone;
        match input.byte() % 4 {
            0 => {
                options.zone_text = ZONE.as_ptr().cast();
                options.zone_text_length = ZONE.len();
            }
            1 => {
                options.resolve = Some(resolve);
                options.resolve_user = ptr::from_ref(program).cast_mut().cast();
            }
            2 => options.questions = 1,
            _ => {
                options.questions = c_int::from(input.byte());
                options.open_questions = usize::from(input.byte() % 4);
                options.threads = u32::from(input.byte() % 3);
                zone = input.octets();
                (options.zone_text, options.zone_text_length) = zone;
                options.authserv_id = input.string();
                options.reserved = u32::from(input.byte() == 1);
                options.size = match input.byte() {
                    1 => 0,
                    2 => usize::MAX,
                    _ => options.size,
                };
            }
        }
        let (mut context, mut error) = (ptr::null_mut(), ptr::null_mut());
        let status = mailrep_context_new(&options, &mut context, &mut error);
        program.context.store(context, Ordering::Release);
        handles.keep(Kind::Context, status, context);
        if !error.is_null() {
            handles.0.push((Kind::Error, error.cast()));
        }
    }
}

fn call(input: &mut Input, handles: &mut Handles, program: &Program, contexts: &mut usize) {
    use Kind::*;
    let which = input.byte() % 48;
    let error: *mut *mut ErrorWords = ptr::null_mut();
    // SAFETY: every pointer is NULL, or a handle living or freed not long ago, or has as many octets as are said, or more are said
    // than memory can hold.
    unsafe {
        match which {
            0 if *contexts < MOST_CONTEXTS => {
                *contexts += 1;
                new_context(input, handles, program);
            }
            0..=2 => {
                let mut transaction = ptr::null_mut();
                let context = handles.pick(Context, input);
                let status = mailrep_transaction_new_at(context, 1_772_355_660, &mut transaction);
                handles.keep(Transaction, status, transaction);
            }
            3 => good(mailrep_transaction_connect(
                handles.pick(Transaction, input),
                b"192.0.2.1".as_ptr().cast(),
                9,
            )),
            4 => {
                let (octets, length) = input.octets();
                good(mailrep_transaction_connect_octets(
                    handles.pick(Transaction, input),
                    octets,
                    length,
                ));
            }
            5 => {
                let (octets, length) = input.octets();
                good(mailrep_transaction_helo(
                    handles.pick(Transaction, input),
                    octets,
                    length,
                ));
            }
            6 | 7 => {
                let (octets, length) = input.octets();
                good(mailrep_transaction_mail_from(
                    handles.pick(Transaction, input),
                    octets,
                    length,
                ));
            }
            8 => {
                let (octets, length) = input.octets();
                good(mailrep_transaction_authenticated(
                    handles.pick(Transaction, input),
                    octets,
                    length,
                ));
                let (octets, length) = input.octets();
                good(mailrep_transaction_rcpt(
                    handles.pick(Transaction, input),
                    octets,
                    length,
                ));
            }
            9 | 10 => {
                let ((name, length), (value, value_length)) = (input.octets(), input.octets());
                let transaction = handles.pick(Transaction, input);
                good(mailrep_transaction_header(
                    transaction,
                    name,
                    length,
                    value,
                    value_length,
                ));
            }
            11 => good(mailrep_transaction_end_of_headers(
                handles.pick(Transaction, input),
            )),
            12 => {
                let (octets, length) = input.octets();
                good(mailrep_transaction_body(
                    handles.pick(Transaction, input),
                    octets,
                    length,
                ));
            }
            13 | 14 => {
                let (octets, length) = input.octets();
                good(mailrep_transaction_data(
                    handles.pick(Transaction, input),
                    octets,
                    length,
                ));
            }
            15 => {
                let (octets, length) = input.octets();
                good(mailrep_transaction_file_data(
                    handles.pick(Transaction, input),
                    octets,
                    length,
                ));
            }
            16..=18 => {
                let mut verdict = ptr::null_mut();
                let transaction = handles.pick(Transaction, input);
                let status = mailrep_transaction_finish(transaction, &mut verdict);
                handles.keep(Verdict, status, verdict);
                assert!(!mailrep_transaction_error(transaction).is_null());
            }
            19 => {
                let context = handles.pick::<mailrep::ffi::context::Context>(Context, input);
                let ready = mailrep_context_ready(context);
                assert!(
                    ready.is_null() || handles.0.contains(&(Transaction, ready.cast())),
                    "a transaction of ours"
                );
                assert!(mailrep_context_wait_ms(context) >= -1);
                mailrep_transaction_set_user(ready, ready.cast());
                assert_eq!(mailrep_transaction_user(ready), ready.cast());
            }
            20..=24 => {
                let context = handles.pick(Context, input);
                answer(input, context);
            }
            25 => program.how.store(usize::from(input.byte()), Ordering::Relaxed),
            26 | 27 => {
                let verdict = handles.pick(Verdict, input);
                let index = usize::from(input.byte() % 4);
                read(mailrep_verdict_json(verdict));
                read(mailrep_verdict_authentication_results(verdict));
                read(mailrep_verdict_spf_reason(verdict));
                read(mailrep_verdict_dkim_reason(verdict, index));
                read(mailrep_verdict_dkim_hint(verdict, index));
                read(mailrep_verdict_dmarc_reason(verdict));
                read(mailrep_verdict_iprev_reason(verdict));
                read(mailrep_verdict_trace_json(verdict));
                read(mailrep_verdict_trace_subject(verdict, index));
                mailrep_verdict_trace_parent(verdict, usize::MAX);
                mailrep_verdict_header_to_remove(verdict, index);
            }
            28 => {
                let mut key = ptr::null_mut();
                let status = if input.byte() & 1 == 0 {
                    mailrep_key_generate(MAILREP_KEY_ED25519, &mut key, error)
                } else {
                    let (octets, length) = input.octets();
                    mailrep_key_parse(octets, length, &mut key, error)
                };
                handles.keep(Key, status, key);
                read(mailrep_key_record(key));
            }
            29 | 30 => {
                let mut options = std::mem::zeroed::<SignerOptions>();
                good(mailrep_signer_options_init(
                    &mut options,
                    size_of::<SignerOptions>(),
                ));
                options.domain = input.string();
                options.selector = input.string();
                options.key = handles.pick(Key, input);
                if input.byte() == 1 {
                    options.identity = input.string();
                    options.header = c_int::from(input.byte() % 3);
                    options.signed_count = usize::from(input.byte());
                    options.expires_after_s = u64::MAX;
                }
                let mut signer = ptr::null_mut();
                let status = mailrep_signer_new(&options, &mut signer, error);
                handles.keep(Signer, status, signer);
                read(mailrep_signer_zone_entry(signer));
            }
            31 => {
                let mut table = ptr::null_mut();
                let status = mailrep_signing_table_new(&mut table);
                handles.keep(Table, status, table);
            }
            32 => {
                let signers = [pick_signer(handles, input), pick_signer(handles, input)];
                let accounts = [input.string(), input.string()];
                let table = handles.pick(Table, input);
                let (count, senders) = (usize::from(input.byte() % 3), c_int::from(input.byte() % 4));
                let pattern = input.string();
                let signers = signers.as_ptr();
                good(mailrep_signing_table_add(
                    table,
                    pattern,
                    signers,
                    count,
                    senders,
                    accounts.as_ptr(),
                    count,
                    error,
                ));
            }
            33 | 34 => {
                let signers = [pick_signer(handles, input), pick_signer(handles, input)];
                let count = if input.byte() == 0 {
                    usize::MAX
                } else {
                    usize::from(input.byte() % 3)
                };
                let mut signing = ptr::null_mut();
                let status = mailrep_signing_new(signers.as_ptr(), count, &mut signing);
                handles.keep(Signing, status, signing);
            }
            35 => {
                let (account, length) = input.octets();
                let mut signing = ptr::null_mut();
                let status =
                    mailrep_signing_new_by_table(handles.pick(Table, input), account, length, &mut signing);
                handles.keep(Signing, status, signing);
            }
            36 => {
                let ((name, length), (value, value_length)) = (input.octets(), input.octets());
                good(mailrep_signing_header(
                    handles.pick(Signing, input),
                    name,
                    length,
                    value,
                    value_length,
                ));
                if input.byte() & 1 == 0 {
                    good(mailrep_signing_end_of_headers(handles.pick(Signing, input)));
                }
            }
            37 => {
                let (octets, length) = input.octets();
                good(mailrep_signing_body(handles.pick(Signing, input), octets, length));
            }
            38 => {
                let (octets, length) = input.octets();
                good(mailrep_signing_data(handles.pick(Signing, input), octets, length));
                let (octets, length) = input.octets();
                good(mailrep_signing_file_data(
                    handles.pick(Signing, input),
                    octets,
                    length,
                ));
            }
            39 => {
                let signing = handles.pick(Signing, input);
                good(mailrep_signing_finish(signing, input.number()));
                (0..mailrep_signing_count(signing)).for_each(|at| read(mailrep_signing_field(signing, at)));
                read(mailrep_signing_refusal(signing));
                assert!(!mailrep_signing_error(signing).is_null());
            }
            40 => {
                let mut results = ptr::null_mut();
                let status = if input.byte() & 1 == 0 {
                    mailrep_auth_results_new(input.string(), &mut results, error)
                } else {
                    let (octets, length) = input.octets();
                    mailrep_auth_results_parse(
                        octets,
                        length,
                        c_int::from(input.byte() & 1),
                        &mut results,
                        error,
                    )
                };
                handles.keep(Results, status, results);
            }
            41 => {
                let results = handles.pick::<AuthResults>(Results, input);
                let [method, result, reason, comment] =
                    [input.string(), input.string(), input.string(), input.string()];
                good(mailrep_auth_results_add(
                    results, method, result, reason, comment, error,
                ));
                let (octets, length) = input.octets();
                good(mailrep_auth_results_add_property(
                    results, method, result, octets, length, error,
                ));
                let index = mailrep_auth_results_count(results).wrapping_sub(1);
                read(mailrep_auth_results_value(results));
                read(mailrep_auth_results_unfolded(results));
                read(mailrep_auth_results_comment(results, index));
                read(mailrep_auth_results_property_value(results, index, 0));
                let claims = mailrep_auth_results_claims(octets.cast(), length, method);
                assert!((MAILREP_ABSENT..=1).contains(&claims));
            }
            42 => {
                let mut options = std::mem::zeroed::<SrsOptions>();
                good(mailrep_srs_options_init(&mut options, size_of::<SrsOptions>()));
                options.domain = input.string();
                let secret = b"a-secret-of-sixteen-octets";
                (options.secrets, options.secrets_length) = match input.byte() {
                    1 => input.octets(),
                    _ => (secret.as_ptr().cast(), secret.len()),
                };
                options.mac = c_int::from(input.byte() % 3);
                let mut srs = ptr::null_mut();
                let status = mailrep_srs_new(&options, &mut srs, error);
                handles.keep(Srs, status, srs);
            }
            43 => {
                let (octets, length) = input.octets();
                let (srs, now) = (handles.pick(Srs, input), input.number());
                let mut outcome = ptr::null_mut();
                let status = if input.byte() & 1 == 0 {
                    mailrep_srs_forward(srs, octets, length, now, &mut outcome)
                } else {
                    let views = [Octets { data: octets, length }];
                    let count = if input.byte() == 0 { usize::MAX } else { 1 };
                    mailrep_srs_reverse_all(srs, views.as_ptr(), count, now, &mut outcome)
                };
                handles.keep(Outcome, status, outcome);
                read(mailrep_srs_outcome_reason(outcome, usize::from(input.byte() % 2)));
            }
            44 => {
                let error = handles.pick::<ErrorWords>(Error, input);
                good(mailrep_error_status(error));
                assert!(!mailrep_error_text(error).is_null());
            }
            _ => free(input, handles),
        }
    }
}

/// # Safety
/// `context` is NULL, or a handle living or freed not long ago.
unsafe fn answer(input: &mut Input, context: *const Context) {
    // SAFETY: by the caller; the places are our own.
    unsafe {
        let mut question = std::mem::zeroed::<DnsQuestion>();
        let mut count = 7;
        good(mailrep_context_questions(
            context,
            &mut question,
            usize::from(input.byte() % 2),
            &mut count,
        ));
        if count != 1 {
            question.id = u64::from(input.byte());
        }
        let (id, error) = (question.id, ptr::null_mut());
        match input.byte() % 4 {
            0 => {
                let (data, length) = input.octets();
                let record = DnsRecord {
                    data,
                    length,
                    preference: u32::from(input.byte()) << 9,
                    reserved: u32::from(input.byte() == 1),
                };
                let count = if input.byte() == 0 { usize::MAX } else { 1 };
                good(mailrep_context_answer_records(
                    context, id, &record, count, 300, error,
                ));
            }
            1 => good(mailrep_context_answer_nothing(
                context,
                id,
                c_int::from(input.byte() % 3),
                input.number(),
                error,
            )),
            2 => good(mailrep_context_answer_failure(
                context,
                id,
                c_int::from(input.byte() % 6),
                input.string(),
                error,
            )),
            _ => {
                let mut octets = [0_u8; 512];
                let mut length = 0;
                good(mailrep_question_message(
                    &question,
                    7,
                    octets.as_mut_ptr().cast(),
                    512,
                    &mut length,
                ));
                octets[2] = input.byte();
                octets[3] = input.byte();
                good(mailrep_context_answer_message(
                    context,
                    id,
                    7,
                    octets.as_ptr().cast(),
                    length,
                    error,
                ));
                let (octets, length) = input.octets();
                good(mailrep_context_answer_message(
                    context, id, 7, octets, length, error,
                ));
            }
        }
    }
}

/// Frees a handle of some kind, perhaps one that was freed, perhaps as one of another kind; it stays in the list.
///
/// # Safety
/// None but those of all handles.
unsafe fn free(input: &mut Input, handles: &Handles) {
    let kinds = [
        Kind::Context,
        Kind::Transaction,
        Kind::Verdict,
        Kind::Error,
        Kind::Key,
        Kind::Signer,
        Kind::Table,
        Kind::Signing,
        Kind::Results,
        Kind::Srs,
        Kind::Outcome,
    ];
    let kind = kinds[usize::from(input.byte()) % kinds.len()];
    let handle = handles.pick::<c_void>(kind, input);
    // SAFETY: NULL, or a handle living or freed not long ago.
    unsafe { free_as(kind, handle) }
}

/// # Safety
/// `handle` is NULL, or a handle living or freed not long ago.
unsafe fn free_as(kind: Kind, handle: *mut c_void) {
    // SAFETY: by the caller.
    unsafe {
        match kind {
            Kind::Context => mailrep_context_free(handle.cast()),
            Kind::Transaction => mailrep_transaction_free(handle.cast()),
            Kind::Verdict => mailrep_verdict_free(handle.cast()),
            Kind::Error => mailrep_error_free(handle.cast()),
            Kind::Key => mailrep_key_free(handle.cast()),
            Kind::Signer => mailrep_signer_free(handle.cast()),
            Kind::Table => mailrep_signing_table_free(handle.cast()),
            Kind::Signing => mailrep_signing_free(handle.cast()),
            Kind::Results => mailrep_auth_results_free(handle.cast()),
            Kind::Srs => mailrep_srs_free(handle.cast()),
            Kind::Outcome => mailrep_srs_outcome_free(handle.cast()),
        }
    }
}

fuzz_target!(|data: &[u8]| {
    let mut input = Input {
        data,
        lent: Vec::new(),
        strings: Vec::new(),
    };
    let program = Program {
        context: AtomicPtr::new(ptr::null_mut()),
        how: AtomicUsize::new(0),
    };
    let mut handles = Handles::default();
    let mut contexts = 0;
    for _ in 0..MOST_CALLS {
        if input.data.is_empty() {
            break;
        }
        call(&mut input, &mut handles, &program, &mut contexts);
    }
    for &(kind, handle) in &handles.0 {
        // SAFETY: a handle of this kind, living or freed not long ago.
        unsafe { free_as(kind, handle) };
    }
});
