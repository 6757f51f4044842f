"""What checks look at: times, ends and metrics of what was answered. Pure."""

from __future__ import annotations

import math
import struct
import sys
from typing import TYPE_CHECKING, Any, TypeGuard

from tap_sagemaker_tuning.values import finite

if TYPE_CHECKING:
    from tap_sagemaker_tuning.contract.exchanges import Item

ENDED = {"Completed", "Failed", "Stopped"}
"""Statuses, of tuning jobs and of trials, after which none follows."""

NOT_FINITE = {"NaN", "Infinity", "-Infinity"}
METRIC = "FinalHyperParameterTuningJobObjectiveMetric"
COUNTED = {
    "Completed": ("Completed",),
    "InProgress": ("InProgress", "Stopping"),
    "Stopped": ("Stopped",),
}
"""By counter, the statuses of the trials that it counts; failures have two."""


def seconds(value: Any) -> float:
    """A time of the JSON protocol.

    Raises:
        TypeError: It isn't a number.
    """
    if isinstance(value, bool) or not isinstance(value, int | float):
        msg = "a time is no number"
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
    """Whether a number is a float32, widened."""
    try:
        return bool(struct.unpack("<f", struct.pack("<f", value))[0] == value)
    except OverflowError:
        return False


def metric(item: Item) -> tuple[Any, ...]:
    """Name and value of a metric, however its value is written."""
    return item.get("MetricName"), *finite(item.get("Value"))


def within(one: Any, other: Any, tolerance: float = 0.0) -> bool:
    """Whether two times are the same, or both absent."""
    if one is None or other is None:
        return one is other
    return abs(seconds(one) - seconds(other)) <= tolerance


def same_second(one: Any, other: Any) -> bool:
    """Whether two times are of the same second, or both absent."""
    if one is None or other is None:
        return one is other
    return math.floor(seconds(one)) == math.floor(seconds(other))
