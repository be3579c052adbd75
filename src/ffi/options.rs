//! The options of a context.

use super::context::Answers;
use super::desk::Desk;
use super::dmarc_policy::{self, DmarcException};
use super::dns::{self, Resolve};
use super::guard;
use super::spf_policy::{self, SpfRecord};
use super::status::{Fault, IntoC as _, Status};
use super::text::{lent, lent_string};
use crate::dmarc::OrganizationalDomains;
use crate::dns::cache::CacheOptions;
use crate::dns::callback::{self, CallbackResolver};
use crate::dns::hickory::HickoryOptions;
use crate::dns::zone::Zone;
use crate::driver::{Setup, Source};
use crate::error::Error;
use crate::limits::Limits;
use crate::transaction;
use std::ffi::{c_char, c_int, c_void};
use std::mem::{offset_of, size_of};
use std::net::{IpAddr, SocketAddr};
use std::path::Path;
use std::ptr;
use std::sync::Arc;
use std::time::Duration;

/// Nameservers that can be given; a list that is longer is taken for a mistake.
const MOST_NAMESERVERS: usize = 64;
/// Threads of one context; more are taken for a mistake.
const MOST_THREADS: u32 = 64;

/// How a context resolves names and judges messages.
///
/// Always begin with mailrep_options_init(), which fills in the defaults, and change what you want different. Numbers
/// are taken as they stand: 0 is none, not "the default". Pointers are only read by mailrep_context_new(), which copies
/// what it needs.
///
/// Names are answered from zone_file or zone_text (offline), or by nameservers, or by the program (resolve or questions), or, if none of
/// them is set, by the system's nameservers (/etc/resolv.conf). Several of them together are MAILREP_INVALID.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct Options {
    /// sizeof(mailrep_options) of the header that the program was compiled with; set by mailrep_options_init().
    pub size: usize,
    /// Addresses of recursive nameservers, each as "192.0.2.53", "192.0.2.53:5353", "2001:db8::53" or
    /// "[2001:db8::53]:5353". Default NULL.
    pub nameservers: *const *const c_char,
    /// How many, at most 64. Default 0: the system's.
    pub nameserver_count: usize,
    /// The path of an RFC 1035 master file. With it no network is used: what it does not hold does not exist.
    /// Default NULL.
    pub zone_file: *const c_char,
    /// The octets of a master file, as for zone_file; if both are set, both are read. Default NULL.
    pub zone_text: *const c_void,
    /// How many octets zone_text has. Default 0.
    pub zone_text_length: usize,
    /// The name under which results are written, as in "Authentication-Results: mx.example.net; ..."; also SPF's
    /// %{r}. Fields of the message that claim this name are listed for removal. Default NULL: "localhost".
    pub authserv_id: *const c_char,
    /// Octets of all header fields together. Beyond, DKIM is not evaluated and DMARC is permerror. Default 1 MiB.
    pub header_octets: usize,
    /// Number of header fields; beyond, as for header_octets. Default 16,384.
    pub header_fields: usize,
    /// DKIM signatures that are verified; those beyond get the result policy. Default 10.
    pub signatures: usize,
    /// Names evaluated for one SPF mx or ptr. Default 10 (RFC 7208 section 4.6.4).
    pub spf_names: usize,
    /// Steps that a trace keeps. Default 10,000.
    pub trace_steps: usize,
    /// Answers that the cache keeps, shared by all transactions of the context. Default 65,536.
    pub cache_entries: usize,
    /// Octets of all answers that the cache keeps. Default 32 MiB.
    pub cache_octets: usize,
    /// Milliseconds that all DNS of one check may take, from its start. Beyond, the result is temperror. Default
    /// 20,000 (RFC 7208 section 4.6.4).
    pub dns_time_ms: u32,
    /// Milliseconds that one try at one nameserver waits. Default 3,000.
    pub dns_try_time_ms: u32,
    /// How often each nameserver is tried for one question; 0 counts as 1. Default 3.
    pub dns_tries: u32,
    /// DNS questions for one check; beyond, a question fails without being asked. Default 256.
    pub dns_questions: u32,
    /// SPF terms that ask the DNS; beyond, permerror. Default 10 (RFC 7208 section 4.6.4).
    pub spf_dns_lookups: u32,
    /// SPF terms that ask for what does not exist; beyond, permerror. Default 2 (RFC 7208 section 4.6.4).
    pub spf_void_lookups: u32,
    /// Not 0: mailrep_verdict_json() tells every step. Default 0.
    pub trace: c_int,
    /// Must be 0.
    pub reserved: u32,
    /// Networks whose clients SPF does not check, which are relays of one's own: each an address, or one with a prefix
    /// length, such as "192.0.2.25", "192.0.2.0/24" or "2001:db8::/32". SPF's result is none for them, with the cause
    /// "trusted_client", DMARC rests on DKIM, and its disposition is none whatever the policy. Default NULL.
    pub spf_trusted: *const *const c_char,
    /// How many, at most 1,024. Default 0.
    pub spf_trusted_count: usize,
    /// SPF records that stand for whatever their domains publish, one for a domain: to try a record before it is published,
    /// or in place of one that is known to be wrong. They stand wherever the domain's record is needed, for another's include
    /// too. A result that rests on one says so in its reason. Default NULL.
    pub spf_records: *const SpfRecord,
    /// How many, at most 1,024. Default 0.
    pub spf_record_count: usize,
    /// The explanation of a fail where the domain gives none, which mailrep_verdict_spf_explanation() returns: a
    /// macro-string (RFC 7208 section 7), such as "%{i} may not send for %{d}". Default NULL: none.
    pub spf_explanation: *const c_char,
    /// Networks whose clients are trusted to forward mail, and to check it before: for messages from there DMARC's disposition is
    /// none, whatever the policy. Each as in spf_trusted. SPF is checked all the same. Default NULL.
    pub dmarc_trusted: *const *const c_char,
    /// How many, at most 1,024. Default 0.
    pub dmarc_trusted_count: usize,
    /// Mailing lists that may change messages, by the identifier in List-Id (RFC 2919): "dev.lists.example.net", or
    /// "*.lists.example.net" for all below, or "*" for all that there are. For messages of these DMARC's disposition is none, if SPF or
    /// a signature passed for a domain that the identifier is within. Default NULL.
    pub dmarc_lists: *const *const c_char,
    /// How many, at most 1,024. Default 0.
    pub dmarc_list_count: usize,
    /// The dispositions that failing messages of author domains have at most, whatever the policy. Default NULL.
    pub dmarc_exceptions: *const DmarcException,
    /// How many, at most 1,024. Default 0.
    pub dmarc_exception_count: usize,
    /// Not 0: organizational domains are those of the public suffix list, as RFC 7489 has it, and not those of the tree walk of
    /// RFC 9989. Default 0.
    pub dmarc_psl: c_int,
    /// Must be 0.
    pub reserved2: u32,
    /// A function of the program that is told of each DNS question, in place of nameservers or a zone: see mailrep_resolve. Default NULL.
    pub resolve: Resolve,
    /// What resolve is given. Default NULL.
    pub resolve_user: *mut c_void,
    /// Questions that may be open at one time, with resolve or questions; one more fails. Default 65,536.
    pub open_questions: usize,
    /// Not 0: the context starts no thread and waits for nothing; the program takes DNS questions by mailrep_context_questions() and
    /// answers them when it can. Not together with resolve, nameservers or a zone. Default 0.
    pub questions: c_int,
    /// Threads that run checks, 1 to 64. One is enough, for they only wait for the DNS and verify signatures. Default 1.
    pub threads: u32,
    /// DNS questions that SPF may ask ahead of its terms, so that they do not wait for one another. Default 20.
    pub spf_questions_ahead: u32,
    /// Seconds for which answers with records are kept at most. Default 86,400.
    pub cache_records_s: u32,
    /// Seconds for which it is kept at most that there is no record or no name. Default 3,600.
    pub cache_nothing_s: u32,
    /// Milliseconds for which failures are kept, at most 300,000. Default 5,000.
    pub cache_failures_ms: u32,
}

