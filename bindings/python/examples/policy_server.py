#!/usr/bin/env python3
"""A policy server for Postfix that defers what stolen accounts send.

It speaks the protocol of Postfix's SMTPD_POLICY_README. In main.cf, or for the submission services in master.cf:

    smtpd_recipient_restrictions = check_policy_service { unix:private/mailrep, default_action=DUNNO }, ...
    smtpd_data_restrictions      = check_policy_service { unix:private/mailrep, default_action=DUNNO }

At each recipient it remembers the address, at DATA it judges the message: accounts are those of SASL. Without the first
line it knows how many recipients a message has, and notices thefts later. Without a login nothing is judged.

What is known is kept in the file STATE, written every minute and at the end (SIGTERM, SIGINT). At a new alarm the
command of --alarm is run with two arguments, the account and the reason. Commands on the --control socket, one a line:
"status", "release ACCOUNT" (the password has been changed), "acknowledge ACCOUNT" (it was legitimate).
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import logging
import os
import signal
import sys
import time
from collections import OrderedDict

import mailrep

LOG = logging.getLogger("mailrep-policy")
# What Postfix asks is small; whoever sends more is not Postfix.
MOST_LINES, MOST_LINE = 100, 4_096
# Messages whose recipients are remembered, and how many of each.
MOST_MESSAGES, MOST_RECIPIENTS = 1_000, 10_000
MOST_ALARMS = 10_000
IDLE = 3_600
ALARM_SECONDS = 120


class RefusedError(Exception):
    """Somebody on the other end who does not speak the protocol."""


class PolicyServer:
    """Judges messages by what Postfix tells of them."""

    def __init__(self, monitor: mailrep.Monitor, alarm: str | None) -> None:
        self.monitor, self.alarm = monitor, alarm
        # Moments of alarms are kept in milliseconds.
        self.began = time.time() - 0.001
        self.told: OrderedDict[str, float] = OrderedDict()
        self.recipients: OrderedDict[str, list[str]] = OrderedDict()
        self.running = asyncio.Semaphore(4)
        self.tasks: set[asyncio.Task[None]] = set()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answers one connection until it ends."""
        try:
            while (request := await asyncio.wait_for(self.request(reader), IDLE)) is not None:
                writer.write(f"action={self.action(request)}\n\n".encode())
                await asyncio.wait_for(writer.drain(), 60)
        except RefusedError as fault:
            LOG.warning("connection closed: %s", fault)
        except (ConnectionError, TimeoutError, asyncio.TimeoutError):
            pass
        finally:
            writer.close()

    async def request(self, reader: asyncio.StreamReader) -> dict[str, str] | None:
        """The attributes of the next request; None at the end."""
        told: dict[str, str] = {}
        for number in range(MOST_LINES + 1):
            try:
                line = await reader.readuntil(b"\n")
            except asyncio.LimitOverrunError:
                raise RefusedError(f"a line has more than {MOST_LINE} octets") from None
            except asyncio.IncompleteReadError as fault:
                if number or fault.partial:
                    raise RefusedError("a request ends in its middle") from None
                return None
            if line == b"\n":
                return told
            name, equals, value = line[:-1].decode("utf-8", "surrogateescape").partition("=")
            if not equals:
                raise RefusedError(f"no attribute: {line[:80]!r}")
            told[name] = value
        raise RefusedError(f"a request has more than {MOST_LINES} lines")

    def action(self, told: dict[str, str]) -> str:
        """What Postfix is to do."""
        account, instance, state = (told.get(name, "") for name in ("sasl_username", "instance", "protocol_state"))
        if told.get("request") != "smtpd_access_policy":
            raise RefusedError(f"not a policy request: {told.get('request', '')[:80]!r}")
        if not account or state not in ("RCPT", "DATA"):
            return "DUNNO"
        if state == "RCPT":
            known = self.recipients.setdefault(instance, [])
            if len(known) < MOST_RECIPIENTS:
                known.append(told.get("recipient", ""))
            while len(self.recipients) > MOST_MESSAGES:
                self.recipients.popitem(last=False)
            return "DUNNO"
        known = [address for address in self.recipients.pop(instance, []) if address]
        count = told.get("recipient_count", "")
        number = int(count) if count.isascii() and count.isdecimal() and len(count) < 8 else 0
        try:
            # Some recipients may have been refused since: the number counts then.
            whom = known if known and len(known) <= max(number, 1) else number or 1
            assessment = self.monitor.observe(account, whom)
        except mailrep.InvalidError as fault:
            LOG.warning("not judged: %s", fault)
            return "DUNNO"
        if assessment.host_alarm:
            LOG.error("alarm for the host: %s", assessment.reason)
        if not assessment.alarm:
            return "DUNNO"
        self.announce(account, assessment)
        LOG.warning("deferred: %s", ascii(account))
        return "DEFER 4.7.1 This account sends unlike its owner; ask your postmaster"

    def announce(self, account: str, assessment: mailrep.Assessment) -> None:
        """Tells of a new alarm, without waiting."""
        since = 0.0 if assessment.since is None else assessment.since.timestamp()
        # What began before this server did, was told before.
        if since < self.began or self.told.get(account) == since:
            return
        self.told[account] = since
        while len(self.told) > MOST_ALARMS:
            self.told.popitem(last=False)
        reason = assessment.reason or ""
        LOG.error("alarm for %s: %s", ascii(account), reason)
        if self.alarm is not None:
            task = asyncio.get_running_loop().create_task(self.run(account, reason))
            self.tasks.add(task)
            task.add_done_callback(self.tasks.discard)

    async def run(self, account: str, reason: str) -> None:
        """Runs the command."""
        async with self.running:
            try:
                nothing = asyncio.subprocess.DEVNULL
                process = await asyncio.create_subprocess_exec(self.alarm or "", account, reason, stdin=nothing)
            except (OSError, ValueError) as fault:
                LOG.error("the alarm's command cannot be run: %s", fault)
                return
            try:
                status = await asyncio.wait_for(process.wait(), ALARM_SECONDS)
            except (TimeoutError, asyncio.TimeoutError):
                process.kill()
                await process.wait()
                LOG.error("the alarm's command took more than %d s", ALARM_SECONDS)
            else:
                if status:
                    LOG.error("the alarm's command ended with status %d", status)

    async def control(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Does what an administrator says."""
        with contextlib.suppress(ConnectionError, TimeoutError, asyncio.TimeoutError, ValueError):
            while line := await asyncio.wait_for(reader.readline(), IDLE):
                word, _, account = line.decode("utf-8", "surrogateescape").rstrip("\n").partition(" ")
                if word == "status":
                    answer = f"{self.monitor.accounts} accounts, {self.monitor.alarmed} with an alarm"
                elif word in ("release", "acknowledge") and account:
                    open_ = getattr(self.monitor, word)(account)
                    answer = "done" if open_ else "no alarm was open"
                else:
                    answer = "there are: status, release ACCOUNT, acknowledge ACCOUNT"
                writer.write(answer.encode() + b"\n")
                await writer.drain()
        writer.close()


def save(monitor: mailrep.Monitor, state: str) -> bool:
    """Writes the state; a disk that is full stops no mail."""
    try:
        monitor.save(state)
    except mailrep.MailrepError as fault:
        LOG.error("the state is not saved: %s", fault)
        return False
    return True


async def listen(where: str, serve: object, mode: int) -> asyncio.Server:
    """Listens on unix:PATH or HOST:PORT."""
    if where.startswith("unix:"):
        path = where.removeprefix("unix:")
        with contextlib.suppress(FileNotFoundError):
            os.unlink(path)
        mask = os.umask(0o777 & ~mode)
        try:
            return await asyncio.start_unix_server(serve, path, limit=MOST_LINE)  # type: ignore[arg-type]
        finally:
            os.umask(mask)
    host, colon, port = where.rpartition(":")
    if not colon or not port.isdecimal():
        raise OSError(f"{where!r} is neither unix:PATH nor HOST:PORT")
    return await asyncio.start_server(serve, host, int(port), limit=MOST_LINE)  # type: ignore[arg-type]


async def work(options: argparse.Namespace, monitor: mailrep.Monitor) -> int:
    """Serves until a signal says that it is enough."""
    server, enough = PolicyServer(monitor, options.alarm), asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, enough.set)
    try:
        servers = [await listen(options.listen, server.serve, options.mode)]
        if options.control:
            servers.append(await listen(f"unix:{options.control}", server.control, 0o600))
    except OSError as fault:
        print(f"policy_server: cannot listen: {fault}", file=sys.stderr)
        return 75
    LOG.info("listening on %s", ", ".join(str(one.getsockname()) for own in servers for one in own.sockets))
    while not enough.is_set():
        with contextlib.suppress(TimeoutError, asyncio.TimeoutError):
            await asyncio.wait_for(enough.wait(), options.save_every)
        await asyncio.to_thread(save, monitor, options.state)
    for one in servers:
        one.close()
    await asyncio.gather(*server.tasks)
    return 0 if save(monitor, options.state) else 1


def main() -> int:
    """Reads the command line and the state."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--listen", default="unix:/var/spool/postfix/private/mailrep", help="unix:PATH or HOST:PORT")
    parser.add_argument("--mode", type=lambda text: int(text, 8), default=0o666, help="permissions of the socket (666)")
    parser.add_argument("--state", required=True, help="the file that keeps what is known; made if it is not there")
    parser.add_argument("--alarm", metavar="COMMAND", help="run at a new alarm with the account and the reason")
    parser.add_argument("--control", metavar="PATH", help="a Unix socket for the administrator")
    parser.add_argument("--tolerance", type=float, default=0.01, help="false alarms in a year of an account (0.01)")
    parser.add_argument("--save-every", type=float, default=60, metavar="SECONDS", help="how often to save (60)")
    options = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(name)s: %(levelname)s: %(message)s")
    try:
        if os.path.exists(options.state):
            monitor = mailrep.Monitor.restore(options.state, false_alarms_per_account_year=options.tolerance)
        else:
            monitor = mailrep.Monitor(false_alarms_per_account_year=options.tolerance)
            # A place that cannot be written is noticed now.
            monitor.save(options.state)
    except mailrep.MailrepError as fault:
        print(f"policy_server: {fault}", file=sys.stderr)
        return 1
    return asyncio.run(work(options, monitor))


if __name__ == "__main__":
    sys.exit(main())
