//! What the border to C costs: `cargo bench --bench border --all-features`.
//!
//! The same message goes through `mailrep::driver::Checker` and through the functions of `mailrep.h`, called by pointers that the
//! compiler cannot see through, as a linked program calls them. Both take their turn in rounds; microseconds are medians of CPU time for
//! one verdict, of which the ratio is made round by round.

// Calling what C calls needs it.
#![allow(unsafe_code)]
#![allow(clippy::unwrap_used, missing_docs)]

#[expect(dead_code, reason = "only the bodies are needed")]
mod letters;
mod usage;

use letters::Content;
use mailrep::Limits;
use mailrep::clock::UnixTime;
use mailrep::dkim::{DkimResult, MessageSigning, NewKey, Signer, SignerOptions, SigningKey, zone_entry};
use mailrep::dns::zone::Zone;
use mailrep::driver::{Checker, Setup, Source};
use mailrep::ffi::context::{Context, mailrep_context_free, mailrep_context_new, mailrep_transaction_new_at};
use mailrep::ffi::options::{Options, mailrep_options_init};
use mailrep::ffi::text::Text;
use mailrep::ffi::transaction::{
    Transaction, mailrep_transaction_connect, mailrep_transaction_data, mailrep_transaction_finish,
    mailrep_transaction_free, mailrep_transaction_helo, mailrep_transaction_mail_from,
    mailrep_transaction_rcpt,
};
use mailrep::ffi::verdict::{
    Verdict, mailrep_verdict_authentication_results, mailrep_verdict_dkim_result, mailrep_verdict_free,
    mailrep_verdict_spf_result,
};
use mailrep::ffi::verdict_dmarc::{mailrep_verdict_dmarc_disposition, mailrep_verdict_dmarc_result};
use mailrep::spf::SpfResult;
use std::hint::black_box;
use std::ptr;
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
    let mut zone =
        "example.org. TXT \"v=spf1 ip4:192.0.2.1 -all\"\n_dmarc.example.org. TXT \"v=DMARC1; p=reject\"\n\
                    mail.example.org. A 192.0.2.1\n1.2.0.192.in-addr.arpa. PTR mail.example.org.\n"
            .to_owned();
    if let Some(new) = new {
        let key = SigningKey::generate(new).unwrap();
        let signer = Signer::new("example.org", "bench", key.into(), SignerOptions::default()).unwrap();
        zone += &zone_entry(signer.key_name(), &signer.key().record());
        zone.push('\n');
        let mut signing = MessageSigning::new(vec![signer.into()], &Limits::default());
        signing.data(&message).unwrap();
        let field = signing.finish(UnixTime(NOW)).unwrap().remove(0).to_string();
        message.splice(0..0, field.into_bytes());
    }
    let signed = new.is_some();
    let checker = Checker::new(Setup {
        source: Source::Zone(Zone::parse(zone.as_bytes(), "zone").unwrap()),
        ..Setup::default()
    })
    .unwrap();
    let context = Handle::new(&zone);
    let rust = || through_rust(&checker, &message, signed);
    let c = || through_c(&context, &message, signed);
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
    println!("{name:<22} {rust:>10.2} {c:>10.2} {:>7.3}", ratios[ROUNDS / 2]);
}

fn through_rust(checker: &Checker, message: &[u8], signed: bool) {
    let mut transaction = checker.transaction_at(UnixTime(NOW));
    transaction.connect("192.0.2.1".parse().unwrap()).unwrap();
    transaction.helo(b"mail.example.org").unwrap();
    transaction.mail_from(b"ada@example.org").unwrap();
    transaction.rcpt(b"charles@example.net").unwrap();
    transaction.data(black_box(message)).unwrap();
    let verdict = transaction.finish().unwrap();
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

/// A context of C.
struct Handle(*mut Context);

impl Handle {
    fn new(zone: &str) -> Handle {
        // SAFETY: a structure and a place of our own, and a zone that lives as long as the call.
        unsafe {
            let mut options = std::mem::zeroed::<Options>();
            assert_eq!(mailrep_options_init(&mut options, size_of::<Options>()), 0);
            options.zone_text = zone.as_ptr().cast();
            options.zone_text_length = zone.len();
            let mut context = ptr::null_mut();
            assert_eq!(mailrep_context_new(&options, &mut context, ptr::null_mut()), 0);
            Handle(context)
        }
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        // SAFETY: it came from mailrep_context_new and is not used again.
        unsafe { mailrep_context_free(self.0) }
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

fn through_c(context: &Handle, message: &[u8], signed: bool) {
    // SAFETY: handles that live, pointers with as many octets as are said.
    unsafe {
        let mut transaction: *mut Transaction = ptr::null_mut();
        let mut verdict: *mut Verdict = ptr::null_mut();
        let address = |text: &'static [u8]| (text.as_ptr().cast(), text.len());
        let mut status = call!(mailrep_transaction_new_at(
            context.0.cast_const(),
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
        status |= call!(mailrep_transaction_finish(transaction, &raw mut verdict));
        assert_eq!(status, 0);
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
