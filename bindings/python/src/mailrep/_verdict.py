"""Verdicts: results as enums with the standards' words, and a reason beside each."""

from __future__ import annotations

import enum
import json
from dataclasses import dataclass, field
from typing import Any


class _Word(str, enum.Enum):
    """A word of a standard; it is equal to its text, and prints as it."""

    def __str__(self) -> str:
        return str(self.value)


class SpfResult(_Word):
    """What SPF says (RFC 7208 section 2.6).

    >>> from mailrep import SpfResult
    >>> SpfResult("pass") is SpfResult.PASS, SpfResult.PASS == "pass", str(SpfResult.PASS)
    (True, True, 'pass')
    """

    NONE = "none"
    NEUTRAL = "neutral"
    PASS = "pass"  # noqa: S105
    FAIL = "fail"
    SOFTFAIL = "softfail"
    TEMPERROR = "temperror"
    PERMERROR = "permerror"


class Identity(_Word):
    """What SPF checked (RFC 7208 sections 2.3 and 2.4).

    >>> from mailrep import Identity
    >>> print(Identity.MAIL_FROM, Identity.HELO)
    mailfrom helo
    """

    MAIL_FROM = "mailfrom"
    HELO = "helo"


class DkimResult(_Word):
    """What a DKIM signature is worth (RFC 8601 section 2.7.1).

    >>> from mailrep import DkimResult
    >>> print(*DkimResult)
    none pass fail policy neutral temperror permerror
    """

    NONE = "none"
    PASS = "pass"  # noqa: S105
    FAIL = "fail"
    POLICY = "policy"
    NEUTRAL = "neutral"
    TEMPERROR = "temperror"
    PERMERROR = "permerror"


class DmarcResult(_Word):
    """What DMARC says (RFC 9989).

    >>> from mailrep import DmarcResult
    >>> print(*DmarcResult)
    none pass fail temperror permerror
    """

    NONE = "none"
    PASS = "pass"  # noqa: S105
    FAIL = "fail"
    TEMPERROR = "temperror"
    PERMERROR = "permerror"


class Policy(_Word):
    """What a domain owner asks to be done with mail that fails.

    >>> from mailrep import Policy
    >>> Policy("reject") is Policy.REJECT
    True
    """

    NONE = "none"
    QUARANTINE = "quarantine"
    REJECT = "reject"


class IprevResult(_Word):
    """Whether the client's address and name point to each other (RFC 8601 section 2.7.3).

    >>> from mailrep import IprevResult
    >>> print(*IprevResult)
    pass fail temperror permerror
    """

    PASS = "pass"  # noqa: S105
    FAIL = "fail"
    TEMPERROR = "temperror"
    PERMERROR = "permerror"


@dataclass(frozen=True, slots=True)
class SpfEvaluation:
    r"""SPF for one identity.

    >>> from mailrep import check
    >>> zone = b'example.org. TXT "v=spf1 ip4:192.0.2.1 -all"\n_dmarc.example.org. TXT "v=DMARC1; p=reject"'
    >>> message = b"From: ada@example.org\r\n\r\nHello\r\n"
    >>> verdict = check(message, ip="203.0.113.9", mail_from="ada@example.org", zone=zone)
    >>> print(verdict.spf.helo)
    None
    >>> print(verdict.spf.cause, verdict.spf.domain, verdict.spf.dns_lookups)
    directive_matched example.org 0
    """

    result: SpfResult
    identity: Identity
    domain: str
    """The domain checked, printable; empty if there is none."""
    mechanism: str | None
    """The outermost directive that decided, as published."""
    explanation: str | None
    """What the domain has to say to the sender of a fail: a stranger's text, unless `local_explanation`."""
    local_explanation: bool
    """Whether the explanation is the checker's `spf_explanation`, since the domain gives none."""
    local_records: tuple[str, ...]
    """The domains on whose record this rests and for which the checker's `spf_records` gives one."""
    dns_lookups: int
    """Terms that caused DNS queries, counted against the limit of 10."""
    void_lookups: int
    """Terms that asked for what does not exist, counted against the limit of 2."""
    reason: str
    """Why, as a sentence."""
    cause: str
    """Why, as a stable code."""
    received_spf: str
    """The value of the Received-SPF field (RFC 7208 section 9.1) to add to the message."""

    def __str__(self) -> str:
        return f"spf={self.result} ({self.reason})"