/// What every version of the structure has: programs compiled with an older header give fewer octets than
/// `size_of::<Options>()`, but never fewer than these.
const LEAST: usize = offset_of!(Options, reserved) + size_of::<u32>();
/// The sizes that the structure has had, without the present one. Another one between them would cut a field in two.
const OLDER: [usize; 3] = [
    LEAST,
    offset_of!(Options, dmarc_trusted),
    offset_of!(Options, resolve),
];

// The layout is part of the ABI: growth is at the end alone.
const _: () = {
    let word = size_of::<usize>();
    assert!(offset_of!(Options, nameservers) == word);
    assert!(offset_of!(Options, authserv_id) == 6 * word);
    assert!(offset_of!(Options, cache_octets) == 13 * word);
    assert!(offset_of!(Options, dns_time_ms) == 14 * word);
    assert!(LEAST == 14 * word + 32);
    assert!(offset_of!(Options, spf_trusted) == LEAST);
    assert!(offset_of!(Options, spf_explanation) == LEAST + 4 * word);
    assert!(offset_of!(Options, dmarc_trusted) == LEAST + 5 * word);
    // No padding: every octet is a field's, so that a structure can be compared and copied octet by octet.
    assert!(offset_of!(Options, resolve) == LEAST + 11 * word + 8);
    assert!(size_of::<Options>() == LEAST + 14 * word + 32);
};

