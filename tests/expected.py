"""The expected records, both for the tap's output and for warehouses.

They are computed from what the API shows according to the README, independently of the
tap's code.
"""

from __future__ import annotations

import json
import math
import re
from datetime import UTC, datetime, timedelta
from functools import cache, partial
from typing import TYPE_CHECKING, Any

from botocore import xform_name
from fastjsonschema import JsonSchemaValueException
from fastjsonschema import compile as compile_schema
from jsonschema import Draft7Validator
from rfc3339_validator import validate_rfc3339  # type: ignore[import-untyped]

from tap_sagemaker_tuning import schemas_root, streams
from tap_sagemaker_tuning.settings import DEFAULT_STREAMS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from sagemaker_tuning_emulator import Emulator, Scope

Json = dict[str, Any]
Rows = dict[tuple[str, ...], Json]

_ALL: Any = sorted(
    streams.STREAMS, key=lambda stream: (stream.name == "scopes", stream.name)
)
KEYS: dict[str, tuple[str, ...]] = {stream.name: stream.primary_keys for stream in _ALL}
"""The primary key of every stream, in the order in which the tap reads them."""

STREAMS = tuple(name for name in KEYS if name in DEFAULT_STREAMS)
"""The streams selected by default, in the order in which the tap reads them."""


def keyed(stream: str, records: Iterable[Json]) -> Rows:
    """Rows by key, as an upserting target keeps them: the last one for each key
    wins."""
    return {
        tuple(record[column] for column in KEYS[stream]): record for record in records
    }


def truth(emulator: Emulator, stream: str) -> Rows:
    """The rows of an exact read of all scopes, by key, without those of `scopes`."""
    scopes = emulator.scopes()
    if stream == "training_instance_prices":
        regions = sorted({scope.home.region for scope in scopes})
        rows = [row for region in regions for row in prices(emulator, region)]
    else:
        rows = [row for scope in scopes for row in ROWS_OF_A_SCOPE[stream](scope)]
    return keyed(stream, rows)


def tuning_jobs(scope: Scope) -> list[Json]:
    """The records of a scope's tuning jobs, oldest first."""
    return [tuning_job(job, home(scope)) for job in scope.truth()["tuning_jobs"]]


def trials(scope: Scope, *, newest_first: bool) -> list[Json]:
    """The records of a scope's trials, starting with the oldest tuning job."""
    listed = scope.truth()
    order = -1 if newest_first else 1
    return [
        trial(summary, job, home(scope))
        for job in listed["tuning_jobs"]
        for summary in listed["trials"][job["HyperParameterTuningJobName"]][::order]
    ]


def tuning_job_details(scope: Scope) -> list[Json]:
    """The records of a scope's tuning jobs in detail, oldest first."""
    pairs = zip(
        scope.details()["tuning_jobs"], scope.truth()["tuning_jobs"], strict=True
    )
    return [tuning_job_detail(details, job, home(scope)) for details, job in pairs]


def trial_details(scope: Scope) -> list[Json]:
    """The records of a scope's trials in detail, from DescribeTrainingJob and with
    the tags that only Search has; the oldest tuning job first, and its newest trial
    first."""
    details, listed = scope.details(), scope.truth()
    return [
        trial_detail(
            {**described, "Tags": details["tags"][name]}, summary, job, home(scope)
        )
        for job in listed["tuning_jobs"]
        for name in [job["HyperParameterTuningJobName"]]
        for described, summary in zip(
            details["trials"][name][::-1], listed["trials"][name][::-1], strict=True
        )
    ]


def trial_metrics(scope: Scope, period: int = 60) -> list[Json]:
    """The records of the series of a scope's ended trials, with one point per
    minute."""
    listed, metrics = scope.truth(), scope.metrics()
    return [
        {
            column: value
            for column, value in trial(summary, job, home(scope)).items()
            if column in SERIES_OF
        }
        | {
            "metric_name": series["MetricName"],
            "host": series["Host"] or "algorithm",
            "statistic": "Average",
            "period_in_seconds": period,
            "points": [
                {"timestamp": time(at), "value": number(value)[0]}
                for at, value in series["Averages"][period]
            ],
        }
        for job in listed["tuning_jobs"]
        for name in [job["HyperParameterTuningJobName"]]
        for summary in listed["trials"][name]
        for series in metrics[name].get(summary["TrainingJobName"], [])
        if summary["TrainingEndTime"] + timedelta(minutes=5) <= scope.clock.now
        if series["Averages"][period]
    ]


SERIES_OF = (
    *("account_id", "region", "tuning_job_name", "tuning_job_arn"),
    *("training_job_name", "training_job_arn", "creation_time"),
)
"""The columns that a series takes from its trial."""

