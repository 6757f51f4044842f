"""From what the API sends to what the tap writes: one summary in, one record out.

Pure: no I/O, and neither boto3 nor singer_sdk. A summary is a dictionary with the
API's member names, absent members absent, and times already turned to text by
`timestamp` (the client gives that function to botocore as its timestamp parser).
"""

from __future__ import annotations

import math
import time
from datetime import UTC, datetime, timedelta
from typing import Any

Summary = dict[str, Any]
Record = dict[str, Any]

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
        ValueError: The text is neither a number nor a time.
    """
    try:
        seconds = float(value)
    except ValueError:
        parsed = datetime.fromisoformat(str(value))
        parsed = parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)
        seconds = (parsed - _EPOCH) / timedelta(seconds=1)
    # Rounded: a double is not exact. Three of these a trial: strftime is the fastest.
    whole, milliseconds = divmod(round(seconds * 1000), 1000)
    text = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(whole))
    return f"{text}.{milliseconds:03}Z"


def moment(text: str) -> datetime:
    """Read a time that `timestamp` wrote."""
    return datetime.fromisoformat(text)


def tuning_job(summary: Summary, *, account_id: str, region: str) -> Record:
    """Make the record of a tuning job.

    Args:
        summary: A HyperParameterTuningJobSummary.
        account_id: The account that it was listed in.
        region: The region that it was listed in.

    Returns:
        A record of the stream `tuning_jobs`. A counter that the service left out
        is 0; every other absent member is null.
    """
    limits = summary.get("ResourceLimits")
    trials = summary.get("TrainingJobStatusCounters", {})
    objectives = summary.get("ObjectiveStatusCounters", {})
    return {
        "account_id": account_id,
        "region": region,
        "tuning_job_name": summary["HyperParameterTuningJobName"],
        "tuning_job_arn": summary["HyperParameterTuningJobArn"],
        "tuning_job_status": summary["HyperParameterTuningJobStatus"],
        "strategy": summary["Strategy"],
        "creation_time": summary["CreationTime"],
        "tuning_end_time": summary.get("HyperParameterTuningEndTime"),
        "last_modified_time": summary.get("LastModifiedTime"),
        "training_job_status_counters": {
            "completed": trials.get("Completed", 0),
            "in_progress": trials.get("InProgress", 0),
            "retryable_error": trials.get("RetryableError", 0),
            "non_retryable_error": trials.get("NonRetryableError", 0),
            "stopped": trials.get("Stopped", 0),
        },
        "objective_status_counters": {
            "succeeded": objectives.get("Succeeded", 0),
            "pending": objectives.get("Pending", 0),
            "failed": objectives.get("Failed", 0),
        },
        "resource_limits": None
        if limits is None
        else {
            "max_number_of_training_jobs": limits.get("MaxNumberOfTrainingJobs"),
            "max_parallel_training_jobs": limits["MaxParallelTrainingJobs"],
            "max_runtime_in_seconds": limits.get("MaxRuntimeInSeconds"),
        },
    }


def training_job(
    summary: Summary,
    *,
    account_id: str,
    region: str,
    tuning_job_name: str,
    tuning_job_arn: str,
) -> Record:
    """Make the record of a trial.

    Args:
        summary: A HyperParameterTrainingJobSummary.
        account_id: The account that it was listed in.
        region: The region that it was listed in.
        tuning_job_name: The tuning job that was asked for its trials: the API
            leaves it out of the items.
        tuning_job_arn: That tuning job's ARN.

    Returns:
        A record of the stream `training_job_summaries`; absent members are null.
    """
    metric = summary.get("FinalHyperParameterTuningJobObjectiveMetric")
    reason = summary.get("FailureReason")
    return {
        "account_id": account_id,
        "region": region,
        "tuning_job_name": tuning_job_name,
        "tuning_job_arn": tuning_job_arn,
        "training_job_definition_name": summary.get("TrainingJobDefinitionName"),
        "training_job_name": summary["TrainingJobName"],
        "training_job_arn": summary["TrainingJobArn"],
        "training_job_status": summary["TrainingJobStatus"],
        "creation_time": summary["CreationTime"],
        "training_start_time": summary.get("TrainingStartTime"),
        "training_end_time": summary.get("TrainingEndTime"),
        "tuned_hyper_parameters": {
            storable(name): storable(value) if isinstance(value, str) else str(value)
            for name, value in summary["TunedHyperParameters"].items()
            if value is not None
        },
        "final_hyper_parameter_tuning_job_objective_metric": None
        if metric is None
        else _objective(metric),
        "objective_status": summary.get("ObjectiveStatus"),
        "failure_reason": None if reason is None else storable(reason),
    }


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


def _objective(metric: Summary) -> Record:
    """Make the objective metric: `Value` arrives as float, int or text."""
    value, non_finite = metric.get("Value"), None
    if value is not None:
        try:
            value = float(value)
        except ValueError:
            value, non_finite = None, value
        else:
            if not math.isfinite(value):
                non_finite = _NON_FINITE[str(value)]
                value = None
    return {
        "type": metric.get("Type"),
        "metric_name": storable(metric["MetricName"]),
        "value": value,
        "non_finite": non_finite,
    }
