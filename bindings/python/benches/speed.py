#!/usr/bin/env python3
"""How quick the package is, beside dkimpy and pyspf where they are installed, on the same messages in one run.

For figures that mean something: the release wheel, in a venv with dkimpy, pyspf and dnspython, on a machine that does
nothing else; what it does beside is printed. Rounds of ours and theirs take turns, and the best of each counts.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import pathlib
import sys
import tempfile
import time
import warnings
from typing import TYPE_CHECKING, Any

import mailrep

if TYPE_CHECKING:
    from collections.abc import Callable

DATA = pathlib.Path(__file__).resolve().parents[3] / "tests/data"
DOMAIN = "bench.test"
WHAT = ("verify", "spf", "srs", "audit")


def cost(work: Callable[[], object], count: int) -> tuple[float, float]:
    """Wall and CPU time, in microseconds for one of `count`."""
    wall, cpu = time.perf_counter(), time.process_time()
    work()
    return (time.perf_counter() - wall) / count * 1e6, (time.process_time() - cpu) / count * 1e6


def beside(name: str, rounds: int, **each: tuple[Callable[[], object], int]) -> None:
    """Runs them in turns and prints the best of each, by CPU time, beside the first."""
    best: dict[str, tuple[float, float]] = {}
    for _ in range(rounds):
        for who, (work, count) in each.items():
            wall, cpu = cost(work, count)
            least = best.get(who, (wall, cpu))
            best[who] = (min(wall, least[0]), min(cpu, least[1]))
    ours = next(iter(best.values()))
    for who, (wall, cpu) in best.items():
        times = "" if (wall, cpu) == ours else f"  ours is {cpu / ours[1]:.1f} times as quick"
        print(f"{name}: {who}: {cpu:.1f} us CPU, {wall:.1f} us wall{times}", flush=True)


def signed_message() -> tuple[bytes, str]:
    """A message of 50 KB of HTML, signed with RSA of 2,048 bits, and the key's record."""
    import dkim  # noqa: PLC0415

    private = (DATA / "keys/rsa2048.pem").read_bytes()
    paragraph = b"<p>Dear reader, this is a paragraph of <b>HTML</b>, as newsletters have it &mdash; no. %d.</p>\r\n"
    body = b"".join(paragraph % number for number in range(545))
    header = f"From: Ada <ada@{DOMAIN}>\r\nTo: bob@example.net\r\nSubject: fifty kilobytes\r\n"
    message = (
        header + "Date: Thu, 26 Nov 2026 20:17:04 +0000\r\nMIME-Version: 1.0\r\nContent-Type: text/html\r\n\r\n"
    ).encode() + body
    field = dkim.sign(message, b"s", DOMAIN.encode(), private, canonicalize=(b"relaxed", b"relaxed"))
    return field + message, key_record(private)


