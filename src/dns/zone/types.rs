//! Record types by number and mnemonic, as registered with IANA.

/// The types whose data is understood.
pub(super) const A: u16 = 1;
pub(super) const CNAME: u16 = 5;
pub(super) const SOA: u16 = 6;
pub(super) const PTR: u16 = 12;
pub(super) const MX: u16 = 15;
pub(super) const TXT: u16 = 16;
pub(super) const AAAA: u16 = 28;
pub(super) const DNAME: u16 = 39;

/// May be without data (RFC 3123 section 4).
pub(super) const APL: u16 = 42;

/// Types that may stand beside a CNAME: KEY, SIG, NXT (RFC 2181 section 10.1), RRSIG, NSEC (RFC 4034 sections 3, 4).
pub(super) fn may_stand_beside_alias(kind: u16) -> bool {
    matches!(kind, 24 | 25 | 30 | 46 | 47)
}

/// The number of a type: its mnemonic in any case, or `TYPEnnn` (RFC 3597 section 5). None for a word that is
/// no type, and for those that are questions only.
pub(super) fn number(word: &[u8]) -> Option<u16> {
    if let Some(digits) = word.get(4..).filter(|_| word[..4].eq_ignore_ascii_case(b"TYPE")) {
        let number: u16 = std::str::from_utf8(digits).ok()?.parse().ok()?;
        // RFC 6895 section 3.1: 0 is reserved; OPT and 128 to 255 are for messages, not for zones.
        return (number != 0 && number != 41 && !(128..=255).contains(&number)).then_some(number);
    }
    MNEMONICS
        .iter()
        .find(|(mnemonic, _)| word.eq_ignore_ascii_case(mnemonic.as_bytes()))
        .map(|&(_, number)| number)
}

const MNEMONICS: [(&str, u16); 88] = [
    ("TXT", TXT),
    ("A", A),
    ("AAAA", AAAA),
    ("MX", MX),
    ("CNAME", CNAME),
    ("PTR", PTR),
    ("NS", 2),
    ("SOA", SOA),
    ("SRV", 33),
    ("CAA", 257),
    ("TLSA", 52),
    ("SPF", 99),
    ("DS", 43),
    ("DNSKEY", 48),
    ("RRSIG", 46),
    ("NSEC", 47),
    ("NSEC3", 50),
    ("NSEC3PARAM", 51),
    ("HTTPS", 65),
    ("SVCB", 64),
    ("DNAME", DNAME),
    ("MD", 3),
    ("MF", 4),
    ("MB", 7),
    ("MG", 8),
    ("MR", 9),
    ("NULL", 10),
    ("WKS", 11),
    ("HINFO", 13),
    ("MINFO", 14),
    ("RP", 17),
    ("AFSDB", 18),
    ("X25", 19),
    ("ISDN", 20),
    ("RT", 21),
    ("NSAP", 22),
    ("NSAP-PTR", 23),
    ("SIG", 24),
    ("KEY", 25),
    ("PX", 26),
    ("GPOS", 27),
    ("LOC", 29),
    ("NXT", 30),
    ("EID", 31),
    ("NIMLOC", 32),
    ("ATMA", 34),
    ("NAPTR", 35),
    ("KX", 36),
    ("CERT", 37),
    ("A6", 38),
    ("SINK", 40),
    ("APL", APL),
    ("SSHFP", 44),
    ("IPSECKEY", 45),
    ("DHCID", 49),
    ("SMIMEA", 53),
    ("HIP", 55),
    ("NINFO", 56),
    ("RKEY", 57),
    ("TALINK", 58),
    ("CDS", 59),
    ("CDNSKEY", 60),
    ("OPENPGPKEY", 61),
    ("CSYNC", 62),
    ("ZONEMD", 63),
    ("DSYNC", 66),
    ("HHIT", 67),
    ("BRID", 68),
    ("UINFO", 100),
    ("UID", 101),
    ("GID", 102),
    ("UNSPEC", 103),
    ("NID", 104),
    ("L32", 105),
    ("L64", 106),
    ("LP", 107),
    ("EUI48", 108),
    ("EUI64", 109),
    ("URI", 256),
    ("AVC", 258),
    ("DOA", 259),
    ("AMTRELAY", 260),
    ("RESINFO", 261),
    ("WALLET", 262),
    ("CLA", 263),
    ("IPN", 264),
    ("TA", 32768),
    ("DLV", 32769),
];
