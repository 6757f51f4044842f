"""Times, texts and numbers: cases in `tests/cases`, and laws for any value."""

from __future__ import annotations

import json
import math
import re
import time
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tap_sagemaker_tuning import values
from tests.case_files import CASES, assert_same, cases
from tests.strategies import ANY, HARD, JSON

FORM = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
HALF_A_MILLISECOND = timedelta(microseconds=501)  # and the rounding of a double
MOMENTS = st.datetimes(
    min_value=datetime(1970, 1, 1),  # noqa: DTZ001 - hypothesis adds the time zone
    max_value=datetime(2100, 1, 1),  # noqa: DTZ001 - hypothesis adds the time zone
    timezones=st.integers(-14 * 60, 14 * 60).map(
        lambda minutes: timezone(timedelta(minutes=minutes))
    ),
)
NUMBERS = st.floats(width=32) | st.integers(-(2**31), 2**31)


def test_each_folder_of_cases_is_read() -> None:
    """Each folder of cases is read by a test."""
    assert {path.name for path in CASES.iterdir() if path.is_dir()} == {
        "storable",
        "timestamp",
        "training_instance_prices",
        "training_job",
        "training_job_details",
        "tuning_job",
        "tuning_job_details",
    }


# Times


@pytest.mark.parametrize("case", cases("timestamp"))
def test_timestamp(case: dict[str, Any]) -> None:
    """A time of the API becomes RFC 3339 text in UTC, to the millisecond."""
    assert_same(values.timestamp(case["given"]), case["expect"])


@pytest.mark.parametrize("zone", ["America/New_York", "Asia/Kolkata"])
def test_no_time_depends_on_this_machines_zone(
    monkeypatch: pytest.MonkeyPatch, zone: str
) -> None:
    """In any time zone, a number and a text without an offset are the same time in
    UTC."""
    with monkeypatch.context() as local:
        local.setenv("TZ", zone)
        time.tzset()
        written = {values.timestamp(given) for given in ("2026-03-02T09", 1772442000)}
    time.tzset()
    assert written == {"2026-03-02T09:00:00.000Z"}


@pytest.mark.parametrize(
    "value",
    [
        *("", "soon", "2026-13-01", "09:00", "1.5.2", "nan", "inf", "1e18"),
        *(1e18, -1e12, math.nan, math.inf, 10**400, None, [], {}),
        *("9999-12-31T23:59:59-23:59", "0999-12-31T00:00:00Z"),
    ],
    ids=lambda value: repr(value)[:12],
)
def test_what_is_no_time(value: Any) -> None:
    """An invalid time, or one outside the years of four digits, is refused."""
    with pytest.raises(values.OddError, match=r"."):
        values.timestamp(value)
    assert values.timestamp_or_none(value) is None


@given(JSON)
def test_a_time_or_none(value: Any) -> None:
    """Any value becomes a time or null, without an exception."""
    text = values.timestamp_or_none(value)
    assert text is None or FORM.fullmatch(text)


@given(MOMENTS)
def test_timestamp_keeps_the_instant_of_a_number(moment: datetime) -> None:
    """Seconds since 1970 keep their time, to the millisecond."""
    text = values.timestamp(moment.timestamp())
    assert FORM.fullmatch(text)
    assert abs(datetime.fromisoformat(text) - moment) <= HALF_A_MILLISECOND


@given(MOMENTS)
def test_timestamp_keeps_the_instant_of_the_wires_notation(moment: datetime) -> None:
    """Numbers in scientific notation, as a number or as text, keep their time, too."""
    number = f"{moment.timestamp():.15E}"
    text = values.timestamp(float(number))
    assert abs(datetime.fromisoformat(text) - moment) <= HALF_A_MILLISECOND
    assert values.timestamp(number) == text


@given(MOMENTS)
def test_timestamp_keeps_the_instant_of_a_text(moment: datetime) -> None:
    """ISO 8601 text with any offset keeps its time, to the millisecond."""
    text = values.timestamp(moment.isoformat())
    assert FORM.fullmatch(text)
    assert abs(datetime.fromisoformat(text) - moment) <= HALF_A_MILLISECOND


