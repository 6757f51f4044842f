"""Every fact holds against the emulator, and every broken one is found and named."""

from __future__ import annotations

import json
from itertools import chain
from typing import TYPE_CHECKING, Any

import pytest

from sagemaker_tuning_contract.calls import MOST_CALLS
from sagemaker_tuning_contract.exchanges import Recording
from sagemaker_tuning_contract.fact import Calls
from sagemaker_tuning_contract.facts import FACTS
from sagemaker_tuning_contract.verdicts import broken, judged, lines
from sagemaker_tuning_emulator import Index, Scope
from tap_tools.generated.confirmations import NOT_IN_EMULATOR

from .breaks import (
    BREAKS,
    METRICS,
    PRICES,
    TRIAL,
    Item,
    measured,
    no_points_of,
    per_instance,
    whole,
)
from .world import altered, numbers, run

if TYPE_CHECKING:
    from collections.abc import Callable

    from sagemaker_tuning_contract.calls import Caller
    from sagemaker_tuning_contract.fact import Fact
    from sagemaker_tuning_emulator import Emulator

    from .world import Change, Layer

SOME = (1, 10, 28, 36, 68)
"""Facts of different areas to break over HTTP; all are broken in a recording."""


def test_all_hold_against_the_emulator(account: Emulator) -> None:
    """Each fact holds against the emulator, or there is a reason why it cannot be seen
    there."""
    result = run(account)
    assert numbers(result, "does not hold") == set()
    assert numbers(result, "was not seen") == set(NOT_IN_EMULATOR)
    assert result.exit_code == 0


def test_numbers_are_of_one_fact_each() -> None:
    """A number always means the same fact, and every fact that can be broken is, in a
    test."""
    numbers = [fact.number for fact in FACTS]
    assert numbers == sorted(set(numbers))
    assert set(numbers) - BREAKS.keys() == {12, 21, 30, 31}, "see test_command.py"


SHOWN = [fact for fact in FACTS if fact.number not in NOT_IN_EMULATOR]


@pytest.mark.parametrize("fact", SHOWN, ids=lambda fact: str(fact.number))
def test_the_calls_that_a_fact_needs_show_it(fact: Fact, surveyed: Caller) -> None:
    """Without any other calls than those that a fact declares, it can be checked."""
    needed = [surveyed.made[calls] for calls in Calls if calls in fact.needs]
    assert fact.judge([Recording([*chain(*needed)])]).word == "holds"


def test_every_call_is_needed(surveyed: Caller) -> None:
    """Each call is made for some fact, and recorded once."""
    needed = {calls for fact in FACTS for calls in fact.needs}
    assert needed == set(Calls) == surveyed.made.keys()
    made = [*chain(*surveyed.made.values())]
    assert sorted(map(id, made)) == sorted(map(id, surveyed.exchanges))


@pytest.mark.parametrize("number", BREAKS)
def test_a_broken_fact_is_seen_in_a_recording(
    number: int, recording: Recording
) -> None:
    """A fact that is broken in a recording is found."""
    verdicts = judged([altered(recording, BREAKS[number])])
    assert number in broken(verdicts)


def test_a_recording_says_what_the_account_said(
    account: Emulator, recording: Recording
) -> None:
    """A recording with pseudonyms gives the same verdicts and counts as the account
    itself."""
    said = [head + text for head, text, _ in lines(judged([recording]))]
    assert said == run(account).stdout.splitlines()


@pytest.mark.parametrize("number", SOME)
def test_a_broken_fact_is_found_and_named(
    number: int, account: Emulator, layer: Layer
) -> None:
    """A broken fact is reported by number with a paragraph on what it means, and the
    exit code is 1."""
    layer.changes = BREAKS[number]
    result = run(account)
    (fact,) = [each for each in FACTS if each.number == number]
    assert number in numbers(result, "does not hold")
    assert f"Fact {number} does not hold" in result.stdout
    assert f"What it means for your data: {fact.breaks}" in result.stdout
    assert result.exit_code == 1
    assert len(layer.requests) <= MOST_CALLS


