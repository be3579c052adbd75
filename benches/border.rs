//! What the border to C costs: `cargo bench --bench border --all-features`.
//!
//! The same message goes through Rust and through the functions of `mailrep.h`, called by pointers that the compiler cannot see through,
//! as a linked program calls them. Both take their turn in rounds; microseconds are medians of CPU time for one verdict, of which the ratio
//! is made round by round. "stepped" has no thread of the library's (`driver::Stepper`, and a context with `questions`), so that it shows the
//! border alone; "threads" is what most programs use (`driver::Checker`), where handing work from thread to thread costs more than the
//! border and differs by its timing.

// Calling what C calls needs it.
#![allow(unsafe_code)]
#![allow(clippy::unwrap_used, missing_docs)]

#[expect(dead_code, reason = "only the bodies are needed")]
mod letters;
mod usage;

use futures_util::FutureExt as _;
use letters::Content;
use mailrep::Limits;
use mailrep::clock::{Clock, Moment, UnixTime};
use mailrep::dkim::{DkimResult, MessageSigning, NewKey, Signer, SignerOptions, SigningKey, zone_entry};
use mailrep::dns::callback::CallbackResolver;
use mailrep::dns::zone::Zone;
use mailrep::dns::{Answer, Name, Question, RecordSet, RecordType, Resolver as _};
use mailrep::driver::{Checker, CheckerResolver, Setup, Source, Stepper};
use mailrep::ffi::context::{
    Context, mailrep_context_free, mailrep_context_new, mailrep_context_questions, mailrep_transaction_new_at,
};
use mailrep::ffi::dns::{
    DnsQuestion, DnsRecord, mailrep_context_answer_nothing, mailrep_context_answer_records,
};
use mailrep::ffi::options::{Options, mailrep_options_init};
use mailrep::ffi::status::MAILREP_AGAIN;
use mailrep::ffi::text::Text;
use mailrep::ffi::transaction::{
    mailrep_transaction_connect, mailrep_transaction_data, mailrep_transaction_finish,
    mailrep_transaction_free, mailrep_transaction_helo, mailrep_transaction_mail_from,
    mailrep_transaction_rcpt,
};
use mailrep::ffi::verdict::{
    mailrep_verdict_authentication_results, mailrep_verdict_dkim_result, mailrep_verdict_free,
    mailrep_verdict_spf_result,
};
use mailrep::ffi::verdict_dmarc::{mailrep_verdict_dmarc_disposition, mailrep_verdict_dmarc_result};
use mailrep::ffi::{transaction, verdict};
use mailrep::spf::SpfResult;
use mailrep::transaction::Transaction;
use std::ffi::CStr;
use std::hint::black_box;
use std::ptr;
use std::sync::Arc;
use std::time::Duration;

const ROUNDS: usize = 41;
/// What a round takes, roughly.
const ROUND: Duration = Duration::from_millis(100);
const NOW: i64 = 1_795_347_080;
const HEADER: &str = "From: Ada Lovelace <ada@example.org>\r\nTo: Charles Babbage <charles@example.net>\r\n\
    Subject: Notes on the engine, and what it might compose\r\nDate: Thu, 26 Nov 2026 11:00:00 +0000\r\n\
    Message-ID: <20261126110000.1234@mail.example.org>\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n";

fn main() {
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    println!(
        "a verdict with SPF, DKIM, DMARC and iprev, all answers cached; microseconds of CPU, medians of {ROUNDS} rounds; load at the start {}",
        load.split(' ').next().unwrap_or("unknown")
    );
    println!(
        "{:<22} {:>10} {:>10} {:>7}",
        "message of 2 KB", "Rust", "C", "ratio"
    );
    for (name, key) in [
        ("RSA signature", Some(NewKey::Rsa2048)),
        ("Ed25519 signature", Some(NewKey::Ed25519)),
        ("unsigned", None),
    ] {
        compare(name, key);
    }
}