@dataclass(frozen=True, slots=True)
class Spf(SpfEvaluation):
    r"""SPF for the reverse-path (the HELO name, if that is null), and for the HELO name.

    >>> from mailrep import check
    >>> zone = b'example.org. TXT "v=spf1 ip4:192.0.2.1 -all"\n_dmarc.example.org. TXT "v=DMARC1; p=reject"'
    >>> message = b"From: ada@example.org\r\n\r\nHello\r\n"
    >>> verdict = check(message, ip="203.0.113.9", mail_from="ada@example.org", zone=zone)
    >>> print(verdict.spf.result, verdict.spf.identity, verdict.spf.mechanism)
    fail mailfrom -all
    """

    helo: SpfEvaluation | None
    """The HELO name's own result."""


@dataclass(frozen=True, slots=True)
class Change:
    """A signed header field that was changed after signing.

    >>> from mailrep import Change
    >>> Change("Subject", "[list] hello", "hello").was
    'hello'
    """

    field: str
    is_: str
    """Its value, made printable."""
    was: str | None
    """The value that was signed; none if the field was added."""


@dataclass(frozen=True, slots=True)
class Hint:
    """What became of a message after signing, for a signature that is not one over it as it stands.

    >>> from mailrep import Change, Hint
    >>> hint = Hint("fields_changed", "Subject was changed", True, (Change("Subject", "[list] a", "a"),), None)
    >>> print(hint)
    Subject was changed
    """

    code: str
    """fields_changed, refolded, fields_unknown or body."""
    reason: str
    """The same as a sentence."""
    proven: bool
    """Whether the signature is genuine over the header as it was."""
    changes: tuple[Change, ...]
    """The changes that are proven."""
    mailing_list: str | None
    """The list by which the message says it came (RFC 2919)."""

    def __str__(self) -> str:
        return self.reason


@dataclass(frozen=True, slots=True)
class Dkim:
    r"""One DKIM signature.

    >>> from mailrep import check
    >>> signature = b"DKIM-Signature: v=1; a=rsa-sha256; d=example.org; s=gone; h=From; bh=AAAA; b=AAAA\r\n"
    >>> verdict = check(signature + b"From: ada@example.org\r\n\r\nHello\r\n", zone=b"")
    >>> verdict.dkim[0].domain, verdict.dkim[0].selector, str(verdict.dkim[0].result)
    ('example.org', 'gone', 'permerror')
    """

    result: DkimResult
    reason: str
    """Why, as a sentence."""
    cause: str
    """Why, as a stable code."""
    domain: str | None
    """The signing domain (d=)."""
    selector: str | None
    identity: str | None
    """The agent or user identifier (i=)."""
    algorithm: str | None
    key_bits: int | None
    """The size of the key; none if none was read."""
    testing: bool
    """Whether the key says that its domain is testing (t=y)."""
    hint: Hint | None
    """What became of the message after signing, where it is not as it was signed."""

    def __str__(self) -> str:
        return f"dkim={self.result} ({self.reason})"


@dataclass(frozen=True, slots=True)
class Override:
    r"""Why the disposition is not what the policy asks for (RFC 9990).

    >>> from mailrep import check
    >>> zone = b'example.org. TXT "v=spf1 ip4:192.0.2.1 -all"\n_dmarc.example.org. TXT "v=DMARC1; p=reject"'
    >>> message = b"From: ada@example.org\r\n\r\nHello\r\n"
    >>> verdict = check(message, ip="203.0.113.9", mail_from="ada@example.org", zone=zone, dmarc_trusted="203.0.113.9")
    >>> print(verdict.dmarc.result, verdict.dmarc.disposition, verdict.dmarc.override.type)
    fail none trusted_forwarder
    """

    type: str
    """local_policy, mailing_list, policy_test_mode, trusted_forwarder or other."""
    comment: str
    """In words."""

    def __str__(self) -> str:
        return self.comment


