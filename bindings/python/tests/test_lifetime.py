"""Processes that fork, end or are interrupted, and objects that are used after their end: no crash, no hang."""

from __future__ import annotations

import asyncio
import copy
import multiprocessing
import os
import pickle
import signal
import subprocess
import sys
import textwrap
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest

import mailrep

if TYPE_CHECKING:
    import pathlib
    from collections.abc import Callable

MESSAGE = b"From: ada@example.org\r\nSubject: test\r\n\r\nHello\r\n"
ZONE = b'example.org. TXT "v=spf1 ip4:192.0.2.1 -all"\n_dmarc.example.org. TXT "v=DMARC1; p=reject"\n'
ENVELOPE: dict[str, Any] = {"ip": "192.0.2.1", "helo": "mail.example.org", "mail_from": "ada@example.org"}
SECRET = "0123456789abcdef"


def in_child(work: Callable[[], bool]) -> None:
    """Has a child of this process do it, and end as programs do."""
    child = os.fork()
    if child == 0:
        status = 2
        try:
            status = 0 if work() else 1
        finally:
            os._exit(status)
    deadline = time.monotonic() + 30
    while (ended := os.waitpid(child, os.WNOHANG)) == (0, 0):
        if time.monotonic() > deadline:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
            pytest.fail("the child hangs")
        threading.Event().wait(0.005)
    assert ended[1] == 0


def run(program: str, *, interrupt_after: str | None = None, **more: Any) -> tuple[int, str, str, float]:
    """Runs a program; interrupts it (SIGINT) when it has printed that line; how it ended, and after how long then."""
    # CPython 3.12 warns of any fork beside threads.
    command = [
        sys.executable,
        "-W",
        "ignore::DeprecationWarning",
        "-c",
        "import mailrep, sys\n" + textwrap.dedent(program),
    ]
    with subprocess.Popen(  # noqa: S603
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **more
    ) as process:
        try:
            begun = time.monotonic()
            if interrupt_after is not None:
                assert process.stdout is not None
                assert process.stdout.readline().strip() == interrupt_after
                begun = time.monotonic()
                process.send_signal(signal.SIGINT)
            out, err = process.communicate(timeout=60)
        except subprocess.TimeoutExpired:
            process.kill()
            pytest.fail("the program hangs")
        return process.returncode, out, err, time.monotonic() - begun


def test_whatever_is_closed_says_so(tmp_path: pathlib.Path) -> None:
    checker, monitor = mailrep.Checker(zone=ZONE), mailrep.Monitor()
    transaction = checker.transaction()
    server = mailrep.SrsServer(mailrep.Rewriter("a.example", secrets=SECRET), tcp_forward="127.0.0.1:0")
    for one in (transaction, checker, monitor):
        one.close()
        one.close()
    server.stop()
    uses: list[Callable[[], object]] = [
        lambda: checker.check(MESSAGE),
        lambda: checker.spf(ip="192.0.2.1"),
        checker.transaction,
        lambda: asyncio.run(checker.acheck(MESSAGE)),
        lambda: asyncio.run(checker.aspf(ip="192.0.2.1")),
        lambda: transaction.connect("192.0.2.1"),
        lambda: transaction.data(MESSAGE),
        transaction.finish,
        lambda: asyncio.run(transaction.afinish()),
        lambda: monitor.observe("ada", 1),
        lambda: monitor.observe_all([]),
        lambda: monitor.alarmed,
        lambda: monitor.save(tmp_path / "state"),
        lambda: mailrep.Monitor().merge(monitor),
        lambda: server.exchange(mailrep.Rewriter("a.example", secrets=SECRET)),
    ]
    for use in uses:
        with pytest.raises(mailrep.ClosedError, match=r"closed|stopped"):
            use()
    assert "closed" in repr(checker) + repr(monitor)


