"""Times, texts and numbers of the API, as every warehouse can hold them.

Pure: no I/O, and neither boto3 nor singer_sdk.
"""

from __future__ import annotations

import json
import math
import time
from datetime import UTC, datetime, timedelta
from typing import Any

Summary = dict[str, Any]
"""What the API says of one thing: its member names, absent members absent, and times
already text as `timestamp` writes it."""

Record = dict[str, Any]
"""What the tap writes of it."""


class OddError(ValueError):
    """A value of the API's is absent, or of another kind than documented."""


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_NON_FINITE = {"nan": "NaN", "inf": "Infinity", "-inf": "-Infinity"}


def timestamp(value: float | str) -> str:
    """Write a time of the API as RFC 3339 text in UTC.

    Always with three fraction digits and `Z`, so that text sorts as time.

    Args:
        value: Seconds since 1970, as the JSON protocol sends them (often in
            scientific notation), or such a number or an ISO 8601 time as text;
            without an offset that is UTC.

    Returns:
        The time, to the millisecond: `2026-03-02T09:00:00.123Z`.

    Raises:
        OddError: It is neither a number nor a time, or a time past the year 9999.
    """
    try:
        seconds = float(value)
    except ValueError:
        parsed = moment(str(value))
        parsed = parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)
        seconds = (parsed - _EPOCH) / timedelta(seconds=1)
    except (OverflowError, TypeError) as error:
        raise OddError(str(error)) from error
    if not _FIRST <= seconds < _LAST:  # also false for NaN
        msg = f"{value!r} is not a time"
        raise OddError(msg)
    # Rounded: a double is not exact. A trial has three times: strftime is the fastest.
    whole, milliseconds = divmod(round(seconds * 1000), 1000)
    text = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(whole))
    return f"{text}.{milliseconds:03}Z"


# Years of four digits: text sorts as time only among them.
_FIRST = (datetime(1000, 1, 1, tzinfo=UTC) - _EPOCH).total_seconds()
_LAST = (datetime(9999, 12, 31, tzinfo=UTC) - _EPOCH).total_seconds()


def timestamp_or_none(value: Any) -> str | None:
    """Write a time of the API as `timestamp` does; None if it is not a time."""
    try:
        return timestamp(value)
    except OddError:
        return None


def moment(text: str) -> datetime:
    """Read a time that `timestamp` wrote.

    Raises:
        OddError: The text is no time.
    """
    try:
        return datetime.fromisoformat(text)
    except ValueError as error:
        raise OddError(str(error)) from error


def shift(text: str, by: timedelta) -> str:
    """Move a time that `timestamp` wrote, but not past the years that it can write."""
    seconds = (moment(text) - _EPOCH + by).total_seconds()
    return timestamp(min(max(seconds, _FIRST), _LAST - 1))


def storable(text: str) -> str:
    """Replace what no warehouse can store by U+FFFD, and leave all else as it is.

    Postgres refuses a NUL character. The service cuts a failure reason near 1,024
    characters, and may cut a surrogate pair in half: such text has no UTF-8 form.
    """
    if "\0" in text:
        text = text.replace("\0", "\ufffd")
    if text.isascii():
        return text
    return "".join("\ufffd" if "\ud800" <= char <= "\udfff" else char for char in text)


def members(value: Any) -> dict[str, Any]:
    """Check that a value is a structure.

    Returns:
        Its members by name: the same object.

    Raises:
        OddError: It is of another kind.
    """
    if not isinstance(value, dict):
        raise OddError(_other_kind(value, "a structure"))
    return value


def items(value: Any) -> list[Any]:
    """Check that a value is a list.

    Raises:
        OddError: It is of another kind.
    """
    if not isinstance(value, list):
        raise OddError(_other_kind(value, "a list"))
    return value


def required(structure: dict[str, Any], name: str) -> Any:
    """Get a member that has to be there, of any kind.

    Raises:
        OddError: It is absent.
    """
    try:
        return structure[name]
    except KeyError:
        msg = f"there is no {name!r}"
        raise OddError(msg) from None


def required_text(structure: dict[str, Any], name: str) -> str:
    """Get a member that has to be there and to be text, as the service sent it.

    Raises:
        OddError: It is absent, or of another kind.
    """
    value = structure.get(name)
    if not isinstance(value, str):
        raise OddError(_other_kind(required(structure, name), "text"))
    return value


def as_text(value: Any) -> str:
    """Make storable text of what has to be text.

    Raises:
        OddError: It is of another kind.
    """
    if not isinstance(value, str):
        raise OddError(_other_kind(value, "text"))
    return storable(value)


def _other_kind(value: Any, kind: str) -> str:
    return f"of type {type(value).__name__} where {kind} should be"


def text_or_none(value: Any) -> str | None:
    """Make storable text of what should be text; what is none becomes its JSON.

    Raises:
        OddError: It is nested too deep for that.
    """
    if value is None or isinstance(value, str):
        return value and storable(value)
    try:
        return storable(json.dumps(value))
    except RecursionError as error:
        raise OddError(str(error)) from error


def text_map(value: Any) -> dict[str, str]:
    """Make a map from text to storable text: names stay, nulls are left out.

    Raises:
        OddError: It is not a structure, or nested too deep.
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
    """Make a whole number of what has to be one.

    Raises:
        OddError: It is none.
    """
    try:
        number, exact = int(value), float(value)
    except (OverflowError, TypeError, ValueError) as error:
        raise OddError(str(error)) from error
    if number != exact:
        msg = f"{value} where a whole number should be"
        raise OddError(msg)
    return number


def finite(value: Any) -> tuple[float | None, str | None]:
    """Split a metric's value, which arrives as float, int or text, in two.

    Args:
        value: What the API sent; None: nothing.

    Returns:
        The number, or None where JSON has none for it; and then what it is instead:
        `NaN`, `Infinity`, `-Infinity`, or a word of the service's.

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
    if math.isfinite(number):
        return number, None
    return None, _NON_FINITE[str(number)]
