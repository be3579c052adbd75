"""What to do with a message, by a policy."""

from __future__ import annotations

import email
import json
import pickle
import re
import subprocess
import threading
from typing import TYPE_CHECKING, Any

import pytest
from test_cases import DATA
from test_monitor import COMMAND

import mailrep
from mailrep import (
    ClosedError,
    Decision,
    Filter,
    FilterSession,
    InsertHeader,
    InvalidError,
    Origin,
    PolicyError,
    Reject,
    Reply,
    SequenceError,
    Severity,
    Treatment,
)
from mailrep._message import divide, wire

if TYPE_CHECKING:
    import pathlib

CASES: list[dict[str, Any]] = json.loads((DATA / "filter_cases.json").read_text())
DNS = f'[dns]\nzone_files = ["{DATA / "zone"}"]\n'
POLICY = f'authserv_id = "mx.example.net"\n{DNS}[dmarc]\nhonour_policy = true\n'
MESSAGE = b"From: ada@example.org\r\nSubject: test\r\n\r\nHello\r\n"
NOW = 1772355660


def of_policy(policy: str) -> Filter:
    # What an alarm counts depends on the key in a small way.
    policy = f"{policy}\n".replace("[outbound]\n", '[outbound]\nkey_file = "filter.key"\n')
    return Filter.parse(f"{policy}\n{DNS}", name="mailrep.toml", folder=DATA)


def difference(expected: object, got: object, path: str = "") -> str:
    """As tests/filter/case.rs has it: objects may have more names, texts that end in an ellipsis are a beginning."""
    if isinstance(expected, dict) and isinstance(got, dict):
        missing = (f"{path}.{name} is missing" for name in expected if name not in got)
        below = (difference(value, got[name], f"{path}.{name}") for name, value in expected.items() if name in got)
        return next(missing, "") or next(filter(None, below), "")
    if isinstance(expected, list) and isinstance(got, list) and len(expected) == len(got):
        members = (difference(*pair, f"{path}[{at}]") for at, pair in enumerate(zip(expected, got)))
        return next(filter(None, members), "")
    if isinstance(expected, str) and isinstance(got, str) and expected.endswith("…"):
        within = expected.startswith("…")
        same = expected.strip("…") in got if within else got.startswith(expected.rstrip("…"))
    else:
        same = expected == got
    return "" if same else f"{path} is {got!r}, not {expected!r}"


def content(message: dict[str, Any]) -> tuple[list[tuple[bytes, bytes]], bytes]:
    if file := message.get("file"):
        octets = wire(DATA / file)
        fields, begin = divide(octets)
        return [(one.name, one.value) for one in fields], octets[begin:]
    header = [(name.encode(), value.encode()) for name, value in message.get("header", ())]
    if flood := message.get("flood"):
        name, value, count = flood
        header = [(name.encode(), value.replace("{}", str(at)).encode()) for at in range(count)] + header
    body = "\r\n".join(message.get("body", ()))
    return header, f"{body}\r\n".encode() if body else b""


def tell(session: FilterSession, message: dict[str, Any], number: int, *, bare_lf: bool) -> Decision:
    session.set_time(message["now"] + number)
    session.mail_from(message.get("mail_from", ""), login=message.get("login", ""))
    for address, refusal in message.get("rcpt", ()):
        reply = session.rcpt(address.replace("{}", str(number)))
        assert reply.refused is (refusal is not None)
        assert str(reply).startswith(refusal or "continue")
    if many := message.get("many"):
        for at in range(many[1]):
            session.rcpt(many[0].replace("{}", str(at)))
    if "late_login" in message:
        session.login(message["late_login"])
    session.data()
    header, body = content(message)
    for name, value in header:
        session.header(name, value.replace(b"\r\n", b"\n") if bare_lf else value)
    session.end_of_headers()
    for at in range(0, len(body), 7):
        session.body(body[at : at + 7])
    return session.end(message.get("queue_id", ""))