def test_handles_are_not_copied() -> None:
    rewriter = mailrep.Rewriter("a.example", secrets=SECRET)
    with mailrep.Checker(zone=ZONE) as checker, mailrep.SrsServer(rewriter, tcp_forward="127.0.0.1:0") as server:
        for one in (checker, checker.transaction(), rewriter, server, mailrep.Monitor()):
            for way in (pickle.dumps, copy.copy, copy.deepcopy):
                with pytest.raises(TypeError, match=f"{type(one).__name__} cannot be copied, .*: make one there"):
                    way(one)
        # What is data is.
        verdict = checker.check(MESSAGE, **ENVELOPE)
        assert pickle.loads(pickle.dumps(verdict)) == copy.deepcopy(verdict) == verdict  # noqa: S301


def test_a_fork_leaves_both_processes_a_checker() -> None:
    with mailrep.Checker(zone=ZONE) as checker:
        mine = checker.check(MESSAGE, **ENVELOPE)
        begun = checker.transaction()
        begun.data(MESSAGE)

        def child() -> bool:
            # What was under way is the parent's.
            with pytest.raises(mailrep.SequenceError, match="forked"):
                begun.finish()
            begun.close()
            told = list(checker.check_all([(at, MESSAGE) for at in range(20)], threads=2))
            checked = all(one.verdict is not None for one in told) and checker.check(MESSAGE, **ENVELOPE) == mine
            checker.close()
            return checked

        in_child(child)
        assert begun.finish().dmarc.result is mailrep.DmarcResult.FAIL
        assert checker.check(MESSAGE, **ENVELOPE) == mine


def test_a_fork_leaves_the_child_all_else(tmp_path: pathlib.Path) -> None:
    rewriter = mailrep.Rewriter("a.example", secrets=SECRET)
    with mailrep.Monitor() as monitor, mailrep.SrsServer(rewriter, tcp_forward="127.0.0.1:0") as server:
        monitor.observe("ada@example.org", 1, time=1795347080)

        def child() -> bool:
            assert rewriter.forward("ada@example.org").result is mailrep.SrsResult.REWRITTEN
            assert monitor.observe("bob@example.org", 500, new=500, time=1795347090).alarm
            monitor.save(tmp_path / "state")
            # The thread that answers is the parent's; stopping waits for nobody.
            server.stop()
            return monitor.accounts == 2

        in_child(child)
        assert monitor.accounts == 1
        assert not server.stopped
        with mailrep.Monitor.restore(tmp_path / "state") as theirs:
            assert theirs.alarmed == 1


def test_workers_that_were_forked_serve_side_by_side() -> None:
    # As gunicorn does with preload_app: made once, used by every worker.
    status, out, err, _ = run(
        f"""
        import os
        checker = mailrep.Checker(zone={ZONE!r})
        checker.check({MESSAGE!r}, **{ENVELOPE!r})
        workers = []
        for _ in range(4):
            pid = os.fork()
            if pid == 0:
                for _ in range(50):
                    assert checker.check({MESSAGE!r}, **{ENVELOPE!r}).dmarc.result == "pass"
                sys.exit(7)
            workers.append(pid)
        for _ in range(50):
            assert checker.check({MESSAGE!r}, **{ENVELOPE!r}).dmarc.result == "pass"
        print(*(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) for pid in workers))
        """
    )
    assert (status, out, err) == (0, "7 7 7 7\n", "")


CHECKER: mailrep.Checker | None = None


def _result_of_a_worker(mail_from: str) -> str:
    assert CHECKER is not None
    return str(CHECKER.check(MESSAGE, ip="192.0.2.1", mail_from=mail_from).dmarc.result)


def _make_checker() -> None:
    global CHECKER  # noqa: PLW0603
    CHECKER = mailrep.Checker(zone=ZONE)


@pytest.mark.parametrize("way", ["fork", "spawn", "forkserver"])
def test_multiprocessing_has_a_checker_in_each_process(way: str) -> None:
    if way == "fork":
        _make_checker()
        assert _result_of_a_worker("ada@example.org") == "pass"
    context = multiprocessing.get_context(way)
    begin = None if way == "fork" else _make_checker
    with context.Pool(2, initializer=begin) as pool:
        told = pool.map_async(_result_of_a_worker, ["ada@example.org", "eve@example.net"] * 10)
        assert told.get(60) == ["pass", "fail"] * 10
        pool.close()
        pool.join()