def printing_nothing(answer: Item) -> None:
    """A trial defines metrics but prints none."""
    answer.pop("FinalMetricDataList", None)


def short(answer: Item) -> None:
    """A trial takes four minutes."""
    if "TrainingStartTime" in answer:
        answer["TrainingEndTime"] = answer["TrainingStartTime"] + 240


def interrupted(answer: Item) -> None:
    """A spot instance was interrupted, and the trial waited for another one."""
    per_instance(answer)
    answer["EnableManagedSpotTraining"] = True


def described_only(answer: Item) -> None:
    """A description has a member that results of Search do not support."""
    answer.update(ServerlessJobConfig={}, ProfilingStatus="Enabled", New=1)


def with_another(answer: Item) -> None:
    """A price list also has training on spot instances."""
    first = json.loads(answer["PriceList"][0])
    shown = first["product"]["attributes"]
    shown["usagetype"] = shown["usagetype"].replace("-Train", "-SpotTrain")
    answer["PriceList"].append(json.dumps(first))


def twice(answer: Item) -> None:
    """A price list has two prices for the same kind of training."""
    answer["PriceList"].append(answer["PriceList"][0])


def with_null(answer: Item) -> None:
    """A response has a null."""
    answer["NextToken"] = None


@pytest.mark.parametrize(
    ("number", "changes"),
    [
        (20, {METRICS: whole(with_null), PRICES: whole(with_null)}),
        (62, {TRIAL: whole(interrupted)}),
        (68, {TRIAL: whole(described_only)}),
        (74, {PRICES: whole(with_another)}),
        (
            78,
            {
                TRIAL: whole(printing_nothing),
                METRICS: measured(no_points_of("TrainingJobName")),
            },
        ),
        (79, {TRIAL: whole(short), METRICS: measured(no_points_of("Host"))}),
    ],
)
def test_what_is_no_difference(
    number: int, changes: dict[str, Change], recording: Recording
) -> None:
    """What only looks like a difference breaks no fact."""
    assert number not in broken(judged([altered(recording, changes)]))


def test_two_prices_of_one_kind(recording: Recording) -> None:
    """Two prices for the same kind of training break a fact, because either could
    apply."""
    assert 74 in broken(judged([altered(recording, {PRICES: whole(twice)})]))


def _pages_end_empty(scope: Scope) -> None:
    scope.empty_last_page = scope.filter_after_cut = True


def _late_index(scope: Scope) -> None:
    scope.index = Index(
        lag_seconds=(1700, 1800), duplicated=1.0, without_transitions=True
    )


ALLOWED: dict[str, tuple[Callable[[Scope], None], dict[str, Any]]] = {
    "pages that end empty": (_pages_end_empty, {}),
    "an index of half an hour ago": (_late_index, {}),
    "counters of half a minute ago": (
        lambda _: None,
        {"counters_lag_seconds": 30.0, "sparse_counters": True},
    ),
    "times in 1970, ARNs in lower case": (
        lambda _: None,
        {"metrics_in_1970": True, "lower_cased_arns": True, "cased_arns": True},
    ),
}
"""What the service may do: how a scope is set up, and how its tuning jobs are
planned."""


@pytest.mark.slow
@pytest.mark.parametrize("name", ALLOWED)
def test_what_the_service_may_do_breaks_nothing(emulator: Emulator, name: str) -> None:
    """Nothing that the tap supports is reported as a difference, live or in a
    recording."""
    change, plan = ALLOWED[name]
    scope = emulator.scope()
    change(scope)
    for job, hour in (
        ("churn", "03-01T07"),
        ("alive", "03-02T08"),
        ("old", "01-20T08"),
    ):
        scope.plan(job, trials=30, parallel=5, created=f"2026-{hour}:00:00Z", **plan)
    emulator.tokens.offsets = True
    result = run(emulator)
    assert numbers(result, "does not hold") == set()
    assert result.exit_code == 0
