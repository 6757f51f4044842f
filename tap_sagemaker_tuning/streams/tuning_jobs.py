"""The stream `tuning_jobs`: every tuning job, as the listing shows it."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from tap_sagemaker_tuning.exceptions import readable
from tap_sagemaker_tuning.streams.visiting import VisitingStream
from tap_sagemaker_tuning.values import text_or_none

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
        with readable("it"):
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
        AttributeError, KeyError, TypeError, ValueError: It lacks its keys, or is odd.
    """
    limits = summary.get("ResourceLimits")
    trials = summary.get("TrainingJobStatusCounters") or {}
    objectives = summary.get("ObjectiveStatusCounters") or {}
    return {
        "account_id": scope.account_id,
        "region": scope.region,
        "tuning_job_name": summary["HyperParameterTuningJobName"],
        "tuning_job_arn": summary["HyperParameterTuningJobArn"],
        "tuning_job_status": text_or_none(summary.get("HyperParameterTuningJobStatus")),
        "strategy": text_or_none(summary.get("Strategy")),
        "creation_time": summary["CreationTime"],
        "tuning_end_time": summary.get("HyperParameterTuningEndTime"),
        "last_modified_time": summary.get("LastModifiedTime"),
        "training_job_status_counters": {
            "completed": _whole(trials.get("Completed", 0)),
            "in_progress": _whole(trials.get("InProgress", 0)),
            "retryable_error": _whole(trials.get("RetryableError", 0)),
            "non_retryable_error": _whole(trials.get("NonRetryableError", 0)),
            "stopped": _whole(trials.get("Stopped", 0)),
        },
        "objective_status_counters": {
            "succeeded": _whole(objectives.get("Succeeded", 0)),
            "pending": _whole(objectives.get("Pending", 0)),
            "failed": _whole(objectives.get("Failed", 0)),
        },
        "resource_limits": None
        if limits is None
        else {
            "max_number_of_training_jobs": _whole(
                limits.get("MaxNumberOfTrainingJobs")
            ),
            "max_parallel_training_jobs": _whole(limits.get("MaxParallelTrainingJobs")),
            "max_runtime_in_seconds": _whole(limits.get("MaxRuntimeInSeconds")),
        },
    }


def _whole(value: Any) -> int | None:
    """A whole number, as a column of whole numbers has to have it."""
    return None if value is None else int(value)
