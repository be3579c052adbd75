//! The C ABI by several threads at once: what the header calls shareable is shared. `scripts/thread-sanitizer` runs it with every
//! memory access watched.
#![cfg(feature = "capi")]
#![allow(unsafe_code, clippy::unwrap_used, clippy::panic)]
#![expect(
    clippy::undocumented_unsafe_blocks,
    reason = "all calls keep the header's rules"
)]

use mailrep::ffi::codes::*;
use mailrep::ffi::context::*;
use mailrep::ffi::decision::*;
use mailrep::ffi::filter::*;
use mailrep::ffi::filter_session::*;
use mailrep::ffi::options::*;
use mailrep::ffi::outbound::*;
use mailrep::ffi::outbound_assessment::*;
use mailrep::ffi::outbound_options::*;
use mailrep::ffi::spf::*;
use mailrep::ffi::srs::*;
use mailrep::ffi::srs_options::*;
use mailrep::ffi::srs_outcome::*;
use mailrep::ffi::status::*;
use mailrep::ffi::transaction::*;
use mailrep::ffi::verdict::*;
use mailrep::ffi::verdict_dmarc::*;
use std::ffi::{CStr, c_char, c_int};
use std::{ptr, thread};

const THREADS: usize = 4;
const ROUNDS: usize = 12;
/// 26 November 2026.
const NOW: i64 = 1_795_651_200;

/// A handle that threads share.
struct Shared<T>(*mut T);
unsafe impl<T> Sync for Shared<T> {}

fn ok(status: c_int) {
    let words = unsafe { CStr::from_ptr(mailrep_status_text(status)) };
    assert_eq!(status, MAILREP_OK, "{}", words.to_string_lossy());
}

fn chars(text: &str) -> (*const c_char, usize) {
    (text.as_ptr().cast(), text.len())
}

fn in_threads(run: impl Fn(usize, usize) + Sync) {
    let run = &run;
    thread::scope(|scope| {
        for thread in 0..THREADS {
            scope.spawn(move || (0..ROUNDS).for_each(|round| run(thread, round)));
        }
    });
}

#[test]
fn threads_share_a_context() {
    let message = std::fs::read("tests/data/pass-all.eml").unwrap();
    let mut options = unsafe { std::mem::zeroed::<Options>() };
    ok(unsafe { mailrep_options_init(&raw mut options, size_of::<Options>()) });
    options.zone_file = c"tests/data/zone".as_ptr();
    options.authserv_id = c"mx.example.net".as_ptr();
    let mut context = ptr::null_mut();
    ok(unsafe { mailrep_context_new(&raw const options, &raw mut context, ptr::null_mut()) });
    let shared = Shared(context);
    in_threads(|_, _| unsafe {
        let shared = &shared;
        let (mut transaction, mut verdict) = (ptr::null_mut(), ptr::null_mut());
        ok(mailrep_transaction_new_at(shared.0, NOW, &raw mut transaction));
        let (ip, length) = chars("192.0.2.1");
        ok(mailrep_transaction_connect(transaction, ip, length));
        let (name, length) = chars("mail.example.org");
        ok(mailrep_transaction_helo(transaction, name, length));
        let (address, length) = chars("ada@example.org");
        ok(mailrep_transaction_mail_from(transaction, address, length));
        for chunk in message.chunks(700) {
            let octets = chunk.as_ptr().cast();
            ok(mailrep_transaction_file_data(transaction, octets, chunk.len()));
        }
        ok(mailrep_transaction_finish(transaction, &raw mut verdict));
        mailrep_transaction_free(transaction);
        assert_eq!(mailrep_verdict_dmarc_result(verdict), MAILREP_DMARC_PASS);
        assert_eq!(mailrep_verdict_dkim_count(verdict), 2);
        mailrep_verdict_free(verdict);
    });
    in_threads(|_, _| unsafe {
        let shared = &shared;
        let mut spf = ptr::null_mut();
        let (ip, ip_length) = chars("192.0.2.1");
        let (helo, helo_length) = chars("mail.example.org");
        let (from, from_length) = chars("ada@example.org");
        let error = ptr::null_mut();
        let checked = mailrep_spf_check(
            shared.0,
            ip,
            ip_length,
            helo,
            helo_length,
            from,
            from_length,
            NOW,
            &raw mut spf,
            error,
        );
        ok(checked);
        assert_eq!(mailrep_spf_result(spf), MAILREP_SPF_PASS);
        assert!(!mailrep_spf_json(spf).data.is_null());
        mailrep_spf_free(spf);
    });
    unsafe { mailrep_context_free(context) };
}

