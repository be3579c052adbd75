//! The longer help texts of `mailrep outbound`, which are sections of the manual pages too.

use crate::help::{Section, both, page};

const POSTFIX: Section = page(
    "LOGS OF POSTFIX",
    "With --format postfix, mail.log is read, in syslog's own form ('Nov 26 15:19:55') or with RFC 3339 times, also packed by gzip. Several files are \
     read in the order of their first lines. A line without a year is of the latest year in which it is not after --now; its time is taken for UTC \
     (up to 14 hours after --now are allowed for, since hosts may log local time). A log without years that covers more than one cannot be read rightly.\n\
     \n\
     A message is watched if smtpd logged sasl_username; others came from outside or from this host. Its time and the number of its recipients \
     are those of the queue manager's first line (nrcpt), its recipients those that delivery agents tell of (to, or orig_to where an alias was \
     written to). It is judged when all of them were told of, or it was removed from the queue, or five minutes have passed in the log: then those count \
     that were told of by then, or nrcpt if there are none. Messages are judged in the order in which they were queued. Later tries are the same message. \
     Queue ids are told apart by host and by instance of Postfix. At most 100,000 messages and 400,000 addresses are waited for at once; beyond, the \
     oldest messages are judged by what is known.\n\
     \n\
     Lines of other programs are passed over. Lines that are cut off or are none of a log are counted.",
);

pub(crate) const REPLAY: &[Section] = &[
    both(
        "INPUT",
        "A JSON object a line. A message has \"time\" (seconds since 1970, with fractions), \"account\" and either \"recipients\" (how many) \
         and, if it is known, \"new_recipients\" (to how many of them the account never wrote before), or \"recipient_list\" (their \
         addresses), of which the novelty is found out.\n\
         A line with \"control\" is no message and has no answer: \"config\" at the beginning with \"false_alarms_per_account_year\", which prevails over \
         --false-alarms; \
         \"allow\" with \"account\" and \"recipients\" declares that the account sends to so many on a day or at once; \"acknowledge\" with \
         \"account\" says that what raised its alarm was legitimate; \"release\" with \"account\" ends its alarm without raising a limit, since it was a \
         theft and the password has been changed; \"failed\" with \"account\" and \"recipients\" says that so many of its recipients could not be delivered \
         to, which lowers its limits; \"tolerance\" with \"account\" and \"false_alarms_per_account_year\" gives the account one of its own, and 0 \
         takes it back; \"reset\" with \"account\" forgets what it sent; \"end\" ends the replay.\n\
         A line has at most 16 MiB. Files are read in the order given.",
    ),
    POSTFIX,
    both(
        "OUTPUT",
        "With --json a line for each message: \"alarm\" (true on each message while the account's alarm is open, which is a day or until it is \
         acknowledged or released), \"host_alarm\" (too many accounts have become unusual at once), \"score\" (above 1 is an alarm), \"reason\" and \"cause\" \
         (null without an alarm), \"watched\", and of logs \"time\" and \"account\"; for a line that cannot be used \"error\" and \"line\", and of logs \"file\". \
         Output waits no longer than input does.\n\
         At the end comes an object with \"stats\" and \"summary\". \"stats\" has \"events\", \"unusable\" (lines), \"other_lines\" (of other programs), \
         \"accounts\", \"alarms\", \"host_alarms\" and \"bytes_per_account\". \"summary\" has \"begin\" and \"end\" (times of the first and last message), \
         \"alarms\" and \"host_alarms\". Each alarm has \"account\", \"time\", \"cause\" and \"reason\" as it began, \"messages_before\" (of the account in this \
         replay), and \"messages_stopped\" and \"recipients_stopped\": those that followed while it was open, and would have been stopped. Only the first \
         10,000 alarms are told one by one.\n\
         Without --json, only alarms are told, and at the end the summary.\n\
         The page that --html writes has charts of at most 100 accounts, on a logarithmic scale.",
    ),
    both(
        "EXIT STATUS",
        "0: the messages were judged, whatever came out. 1: a file cannot be read, or no line of it could be used, or the state cannot be read or \
         written; the state is as it was then. 2: wrong usage.",
    ),
];

pub(crate) const EXPLAIN: &[Section] = &[
    both(
        "OUTPUT",
        "Counters forget with time, so that their values are no whole numbers. Limits are those of the account's own tolerance, or of that given with --false-alarms.\n\
         With --json an object with \"account\", \"known\" (messages were seen), \"days\" (on which it sent something and that were learned; at most \
         60), \"first\" (the day of the first message) and \"last\" (the last message) in seconds since 1970, \"declared\" (recipients in a day), \"tolerance\" (its own, or null), \"alarm\" \
         (null, or \"since\", \"cause\" and \"reason\") and \"channels\": for each counter \"code\", \"counted\" (in words), \"usual\" (the highest \
         value on a usual day; null without history), \"count\" (at the last message), \"limit\" (above it is an alarm; null if it is not watched \
         because of a declaration) and \"acknowledged\".",
    ),
    both(
        "EXIT STATUS",
        "0: it was told, also that nothing is known of the account. 1: the state cannot be read or used. 2: wrong usage.",
    ),
];

pub(crate) const MERGE: &[Section] = &[
    both(
        "HOW IT IS MERGED",
        "Counters are brought to a common time and added; what is usual is the mean, weighted by days; an alarm of one host is one of all; of \
         declarations and acknowledgements the larger one stays, and of accounts' own tolerances the lower one; a recipient that one host knows is known. Of two files the order does not matter.",
    ),
    both(
        "EXIT STATUS",
        "0: it was written. 1: a file cannot be read, used or written, or they have different keys. 2: wrong usage.",
    ),
];

pub(crate) const CONTROL: &[Section] = &[
    both(
        "HOW IT IS ASKED",
        "mailrep-milter(8) answers on the control socket that its policy names. Who may connect is a matter of the socket's permissions.",
    ),
    both(
        "EXIT STATUS",
        "0: it was done. 1: the milter cannot be asked, or refuses. 2: wrong usage. 75: postsuper failed, or the output cannot be written.",
    ),
];

pub(crate) const FIT: &[Section] = &[
    both(
        "INPUT",
        "The lines of 'mailrep outbound replay'; messages need \"recipients\" and \"new_recipients\", or \"recipient_list\". Control lines are \
         passed over. Months of some hundred accounts are needed; attacks in them should be left out.",
    ),
    POSTFIX,
    both(
        "EXIT STATUS",
        "0: the prior was printed. 1: a file cannot be read or used, or there is too little in them. 2: wrong usage.",
    ),
];
