"""The stream `tuning_jobs`: every tuning job, as the listing shows it."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from tap_sagemaker_tuning.exceptions import readable
from tap_sagemaker_tuning.streams.visiting import VisitingStream
from tap_sagemaker_tuning.values import as_integer, as_text, text_or_none

if sys.version_info >= (3, 12):
    from typing import override
else:
    from typing_extensions import override

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from tap_sagemaker_tuning.aws.client import Client
    from tap_sagemaker_tuning.aws.scope import Scope
    from tap_sagemaker_tuning.replication.plan import Visit
    from tap_sagemaker_tuning.replication.tally import Tally
    from tap_sagemaker_tuning.values import Record, Summary


class TuningJobs(VisitingStream):
    """Every tuning job, as a HyperParameterTuningJobSummary tells of it."""

    name = "tuning_jobs"
    primary_keys = ("tuning_job_arn",)
    of_trials = False
    makes_calls = False

    @override
    def fetch(
        self, client: Client, visit: Visit, tally: Tally
    ) -> Iterator[list[Record]]:
        """Give the record of the tuning job, which the listing has shown."""
        with readable("the tuning job"):
            yield [record_of(visit.job.summary, client.scope)]


def record_of(summary: Summary, scope: Scope) -> Record:
    """Make the record of a tuning job.

    Args:
        summary: A HyperParameterTuningJobSummary.
        scope: Where it was listed.

    Returns:
        The record. A counter that the service left out is 0; every other absent member
        is null.

    Raises:
        Exception: It lacks its keys, or is odd; see `exceptions.readable`.
    """
    limits = summary.get("ResourceLimits")
    trials = summary.get("TrainingJobStatusCounters") or {}
    objectives = summary.get("ObjectiveStatusCounters") or {}
    return {
        "account_id": scope.account_id,
        "region": scope.region,
        "tuning_job_name": as_text(summary["HyperParameterTuningJobName"]),
        "tuning_job_arn": as_text(summary["HyperParameterTuningJobArn"]),
        "tuning_job_status": text_or_none(summary.get("HyperParameterTuningJobStatus")),
        "strategy": text_or_none(summary.get("Strategy")),
        "creation_time": as_text(summary["CreationTime"]),
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
    value = limits.get(member)
    return None if value is None else as_integer(value)
