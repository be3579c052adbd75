//! What `--help` and the manual pages say beyond the options. Lines that begin with blanks are shown as they stand.

/// A section of a manual page; `--help` shows those that are short.
pub(crate) struct Section {
    pub(crate) title: &'static str,
    pub(crate) text: &'static str,
    pub(crate) in_help: bool,
}

pub(crate) const fn both(title: &'static str, text: &'static str) -> Section {
    Section {
        title,
        text,
        in_help: true,
    }
}

pub(crate) const fn page(title: &'static str, text: &'static str) -> Section {
    Section {
        title,
        text,
        in_help: false,
    }
}

/// The sections that `--help` shows, and where more is to be read.
pub(crate) fn long_help(sections: &[Section], manual: &str) -> String {
    let mut help = String::new();
    for section in sections.iter().filter(|section| section.in_help) {
        help.push_str(section.title);
        help.push_str(":\n");
        for line in section.text.lines() {
            if !line.is_empty() && !line.starts_with(' ') {
                help.push_str("  ");
            }
            help.push_str(line);
            help.push('\n');
        }
        help.push('\n');
    }
    help.push_str("See also:\n  ");
    help.push_str(manual);
    help
}

pub(crate) const ABOUT: &str = "Says whether mail is what it claims to be, and why: SPF (RFC 7208), DKIM (RFC 6376) and DMARC (RFC 9989).\n\n\
A verdict, whichever it is, is told on the standard output; trouble is told on the standard error output.";

const EXIT_STATUS: Section = both(
    "Exit status",
    "  0   the command did its work, whatever the verdict
  1   the input could not be used: a file that cannot be read or is empty,
      a faulty zone file
  2   wrong usage
  75  no verdict could be made at all, such as without any nameserver",
);

const ZONE_FILES: Section = page(
    "Zone files",
    "With --zone, DNS questions are answered from RFC 1035 master files. Nothing is asked over the network, and names \
that are not in the files do not exist. Names are absolute unless $ORIGIN was set. Beside the usual record types and \
directives there is one of our own, for trying out what happens when the DNS fails:

  $FAIL NAME [TYPE] SERVFAIL|REFUSED|TIMEOUT

It makes all questions for the name fail, or those for one type. TIMEOUT fails at once, as if the time were up.

  $TTL 3600
  example.org.                  TXT  \"v=spf1 mx -all\"
  example.org.                  MX   10 mail.example.org.
  mail.example.org.             A    192.0.2.1
  _dmarc.example.org.           TXT  \"v=DMARC1; p=reject\"
  1.2.0.192.in-addr.arpa.       PTR  mail.example.org.
  $FAIL broken.example.org. TXT SERVFAIL

A fault in a zone file is told as FILE:LINE:COLUMN: MESSAGE, and the exit status is 1.",
);

const LOCAL_POLICY: Section = page(
    "What local policy decides",
    "It always shows. A client of --spf-trust has the result none with the cause trusted_client. A result that rests on a record \
of --spf-record names the domain in its reason, and so do DMARC's reason, where that rests on SPF, and the \
Authentication-Results field, even of a pass. Such a record is evaluated as if it were published: its macros, its look-ups \
and the limits on them.",
);

const LOCAL_DMARC_POLICY: Section = page(
    "What local DMARC policy decides",
    "It changes what is to be done with messages that fail, and never the result: the disposition is the one of --dmarc-except, if that is \
milder than what the policy asks for, or none for clients of --dmarc-trust and for messages of the lists of --dmarc-list. The reason says so, \
and override in the JSON has the type that RFC 9990 gives it in reports: local_policy, trusted_forwarder or mailing_list.",
);

const JSON: Section = page(
    "JSON",
    "With --json one object is printed on one line. Every name is always there, null where it does not apply; names \
may be added in later versions. Results are the lower-case words of the RFCs. Each reason is a sentence for people \
and may change; the cause beside it is a code for programs and stays.",
);

