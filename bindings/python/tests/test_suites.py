"""Suites of other projects, which Rust runs as well, through a resolver that is a function."""

from __future__ import annotations

import base64
import json
import os
import pathlib
from typing import Any

import pytest

from mailrep import Checker, DkimResult, DnsFailure, NoData, NoSuchName, RecordType

SUITES = pathlib.Path(os.environ.get("MAILREP_SUITES", "/nowhere")) / "suites"
NOW = 1_795_347_080


def there(name: str) -> pathlib.Path:
    if not (SUITES / name).exists():
        pytest.skip(f"{name} (MAILREP_SUITES says where)")
    return SUITES / name


class SpfZone:
    """Zone data of the OpenSPF suite, as tests/spf_suite/mod.rs reads it."""

    def __init__(self, data: dict[str, list[Any]]) -> None:
        self.data = {name.lower().rstrip("."): records for name, records in data.items()}

    def __call__(self, name: str, kind: RecordType) -> Any:
        records: list[Any] | None = None
        maps: list[dict[str, Any]] = []
        for _ in range(10):
            records = self.data.get(name)
            if records is None:
                raise NoSuchName if not any(one.endswith(f".{name}") for one in self.data) else NoData
            maps = [record for record in records if isinstance(record, dict)]
            aliases = [record["CNAME"] for record in maps if "CNAME" in record]
            if not aliases:
                break
            name = aliases[0].lower().rstrip(".")
        found = [record[kind] for record in maps if kind in record]
        if kind is RecordType.TXT:
            found = found or [record["SPF"] for record in maps if "SPF" in record]
            found = [joined(one) for one in found if one != "NONE"]
        elif kind is RecordType.MX:
            found = [(preference, host) for preference, host in found]
        if not found and records and "TIMEOUT" in records:
            raise DnsFailure("timeout")
        return found


def joined(value: Any) -> bytes:
    """The character-strings of a text; the suite writes octets as the characters of the same number."""
    strings = value if isinstance(value, list) else [value]
    return b"".join(string.encode("latin-1") for string in strings)


def test_the_openspf_suite_for_rfc_7208() -> None:
    yaml = pytest.importorskip("yaml")
    cases, faults = 0, []
    for scenario in yaml.safe_load_all(there("rfc7208-tests.yml").read_text()):
        with Checker(resolver=SpfZone(scenario["zonedata"]), authserv_id="receiver.example.net") as checker:
            for name, case in scenario["tests"].items():
                cases += 1
                told = {key: (case.get(key) or "").encode("latin-1") for key in ("helo", "mailfrom")}
                verdict = checker.check(
                    b"Subject: a\r\n\r\n", ip=case["host"], helo=told["helo"], mail_from=told["mailfrom"], now=NOW
                )
                assert verdict.spf is not None
                wanted = case["result"] if isinstance(case["result"], list) else [case["result"]]
                if verdict.spf.result not in wanted:
                    faults.append(f"{name}: {verdict.spf}, not {wanted}")
                if case.get("explanation", verdict.spf.explanation or "DEFAULT") != (
                    verdict.spf.explanation or "DEFAULT"
                ):
                    faults.append(f"{name}: {verdict.spf.explanation!r}, not {case['explanation']!r}")
    assert not faults, "\n".join(faults)
    assert cases == 203


def test_the_dkim_cases_of_mail_dkim_and_dkimpy() -> None:
    faults = []
    cases = json.loads(there("dkim-cases.json").read_text())
    for case in cases:
        zone = {name.lower().rstrip("."): records for name, records in case["zone"].items()}

        def resolver(name: str, kind: RecordType, zone: dict[str, Any] = zone) -> Any:
            records = zone.get(name)
            if records is None:
                raise NoSuchName
            if any(value == "SERVFAIL" for _, value in records):
                raise DnsFailure("servfail")
            return [value for type_, value in records if type_ == kind]

        with Checker(resolver=resolver) as checker:
            verdict = checker.check(base64.b64decode(case["message_b64"]), now=case["now"])
        overall = "pass" if any(one.result is DkimResult.PASS for one in verdict.dkim) else "notpass"
        if overall not in case["expect"]["dkim"]:
            faults.append(f"{case['id']}: {overall}, not {case['expect']['dkim']}: {verdict}; {case['note']}")
    assert not faults, "\n".join(faults)
    assert len(cases) == 229
