"""Durations such as 15m."""

from __future__ import annotations

import re
from argparse import ArgumentTypeError

_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


def seconds(text: str) -> int:
    """Parse a duration: a whole number with s, m, h or d.

    Raises:
        ArgumentTypeError: It is none, or zero.
    """
    match = re.fullmatch(r"([0-9]{1,6})([smhd])", text)
    if match is None or not int(match[1]):
        message = f"{text} is not a duration such as 15m, 2h or 1d"
        raise ArgumentTypeError(message)
    return int(match[1]) * _SECONDS[match[2]]