const JSON_SPF: Section = page(
    "The object of SPF",
    "  result             none, neutral, pass, fail, softfail, temperror or permerror
  identity           mailfrom, or helo with the null reverse-path
  domain             the domain that was checked
  mechanism          the directive that matched, as published in the domain's own record
  explanation        what the domain says to those it refuses (exp=)
  local_explanation  whether that is local policy's, since the domain says nothing
  local_records      domains on whose record it rests that local policy replaced
  dns_lookups        terms that needed DNS queries, of which 10 are allowed
  void_lookups       terms that asked for what does not exist, of which 2 are allowed
  reason             why, in a sentence
  cause              why, as a code
  received_spf       the value of the Received-SPF header field to add (RFC 7208 section 9.1)
  helo               the same for HELO's own result",
);

const JSON_LINT: Section = page(
    "The object of the linter",
    "  domain        the domain looked at
  record        its SPF record; null if it has none or several
  local         whether that is what --spf-record gives, and not what is published
  findings      a list, the worst first, of: severity (error, warning or notice),
                code, reason, clause (the rule), fix (what to do), domain (whose
                record), term, and at (octets before the term); the last two are
                null when the whole record is meant
  dns_lookups   terms that ask the DNS when none matches, includes counted
  void_lookups  terms that ask for what does not exist, for IPv4 or IPv6 clients,
                whichever has more
  void_lookups_at_most  the same with terms that may find nothing, such as ptr
  complete      false if not all could be looked up, so that there may be more
  tree          term, domain, found, record (null where it is above already), local,
                dns_lookups (what this costs) and terms (a list of the same); term is
                null at the top
  trace         all steps with --trace, or null",
);

const JSON_DMARC: Section = page(
    "The object of DMARC",
    "  result                 none, pass, fail, temperror or permerror
  reason                 why, in a sentence
  cause                  why, as a code
  from_domain            the author domain
  policy_domain          the domain whose policy applies
  organizational_domain  the author's organizational domain
  policy                 none, quarantine or reject, as published for this domain
  disposition            what is to be done with this message: what the policy asks, or
                         what local policy makes of it; null without a policy
  override               type (of RFC 9990) and comment where the disposition is not
                         what the policy asks for, or null
  spf_aligned            whether SPF passed for an aligned domain
  dkim_aligned           whether a signature of an aligned domain passed",
);

const JSON_DMARC_LINT: Section = page(
    "The object of the linter",
    "  domain                 the domain looked at
  record                 the record that applies to it; null if none does
  policy_domain          whose record that is: its own, or a domain above it
  organizational_domain  its organizational domain; null if that is not known
  policy                 what is asked for its mail that fails, t=y aside; null if
                         the record does not count
  p, sp, np              the policies of the record for its domain, for subdomains
                         and for those that do not exist, t=y aside
  testing                whether t=y lowers them by one step
  findings               a list, the worst first, of: severity (error, warning or
                         notice), code, reason, clause (the rule), fix (what to do),
                         domain (whose record), tag, and at (octets before it); the
                         last two are null when the whole record is meant
  destinations           a list of the mail addresses for reports: tag (rua or ruf),
                         uri, host, external (whether it belongs to another
                         organization), authorized (whether that one agrees); each
                         of the last two is null if it is not known, and the last
                         if it is not needed
  complete               false if not all could be looked up, so that there may be
                         more to find
  trace                  all steps with --trace, or null",
);