ROWS_OF_A_SCOPE: dict[str, Callable[[Scope], list[Json]]] = {
    "training_job_details": trial_details,
    "training_job_metrics": trial_metrics,
    "training_job_summaries": partial(trials, newest_first=True),
    "tuning_job_details": tuning_job_details,
    "tuning_jobs": tuning_jobs,
}
"""The rows of an exact read of a scope, by stream.

A stream that is missing here is covered by the tests of all streams, but not by those
that compare rows with the truth.
"""

VISITING = tuple(ROWS_OF_A_SCOPE)
"""The streams of tuning jobs and trials with known exact rows."""


def prices(emulator: Emulator, region: str) -> list[Json]:
    """The records of a region's prices, in the order of their keys."""
    entries = next(
        shown["prices"]
        for scope, shown in emulator.details().items()
        if scope.endswith(f"/{region}")
    )
    records = [
        {
            **price,
            "price_per_hour": float(price["price_per_hour"]),
            "vcpu": price["vcpu"] and float(price["vcpu"]),
            "gpu": price["gpu"] and float(price["gpu"]),
            "effective_date": time(datetime.fromisoformat(price["effective_date"])),
        }
        for price in entries
    ]
    return sorted(records, key=lambda row: (row["instance_type"], row["currency"]))


def home(scope: Scope) -> Json:
    """The columns with a row's account and region."""
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
    """The record of a HyperParameterTrainingJobSummary of this tuning job."""
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


def tuning_job_detail(described: Json, listed: Json, home: Json) -> Json:
    """The record of a DescribeHyperParameterTuningJob, with the listing's ARN."""
    config = described["HyperParameterTuningJobConfig"]
    for_all = {
        "Objective": config.get("HyperParameterTuningJobObjective"),
        "ParameterRanges": config.get("ParameterRanges"),
    }
    several = described.get("TrainingJobDefinitions") or [
        described["TrainingJobDefinition"]
    ]
    definitions = [
        for_all
        | _without(definition, "Environment", "TuningObjective", "HyperParameterRanges")
        | {
            column: definition[member]
            for member, column in {
                "TuningObjective": "Objective",
                "HyperParameterRanges": "ParameterRanges",
            }.items()
            if member in definition
        }
        for definition in several
    ]
    only = definitions[0] if len(definitions) == 1 else for_all
    members = {**described, **config} | {
        "Objective": only["Objective"],
        "ParameterRanges": only["ParameterRanges"],
        "TrainingJobDefinitions": definitions,
        "TuningJobCompletionCriteria": _criteria(config),
        "TuningJobCompletionDetails": _completion(described),
        "BestTrainingJobName": _name(described.get("BestTrainingJob")),
        "OverallBestTrainingJobName": _name(described.get("OverallBestTrainingJob")),
    }
    members = _without(
        members,
        # In tuning_jobs, or in another form in the columns above.
        *("Strategy", "ResourceLimits", "HyperParameterTuningEndTime"),
        *("TrainingJobStatusCounters", "ObjectiveStatusCounters"),
        *("HyperParameterTuningJobConfig", "HyperParameterTuningJobObjective"),
        *("TrainingJobDefinition", "BestTrainingJob", "OverallBestTrainingJob"),
    )
    own = {name.removeprefix("HyperParameter"): part for name, part in members.items()}
    record: Json = _shown(own, _schema("tuning_job_details"))
    return record | {
        **home,
        "tuning_job_name": listed["HyperParameterTuningJobName"],
        "tuning_job_arn": listed["HyperParameterTuningJobArn"],
    }


def trial_detail(described: Json, listed: Json, job: Json, home: Json) -> Json:
    """The record of a DescribeTrainingJob, with the listing's keys."""
    members = _without(described, "Environment", "FailureReason", "TuningJobArn")
    if "FinalMetricDataList" in members:
        members["FinalMetricDataList"] = [
            {
                "MetricName": metric["MetricName"],
                "Timestamp": _mended(metric["Timestamp"]),
                **dict(
                    zip(("Value", "NonFinite"), number(metric["Value"]), strict=True)
                ),
            }
            for metric in members["FinalMetricDataList"]
        ]
    record: Json = _shown(members, _schema("training_job_details"))
    return record | {
        **home,
        "tuning_job_name": job["HyperParameterTuningJobName"],
        "tuning_job_arn": job["HyperParameterTuningJobArn"],
        "training_job_name": listed["TrainingJobName"],
        "training_job_arn": listed["TrainingJobArn"],
    }


