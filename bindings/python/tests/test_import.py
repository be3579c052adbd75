"""Importing the package is quick, for it loads little; what it offers is all there."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

import mailrep


def loaded(program: str) -> set[str]:
    """The modules that a program loads beyond those of an empty one."""
    told = []
    for text in ("", program):
        code = f"import sys, json\n{text}\nprint(json.dumps(sorted(sys.modules)))"
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)  # noqa: S603
        told.append(set(json.loads(done.stdout)))
    return told[1] - told[0]


def test_importing_loads_the_library_and_little_else() -> None:
    modules = loaded("import mailrep")
    ours = {name for name in modules if name.split(".")[0] == "mailrep"}
    assert ours == {"mailrep", "mailrep._errors", "mailrep._library", "mailrep._native", "mailrep._native.ffi"}
    assert len(modules) <= 25
    heavy = {"asyncio", "concurrent", "dataclasses", "email", "inspect", "ipaddress", "numpy", "socket", "tqdm"}
    assert not heavy & {name.split(".")[0] for name in modules}


def test_a_check_loads_nothing_that_it_has_no_use_for() -> None:
    modules = loaded("import mailrep\nmailrep.check(b'Subject: a\\n\\n', zone=b'')")
    assert not {"asyncio", "concurrent", "email", "numpy", "tqdm", "mailrep._monitor"} & modules


def test_every_name_is_there_and_no_other() -> None:
    assert mailrep.__all__ == sorted(
        mailrep.__all__, key=lambda name: (not name.isupper(), not name[0].isupper(), name)
    )
    for name in mailrep.__all__:
        assert getattr(mailrep, name) is not None
        assert name in dir(mailrep)
    fresh: dict[str, object] = {}
    exec("from mailrep import *", fresh)  # noqa: S102
    assert set(mailrep.__all__) <= set(fresh)
    with pytest.raises(AttributeError, match="no attribute 'Nonsense'"):
        mailrep.Nonsense  # type: ignore[attr-defined]  # noqa: B018
    with pytest.raises(ImportError):
        from mailrep import Nonsense  # type: ignore[attr-defined] # noqa: F401, PLC0415
