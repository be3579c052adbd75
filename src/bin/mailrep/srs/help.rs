//! What `--help` and the manual pages say of SRS.

use super::super::help::{EXIT_STATUS, JSON, Section, both, page};

const FORM: Section = page(
    "The form of addresses",
    "An address 'alice@example.com' becomes, in the alias domain srs.example.org,

  SRS0=HHHH=TT=example.com=alice@srs.example.org

HHHH is the hash: the first letters of the base64 of HMAC-SHA1 with the secret. TT is the day, modulo 1024, in base32. What \
another forwarder rewrote already becomes 'SRS1=HHHH=forwarder=...', from which bounces go back to that forwarder. A quoted local part \
stays quoted: '\"SRS0=HHHH=TT=example.com=john doe\"@srs.example.org'. With '--mac strong' the hash is 16 characters of \
base32 of HMAC-SHA256, over the parts and their lengths.

Letter case does not matter when an address is reversed, nor which of '=', '+' and '-' follows the tag, nor which alphabet of \
base64 the hash has.",
);

const OBJECT: Section = page(
    "The object of an address",
    "  input       the address; null where it is not UTF-8
  input_hex   its octets in hexadecimal where it is not UTF-8, or null
  outcome     rewritten, unchanged or refused
  output      the address to use; null where it is refused or not UTF-8
  output_hex  its octets in hexadecimal where it is not UTF-8, or null
  reason      why, in a sentence
  cause       why, as a code",
);

const CAUSES: Section = page(
    "Causes",
    "Rewritten:

  srs0, srs1            forward: what kind of address it is now
  from_srs0, from_srs1  reverse: what kind of address it was

Unchanged:

  null_sender        '<>' or nothing, of bounces
  already_rewritten  its hash is ours
  alias_domain       it is in the alias domain, and there is no --always
  local_domain       it is in a domain of --local
  excluded           it is in a domain of --exclude

Refused, in both directions:

  no_domain, no_user, several_ats, unbalanced_quote, bad_octet, bad_host
                     it is no address
  too_long, too_long_rewritten
                     it has, or would have, more than 1024 octets
  long_local_part    the local part would have more than 64 octets

Refused by reverse:

  not_srs            it is no SRS address
  other_domain       its domain is no alias domain
  incomplete         a part is missing
  bad_timestamp      the timestamp cannot be read
  short_hash         the hash has too few letters
  wrong_hash         the hash is not ours: it was made up or changed
  weak_hash          the hash is ours, and --accept strong forbids its form
  expired            the hash is ours, and the address too old",
);

pub(crate) const SRS: &[Section] = &[
    both(
        "Examples",
        "  # What PostSRSd did, with its own secret:
  mailrep srs forward --domain srs.example.org \\
      --secret-file /etc/postsrsd.secret alice@example.com
  # Where does this bounce belong?
  mailrep srs reverse --domain srs.example.org \\
      --secret-file /etc/postsrsd.secret \\
      SRS0=IQfw=56=example.com=alice@srs.example.org",
    ),
    FORM,
    EXIT_STATUS,
];

pub(crate) const FORWARD: &[Section] = &[
    both(
        "Examples",
        "  mailrep srs forward --domain srs.example.org \\
      --secret-file /etc/postsrsd.secret alice@example.com
  # Without a secret yet, and with hashes that cannot be turned into others:
  mailrep srs forward --domain srs.example.org --secret-file srs.secret \\
      --create-secret --mac strong alice@example.com
  # Many, for a program; one object a line:
  mailrep --json srs forward --domain srs.example.org \\
      --secret-file /etc/postsrsd.secret - < addresses",
    ),
    FORM,
    EXIT_STATUS,
    JSON,
    OBJECT,
    CAUSES,
];

pub(crate) const REVERSE: &[Section] = &[
    both(
        "Examples",
        "  mailrep srs reverse --domain srs.example.org \\
      --secret-file /etc/postsrsd.secret \\
      SRS0=IQfw=56=example.com=alice@srs.example.org
  # As of a day in the past:
  mailrep srs reverse --now 2025-11-22T12:00:00Z \\
      --domain srs.example.org --secret-file /etc/postsrsd.secret \\
      SRS0=IQfw=56=example.com=alice@srs.example.org",
    ),
    FORM,
    EXIT_STATUS,
    JSON,
    OBJECT,
    CAUSES,
];