/// Whether a structure of this size can be one of ours: an older one, the present one, or a newer one.
fn is_size(size: usize) -> bool {
    OLDER.contains(&size) || (size >= size_of::<Options>() && isize::try_from(size).is_ok())
}

fn milliseconds(time: Duration) -> u32 {
    u32::try_from(time.as_millis()).unwrap_or(u32::MAX)
}

fn seconds(time: Duration) -> u32 {
    u32::try_from(time.as_secs()).unwrap_or(u32::MAX)
}

impl Default for Options {
    fn default() -> Self {
        let (limits, cache, network) = (
            Limits::default(),
            CacheOptions::default(),
            HickoryOptions::default(),
        );
        Options {
            size: size_of::<Options>(),
            nameservers: ptr::null(),
            nameserver_count: 0,
            zone_file: ptr::null(),
            zone_text: ptr::null(),
            zone_text_length: 0,
            authserv_id: ptr::null(),
            header_octets: limits.header_octets,
            header_fields: limits.header_fields,
            signatures: limits.signatures,
            spf_names: limits.spf_names,
            trace_steps: limits.trace_steps,
            cache_entries: cache.entries,
            cache_octets: cache.octets,
            dns_time_ms: milliseconds(limits.dns_time),
            dns_try_time_ms: milliseconds(network.try_time),
            dns_tries: u32::try_from(network.tries).unwrap_or(u32::MAX),
            dns_questions: limits.dns_questions,
            spf_dns_lookups: limits.spf_dns_lookups,
            spf_void_lookups: limits.spf_void_lookups,
            trace: 0,
            reserved: 0,
            spf_trusted: ptr::null(),
            spf_trusted_count: 0,
            spf_records: ptr::null(),
            spf_record_count: 0,
            spf_explanation: ptr::null(),
            dmarc_trusted: ptr::null(),
            dmarc_trusted_count: 0,
            dmarc_lists: ptr::null(),
            dmarc_list_count: 0,
            dmarc_exceptions: ptr::null(),
            dmarc_exception_count: 0,
            dmarc_psl: 0,
            reserved2: 0,
            resolve: None,
            resolve_user: ptr::null_mut(),
            open_questions: callback::MOST_OPEN,
            questions: 0,
            threads: 1,
            spf_questions_ahead: limits.spf_questions_ahead,
            cache_records_s: seconds(cache.ttl_ceiling),
            cache_nothing_s: seconds(cache.negative_ceiling),
            cache_failures_ms: milliseconds(cache.failure_time),
        }
    }
}

/// Fills in the defaults.
///
///   mailrep_options options;
///   mailrep_options_init(&options, sizeof options);
///
/// @param options  the structure to fill
/// @param size     sizeof(mailrep_options)
/// @return         MAILREP_OK; MAILREP_NULL; MAILREP_INVALID when no version of the structure has that size
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailrep_options_init(options: *mut Options, size: usize) -> c_int {
    guard(|| -> Status {
        if options.is_null() {
            return Err(Fault::null("options"));
        }
        if !is_size(size) {
            return Err(Fault::invalid("size is not that of the structure"));
        }
        let defaults = Options {
            size,
            ..Options::default()
        };
        let known = size.min(size_of::<Options>());
        let to = options.cast::<u8>();
        // SAFETY: `options` has `size` octets by the header's rules; `known` is no more than either structure has, and
        // what a newer header has beyond is emptied.
        unsafe {
            ptr::copy_nonoverlapping(ptr::from_ref(&defaults).cast::<u8>(), to, known);
            ptr::write_bytes(to.add(known), 0, size - known);
        }
        Ok(())
    })
    .into_c()
}

