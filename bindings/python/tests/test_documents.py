"""What stands in documents runs as it stands, and everything public has an example."""

from __future__ import annotations

import inspect
import pathlib
import re
import subprocess
import sys

import pytest

import mailrep

ROOT = pathlib.Path(__file__).resolve().parents[3]


def blocks(document: str, section: str | None = None) -> list[str]:
    text = (ROOT / document).read_text()
    if section is not None:
        text = text.split(f"\n## {section}\n")[1].split("\n## ")[0]
    found = re.findall(r"^```python\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    assert found, f"{document} has no Python"
    return found


def run(program: str, folder: pathlib.Path) -> str:
    path = folder / "program.py"
    path.write_text(program)
    done = subprocess.run(  # noqa: S603
        [sys.executable, "-W", "error", str(path)], cwd=folder, capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, done.stderr) == (0, ""), program
    return done.stdout


@pytest.mark.parametrize(("document", "section"), [("README.md", "Python"), ("bindings/python/README.md", None)])
def test_a_readme_copied_into_a_file_runs_as_it_stands(
    document: str, section: str | None, tmp_path: pathlib.Path
) -> None:
    told = run("\n".join(blocks(document, section)), tmp_path)
    assert "fail" in told
    assert "reject" in told
    assert "new recipients" in told


@pytest.mark.parametrize("block", blocks("docs/python-migrate.md"))
def test_what_the_migration_notes_say_is_so(block: str, tmp_path: pathlib.Path) -> None:
    # Each block stands alone, and asserts what it says.
    assert "assert " in block
    run(block, tmp_path)


def public() -> list[tuple[str, object]]:
    """Every class and function that the package offers, and the methods of those that are no data."""
    return [
        (name, getattr(mailrep, name))
        for name in mailrep.__all__
        if inspect.isclass(getattr(mailrep, name)) or inspect.isfunction(getattr(mailrep, name))
    ]


@pytest.mark.parametrize(("name", "what"), public(), ids=[name for name, _ in public()])
def test_every_public_class_and_function_is_documented_with_an_example(name: str, what: object) -> None:
    assert what.__doc__, f"{name} has no documentation"
    assert not what.__doc__.startswith(f"{name}("), f"{name} has the documentation that dataclasses make"
    assert ">>> " in what.__doc__, f"{name} has no example"
    if inspect.isclass(what):
        for method, value in vars(what).items():
            if method.startswith("_") or not (inspect.isfunction(value) or isinstance(value, (property, classmethod))):
                continue
            assert getattr(what, method).__doc__ or value.__doc__, f"{name}.{method} has no documentation"
