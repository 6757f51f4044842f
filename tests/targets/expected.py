"""What a warehouse must hold, from what the emulator says is true.

Written from the README's words, and not with the tap's own code.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from tests.conftest import ACCOUNT, REGION

if TYPE_CHECKING:
    from datetime import datetime

Row = dict[str, Any]
Tables = dict[str, dict[str, Row]]

NESTED = {
    "tuning_jobs": (
        "training_job_status_counters",
        "objective_status_counters",
        "resource_limits",
    ),
    "training_job_summaries": (
        "tuned_hyper_parameters",
        "final_hyper_parameter_tuning_job_objective_metric",
    ),
}
KEYS = {"tuning_jobs": "tuning_job_arn", "training_job_summaries": "training_job_arn"}
HOME = {"account_id": ACCOUNT, "region": REGION}


def tables(truth: dict[str, Any]) -> Tables:
    """Both tables: rows by key."""
    jobs = [_tuning_job(job) for job in truth["tuning_jobs"]]
    arns = {job["tuning_job_name"]: job["tuning_job_arn"] for job in jobs}
    trials = [
        _trial(trial, name, arns[name])
        for name, of_job in truth["trials"].items()
        for trial in of_job
    ]
    return {
        "tuning_jobs": {job["tuning_job_arn"]: job for job in jobs},
        "training_job_summaries": {t["training_job_arn"]: t for t in trials},
    }


def merged(first: Tables, second: Tables) -> Tables:
    """After two syncs: what was deleted between them stays as it was."""
    return {name: first[name] | second[name] for name in first}


def _tuning_job(job: Row) -> Row:
    counters = job["TrainingJobStatusCounters"]
    objectives = job["ObjectiveStatusCounters"]
    limits = job["ResourceLimits"]
    return HOME | {
        "tuning_job_name": job["HyperParameterTuningJobName"],
        "tuning_job_arn": job["HyperParameterTuningJobArn"],
        "tuning_job_status": job["HyperParameterTuningJobStatus"],
        "strategy": job["Strategy"],
        "creation_time": _time(job["CreationTime"]),
        "tuning_end_time": _time(job.get("HyperParameterTuningEndTime")),
        "last_modified_time": _time(job["LastModifiedTime"]),
        "training_job_status_counters": {
            "completed": counters["Completed"],
            "in_progress": counters["InProgress"],
            "retryable_error": counters["RetryableError"],
            "non_retryable_error": counters["NonRetryableError"],
            "stopped": counters["Stopped"],
        },
        "objective_status_counters": {
            "succeeded": objectives["Succeeded"],
            "pending": objectives["Pending"],
            "failed": objectives["Failed"],
        },
        "resource_limits": {
            "max_number_of_training_jobs": limits.get("MaxNumberOfTrainingJobs"),
            "max_parallel_training_jobs": limits.get("MaxParallelTrainingJobs"),
            "max_runtime_in_seconds": limits.get("MaxRuntimeInSeconds"),
        },
    }


def _trial(trial: Row, job_name: str, job_arn: str) -> Row:
    return HOME | {
        "tuning_job_name": job_name,
        "tuning_job_arn": job_arn,
        "training_job_definition_name": trial.get("TrainingJobDefinitionName"),
        "training_job_name": trial["TrainingJobName"],
        "training_job_arn": trial["TrainingJobArn"],
        "training_job_status": trial["TrainingJobStatus"],
        "creation_time": _time(trial["CreationTime"]),
        "training_start_time": _time(trial.get("TrainingStartTime")),
        "training_end_time": _time(trial.get("TrainingEndTime")),
        "tuned_hyper_parameters": trial["TunedHyperParameters"],
        "final_hyper_parameter_tuning_job_objective_metric": _metric(
            trial.get("FinalHyperParameterTuningJobObjectiveMetric")
        ),
        "objective_status": trial.get("ObjectiveStatus"),
        "failure_reason": trial.get("FailureReason"),
    }


def _metric(metric: Row | None) -> Row | None:
    if metric is None:
        return None
    value = float(metric["Value"])
    names = {"nan": "NaN", "inf": "Infinity", "-inf": "-Infinity"}
    finite = math.isfinite(value)
    return {
        "type": metric.get("Type"),
        "metric_name": metric["MetricName"],
        "value": value if finite else None,
        "non_finite": None if finite else names[str(value)],
    }


def _time(time: datetime | None) -> str | None:
    """As a column without a zone holds it: in UTC."""
    if time is None:
        return None
    return time.replace(tzinfo=None).isoformat(timespec="milliseconds")
