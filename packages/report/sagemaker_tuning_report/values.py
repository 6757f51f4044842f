"""Conversion of values from the warehouses' drivers to the page's JSON."""

from __future__ import annotations

import math
from datetime import UTC, date, datetime, time
from typing import Any

OUTCOMES = (
    "completed",
    "stopped_early",
    "stopped_by_limit",
    "stopped",
    "failed",
    "running",
    "deleted",
    "unknown",
)
"""The outcomes of a trial, in the order in which the page shows them."""


EXACT = 2**53
"""Above this, a double cannot represent every whole number."""


def number(value: Any) -> float | None:
    """Convert a number, to an int if it is whole; None for null, NaN and infinity."""
    if value is None:
        return None
    as_float = float(value)
    if not math.isfinite(as_float):
        return None
    return (
        int(as_float) if as_float.is_integer() and abs(as_float) < EXACT else as_float
    )


def cost(value: Any) -> float | None:
    """Convert an amount of money, to a millionth; None for null, NaN and infinity."""
    known = number(value)
    return None if known is None else number(round(known, 6))


def moment(value: Any) -> int | None:
    """Convert a time to milliseconds since 1970 UTC.

    A time without a zone is taken as UTC, and a date as its start.

    Raises:
        TypeError: The value is not a time.
        ValueError: The text is not a time in ISO 8601 format.
    """
    if value is None:
        return None
    if isinstance(value, str):
        value = datetime.fromisoformat(value)
    if isinstance(value, date) and not isinstance(value, datetime):
        value = datetime.combine(value, time())
    if not isinstance(value, datetime):
        message = f"not a time: {value!r}"
        raise TypeError(message)
    zoned = value if value.tzinfo else value.replace(tzinfo=UTC)
    return round(zoned.timestamp() * 1000)


def whole(value: Any) -> int:
    """Convert a count; null is 0."""
    return int(value or 0)


def outcome(value: Any) -> str:
    """Return the outcome; `unknown` if the models have none for the trial's status."""
    return value if value in OUTCOMES else "unknown"


def text(value: Any) -> str | None:
    """Convert to text; None for null."""
    return None if value is None else str(value)
