//! The longer help texts of `mailrep filter`, which are sections of the manual pages too.

use crate::help::{Section, both, page};

pub(crate) const CHECK: &[Section] = &[
    both(
        "The policy",
        "A TOML file; docs/filter.md explains every key, and packaging/mailrep.toml is a sample with comments. An empty file verifies what comes from \
outside and adds an Authentication-Results field. Relative paths in it are below its folder.",
    ),
    both(
        "Examples",
        "  mailrep filter check /etc/mailrep/mailrep.toml
  # For a program: is it valid, and what is dangerous about it?
  mailrep --json filter check mailrep.toml",
    ),
    both(
        "Exit status",
        "  0   the policy can be used, whatever is dangerous about it
  1   the policy cannot be used, or a file that it names
  2   wrong usage",
    ),
    page(
        "The object of check",
        "  valid        whether the policy can be used
  file         the policy
  faults       of one that cannot: a list of line, column, message, fix; line
               and column are null if the file cannot be read
  authserv_id  under which name results are written
  explanation  a list of: heading, sentences
  records      the DNS records of all keys, as zone files have them
  files        files that are read
  findings     a list of: severity (error, warning, notice), code, message,
               fix, line (or null)",
    ),
];

pub(crate) const RUN: &[Section] = &[
    both(
        "Examples",
        "  mailrep filter run --config mailrep.toml --ip 192.0.2.1 \\
      --helo mail.example.org --mail-from ada@example.org \\
      --rcpt bo@example.net message.eml
  # As a client that has logged in:
  mailrep filter run --config mailrep.toml --ip 203.0.113.9 \\
      --login ada@example.org --mail-from ada@example.org \\
      --rcpt bo@example.net message.eml
  # As sendmail on this host:
  mailrep filter run --config mailrep.toml --local ada \\
      --mail-from ada@example.org --rcpt bo@example.net message.eml",
    ),
    both(
        "Exit status",
        "  0   it was decided, whatever it is
  1   the policy or the message cannot be used
  2   wrong usage",
    ),
    page(
        "DNS",
        "The nameservers or zone files of the policy are asked, unless --nameserver or --zone says otherwise; --dns-timeout takes the place of the \
policy's timeout.",
    ),
    page(
        "The object of run",
        "  treatment    accept, tag, hold, defer or reject
  cause        what it rests on: none, dmarc_reject, dmarc_quarantine, spf_fail,
               temperror, not_verified, unsigned, outbound_alarm, header_flood
  reason       the same in a sentence
  origin       outside, login, local, internal or originating
  actions      a list, to be carried out in order, of: action (delete_header,
               insert_header, change_sender, add_recipient, delete_recipient,
               hold, defer, reject) and what belongs to it: name, occurrence
               (from 1, among fields of that name), place (from 0, among all
               fields), value, address, reason, code, enhanced, text (lines)
  verdict      the object of 'mailrep check', or null
  signed       a list of: domain, selector
  unsigned     why a submission is not signed: code, text; or null
  alarm        the account's open alarm: account, cause, reason, since
               (seconds since 1970), new; or null
  host_alarm   why the whole host has an alarm; or null
  notes        a list of: code, text
  queue_id, client, login, sender, from_domain, recipients (how many)
  log          the line for a log",
    ),
];