def metric(summary: Json | None) -> Json | None:
    """The objective metric; a value that is not finite becomes a name, and the value
    null."""
    if summary is None:
        return None
    value, non_finite = number(summary["Value"])
    return {
        "type": summary.get("Type"),
        "metric_name": summary["MetricName"],
        "value": value,
        "non_finite": non_finite,
    }


def number(sent: float | str) -> tuple[float | None, str | None]:
    """A metric's value, or the name of one that is not finite."""
    value = float(sent)
    names = {"nan": "NaN", "inf": "Infinity", "-inf": "-Infinity"}
    return value if math.isfinite(value) else None, names.get(str(value))


def time(instant: datetime | None) -> str | None:
    """A time in the format of records: UTC, milliseconds, Z."""
    if instant is None:
        return None
    return instant.replace(tzinfo=None).isoformat(timespec="milliseconds") + "Z"


_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")


def to_the_second(value: Any) -> Any:
    """A record with all its times cut to the second, the precision of Search."""
    match value:
        case dict():
            return {name: to_the_second(part) for name, part in value.items()}
        case list():
            return [to_the_second(part) for part in value]
        case str():
            return f"{value[:-4]}000Z" if _TIME.fullmatch(value) else value
        case _:
            return value


def alike(rows: Rows) -> Rows:
    """Rows without what depends on whether Search or Describe answered."""
    return {key: {**to_the_second(row), "tags": None} for key, row in rows.items()}


def misfits(messages: list[Json]) -> list[str]:
    """What in the records does not fit the SCHEMA messages before them."""
    problems: list[str] = []
    checks: dict[str, Callable[[Json], object]] = {}
    for message in messages:
        stream = message.get("stream", "")
        if message["type"] == "SCHEMA":
            checks[stream] = _check(json.dumps(message["schema"]))
        elif message["type"] == "RECORD":
            try:
                checks[stream](message["record"])
            except JsonSchemaValueException as error:
                problems.append(f"{stream}: {error.message}")
    return problems


@cache
def _check(schema: str) -> Callable[[Json], object]:
    """A function that raises an error for a record that does not fit a schema, given as
    JSON; compiled, because jsonschema takes twenty times as long."""
    strict = _strict(json.loads(schema))
    Draft7Validator.check_schema(strict)
    formats = {"date-time": validate_rfc3339}  # stricter than fastjsonschema's own
    check: Callable[[Json], object] = compile_schema(
        strict, formats=formats, use_default=False
    )
    return check


def _strict(schema: Any) -> Any:
    """The schema with all other properties forbidden."""
    if isinstance(schema, list):
        return [_strict(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    closed = {name: _strict(value) for name, value in schema.items()}
    if isinstance(closed.get("properties"), dict):
        closed.setdefault("additionalProperties", False)
    return closed


def _shown(value: Any, schema: Json) -> Any:
    """A response's value as in a record: everything present, and null for the rest.

    Members that the schema lacks are kept, so that a record without them fails.
    """
    match value:
        case dict() if "properties" in schema:
            columns = schema["properties"]
            given = {xform_name(member): part for member, part in value.items()}
            return {
                name: _shown(given.get(name), columns.get(name, {}))
                for name in dict.fromkeys([*columns, *given])
            }
        case list():
            return [_shown(part, schema.get("items", {})) for part in value]
        case datetime():
            return time(value)
        case _:
            return value


@cache
def _schema(stream: str) -> Json:
    text = schemas_root().joinpath(f"{stream}.json").read_text(encoding="utf-8")
    schema: Json = json.loads(text)
    return schema


def _without(members: Json, *names: str) -> Json:
    return {name: value for name, value in members.items() if name not in names}


def _name(best: Json | None) -> str | None:
    return None if best is None else best["TrainingJobName"]


def _criteria(config: Json) -> Json | None:
    """The completion criteria, one level flatter."""
    criteria = config.get("TuningJobCompletionCriteria")
    if criteria is None:
        return None
    flat = dict(criteria)
    not_improving = flat.pop("BestObjectiveNotImproving", {})
    flat["MaxTrainingJobsNotImproving"] = not_improving.get(
        "MaxNumberOfTrainingJobsNotImproving"
    )
    flat |= flat.pop("ConvergenceDetected", {})
    return flat


def _completion(described: Json) -> Json:
    """The completion details, with one name shortened."""
    details = dict(described["TuningJobCompletionDetails"])
    since_best = details.pop("NumberOfTrainingJobsObjectiveNotImproving")
    return {**details, "TrainingJobsNotImproving": since_best}


def _mended(instant: datetime) -> datetime:
    """A corrected time: milliseconds had been sent as seconds."""
    epoch = datetime(1970, 1, 1, tzinfo=UTC)
    since = instant - epoch
    return epoch + since * 1000 if since < timedelta(days=365) else instant
