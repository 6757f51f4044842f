"""Which facts recorded responses confirm: they break none that they show."""

from __future__ import annotations

import json
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sagemaker_tuning_contract.exchanges import JOB, TRIAL, Exchange, Recording
from sagemaker_tuning_contract.fact import RECORDED as TESTED
from sagemaker_tuning_contract.facts import FACTS
from sagemaker_tuning_contract.facts.errors import NOBODY
from tap_tools.generated.confirmations import RECORDED
from tests import recorded

from .breaks import JOB as DESCRIBE_JOB
from .breaks import JOBS, LISTS, TRIALS
from .breaks import TRIAL as DESCRIBE_TRIAL

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

pytestmark = recorded.needs_them

Case = tuple[set[int], list[Exchange]]

UNUSABLE = {
    "event_tuning_job__counters_null_describe_has_them": "an event, not a response",
    "describe_training_job__launched_by_tuning_job_partial": "a partial response",
    "describe_tuning_job__kubectl_docs_value_missing.BestTrainingJob": "docs",
    "best_trial__china_partition_redacted_arn.BestTrainingJob": "its ARN was cut",
    "describe_tuning_job__ack_definitions_variant_no_best": "an edited fixture",
}
"""Cases that do not represent the service, and why."""

OF_JOBS = {18, 23, 33, 34, 35, 45}
OF_DESCRIBED_JOBS = {18, 23, 42, 85, 87}
OF_TRIALS = {18, 19, 23, 46, 47, 48, 49, 51, 52, 53, 54, 55}
OF_DESCRIBED_TRIALS = {18, 61, 62, 63, 64}
OF_SEARCH = {69, 70}
OF_ERRORS = {28, 29, 30, 31, 32}


def on_the_wire(printed: Any) -> Any:
    """What was printed, with times as numbers and without the nulls of the print."""
    match recorded.wire(printed):
        case dict() as members:
            kept = {n: v for n, v in members.items() if v is not None}
            return {name: on_the_wire(value) for name, value in kept.items()}
        case list() as items:
            return [on_the_wire(item) for item in items]
        case datetime() as time:
            return time.timestamp()
        case value:
            return value


def listing(operation: str, *items: Any, **more: Any) -> Exchange:
    """A page of a listing."""
    answer = {LISTS[operation]: list(items), **more}
    return Exchange(operation, {JOB: "any"}, 200, answer, None)


def jobs() -> Iterator[Case]:
    """Listed tuning jobs, and described ones with their part of a listing."""
    for page in recorded.listed_jobs().values():
        answer = on_the_wire(page)
        yield OF_JOBS, [Exchange(JOBS, {}, 200, answer, None)]
    for name, printed in recorded.described_jobs().items():
        answer = on_the_wire(printed)
        request = {JOB: answer[JOB]}
        if name not in UNUSABLE:
            yield (
                OF_DESCRIBED_JOBS,
                [
                    listing(JOBS, answer),
                    Exchange(DESCRIBE_JOB, request, 200, answer, None),
                ],
            )


def trials() -> Iterator[Case]:
    """Trials in listings and descriptions."""
    for name, printed in recorded.trials().items():
        is_of_print = name.startswith(("trials_df__", "training_job_failure__"))
        is_of_parent = name.endswith(".OverallBestTrainingJob")
        if name not in UNUSABLE and not (is_of_print or is_of_parent):
            yield OF_TRIALS, [listing(TRIALS, on_the_wire(printed))]
    for name, printed in recorded.described_trials().items():
        answer = on_the_wire(printed)
        request = {TRIAL: answer[TRIAL]}
        if name not in UNUSABLE:
            yield (
                OF_DESCRIBED_TRIALS,
                [
                    listing(TRIALS, answer),
                    Exchange(DESCRIBE_TRIAL, request, 200, answer, None),
                ],
            )


def others() -> Iterator[Case]:
    """What Search found, errors, and an empty page with a token."""
    record = on_the_wire(
        recorded.searched_trials()["search_training_job__whole_seconds_with_tags"]
    )
    for text in recorded.wire_bodies().values():
        answer = json.loads(text)
        yield {20}, [Exchange(DESCRIBE_JOB, {JOB: "any"}, 200, answer, None)]
    expression = {"Filters": [{"Value": record[TRIAL]}]}
    request = {"SearchExpression": expression}
    answer = {"Results": [{"TrainingJob": record}]}
    yield OF_SEARCH, [Exchange("Search", request, 200, answer, None)]
    missing = {
        "resource_not_found_tuning_job": (DESCRIBE_JOB, {JOB: NOBODY}),
        "validation_requested_resource_not_found": (DESCRIBE_TRIAL, {TRIAL: NOBODY}),
    }
    for name, body in recorded.errors().items():
        operation, asked = missing.get(name, (DESCRIBE_TRIAL, {TRIAL: "any"}))
        yield OF_ERRORS, [Exchange(operation, asked, 400, body, None)]
    token = recorded.responses()[recorded.TOKENS[0]]["NextToken"]
    empty = listing(TRIALS, NextToken=token)
    last = recorded.responses()[recorded.LAST_PAGE]
    following = Exchange(TRIALS, {JOB: "any", "NextToken": token}, 200, last, None)
    yield {8, 12}, [empty, following]


def test_what_recorded_responses_confirm() -> None:
    """No recorded case breaks a fact that it shows, and each of these facts shows in at
    least one."""
    cases = [*jobs(), *trials(), *others()]
    verdicts = [
        (fact, fact.judge([Recording(exchanges)]), exchanges)
        for numbers, exchanges in cases
        for fact in FACTS
        if fact.number in numbers
    ]
    broken = [(fact.statement, of) for fact, verdict, of in verdicts if verdict.broken]
    assert broken == []
    seen = {fact.number for fact, verdict, _ in verdicts if verdict.seen}
    assert sorted(seen) == sorted(RECORDED)


def test_sources_are_honest() -> None:
    """The facts said to be tested by recorded responses are exactly those that are."""
    assert {fact.number for fact in FACTS if fact.source == TESTED} <= RECORDED


def test_unusable_cases_are_there() -> None:
    """Each excluded case exists."""
    names: Iterable[str] = {name.partition(".")[0] for name in UNUSABLE}
    assert set(names) <= recorded.responses().keys()
