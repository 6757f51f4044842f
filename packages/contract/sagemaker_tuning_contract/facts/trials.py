"""Facts about listed trials: status, times, objectives and hyperparameters."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sagemaker_tuning_contract.exchanges import JOB
from sagemaker_tuning_contract.fact import DOCS, MODEL, READ, RECORDED, Calls, fact
from sagemaker_tuning_contract.facts.values import (
    METRIC,
    NOT_FINITE,
    has_ended,
    is_float32,
    is_number,
    seconds,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sagemaker_tuning_contract.exchanges import Recording

_STATUSES = {"InProgress", "Completed", "Failed", "Stopping", "Stopped", "Deleting"}
_OBJECTIVES = {"Succeeded", "Pending", "Failed", None}
_LONGEST_REASON = 1024  # characters
_SETTLES = 3600.0  # seconds
_TIMES = ("CreationTime", "TrainingStartTime", "TrainingEndTime")


@fact(
    46,
    "The statuses of a trial and of its objective are among the model's.",
    source=MODEL,
    needs={Calls.TRIALS},
    breaks="A trial with an unknown status is never final: its tuning job stays open "
    "for a week, and the models count the trial as running.",
)
def statuses(seen: Recording) -> Iterator[bool]:
    """Each summary."""
    for item, _ in seen.trials:
        yield item["TrainingJobStatus"] in _STATUSES
        yield item.get("ObjectiveStatus") in _OBJECTIVES


@fact(
    47,
    "A trial has TrainingEndTime once it is Completed, Failed or Stopped, and not "
    "before.",
    source=RECORDED,
    needs={Calls.TRIALS},
    breaks="Durations, costs and the days of daily_spend would be missing or wrong.",
)
def end_times(seen: Recording) -> Iterator[bool]:
    """Each summary."""
    for item, _ in seen.trials:
        if item["TrainingJobStatus"] in {"Completed", "Failed", "InProgress"}:
            yield ("TrainingEndTime" in item) == has_ended(item)


@fact(
    48,
    "A trial's creation, start and end times are in this order.",
    source=DOCS,
    needs={Calls.TRIALS},
    breaks="Durations would be negative.",
)
def order_of_times(seen: Recording) -> Iterator[bool]:
    """Each summary."""
    for item, _ in seen.trials:
        times = [seconds(item[name]) for name in _TIMES if name in item]
        yield times == sorted(times)


@fact(
    49,
    "A trial whose objective has Succeeded has a metric, even if it was stopped early; "
    "while the objective is Pending, it has none.",
    source=RECORDED,
    needs={Calls.TRIALS},
    breaks="A metric that arrives later would not be read: a trial is final once its "
    "objective is not Pending.",
)
def objectives(seen: Recording) -> Iterator[bool]:
    """Each summary with an objective status."""
    for item, _ in seen.trials:
        status = item.get("ObjectiveStatus")
        if status in {"Pending", "Succeeded"}:
            yield (METRIC in item) == (status == "Succeeded")


@fact(
    50,
    "An hour after its end, no trial has an ObjectiveStatus of Pending.",
    source=READ,
    needs={Calls.TRIALS},
    breaks="Each sync reads its tuning job again, for a week after the tuning job's "
    "end.",
)
def settles(seen: Recording) -> Iterator[bool]:
    """Each trial that ended over an hour ago."""
    for item, at in seen.trials:
        if has_ended(item) and at - seconds(item["TrainingEndTime"]) > _SETTLES:
            yield item.get("ObjectiveStatus") != "Pending"


def _values(seen: Recording) -> Iterator[Any]:
    """The value of each listed objective."""
    for item, _ in seen.trials:
        if METRIC in item:
            yield item[METRIC]["Value"]


@fact(
    51,
    "A metric is a number; if it is not finite, it is NaN, Infinity or -Infinity, "
    "quoted or bare.",
    source=RECORDED,
    needs={Calls.TRIALS},
    breaks="The value would be null in the tables, and non_finite would be an "
    "unexpected word, or null as well.",
)
def values(seen: Recording) -> Iterator[bool]:
    """Each objective."""
    for value in _values(seen):
        yield value in NOT_FINITE or isinstance(value, int | float)


@fact(
    52,
    "A metric is a float32, widened to a double.",
    source=RECORDED,
    needs={Calls.TRIALS},
    breaks="The tap compares Search with the listing by the metric's value: if the two "
    "round differently, each trial takes a call of its own.",
)
def float32(seen: Recording) -> Iterator[bool]:
    """Each objective that is a number."""
    for value in _values(seen):
        if is_number(value):
            yield is_float32(value)


@fact(
    53,
    "A metric in a listing has a MetricName and no Type.",
    source=RECORDED,
    needs={Calls.TRIALS},
    breaks="Nothing is lost: the column type would no longer be null. The models take "
    "the direction from tuning_job_details.",
)
def no_type(seen: Recording) -> Iterator[bool]:
    """Each objective."""
    for item, _ in seen.trials:
        if METRIC in item:
            yield "MetricName" in item[METRIC] and "Type" not in item[METRIC]


@fact(
    54,
    "TunedHyperParameters maps text to text.",
    source=MODEL,
    needs={Calls.TRIALS},
    breaks="A value that is not text would be written as JSON, and the models could "
    "not tell it from text that looks the same.",
)
def hyperparameters(seen: Recording) -> Iterator[bool]:
    """Each summary."""
    for item, _ in seen.trials:
        tuned = item["TunedHyperParameters"]
        yield all(isinstance(value, str) for value in tuned.values())


@fact(
    55,
    "A FailureReason has at most 1,024 characters.",
    source=MODEL,
    needs={Calls.TRIALS},
    breaks="Nothing is lost: a text column has room for more.",
)
def reasons(seen: Recording) -> Iterator[bool]:
    """Each summary that has one."""
    for item, _ in seen.trials:
        if "FailureReason" in item:
            yield len(item["FailureReason"]) <= _LONGEST_REASON


@fact(
    89,
    "A trial's metric has the name of its tuning job's or definition's objective.",
    source=READ,
    needs={Calls.JOBS, Calls.TRIALS},
    breaks="Places, best trials and importance would be null: the models take the "
    "direction from the objective with that name.",
)
def objective_names(seen: Recording) -> Iterator[bool]:
    """Each metric in tuning jobs that are described, too."""
    names: dict[str, set[str]] = {}
    for answer, _, _ in seen.described_jobs:
        config = answer["HyperParameterTuningJobConfig"]
        own = [config.get("HyperParameterTuningJobObjective")]
        several = answer.get("TrainingJobDefinitions") or []
        own += [each.get("TuningObjective") for each in several]
        names[answer[JOB].lower()] = {each["MetricName"] for each in own if each}
    for item, _, trials in seen.whole_jobs:
        wanted = names.get(item[JOB].lower())
        for trial in trials if wanted else ():
            if METRIC in trial:
                yield trial[METRIC]["MetricName"] in (wanted or ())