@dataclass(frozen=True, slots=True)
class Dmarc:
    r"""DMARC, which rests on SPF and DKIM.

    >>> from mailrep import check
    >>> zone = b'example.org. TXT "v=spf1 ip4:192.0.2.1 -all"\n_dmarc.example.org. TXT "v=DMARC1; p=reject"'
    >>> message = b"From: ada@example.org\r\n\r\nHello\r\n"
    >>> verdict = check(message, ip="203.0.113.9", mail_from="ada@example.org", zone=zone)
    >>> print(verdict.dmarc.result, verdict.dmarc.policy_domain, verdict.dmarc.disposition)
    fail example.org reject
    """

    result: DmarcResult
    reason: str
    """Why, as a sentence."""
    cause: str
    """Why, as a stable code."""
    from_domain: str | None
    """The author domain."""
    policy_domain: str | None
    """The domain whose policy applies."""
    organizational_domain: str | None
    policy: Policy | None
    """What that domain publishes for this author domain."""
    disposition: Policy | None
    """What is to be done with this message, by the policy or an override; none without a policy."""
    testing: bool
    """Whether the policy is in testing (t=y)."""
    override: Override | None
    """Why the disposition is not what the policy asks for, where it is not."""
    spf_aligned: bool
    dkim_aligned: bool

    def __str__(self) -> str:
        asked = f", {self.disposition} is asked for" if self.disposition not in (None, Policy.NONE) else ""
        return f"dmarc={self.result}{asked} ({self.reason})"


@dataclass(frozen=True, slots=True)
class Iprev:
    r"""Whether the client's address and name point to each other.

    >>> from mailrep import check
    >>> zone = b'example.org. TXT "v=spf1 ip4:192.0.2.1 -all"\n_dmarc.example.org. TXT "v=DMARC1; p=reject"'
    >>> message = b"From: ada@example.org\r\n\r\nHello\r\n"
    >>> verdict = check(message, ip="203.0.113.9", mail_from="ada@example.org", zone=zone)
    >>> print(verdict.iprev.result, verdict.iprev.name)
    permerror None
    """

    result: IprevResult
    name: str | None
    """The verified name."""
    reason: str
    """Why, as a sentence."""
    cause: str
    """Why, as a stable code."""

    def __str__(self) -> str:
        return f"iprev={self.result} ({self.reason})"


@dataclass(frozen=True, slots=True)
class Anomaly:
    """What is odd about the message's form.

    >>> from mailrep import Anomaly
    >>> print(Anomaly("a_code", "why, in words"))
    why, in words
    """

    code: str
    reason: str

    def __str__(self) -> str:
        return self.reason


@dataclass(frozen=True, slots=True)
class Story:
    r"""The verdict told to an administrator, in sentences.

    >>> from mailrep import check
    >>> zone = b'example.org. TXT "v=spf1 ip4:192.0.2.1 -all"\n_dmarc.example.org. TXT "v=DMARC1; p=reject"'
    >>> message = b"From: ada@example.org\r\n\r\nHello\r\n"
    >>> verdict = check(message, ip="203.0.113.9", mail_from="ada@example.org", zone=zone)
    >>> len(verdict.story.proven) > 0, verdict.story.decides == verdict.dmarc.reason
    (True, True)
    """

    claimed: str
    """Who claims to have sent the message."""
    proven: tuple[str, ...]
    """What was proven, and what was not."""
    decides: str
    """What decides: DMARC's reason."""
    advice: tuple[str, ...]
    """What can be done, by who receives such mail and by who sends it."""