/// Reads the options that C gives; NULL means all defaults.
///
/// # Safety
/// By the header's rules: `options` is NULL or a structure of `size` octets whose pointers are NULL or valid.
pub(super) unsafe fn read(options: *const Options) -> Result<(Setup, Answers), Fault> {
    if options.is_null() {
        return Ok((Setup::default(), Answers::Library));
    }
    // SAFETY: the first field is there in every version.
    let size = unsafe { ptr::addr_of!((*options).size).read() };
    if !is_size(size) {
        return Err(Fault::invalid(
            "options.size is not that of the structure; call mailrep_options_init() first",
        ));
    }
    let known = size.min(size_of::<Options>());
    let mut given = Options::default();
    // SAFETY: `size` octets are there by the header's rules, and `known` is no more than `given` has. Every pattern of
    // octets is a value of every field.
    let unknown = unsafe {
        ptr::copy_nonoverlapping(
            options.cast::<u8>(),
            ptr::from_mut(&mut given).cast::<u8>(),
            known,
        );
        lent("options", options.cast::<u8>().add(known), size - known)?
    };
    if given.reserved != 0 || given.reserved2 != 0 || unknown.iter().any(|&octet| octet != 0) {
        return Err(Fault::invalid(
            "options sets a field that this version of the library does not know",
        ));
    }
    // SAFETY: the pointers are NULL or valid by the header's rules.
    unsafe { given.setup() }
}

impl Options {
    /// # Safety
    /// The pointers are NULL or valid.
    unsafe fn setup(&self) -> Result<(Setup, Answers), Fault> {
        if !(1..=MOST_THREADS).contains(&self.threads) {
            return Err(Fault::invalid(format!(
                "threads is {}; 1 to {MOST_THREADS} can be used",
                self.threads
            )));
        }
        // SAFETY: the same promise.
        let (source, answers) = unsafe { self.source() }?;
        let mut setup = Setup {
            source,
            threads: usize::try_from(self.threads).unwrap_or(1),
            cache: CacheOptions {
                entries: self.cache_entries,
                octets: self.cache_octets,
                ttl_ceiling: Duration::from_secs(self.cache_records_s.into()),
                negative_ceiling: Duration::from_secs(self.cache_nothing_s.into()),
                failure_time: Duration::from_millis(self.cache_failures_ms.into()),
                ..CacheOptions::default()
            },
            options: transaction::Options {
                limits: Limits {
                    header_octets: self.header_octets,
                    header_fields: self.header_fields,
                    signatures: self.signatures,
                    dns_questions: self.dns_questions,
                    dns_time: Duration::from_millis(self.dns_time_ms.into()),
                    spf_dns_lookups: self.spf_dns_lookups,
                    spf_void_lookups: self.spf_void_lookups,
                    spf_questions_ahead: self.spf_questions_ahead,
                    spf_names: self.spf_names,
                    trace_steps: self.trace_steps,
                },
                trace: self.trace != 0,
                // SAFETY: the same promise.
                spf: unsafe { spf_policy::read(self) }?,
                // SAFETY: the same promise.
                dmarc: unsafe { dmarc_policy::read(self) }?,
                organizational_domains: match self.dmarc_psl {
                    0 => OrganizationalDomains::TreeWalk,
                    _ => OrganizationalDomains::PublicSuffixList,
                },
                ..transaction::Options::default()
            },
        };
        // SAFETY: the same promise.
        if let Some(name) = unsafe { lent_string("authserv_id", self.authserv_id) }? {
            if name.is_empty() || name.len() > 255 || !name.bytes().all(|octet| octet.is_ascii_graphic()) {
                let value = crate::error::printable(name.as_bytes());
                return Err(Fault::invalid(format!(
                    "authserv_id '{value}' cannot be used: it is 1 to 255 visible ASCII characters"
                )));
            }
            setup.options.authserv_id = name.into();
        }
        Ok((setup, answers))
    }

