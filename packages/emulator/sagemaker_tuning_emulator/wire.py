"""Encoding of the service's JSON: times, floats and errors.

Recorded bodies are compact and write times like Java writes a double: seconds since
1970 in scientific notation, without trailing zeros (`1.606690925672E9`).
"""

from __future__ import annotations

import json
import math
import struct
from datetime import UTC, datetime, timedelta
from typing import Any

CONTENT_TYPE = "application/x-amz-json-1.1"
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_text = json.JSONEncoder(ensure_ascii=False).encode


def encode(value: Any) -> str:
    """Encode a value as compact JSON: datetimes as numbers, nan as a bare literal."""
    match value:
        case str():
            return _text(value)
        case dict():
            items = [f"{_text(key)}:{encode(item)}" for key, item in value.items()]
            return "{" + ",".join(items) + "}"
        case list() | tuple():
            return "[" + ",".join([encode(item) for item in value]) + "]"
        case datetime():
            return number(value)
        case _:
            return _text(value)


def number(instant: datetime) -> str:
    """Format a time as seconds since 1970, scientific, to the microsecond."""
    microseconds = (instant - EPOCH) // _MICROSECOND
    if microseconds == 0:
        return "0.0"
    sign = "-" if microseconds < 0 else ""
    digits = str(abs(microseconds))
    mantissa = digits.rstrip("0")
    exponent = len(digits) - 7
    return f"{sign}{mantissa[0]}.{mantissa[1:] or '0'}E{exponent}"


def widened(value: float) -> float:
    """Return the value as the service stores it: a float32, widened to a double."""
    if not math.isfinite(value):
        return value
    try:
        return float(struct.unpack("<f", struct.pack("<f", value))[0])
    except OverflowError:
        return math.copysign(math.inf, value)


def error_body(code: str, message: str) -> str:
    """Return the body of an error, as recorded: `__type` and a lower-case `message`."""
    return encode({"__type": code, "message": message})
