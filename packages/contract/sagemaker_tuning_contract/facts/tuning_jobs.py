"""Facts about tuning jobs: status, counters, and how descriptions compare."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sagemaker_tuning_contract.fact import MODEL, READ, RECORDED, Calls, fact
from sagemaker_tuning_contract.facts.values import (
    COUNTED,
    METRIC,
    has_ended,
    seconds,
    within,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sagemaker_tuning_contract.exchanges import Item, Recording

_LAG = 90.0  # seconds: recorded counters are up to half a minute old
_SETTLED = 3600.0  # seconds after a tuning job's end until its last trials settle
_STATUSES = {
    "Completed",
    "InProgress",
    "Failed",
    "Stopped",
    "Stopping",
    "Deleting",
    "DeleteFailed",
}
_IN_CONFIG = {"Strategy", "ResourceLimits"}
_MOVING = {"HyperParameterTuningJobArn", "LastModifiedTime"}
"""Members that may differ between a description and the listing."""

_COUNTERS = "TrainingJobStatusCounters"
_OBJECTIVES = "ObjectiveStatusCounters"
_FAILED = ("RetryableError", "NonRetryableError")


@fact(
    33,
    "A tuning job's status is one of the model's.",
    source=MODEL,
    needs={Calls.JOBS},
    breaks="A tuning job with an unknown status stays open until it has an end time, "
    "and the models count it as running.",
)
def statuses(seen: Recording) -> Iterator[bool]:
    """Each summary."""
    for item, _ in seen.jobs:
        yield item["HyperParameterTuningJobStatus"] in _STATUSES


@fact(
    34,
    "A tuning job has HyperParameterTuningEndTime once it has ended, and not before.",
    source=RECORDED,
    needs={Calls.JOBS},
    breaks="An end time that comes early would settle a tuning job before its last "
    "trials. A missing one would keep it open for one more sync.",
)
def end_times(seen: Recording) -> Iterator[bool]:
    """Each summary."""
    for item, _ in seen.jobs:
        if has_ended(item) or item["HyperParameterTuningJobStatus"] == "InProgress":
            yield ("HyperParameterTuningEndTime" in item) == has_ended(item)


@fact(
    35,
    "A listed tuning job has no FailureReason; the description of a Failed one does.",
    source=RECORDED,
    needs={Calls.JOBS, Calls.TRIALS},
    breaks="failure_reason in tuning_job_details would be null.",
)
def no_reason(seen: Recording) -> Iterator[bool]:
    """Each summary, and each description of a Failed tuning job."""
    for item, _ in seen.jobs:
        yield "FailureReason" not in item
    for answer, _, _ in seen.described_jobs:
        if answer["HyperParameterTuningJobStatus"] == "Failed":
            yield "FailureReason" in answer


def _ended(seen: Recording) -> Iterator[tuple[Item, list[Item]]]:
    """Tuning jobs that ended over 90 seconds ago, with all their trials."""
    for item, at, trials in seen.whole_jobs:
        end = item.get("HyperParameterTuningEndTime")
        if has_ended(item) and end is not None and at - seconds(end) > _LAG:
            yield item, trials


def _count(trials: list[Item], member: str, *wanted: str | None) -> int:
    return sum(trial.get(member) in wanted for trial in trials)


@fact(
    36,
    "From 90 seconds after a tuning job's end, its status counters agree with its "
    "trials: Failed ones are the sum of RetryableError and NonRetryableError, Stopping "
    "ones count as InProgress, and an absent counter is 0.",
    source=READ,
    needs={Calls.JOBS, Calls.TRIALS},
    breaks="The tuning job would be read in full once more, stay open for a day, and "
    "end with a warning: it settles only if its counters agree. Trials deleted one by "
    "one have the same effect.",
)
def status_counters(seen: Recording) -> Iterator[bool]:
    """Each counter of tuning jobs that ended over 90 seconds ago."""
    for item, trials in _ended(seen):
        counters = item[_COUNTERS]
        for name, counted in COUNTED.items():
            count = _count(trials, "TrainingJobStatus", *counted)
            yield counters.get(name, 0) == count
        failed = sum(counters.get(name, 0) for name in _FAILED)
        yield failed == _count(trials, "TrainingJobStatus", "Failed")


@fact(
    37,
    "From 90 seconds after a tuning job's end, its objective counters agree with its "
    "trials: Succeeded, Pending and Failed.",
    source=READ,
    needs={Calls.JOBS, Calls.TRIALS},
    breaks="A tuning job whose counters still show Pending stays open for a week.",
)
def objective_counters(seen: Recording) -> Iterator[bool]:
    """Each counter of tuning jobs whose trials are all final."""
    for item, trials in _ended(seen):
        if _count(trials, "ObjectiveStatus", "Pending", None):
            continue
        counters = item[_OBJECTIVES]
        words = [
            trial.get("ObjectiveStatus")
            or ("Succeeded" if METRIC in trial else "Failed")
            for trial in trials
        ]
        for name in ("Succeeded", "Pending", "Failed"):
            yield counters.get(name, 0) == words.count(name)


@fact(
    38,
    "The counters of a running tuning job are at most 90 seconds old.",
    source=READ,
    needs={Calls.JOBS, Calls.TRIALS},
    breaks="A tuning job that has just ended would be read again in each sync until "
    "its counters agree.",
)
def counters_lag(seen: Recording) -> Iterator[bool]:
    """The sums of counters against trials created or ended over 90 seconds ago."""
    for item, at, trials in seen.whole_jobs:
        if has_ended(item) or not trials:
            continue
        counters = item[_COUNTERS]
        before = at - _LAG
        created = [seconds(trial["CreationTime"]) < before for trial in trials]
        ended = [
            seconds(trial["TrainingEndTime"]) < before
            for trial in trials
            if "TrainingEndTime" in trial
        ]
        total = sum(counters.values())
        yield sum(created) <= total <= len(trials)
        yield total - counters.get("InProgress", 0) >= sum(ended)


@fact(
    39,
    "An hour after a tuning job's end, all its trials have ended and no objective is "
    "Pending.",
    source=READ,
    needs={Calls.JOBS, Calls.TRIALS},
    breaks="Such a tuning job stays open for a week after its end; then the tap "
    "abandons it with a warning.",
)
def all_final(seen: Recording) -> Iterator[bool]:
    """Each trial of such tuning jobs."""
    for item, at, trials in seen.whole_jobs:
        end = item.get("HyperParameterTuningEndTime")
        if not has_ended(item) or end is None or at - seconds(end) < _SETTLED:
            continue
        for trial in trials:
            yield has_ended(trial) and trial.get("ObjectiveStatus") != "Pending"


@fact(
    40,
    "A description has every member of the summary, with Strategy and ResourceLimits "
    "in its config.",
    source=MODEL,
    needs={Calls.JOBS, Calls.TRIALS},
    breaks="Columns of tuning_jobs would turn null for an open tuning job that the "
    "listing no longer reaches: the tap reads it from its description.",
)
def describes_all(seen: Recording) -> Iterator[bool]:
    """Each member of the summaries of described tuning jobs."""
    for answer, summary, _ in seen.described_jobs:
        config = answer["HyperParameterTuningJobConfig"]
        for name in summary:
            yield name in (config if name in _IN_CONFIG else answer)


@fact(
    41,
    "For an ended tuning job, a description agrees with the listing, except for the "
    "case of the ARN and LastModifiedTime. The creation time always agrees.",
    source=READ,
    needs={Calls.JOBS, Calls.TRIALS},
    breaks="A row would depend on which call it came from. By the creation time, the "
    "tap tells a new tuning job from a deleted one of the same name.",
)
def describes_the_same(seen: Recording) -> Iterator[bool]:
    """Each member of the summaries of described tuning jobs."""
    for answer, summary, at in seen.described_jobs:
        created = answer["CreationTime"], summary["CreationTime"]
        yield within(*created, tolerance=0.001)
        end = summary.get("HyperParameterTuningEndTime")
        if not has_ended(summary) or end is None or at - seconds(end) < _LAG:
            continue
        shown = {**answer["HyperParameterTuningJobConfig"], **answer}
        for name in summary.keys() - _MOVING - {"CreationTime"}:
            yield shown.get(name) == summary[name]


@fact(
    45,
    "ResourceLimits has MaxParallelTrainingJobs.",
    source=MODEL,
    needs={Calls.JOBS},
    breaks="utilisation in the models, which divides by it, would be null.",
)
def limits(seen: Recording) -> Iterator[bool]:
    """Each summary."""
    for item, _ in seen.jobs:
        yield "MaxParallelTrainingJobs" in item["ResourceLimits"]