@dataclass(frozen=True, slots=True)
class Step:
    r"""One step of a trace.

    >>> from mailrep import check
    >>> zone = b'example.org. TXT "v=spf1 ip4:192.0.2.1 -all"\n_dmarc.example.org. TXT "v=DMARC1; p=reject"'
    >>> message = b"From: ada@example.org\r\n\r\nHello\r\n"
    >>> verdict = check(message, ip="203.0.113.9", mail_from="ada@example.org", zone=zone, trace=True)
    >>> verdict.trace[0].parent is None
    True
    """

    parent: int | None
    """The index of the step that this one belongs to."""
    kind: str
    subject: str
    outcome: str
    microseconds: int | None

    def __str__(self) -> str:
        told = f"{self.subject} -> {self.outcome}" if self.outcome else self.subject
        if self.microseconds is None:
            return told
        time = f"{self.microseconds} us" if self.microseconds < 1_000 else f"{self.microseconds / 1_000:.1f} ms"
        return f"{told} [{time}]"


@dataclass(frozen=True, slots=True)
class Verdict:
    r"""The verdict on one message.

    `str()` of it is a line for each check; `to_dict()` is the object that `mailrep --json check` prints.

    >>> from mailrep import check
    >>> zone = b'example.org. TXT "v=spf1 ip4:192.0.2.1 -all"\n_dmarc.example.org. TXT "v=DMARC1; p=reject"'
    >>> message = b"From: ada@example.org\r\n\r\nHello\r\n"
    >>> verdict = check(message, ip="203.0.113.9", mail_from="ada@example.org", zone=zone)
    >>> print(str(verdict).splitlines()[1])
    dkim=none (the message has no DKIM signature)
    >>> verdict.to_dict()["dmarc"]["result"]
    'fail'
    """

    account: str | None
    """The account that the client has logged in to; none for mail that comes from elsewhere."""
    spf: Spf | None
    """None when the client's address was not given, and for mail that is submitted."""
    dkim: tuple[Dkim, ...]
    """One for each signature, in the order of the header."""
    dmarc: Dmarc
    iprev: Iprev | None
    """None when the client's address was not given, and for mail that is submitted."""
    story: Story
    """The whole, told to an administrator."""
    authentication_results: str
    """The value of the Authentication-Results field (RFC 8601) to add to the message."""
    headers_to_remove: tuple[int, ...]
    """Fields that claim to be ours: places among all header fields from 0, the last first."""
    anomaly: Anomaly | None
    trace: tuple[Step, ...] | None
    """Every step of all checks, if it was asked for."""
    _json: str = field(repr=False, compare=False)

    def to_dict(self) -> dict[str, Any]:
        """The object that the command line prints with `--json`, made anew at each call."""
        made: dict[str, Any] = json.loads(self._json)
        return made

    def trace_tree(self) -> str:
        r"""The trace as `--trace` shows it: a line for each step, indented below the one that it belongs to.

        >>> from mailrep import check
        >>> zone = b'example.org. TXT "v=spf1 -all"'
        >>> message = b"Subject: a\r\n\r\n"
        >>> verdict = check(message, ip="192.0.2.1", mail_from="ada@example.org", zone=zone, trace=True)
        >>> "SPF" in verdict.trace_tree(), check(message, zone=zone).trace_tree()
        (True, '')
        """
        steps = self.trace or ()
        children: list[list[int]] = [[] for _ in steps]
        open_ = []
        for at, step in enumerate(steps):
            if step.parent is not None and step.parent < at:
                children[step.parent].append(at)
            else:
                open_.append((at, 0))
        open_.reverse()
        lines = []
        while open_:
            at, depth = open_.pop()
            lines.append("  " * min(depth, _DEEPEST) + str(steps[at]))
            open_.extend((child, depth + 1) for child in reversed(children[at]))
        return "\n".join(lines)

    def __str__(self) -> str:
        lines = [str(check) for check in (self.spf, *self.dkim, self.dmarc, self.iprev) if check is not None]
        if self.account is not None:
            lines.insert(0, f"auth=pass ({self.account!r})")
        elif not self.dkim:
            lines.insert(len(lines) - 1 - (self.iprev is not None), "dkim=none (the message has no DKIM signature)")
        return "\n".join(lines)


