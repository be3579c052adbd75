"""The table of cases that the command line and C run as well."""

from __future__ import annotations

import io
import json
import pathlib
from typing import Any

import pytest

import mailrep

DATA = pathlib.Path(__file__).resolve().parents[3] / "tests/data"
CASES: list[dict[str, Any]] = json.loads((DATA / "cases.json").read_text())


def difference(expected: object, got: object, path: str = "") -> str:
    """Where `got` is not what is expected: objects may have more names, lists may not have more members."""
    if isinstance(expected, dict) and isinstance(got, dict):
        for name, value in expected.items():
            if name not in got:
                return f"{path}.{name} is missing"
            if why := difference(value, got[name], f"{path}.{name}"):
                return why
        return ""
    if isinstance(expected, list) and isinstance(got, list) and len(expected) == len(got):
        members = (difference(*pair, f"{path}[{at}]") for at, pair in enumerate(zip(expected, got)))
        return next(filter(None, members), "")
    same = type(expected) is type(got) and expected == got
    return "" if same else f"{path} is {got!r}, not {expected!r}"


def test_differences_are_noticed() -> None:
    assert not difference({"a": [1]}, {"a": [1], "b": 2})
    assert difference({"a": [1]}, {"a": [1, 2]}) == ".a is [1, 2], not [1]"
    assert difference({"a": 1}, {"a": True}) == ".a is True, not 1"
    assert difference({"a": None}, {}) == ".a is missing"


def told(case: dict[str, Any]) -> dict[str, Any]:
    return {name: case.get(name) for name in ("ip", "helo", "mail_from", "account", "now")}


@pytest.mark.parametrize("case", CASES, ids=lambda case: str(case["name"]))
def test_case(case: dict[str, Any]) -> None:
    path = DATA / case["file"]
    policy = {name: value for name, value in case.items() if name.startswith(("spf_", "dmarc_"))}
    with mailrep.Checker(zone=DATA / "zone", authserv_id=case["authserv_id"], **policy) as checker:
        verdict = checker.check(path, **told(case))
        assert not difference(case["expect"], verdict.to_dict())
        # Octets, an open file and a file that gives little at a time are the same message.
        assert checker.check(path.read_bytes(), **told(case)) == verdict
        assert checker.check(io.BytesIO(path.read_bytes()), **told(case)).to_dict() == verdict.to_dict()
        with path.open("rb", buffering=0) as file:
            assert checker.check(Dribble(file), **told(case)).to_dict() == verdict.to_dict()

    # The typed face tells the same as the dictionary.
    made = verdict.to_dict()
    assert verdict.dmarc.result.value == made["dmarc"]["result"]
    assert [str(signature.result) for signature in verdict.dkim] == [one["result"] for one in made["dkim"]]
    assert (verdict.spf and verdict.spf.reason) == (made["spf"] and made["spf"]["reason"])
    assert (verdict.spf and verdict.spf.received_spf) == (made["spf"] and made["spf"]["received_spf"])
    assert verdict.account == made["account"]
    override = verdict.dmarc.override
    assert (override and {"type": override.type, "comment": override.comment}) == made["dmarc"]["override"]
    hints = [signature.hint for signature in verdict.dkim]
    assert [hint and hint.reason for hint in hints] == [one["hint"] and one["hint"]["reason"] for one in made["dkim"]]
    assert verdict.story.claimed == made["story"]["claimed"]
    assert list(verdict.story.advice) == made["story"]["advice"]
    assert list(verdict.headers_to_remove) == made["headers_to_remove"]
    words = ("auth", "dmarc") if verdict.account else ("spf" if verdict.spf else "dkim", "dkim")
    for line, word in zip(str(verdict).splitlines(), words):
        assert line.startswith(f"{word}=")


class Dribble(io.RawIOBase):
    """A file that gives three octets at a time."""

    def __init__(self, file: Any) -> None:
        self.file = file

    def read(self, _size: int = -1) -> Any:
        return self.file.read(3)
