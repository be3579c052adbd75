"""The bounds on what a stranger can make a checker do."""

from __future__ import annotations

import dataclasses
from typing import Any

from ._lend import duration, number, size


@dataclasses.dataclass(frozen=True, slots=True)
class Limits:
    r"""What one check may cost, and what a `Checker` may keep. Times are in seconds.

    >>> from mailrep import Checker, Limits
    >>> with Checker(zone=b"", limits=Limits(signatures=5, spf_dns_lookups=8)) as checker:
    ...     print(checker.check(b"Subject: a\r\n\r\n").dmarc.result)
    permerror
    """

    header_octets: int = 1 << 20
    """Octets of all header fields together. Beyond, DKIM is not evaluated and DMARC is permerror."""
    header_fields: int = 16_384
    """Number of header fields; beyond, as for `header_octets`."""
    signatures: int = 10
    """DKIM signatures that are verified; those beyond get the result policy."""
    spf_names: int = 10
    """Names evaluated for one SPF mx or ptr (RFC 7208 section 4.6.4)."""
    spf_dns_lookups: int = 10
    """SPF terms that ask the DNS; beyond, permerror (RFC 7208 section 4.6.4)."""
    spf_void_lookups: int = 2
    """SPF terms that ask for what does not exist; beyond, permerror (RFC 7208 section 4.6.4)."""
    spf_questions_ahead: int = 20
    """DNS questions that SPF may ask ahead of its terms, so that they do not wait for one another."""
    dns_questions: int = 256
    """DNS questions for one check; beyond, a question fails without being asked."""
    dns_tries: int = 3
    """How often each nameserver is tried for one question."""
    dns_try_time: float = 3.0
    """How long one try at one nameserver waits."""
    open_questions: int = 65_536
    """Questions that may be open at one time with a `resolver`; one more fails."""
    trace_steps: int = 10_000
    """Steps that a trace keeps."""
    cache_entries: int = 65_536
    """Answers that the cache keeps."""
    cache_octets: int = 32 << 20
    """Octets of all answers that the cache keeps."""
    cache_records: int = 86_400
    """How long answers with records are kept at most."""
    cache_nothing: int = 3_600
    """How long it is kept at most that there is no record or no name."""
    cache_failures: float = 5.0
    """How long failures are kept; more than 300 is 300."""
    threads: int = 1
    """Threads that run checks, 1 to 64. One is enough, for they only wait for the DNS and verify signatures."""

    def _fill(self, options: Any) -> None:
        for name in _SIZES:
            setattr(options, name, size(f"limits.{name}", getattr(self, name)))
        for name in _NUMBERS:
            setattr(options, name, number(f"limits.{name}", getattr(self, name)))
        options.dns_try_time_ms = duration("limits.dns_try_time", self.dns_try_time, 1_000)
        options.cache_records_s = number("limits.cache_records", self.cache_records)
        options.cache_nothing_s = number("limits.cache_nothing", self.cache_nothing)
        options.cache_failures_ms = duration("limits.cache_failures", self.cache_failures, 1_000)


_SIZES = (
    "header_octets",
    "header_fields",
    "signatures",
    "spf_names",
    "trace_steps",
    "cache_entries",
    "cache_octets",
    "open_questions",
)
_NUMBERS = (
    "dns_tries",
    "dns_questions",
    "spf_dns_lookups",
    "spf_void_lookups",
    "spf_questions_ahead",
    "threads",
)