_DEEPEST = 20
"""Steps of a trace below that depth stand at it."""


def _evaluation(given: dict[str, Any]) -> dict[str, Any]:
    return {
        "result": SpfResult(given["result"]),
        "identity": Identity(given["identity"]),
        "domain": given["domain"],
        "mechanism": given["mechanism"],
        "explanation": given["explanation"],
        "local_explanation": given["local_explanation"],
        "local_records": tuple(given["local_records"]),
        "dns_lookups": given["dns_lookups"],
        "void_lookups": given["void_lookups"],
        "reason": given["reason"],
        "cause": given["cause"],
        "received_spf": given["received_spf"],
    }


def _spf(given: dict[str, Any]) -> Spf:
    helo = given["helo"]
    return Spf(**_evaluation(given), helo=None if helo is None else SpfEvaluation(**_evaluation(helo)))


def _dkim(given: dict[str, Any]) -> Dkim:
    return Dkim(
        result=DkimResult(given["result"]),
        reason=given["reason"],
        cause=given["cause"],
        domain=given["domain"],
        selector=given["selector"],
        identity=given["identity"],
        algorithm=given["algorithm"],
        key_bits=given["key_bits"],
        testing=given["testing"],
        hint=None if given["hint"] is None else _hint(given["hint"]),
    )


def _hint(given: dict[str, Any]) -> Hint:
    return Hint(
        code=given["code"],
        reason=given["reason"],
        proven=given["proven"],
        changes=tuple(Change(change["field"], change["is"], change["was"]) for change in given["changes"]),
        mailing_list=given["mailing_list"],
    )


def _policy(word: str | None) -> Policy | None:
    return None if word is None else Policy(word)


def _dmarc(given: dict[str, Any]) -> Dmarc:
    override = given["override"]
    return Dmarc(
        result=DmarcResult(given["result"]),
        reason=given["reason"],
        cause=given["cause"],
        from_domain=given["from_domain"],
        policy_domain=given["policy_domain"],
        organizational_domain=given["organizational_domain"],
        policy=_policy(given["policy"]),
        disposition=_policy(given["disposition"]),
        testing=given["testing"],
        override=None if override is None else Override(override["type"], override["comment"]),
        spf_aligned=given["spf_aligned"],
        dkim_aligned=given["dkim_aligned"],
    )


def _iprev(given: dict[str, Any]) -> Iprev:
    return Iprev(IprevResult(given["result"]), given["name"], given["reason"], given["cause"])


def spf(text: str) -> Spf:
    """SPF alone, that the library tells as JSON."""
    return _spf(json.loads(text))


def verdict(text: str, *, traced: bool = True) -> Verdict:
    """The verdict that the library tells as JSON, without its trace unless that is wanted."""
    given = json.loads(text)
    if not traced and given["trace"] is not None:
        given["trace"] = None
        text = json.dumps(given)
    spf, iprev, anomaly, trace = (given[name] for name in ("spf", "iprev", "anomaly", "trace"))
    return Verdict(
        account=given["account"],
        spf=None if spf is None else _spf(spf),
        dkim=tuple(_dkim(signature) for signature in given["dkim"]),
        dmarc=_dmarc(given["dmarc"]),
        iprev=None if iprev is None else _iprev(iprev),
        story=Story(
            claimed=given["story"]["claimed"],
            proven=tuple(given["story"]["proven"]),
            decides=given["story"]["decides"],
            advice=tuple(given["story"]["advice"]),
        ),
        authentication_results=given["authentication_results"],
        headers_to_remove=tuple(given["headers_to_remove"]),
        anomaly=None if anomaly is None else Anomaly(anomaly["code"], anomaly["reason"]),
        trace=None
        if trace is None
        else tuple(
            Step(step["parent"], step["kind"], step["subject"], step["outcome"], step["microseconds"]) for step in trace
        ),
        _json=text,
    )
