"""SRS served to Postfix, from Python."""

from __future__ import annotations

import socket
import sys
from typing import TYPE_CHECKING

import pytest

import mailrep

if TYPE_CHECKING:
    import pathlib

SECRET = "0123456789abcdef"


@pytest.fixture(name="rewriter")
def _rewriter() -> mailrep.Rewriter:
    return mailrep.Rewriter("srs.example.org", secrets=SECRET)


def connect(address: str) -> socket.socket:
    if address.startswith("unix:"):
        connection = socket.socket(socket.AF_UNIX)
        connection.connect(address[len("unix:") :])
    else:
        host, port = address.split(":")
        connection = socket.create_connection((host, int(port)))
    connection.settimeout(20)
    return connection


def ask(connection: socket.socket, request: bytes) -> bytes:
    connection.sendall(request)
    reply = b""
    while not reply.endswith((b"\n", b",")):
        reply += connection.recv(1_000) or pytest.fail(f"the server hung up after {reply!r}")
    return reply


def test_a_server_answers_both_ways_on_all_its_addresses(rewriter: mailrep.Rewriter, tmp_path: pathlib.Path) -> None:
    path = f"unix:{tmp_path}/socket"
    with mailrep.SrsServer(
        rewriter, tcp_forward="127.0.0.1:0", tcp_reverse=["127.0.0.1:0", "localhost:0"], socketmap=path
    ) as server:
        assert len(server.addresses) == 4
        assert server.addresses[3] == path
        minted = rewriter.forward("ada@example.com").octets
        assert minted is not None
        with connect(server.addresses[0]) as connection:
            assert ask(connection, b"get ada@example.com\r\n") == b"200 " + minted + b"\n"
        for address in server.addresses[1:3]:
            with connect(address) as connection:
                assert ask(connection, b"get " + minted + b"\n") == b"200 ada@example.com\n"
        with connect(path) as connection:
            request = b"reverse " + minted
            assert ask(connection, b"%d:%b," % (len(request), request)) == b"18:OK ada@example.com,"
        assert (tmp_path / "socket").stat().st_mode & 0o777 == 0o660
        assert repr(server).startswith("<mailrep.SrsServer on 127.0.0.1:")
    assert not (tmp_path / "socket").exists()


def test_after_the_end_nobody_is_served(rewriter: mailrep.Rewriter) -> None:
    server = mailrep.SrsServer(rewriter, socketmap="127.0.0.1:0")
    connection = connect(server.addresses[0])
    server.stop()
    server.stop()
    assert server.stopped
    assert connection.recv(1) == b""
    connection.close()
    with pytest.raises(ConnectionRefusedError):
        connect(server.addresses[0])
    with pytest.raises(mailrep.ClosedError), server:
        pass
    with pytest.raises(mailrep.ClosedError):
        server.exchange(rewriter)
    assert repr(server) == "<mailrep.SrsServer, stopped>"


def test_secrets_are_exchanged_in_connections_that_are_there(rewriter: mailrep.Rewriter) -> None:
    with mailrep.SrsServer(rewriter, tcp_forward="127.0.0.1:0") as server, connect(server.addresses[0]) as connection:
        before = ask(connection, b"get ada@example.com\n")
        server.exchange(mailrep.Rewriter("srs.example.org", secrets=["another secret, and longer", SECRET]))
        after = ask(connection, b"get ada@example.com\n")
        assert after.startswith(b"200 SRS0=")
        assert after != before


@pytest.mark.skipif(sys.implementation.name != "cpython", reason="PyPy drops what is forgotten later")
def test_a_server_that_is_forgotten_ends(rewriter: mailrep.Rewriter) -> None:
    server = mailrep.SrsServer(rewriter, tcp_forward="127.0.0.1:0")
    address = server.addresses[0]
    connect(address).close()
    del server
    with pytest.raises(ConnectionRefusedError):
        connect(address)


def test_what_cannot_be_served_is_an_exception_that_says_why(rewriter: mailrep.Rewriter) -> None:
    with pytest.raises(mailrep.InvalidError, match="no address"):
        mailrep.SrsServer(rewriter)
    with pytest.raises(mailrep.InvalidError, match="IP:PORT"):
        mailrep.SrsServer(rewriter, tcp_forward="10001")
    with pytest.raises(mailrep.InvalidError, match="other hosts"):
        mailrep.SrsServer(rewriter, tcp_forward="0.0.0.0:0")
    with pytest.raises(mailrep.InvalidError, match="NUL"):
        mailrep.SrsServer(rewriter, socketmap="unix:/tmp/a\0b")
    with pytest.raises(mailrep.InvalidError, match="connections"):
        mailrep.SrsServer(rewriter, tcp_forward="127.0.0.1:0", connections=0)
    with pytest.raises(mailrep.InvalidError, match="idle"):
        mailrep.SrsServer(rewriter, tcp_forward="127.0.0.1:0", idle=-1)
    mailrep.SrsServer(rewriter, tcp_forward="0.0.0.0:0", public=True).stop()
    with (
        mailrep.SrsServer(rewriter, tcp_forward="127.0.0.1:0") as server,
        pytest.raises(mailrep.SystemResourceError, match="in use"),
    ):
        mailrep.SrsServer(rewriter, tcp_reverse=server.addresses[0])


def test_who_asks_nothing_in_time_is_let_go(rewriter: mailrep.Rewriter) -> None:
    with (
        mailrep.SrsServer(rewriter, tcp_forward="127.0.0.1:0", idle=0.05) as server,
        connect(server.addresses[0]) as silent,
    ):
        assert silent.recv(1) == b""
