#!/usr/bin/env python3
"""Turns include/mailrep.h into what cffi reads: declarations without comments and without conditions.

usage: declarations.py HEADER OUT

maturin takes target/header.h, if it is there, for the declarations of the Python module. With this they are those of
the header that C programs use.
"""

import pathlib
import re
import sys


def declarations(header: str) -> str:
    """The header's types, functions and numbers."""
    header = re.sub(r"/\*.*?\*/", "", header, flags=re.DOTALL)
    header = re.sub(r"#ifdef __cplusplus\n.*?#endif[^\n]*\n", "", header, flags=re.DOTALL)
    lines = [line.rstrip() for line in header.splitlines()]
    # What is left of the preprocessor's: the guard and the includes, and the numbers, which cffi understands.
    kept = [line for line in lines if line and (not line.startswith("#") or re.fullmatch(r"#define \w+ -?\d+", line))]
    return "\n".join(kept) + "\n"


if __name__ == "__main__":
    source, out = sys.argv[1:]
    pathlib.Path(out).write_text(declarations(pathlib.Path(source).read_text()))
