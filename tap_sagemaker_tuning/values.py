"""Converts the API's times, text and numbers to values that every warehouse can store.

Pure: no I/O, and neither boto3 nor singer_sdk.
"""

from __future__ import annotations

import json
import math
import time
from datetime import UTC, datetime, timedelta
from typing import Any

Summary = dict[str, Any]
"""What the API returns about one thing, with its member names, and times as text in the
format of `timestamp`."""

Record = dict[str, Any]
"""A record that the tap writes."""


class OddError(ValueError):
    """A value from the API is absent, or not of the documented type."""


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_NON_FINITE = {"nan": "NaN", "inf": "Infinity", "-inf": "-Infinity"}


def timestamp(value: float | str) -> str:
    """Format a time as RFC 3339 text in UTC, which sorts chronologically.

    Args:
        value: Seconds since 1970, as the JSON protocol sends them (often in scientific
            notation), also as text; or an ISO 8601 time, in UTC unless it has an
            offset.

    Returns:
        The time, always to the millisecond: `2026-03-02T09:00:00.123Z`.

    Raises:
        OddError: It is not a time, or is outside of the years 1000 to 9999.
    """
    try:
        seconds = float(value)  # fact 18
    except ValueError:
        parsed = moment(str(value))
        parsed = parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)
        seconds = (parsed - _EPOCH) / timedelta(seconds=1)
    except (OverflowError, TypeError) as error:
        raise OddError(str(error)) from error
    if not _FIRST <= seconds < _LAST:  # also false for NaN
        msg = f"{value!r} is not a time"
        raise OddError(msg)
    # Rounded, since a double is inexact. Each trial has three times, and strftime is
    # the fastest way to format them.
    whole, milliseconds = divmod(round(seconds * 1000), 1000)
    text = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(whole))
    return f"{text}.{milliseconds:03}Z"


# Years of four digits: only among them does text sort chronologically.
_FIRST = (datetime(1000, 1, 1, tzinfo=UTC) - _EPOCH).total_seconds()
_LAST = (datetime(9999, 12, 31, tzinfo=UTC) - _EPOCH).total_seconds()


def timestamp_or_none(value: Any) -> str | None:
    """Format a time as `timestamp` does; None if it is not a time."""
    try:
        return timestamp(value)
    except OddError:
        return None


def moment(text: str) -> datetime:
    """Parse a time that `timestamp` formatted, or another ISO 8601 time.

    Raises:
        OddError: The text is not a time.
    """
    try:
        return datetime.fromisoformat(text)
    except ValueError as error:
        raise OddError(str(error)) from error


def shift(text: str, by: timedelta) -> str:
    """Shift a time that `timestamp` formatted, clamped to the years 1000 to 9999."""
    seconds = (moment(text) - _EPOCH + by).total_seconds()
    return timestamp(min(max(seconds, _FIRST), _LAST - 1))


def storable(text: str) -> str:
    """Replace characters that warehouses cannot store with U+FFFD.

    Postgres refuses NUL. The API truncates failure reasons near 1,024 characters, which
    may cut a surrogate pair in half: such text cannot be encoded as UTF-8.
    """
    if "\0" in text:
        text = text.replace("\0", "\ufffd")
    if text.isascii():
        return text
    # Fact 55.
    return "".join("\ufffd" if "\ud800" <= char <= "\udfff" else char for char in text)


def members(value: Any) -> dict[str, Any]:
    """Check that a value is a structure, a JSON object.

    Returns:
        The same value: its members by name.

    Raises:
        OddError: It is not a structure.
    """
    if not isinstance(value, dict):
        raise OddError(_other_kind(value, "a structure"))
    return value


def items(value: Any) -> list[Any]:
    """Check that a value is a list, and return it.

    Raises:
        OddError: It is not a list.
    """
    if not isinstance(value, list):
        raise OddError(_other_kind(value, "a list"))
    return value


def required(structure: dict[str, Any], name: str) -> Any:
    """Get a member that must be present, of any type.

    Raises:
        OddError: It is absent.
    """
    try:
        return structure[name]
    except KeyError:
        msg = f"{name!r} is missing"
        raise OddError(msg) from None


def required_text(structure: dict[str, Any], name: str) -> str:
    """Get a member that must be present and text, unchanged.

    Raises:
        OddError: It is absent, or not text.
    """
    value = structure.get(name)
    if not isinstance(value, str):
        raise OddError(_other_kind(required(structure, name), "text"))
    return value


def as_text(value: Any) -> str:
    """Convert a value that must be text to storable text.

    Raises:
        OddError: It is not text.
    """
    if not isinstance(value, str):
        raise OddError(_other_kind(value, "text"))
    return storable(value)


def _other_kind(value: Any, kind: str) -> str:
    return f"expected {kind}, got {type(value).__name__}"


def text_or_none(value: Any) -> str | None:
    """Convert a value to storable text: text as it is, None to None, others to JSON.

    Raises:
        OddError: It is nested too deep.
    """
    if value is None or isinstance(value, str):  # fact 20
        return value and storable(value)
    try:
        return storable(json.dumps(value))
    except RecursionError as error:
        raise OddError(str(error)) from error


def text_map(value: Any) -> dict[str, str]:
    """Convert a structure to a map of storable text, leaving out nulls.

    Raises:
        OddError: It is not a structure, or is nested too deep.
    """
    try:
        return {
            storable(name): storable(text) if isinstance(text, str) else str(text)
            for name, text in members(value).items()
            if text is not None
        }
    except RecursionError as error:
        raise OddError(str(error)) from error


def as_integer(value: Any) -> int:
    """Convert a value that must be a whole number, also as a float or text, to int.

    Raises:
        OddError: It is not a whole number.
    """
    try:
        number, exact = int(value), float(value)
    except (OverflowError, TypeError, ValueError) as error:
        raise OddError(str(error)) from error
    if number != exact:
        msg = f"expected a whole number, got {value}"
        raise OddError(msg)
    return number


def finite(value: Any) -> tuple[float | None, str | None]:
    """Split a metric's value into a finite number and the text of any other value.

    Args:
        value: A float, int or text from the API; None: absent.

    Returns:
        The number and None; or None and `NaN`, `Infinity`, `-Infinity` or the text that
        is not a number. Both are None if the value is.

    Raises:
        OddError: It is neither a number nor text.
    """
    if value is None:
        return None, None
    try:
        number = float(value)
    except ValueError:
        return None, storable(str(value))
    except OverflowError:  # a whole number of more than 308 digits
        number = math.inf if value > 0 else -math.inf
    except TypeError as error:
        raise OddError(str(error)) from error
    if math.isfinite(number):  # fact 51
        return number, None
    return None, _NON_FINITE[str(number)]
