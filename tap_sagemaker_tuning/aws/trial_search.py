"""Search proposes details of trials: what to ask it, and which answers to believe.

Pure. Its index lags and its records lack members, so a record counts only where it
agrees with the listing; every trial that is left has to be described.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from tap_sagemaker_tuning.values import Summary

_LONGEST_VALUE = 1024
"""The longest value of a filter. A hundred names of 63 characters need seven filters;
the service takes 20 in an expression and 50 in all."""

_BILLED_SINCE = "2019-09"
"""From then on each trial that ran and ended has its billable seconds."""

_FIRST_METRIC = "2017"
"""SageMaker's first year: times of metrics before it are to be put right, which needs
the milliseconds that Search cuts off."""

_SOME = 10
"""Fewer trials can all be too new for the index."""


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


def believed(
    found: Iterable[dict[str, Any]], listed: Iterable[Summary]
) -> dict[str, dict[str, Any]]:
    """Choose what to believe of all that Search found for a page of trials.

    Args:
        found: The TrainingJobs of all pages of a Search, duplicates among them.
        listed: The page's summaries.

    Returns:
        By name the newest record of each trial of which it agrees with the listing.
    """
    newest: dict[str, dict[str, Any]] = {}
    for record in sorted(found, key=_age):
        newest[record.get("TrainingJobName", "")] = record
    return {
        name: newest[name]
        for summary in listed
        if (name := summary["TrainingJobName"]) in newest
        and _agree(newest[name], summary)
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
    """Tell whether a record is of the listed trial, as it stands there, and whole."""
    has_ended = summary.get("TrainingEndTime") and summary.get("TrainingStartTime")
    is_billed = has_ended and summary["CreationTime"] >= _BILLED_SINCE
    is_measured = summary.get("FinalHyperParameterTuningJobObjectiveMetric")
    metrics = record.get("FinalMetricDataList") or []
    return (
        record.get("TrainingJobStatus") == summary["TrainingJobStatus"]
        and _second(record.get("CreationTime")) == _second(summary["CreationTime"])
        and _second(record.get("TrainingEndTime"))
        == _second(summary.get("TrainingEndTime"))
        and not (is_billed and record.get("BillableTimeInSeconds") is None)
        and not (is_measured and not metrics)
        and not any(_is_unmendable(each.get("Timestamp")) for each in metrics)
    )


def _is_unmendable(time: str | None) -> bool:
    """Tell whether a metric's time is a thousandth of what it should be, and cut."""
    return time is not None and time < _FIRST_METRIC


def _second(time: str | None) -> str | None:
    """Cut a time to its second: Search and the listing have no more."""
    return time and time[: len("2026-03-02T09:00:00")]