pub(crate) const MAILREP: &[Section] = &[
    both(
        "Examples",
        "  mailrep check --ip 192.0.2.1 --helo mail.example.org \\
      --mail-from ada@example.org message.eml
  mailrep check --trace - < message.eml
  mailrep spf --ip 192.0.2.1 --helo mail.example.org \\
      --mail-from ada@example.org
  mailrep dmarc --from example.org --spf bounce.example.org=pass \\
      --dkim example.com=fail
  mailrep --zone test.zone --now 2026-03-01T09:01:00Z --json \\
      check message.eml
  mailrep dmarc report ~/Maildir/.Reports
  mailrep keygen --domain example.org --selector s2026 --out s2026.pem
  mailrep sign --domain example.org --selector s2026 --key s2026.pem \\
      message.eml",
    ),
    EXIT_STATUS,
    ZONE_FILES,
    JSON,
    page(
        "Environment",
        "  NO_COLOR        when set and not empty, no colour is used
  CLICOLOR_FORCE  when set and not 0, colour is used in pipes and files too",
    ),
    page(
        "Standards",
        "RFC 7208 (SPF), RFC 6376, RFC 8301 and RFC 8463 (DKIM), RFC 9989 and RFC 9990 (DMARC), RFC 8601 (Authentication-Results).",
    ),
];

pub(crate) const CHECK: &[Section] = &[
    both(
        "The message",
        "The first line end of the file decides: if it is LF, every bare LF becomes CRLF; if it is CRLF, the octets \
stay as they are. The first line 'From ' of an mbox is skipped. Memory does not grow with the body.",
    ),
    both(
        "Examples",
        "  # A message as it came in:
  mailrep check --ip 192.0.2.1 --helo mail.example.org \\
      --mail-from ada@example.org message.eml
  # One of whose delivery nothing is known, so that DMARC rests on DKIM:
  mailrep check message.eml
  # A bounce, whose reverse-path is null, so that SPF rests on HELO:
  mailrep check --ip 192.0.2.1 --helo mail.example.org --mail-from '' \\
      bounce.eml
  # One that came through a relay of one's own, which SPF knows nothing of:
  mailrep check --spf-trust 198.51.100.0/24 --ip 198.51.100.7 \\
      --helo relay.example.net --mail-from ada@example.org message.eml
  # One of a mailing list that adds a footer and breaks signatures:
  mailrep check --dmarc-list '*.lists.example.net' --ip 203.0.113.5 \\
      --mail-from dev-bounces@lists.example.net message.eml
  # One that somebody submits who has logged in:
  mailrep check --login ada --ip 198.51.100.7 message.eml
  # For a program:
  mailrep --json check --ip 192.0.2.1 - < message.eml",
    ),
    LOCAL_POLICY,
    LOCAL_DMARC_POLICY,
    EXIT_STATUS,
    JSON,
    page(
        "The object of check",
        "  account                 what --login gives, or null
  spf                     an object, as below; null without --ip, and with --login
  dkim                    a list, one object for each signature
  dmarc                   an object, as below
  iprev                   result and name of the client's reverse look-up; null without --ip,
                          and with --login
  story                   the verdict for people: claimed (who claims to have sent it),
                          proven (a list of sentences), decides, and advice (a
                          list of what can be done)
  authentication_results  the value of the header field to add
  headers_to_remove       places of fields that claim to be ours, 0-based
                          among all fields, descending
  anomaly                 code and reason if the message is oddly formed, or null
  trace                   all steps with --trace, as in mailrep-spf(1), or null",
    ),
    JSON_SPF,
    page(
        "The objects of DKIM",
        "  result     none, pass, fail, policy, neutral, temperror or permerror
  reason     why, in a sentence
  cause      why, as a code
  domain     the signing domain (d=)
  selector   the selector of the key (s=)
  identity   the agent or user (i=)
  algorithm  such as rsa-sha256
  key_bits   the size of the key
  testing    whether the domain says that it is only trying DKIM (t=y)
  hint       what became of the message after signing, if it is not as it was
             signed, or null: code (fields_changed, refolded, fields_unknown or
             body), reason, proven (whether the signature is genuine over the
             header as it was), changes (a list of what is proven: field, is,
             was; was is null for a field that was added), mailing_list (by
             which the message says it came, or null)",
    ),
    JSON_DMARC,
];