END = {
    "in a global": "kept = [checker, transaction, monitor, rewriter, server]",
    "in a cycle": "class Cycle: pass\ncycle = Cycle()\ncycle.cycle, cycle.kept = cycle, [checker, transaction]",
    "in a module": "sys.kept = [checker, transaction, monitor, rewriter, server]",
    "in an exception that ends the program with a status": "sys.kept = [server, transaction]\nsys.exit(0)",
    "in a daemon thread": """
        import threading
        begun = threading.Event()
        def check():
            while True:
                checker.check(MESSAGE)
                monitor.observe("ada", 1)
                begun.set()
        threading.Thread(target=check, daemon=True).start()
        begun.wait()
    """,
    "in a mailbox that is half read": "told = checker.check_all([(1, MESSAGE)] * 1_000, threads=3)\nnext(told)",
    "in a pool of threads": """
        import asyncio
        async def main():
            await asyncio.gather(*(checker.acheck(MESSAGE) for _ in range(20)))
        asyncio.run(main())
    """,
    "at exit": "import atexit\natexit.register(lambda: checker.check(MESSAGE))",
    "in a destructor": """
        class Last:
            # The interpreter may have freed it before.
            def __del__(self, checker=checker, closed=mailrep.ClosedError):
                try:
                    checker.check(MESSAGE)
                except closed:
                    pass
        last = Last()
    """,
}


@pytest.mark.parametrize("end", END.values(), ids=END)
def test_an_interpreter_that_ends_with_living_objects_says_nothing(end: str) -> None:
    program = f"""
MESSAGE, ZONE, SECRET = {MESSAGE!r}, {ZONE!r}, {SECRET!r}
checker = mailrep.Checker(zone=ZONE)
checker.check(MESSAGE, ip="192.0.2.1")
transaction = checker.transaction()
transaction.connect("192.0.2.1")
transaction.mail_from("ada@example.org")
monitor = mailrep.Monitor()
rewriter = mailrep.Rewriter("a.example", secrets=SECRET)
server = mailrep.SrsServer(rewriter, tcp_forward="127.0.0.1:0")
"""
    status, out, err, _ = run(program + textwrap.dedent(end))
    assert (status, out, err) == (0, "", "")


# A nameserver that never answers, in the program itself; a check that asks it takes its timeout.
SILENT = f"""
import socket
silent = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
silent.bind(("127.0.0.1", 0))
port = silent.getsockname()[1]
MESSAGE, ENVELOPE = {MESSAGE!r}, {ENVELOPE!r}
"""


def test_an_interrupted_check_ends_when_its_time_is_over() -> None:
    status, out, err, seconds = run(
        SILENT
        + """
checker = mailrep.Checker(nameservers=f"127.0.0.1:{port}", timeout=2)
try:
    print("checking", flush=True)
    checker.check(MESSAGE, **ENVELOPE)
except KeyboardInterrupt:
    print("interrupted")
    checker.close()
""",
        interrupt_after="checking",
    )
    assert (status, out, err) == (0, "interrupted\n", "")
    assert seconds < 20


def test_an_interrupted_mailbox_ends_at_once() -> None:
    # The threads would wait for two minutes: the program does not wait for them.
    status, out, err, seconds = run(
        SILENT
        + """
checker = mailrep.Checker(nameservers=f"127.0.0.1:{port}", timeout=120)
try:
    print("checking", flush=True)
    list(checker.check_all([(at, MESSAGE) for at in range(100)], envelope=lambda *_: mailrep.Envelope(**ENVELOPE)))
except KeyboardInterrupt:
    print("interrupted")
""",
        interrupt_after="checking",
    )
    assert (status, out, err) == (0, "interrupted\n", "")
    assert seconds < 30