    /// Who answers: the program, if it wants to.
    ///
    /// # Safety
    /// The pointers are NULL or valid.
    unsafe fn source(&self) -> Result<(Source, Answers), Fault> {
        if self.resolve.is_none() && self.questions == 0 {
            // SAFETY: the same promise.
            return Ok((unsafe { self.library() }?, Answers::Library));
        }
        let others = [
            self.resolve.is_some() && self.questions != 0,
            self.nameserver_count > 0,
            !self.zone_file.is_null(),
            !self.zone_text.is_null(),
        ];
        if others.contains(&true) {
            return Err(Fault::invalid(
                "options has several to answer DNS questions; give one of resolve, questions, nameservers and a zone",
            ));
        }
        if self.open_questions == 0 {
            return Err(Fault::invalid(
                "open_questions is 0, so that nothing could be asked",
            ));
        }
        let clock = transaction::Options::default().clock;
        Ok(match self.resolve {
            Some(resolve) => {
                let gate = Arc::default();
                let resolver = dns::calling(resolve, self.resolve_user, &gate, clock, self.open_questions);
                (
                    Source::Callback(resolver.clone()),
                    Answers::Called(resolver, gate),
                )
            }
            None => {
                let resolver = CallbackResolver::with_most_open(clock, self.open_questions);
                let desk = Arc::new(Desk::new(resolver.clone()));
                (Source::Callback(resolver), Answers::Asked(desk))
            }
        })
    }

    /// # Safety
    /// The pointers are NULL or valid.
    unsafe fn library(&self) -> Result<Source, Fault> {
        // SAFETY: the same promise, for all pointers read here.
        let (file, text) = unsafe {
            (
                lent_string("zone_file", self.zone_file)?,
                lent("zone_text", self.zone_text, self.zone_text_length)?,
            )
        };
        if file.is_none() && self.zone_text.is_null() {
            // SAFETY: the same promise.
            let nameservers = unsafe { self.nameservers() }?;
            return Ok(Source::Network(HickoryOptions {
                nameservers,
                try_time: Duration::from_millis(self.dns_try_time_ms.into()),
                tries: usize::try_from(self.dns_tries).unwrap_or(usize::MAX),
                ..HickoryOptions::default()
            }));
        }
        if self.nameserver_count > 0 {
            return Err(Fault::invalid(
                "options has both a zone and nameservers; give one of them",
            ));
        }
        let mut zone = Zone::new();
        if let Some(path) = file {
            zone = zone.and_read(Path::new(path))?;
        }
        if !self.zone_text.is_null() {
            zone = zone.and_parse(text, "zone_text")?;
        }
        Ok(Source::Zone(zone))
    }

    /// # Safety
    /// The pointers are NULL or valid.
    unsafe fn nameservers(&self) -> Result<Vec<SocketAddr>, Fault> {
        if self.nameserver_count > MOST_NAMESERVERS {
            return Err(Fault::invalid(format!(
                "nameserver_count is {}; at most {MOST_NAMESERVERS} can be used",
                self.nameserver_count
            )));
        }
        if self.nameserver_count > 0 && self.nameservers.is_null() {
            return Err(Fault::null("nameservers"));
        }
        let mut nameservers = Vec::with_capacity(self.nameserver_count);
        for at in 0..self.nameserver_count {
            // SAFETY: there are `nameserver_count` pointers by the header's rules, each NULL or a C string.
            let text = unsafe { lent_string("nameserver", self.nameservers.add(at).read()) }?;
            let text = text.ok_or_else(|| Fault::null("a nameserver"))?;
            nameservers.push(nameserver(text)?);
        }
        Ok(nameservers)
    }
}

