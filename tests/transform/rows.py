"""The expected rows of `trials`, and helpers for the other expected rows."""

from __future__ import annotations

import math
import re
from collections import defaultdict
from datetime import timedelta
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import datetime

    from tests.transform.tables import Job, Known, Trial

Row = dict[str, Any]

TUNING_JOB = ("account_id", "region", "tuning_job_name", "tuning_job_arn")
TRIAL = ("training_job_name", "training_job_arn")
OBJECTIVE = ("objective_metric_name", "objective_value", "objective_direction")

ENDS = {"Completed": "completed", "Failed": "failed", "Deleting": "deleted"}
FINAL = ("Completed", "Failed", "Stopped")
LIMITS = ("MaxRuntimeExceeded", "MaxWaitTimeExceeded")
HEADINGS = ("Traceback ", "ExitCode ", 'ErrorMessage "', 'Command "', " ", "\t")
ERROR = re.compile(
    r"[A-Za-z_][\w.]*(Error|Exception|Interrupt|SystemExit|StopIteration)(: .*[^:\s])?",
    re.ASCII,
)
MASKS = (
    (r"/[^\s',;:()]+", "<path>"),
    (r"[+-]?\d[\d.]*[ \t]?([KMGTP]i?B|[kmg]b|bytes|B)(?![A-Za-z])", "<size>"),
    (r"0x[0-9a-fA-F]+", "<n>"),
    (r"[+-]?\d+(\.\d+)*([eE][+-]?\d+)?", "<n>"),
)
NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})?", re.ASCII)


def home(job: Job) -> Row:
    """The scope of a tuning job, and its names."""
    return {
        "account_id": job.account,
        "region": job.region,
        "tuning_job_name": job.name,
        "tuning_job_arn": job.arn,
    }


def trial_row(known: Known, trial: Trial) -> Row:
    """The row of a trial."""
    summary = trial.summary
    metric, direction = _objective(known, trial)
    outcome, is_estimate = _outcome(known, trial)
    pending = "Ended" if trial.job.ended else "Pending"
    failure = telling(summary.get("FailureReason"))
    return {
        **home(trial.job),
        "training_job_name": trial.name,
        "training_job_arn": summary["TrainingJobArn"],
        "definition_name": summary.get("TrainingJobDefinitionName"),
        "status": summary["TrainingJobStatus"],
        "secondary_status": (trial.described or {}).get("SecondaryStatus"),
        "outcome": outcome,
        "is_outcome_estimate": is_estimate,
        "objective_metric_name": metric,
        "objective_value": trial.value,
        "objective_direction": direction,
        "place": _place(known, trial, direction),
        "created_at": time(summary["CreationTime"]),
        "started_at": time(summary.get("TrainingStartTime")),
        "ended_at": time(summary.get("TrainingEndTime")),
        "duration_seconds": trial.seconds,
        **_money(known, trial),
        "team": _team(known, trial),
        "failure": failure,
        "failure_group": group_of(failure),
        "is_final": summary["TrainingJobStatus"] in FINAL
        and summary.get("ObjectiveStatus", pending) != "Pending",
        "is_of_deleted_namesake": trial.is_of_deleted_namesake,
    }


def trial_rows(known: Known) -> list[Row]:
    """The rows of all trials."""
    return [trial_row(known, trial) for trial in known.trials.values()]


def own_rows(known: Known) -> list[Row]:
    """The rows of all trials, except those of deleted namesakes."""
    return [trial_row(known, trial) for trial in known.current()]


def _outcome(known: Known, trial: Trial) -> tuple[str | None, bool]:
    """How a trial ended, and whether the details that decide are missing."""
    status = trial.summary["TrainingJobStatus"]
    if status in ENDS:
        return ENDS[status], False
    if status != "Stopped":
        gone = trial.is_of_deleted_namesake or trial.job.arn in known.deleted
        return "deleted" if gone else "running", False
    secondary = (trial.described or {}).get("SecondaryStatus")
    if secondary in LIMITS:
        return "stopped_by_limit", False
    if _ends_with_tuning_job(known, trial):
        return "stopped_with_tuning_job", secondary is None
    early = trial.value is not None and _stops_early(trial) is not False
    described = None if trial.is_of_deleted_namesake else trial.job.described
    is_estimate = secondary is None or described is None
    return "stopped_early" if early else "stopped", is_estimate