fn compare(name: &str, new: Option<NewKey>) {
    let mut message = HEADER.as_bytes().to_vec();
    message.extend(letters::body(Content::Text, 2_000));
    let mut text =
        "$TTL 3600\nexample.org. TXT \"v=spf1 ip4:192.0.2.1 -all\"\n_dmarc.example.org. TXT \"v=DMARC1; p=reject\"\n\
                    mail.example.org. A 192.0.2.1\n1.2.0.192.in-addr.arpa. PTR mail.example.org.\n"
            .to_owned();
    if let Some(new) = new {
        let key = SigningKey::generate(new).unwrap();
        let signer = Signer::new("example.org", "bench", key.into(), SignerOptions::default()).unwrap();
        text += &zone_entry(signer.key_name(), &signer.key().record());
        text.push('\n');
        let mut signing = MessageSigning::new(vec![signer.into()], &Limits::default());
        signing.data(&message).unwrap();
        let field = signing.finish(UnixTime(NOW)).unwrap().remove(0).to_string();
        message.splice(0..0, field.into_bytes());
    }
    let signed = new.is_some();
    let zone = Zone::parse(text.as_bytes(), "zone").unwrap();
    for stepped in [true, false] {
        let source = |resolver: &CallbackResolver| match stepped {
            true => Source::Callback(resolver.clone()),
            false => Source::Zone(zone.clone()),
        };
        let dns = CallbackResolver::new(Clock::system());
        let checker = Checker::new(Setup {
            source: source(&dns),
            ..Setup::default()
        })
        .unwrap();
        let rust = Rust {
            stepper: stepped.then(Arc::default),
            checker,
            dns,
            zone: &zone,
        };
        let context = Handle::new(&zone, stepped, &text);
        let name = format!("{name}, {}", if stepped { "stepped" } else { "threads" });
        take_turns(
            &name,
            || rust.check(&message, signed),
            || through_c(&context, &message, signed),
        );
    }
}

fn take_turns(name: &str, rust: impl Fn(), c: impl Fn()) {
    // Both caches are warm, and it is known how many fit into a round.
    let times = {
        let warm = usage::of(|| (0..200).for_each(|_| (rust(), c()).0));
        usize::try_from(ROUND.as_nanos() / (warm.each(400).cpu.as_nanos() + 1))
            .unwrap()
            .max(1)
    };
    let mut costs = [Vec::new(), Vec::new()];
    for round in 0..ROUNDS {
        // Who comes first takes turns, too.
        for which in [round % 2, 1 - round % 2] {
            let cost = match which {
                0 => usage::of(|| (0..times).for_each(|_| rust())),
                _ => usage::of(|| (0..times).for_each(|_| c())),
            };
            costs[which].push(cost.each(times));
        }
    }
    let mut ratios: Vec<f64> = costs[0]
        .iter()
        .zip(&costs[1])
        .map(|(rust, c)| c.cpu.as_secs_f64() / rust.cpu.as_secs_f64())
        .collect();
    ratios.sort_by(f64::total_cmp);
    let [rust, c] = costs.map(|costs| usage::typical(&costs).cpu.as_secs_f64() * 1e6);
    println!("{name:<30} {rust:>10.2} {c:>10.2} {:>7.3}", ratios[ROUNDS / 2]);
}

/// What the zone says.
fn answer_of(zone: &Zone, question: &Question) -> Answer {
    let later = Moment(Duration::from_secs(u64::MAX));
    zone.lookup(question, later).now_or_never().unwrap()
}

struct Rust<'a> {
    checker: Checker,
    /// None with threads.
    stepper: Option<Arc<Stepper>>,
    dns: CallbackResolver,
    zone: &'a Zone,
}

impl Rust<'_> {
    fn check(&self, message: &[u8], signed: bool) {
        let verdict = match &self.stepper {
            None => {
                let mut transaction = self.checker.transaction_at(UnixTime(NOW));
                tell(&mut transaction, message);
                transaction.finish()
            }
            Some(stepper) => {
                let spawn = Arc::clone(stepper) as _;
                let mut transaction = Transaction::at(&self.checker.context(), spawn, UnixTime(NOW));
                tell(&mut transaction, message);
                let mut finish = Box::pin(transaction.finish());
                loop {
                    if let Some(verdict) = (&mut finish).now_or_never() {
                        break verdict;
                    }
                    for open in self.dns.take_questions() {
                        self.dns.answer(open.id, answer_of(self.zone, &open.question));
                    }
                    stepper.step();
                }
            }
        };
        let verdict = verdict.unwrap();
        assert_eq!(verdict.spf.as_ref().unwrap().evaluation.result, SpfResult::Pass);
        if signed {
            assert_eq!(verdict.dkim[0].result, DkimResult::Pass);
        }
        black_box((
            verdict.dmarc.result,
            verdict.dmarc.disposition,
            &verdict.authentication_results,
        ));
    }
}

fn tell(transaction: &mut Transaction<CheckerResolver>, message: &[u8]) {
    transaction.connect("192.0.2.1".parse().unwrap()).unwrap();
    transaction.helo(b"mail.example.org").unwrap();
    transaction.mail_from(b"ada@example.org").unwrap();
    transaction.rcpt(b"charles@example.net").unwrap();
    transaction.data(black_box(message)).unwrap();
}

/// A context of C.
struct Handle<'a> {
    context: *mut Context,
    zone: &'a Zone,
}