#[test]
fn threads_share_a_monitor() {
    let mut options = unsafe { std::mem::zeroed::<OutboundOptions>() };
    ok(unsafe { mailrep_monitor_options_init(&raw mut options, size_of::<OutboundOptions>()) });
    let mut monitor = ptr::null_mut();
    ok(unsafe { mailrep_monitor_new(&raw const options, &raw mut monitor, ptr::null_mut()) });
    let shared = Shared(monitor);
    in_threads(|thread, round| unsafe {
        let shared = &shared;
        for number in 0..20 {
            let account = format!("account{}", (thread + number) % 7);
            let time = NOW as f64 + (round * 20 + number) as f64 * 600.0;
            let mut assessment = ptr::null_mut();
            let name = account.as_ptr().cast();
            ok(mailrep_monitor_observe(
                shared.0,
                name,
                account.len(),
                time,
                1,
                &raw mut assessment,
                ptr::null_mut(),
            ));
            assert!(mailrep_assessment_score(assessment) >= 0.0);
            mailrep_assessment_free(assessment);
            ok(mailrep_monitor_allow(shared.0, name, account.len(), 50));
            ok(mailrep_monitor_failed(shared.0, name, account.len(), 1));
        }
        assert!(mailrep_monitor_accounts(shared.0) <= 7);
    });
    assert_eq!(unsafe { mailrep_monitor_accounts(monitor) }, 7);
    unsafe { mailrep_monitor_free(monitor) };
}

#[test]
fn threads_share_a_rewriter() {
    let mut options = unsafe { std::mem::zeroed::<SrsOptions>() };
    ok(unsafe { mailrep_srs_options_init(&raw mut options, size_of::<SrsOptions>()) });
    options.domain = c"srs.example.org".as_ptr();
    let secret = "a-secret-of-the-tests";
    (options.secrets, options.secrets_length) = (secret.as_ptr().cast(), secret.len());
    let mut srs = ptr::null_mut();
    ok(unsafe { mailrep_srs_new(&raw const options, &raw mut srs, ptr::null_mut()) });
    let shared = Shared(srs);
    in_threads(|thread, round| unsafe {
        let shared = &shared;
        let address = format!("user{round}@host{thread}.example.com");
        let (mut forward, mut back) = (ptr::null_mut(), ptr::null_mut());
        ok(mailrep_srs_forward(
            shared.0,
            address.as_ptr().cast(),
            address.len(),
            NOW,
            &raw mut forward,
        ));
        let rewritten = mailrep_srs_outcome_address(forward, 0);
        ok(mailrep_srs_reverse(
            shared.0,
            rewritten.data,
            rewritten.length,
            NOW,
            &raw mut back,
        ));
        let home = mailrep_srs_outcome_address(back, 0);
        assert_eq!(
            std::slice::from_raw_parts(home.data.cast::<u8>(), home.length),
            address.as_bytes()
        );
        mailrep_srs_outcome_free(forward);
        mailrep_srs_outcome_free(back);
    });
    unsafe { mailrep_srs_free(srs) };
}

#[test]
fn threads_share_a_filter() {
    let policy = "authserv_id = \"mx.example.net\"\n[dns]\nzone_files = [\"zone\"]\n[outbound]\non_alarm = \"defer\"\n";
    let (text, length) = chars(policy);
    let mut filter = ptr::null_mut();
    let (name, folder) = (c"policy".as_ptr(), c"tests/data".as_ptr());
    let status =
        unsafe { mailrep_filter_parse(text, length, name, folder, &raw mut filter, ptr::null_mut()) };
    ok(status);
    let shared = Shared(filter);
    in_threads(|thread, round| unsafe {
        let shared = &shared;
        let mut session = ptr::null_mut();
        ok(mailrep_filter_session_new(shared.0, 0, &raw mut session));
        ok(mailrep_filter_session_set_time(
            session,
            NOW as f64 + round as f64 * 900.0,
        ));
        let (ip, length) = chars("192.0.2.1");
        ok(mailrep_filter_session_connect(
            session,
            ip,
            length,
            ptr::null(),
            0,
        ));
        let (name, length) = chars("mail.example.org");
        ok(mailrep_filter_session_helo(session, name, length));
        // Two connections from outside, and two logins.
        let login = if thread % 2 == 0 { "" } else { "ada@example.org" };
        let (address, length) = chars("ada@example.org");
        let (account, account_length) = chars(login);
        ok(mailrep_filter_session_mail_from(
            session,
            address,
            length,
            account,
            account_length,
        ));
        let (to, length) = chars("bob@example.com");
        ok(mailrep_filter_session_rcpt(session, to, length));
        let ((from, from_length), (value, value_length)) = (chars("From"), chars(" ada@example.org"));
        ok(mailrep_filter_session_header(
            session,
            from,
            from_length,
            value,
            value_length,
        ));
        ok(mailrep_filter_session_end_of_headers(session));
        ok(mailrep_filter_session_body(
            session,
            c"Hello\r\n".as_ptr().cast(),
            7,
        ));
        let mut decision = ptr::null_mut();
        let (id, length) = chars("4C1F2");
        ok(mailrep_filter_session_end(session, id, length, &raw mut decision));
        assert_eq!(mailrep_decision_treatment(decision), MAILREP_TREATMENT_ACCEPT);
        mailrep_decision_free(decision);
        mailrep_filter_session_free(session);
    });
    unsafe { mailrep_filter_free(filter) };
}