def _ends_with_tuning_job(known: Known, trial: Trial) -> bool:
    """Whether it ended within two minutes of its tuning job, which was stopped or met a
    completion criterion."""
    job, ended = trial.job, trial.summary["TrainingEndTime"]
    if job.ended is None or trial.is_of_deleted_namesake:
        return False
    if abs(ended - job.ended) > timedelta(minutes=2):
        return False
    status = job.summary["HyperParameterTuningJobStatus"]
    return status == "Stopped" or (status == "Completed" and _is_met(known, job))


def _is_met(known: Known, job: Job) -> bool:
    """Whether a tuning job met one of its completion criteria."""
    described = job.described or {}
    config = described.get("HyperParameterTuningJobConfig", {})
    criteria = config.get("TuningJobCompletionCriteria", {})
    progress = described.get("TuningJobCompletionDetails", {})
    convergence = criteria.get("ConvergenceDetected", {})
    most = criteria.get("BestObjectiveNotImproving", {})
    worse = progress.get("NumberOfTrainingJobsObjectiveNotImproving", 0)
    seconds = job.summary["ResourceLimits"].get("MaxRuntimeInSeconds", math.inf)
    assert job.ended is not None
    return (
        (
            convergence.get("CompleteOnConvergence") == "Enabled"
            and "ConvergenceDetectedTime" in progress
        )
        or worse >= most.get("MaxNumberOfTrainingJobsNotImproving", math.inf)
        or (job.ended - job.created).total_seconds() >= seconds
        or any(
            _reaches(known, trial, criteria["TargetObjectiveMetricValue"])
            for trial in known.of_job(job)
            if "TargetObjectiveMetricValue" in criteria and trial.value is not None
        )
    )


def _reaches(known: Known, trial: Trial, target: float) -> bool:
    """Whether a trial's metric is at least as good as a target."""
    _, direction = _objective(known, trial)
    return pick([trial.value or 0.0, target], direction) == trial.value


def _stops_early(trial: Trial) -> bool | None:
    """Whether the service stops unpromising trials early, or None if unknown."""
    if trial.job.summary.get("Strategy") == "Hyperband":
        return True
    described = None if trial.is_of_deleted_namesake else trial.job.described
    config = (described or {}).get("HyperParameterTuningJobConfig", {})
    kind = config.get("TrainingJobEarlyStoppingType")
    return None if kind is None else kind == "Auto"


def _objective(known: Known, trial: Trial) -> tuple[str | None, str | None]:
    """The name and direction of its objective metric, where they are known."""
    wanted = trial.definition.get("TuningObjective", {})
    found = trial.summary.get("FinalHyperParameterTuningJobObjectiveMetric", {})
    metric = found.get("MetricName", wanted.get("MetricName"))
    direction = wanted.get("Type", known.directions.get(metric or ""))
    return metric, direction


def _place(known: Known, trial: Trial, direction: str | None) -> int | None:
    if trial.value is None or direction is None or trial.is_of_deleted_namesake:
        return None
    definition = trial.summary.get("TrainingJobDefinitionName")
    values = [
        other.value
        for other in known.of_job(trial.job)
        if other.summary.get("TrainingJobDefinitionName") == definition
        and other.value is not None
    ]
    if direction == "Minimize":
        return 1 + sum(value < trial.value for value in values)
    return 1 + sum(value > trial.value for value in values)


def _money(known: Known, trial: Trial) -> Row:
    described = trial.described or {}
    resources = described.get("ResourceConfig", {})
    groups = resources.get("InstanceGroups", [resources] if resources else [])
    types = {group["InstanceType"] for group in groups}
    artifacts = described.get("ModelArtifacts", {})
    billable = described.get("BillableTimeInSeconds")
    warm = described.get("WarmPoolStatus", {}).get(
        "ResourceRetainedBillableTimeInSeconds"
    )
    ended = trial.summary.get("TrainingEndTime")
    prices = {each: known.price(trial.job.region, each, ended) for each in types}
    hourly = cost = None
    if groups and None not in prices.values():
        hourly = sum(
            (prices[group["InstanceType"]] or 0) * group["InstanceCount"]
            for group in groups
        )
        if trial.summary["TrainingJobStatus"] in FINAL and billable is not None:
            cost = hourly * (billable + (warm or 0)) / 3600
    spot = described.get("EnableManagedSpotTraining")
    saved = None if spot is None else 0
    if spot:
        training = described.get("TrainingTimeInSeconds")
        saved = None if training is None or billable is None else training - billable
    return {
        "instance_type": next(iter(types)) if len(types) == 1 else None,
        "instance_count": sum(group["InstanceCount"] for group in groups) or None,
        "billable_seconds": billable,
        "warm_pool_seconds": warm,
        "cost_per_hour": hourly,
        "cost": cost,
        "currency": known.currency(trial.job.region),
        "is_spot": spot,
        "spot_saved_seconds": saved,
        "model_artifacts": artifacts.get("S3ModelArtifacts"),
    }


