"""The stream `tuning_jobs`: every tuning job, as listed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from typing_extensions import override

from tap_sagemaker_tuning.exceptions import readable
from tap_sagemaker_tuning.streams.visiting import JobStream
from tap_sagemaker_tuning.values import (
    as_integer,
    members,
    required_text,
    storable,
    text_or_none,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from tap_sagemaker_tuning.aws.client import Client
    from tap_sagemaker_tuning.aws.scope import Scope
    from tap_sagemaker_tuning.replication.plan import Visit
    from tap_sagemaker_tuning.sync.interfaces import Describe
    from tap_sagemaker_tuning.values import Record, Summary


class TuningJobs(JobStream):
    """Every tuning job, as its HyperParameterTuningJobSummary describes it."""

    name = "tuning_jobs"
    primary_keys = ("tuning_job_arn",)
    makes_calls = False

    @override
    def rows(
        self, client: Client, visit: Visit, describe: Describe
    ) -> Iterator[list[Record]]:
        """Yield the record of the tuning job, from the listing."""
        with readable("the tuning job"):
            yield [record_of(visit.job.summary, client.scope)]


def record_of(summary: Summary, scope: Scope) -> Record:
    """Make the record of a tuning job.

    Args:
        summary: A HyperParameterTuningJobSummary.
        scope: Where it was listed.

    Returns:
        A record of the stream `tuning_jobs`. Absent counters are 0; every other absent
        member is null.

    Raises:
        OddError: The tuning job lacks a key, or a member is malformed.
    """
    summary = members(summary)
    limits = summary.get("ResourceLimits")
    trials = members(summary.get("TrainingJobStatusCounters") or {})
    objectives = members(summary.get("ObjectiveStatusCounters") or {})
    name = required_text(summary, "HyperParameterTuningJobName")
    arn = required_text(summary, "HyperParameterTuningJobArn")
    return {
        "account_id": scope.account_id,
        "region": scope.region,
        "tuning_job_name": storable(name),
        "tuning_job_arn": storable(arn),
        "tuning_job_status": text_or_none(summary.get("HyperParameterTuningJobStatus")),
        "strategy": text_or_none(summary.get("Strategy")),
        "creation_time": storable(required_text(summary, "CreationTime")),
        "tuning_end_time": summary.get("HyperParameterTuningEndTime"),
        "last_modified_time": summary.get("LastModifiedTime"),
        "training_job_status_counters": {
            "completed": as_integer(trials.get("Completed") or 0),
            "in_progress": as_integer(trials.get("InProgress") or 0),
            "retryable_error": as_integer(trials.get("RetryableError") or 0),
            "non_retryable_error": as_integer(trials.get("NonRetryableError") or 0),
            "stopped": as_integer(trials.get("Stopped") or 0),
        },
        "objective_status_counters": {
            "succeeded": as_integer(objectives.get("Succeeded") or 0),
            "pending": as_integer(objectives.get("Pending") or 0),
            "failed": as_integer(objectives.get("Failed") or 0),
        },
        "resource_limits": None
        if limits is None
        else {
            "max_number_of_training_jobs": _limit(limits, "MaxNumberOfTrainingJobs"),
            "max_parallel_training_jobs": _limit(limits, "MaxParallelTrainingJobs"),
            "max_runtime_in_seconds": _limit(limits, "MaxRuntimeInSeconds"),
        },
    }


def _limit(limits: dict[str, Any], member: str) -> int | None:
    value = members(limits).get(member)
    return None if value is None else as_integer(value)
