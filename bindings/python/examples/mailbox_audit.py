#!/usr/bin/env python3
"""Who writes to this mailbox, and does it pass? A table of authentication results by author domain, and a chart.

MAILBOX is an mbox, a Maildir, a folder of .eml files, or a message. The client and the reverse-path of each message are
guessed from the Received and Return-Path fields that this host's Postfix wrote; relays of one's own are named with
--trust. Messages are checked as of their arrival, but with today's DNS: keys of old messages may be gone.
"""

from __future__ import annotations

import argparse
import collections
import dataclasses
import json
import sys
from typing import TYPE_CHECKING, Any

import mailrep

if TYPE_CHECKING:
    from collections.abc import Iterable

MOST_DOMAINS = 10_000
OTHERS = "(other domains)"
NOBODY = "(no author domain)"


@dataclasses.dataclass
class Row:
    """What was counted for one author domain."""

    messages: int = 0
    spf: collections.Counter[str] = dataclasses.field(default_factory=collections.Counter)
    dkim: collections.Counter[str] = dataclasses.field(default_factory=collections.Counter)
    dmarc: collections.Counter[str] = dataclasses.field(default_factory=collections.Counter)

    def count(self, verdict: mailrep.Verdict) -> None:
        """Counts one message; of its signatures the best."""
        self.messages += 1
        self.spf["not checked" if verdict.spf is None else verdict.spf.result.value] += 1
        results = [signature.result.value for signature in verdict.dkim]
        self.dkim["pass" if "pass" in results else results[0] if results else "none"] += 1
        self.dmarc[verdict.dmarc.result.value] += 1


def audit(told: Iterable[mailrep.Checked]) -> tuple[dict[str, Row], list[tuple[str, Exception]], int]:
    """The rows by domain, the first errors, and how many there were."""
    rows: dict[str, Row] = {}
    errors: list[tuple[str, Exception]] = []
    failed = 0
    for key, verdict, error in told:
        if verdict is None:
            failed += 1
            if error is not None and len(errors) < 20:
                errors.append((key, error))
            continue
        domain = verdict.dmarc.from_domain or NOBODY
        if domain not in rows and len(rows) >= MOST_DOMAINS:
            domain = OTHERS
        rows.setdefault(domain, Row()).count(verdict)
    return rows, errors, failed


def printable(text: str) -> str:
    """A stranger's text without what a terminal would obey."""
    return "".join(letter if letter.isprintable() else "?" for letter in text)


def table(rows: list[tuple[str, Row]]) -> str:
    """The rows as text."""
    head = ("author domain", "messages", "SPF pass", "DKIM pass", "DMARC pass", "fail", "none", "error")
    lines: list[tuple[str, ...]] = [head]
    for domain, row in rows:
        errors = row.dmarc["temperror"] + row.dmarc["permerror"]
        numbers = (row.messages, row.spf["pass"], row.dkim["pass"], row.dmarc["pass"], row.dmarc["fail"])
        lines.append((printable(domain)[:60], *map(str, (*numbers, row.dmarc["none"], errors))))
    widths = [max(len(line[at]) for line in lines) for at in range(len(head))]
    return "\n".join(
        "  ".join([line[0].ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(line[1:], widths[1:]))])
        for line in lines
    )


def chart(rows: list[tuple[str, Row]], path: str) -> None:
    """Draws how many messages of the domains passed DMARC, and how many did not."""
    import matplotlib as mpl  # noqa: PLC0415

    # Without a screen.
    mpl.use("Agg")
    from matplotlib import pyplot  # noqa: PLC0415

    rows = rows[:20][::-1]
    names = [printable(domain)[:40] for domain, _ in rows]
    figure, axes = pyplot.subplots(figsize=(9, 1.5 + 0.35 * len(rows)), layout="constrained")
    left = [0] * len(rows)
    for results, label, color in (
        (("pass",), "pass", "#2a7f4f"),
        (("none",), "no policy", "#b8b8b8"),
        (("fail",), "fail", "#b3261e"),
        (("temperror", "permerror"), "error", "#e0a030"),
    ):
        widths = [sum(row.dmarc[result] for result in results) for _, row in rows]
        axes.barh(names, widths, left=left, label=label, color=color)
        left = [before + width for before, width in zip(left, widths)]
    axes.set_xlabel("messages")
    axes.set_title("DMARC by author domain")
    axes.legend()
    figure.savefig(path)
    pyplot.close(figure)


def main() -> int:
    """Reads the command line, and does the work."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("mailbox", metavar="MAILBOX", help="an mbox, a Maildir, a folder of .eml files, or a message")
    parser.add_argument("--nameserver", action="append", metavar="IP:PORT", help="ask this one, not the system's")
    parser.add_argument("--zone", metavar="FILE", help="a master file; nobody is asked")
    parser.add_argument("--trust", action="append", default=[], metavar="NETWORK", help="a relay of one's own")
    parser.add_argument("--no-envelope", action="store_true", help="do not guess clients: SPF is not checked")
    parser.add_argument("--threads", type=int, help="how many check at a time")
    parser.add_argument("--top", type=int, default=50, metavar="N", help="how many domains to print (50)")
    parser.add_argument("--json", action="store_true", help="print an object for each domain")
    parser.add_argument("--chart", metavar="FILE", help="draw a chart (needs matplotlib): .png, .svg, .pdf")
    options = parser.parse_args()
    try:
        # Wrong networks are said before the work.
        mailrep.received_envelope(b"", trusted=options.trust)
        with mailrep.Checker(nameservers=options.nameserver, zone=options.zone) as checker:

            def envelope(_key: Any, header: bytes) -> mailrep.Envelope | None:
                return None if options.no_envelope else mailrep.received_envelope(header, trusted=options.trust)

            told = checker.check_all(
                options.mailbox, envelope=envelope, threads=options.threads, ordered=False, progress=True
            )
            rows, errors, failed = audit(told)
    except (mailrep.MailrepError, OSError) as fault:
        print(f"mailbox_audit: {fault}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("mailbox_audit: interrupted", file=sys.stderr)
        return 130
    ordered = sorted(rows.items(), key=lambda item: (-item[1].messages, item[0]))
    if options.json:
        for domain, row in ordered:
            print(json.dumps({"domain": domain, **vars(row)}))
    else:
        print(table(ordered[: max(options.top, 1)]))
    for key, error in errors:
        print(f"mailbox_audit: {printable(key)}: {printable(str(error))}", file=sys.stderr)
    if failed:
        print(f"mailbox_audit: {failed} messages could not be checked", file=sys.stderr)
    if options.chart:
        try:
            chart(ordered, options.chart)
        except (ImportError, OSError, ValueError) as fault:
            print(f"mailbox_audit: no chart: {fault}", file=sys.stderr)
            return 1
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