def key_record(private: bytes) -> str:
    """The record of the key, made from the private one by dkimpy's own parser."""
    import base64  # noqa: PLC0415

    from dkim import crypto  # noqa: PLC0415

    key = crypto.parse_pem_private_key(private)

    def integer(value: int) -> bytes:
        octets = value.to_bytes(value.bit_length() // 8 + 1, "big")
        return b"\x02" + length(octets) + octets

    def length(octets: bytes) -> bytes:
        size = len(octets)
        return bytes([size]) if size < 128 else b"\x82" + size.to_bytes(2, "big")

    def sequence(octets: bytes) -> bytes:
        return b"\x30" + length(octets) + octets

    inner = b"\x00" + sequence(integer(key["modulus"]) + integer(key["publicExponent"]))
    algorithm = bytes.fromhex("300d06092a864886f70d0101010500")
    info = sequence(algorithm + b"\x03" + length(inner) + inner)
    return "v=DKIM1; k=rsa; p=" + base64.b64encode(info).decode()


def zone_of(record: str) -> bytes:
    """The zone in which everything of these benches stands."""
    pieces = " ".join(f'"{record[at : at + 250]}"' for at in range(0, len(record), 250))
    return (
        f's._domainkey.{DOMAIN}. TXT {pieces}\n_dmarc.{DOMAIN}. TXT "v=DMARC1; p=reject"\n'
        f'{DOMAIN}. TXT "v=spf1 ip4:192.0.2.1 -all"\n'
    ).encode()


def verify(options: argparse.Namespace, message: bytes, record: str) -> None:
    """Whole verdicts on a message of 50 KB, beside dkimpy's verification."""
    import dkim  # noqa: PLC0415

    checker = mailrep.Checker(zone=zone_of(record))
    verdict = checker.check(message)
    assert verdict.dkim[0].result == "pass", verdict  # noqa: S101
    text = record.encode()
    assert dkim.verify(message, dnsfunc=lambda *_, **__: text)  # noqa: S101

    def ours() -> None:
        for _ in range(400):
            checker.check(message)

    def theirs() -> None:
        for _ in range(40):
            dkim.verify(message, dnsfunc=lambda *_, **__: text)

    beside(f"a message of {len(message)} octets", options.rounds, mailrep=(ours, 400), dkimpy=(theirs, 40))


def spf(options: argparse.Namespace) -> None:
    """A thousand SPF checks with three includes, both from memory."""
    records = {
        "a.bench.test": "v=spf1 ip4:198.51.100.0/24 -all",
        "b.bench.test": "v=spf1 ip4:203.0.113.0/24 -all",
        "c.bench.test": "v=spf1 ip4:192.0.2.0/24 -all",
    }
    many = 1_000
    for number in range(many):
        records[f"s{number}.bench.test"] = "v=spf1 include:a.bench.test include:b.bench.test include:c.bench.test -all"
    zone = "".join(f'{name}. 3600 TXT "{record}"\n' for name, record in records.items())
    zone += "mail.example.org. 3600 A 192.0.2.1\n1.2.0.192.in-addr.arpa. 3600 PTR mail.example.org.\n"
    checker = mailrep.Checker(zone=zone.encode())

    def ours() -> None:
        for number in range(many):
            told = checker.spf(ip="192.0.2.1", helo="mail.example.org", mail_from=f"ada@s{number}.bench.test")
            assert told.result == "pass"  # noqa: S101

    warnings.simplefilter("ignore")
    import spf as pyspf  # noqa: PLC0415

    def lookup(name: str, kind: str, *_: Any, **__: Any) -> list[tuple[tuple[str, str], Any]]:
        record = records.get(name.rstrip(".").lower()) if kind == "TXT" else None
        return [] if record is None else [((name, "TXT"), (record.encode(),))]

    pyspf.DNSLookup = lookup

    def theirs() -> None:
        for number in range(many):
            result, _ = pyspf.check2("192.0.2.1", f"ada@s{number}.bench.test", "mail.example.org")
            assert result == "pass", result  # noqa: S101

    ours()
    beside("an SPF check with three includes, from memory", options.rounds, mailrep=(ours, many), pyspf=(theirs, many))
    if options.nameserver:
        served(options, pyspf)


def served(options: argparse.Namespace, pyspf: Any) -> None:
    """The same, both asking one nameserver: ours keeps what it has heard, pyspf what dnspython is told to."""
    import importlib  # noqa: PLC0415

    import dns.resolver  # noqa: PLC0415

    importlib.reload(pyspf)
    host, _, port = options.nameserver.rpartition(":")
    resolver = dns.resolver.Resolver(configure=False)
    resolver.nameservers, resolver.port = [host], int(port)
    dns.resolver.default_resolver = resolver
    checker = mailrep.Checker(nameservers=options.nameserver)
    many = 1_000

    def ours() -> None:
        for number in range(many):
            checker.spf(ip="192.0.2.1", helo="mail.example.org", mail_from=f"ada@s{number}.bench.test")

    def theirs() -> None:
        for number in range(many):
            result, _ = pyspf.check2("192.0.2.1", f"ada@s{number}.bench.test", "mail.example.org")
            assert result == "pass", result  # noqa: S101

    ours()
    beside("the same, asking a nameserver", options.rounds, mailrep=(ours, many), pyspf=(theirs, many))
    resolver.cache = dns.resolver.LRUCache()
    theirs()
    name = "the same, dnspython having its cache, too"
    beside(name, options.rounds, mailrep=(ours, many), pyspf=(theirs, many))


def srs(options: argparse.Namespace) -> None:
    """Addresses rewritten in one call, and one by one."""
    rewriter = mailrep.Rewriter("srs.example.org", secrets="0123456789abcdef")
    addresses = [f"user{number}@example{number % 100}.com" for number in range(20_000)]
    there = [outcome.address or "" for outcome in rewriter.forward_all(addresses)]

    def one_by_one() -> None:
        for address in addresses[:2_000]:
            rewriter.forward(address)

    beside(
        "SRS, an address",
        options.rounds,
        forward_all=(lambda: rewriter.forward_all(addresses), len(addresses)),
        reverse_all=(lambda: rewriter.reverse_all(there), len(addresses)),
        forward=(one_by_one, 2_000),
    )


def audit(options: argparse.Namespace, message: bytes, record: str) -> None:
    """A mailbox of messages of 50 KB, checked by one thread and by two."""
    many = 300
    text = message.replace(b"\r\n", b"\n")
    received = (
        b"Return-Path: <ada@bench.test>\nReceived: from mail.bench.test (mail.bench.test [192.0.2.1])\n"
        b"\tby mx.example.net (Postfix) with ESMTP id 1; Thu, 26 Nov 2026 20:17:04 +0000\n"
    )
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder, "mbox")
        with path.open("wb") as file:
            for _ in range(many):
                file.write(b"From ada@bench.test Thu Nov 26 20:17:04 2026\n" + received + text + b"\n")
        checker = mailrep.Checker(zone=zone_of(record))

        def run(threads: int) -> None:
            told = checker.check_all(
                path, threads=threads, ordered=False, envelope=lambda _, header: mailrep.received_envelope(header)
            )
            assert sum(one.verdict is not None and one.verdict.dmarc.result == "pass" for one in told) == many  # noqa: S101

        tries = [(cost(lambda: run(1), many), cost(lambda: run(2), many)) for _ in range(options.rounds)]
        best = [min(results) for results in zip(*tries)]
        for threads, (wall, cpu) in enumerate(best, 1):
            print(
                f"a mailbox, {threads} thread{'s' * (threads > 1)}: {wall:.0f} us wall and {cpu:.0f} us CPU a message,"
                f" {1e6 / wall:.0f} messages a second"
            )
        print(f"two threads are {best[0][0] / best[1][0]:.2f} times as quick as one")
        far(options, path, message, record, many)


