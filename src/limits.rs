//! The bounds on everything that a stranger can send.

use std::time::Duration;

/// What one message may cost. Each field says what happens beyond it.
///
/// ```
/// let limits = mailrep::Limits { signatures: 5, ..mailrep::Limits::default() };
/// assert_eq!(limits.spf_dns_lookups, 10);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Octets of all header fields together, line ends included. Beyond: what follows is not kept, DKIM is not
    /// evaluated and DMARC is `permerror`, each saying so. Default 1 MiB.
    pub header_octets: usize,
    /// Number of header fields. Beyond: as for `header_octets`. Default 16,384.
    pub header_fields: usize,
    /// DKIM signatures verified, those aligned with the author domain first. Beyond: reported as `policy`,
    /// not checked. Default 10.
    pub signatures: usize,
    /// DNS questions asked for one check: iprev; SPF with both identities; keys and DMARC together. Beyond:
    /// the question fails without being asked. Default 256: two identities at all limits of RFC 7208 need 246.
    pub dns_questions: u32,
    /// Time that all DNS of one check may take, from its start: iprev's from the connection, SPF's from MAIL FROM, that of
    /// keys and DMARC together from the end of the header. Each has the whole time, for a mail server's client may
    /// let minutes pass between them. Beyond: `temperror`. Default 20 s (RFC 7208 section 4.6.4).
    pub dns_time: Duration,
    /// SPF terms that cause DNS queries (RFC 7208 section 4.6.4). Beyond: `permerror`. Default 10.
    pub spf_dns_lookups: u32,
    /// SPF terms whose queries find no data or no such name (RFC 7208 section 4.6.4). Beyond: `permerror`. Default 2.
    pub spf_void_lookups: u32,
    /// DNS questions that the SPF check of one identity may ask ahead: before the term is reached that needs the answer,
    /// together with others, so that terms do not wait for one another. None of them changes a result, and they count
    /// against the other limits, `dns_questions` included, only when a term uses the answer. Beyond: questions wait for
    /// their terms. 0 asks none ahead. Default 20.
    pub spf_questions_ahead: u32,
    /// Names evaluated for one `mx` or `ptr` (RFC 7208 section 4.6.4). Beyond: `permerror` for `mx`, ignored for
    /// `ptr` and `%{p}`. Default 10.
    pub spf_names: usize,
    /// Steps kept in a trace. Beyond: the trace says that it was cut. Default 10,000.
    pub trace_steps: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            header_octets: 1 << 20,
            header_fields: 16_384,
            signatures: 10,
            dns_questions: 256,
            dns_time: Duration::from_secs(20),
            spf_dns_lookups: 10,
            spf_void_lookups: 2,
            spf_questions_ahead: 20,
            spf_names: 10,
            trace_steps: 10_000,
        }
    }
}
