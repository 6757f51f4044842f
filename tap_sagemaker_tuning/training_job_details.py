"""What DescribeTrainingJob, or Search, knows of a trial beyond its summary."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tap_sagemaker_tuning.records import moment, timestamp
from tap_sagemaker_tuning.shapes import finite, shape_of

if TYPE_CHECKING:
    from tap_sagemaker_tuning.records import Record, Summary

LISTED = (
    "TrainingJobStatus",
    "CreationTime",
    "TrainingStartTime",
    "TrainingEndTime",
)
"""What the listing knows as well, and stands in for where Search leaves it out."""


def training_job_details(
    known: dict[str, Any], listed: Summary, keys: dict[str, str]
) -> Record:
    """Make the record of a trial in detail.

    Args:
        known: An answer of DescribeTrainingJob, or a TrainingJob that Search found.
        listed: The trial's HyperParameterTrainingJobSummary: keys are as listed.
        keys: `account_id`, `region`, `tuning_job_name` and `tuning_job_arn` of the
            tuning job as listed, so that tables join: in `known` cases can differ.

    Returns:
        A record of the stream `training_job_details`; absent members are null.
    """
    metrics = known.get("FinalMetricDataList")
    members = {
        **{member: listed.get(member) for member in LISTED},
        **known,
        "FinalMetricDataList": metrics and [_metric(metric) for metric in metrics],
    }
    return {
        **shape_of("training_job_details")(members),
        **keys,
        "training_job_name": listed["TrainingJobName"],
        "training_job_arn": listed["TrainingJobArn"],
    }


def _metric(metric: dict[str, Any]) -> dict[str, Any]:
    """Split a metric's value into a finite number and what else it can be."""
    value, non_finite = finite(metric.get("Value"))
    time = _mended(metric.get("Timestamp"))
    return {**metric, "Value": value, "NonFinite": non_finite, "Timestamp": time}


def _mended(time: str | None) -> str | None:
    """Put right a time of which the service took the milliseconds for microseconds.

    A thousandth of any time of SageMaker's lies in 1970, and none of its own does.
    """
    if time is None or not time.startswith("1970-"):
        return time
    return timestamp(moment(time).timestamp() * 1000)