pub(crate) const SPF: &[Section] = &[
    both(
        "Examples",
        "  mailrep spf --ip 192.0.2.1 --helo mail.example.org \\
      --mail-from ada@example.org
  # A bounce: HELO's result counts.
  mailrep spf --ip 2001:db8::1 --helo mail.example.org --mail-from '<>'
  # With every step, asking one nameserver:
  mailrep --nameserver 127.0.0.1:5353 spf --trace --ip 192.0.2.1 \\
      --helo mail.example.org --mail-from ada@example.org
  # What is wrong with the record that a domain publishes:
  mailrep spf --lint example.org
  # The same for a record that is not published yet:
  mailrep spf --lint example.org \\
      --spf-record 'example.org=v=spf1 mx include:_spf.example.net -all'
  # Whom that record would let through:
  mailrep spf --ip 192.0.2.1 --helo mail.example.org \\
      --mail-from ada@example.org \\
      --spf-record 'example.org=v=spf1 mx include:_spf.example.net -all'",
    ),
    LOCAL_POLICY,
    EXIT_STATUS,
    JSON,
    JSON_SPF,
    JSON_LINT,
    page("The trace", TRACE),
];

pub(crate) const DMARC: &[Section] = &[
    both(
        "Examples",
        "  # Which policy applies, and what it asks of mail that proves nothing:
  mailrep dmarc --from example.org
  # What follows from results that are known:
  mailrep dmarc --from example.org --spf bounce.example.org=pass \\
      --dkim example.com=fail
  mailrep dmarc --from example.org --dkim example.org=pass \\
      --dkim list.example=pass
  # By the public suffix list, as receivers of RFC 7489 do:
  mailrep dmarc --dmarc-psl --from mail.example.org
  # What is wrong with what a domain publishes:
  mailrep dmarc --lint example.org
  # The same for a record that is not published yet:
  mailrep --zone new.zone dmarc --lint example.org
  # Who sends as us, of the reports that others sent:
  mailrep dmarc report ~/Maildir/.Reports",
    ),
    EXIT_STATUS,
    JSON,
    JSON_DMARC,
    JSON_DMARC_LINT,
    page("The trace", TRACE),
];

pub(crate) const DMARC_REPORT: &[Section] = &[
    both(
        "Examples",
        "  mailrep dmarc report report.xml.gz
  # All mails of a mailbox to which reports are sent (rua):
  mailrep dmarc report ~/Maildir/.Reports
  # The addresses that sent what was not aligned, for a program:
  mailrep --json dmarc report ~/Maildir/.Reports |
      jq -r '.domains[].sources[] | select(.unaligned > 0) | .address'",
    ),
    both(
        "Output",
        "For each author domain, the one with the most unaligned messages first: the addresses that sent for it, likewise, with the \
domains that SPF checked and that signed, what the receivers did, and what it may be. 'Not aligned' means that neither SPF nor a \
signature passed for a domain of the author's, so that DMARC failed. 20 of each are shown, with --all all of them.",
    ),
    page(
        "Limits",
        "A file may have 64 MiB, and 128 MiB when all that is packed in it is unpacked, 10,000 members or parts, 5 of them one in \
another, and 500,000 records and results. What has more is skipped, as are files that are broken. Texts of reports are shown without \
controls.",
    ),
    both(
        "Exit status",
        "  0   at least one report could be read
  1   none could
  2   wrong usage
  75  the result could not be told",
    ),
    JSON,
    page(
        "The object of report",
        "  reports            reports that were counted
  duplicates         reports that were not, because they had been already: with the
                     same organization, identifier and policy domain
  begin, end         the time that they are about, in Unix seconds
  messages_left_out  messages of domains beyond 100,000, which are not counted below
  organizations      a list of: name, reports, messages
  domains            a list, the most unaligned messages first, of: domain (in From),
                     policy (none, quarantine or reject, or null), messages,
                     unaligned, and sources
  skipped            a list of files that could not be read: file, reason

Each of the sources, the most unaligned messages first, has

  address            null where a report tells none
  messages           all of them
  unaligned          those for which neither SPF nor DKIM passed and was aligned
  spf_aligned        those for which SPF did
  dkim_aligned       those for which DKIM did
  quarantined        those that the receivers treated as suspicious
  rejected           those that they refused
  overrides          a list of: type (as in RFC 9990), messages
  spf, dkim          lists of: domain, result, messages; 20 at most",
    ),
    page(
        "Standards",
        "RFC 9990, and the reports of RFC 7489 that came before.",
    ),
];

