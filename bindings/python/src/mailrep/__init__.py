r"""Mail reputation: is a message what it claims to be?

`check` checks one message by SPF (RFC 7208), DKIM (RFC 6376) and DMARC (RFC 9989) and says why each came out so:

>>> import mailrep
>>> zone = b'example.org. TXT "v=spf1 ip4:192.0.2.1 -all"\n_dmarc.example.org. TXT "v=DMARC1; p=reject"\n'
>>> message = b"From: ada@example.org\r\nSubject: test\r\n\r\nHello\r\n"
>>> verdict = mailrep.check(
...     message, ip="192.0.2.1", helo="mail.example.org", mail_from="ada@example.org", zone=zone
... )
>>> verdict.spf.result
<SpfResult.PASS: 'pass'>
>>> print(verdict.dmarc.result)
pass
>>> forged = mailrep.check(message, ip="203.0.113.9", mail_from="ada@example.org", zone=zone)
>>> forged.dmarc.result is mailrep.DmarcResult.FAIL, forged.dmarc.disposition is mailrep.Policy.REJECT
(True, True)

A program that checks many messages makes a `Checker` once, whose cache and thread they share. A mail filter, which
gets a message piece by piece, begins a `Transaction` for each.

A `Signer` adds DKIM signatures, a `SigningTable` says who signs for whom. `AuthenticationResults` are read and written.
A `Filter` does what a policy file says, for a milter, and `Filter.run` shows it for one message.

A `Rewriter` makes the envelope senders of forwarded mail (SRS), and takes bounces back; an `SrsServer` does so for
Postfix. A `Monitor` watches how accounts send, and notices those that were stolen.

Verdicts, bad ones and DNS trouble included, are never exceptions. What cannot be used is a `MailrepError`.
"""

from typing import TYPE_CHECKING

from ._errors import (
    ClosedError,
    InputError,
    InternalError,
    InvalidError,
    MailrepError,
    NoNameserverError,
    ResolverError,
    SequenceError,
    SystemResourceError,
    ZoneError,
)
from ._library import version

if TYPE_CHECKING:
    from ._auth_results import AuthenticationResults, MethodResult, Property, claims, strip_forged
    from ._bulk import Checked
    from ._checker import Checker, Transaction, check
    from ._decision import (
        AddRecipient,
        Alarm,
        ChangeSender,
        Decision,
        Defer,
        DeleteHeader,
        DeleteRecipient,
        Hold,
        InsertHeader,
        Note,
        Origin,
        Refused,
        Reject,
        Reply,
        SignedBy,
        Treatment,
    )
    from ._envelope import Envelope, received_envelope
    from ._filter import Explanation, Filter, FilterSession, Finding, PolicyError, PolicyFault, Severity
    from ._limits import Limits
    from ._mailbox import StoredMessage, mailbox
    from ._message import octets_of
    from ._monitor import Assessment, Event, Judgement, Judgements, Monitor
    from ._resolver import DnsFailure, FailureKind, NoData, NoSuchName, Records, RecordType
    from ._rewriter import Rewriter, SrsOutcome, SrsResult, create_secret
    from ._signer import Senders, Signed, Signer, Signing, SigningTable
    from ._signing_key import KeyKind, SigningKey
    from ._srs_server import SrsServer
    from ._verdict import (
        Anomaly,
        Change,
        Dkim,
        DkimResult,
        Dmarc,
        DmarcResult,
        Hint,
        Identity,
        Iprev,
        IprevResult,
        Override,
        Policy,
        Spf,
        SpfEvaluation,
        SpfResult,
        Step,
        Story,
        Verdict,
    )

__version__ = version()