def test_an_interrupt_without_a_handler_ends_the_program_as_ever() -> None:
    status, _, err, _ = run(
        SILENT
        + """
checker = mailrep.Checker(nameservers=f"127.0.0.1:{port}", timeout=1)
print("checking", flush=True)
while True:
    checker.check(MESSAGE, **ENVELOPE)
""",
        interrupt_after="checking",
    )
    assert status == -signal.SIGINT
    assert err.rstrip().endswith("KeyboardInterrupt")


def test_closing_while_others_use_it_ends_what_was_begun() -> None:
    for _ in range(20):
        checker, monitor = mailrep.Checker(zone=ZONE), mailrep.Monitor()
        wrong: list[BaseException] = []
        barrier = threading.Barrier(5)

        def use(checker: mailrep.Checker = checker, monitor: mailrep.Monitor = monitor) -> None:
            barrier.wait()  # noqa: B023
            try:
                while True:
                    assert checker.check(MESSAGE, **ENVELOPE).dmarc.result == "pass"
                    monitor.observe("ada", 1)
            except mailrep.ClosedError:
                pass
            except BaseException as fault:
                wrong.append(fault)  # noqa: B023

        threads = [threading.Thread(target=use) for _ in range(4)]
        for thread in threads:
            thread.start()
        barrier.wait()
        checker.check(MESSAGE, **ENVELOPE)
        checker.close()
        monitor.close()
        for thread in threads:
            thread.join(20)
        assert wrong == []


def test_a_transaction_in_two_threads_is_judged_once() -> None:
    with mailrep.Checker(zone=ZONE) as checker:
        for _ in range(50):
            transaction = checker.transaction()
            transaction.data(MESSAGE)
            told: list[object] = []

            def finish(transaction: mailrep.Transaction = transaction, told: list[object] = told) -> None:
                try:
                    told.append(transaction.finish())
                except mailrep.SequenceError as fault:
                    told.append(fault)

            threads = [threading.Thread(target=finish) for _ in range(3)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join(20)
            assert sorted(type(one).__name__ for one in told) == ["SequenceError", "SequenceError", "Verdict"]


@pytest.mark.filterwarnings("ignore:.*multi-threaded:DeprecationWarning")
def test_a_fork_while_other_threads_check_leaves_the_child_a_checker_that_works() -> None:
    ended = threading.Event()

    def work(checker: mailrep.Checker) -> None:
        while not ended.is_set():
            checker.check(b"Subject: a\r\n\r\n")
            with checker.transaction() as transaction:
                transaction.mail_from("")

    with mailrep.Checker(zone=b"") as checker:
        threads = [threading.Thread(target=work, args=(checker,)) for _ in range(2)]
        for thread in threads:
            thread.start()
        try:
            for _ in range(50):
                pid = os.fork()
                if pid == 0:
                    # A child that waits for ever is ended, and noticed.
                    signal.alarm(10)
                    os._exit(0 if checker.check(b"Subject: a\r\n\r\n").spf is None else 1)
                assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
        finally:
            ended.set()
            for thread in threads:
                thread.join()


@pytest.mark.filterwarnings("ignore:.*multi-threaded:DeprecationWarning")
def test_a_transaction_that_a_thread_of_the_parent_is_in_can_be_closed_in_the_child() -> None:
    entered, leave = threading.Event(), threading.Event()

    def resolver(_name: str, _kind: mailrep.RecordType) -> list[str]:
        entered.set()
        leave.wait(30)
        raise mailrep.NoSuchName

    with mailrep.Checker(resolver=resolver) as checker:
        transaction = checker.transaction()
        transaction.connect("192.0.2.1")
        transaction.mail_from("ada@example.org")
        thread = threading.Thread(target=transaction.finish)
        thread.start()
        assert entered.wait(30)
        pid = os.fork()
        if pid == 0:
            signal.alarm(10)
            transaction.close()
            os._exit(0)
        status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        leave.set()
        thread.join()
    assert status == 0