pub(crate) const SIGN: &[Section] = &[
    both(
        "The message",
        "What is signed is what goes over the wire, where line ends are CRLF: if the first line end of the file is LF, \
every bare LF is signed as CRLF, and printed as LF; if it is CRLF, the octets are signed as they stand. What will not survive the way \
through mail servers is told as a warning. The first line 'From ' of an mbox is left out. Memory does not grow with the body.",
    ),
    both(
        "Examples",
        "  mailrep sign --domain example.org --selector s2026 \\
      --key s2026.pem message.eml > signed.eml
  # With RSA and with Ed25519, and valid for a week:
  mailrep sign --domain example.org --selector s2026 --key s2026.pem \\
      --also e2026:e2026.pem --expires-after 7d - < message.eml
  # What would be added, for a program:
  mailrep --json sign --domain example.org --selector s2026 \\
      --key s2026.pem message.eml",
    ),
    page(
        "Signed fields",
        "Signed where they are present are the fields of RFC 6376 section 5.4.1, and Sender, Message-ID, MIME-Version, Content-Type, \
Content-Transfer-Encoding and List-Unsubscribe-Post (RFC 8058). From, To, Cc, Subject, Date, Reply-To, Message-ID, MIME-Version and \
Content-Type are signed once more than they are present, so that none can be added on the way (RFC 6376 section 8.15). A \
message must have one From field.",
    ),
    page(
        "Key files",
        "PEM, with a 'PRIVATE KEY' (PKCS#8) or an 'RSA PRIVATE KEY' (PKCS#1), without a passphrase: what 'mailrep keygen', 'openssl genpkey' \
and opendkim-genkey write; or the base64 of an Ed25519 key that dkimpy's dknewkey writes. RSA keys have 2048 to 4096 bits.",
    ),
    EXIT_STATUS,
    JSON,
    page(
        "The object of sign",
        "  signatures  a list, in the order of the options, of: domain, selector,
              identity (null without --identity), algorithm, key_bits, and
              field (the value of the DKIM-Signature field to add)
  warnings    a list of what will not arrive as it was signed: code, line (the
              first, from 1) and reason

With --json the message is not printed.",
    ),
];

pub(crate) const KEYGEN: &[Section] = &[
    both(
        "Examples",
        "  mailrep keygen --domain example.org --selector s2026 \\
      --out s2026.pem
  # Once the record is published:
  mailrep keygen --verify --domain example.org --selector s2026 \\
      --out s2026.pem
  # A second key, whose signatures are short:
  mailrep keygen --domain example.org --selector e2026 \\
      --algorithm ed25519 --out e2026.pem",
    ),
    both(
        "Output",
        "The DNS record, as zone files have it (RFC 1035), is printed on the standard output: add it to the zone of the domain. \
The private key never is.",
    ),
    EXIT_STATUS,
    JSON,
    page(
        "The object of keygen",
        "  name        where the record belongs
  record      the record, in one string
  zone_entry  the same as a zone file has it
  file        the file of the private key
  algorithm   rsa or ed25519
  key_bits    the size of the key
  published   with --verify: whether the DNS has this key; null if that
              could not be found out, or was not asked
  reason      with --verify: what was found, in a sentence; or null
  cause       with --verify: what was found, as a code; or null",
    ),
];

const TRACE: &str = "With --trace the object has the list trace of all steps, parents before children: parent (the index of the \
step it belongs to, or null), kind, subject, outcome, and microseconds where time was measured.";
