//! A verdict in the shape that C reads: numbers, and texts closed by 0.

use super::codes;
use super::text::keep;
use crate::dkim::SignatureVerdict;
use crate::{dmarc, iprev, spf, transaction};
use std::ffi::{CString, c_int};

/// All that can be asked of a verdict.
#[derive(Debug)]
pub(super) struct Views {
    pub(super) spf: Option<Spf>,
    pub(super) dkim: Vec<Signature>,
    pub(super) dmarc: Dmarc,
    pub(super) iprev: Option<Iprev>,
    pub(super) authentication_results: CString,
    pub(super) headers_to_remove: Vec<c_int>,
}

#[derive(Debug)]
pub(super) struct Spf {
    pub(super) identity: c_int,
    pub(super) main: Evaluation,
    pub(super) helo: Option<Evaluation>,
}

#[derive(Debug)]
pub(super) struct Evaluation {
    pub(super) result: c_int,
    pub(super) domain: Option<CString>,
    pub(super) mechanism: Option<CString>,
    pub(super) explanation: Option<CString>,
    pub(super) dns_lookups: c_int,
    pub(super) void_lookups: c_int,
    pub(super) reason: CString,
    pub(super) cause: CString,
}

#[derive(Debug)]
pub(super) struct Signature {
    pub(super) result: c_int,
    pub(super) domain: Option<CString>,
    pub(super) selector: Option<CString>,
    pub(super) identity: Option<CString>,
    pub(super) algorithm: Option<CString>,
    pub(super) key_bits: c_int,
    pub(super) testing: c_int,
    pub(super) reason: CString,
    pub(super) cause: CString,
}

#[derive(Debug)]
pub(super) struct Dmarc {
    pub(super) result: c_int,
    pub(super) from_domain: Option<CString>,
    pub(super) policy_domain: Option<CString>,
    pub(super) organizational_domain: Option<CString>,
    pub(super) policy: c_int,
    pub(super) disposition: c_int,
    pub(super) spf_aligned: c_int,
    pub(super) dkim_aligned: c_int,
    pub(super) reason: CString,
    pub(super) cause: CString,
}

#[derive(Debug)]
pub(super) struct Iprev {
    pub(super) result: c_int,
    pub(super) name: Option<CString>,
}

fn number(value: impl TryInto<c_int>) -> c_int {
    value.try_into().unwrap_or(c_int::MAX)
}
