//! The longer help texts of `mailrep outbound`, which are sections of the manual pages too.

use crate::help::{Section, both};

pub(crate) const REPLAY: &[Section] = &[
    both(
        "INPUT",
        "A JSON object a line. A message has \"time\" (seconds since 1970, with fractions), \"account\" and either \"recipients\" (how many) \
         and, if it is known, \"new_recipients\" (to how many of them the account never wrote before), or \"recipient_list\" (their \
         addresses), of which the novelty is found out.\n\
         A line with \"control\" is no message and has no answer: \"config\" at the beginning with \"false_alarms_per_account_year\"; \
         \"allow\" with \"account\" and \"recipients\" declares that the account sends to so many on a day or at once; \"acknowledge\" with \
         \"account\" says that what raised its alarm was legitimate; \"reset\" with \"account\" forgets all of it; \"end\" ends the replay.\n\
         A line has at most 16 MiB.",
    ),
    both(
        "OUTPUT",
        "With --json a line for each message: \"alarm\" (true on each message while the account's alarm is open, which is a day or until it is \
         acknowledged), \"host_alarm\" (too many accounts have become unusual at once), \"score\" (above 1 is an alarm), \"reason\" and \"cause\" \
         (null without an alarm), \"watched\"; for a line that cannot be used \"error\" and \"line\"; at the end \"stats\". Output waits no longer than \
         input does.\n\
         Without --json, only alarms are told, and at the end a summary.",
    ),
    both(
        "EXIT STATUS",
        "0: the messages were judged, whatever came out. 1: the file cannot be read, or no line of it could be used. 2: wrong usage.",
    ),
];

pub(crate) const FIT: &[Section] = &[
    both(
        "INPUT",
        "The lines of 'mailrep outbound replay'; messages need \"recipients\" and \"new_recipients\". Control lines are passed over. Months of some \
         hundred accounts are needed; attacks in them should be left out.",
    ),
    both(
        "EXIT STATUS",
        "0: the prior was printed. 1: a file cannot be read or used, or there is too little in them. 2: wrong usage.",
    ),
];
