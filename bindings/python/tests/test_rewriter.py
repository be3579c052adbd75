"""SRS: the tables of cases that Rust, the command line and C run as well, and what the Python face promises."""

from __future__ import annotations

import datetime
import json
import os
import pathlib
import stat
import threading
from typing import Any

import pytest

import mailrep
from mailrep import Rewriter, SrsResult

DATA = pathlib.Path(__file__).resolve().parents[3] / "tests/data"
SUITES = os.environ.get("MAILREP_SUITES")
SECRET = "a-secret-of-tests"
NOW = 1763812800
OURS = "SRS0=7YZb=56=example.com=alice@srs.example.org"


def octets(case: dict[str, Any], name: str) -> bytes | None:
    """NAME_hex, NAME_repeat (a text, how often, what follows) or NAME."""
    if f"{name}_hex" in case:
        return bytes.fromhex(case[f"{name}_hex"])
    if f"{name}_repeat" in case:
        piece, times, rest = case[f"{name}_repeat"]
        return (str(piece) * int(times) + str(rest)).encode()
    return None if case[name] is None else str(case[name]).encode()


def run(case: dict[str, Any], config: dict[str, Any]) -> mailrep.SrsOutcome:
    words = {"long": "long_local_parts", "hashlength": "hash_length", "hashmin": "hash_minimum"}
    words |= {"maxage": "max_age", "exclude": "excluded"}
    settings = {words.get(name, name): value for name, value in config.items()}
    if "further" in settings:
        settings["further"] = {alias["domain"]: alias["secrets"] for alias in settings["further"]}
    rewriter = Rewriter(settings.pop("domain"), **settings)
    given = octets(case, "input")
    assert given is not None
    way = rewriter.forward if case["op"] == "forward" else rewriter.reverse
    outcome = way(given, now=case["now"])
    assert way(given.decode("utf-8", "surrogateescape"), now=case["now"]) == outcome
    return outcome


@pytest.mark.parametrize("case", json.loads((DATA / "srs_cases.json").read_text()), ids=lambda case: str(case["name"]))
def test_case(case: dict[str, Any]) -> None:
    outcome = run(case, case["config"])
    expect = case["expect"]
    told = (outcome.result.value, outcome.cause, outcome.octets)
    assert told == (expect["outcome"], expect["cause"], octets(expect, "output"))


@pytest.mark.skipif(SUITES is None, reason="srs/vectors.json: MAILREP_SUITES is not set")
def test_postsrsd_and_mail_srs_give_these_octets() -> None:
    vectors = json.loads((pathlib.Path(str(SUITES)) / "srs/vectors.json").read_text())["vectors"]
    assert vectors
    for vector in vectors:
        expected = None if vector["output_hex"] is None else bytes.fromhex(vector["output_hex"])
        assert run(vector, vector["config"]).octets == expected, vector


def test_an_outcome_is_typed_and_reads_well() -> None:
    rewriter = Rewriter("srs.example.org", secrets=[SECRET])
    outcome = rewriter.forward("alice@example.com", now=datetime.datetime.fromtimestamp(NOW, datetime.timezone.utc))
    assert (outcome.result, outcome.address, outcome.octets) == (SrsResult.REWRITTEN, OURS, OURS.encode())
    assert str(outcome.result) == "rewritten"
    assert "alias domain" in outcome.reason
    refused = rewriter.reverse("nobody")
    assert (refused.result, refused.address, refused.octets) == (SrsResult.REFUSED, None, None)


def test_many_addresses_have_their_outcomes_in_order() -> None:
    rewriter = Rewriter("srs.example.org", secrets=SECRET)
    users = [f"user{number}@example.com" for number in range(1000)]
    there = rewriter.forward_all(users, now=NOW)
    assert [outcome.address for outcome in rewriter.reverse_all([str(one.address) for one in there], now=NOW)] == users
    assert rewriter.forward_all([]) == []


def test_threads_share_a_rewriter() -> None:
    rewriter = Rewriter("srs.example.org", secrets=SECRET)
    found: list[str | None] = []
    threads = [
        threading.Thread(target=lambda: found.append(rewriter.forward("alice@example.com", now=NOW).address))
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [OURS] * 8


def test_a_secret_file_is_made_for_its_owner_alone_and_never_written_over(tmp_path: pathlib.Path) -> None:
    path = tmp_path / "secret"
    mailrep.create_secret(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    first = Rewriter("srs.example.org", secret_file=path).forward("a@example.com", now=NOW)
    with pytest.raises(mailrep.InvalidError, match="never written over"):
        mailrep.create_secret(path)
    assert Rewriter("srs.example.org", secret_file=str(path)).forward("a@example.com", now=NOW) == first
    with pytest.raises(mailrep.InputError, match="nowhere"):
        mailrep.create_secret(tmp_path / "nowhere" / "secret")
    with pytest.raises(mailrep.InputError, match="nowhere"):
        Rewriter("srs.example.org", secret_file=tmp_path / "nowhere")


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"secrets": None}, "there is no secret"),
        ({"secrets": "short"}, "5 octets"),
        ({"secrets": []}, "there is no secret"),
        ({"secrets": "a-secret\nof-two-lines"}, "line end"),
        ({"domain": "srs.example.org."}, "take out the dot"),
        ({"domain": "a\0b"}, "NUL"),
        ({"separator": "=="}, "separator"),
        ({"separator": "x"}, "separator"),
        ({"hash_length": 28}, "4 to 27 letters"),
        ({"hash_length": -1}, "hash_length cannot be -1"),
        ({"hash_minimum": 5}, "up to the hash length"),
        ({"max_age": 0}, "1 to 1022 days"),
        ({"mac": "md5"}, "compat or strong"),
        ({"accept": "all"}, "both or strong"),
        ({"accept": "strong"}, "make them strong too"),
        ({"long_local_parts": "cut"}, "allow or refuse"),
        ({"local": "example.org"}, "a list of domains"),
        ({"excluded": ["a b"]}, "excluded domain 'a b'"),
        ({"further": {"srs.example.org": SECRET}}, "it is there twice"),
    ],
)
def test_settings_that_cannot_be_used_are_told(options: dict[str, Any], words: str) -> None:
    settings: dict[str, Any] = {"domain": "srs.example.org", "secrets": SECRET, **options}
    with pytest.raises(mailrep.InvalidError, match=words):
        Rewriter(settings.pop("domain"), **settings)


def test_what_is_no_address_is_told() -> None:
    rewriter = Rewriter("srs.example.org", secrets=SECRET)
    with pytest.raises(TypeError, match="str or bytes, not int"):
        rewriter.forward(7)  # type: ignore[arg-type]
    with pytest.raises(mailrep.InvalidError, match="takes a list"):
        rewriter.forward_all("alice@example.com")
