"""Facts about Search, from which the tap takes details of trials."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sagemaker_tuning_contract.exchanges import TRIAL
from sagemaker_tuning_contract.fact import ASSUMED, DOCS, READ, RECORDED, Calls, fact
from sagemaker_tuning_contract.facts.values import (
    METRIC,
    has_ended,
    metric,
    same_second,
    seconds,
)
from sagemaker_tuning_contract.modelled import operation_model
from tap_sagemaker_tuning.aws.operations import DESCRIBE_TRIAL, SEARCH

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sagemaker_tuning_contract.exchanges import Item, Listing, Recording

_LATEST = 3600.0  # seconds that the index may lag behind
_TIMES = ("CreationTime", "TrainingStartTime", "TrainingEndTime")
_ALWAYS = {
    "AlgorithmSpecification",
    "HyperParameters",
    "InputDataConfig",
    "LastModifiedTime",
    "OutputDataConfig",
    "ResourceConfig",
    "RoleArn",
    "SecondaryStatus",
    "StoppingCondition",
    "TrainingJobArn",
    "TrainingJobStatus",
}
_NOT_INDEXED = {
    "DebugHookConfig",
    "DebugRuleConfigurations",
    "DebugRuleEvaluationStatuses",
    "Environment",
    "ProfilerConfig",
    "ProfilingStatus",
    "SecondaryStatusTransitions",
    "WarmPoolStatus",
}
"""Members of descriptions that recorded Search results can lack."""


def asked(listing: Listing) -> set[str]:
    """The names that a search requested."""
    filters = listing.request["SearchExpression"].get("Filters", ())
    return {name for each in filters for name in each["Value"].split(",")}


def _records(listing: Listing) -> list[Item]:
    """The trials that a search found, the last modified last."""
    records = [item["TrainingJob"] for item in listing.items]
    return sorted(records, key=lambda each: seconds(each["LastModifiedTime"]))


def _newest(seen: Recording) -> Iterator[tuple[Item, Item]]:
    """The newest record and the summary of each trial that ended over an hour ago."""
    for listing in seen.listings(SEARCH):
        for record in {each[TRIAL]: each for each in _records(listing)}.values():
            summary = seen.newest_trials.get(record[TRIAL].lower())
            if summary and _is_old(summary, listing.at):
                yield record, summary


def _is_old(summary: Item, at: float) -> bool:
    end = summary.get("TrainingEndTime")
    return has_ended(summary) and end is not None and at - seconds(end) > _LATEST


@fact(
    65,
    "Search with the operator In and comma-separated names finds those trials and no "
    "others.",
    source=ASSUMED,
    needs={Calls.TRIALS, Calls.SEARCH},
    breaks="Nothing is lost, but each trial takes a call of its own: many more calls.",
)
def by_name(seen: Recording) -> Iterator[bool]:
    """Each record."""
    for listing in seen.listings(SEARCH):
        names = asked(listing)
        for record in _records(listing):
            yield record[TRIAL] in names


@fact(
    66,
    "An hour after a trial's end, Search finds it.",
    source=ASSUMED,
    needs={Calls.TRIALS, Calls.SEARCH},
    breaks="Nothing is lost: each trial that Search does not find takes a call of its "
    "own.",
)
def knows(seen: Recording) -> Iterator[bool]:
    """Each requested trial that ended over an hour ago."""
    for listing in seen.listings(SEARCH):
        if not listing.has_ended:
            continue
        names = {record[TRIAL] for record in _records(listing)}
        for name in asked(listing):
            summary = seen.newest_trials.get(name.lower())
            if summary and _is_old(summary, listing.at):
                yield name in names


@fact(
    67,
    "An hour after a trial's end, Search agrees with the listing: status, times to the "
    "second, and the objective among the metrics.",
    source=ASSUMED,
    needs={Calls.TRIALS, Calls.SEARCH},
    breaks="Nothing is lost: the tap does not use a record that disagrees, and the "
    "trial takes a call of its own.",
)
def agrees(seen: Recording) -> Iterator[bool]:
    """Each record."""
    for record, summary in _newest(seen):
        yield record["TrainingJobStatus"] == summary["TrainingJobStatus"]
        for name in _TIMES:
            yield same_second(record.get(name), summary.get(name))
        if METRIC in summary and "FinalMetricDataList" in record:
            metrics = [metric(each) for each in record["FinalMetricDataList"]]
            yield metric(summary[METRIC]) in metrics


@fact(
    68,
    "An hour after a trial's end, Search has everything that DescribeTrainingJob has, "
    "except status transitions, environment, debugger, profiler, warm pool status, and "
    "members that the service's model has in descriptions only.",
    source=READ,
    needs={Calls.TRIALS, Calls.SEARCH, Calls.DESCRIBED},
    breaks="If Search lacks a member that every trial has, nothing is lost: the trial "
    "takes a call of its own. Any other member would be null in training_job_details.",
)
def lacks_nothing(seen: Recording) -> Iterator[bool]:
    """Each member that every trial has, or this trial's description has."""
    described = {
        exchange.answer[TRIAL].lower(): exchange.answer
        for exchange in seen.answers(DESCRIBE_TRIAL)
    }
    for record, summary in _newest(seen):
        wanted = set(_ALWAYS)
        if METRIC in summary:
            wanted |= {"FinalMetricDataList"}
        if answer := described.get(record[TRIAL].lower()):
            wanted |= {
                name for name, value in answer.items() if value not in (None, [])
            }
        for name in wanted & _searchable() - _NOT_INDEXED:
            yield name in record


def _searchable() -> set[str]:
    """The members of a Search result, according to the model."""
    shape: Any = operation_model(SEARCH.name).output_shape
    job = shape.members["Results"].member.members["TrainingJob"]
    return set(job.members)


@fact(
    69,
    "Times in Search are truncated to whole seconds.",
    source=RECORDED,
    needs={Calls.TRIALS, Calls.SEARCH},
    breaks="Nothing: the tap compares times to the second.",
)
def whole_seconds(seen: Recording) -> Iterator[bool]:
    """Each time of a trial."""
    for listing in seen.listings(SEARCH):
        for record in _records(listing):
            for name in (*_TIMES, "LastModifiedTime"):
                if name in record:
                    yield seconds(record[name]).is_integer()


@fact(
    70,
    "Search results have Tags, which DescribeTrainingJob lacks.",
    source=RECORDED,
    needs={Calls.TRIALS, Calls.SEARCH},
    breaks="The column tags would be null, and so would the team in daily_spend.",
)
def tags(seen: Recording) -> Iterator[bool]:
    """Each record, and each description."""
    for listing in seen.listings(SEARCH):
        for record in _records(listing):
            yield isinstance(record.get("Tags"), list)
    for exchange in seen.answers(DESCRIBE_TRIAL):
        yield "Tags" not in exchange.answer


@fact(
    71,
    "Several filters joined by Or find what any of them finds; up to seven filters of "
    "1,024 characters are allowed.",
    source=DOCS,
    needs={Calls.TRIALS, Calls.SEARCH},
    breaks="Nothing is lost, but each trial takes a call of its own: many more calls.",
)
def joined(seen: Recording) -> Iterator[bool]:
    """Each search with several filters."""
    for exchange in seen.of(SEARCH):
        several = len(exchange.request["SearchExpression"].get("Filters", ())) > 1
        if several and exchange.is_answer:
            yield exchange.error_code != "ValidationException"