def _team(known: Known, trial: Trial) -> str | None:
    """The value of its own tag, or else that of its newest sibling with one."""
    if trial.team(known.team_tag) is not None:
        return trial.team(known.team_tag)
    siblings = [
        other
        for other in known.trials.values()
        if other.job.arn == trial.job.arn
        and other.is_of_deleted_namesake == trial.is_of_deleted_namesake
        and other.team(known.team_tag) is not None
    ]
    newest = max(
        siblings,
        key=lambda other: (other.summary["CreationTime"], other.name),
        default=None,
    )
    return None if newest is None else newest.team(known.team_tag)


def telling(reason: str | None) -> str | None:
    """The most informative line of a failure reason."""
    if reason is None:
        return None
    reason = reason.replace("\r", "")
    _, _, said = reason.partition("ErrorMessage ")
    command = '"\nCommand "'
    said = said.partition(command if command in said else '"\n')[0].strip(" \n")
    said = said.removeprefix('"').removesuffix('"')
    lines = reason.split("\n")
    bare = [
        line.strip(" ")
        for line in lines
        if line.strip()
        and not line.rstrip().endswith(":")
        and not line.startswith(HEADINGS)
    ]
    candidates = [
        *_errors(said)[-1:],
        said.split("\n")[0].strip(" "),
        *_errors(reason)[-1:],
        *bare[:1],
        lines[0].strip(" "),
    ]
    return next((each for each in candidates if each), "")


def _errors(text: str) -> list[str]:
    """The lines with the name of an error, with or without a message."""
    lines = [line.strip(" \t") for line in text.split("\n")]
    return [line for line in lines if ERROR.fullmatch(line)]


def group_of(failure: str | None) -> str | None:
    """A failure without its paths, sizes and numbers, to group it by."""
    for pattern, mask in MASKS if failure is not None else ():
        failure = re.sub(pattern, mask, str(failure), flags=re.ASCII)
    return failure


def bare(text: str) -> str:
    """A hyperparameter's text without the quotes that script mode adds."""
    quoted = len(text) > 1 and text[0] == text[-1] == '"'
    return text[1:-1] if quoted else text


def number(text: str) -> float | None:
    """The number in a text."""
    found = float(text) if NUMBER.fullmatch(text) else math.inf
    return found if math.isfinite(found) else None


def pick(values: list[float], direction: str | None) -> float | None:
    """The best of some values, or None if the direction is unknown."""
    if direction is None or not values:
        return None
    return min(values) if direction == "Minimize" else max(values)


def time(instant: datetime | None) -> str | None:
    """A time as a column without a time zone holds it, in UTC."""
    if instant is None:
        return None
    return instant.replace(tzinfo=None).isoformat(timespec="milliseconds")


def part(row: Mapping[str, Any], *names: str) -> Row:
    """Some columns of a row."""
    return {name: row[name] for name in names}


def grouped(rows: Iterable[Row], *names: str) -> dict[tuple[Any, ...], list[Row]]:
    """Rows by the values of some columns."""
    groups: defaultdict[tuple[Any, ...], list[Row]] = defaultdict(list)
    for row in rows:
        groups[tuple(row[name] for name in names)].append(row)
    return groups


def product(one: float | None, other: float | None) -> float | None:
    """The product of two numbers, or None if one is unknown."""
    return None if one is None or other is None else one * other


def total(values: Iterable[float | None]) -> float | None:
    """The sum of the known numbers, or None if there are none."""
    known = [value for value in values if value is not None]
    return sum(known) if known else None


def covered(rows: Iterable[Row]) -> int:
    """How many of some trials have a cost."""
    return sum(row["cost"] is not None for row in rows)


def currency_of(rows: Iterable[Row]) -> str | None:
    """The currency that some trials have in common."""
    found: Iterator[str] = (row["currency"] for row in rows if row["currency"])
    return next(found, None)