@pytest.mark.parametrize("bare_lf", [False, True])
@pytest.mark.parametrize("case", CASES, ids=lambda case: str(case["name"]))
def test_case(case: dict[str, Any], bare_lf: bool) -> None:
    with of_policy("\n".join(case["policy"])).session(bare_lf=bare_lf) as session:
        if case.get("local"):
            session.connect_local(case.get("user", ""))
        else:
            session.connect(case.get("ip"), daemon=case.get("daemon", ""))
        session.helo(case.get("helo", ""))
        for message in case["messages"]:
            for number in range(message.get("before", 0)):
                tell(session, message, number, bare_lf=bare_lf)
            decision = tell(session, message, message.get("before", 0), bare_lf=bare_lf)
            told = decision.to_dict()
            if bare_lf:
                for action in told["actions"]:
                    if "value" in action:
                        assert "\r" not in action["value"]
                        action["value"] = action["value"].replace("\n", "\r\n")
            assert not difference(message["expect"], told)
            # The typed face tells the same.
            assert (str(decision.treatment), decision.cause) == (told["treatment"], told["cause"])
            assert len(decision.actions) == len(told["actions"])
            for action, given in zip(decision.actions, told["actions"]):
                kind = re.sub("(?<!^)([A-Z])", r"_\1", type(action).__name__).lower()
                assert kind == given["action"]
                address = getattr(action, "address", given.get("address"))
                assert address == given.get("address")
                if isinstance(action, InsertHeader):
                    assert (action.name, action.place) == (given["name"], given["place"])
            assert (decision.alarm is not None) is (told["alarm"] is not None)
            assert [note.code for note in decision.notes] == [note["code"] for note in told["notes"]]
            assert (decision.verdict and decision.verdict.to_dict()) == told["verdict"]
            refused = [address for address, refusal in message.get("rcpt", ()) if refusal is not None]
            assert len(decision.refused) >= len(refused)


@pytest.mark.parametrize("path", sorted(DATA.glob("*.eml")), ids=lambda path: str(path.name))
def test_a_decision_is_what_the_command_line_prints(path: pathlib.Path, tmp_path: pathlib.Path) -> None:
    policy = tmp_path / "mailrep.toml"
    policy.write_text(POLICY)
    envelope = {"ip": "203.0.113.9", "helo": "mail.example.org", "mail_from": "ada@example.org", "queue_id": "4XyZ"}
    command = [str(COMMAND), "--json", f"--now={NOW}", "filter", "run", f"--config={policy}", "--rcpt=bob@example.net"]
    command += [f"--{name.replace('_', '-')}={value}" for name, value in envelope.items()]
    done = subprocess.run([*command, str(path)], capture_output=True, text=True, check=True)  # noqa: S603
    with Filter.read(policy) as one:
        recipients = ["bob@example.net"]
        decision = one.run(path, now=NOW, recipients=recipients, **envelope)
        assert decision.to_dict() == json.loads(done.stdout)
        assert one.run(path.read_bytes(), now=NOW, recipients=recipients, **envelope) == decision


def test_a_decision_reads_well() -> None:
    with Filter.parse(POLICY) as one:
        decision = one.run(MESSAGE, ip="203.0.113.9", mail_from="eve@example.com", recipients=["bob@example.net"])
    assert decision.treatment is Treatment.REJECT
    assert decision.origin is Origin.OUTSIDE
    assert decision.verdict is not None
    assert decision.verdict.dmarc.disposition is mailrep.Policy.REJECT
    (action,) = decision.actions
    assert isinstance(action, Reject)
    assert (action.code, action.enhanced) == (550, "5.7.1")
    lines = str(decision).splitlines()
    assert lines[0].startswith("reject: ")
    assert lines[1] == f"reject: 550 5.7.1 {' '.join(action.lines)}"
    assert decision.log.startswith("queue=- client=203.0.113.9 ")
    assert hash(decision) == hash(decision)
    assert email.message_from_bytes(MESSAGE)["From"] == "ada@example.org"


def test_an_email_object_goes_through_as_its_octets_do() -> None:
    with Filter.parse(POLICY) as one:
        told = [
            one.run(form, ip="203.0.113.9", mail_from="eve@example.com", now=NOW)
            for form in (MESSAGE, MESSAGE.replace(b"\r\n", b"\n"), email.message_from_bytes(MESSAGE))
        ]
    assert told[0] == told[1] == told[2]


def test_every_fault_of_a_policy_is_told_with_its_place(tmp_path: pathlib.Path) -> None:
    policy = 'authserv_ids = "a"\n[spf]\non_fail = "bounce"\n\n[dmarc]\nhonour_policy = "yes"\n'
    with pytest.raises(PolicyError) as caught:
        Filter.parse(policy, name="a: b.toml")
    faults = caught.value.faults
    assert [(fault.line, fault.column) for fault in faults] == [(1, 1), (3, 11), (6, 17)]
    assert "authserv_id" in faults[0].text
    assert str(faults[0]).startswith("1:1: ")
    assert str(caught.value).splitlines()[0].startswith("a: b.toml:1:1: ")
    # They are those of the command line.
    file = tmp_path / "mailrep.toml"
    file.write_text(policy)
    done = subprocess.run(  # noqa: S603
        [str(COMMAND), "--json", "filter", "check", str(file)], capture_output=True, text=True, check=False
    )
    printed = json.loads(done.stdout)["faults"]
    assert [(one["line"], one["column"]) for one in printed] == [(fault.line, fault.column) for fault in faults]
    for one, fault in zip(printed, faults):
        assert fault.text == one["message"] + (f"; {one['fix']}" if one["fix"] else "")
    with pytest.raises(PolicyError) as caught:
        Filter.read(file)
    assert [fault.text for fault in caught.value.faults] == [fault.text for fault in faults]
    with pytest.raises(PolicyError, match="1:"):
        Filter.parse("this is no TOML")
    with pytest.raises(mailrep.InputError, match="none"):
        Filter.read(tmp_path / "none.toml")


