"""Search proposes details of trials: what to ask it, and which answers to use.

Pure. Its index lags and its records lack members, so a record counts only where it
agrees with the listing; every trial that is left has to be described.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from tap_sagemaker_tuning.values import as_text, finite, items, members, text_or_none

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from tap_sagemaker_tuning.values import Summary

_LONGEST_VALUE = 1024
"""The longest value of a filter. A hundred names of 63 characters need seven filters;
the service takes 20 in an expression and 50 in all."""

_COMPLETE_SINCE = "2019-09"
"""From then on each trial has its flags, and its seconds once it ran and ended."""

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
"""Members that every recorded description has, in any year and status."""

_FLAGS = frozenset(
    {
        "EnableInterContainerTrafficEncryption",
        "EnableManagedSpotTraining",
        "EnableNetworkIsolation",
    }
)
_SECONDS = frozenset({"BillableTimeInSeconds", "TrainingTimeInSeconds"})

_NOT_COMPARED = frozenset({"FailureReason", "Tags"})
"""Members that trials of one kind may have or not, and a description does not help."""

_FIRST_METRIC = "2017"
"""SageMaker's first year: times of metrics before it are to be put right, which needs
the milliseconds that Search cuts off."""

_TIMES = ("CreationTime", "TrainingStartTime", "TrainingEndTime")

_SOME = 10
"""Fewer trials can all be too new for the index."""

_Kind = tuple["str | None", "str | None", bool, bool, bool]


def expression(names: Sequence[str]) -> dict[str, Any]:
    """Ask for trials by name.

    Args:
        names: The names of the trials of a page, at most a hundred.

    Returns:
        A SearchExpression.
    """
    values = [""]
    for name in names:
        joined = f"{values[-1]},{name}".removeprefix(",")
        if len(joined) <= _LONGEST_VALUE:
            values[-1] = joined
        else:
            values.append(name)
    return {
        "Operator": "Or",
        "Filters": [
            {"Name": "TrainingJobName", "Operator": "In", "Value": value}
            for value in values
        ],
    }


def consistent_with_listing(
    found: Iterable[dict[str, Any]], listed: Iterable[Summary]
) -> dict[str, dict[str, Any]]:
    """Choose from what Search found for a page of trials.

    Args:
        found: The TrainingJobs of all pages of a Search, duplicates among them.
        listed: The page's summaries.

    Returns:
        By name the newest record of each trial, if it agrees with the listing and
        lacks nothing that a description always has, or that another trial of its kind
        was found to have.
    """
    newest: dict[str, dict[str, Any]] = {}
    for record in sorted(found, key=_age):
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


def is_useless(found: Sequence[dict[str, Any]], listed: Sequence[Summary]) -> bool:
    """Tell whether Search is not worth asking: it knows none of many ended trials.

    Args:
        found: The TrainingJobs of all pages of a Search.
        listed: The summaries of the page that it was asked about.
    """
    have_ended = all(summary.get("TrainingEndTime") for summary in listed)
    return len(listed) >= _SOME and have_ended and not found


def _age(record: dict[str, Any]) -> tuple[str, str]:
    """Order records of one name: a name can be used again, and be indexed twice."""
    return record.get("CreationTime") or "", record.get("LastModifiedTime") or ""


def _agree(record: dict[str, Any], summary: Summary) -> bool:
    """Tell whether a record is of the listed trial, as it stands there."""
    found = items(record.get("FinalMetricDataList") or [])
    metrics = [members(each) for each in found if each]
    objective = summary.get("FinalHyperParameterTuningJobObjectiveMetric")
    return (
        record.get("TrainingJobStatus") == summary.get("TrainingJobStatus")
        and all(_second(record.get(t)) == _second(summary.get(t)) for t in _TIMES)
        and not any(_is_unmendable(each.get("Timestamp")) for each in metrics)
        and (not objective or _metric(members(objective)) in map(_metric, metrics))
    )


def _metric(metric: dict[str, Any]) -> tuple[Any, ...]:
    """Name and value of a metric: the same float32, widened, wherever it is shown."""
    return metric.get("MetricName"), *finite(metric.get("Value"))


def _required(summary: Summary) -> frozenset[str]:
    """Members that the description of a listed trial has for sure."""
    required = _ALWAYS
    if summary["CreationTime"] >= _COMPLETE_SINCE:
        required |= _FLAGS
        if summary.get("TrainingStartTime") and summary.get("TrainingEndTime"):
            required |= _SECONDS
    if summary.get("TrainingJobStatus") == "Completed":
        required |= {"ModelArtifacts"}
    return required


def _kind(summary: Summary) -> _Kind:
    """Groups trials by the fields that determine which members exist."""
    return (
        text_or_none(summary.get("TrainingJobDefinitionName")),
        text_or_none(summary.get("TrainingJobStatus")),
        summary.get("TrainingStartTime") is None,
        summary.get("FinalHyperParameterTuningJobObjectiveMetric") is None,
        summary["CreationTime"] < _COMPLETE_SINCE,
    )


def _members(record: dict[str, Any]) -> set[str]:
    """The members of a record that it does have; an objective is a metric at least."""
    absent = {name for name, value in record.items() if value is None}
    if not record.get("FinalMetricDataList"):
        absent.add("FinalMetricDataList")
    return record.keys() - absent - _NOT_COMPARED


def _is_unmendable(time: str | None) -> bool:
    """Tell whether a metric's time is a thousandth of what it should be, and cut."""
    return time is not None and time < _FIRST_METRIC


def _second(time: str | None) -> str | None:
    """Cut a time to its second: Search and the listing have no more."""
    return time and time[: len("2026-03-02T09:00:00")]
