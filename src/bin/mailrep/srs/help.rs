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
      SRS0=IQfw=56=example.com=alice@srs.example.org
  # In place of PostSRSd:
  mailrep srs serve --domain srs.example.org \\
      --secret-file /etc/postsrsd.secret \\
      --tcp-forward localhost:10001 --tcp-reverse localhost:10002",
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

pub(crate) const SERVE: &[Section] = &[
    both(
        "Examples",
        "  # In place of PostSRSd, with its secret; nothing else is changed:
  mailrep srs serve --domain example.org \\
      --secret-file /etc/postsrsd.secret \\
      --tcp-forward localhost:10001 --tcp-reverse localhost:10002
  # On a Unix socket, in reach of daemons of Postfix that are in a chroot:
  mailrep srs serve --domain example.org --secret-file srs.secret \\
      --socketmap unix:/var/spool/postfix/srs/socket
  # Does it answer?
  postmap -q alice@example.com tcp:127.0.0.1:10001
  postmap -q alice@example.com \\
      socketmap:unix:/var/spool/postfix/srs/socket:forward",
    ),
    page(
        "Postfix: as with PostSRSd",
        "These lines in main.cf are PostSRSd's, and work as they are:

  sender_canonical_maps = tcp:localhost:10001
  sender_canonical_classes = envelope_sender
  recipient_canonical_maps = tcp:localhost:10002
  recipient_canonical_classes = envelope_recipient,header_recipient

Every envelope sender is rewritten that is not in a domain of --domain, --local or --exclude, that of mail to local \
mailboxes too. While the server is down, Postfix answers 451 to all mail.",
    ),
    page(
        "Postfix: only what is forwarded",
        "Mail that leaves this host goes through a second cleanup service, unless its sender is of this host. In this example the \
host is called mx.example.org, and has the domains example.org and example.net. In /etc/postfix/srs.regexp:

  /^(SRS[01][-+=].+)$/    $1

In main.cf:

  default_transport = srs:[127.0.0.1]:10003
  sender_dependent_default_transport_maps = inline:{
      { @example.org = smtp: }
      { @example.net = smtp: }
      { @mx.example.org = smtp: }
      { <> = smtp: } }
  recipient_canonical_maps = pipemap:{regexp:/etc/postfix/srs.regexp, tcp:127.0.0.1:10002}
  recipient_canonical_classes = envelope_recipient

In master.cf:

  srs       unix  -  -  n  -  -  smtp
      -o syslog_name=postfix/srs
      -o smtp_tls_security_level=none
      -o smtp_sasl_auth_enable=no
      -o smtp_generic_maps=
      -o smtp_bind_address=127.0.0.1
      -o smtp_send_xforward_command=yes
  127.0.0.1:10003 inet n  -  n  -  -  smtpd
      -o syslog_name=postfix/srs
      -o cleanup_service_name=srs-cleanup
      -o content_filter=smtp:$relayhost
      -o receive_override_options=no_unknown_recipient_checks,no_header_body_checks,no_milters
      -o mynetworks=127.0.0.0/8
      -o smtpd_authorized_xforward_hosts=127.0.0.0/8
      -o smtpd_client_restrictions=
      -o smtpd_helo_restrictions=
      -o smtpd_sender_restrictions=
      -o smtpd_relay_restrictions=permit_mynetworks,reject
      -o smtpd_recipient_restrictions=permit_mynetworks,reject
      -o smtpd_data_restrictions=
      -o smtpd_end_of_data_restrictions=
      -o smtpd_tls_security_level=none
      -o smtpd_sasl_auth_enable=no
  srs-cleanup unix n  -  n  -  0  cleanup
      -o syslog_name=postfix/srs
      -o sender_canonical_maps=tcp:127.0.0.1:10001
      -o sender_canonical_classes=envelope_sender
      -o recipient_canonical_maps=
      -o virtual_alias_maps=
      -o always_bcc=
      -o sender_bcc_maps=
      -o recipient_bcc_maps=

While the server is down, only bounces to rewritten addresses are answered with 451, and what is to be forwarded waits in the \
queue. Mail that matches transport_maps does not go this way.",
    ),
    page(
        "Answers",
        "An address that is not rewritten, and one that is refused, is not in the map: 500 in tcp_table(5), NOTFOUND in \
socketmap_table(5). A request that is malformed, or has more than 4096 octets, gets 400, TEMP or PERM, and the connection goes on; after \
what is no netstring it ends. A key that is no address is not in the map.",
    ),
    page(
        "Ready",
        "When connections are taken, a line on the standard error output says where; with --json an object on the standard output: ready, and \
listen, a list of service and address. A port of 0 is one that the system chooses. systemd is told as by sd_notify(3).",
    ),
    both(
        "Exit status",
        "  0   a signal ended it
  1   the secrets could not be used: a file that cannot be read, a short secret
  2   wrong usage, such as no address to listen on
  75  it could not listen, such as on an address that is in use",
    ),
];

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::SERVE;

    /// tests/srs_postfix runs a Postfix with what the guide says.
    #[test]
    fn the_manual_page_wires_postfix_as_the_guide_does() {
        let guide = include_str!("../../../../docs/from-postsrsd.md");
        let pages: String = SERVE
            .iter()
            .map(|section| format!("{}\n", section.text))
            .collect();
        for mark in ["seed.cf", "regexp", "main.cf", "master.cf"] {
            let begin = format!("\n```{mark}\n");
            let block = guide.split(&begin).nth(1).unwrap().split("```").next().unwrap();
            let indented: String = block.lines().map(|line| format!("  {line}\n")).collect();
            assert!(
                pages.contains(&indented),
                "{mark} is not in the manual page:\n{indented}"
            );
        }
    }
}