@given(MOMENTS)
def test_whole_milliseconds_are_exact(moment: datetime) -> None:
    """A time in whole milliseconds is written exactly."""
    whole = moment.astimezone(UTC)
    whole = whole.replace(microsecond=whole.microsecond // 1000 * 1000)
    assert datetime.fromisoformat(values.timestamp(whole.timestamp())) == whole


@given(st.lists(MOMENTS, min_size=2))
def test_text_sorts_as_time(moments: list[datetime]) -> None:
    """Times sort the same as their texts."""
    ordered = [
        values.timestamp(moment.timestamp())
        for moment in sorted(moments, key=datetime.timestamp)
    ]
    assert ordered == sorted(ordered)


@pytest.mark.parametrize("seconds", [253402214400, -30610224001])
def test_years_of_five_digits_are_no_times(seconds: int) -> None:
    """Only years from 1000 to 9999 are valid, because text sorts as time only with four
    digits."""
    with pytest.raises(ValueError, match="is not a time"):
        values.timestamp(seconds)


@given(MOMENTS)
def test_timestamp_leaves_its_own_text(moment: datetime) -> None:
    """The output is accepted unchanged as input, because state is written and read
    repeatedly."""
    text = values.timestamp(moment.timestamp())
    assert values.timestamp(text) == text
    assert values.moment(text) == datetime.fromisoformat(text)


@pytest.mark.parametrize(
    ("by", "moved"),
    [
        (timedelta(0), "2026-03-01T00:00:00.250Z"),
        (timedelta(minutes=-1), "2026-02-28T23:59:00.250Z"),
        (timedelta(days=1, milliseconds=750), "2026-03-02T00:00:01.000Z"),
    ],
)
def test_shift(by: timedelta, moved: str) -> None:
    """A time can be moved across the ends of days and months."""
    assert values.shift("2026-03-01T00:00:00.250Z", by) == moved


@pytest.mark.parametrize(
    ("text", "by", "moved"),
    [
        ("9999-12-30T23:59:58.000Z", timedelta(seconds=1), "9999-12-30T23:59:59.000Z"),
        ("9999-12-30T23:59:59.000Z", timedelta(seconds=1), "9999-12-30T23:59:59.000Z"),
        ("9999-12-30T00:00:00.000Z", timedelta(days=365), "9999-12-30T23:59:59.000Z"),
        ("1000-01-01T00:00:01.000Z", timedelta(seconds=-1), "1000-01-01T00:00:00.000Z"),
        ("1000-01-01T00:00:00.000Z", timedelta(days=-365), "1000-01-01T00:00:00.000Z"),
    ],
)
def test_shift_ends(text: str, by: timedelta, moved: str) -> None:
    """A time is not moved beyond the first or last valid time."""
    assert values.shift(text, by) == moved


# Texts


@pytest.mark.parametrize("case", cases("storable"))
def test_storable(case: dict[str, Any]) -> None:
    """Characters that no warehouse can store become U+FFFD, and all others are
    unchanged."""
    assert_same(values.storable(case["given"]), case["expect"])


@given(st.text(HARD) | st.text(ANY))
def test_storable_keeps_length_and_has_a_utf_8_form(text: str) -> None:
    """Any text keeps its length, and is unchanged after encoding as UTF-8."""
    stored = values.storable(text)
    assert len(stored) == len(text)
    assert "\0" not in stored
    assert stored.encode().decode() == stored
    assert values.storable(stored) == values.as_text(text) == stored


@pytest.mark.parametrize(
    ("value", "text"),
    [(None, None), ("a\0", "a\ufffd"), (7, "7"), (["é\0"], '["\\u00e9\\u0000"]')],
)
def test_text_or_none(value: Any, text: str | None) -> None:
    """Null stays null, and any other value becomes text, as JSON if it is not a
    string."""
    assert values.text_or_none(value) == text


@pytest.mark.parametrize("value", [None, 7, True, ["a"], {"a": 1}, b"a"])
def test_what_has_to_be_text(value: Any) -> None:
    """A key other than text is refused, without showing its value."""
    with pytest.raises(
        values.OddError, match=f"^expected text, got {type(value).__name__}$"
    ):
        values.as_text(value)


# Numbers


@given(NUMBERS | NUMBERS.map(str) | st.sampled_from(["NaN", "Infinity", "-Infinity"]))
def test_a_number_is_finite_or_said(value: float | str) -> None:
    """A number is kept if JSON can hold it; otherwise its text says what it is."""
    number, text = values.finite(value)
    assert (number is None) != (text is None)
    assert json.loads(json.dumps(number)) == number
    assert math.isfinite(float(value)) == (number is not None)


@pytest.mark.parametrize(
    ("value", "split"),
    [
        (None, (None, None)),
        (0, (0.0, None)),
        ("1e-3", (0.001, None)),
        ("NaN", (None, "NaN")),
        (-math.inf, (None, "-Infinity")),
        ("infinity", (None, "Infinity")),
        (10**400, (None, "Infinity")),
        (-(10**400), (None, "-Infinity")),
        ("n/a\0", (None, "n/a\ufffd")),
    ],
    ids=lambda value: repr(value)[:12],
)
def test_finite(value: Any, split: tuple[float, str]) -> None:
    """0 is a number, null is neither a number nor text, and other text is kept."""
    assert values.finite(value) == split


@pytest.mark.parametrize("value", [3, 3.0, "3"], ids=repr)
def test_whole_numbers(value: Any) -> None:
    """A whole number in any notation becomes an integer."""
    assert_same(values.as_integer(value), 3)


@pytest.mark.parametrize(
    "value", [None, 3.5, "3.5", "three", math.nan, math.inf, [], {}], ids=repr
)
def test_what_has_to_be_a_whole_number(value: Any) -> None:
    """A value other than a whole number is refused, not truncated."""
    with pytest.raises(values.OddError):
        values.as_integer(value)