impl Handle<'_> {
    fn new<'a>(zone: &'a Zone, stepped: bool, text: &str) -> Handle<'a> {
        // SAFETY: a structure and a place of our own, and a text that lives as long as the call.
        unsafe {
            let mut options = std::mem::zeroed::<Options>();
            assert_eq!(mailrep_options_init(&mut options, size_of::<Options>()), 0);
            if stepped {
                options.questions = 1;
            } else {
                options.zone_text = text.as_ptr().cast();
                options.zone_text_length = text.len();
            }
            let mut context = ptr::null_mut();
            assert_eq!(mailrep_context_new(&options, &mut context, ptr::null_mut()), 0);
            Handle { context, zone }
        }
    }

    /// Answers what is asked, before all is cached.
    fn answer(&self) {
        // SAFETY: a context that lives, and places and records of our own.
        unsafe {
            let mut question = std::mem::zeroed::<DnsQuestion>();
            let mut count = 1;
            loop {
                let context = self.context.cast_const();
                assert_eq!(
                    mailrep_context_questions(context, &mut question, 1, &mut count),
                    0
                );
                if count == 0 {
                    return;
                }
                let name = CStr::from_ptr(question.name.as_ptr()).to_bytes();
                let kinds = [
                    RecordType::Txt,
                    RecordType::A,
                    RecordType::Ptr,
                    RecordType::Mx,
                    RecordType::Aaaa,
                ];
                let kind = kinds
                    .into_iter()
                    .zip([16, 1, 12, 15, 28])
                    .find(|(_, number)| *number == question.kind);
                let asked = Question::new(Name::parse(name).unwrap(), kind.unwrap().0);
                let answer = answer_of(self.zone, &asked);
                let Answer::Records { records, ttl } = answer else {
                    mailrep_context_answer_nothing(context, question.id, 1, 300, ptr::null_mut());
                    continue;
                };
                let data: Vec<Vec<u8>> = match &records {
                    RecordSet::Txt(all) => all.iter().map(|text| text.to_vec()).collect(),
                    RecordSet::A(all) => all.iter().map(|address| address.octets().to_vec()).collect(),
                    RecordSet::Ptr(all) => all.iter().map(|name| name.as_str().as_bytes().to_vec()).collect(),
                    other => unreachable!("{other}"),
                };
                let views: Vec<DnsRecord> = data
                    .iter()
                    .map(|octets| DnsRecord {
                        data: octets.as_ptr().cast(),
                        length: octets.len(),
                        preference: 0,
                        reserved: 0,
                    })
                    .collect();
                let error = ptr::null_mut();
                mailrep_context_answer_records(context, question.id, views.as_ptr(), views.len(), ttl, error);
            }
        }
    }
}

impl Drop for Handle<'_> {
    fn drop(&mut self) {
        // SAFETY: it came from mailrep_context_new and is not used again.
        unsafe { mailrep_context_free(self.context) }
    }
}

/// A call that is not inlined.
macro_rules! call {
    ($function:ident($($argument:expr),*)) => { black_box($function as unsafe extern "C" fn($(argument!($argument)),*) -> _)($($argument),*) };
}
macro_rules! argument {
    ($argument:expr) => {
        _
    };
}

fn through_c(context: &Handle<'_>, message: &[u8], signed: bool) {
    // SAFETY: handles that live, pointers with as many octets as are said.
    unsafe {
        let mut transaction: *mut transaction::Transaction = ptr::null_mut();
        let mut verdict: *mut verdict::Verdict = ptr::null_mut();
        let address = |text: &'static [u8]| (text.as_ptr().cast(), text.len());
        let mut status = call!(mailrep_transaction_new_at(
            context.context.cast_const(),
            NOW,
            &raw mut transaction
        ));
        let (ip, length) = address(b"192.0.2.1");
        status |= call!(mailrep_transaction_connect(transaction, ip, length));
        let (name, length) = address(b"mail.example.org");
        status |= call!(mailrep_transaction_helo(transaction, name, length));
        let (from, length) = address(b"ada@example.org");
        status |= call!(mailrep_transaction_mail_from(transaction, from, length));
        let (to, length) = address(b"charles@example.net");
        status |= call!(mailrep_transaction_rcpt(transaction, to, length));
        status |= call!(mailrep_transaction_data(
            transaction,
            message.as_ptr().cast(),
            message.len()
        ));
        while call!(mailrep_transaction_finish(transaction, &raw mut verdict)) == MAILREP_AGAIN {
            context.answer();
        }
        assert_eq!(status, 0);
        assert!(!verdict.is_null());
        assert_eq!(call!(mailrep_verdict_spf_result(verdict.cast_const())), 2);
        if signed {
            assert_eq!(
                call!(mailrep_verdict_dkim_result(verdict.cast_const(), 0_usize)),
                1
            );
        }
        black_box(call!(mailrep_verdict_dmarc_result(verdict.cast_const())));
        black_box(call!(mailrep_verdict_dmarc_disposition(verdict.cast_const())));
        let text: Text = call!(mailrep_verdict_authentication_results(verdict.cast_const()));
        black_box(text.data);
        call!(mailrep_verdict_free(verdict));
        call!(mailrep_transaction_free(transaction));
    }
}
