"""Helpers for checks: times, statuses and metrics in answers. Pure."""

from __future__ import annotations

import math
import struct
import sys
from typing import TYPE_CHECKING, Any, TypeGuard

from tap_sagemaker_tuning.values import finite

if TYPE_CHECKING:
    from sagemaker_tuning_contract.exchanges import Item

ENDED = {"Completed", "Failed", "Stopped"}
"""The final statuses of tuning jobs and trials."""

NOT_FINITE = {"NaN", "Infinity", "-Infinity"}
METRIC = "FinalHyperParameterTuningJobObjectiveMetric"
COUNTED = {
    "Completed": ("Completed",),
    "InProgress": ("InProgress", "Stopping"),
    "Stopped": ("Stopped",),
}
"""By counter, the trial statuses it counts. Failures are missing: they have two
counters."""


def seconds(value: Any) -> float:
    """A time of the JSON protocol, in seconds since 1970.

    Raises:
        TypeError: The value is not a number.
    """
    if isinstance(value, bool) or not isinstance(value, int | float):
        msg = "a time is not a number"
        raise TypeError(msg)
    return float(value)


def has_ended(item: Item) -> bool:
    """Whether a tuning job or a trial has ended."""
    status = item.get("TrainingJobStatus") or item.get("HyperParameterTuningJobStatus")
    return status in ENDED


def is_number(value: Any) -> TypeGuard[float]:
    """Whether a value is a finite number."""
    is_one = isinstance(value, int | float) and not isinstance(value, bool)
    return is_one and abs(value) <= sys.float_info.max


def is_float32(value: float) -> bool:
    """Whether a number is exactly representable as a float32."""
    try:
        return bool(struct.unpack("<f", struct.pack("<f", value))[0] == value)
    except OverflowError:
        return False


def metric(item: Item) -> tuple[Any, ...]:
    """A metric's name and value, in a form that does not depend on its notation."""
    return item.get("MetricName"), *finite(item.get("Value"))


def within(value: Any, other: Any, tolerance: float = 0.0) -> bool:
    """Whether two times differ by at most `tolerance` seconds, or are both absent."""
    if value is None or other is None:
        return value is other
    return abs(seconds(value) - seconds(other)) <= tolerance


def same_second(value: Any, other: Any) -> bool:
    """Whether two times are within the same second, or are both absent."""
    if value is None or other is None:
        return value is other
    return math.floor(seconds(value)) == math.floor(seconds(other))
