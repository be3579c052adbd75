"""The build backend (PEP 517): maturin, given the declarations of the header that C programs use.

maturin would make its own from the crate, which it cannot read. bindings/python/build-wheel does the same for a wheel
with the profile that is wanted.
"""

import os
import pathlib

import maturin
from maturin import (
    build_sdist,
    get_requires_for_build_editable,
    get_requires_for_build_sdist,
    get_requires_for_build_wheel,
)

from declarations import declarations

__all__ = [
    "build_editable",
    "build_sdist",
    "build_wheel",
    "get_requires_for_build_editable",
    "get_requires_for_build_sdist",
    "get_requires_for_build_wheel",
    "prepare_metadata_for_build_editable",
    "prepare_metadata_for_build_wheel",
]

HERE = pathlib.Path(__file__).resolve().parent
prepare_metadata_for_build_wheel = maturin.prepare_metadata_for_build_wheel
prepare_metadata_for_build_editable = maturin.prepare_metadata_for_build_editable


def _declare():
    # In a source distribution the crate is where this is; in the repository two folders up.
    root = HERE if (HERE / "include/mailrep.h").exists() else HERE.parents[1]
    target = pathlib.Path(os.environ.get("CARGO_TARGET_DIR") or root / "target")
    target.mkdir(parents=True, exist_ok=True)
    (target / "header.h").write_text(declarations((root / "include/mailrep.h").read_text()))


def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    """Builds a wheel."""
    _declare()
    return maturin.build_wheel(wheel_directory, config_settings, metadata_directory)


def build_editable(wheel_directory, config_settings=None, metadata_directory=None):
    """Builds a wheel that leads to the sources."""
    _declare()
    return maturin.build_editable(wheel_directory, config_settings, metadata_directory)
