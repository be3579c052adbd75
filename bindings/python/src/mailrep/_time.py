"""Moments, as callers give them and as the library takes them."""

from __future__ import annotations

import datetime
import math
from typing import Union

from ._errors import InvalidError

Time = Union[int, float, datetime.datetime]
"""Seconds since 1970, or a moment with a time zone."""


PRESENT = -(1 << 63)
"""The present, for the library: INT64_MIN."""


def seconds(now: Time) -> int:
    """The whole seconds of a moment; raises `InvalidError` if it names none."""
    return math.floor(exact(now))


def exact(now: Time, what: str = "now") -> float:
    """The seconds of a moment, with fractions; raises `InvalidError` if it names none."""
    if isinstance(now, datetime.datetime):
        if now.tzinfo is None:
            raise InvalidError(
                f"{what} has no time zone, so it names no moment; give it one, such as datetime.timezone.utc"
            )
        now = now.timestamp()
    try:
        usable = math.isfinite(now) and abs(now) < 1 << 63
    except TypeError:
        words = f"{what} is Unix seconds or a datetime with a time zone, not {type(now).__name__}"
        raise TypeError(words) from None
    if not usable:
        raise InvalidError(f"{what} cannot be {now}")
    return now