__all__ = [
    "AddRecipient",
    "Alarm",
    "Anomaly",
    "Assessment",
    "AuthenticationResults",
    "Change",
    "ChangeSender",
    "Checked",
    "Checker",
    "ClosedError",
    "Decision",
    "Defer",
    "DeleteHeader",
    "DeleteRecipient",
    "Dkim",
    "DkimResult",
    "Dmarc",
    "DmarcResult",
    "DnsFailure",
    "Envelope",
    "Event",
    "Explanation",
    "FailureKind",
    "Filter",
    "FilterSession",
    "Finding",
    "Hint",
    "Hold",
    "Identity",
    "InputError",
    "InsertHeader",
    "InternalError",
    "InvalidError",
    "Iprev",
    "IprevResult",
    "Judgement",
    "Judgements",
    "KeyKind",
    "Limits",
    "MailrepError",
    "MethodResult",
    "Monitor",
    "NoData",
    "NoNameserverError",
    "NoSuchName",
    "Note",
    "Origin",
    "Override",
    "Policy",
    "PolicyError",
    "PolicyFault",
    "Property",
    "RecordType",
    "Records",
    "Refused",
    "Reject",
    "Reply",
    "ResolverError",
    "Rewriter",
    "Senders",
    "SequenceError",
    "Severity",
    "Signed",
    "SignedBy",
    "Signer",
    "Signing",
    "SigningKey",
    "SigningTable",
    "Spf",
    "SpfEvaluation",
    "SpfResult",
    "SrsOutcome",
    "SrsResult",
    "SrsServer",
    "Step",
    "StoredMessage",
    "Story",
    "SystemResourceError",
    "Transaction",
    "Treatment",
    "Verdict",
    "ZoneError",
    "__version__",
    "check",
    "claims",
    "create_secret",
    "mailbox",
    "octets_of",
    "received_envelope",
    "strip_forged",
    "version",
]

# What a program does not use it need not load: importing this is quick.
_HOMES = {
    "_auth_results": ("AuthenticationResults", "MethodResult", "Property", "claims", "strip_forged"),
    "_checker": ("Checker", "Transaction", "check"),
    "_decision": (
        "AddRecipient",
        "Alarm",
        "ChangeSender",
        "Decision",
        "Defer",
        "DeleteHeader",
        "DeleteRecipient",
        "Hold",
        "InsertHeader",
        "Note",
        "Origin",
        "Refused",
        "Reject",
        "Reply",
        "SignedBy",
        "Treatment",
    ),
    "_filter": ("Explanation", "Filter", "FilterSession", "Finding", "PolicyError", "PolicyFault", "Severity"),
    "_limits": ("Limits",),
    "_message": ("octets_of",),
    "_monitor": ("Assessment", "Event", "Judgement", "Judgements", "Monitor"),
    "_resolver": ("DnsFailure", "FailureKind", "NoData", "NoSuchName", "Records", "RecordType"),
    "_rewriter": ("Rewriter", "SrsOutcome", "SrsResult", "create_secret"),
    "_signer": ("Senders", "Signed", "Signer", "Signing", "SigningTable"),
    "_signing_key": ("KeyKind", "SigningKey"),
    "_bulk": ("Checked",),
    "_envelope": ("Envelope", "received_envelope"),
    "_mailbox": ("StoredMessage", "mailbox"),
    "_srs_server": ("SrsServer",),
    "_verdict": (
        "Anomaly",
        "Change",
        "Dkim",
        "DkimResult",
        "Dmarc",
        "DmarcResult",
        "Hint",
        "Identity",
        "Iprev",
        "IprevResult",
        "Override",
        "Policy",
        "Spf",
        "SpfEvaluation",
        "SpfResult",
        "Step",
        "Story",
        "Verdict",
    ),
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}

# A checker of types would take any name otherwise.
if not TYPE_CHECKING:

    def __getattr__(name: str) -> object:
        home = _HOME_OF.get(name)
        if home is None:
            raise AttributeError(f"module 'mailrep' has no attribute {name!r}")
        from importlib import import_module  # noqa: PLC0415

        value = globals()[name] = getattr(import_module(f"{__name__}.{home}"), name)
        return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
