"""Twins for event loops: they do not block, they are bounded, and they can be cancelled."""

from __future__ import annotations

import asyncio
import contextvars
import os
import threading
from typing import Any

import pytest

import mailrep

MESSAGE = b"From: ada@example.org\r\nSubject: test\r\n\r\nHello\r\n"
ZONE = b'example.org. TXT "v=spf1 ip4:192.0.2.1 -all"\n_dmarc.example.org. TXT "v=DMARC1; p=reject"\n'
ENVELOPE: dict[str, Any] = {"ip": "192.0.2.1", "helo": "mail.example.org", "mail_from": "ada@example.org"}


class Gate:
    """A message that can be read when the gate is opened; counts who is reading."""

    lock = threading.Lock()

    def __init__(self, counts: dict[str, int]) -> None:
        self.counts = counts
        self.opened = threading.Event()
        self.begun = threading.Event()
        self.left = MESSAGE

    def read(self, _size: int, /) -> bytes:
        if self.left:
            with self.lock:
                self.counts["now"] = self.counts.get("now", 0) + 1
                self.counts["most"] = max(self.counts.get("most", 0), self.counts["now"])
                self.counts["all"] = self.counts.get("all", 0) + 1
            self.begun.set()
            assert self.opened.wait(20)
            with self.lock:
                self.counts["now"] -= 1
        left, self.left = self.left, b""
        return left


class Refuses(asyncio.DatagramProtocol):
    """A nameserver in the event loop, which refuses every question."""

    asked = 0

    def connection_made(self, transport: Any) -> None:
        self.transport = transport

    def datagram_received(self, question: bytes, client: Any) -> None:
        self.asked += 1
        self.transport.sendto(question[:2] + b"\x81\x05" + question[4:6] + bytes(6) + question[12:], client)


def test_the_loop_goes_on_while_a_check_waits() -> None:
    # The loop itself answers the questions that the check waits for.
    async def main() -> None:
        loop = asyncio.get_running_loop()
        transport, server = await loop.create_datagram_endpoint(Refuses, ("127.0.0.1", 0))
        port = transport.get_extra_info("sockname")[1]
        with mailrep.Checker(nameservers=f"127.0.0.1:{port}", timeout=20) as checker:
            verdict = await checker.acheck(MESSAGE, **ENVELOPE)
            assert verdict.spf is not None
            assert "refused" in verdict.spf.reason.lower()
            assert (await checker.aspf(**ENVELOPE)).result is mailrep.SpfResult.TEMPERROR
            with checker.transaction() as transaction:
                transaction.data(MESSAGE)
                assert (await transaction.afinish()).dmarc.result is mailrep.DmarcResult.TEMPERROR
        assert server.asked > 0
        transport.close()

    asyncio.run(main())


def test_a_twin_says_what_the_blocking_call_says() -> None:
    async def main() -> None:
        with mailrep.Checker(zone=ZONE, authserv_id="mx.example.net") as checker:
            assert await checker.acheck(MESSAGE, **ENVELOPE, now=0) == checker.check(MESSAGE, **ENVELOPE, now=0)
            assert await checker.aspf(**ENVELOPE) == checker.spf(**ENVELOPE)
            with pytest.raises(mailrep.InvalidError, match="empty"):
                await checker.acheck(b"")
            many = await asyncio.gather(*(checker.acheck(MESSAGE, **ENVELOPE) for _ in range(500)))
            assert {verdict.dmarc.result for verdict in many} == {mailrep.DmarcResult.PASS}

    asyncio.run(main())


def test_many_at_once_are_bounded() -> None:
    async def main() -> None:
        counts: dict[str, int] = {}
        gates = [Gate(counts) for _ in range(12)]
        with mailrep.Checker(zone=ZONE, async_threads=3) as checker:
            checks = [asyncio.ensure_future(checker.acheck(gate, **ENVELOPE)) for gate in gates]
            for gate in gates:
                await asyncio.sleep(0)
                gate.opened.set()
            verdicts = await asyncio.gather(*checks)
        assert len(verdicts) == counts["all"] == 12
        assert counts["most"] <= 3

    asyncio.run(main())


