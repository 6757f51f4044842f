"""Builds the query of a Search for trials, and decides which of its records to use.

Pure. Search's index lags and its records lack members, so a record is used only if it
agrees with the listing. All other trials must be described.
"""

from __future__ import annotations

import struct
from collections import defaultdict
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from tap_sagemaker_tuning.values import as_text, finite, items, members, text_or_none

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from tap_sagemaker_tuning.values import Summary

_LONGEST_VALUE = 1024
"""The longest value of a filter. A hundred names of 63 characters need seven filters;
the service allows 20 per expression and 50 in all."""

_COMPLETE_SINCE = "2019-09"
"""Trials created since then all have `_FLAGS`, and `_SECONDS` once they ran and
ended."""

_ALWAYS = frozenset(
    {
        "AlgorithmSpecification",
        "HyperParameters",
        "InputDataConfig",
        "LastModifiedTime",
        "OutputDataConfig",
        "ResourceConfig",
        "RoleArn",
        "SecondaryStatus",
        "StoppingCondition",
        "TrainingJobStatus",
    }
)
"""Members of every recorded description, in any year and status."""

_FLAGS = frozenset(
    {
        "EnableInterContainerTrafficEncryption",
        "EnableManagedSpotTraining",
        "EnableNetworkIsolation",
    }
)
_SECONDS = frozenset({"BillableTimeInSeconds", "TrainingTimeInSeconds"})

_NOT_COMPARED = frozenset({"FailureReason", "Tags"})  # fact 70
"""Members that are optional even among similar trials, and that Describe would not add.
"""

_FIRST_METRIC = "2017"
"""SageMaker's first year. An earlier time of a metric needs a correction, for which
Search lacks the milliseconds."""

_TIMES = ("CreationTime", "TrainingStartTime", "TrainingEndTime")

_SOME = 10
"""The least number of trials to judge Search by: fewer could all be too new for its
index."""

_Kind = tuple["str | None", "str | None", bool, bool, bool]


def expression(names: Sequence[str]) -> dict[str, Any]:
    """Return the SearchExpression that finds trials by name.

    Args:
        names: The names of the trials of a page, at most a hundred.
    """
    values = [""]
    for name in names:
        joined = f"{values[-1]},{name}".removeprefix(",")
        if len(joined) <= _LONGEST_VALUE:
            values[-1] = joined
        else:
            values.append(name)
    return {
        "Operator": "Or",  # fact 71
        "Filters": [
            {"Name": "TrainingJobName", "Operator": "In", "Value": value}  # fact 65
            for value in values
        ],
    }


def consistent_with_listing(
    records: Iterable[dict[str, Any]], listed: Iterable[Summary]
) -> dict[str, dict[str, Any]]:
    """Choose the usable records that Search found for a page of trials.

    Args:
        records: The TrainingJobs on all pages of a Search, possibly with duplicates.
        listed: The summaries of the page.

    Returns:
        The newest record of each trial, by name, if it agrees with the listing and has
        every member that a description always has, or that a record of a similar trial
        has.

    Raises:
        OddError: A record is malformed.
    """
    newest: dict[str, dict[str, Any]] = {}
    for record in sorted(records, key=_age):
        newest[as_text(record.get("TrainingJobName") or "")] = record
    pairs = [
        (newest[name], summary)
        for summary in listed
        if (name := summary["TrainingJobName"]) in newest
        and _agree(newest[name], summary)
    ]
    usual: dict[_Kind, set[str]] = defaultdict(set)
    for record, summary in pairs:
        usual[_kind(summary)] |= _members(record)
    return {
        record["TrainingJobName"]: record
        for record, summary in pairs
        if _required(summary) | usual[_kind(summary)] <= _members(record)
    }


def is_useless(records: Sequence[dict[str, Any]], listed: Sequence[Summary]) -> bool:
    """Whether Search is not worth calling: it found none of ten or more ended trials.

    Args:
        records: The TrainingJobs on all pages of a Search.
        listed: The summaries of the trials that it searched for.
    """
    have_ended = all(summary.get("TrainingEndTime") for summary in listed)
    return len(listed) >= _SOME and have_ended and not records


def _age(record: dict[str, Any]) -> tuple[str, str]:
    """A sort key for records of one name, which can be reused or indexed twice."""
    return record.get("CreationTime") or "", record.get("LastModifiedTime") or ""


def _agree(record: dict[str, Any], summary: Summary) -> bool:
    """Whether a record is of the same trial as a summary, and equally recent."""
    listed = items(record.get("FinalMetricDataList") or [])
    metrics = [members(each) for each in listed if each]
    objective = summary.get("FinalHyperParameterTuningJobObjectiveMetric")
    return (
        record.get("TrainingJobStatus") == summary.get("TrainingJobStatus")  # fact 67
        and all(_second(record.get(t)) == _second(summary.get(t)) for t in _TIMES)
        and not any(_is_unmendable(each.get("Timestamp")) for each in metrics)
        and (not objective or _metric(members(objective)) in map(_metric, metrics))
    )


def _metric(metric: dict[str, Any]) -> tuple[Any, ...]:
    """A metric's name, its value as a float32, and the text of one that is not finite.

    The service keeps float32 values. Whether an API widens one to a double, or shows
    its shortest decimal, makes no difference.
    """
    value, non_finite = finite(metric.get("Value"))  # facts 52, 60
    with suppress(OverflowError, struct.error):  # beyond float32; absent
        (value,) = struct.unpack("<f", struct.pack("<f", value))
    return metric.get("MetricName"), value, non_finite


def _required(summary: Summary) -> frozenset[str]:
    """Members that the description of a listed trial is certain to have."""
    required = _ALWAYS  # fact 68
    if summary["CreationTime"] >= _COMPLETE_SINCE:
        required |= _FLAGS
        if summary.get("TrainingStartTime") and summary.get("TrainingEndTime"):
            required |= _SECONDS
    if summary.get("TrainingJobStatus") == "Completed":
        required |= {"ModelArtifacts"}
    return required


def _kind(summary: Summary) -> _Kind:
    """The fields that determine which members similar trials have."""
    return (
        text_or_none(summary.get("TrainingJobDefinitionName")),
        text_or_none(summary.get("TrainingJobStatus")),
        summary.get("TrainingStartTime") is None,
        summary.get("FinalHyperParameterTuningJobObjectiveMetric") is None,
        summary["CreationTime"] < _COMPLETE_SINCE,
    )


def _members(record: dict[str, Any]) -> set[str]:
    """The members to compare that a record has; an empty metric list is absent."""
    absent = {name for name, value in record.items() if value is None}
    if not record.get("FinalMetricDataList"):
        absent.add("FinalMetricDataList")
    return record.keys() - absent - _NOT_COMPARED


def _is_unmendable(time: str | None) -> bool:
    """Whether a metric's time is a thousandth of the true one, and truncated."""
    return time is not None and time < _FIRST_METRIC


def _second(time: str | None) -> str | None:
    """Truncate a time to the second, the precision of Search and the listing."""
    return time and time[: len("2026-03-02T09:00:00")]  # fact 69
