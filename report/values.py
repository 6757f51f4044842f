"""What the warehouses' drivers hand over, as the page's JSON has it."""

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
"""How a trial can stand, in the order in which the page shows it."""


EXACT = 2**53
"""Whole numbers above this are not all doubles."""


def number(value: Any) -> float | None:
    """A number, whole where it is one; None for null and for what is not finite."""
    if value is None:
        return None
    as_float = float(value)
    if not math.isfinite(as_float):
        return None
    return (
        int(as_float) if as_float.is_integer() and abs(as_float) < EXACT else as_float
    )


def moment(value: Any) -> int | None:
    """A time as milliseconds since 1970; one without a zone is UTC, a day its start."""
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
    """A count; null is 0."""
    return int(value or 0)


def outcome(value: Any) -> str:
    """An outcome; the models have none for a status that they do not know."""
    return value if value in OUTCOMES else "unknown"


def text(value: Any) -> str | None:
    """A text; None for null."""
    return None if value is None else str(value)
