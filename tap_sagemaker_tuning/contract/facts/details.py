"""Facts about what DescribeTrainingJob knows of a trial."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tap_sagemaker_tuning.aws.operations import DESCRIBE_TRIAL, LIST_TRIALS
from tap_sagemaker_tuning.contract.exchanges import JOB, TRIAL
from tap_sagemaker_tuning.contract.fact import ASSUMED, DOCS, READ, RECORDED, fact
from tap_sagemaker_tuning.contract.facts.values import (
    METRIC,
    NOT_FINITE,
    has_ended,
    is_float32,
    is_number,
    metric,
    same_second,
    seconds,
)
from tap_sagemaker_tuning.contract.modelled import operation_model

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tap_sagemaker_tuning.contract.exchanges import Item, Recording

_TIMES = ("CreationTime", "TrainingStartTime", "TrainingEndTime")
_ALWAYS = {
    "AlgorithmSpecification",
    "HyperParameters",
    "LastModifiedTime",
    "OutputDataConfig",
    "ResourceConfig",
    "RoleArn",
    "SecondaryStatus",
    "StoppingCondition",
    "TuningJobArn",
}
_FLAGS = {
    "EnableInterContainerTrafficEncryption",
    "EnableManagedSpotTraining",
    "EnableNetworkIsolation",
}
_SINCE = 1_567_296_000.0  # September 2019: billable seconds and all flags exist
_FIRST = 1_483_228_800.0  # 2017: final metrics of before it are a thousandth
_ROUNDING = 2.0  # seconds
_AFTER = 3600.0  # seconds after a trial's end in which its metrics are taken


def _ended(seen: Recording) -> Iterator[tuple[Item, Item]]:
    """Trials that have ended, described and listed."""
    for answer, summary in seen.described_trials:
        if has_ended(answer) and has_ended(summary):
            yield answer, summary


@fact(
    56,
    "DescribeTrainingJob says the same of an ended trial as the listing: status, "
    "failure reason, and times to the second.",
    source=READ,
    breaks="A row of training_job_details would contradict training_job_summaries.",
)
def agrees(seen: Recording) -> Iterator[bool]:
    """Each of these members."""
    for answer, summary in _ended(seen):
        yield answer["TrainingJobStatus"] == summary["TrainingJobStatus"]
        yield answer.get("FailureReason") == summary.get("FailureReason")
        for name in _TIMES:
            yield same_second(answer.get(name), summary.get(name))


@fact(
    57,
    "DescribeTrainingJob has what the listing lacks: resources, algorithm, secondary "
    "status, tuning job, a Completed one its model, and from September 2019 on flags, "
    "training and billable seconds.",
    source=READ,
    breaks="Columns of training_job_details would be null: costs and instances.",
)
def has_all(seen: Recording) -> Iterator[bool]:
    """Each of these members."""
    for answer, summary in _ended(seen):
        wanted = set(_ALWAYS)
        if answer["TrainingJobStatus"] == "Completed":
            wanted |= {"ModelArtifacts"}
        if seconds(summary["CreationTime"]) >= _SINCE:
            wanted |= _FLAGS
            if "TrainingStartTime" in answer:
                wanted |= {"BillableTimeInSeconds", "TrainingTimeInSeconds"}
        for name in wanted:
            yield name in answer


@fact(
    58,
    "TuningJobArn ends with the name of the trial's tuning job.",
    source=READ,
    breaks="Nothing: the tap knows which tuning job it asked about.",
)
def of_its_job(seen: Recording) -> Iterator[bool]:
    """Each description."""
    job_of = {
        name.lower(): listing.target[1]
        for listing in seen.listings(LIST_TRIALS)
        for name in listing.names
    }
    for answer, summary in seen.described_trials:
        job = answer["TuningJobArn"].rpartition("/")[2].lower()
        yield job == job_of[summary[TRIAL].lower()]


@fact(
    59,
    "HyperParameters has the tuned ones as the listing has them, all as text.",
    source=READ,
    breaks="The models take values from either, and would show others.",
)
def hyperparameters(seen: Recording) -> Iterator[bool]:
    """Each description."""
    for answer, summary in seen.described_trials:
        found = answer["HyperParameters"]
        yield summary["TunedHyperParameters"].items() <= found.items()
        yield all(isinstance(value, str) for value in found.values())


@fact(
    60,
    "FinalMetricDataList has the objective, with the value of the listing; all its "
    "values are float32.",
    source=READ,
    breaks="Search is compared with the listing by it: without it each trial takes a "
    "call of its own.",
)
def final_metrics(seen: Recording) -> Iterator[bool]:
    """Each trial with an objective, and each metric."""
    for answer, summary in _ended(seen):
        metrics = answer.get("FinalMetricDataList", [])
        if METRIC in summary:
            yield metric(summary[METRIC]) in map(metric, metrics)
        for each in metrics:
            value = each["Value"]
            yield value in NOT_FINITE or not is_number(value) or is_float32(value)


@fact(
    61,
    "The times of final metrics are of the trial, or a thousandth of that: January "
    "1970.",
    source=RECORDED,
    breaks="Times in final_metric_data_list would be wrong.",
)
def metric_times(seen: Recording) -> Iterator[bool]:
    """Each metric."""
    for answer, summary in _ended(seen):
        first = seconds(summary["CreationTime"]) - _ROUNDING
        last = seconds(answer["TrainingEndTime"]) + _AFTER
        for each in answer.get("FinalMetricDataList", []):
            time = seconds(each["Timestamp"])
            time = time * 1000 if time < _FIRST else time
            yield first <= time <= last


@fact(
    62,
    "Without spot instances TrainingTimeInSeconds is the time from start to end, not "
    "multiplied by the number of instances; BillableTimeInSeconds is at most that "
    "without warm pools.",
    source=RECORDED,
    breaks="Costs would be wrong by a factor: the models multiply by the instances.",
)
def durations(seen: Recording) -> Iterator[bool]:
    """Each description that has them; a spot instance can have been interrupted."""
    for answer, _ in _ended(seen):
        if answer.get("EnableManagedSpotTraining"):
            continue
        if "TrainingTimeInSeconds" in answer and "TrainingStartTime" in answer:
            start, end = answer["TrainingStartTime"], answer["TrainingEndTime"]
            trained = answer["TrainingTimeInSeconds"]
            yield abs(seconds(end) - seconds(start) - trained) <= _ROUNDING
            if "BillableTimeInSeconds" in answer and "WarmPoolStatus" not in answer:
                yield 0 <= answer["BillableTimeInSeconds"] <= trained + _ROUNDING


@fact(
    63,
    "LastModifiedTime is not before the trial's end.",
    source=RECORDED,
    breaks="Nothing: the tap never relies on it.",
)
def modified(seen: Recording) -> Iterator[bool]:
    """Each description of an ended trial."""
    for answer, _ in _ended(seen):
        modified = seconds(answer["LastModifiedTime"])
        yield modified >= seconds(answer["TrainingEndTime"]) - _ROUNDING


@fact(
    64,
    "The secondary status is one of the model's; SecondaryStatusTransitions come in "
    "order of time, and the last has it.",
    source=DOCS,
    breaks="The models take from it who stopped a trial: outcomes would be wrong.",
)
def transitions(seen: Recording) -> Iterator[bool]:
    """Each description."""
    for answer, _ in seen.described_trials:
        yield answer["SecondaryStatus"] in _secondary_statuses()
        steps = answer.get("SecondaryStatusTransitions", [])
        if steps:
            starts = [seconds(step["StartTime"]) for step in steps]
            is_last = steps[-1]["Status"] == answer["SecondaryStatus"]
            yield is_last and starts == sorted(starts)


@fact(
    90,
    "Each metric that a trial's description defines is among the MetricDefinitions of "
    "its tuning job, or is its objective.",
    source=ASSUMED,
    breaks="training_job_metrics takes the names from the tuning job: the curves of "
    "that metric would be missing.",
)
def defined_metrics(seen: Recording) -> Iterator[bool]:
    """Each metric of trials whose tuning job is described too."""
    names: dict[str, set[str]] = {}
    for answer, _, _ in seen.described_jobs:
        several = answer.get("TrainingJobDefinitions") or []
        config = answer["HyperParameterTuningJobConfig"]
        own = names.setdefault(answer[JOB].lower(), set())
        for each in (answer.get("TrainingJobDefinition") or {}, *several):
            own.update(_defined(each))
            objective = config.get("HyperParameterTuningJobObjective")
            objective = each.get("TuningObjective") or objective or {}
            own.add(objective.get("MetricName", ""))
    for answer, _ in seen.described_trials:
        job = answer["TuningJobArn"].rpartition("/")[2].lower()
        for name in _defined(answer) if job in names else ():
            yield name in names[job]


def _defined(definition: Item) -> list[str]:
    """The metrics that a definition, or a trial, defines."""
    algorithm = definition.get("AlgorithmSpecification") or {}
    return [each["Name"] for each in algorithm.get("MetricDefinitions") or []]


def _secondary_statuses() -> list[str]:
    shape: Any = operation_model(DESCRIBE_TRIAL.name).output_shape
    return list(shape.members["SecondaryStatus"].metadata["enum"])
