"""Facts about descriptions of trials (DescribeTrainingJob)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sagemaker_tuning_contract.exchanges import JOB, TRIAL
from sagemaker_tuning_contract.fact import ASSUMED, DOCS, READ, RECORDED, Calls, fact
from sagemaker_tuning_contract.facts.values import (
    METRIC,
    NOT_FINITE,
    has_ended,
    is_float32,
    is_number,
    metric,
    same_second,
    seconds,
)
from sagemaker_tuning_contract.modelled import operation_model
from tap_sagemaker_tuning.aws.operations import DESCRIBE_TRIAL, LIST_TRIALS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sagemaker_tuning_contract.exchanges import Item, Recording

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
_SINCE = 1_567_296_000.0  # September 2019: from here on, all flags and seconds exist
_FIRST = 1_483_228_800.0  # 2017: earlier times of metrics are divided by 1,000
_ROUNDING = 2.0  # seconds
_AFTER = 3600.0  # seconds after a trial's end until its metrics are collected


def _ended(seen: Recording) -> Iterator[tuple[Item, Item]]:
    """Descriptions and summaries of ended trials."""
    for answer, summary in seen.described_trials:
        if has_ended(answer) and has_ended(summary):
            yield answer, summary


@fact(
    56,
    "For an ended trial, DescribeTrainingJob agrees with the listing: status, failure "
    "reason, and times to the second.",
    source=READ,
    needs={Calls.TRIALS, Calls.DESCRIBED},
    breaks="A row of training_job_details would contradict training_job_summaries.",
)
def agrees(seen: Recording) -> Iterator[bool]:
    """Each of these members of each description."""
    for answer, summary in _ended(seen):
        yield answer["TrainingJobStatus"] == summary["TrainingJobStatus"]
        yield answer.get("FailureReason") == summary.get("FailureReason")
        for name in _TIMES:
            yield same_second(answer.get(name), summary.get(name))


@fact(
    57,
    "DescribeTrainingJob has what the listing lacks: resources, algorithm, secondary "
    "status and tuning job; the model if the trial is Completed; and, since September "
    "2019, flags and training and billable seconds.",
    source=READ,
    needs={Calls.TRIALS, Calls.DESCRIBED},
    breaks="Columns of training_job_details, such as instances and billable seconds, "
    "would be null.",
)
def has_all(seen: Recording) -> Iterator[bool]:
    """Each of these members of each description."""
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
    needs={Calls.TRIALS, Calls.DESCRIBED},
    breaks="Nothing is lost: the tap knows whose trials it listed.",
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
    "HyperParameters includes the tuned ones with the same values as the listing, all "
    "as text.",
    source=READ,
    needs={Calls.TRIALS, Calls.DESCRIBED},
    breaks="The models would show different values, depending on which stream they "
    "take them from.",
)
def hyperparameters(seen: Recording) -> Iterator[bool]:
    """Each description."""
    for answer, summary in seen.described_trials:
        described = answer["HyperParameters"]
        yield summary["TunedHyperParameters"].items() <= described.items()
        yield all(isinstance(value, str) for value in described.values())


@fact(
    60,
    "FinalMetricDataList includes the objective with the same value as the listing, "
    "and all its values are float32.",
    source=READ,
    needs={Calls.TRIALS, Calls.DESCRIBED},
    breaks="The tap compares Search with the listing by this value: without it, each "
    "trial takes a call of its own.",
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
    "The times of final metrics lie between the trial's creation and an hour after its "
    "end, or are a thousandth of such a time, in January 1970.",
    source=RECORDED,
    needs={Calls.TRIALS, Calls.DESCRIBED},
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
    "Without spot instances, TrainingTimeInSeconds is the time from start to end, not "
    "multiplied by the number of instances. Without warm pools, BillableTimeInSeconds "
    "is at most that.",
    source=RECORDED,
    needs={Calls.TRIALS, Calls.DESCRIBED},
    breaks="Costs would be wrong by a factor: the models multiply by the number of "
    "instances.",
)
def durations(seen: Recording) -> Iterator[bool]:
    """Each description that has them, except for spot, which can be interrupted."""
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
    needs={Calls.TRIALS, Calls.DESCRIBED},
    breaks="Nothing is lost: the tap would only read details from Search again until "
    "an hour after a trial's end.",
)
def modified(seen: Recording) -> Iterator[bool]:
    """Each description of an ended trial."""
    for answer, _ in _ended(seen):
        modified = seconds(answer["LastModifiedTime"])
        yield modified >= seconds(answer["TrainingEndTime"]) - _ROUNDING


@fact(
    64,
    "The secondary status is one of the model's. SecondaryStatusTransitions are "
    "sorted by time, and the last one has that status.",
    source=DOCS,
    needs={Calls.TRIALS, Calls.DESCRIBED},
    breaks="Outcomes in the models would be wrong, since the secondary statuses show "
    "who stopped a trial.",
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
    "Each metric that a trial's description defines is in its tuning job's "
    "MetricDefinitions, or is the objective.",
    source=ASSUMED,
    needs={Calls.JOBS, Calls.TRIALS, Calls.DESCRIBED},
    breaks="training_job_metrics would lack the curves of that metric, since it takes "
    "the names from the tuning job.",
)
def defined_metrics(seen: Recording) -> Iterator[bool]:
    """Each metric of trials whose tuning job is described, too."""
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
    """The names of the metrics that a definition or a trial defines."""
    algorithm = definition.get("AlgorithmSpecification") or {}
    return [each["Name"] for each in algorithm.get("MetricDefinitions") or []]


def _secondary_statuses() -> list[str]:
    shape: Any = operation_model(DESCRIBE_TRIAL.name).output_shape
    return list(shape.members["SecondaryStatus"].metadata["enum"])