def test_dangers_settings_and_the_name(tmp_path: pathlib.Path) -> None:
    key = tmp_path / "key.pem"
    key.write_bytes((DATA / "keys/rsa2048.pem").read_bytes())
    key.chmod(0o644)
    policy = (
        'authserv_id = "mx.example.net"\n[milter]\nlisten = ["a", "b"]\n'
        '[[sign]]\ndomains = ["example.org"]\nkeys = [{ selector = "s", file = "key.pem" }]\n'
    )
    with Filter.parse(policy, folder=tmp_path) as one:
        assert one.authserv_id == "mx.example.net"
        assert any("key.pem" in danger for danger in one.dangers)
        assert one.setting("milter", "listen") == "a\nb"
        assert one.setting("milter", "nothing") is None
        one.check_section("milter", ["listen"])
        with pytest.raises(PolicyError, match="listen") as caught:
            one.check_section("milter", ["user"])
        assert caught.value.faults[0].line == 3


def test_a_policy_is_explained_as_the_command_line_explains_it(tmp_path: pathlib.Path) -> None:
    (tmp_path / "key.pem").write_bytes((DATA / "keys/rsa2048.pem").read_bytes())
    (tmp_path / "key.pem").chmod(0o600)
    file = tmp_path / "mailrep.toml"
    keys = '[[sign]]\ndomains = ["example.org"]\nkeys = [{ selector = "s", file = "key.pem" }]\n'
    file.write_text(POLICY + keys)
    done = subprocess.run(  # noqa: S603
        [str(COMMAND), "--json", "filter", "check", str(file)], capture_output=True, text=True, check=True
    )
    with Filter.read(file) as one:
        explanation = one.explain()
    assert explanation.to_dict() == json.loads(done.stdout)
    assert explanation.records[0].startswith("s._domainkey.example.org. ")
    assert any("honour" in sentence or "reject" in sentence for sentence in explanation.parts["Mail from outside"])
    assert [finding.severity for finding in explanation.findings] == sorted(
        (finding.severity for finding in explanation.findings), key=list(Severity).index
    )
    assert f"{explanation.findings[0].message}; {explanation.findings[0].fix}" in str(explanation)
    assert str(explanation).startswith("Who is who:\n  ")


def test_what_is_known_of_accounts_is_kept_through_a_reload(tmp_path: pathlib.Path) -> None:
    file = tmp_path / "mailrep.toml"
    file.write_text('authserv_id = "a"\n[outbound]\nstate_file = "state"\n')
    filters = [Filter.read(file)]
    alarms = []
    for second in range(60):
        if second == 30:
            filters.append(filters[-1].reload(file))
            filters[0].close()
        decision = filters[-1].run(
            MESSAGE,
            ip="192.0.2.1",
            login="eve@example.org",
            mail_from="eve@example.org",
            now=NOW + second,
            recipients=[f"stranger{second}@example.net"],
        )
        alarms.append(decision.alarm)
    assert alarms[0] is None
    assert alarms[-1] is not None
    assert alarms[-1].account == "eve@example.org"
    assert sum(alarm.is_new for alarm in alarms if alarm is not None) == 1
    assert alarms[-1].since.tzinfo is not None
    filters[-1].save_state()
    assert (tmp_path / "state").stat().st_size > 0
    assert (filters[-1].acknowledge("eve@example.org"), filters[-1].acknowledge("eve@example.org")) == (True, False)
    with Filter.parse(POLICY) as none, pytest.raises(InvalidError, match=r"no \[outbound\]"):
        none.acknowledge("eve@example.org")


def test_calls_out_of_turn_and_after_the_end() -> None:
    one = Filter.parse(POLICY)
    with one.session() as session:
        with pytest.raises(SequenceError):
            session.mail_from("a@example.org")
        session.connect("192.0.2.1")
        with pytest.raises(SequenceError):
            session.connect("192.0.2.1")
        with pytest.raises(SequenceError):
            session.body(b"a")
        assert session.mail_from("a@example.org") == Reply()
        with pytest.raises(SequenceError):
            session.mail_from("b@example.org")
        session.abort()
        session.mail_from("b@example.org")
        one.close()
        # A session keeps what it needs.
        assert session.end().treatment is Treatment.ACCEPT
        with pytest.raises(SequenceError):
            session.end()
    with pytest.raises(ClosedError, match="the session is closed"):
        session.abort()
    assert (repr(session), repr(one)) == ("<mailrep.FilterSession, closed>", "<mailrep.Filter, closed>")
    for call in (one.session, one.save_state, lambda: one.run(MESSAGE), lambda: one.authserv_id, lambda: one.dangers):
        with pytest.raises(ClosedError, match="the filter is closed"):
            call()
    with pytest.raises(ClosedError), one:
        pass


