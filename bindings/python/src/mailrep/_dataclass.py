"""`dataclasses.dataclass`, with slots where Python has them (3.10)."""

from __future__ import annotations

import dataclasses
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dataclasses import dataclass
elif sys.version_info >= (3, 10):
    dataclass = dataclasses.dataclass
else:

    def dataclass(*, frozen, slots):
        """Without slots."""
        del slots
        return dataclasses.dataclass(frozen=frozen)


__all__ = ["dataclass"]