def test_a_cancelled_check_that_waits_is_never_made_and_one_under_way_ends_by_itself() -> None:
    async def main() -> None:
        counts: dict[str, int] = {}
        first, second, third = (Gate(counts) for _ in range(3))
        with mailrep.Checker(zone=ZONE, async_threads=1) as checker:
            running = asyncio.ensure_future(checker.acheck(first))
            waiting = asyncio.ensure_future(checker.acheck(second))
            assert await asyncio.to_thread(first.begun.wait, 20)
            for task in (waiting, running):
                task.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await task
            assert counts["all"] == 1
            first.opened.set()
            third.opened.set()
            # The thread is free again.
            verdict = await asyncio.wait_for(checker.acheck(third), 20)
            assert verdict.dmarc.result is mailrep.DmarcResult.FAIL
        assert not second.begun.is_set()
        assert counts["all"] == 2

    asyncio.run(main())


def test_a_closed_checker_takes_nothing_and_ends_what_was_begun() -> None:
    async def main() -> None:
        gate = Gate({})
        checker = mailrep.Checker(zone=ZONE, async_threads=1)
        running = asyncio.ensure_future(checker.acheck(gate))
        waiting = asyncio.ensure_future(checker.acheck(MESSAGE))
        assert await asyncio.to_thread(gate.begun.wait, 20)
        checker.close()
        gate.opened.set()
        assert (await running).dmarc.result is mailrep.DmarcResult.FAIL
        with pytest.raises(mailrep.ClosedError, match="checker is closed"):
            await waiting
        with pytest.raises(mailrep.ClosedError, match="checker is closed"):
            await checker.acheck(MESSAGE)

    asyncio.run(main())


def test_the_calling_tasks_context_is_there() -> None:
    name: contextvars.ContextVar[str] = contextvars.ContextVar("name")
    seen: list[str] = []

    class Told:
        left = MESSAGE

        def read(self, _size: int, /) -> bytes:
            seen.append(name.get())
            left, self.left = self.left, b""
            return left

    async def main() -> None:
        name.set("ada")
        with mailrep.Checker(zone=ZONE) as checker:
            await checker.acheck(Told())

    asyncio.run(main())
    assert set(seen) == {"ada"}


def test_a_child_process_has_threads_of_its_own() -> None:
    with mailrep.Checker(zone=ZONE) as checker:

        async def main() -> str:
            return str((await checker.acheck(MESSAGE, **ENVELOPE)).dmarc.result)

        assert asyncio.run(main()) == "pass"
        child = os.fork()
        if child == 0:
            try:
                os._exit(0 if asyncio.run(asyncio.wait_for(main(), 20)) == "pass" else 1)
            finally:
                os._exit(2)
        assert os.waitpid(child, 0)[1] == 0


@pytest.mark.parametrize(
    ("threads", "kind"), [(0, mailrep.InvalidError), (1_001, mailrep.InvalidError), (1.5, TypeError)]
)
def test_a_number_of_threads_that_cannot_be(threads: Any, kind: type[Exception]) -> None:
    with pytest.raises(kind, match="async_threads"):
        mailrep.Checker(zone=b"", async_threads=threads)


def test_messages_of_a_mailbox_come_as_they_are_asked_for() -> None:
    async def main() -> None:
        with mailrep.Checker(zone=ZONE) as checker:
            told = [one async for one in checker.acheck_all([(1, MESSAGE), (2, b""), (3, MESSAGE)], threads=2)]
            assert [(one.key, one.error is None) for one in told] == [(1, True), (2, False), (3, True)]
            # Whoever leaves early leaves nothing behind.
            async for one in checker.acheck_all(((at, MESSAGE) for at in range(1_000)), threads=2):
                assert one.key == 0
                break

    asyncio.run(main())
