"""SRS served to Postfix."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Union

from . import _lend
from ._errors import ClosedError, InvalidError, error
from ._library import OfThisProcess, raised, renewed_in_children, string, text
from ._native import ffi, lib

if TYPE_CHECKING:
    from types import TracebackType

    from ._rewriter import Rewriter

Addresses = Union[str, Iterable[str]]
"""One address, or several: "127.0.0.1:10001", "localhost:10001", "unix:/path/of/a/socket"."""

_MOST = (1 << 32) - 1


class SrsServer(OfThisProcess):
    r"""Answers Postfix from a thread of its own, until it is stopped: tcp_table(5) and socketmap_table(5).

    >>> import socket
    >>> from mailrep import Rewriter, SrsServer
    >>> rewriter = Rewriter("srs.example.org", secrets="0123456789abcdef")
    >>> with SrsServer(rewriter, tcp_forward="127.0.0.1:0") as server:
    ...     host, port = server.addresses[0].split(":")
    ...     with socket.create_connection((host, int(port))) as connection:
    ...         _ = connection.send(b"get nobody\n")
    ...         print(connection.recv(1000).decode(), end="")
    500 there is no '@' with a domain behind it

    `tcp_forward` is what Postfix's sender_canonical_maps asks, `tcp_reverse` recipient_canonical_maps; `socketmap` has
    both as the maps "forward" and "reverse". Port 0 is one that the system chooses: `addresses` tells.

    There may be `connections` at a time; for one more, that is closed which was answered longest ago. One that asks
    nothing for `idle` seconds is closed. Unix sockets get the permissions `socket_mode`. Addresses that other hosts can
    reach are refused unless `public`, for whoever can ask can make addresses that pass as ours.

    A server belongs to the process that made it: after a fork the child has none.

    Raises `InvalidError`, and `SystemResourceError` for an address that the system refuses, such as one in use.
    """

    def __init__(
        self,
        rewriter: Rewriter,
        *,
        tcp_forward: Addresses = (),
        tcp_reverse: Addresses = (),
        socketmap: Addresses = (),
        connections: int = 2_000,
        idle: float = 1_800.0,
        socket_mode: int = 0o660,
        public: bool = False,
    ) -> None:
        services = (
            (lib.MAILREP_SRS_TCP_FORWARD, tcp_forward),
            (lib.MAILREP_SRS_TCP_REVERSE, tcp_reverse),
            (lib.MAILREP_SRS_SOCKETMAP, socketmap),
        )
        given = [
            (service, ffi.new("char[]", _octets(address)))
            for service, addresses in services
            for address in ([addresses] if isinstance(addresses, str) else addresses)
        ]
        listen = ffi.new("mailrep_srs_listen[]", given)
        options = ffi.new("mailrep_srs_server_options *")
        lib.mailrep_srs_server_options_init(options, ffi.sizeof("mailrep_srs_server_options"))
        options.listen, options.listen_count = listen, len(given)
        _lend.of_type("connections", "a number", connections, int)
        _lend.of_type("socket_mode", "a number", socket_mode, int)
        options.connections = _number("connections", connections)
        options.idle_ms = _lend.duration("idle", idle, 1_000)
        options.socket_mode = _number("socket_mode", socket_mode)
        options.allow_public = _lend.flag("public", public)
        made, fault = ffi.new("mailrep_srs_server **"), ffi.new("mailrep_error **")
        raised(lib.mailrep_srs_server_start(_srs_of(rewriter), options, made, fault), fault)
        self._lock = renewed_in_children(self)
        self._server: Any = ffi.gc(made[0], lib.mailrep_srs_server_stop)
        self._addresses = tuple(text(lib.mailrep_srs_server_address(made[0], at)) for at in range(len(given)))

    @property
    def addresses(self) -> tuple[str, ...]:
        """Where it listens: those of `tcp_forward`, then of `tcp_reverse`, then of `socketmap`."""
        return self._addresses

    def exchange(self, rewriter: Rewriter) -> None:
        """Answers with this rewriter from now on, in connections that are there too.

        Raises `ClosedError` after `stop`.
        """
        with self._lock:
            if self._server is None:
                raise ClosedError("the server was stopped")
            status = lib.mailrep_srs_server_exchange(self._server, _srs_of(rewriter))
        if status != lib.MAILREP_OK:
            raise error(status, string(lib.mailrep_status_text(status)))

    def stop(self) -> None:
        """Takes nobody new and answers what has been asked, for five seconds at most. Stopping twice does nothing."""
        with self._lock:
            server, self._server = self._server, None
        if server is not None:
            ffi.release(server)

    @property
    def stopped(self) -> bool:
        """Whether `stop` was called."""
        return self._server is None

    def __enter__(self) -> SrsServer:
        if self.stopped:
            raise ClosedError("the server was stopped")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, where: TracebackType | None
    ) -> None:
        self.stop()

    def __repr__(self) -> str:
        return f"<mailrep.SrsServer{', stopped' if self.stopped else ' on ' + ', '.join(self._addresses)}>"


def _octets(address: str) -> bytes:
    octets = os.fsencode(address)
    if b"\0" in octets:
        raise InvalidError(f"{address!r} cannot be used: it has a NUL in it")
    return octets


def _srs_of(rewriter: Rewriter) -> Any:
    srs = getattr(rewriter, "_srs", None)
    if srs is None:
        raise _lend.wrong_type("rewriter", "a Rewriter", rewriter)
    return srs


def _number(what: str, value: int) -> int:
    if not 0 <= value <= _MOST:
        raise InvalidError(f"{what} cannot be {value}")
    return value