/// Reads the address of a nameserver; the port is 53 where none is given.
fn nameserver(text: &str) -> Result<SocketAddr, Error> {
    let text = text.trim();
    let bare = text
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'))
        .unwrap_or(text);
    text.parse::<SocketAddr>()
        .or_else(|_| bare.parse::<IpAddr>().map(|address| SocketAddr::new(address, 53)))
        .map_err(|_| Error::Invalid {
            what: "nameserver",
            value: crate::error::printable(text.as_bytes()),
            why: "it is an IP address, with a port or without: 192.0.2.53:53, [2001:db8::53]:53".into(),
        })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::status::{MAILREP_INVALID, MAILREP_NULL, MAILREP_OK};
    use super::*;

    #[test]
    fn the_defaults_of_c_are_those_of_rust() {
        // SAFETY: a structure of our own.
        let (setup, _) = unsafe { read(&Options::default()) }.unwrap();
        assert_eq!(setup.options.limits, Limits::default());
        assert_eq!(setup.cache, CacheOptions::default());
        assert!(matches!(setup.source, Source::Network(network) if network == HickoryOptions::default()));
    }

    #[test]
    fn a_structure_of_a_newer_header_works_while_its_new_fields_are_empty() {
        #[repr(C)]
        struct Newer {
            known: Options,
            more: [u8; 24],
        }
        let mut newer = Newer {
            known: Options::default(),
            more: [7; 24],
        };
        let size = size_of::<Newer>();
        // SAFETY: pointers to `size` octets of our own.
        unsafe {
            let options = ptr::from_mut(&mut newer).cast::<Options>();
            assert_eq!(mailrep_options_init(options, size), MAILREP_OK);
            assert!(read(options).is_ok());
        }
        assert_eq!(newer.more, [0; 24]);
        newer.more[23] = 1;
        // SAFETY: as above.
        let fault = unsafe { read(ptr::from_ref(&newer).cast::<Options>()) }.unwrap_err();
        assert_eq!(fault.status, MAILREP_INVALID);
    }

    #[test]
    fn a_structure_of_an_older_header_works_and_sets_nothing_that_came_later() {
        for size in OLDER {
            let mut older = Options {
                spf_trusted_count: 1,
                dmarc_list_count: 1,
                dmarc_psl: 1,
                reserved2: 1,
                questions: 1,
                threads: 0,
                ..Options::default()
            };
            // SAFETY: a structure of our own, of which the first octets are said to be there and are.
            let setup = unsafe {
                assert_eq!(mailrep_options_init(&mut older, size), MAILREP_OK);
                read(&older)
            };
            let spf = usize::from(size == LEAST);
            let dmarc = usize::from(size < offset_of!(Options, resolve));
            assert_eq!(
                (older.size, older.spf_trusted_count, older.dmarc_list_count),
                (size, spf, dmarc)
            );
            assert_eq!((older.questions, older.threads), (1, 0));
            let (setup, answers) = setup.unwrap();
            assert!(matches!(answers, Answers::Library));
            assert_eq!(setup.threads, 1);
            let options = setup.options;
            assert_eq!(options.spf, crate::spf::Policy::default());
            assert_eq!(options.dmarc, crate::dmarc::Overrides::default());
            assert_eq!(options.organizational_domains, OrganizationalDomains::TreeWalk);
        }
    }

    #[test]
    fn sizes_that_lie_are_refused() {
        let mut options = Options::default();
        // SAFETY: a structure of our own; too small and too large sizes are refused before it is written.
        unsafe {
            assert_eq!(mailrep_options_init(&mut options, LEAST - 1), MAILREP_INVALID);
            // Half a pointer.
            for size in (LEAST + 1..size_of::<Options>()).filter(|size| !OLDER.contains(size)) {
                assert_eq!(mailrep_options_init(&mut options, size), MAILREP_INVALID);
                options.size = size;
                assert_eq!(read(&options).unwrap_err().status, MAILREP_INVALID);
            }
            assert_eq!(mailrep_options_init(&mut options, usize::MAX), MAILREP_INVALID);
            assert_eq!(mailrep_options_init(ptr::null_mut(), LEAST), MAILREP_NULL);
            options.size = 0;
            assert_eq!(read(&options).unwrap_err().status, MAILREP_INVALID);
        }
    }

    #[test]
    fn nameservers_have_port_53_unless_they_say_otherwise() {
        assert_eq!(
            nameserver("192.0.2.53").unwrap(),
            "192.0.2.53:53".parse().unwrap()
        );
        assert_eq!(
            nameserver("192.0.2.53:5353").unwrap(),
            "192.0.2.53:5353".parse().unwrap()
        );
        assert_eq!(
            nameserver("2001:db8::53").unwrap(),
            "[2001:db8::53]:53".parse().unwrap()
        );
        assert_eq!(
            nameserver("[2001:db8::53]").unwrap(),
            "[2001:db8::53]:53".parse().unwrap()
        );
        assert_eq!(
            nameserver("[2001:db8::53]:5").unwrap(),
            "[2001:db8::53]:5".parse().unwrap()
        );
        assert!(nameserver("ns.example.org").is_err());
        assert!(nameserver("192.0.2.999").is_err());
    }
}