@pytest.mark.parametrize(
    ("more", "kind", "words"),
    [
        ({"ip": 5}, TypeError, "ip is an address as str or of the module ipaddress, not int"),
        ({"ip": "192.0.2.999"}, InvalidError, "192.0.2.999"),
        ({"helo": 5}, TypeError, "helo is str or bytes, not int"),
        ({"mail_from": None}, TypeError, "mail_from is str or bytes, not NoneType"),
        ({"recipients": "bob@example.net"}, TypeError, "recipients is a list of addresses, not str"),
        ({"recipients": 5}, TypeError, "recipients is a list of addresses, not int"),
        ({"recipients": [5]}, TypeError, "rcpt is str or bytes, not int"),
        ({"login": 5}, TypeError, "login is str or bytes, not int"),
        ({"daemon": 5}, TypeError, "daemon is str or bytes, not int"),
        ({"user": 5}, TypeError, "user is str or bytes, not int"),
        ({"queue_id": 5}, TypeError, "queue_id is str or bytes, not int"),
        ({"now": "today"}, TypeError, "now is Unix seconds"),
        ({"now": -1}, InvalidError, "now cannot be -1"),
        ({"now": float("nan")}, InvalidError, "now cannot be nan"),
        ({"message": "text"}, TypeError, "message is bytes"),
        ({"message": b""}, InvalidError, "the message is empty"),
    ],
)
def test_a_wrong_argument_names_itself(more: dict[str, Any], kind: type[Exception], words: str) -> None:
    message = more.pop("message", MESSAGE)
    with Filter.parse(POLICY) as one, pytest.raises(kind, match=words):
        one.run(message, **more)


def test_what_is_no_filter_is_refused() -> None:
    with pytest.raises(TypeError, match=r"made by Filter\.read or Filter\.parse"):
        Filter()
    for wrong in (5, None, ["a"]):
        with pytest.raises(TypeError, match="policy is str or bytes, not"):
            Filter.parse(wrong)  # type: ignore[arg-type]
        with pytest.raises(TypeError, match="path is a path, not"):
            Filter.read(wrong)  # type: ignore[arg-type]
    with pytest.raises(InvalidError, match="NUL"):
        Filter.read("a\0b")
    with pytest.raises(PolicyError):
        Filter.parse(b"\xff\xfe")
    with pytest.raises(PolicyError):
        Filter.parse("a = 1\0")
    with Filter.parse(POLICY) as one:
        for handle in (one, one.session()):
            with pytest.raises(TypeError, match="cannot be copied, nor sent to another process"):
                pickle.dumps(handle)
        assert pickle.loads(pickle.dumps(one.run(MESSAGE, now=NOW))) == one.run(MESSAGE, now=NOW)  # noqa: S301
        with pytest.raises(TypeError, match="bare_lf is True or False, not int"):
            one.session(bare_lf=1)  # type: ignore[arg-type]
        with pytest.raises(TypeError, match="keys is a list of texts, not str"):
            one.check_section("log", "level")


def test_odd_octets_come_through() -> None:
    # Addresses that are no UTF-8, NULs, a huge header, a huge body.
    with Filter.parse(POLICY) as one:
        decision = one.run(
            b"Authentication-Results: mx.example.net; a=\xff\0\r\nFrom: a@b\r\n\r\n" + b"x" * 3_000_000,
            ip="192.0.2.1",
            mail_from=b"\xff\0@example.org",
            recipients=[b"\xfe@example.net", "b\udcffc@example.net"],
        )
        assert [type(action).__name__ for action in decision.actions] == ["DeleteHeader", "InsertHeader"]
        huge = one.run(b"X: y\r\n" * 200_000 + b"\r\n", ip="192.0.2.1", mail_from="ada@example.org")
        assert huge.verdict is not None
        assert huge.verdict.dmarc.result is mailrep.DmarcResult.PERMERROR


def test_many_threads_share_a_filter_and_one_session_takes_them_in_turn() -> None:
    one = Filter.parse(POLICY)
    wanted = one.run(MESSAGE, ip="203.0.113.9", mail_from="eve@example.com", now=NOW)
    shared = one.session()
    shared.connect("192.0.2.1")
    shared.mail_from("ada@example.org")
    shared.end_of_headers()
    good: list[bool] = []

    def run() -> None:
        for _ in range(10):
            good.append(one.run(MESSAGE, ip="203.0.113.9", mail_from="eve@example.com", now=NOW) == wanted)
            shared.body(b"x" * 10_000)

    threads = [threading.Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert good == [True] * 40
    assert shared.end().treatment is Treatment.ACCEPT
