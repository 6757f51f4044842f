"""What a record must be: the one oracle, for the tap's output and for warehouses.

Worked out from the API's summaries by the README's words, and not with the tap's code.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from jsonschema import Draft7Validator, FormatChecker

if TYPE_CHECKING:
    from datetime import datetime

    from emulator import Scope

Json = dict[str, Any]

STREAMS = ("training_job_summaries", "tuning_jobs")
"""The streams, in the order in which the SDK reads them."""


def tuning_jobs(scope: Scope) -> list[Json]:
    """The records of a scope's tuning jobs, oldest first."""
    return [tuning_job(job, home(scope)) for job in scope.truth()["tuning_jobs"]]


def trials(scope: Scope, *, newest_first: bool) -> list[Json]:
    """The records of a scope's trials: of the oldest tuning job first."""
    truth = scope.truth()
    order = -1 if newest_first else 1
    return [
        trial(summary, job, home(scope))
        for job in truth["tuning_jobs"]
        for summary in truth["trials"][job["HyperParameterTuningJobName"]][::order]
    ]


def home(scope: Scope) -> Json:
    """The columns that say where a row is from."""
    return {"account_id": scope.home.account, "region": scope.home.region}


def tuning_job(summary: Json, home: Json) -> Json:
    """The record of a HyperParameterTuningJobSummary."""
    counters = summary["TrainingJobStatusCounters"]
    objectives = summary["ObjectiveStatusCounters"]
    limits = summary["ResourceLimits"]
    return home | {
        "tuning_job_name": summary["HyperParameterTuningJobName"],
        "tuning_job_arn": summary["HyperParameterTuningJobArn"],
        "tuning_job_status": summary["HyperParameterTuningJobStatus"],
        "strategy": summary["Strategy"],
        "creation_time": time(summary["CreationTime"]),
        "tuning_end_time": time(summary.get("HyperParameterTuningEndTime")),
        "last_modified_time": time(summary["LastModifiedTime"]),
        "training_job_status_counters": {
            "completed": counters.get("Completed", 0),
            "in_progress": counters.get("InProgress", 0),
            "retryable_error": counters.get("RetryableError", 0),
            "non_retryable_error": counters.get("NonRetryableError", 0),
            "stopped": counters.get("Stopped", 0),
        },
        "objective_status_counters": {
            "succeeded": objectives.get("Succeeded", 0),
            "pending": objectives.get("Pending", 0),
            "failed": objectives.get("Failed", 0),
        },
        "resource_limits": {
            "max_number_of_training_jobs": limits.get("MaxNumberOfTrainingJobs"),
            "max_parallel_training_jobs": limits.get("MaxParallelTrainingJobs"),
            "max_runtime_in_seconds": limits.get("MaxRuntimeInSeconds"),
        },
    }


def trial(summary: Json, job: Json, home: Json) -> Json:
    """The record of a HyperParameterTrainingJobSummary, of this tuning job."""
    return home | {
        "tuning_job_name": job["HyperParameterTuningJobName"],
        "tuning_job_arn": job["HyperParameterTuningJobArn"],
        "training_job_definition_name": summary.get("TrainingJobDefinitionName"),
        "training_job_name": summary["TrainingJobName"],
        "training_job_arn": summary["TrainingJobArn"],
        "training_job_status": summary["TrainingJobStatus"],
        "creation_time": time(summary["CreationTime"]),
        "training_start_time": time(summary.get("TrainingStartTime")),
        "training_end_time": time(summary.get("TrainingEndTime")),
        "tuned_hyper_parameters": summary["TunedHyperParameters"],
        "final_hyper_parameter_tuning_job_objective_metric": metric(
            summary.get("FinalHyperParameterTuningJobObjectiveMetric")
        ),
        "objective_status": summary.get("ObjectiveStatus"),
        "failure_reason": summary.get("FailureReason"),
    }


def metric(summary: Json | None) -> Json | None:
    """The objective metric: what is no finite number is a name, and the value null."""
    if summary is None:
        return None
    value = float(summary["Value"])
    names = {"nan": "NaN", "inf": "Infinity", "-inf": "-Infinity"}
    return {
        "type": summary.get("Type"),
        "metric_name": summary["MetricName"],
        "value": value if math.isfinite(value) else None,
        "non_finite": names.get(str(value)),
    }


def time(instant: datetime | None) -> str | None:
    """A time as records carry it: UTC, three fraction digits, Z."""
    if instant is None:
        return None
    return instant.replace(tzinfo=None).isoformat(timespec="milliseconds") + "Z"


def misfits(messages: list[Json]) -> list[str]:
    """What in the records does not fit the SCHEMA message before them."""
    found: list[str] = []
    validators: dict[str, Draft7Validator] = {}
    for message in messages:
        stream = message.get("stream", "")
        if message["type"] == "SCHEMA":
            schema = _strict(message["schema"])
            Draft7Validator.check_schema(schema)
            validators[stream] = Draft7Validator(
                schema, format_checker=FormatChecker(["date-time"])
            )
        elif message["type"] == "RECORD":
            errors = validators[stream].iter_errors(message["record"])
            found += [f"{stream}: {error.message}" for error in errors]
    return found


def _strict(schema: Any) -> Any:
    """The schema, with every property that it does not name forbidden."""
    if isinstance(schema, list):
        return [_strict(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    closed = {name: _strict(value) for name, value in schema.items()}
    if isinstance(closed.get("properties"), dict):
        closed.setdefault("additionalProperties", False)
    return closed