def far(options: argparse.Namespace, path: pathlib.Path, message: bytes, record: str, many: int) -> None:
    """The same with senders of many domains, and a nameserver that takes 5 ms for each answer."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    server = context.Process(target=nameserver, args=(theirs, record), daemon=True)
    server.start()
    port = ours.recv()
    text = message.replace(b"\r\n", b"\n")
    with path.open("wb") as file:
        for number in range(many):
            file.write(
                b"From ada@bench.test Thu Nov 26 20:17:04 2026\nReturn-Path: <ada@s%d.bench.test>\nReceived: from"
                b" mail.bench.test (mail.bench.test [192.0.2.1])\n\tby mx.example.net (Postfix) with ESMTP id 1;"
                b" Thu, 26 Nov 2026 20:17:04 +0000\n%b\n" % (number, text)
            )

    def run(threads: int) -> None:
        # A cache anew each time.
        with mailrep.Checker(nameservers=f"127.0.0.1:{port}") as checker:
            told = list(
                checker.check_all(path, threads=threads, envelope=lambda _, header: mailrep.received_envelope(header))
            )
        assert all(one.verdict is not None and one.verdict.spf is not None for one in told)  # noqa: S101
        assert sum(one.verdict.spf.result == "pass" for one in told if one.verdict and one.verdict.spf) == many  # noqa: S101

    best = {threads: min(cost(lambda n=threads: run(n), many) for _ in range(options.rounds)) for threads in (1, 2, 8)}  # type: ignore[misc]
    for threads, (wall, _) in best.items():
        print(
            f"a mailbox of many domains, 5 ms for an answer, {threads} threads: {1e6 / wall:.0f} messages a second,"
            f" {best[1][0] / wall:.2f} times as quick as one"
        )
    server.terminate()
    server.join()


def nameserver(pipe: Any, record: str) -> None:
    """A process that answers questions for TXT below bench.test, each after 5 ms."""
    import asyncio  # noqa: PLC0415

    def answer(question: bytes) -> bytes:
        labels, at = [], 12
        while size := question[at]:
            labels.append(question[at + 1 : at + 1 + size].decode().lower())
            at += 1 + size
        asked, kind = question[12 : at + 5], question[at + 1 : at + 3]
        name = ".".join(labels)
        text = {f"s._domainkey.{DOMAIN}": record, f"_dmarc.{DOMAIN}": "v=DMARC1; p=none"}.get(name)
        if labels[0][0] == "s" and labels[0][1:].isdigit():
            text = "v=spf1 ip4:192.0.2.0/24 -all"
        if text is None or kind != b"\0\x10":
            return question[:2] + b"\x81\x83\0\1\0\0\0\0\0\0" + asked
        pieces = [text[place : place + 250].encode() for place in range(0, len(text), 250)]
        data = b"".join(bytes([len(piece)]) + piece for piece in pieces)
        head = question[:2] + b"\x81\x80\0\1\0\1\0\0\0\0" + asked
        return head + b"\xc0\x0c\0\x10\0\1\0\0\x0e\x10" + len(data).to_bytes(2, "big") + data

    class Answers(asyncio.DatagramProtocol):
        transport: Any

        def connection_made(self, transport: Any) -> None:
            self.transport = transport

        def datagram_received(self, data: bytes, address: Any) -> None:
            asyncio.get_running_loop().call_later(0.005, lambda: self.transport.sendto(answer(data), address))

    async def serve() -> None:
        transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(Answers, ("127.0.0.1", 0))
        pipe.send(transport.get_extra_info("sockname")[1])
        await asyncio.Event().wait()

    asyncio.run(serve())


def main() -> int:
    """Runs what is asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("only", nargs="*", metavar="WHAT", help="verify, spf, srs, audit; by default all")
    parser.add_argument("--rounds", type=int, default=5, help="how often each is run (5)")
    parser.add_argument("--nameserver", metavar="IP:PORT", help="one with --print-zone's zone: SPF is asked of it, too")
    parser.add_argument("--print-zone", action="store_true", help="print the zone bench.test for a nameserver")
    options = parser.parse_args()
    if options.print_zone:
        print("$TTL 3600\n@ SOA ns hostmaster 1 3600 600 86400 3600\n@ NS ns\nns A 127.0.0.1")
        for name, network in (("a", "198.51.100.0"), ("b", "203.0.113.0"), ("c", "192.0.2.0")):
            print(f'{name} TXT "v=spf1 ip4:{network}/24 -all"')
        for number in range(1_000):
            print(f's{number} TXT "v=spf1 include:a.{DOMAIN} include:b.{DOMAIN} include:c.{DOMAIN} -all"')
        return 0
    only = options.only or list(WHAT)
    if unknown := set(only) - set(WHAT):
        parser.error(f"there is no {', '.join(unknown)}; there are {', '.join(WHAT)}")
    print(
        f"mailrep {mailrep.__version__} from {pathlib.Path(mailrep.__file__).parent}, Python {sys.version.split()[0]}"
    )
    print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors")
    message = record = None
    if {"verify", "audit"} & set(only):
        message, record = signed_message()
    for name in only:
        try:
            if name in ("verify", "audit"):
                globals()[name](options, message, record)
            else:
                globals()[name](options)
        except ImportError as fault:
            print(f"skipped: {name} ({fault})")
    print(f"load {os.getloadavg()[0]:.1f} at the end")
    return 0


if __name__ == "__main__":
    sys.exit(main())
