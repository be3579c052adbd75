"""Moments, as callers give them and as the library takes them."""

from __future__ import annotations

import datetime
import math
from typing import Union

from ._errors import InvalidError

Time = Union[int, float, datetime.datetime]
"""Seconds since 1970, or a moment with a time zone."""


def seconds(now: Time) -> int:
    """The whole seconds of a moment; raises `InvalidError` if it names none."""
    if isinstance(now, datetime.datetime):
        if now.tzinfo is None:
            raise InvalidError(
                "now has no time zone, so it names no moment; give it one, such as datetime.timezone.utc"
            )
        now = now.timestamp()
    try:
        usable = math.isfinite(now) and abs(now) < 1 << 63
    except TypeError:
        raise TypeError(f"now is Unix seconds or a datetime with a time zone, not {type(now).__name__}") from None
    if not usable:
        raise InvalidError(f"now cannot be {now}")
    return math.floor(now)
