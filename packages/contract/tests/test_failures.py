"""Failures and odd responses: what they report, which facts they affect, and what
remains."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

import pytest

from sagemaker_tuning_contract.calls import MOST_DENIALS
from sagemaker_tuning_contract.facts import FACTS
from sagemaker_tuning_emulator import Fault

from .breaks import (
    JOB,
    JOBS,
    METRICS,
    PRICES,
    SEARCH,
    TRIAL,
    TRIALS,
    each,
    whole,
)
from .world import fill, numbers, run

if TYPE_CHECKING:
    from pathlib import Path

    from sagemaker_tuning_emulator import Emulator

    from .world import Change, Layer

Item = dict[str, Any]


@pytest.mark.usefixtures("waits")
def test_odd_denials_and_throttling(account: Emulator, layer: Layer) -> None:
    """Denials and throttling with other codes than the recorded ones break their
    facts."""
    said = "User: a is not authorized to perform: sagemaker:Search"
    slow = {"__type": "TooManyRequestsException", "message": "Rate exceeded"}
    layer.changes = {
        SEARCH: lambda *_: (403, {"__type": "AccessDenied", "message": said}),
        TRIAL: lambda *_: (400, slow),
    }
    assert {30, 31} <= numbers(run(account), "does not hold")


@pytest.mark.usefixtures("waits")
def test_the_codes_of_other_services(account: Emulator, layer: Layer) -> None:
    """CloudWatch and the price list have other error codes, which break no fact."""
    said = "User: a is not authorized to perform: cloudwatch:GetMetricData"
    slow = {"__type": "Throttling", "message": "Rate exceeded"}
    layer.changes = {
        METRICS: lambda *_: (403, {"__type": "AccessDenied", "message": said}),
        PRICES: lambda *_: (400, slow),
    }
    assert numbers(run(account), "does not hold") == set()


def struck(*numbers: int, status: int, code: str) -> Change:
    """Refuse the calls of an operation with these numbers, counted from 1."""
    counter = itertools.count(1)

    def changed(_: Item, given: int, answer: Item) -> tuple[int, Item]:
        if next(counter) in numbers:
            return status, {"__type": code, "message": "No."}
        return given, answer

    return changed


@pytest.mark.usefixtures("waits")
@pytest.mark.parametrize(
    ("status", "code"),
    [(400, "ThrottlingException"), (500, "InternalFailure"), (503, "Busy")],
)
def test_a_failed_try_breaks_nothing(
    account: Emulator, layer: Layer, status: int, code: str
) -> None:
    """A failed call is retried and breaks no fact, even if it is every second one."""
    odd = range(1, 200, 2)
    layer.changes = {
        operation: struck(*odd, status=status, code=code)
        for operation in (JOBS, TRIALS, JOB, TRIAL, SEARCH)
    }
    result = run(account)
    assert numbers(result, "does not hold") == set()
    assert {1, 7, 13, 25} <= numbers(result, "holds")


@pytest.mark.usefixtures("waits")
def test_a_service_that_throttles_by_the_second(emulator: Emulator) -> None:
    """Throttled calls break no fact, whichever they are."""
    fill(emulator)
    fault = Fault("throttle", operation=TRIALS, rate=20, burst=1)
    emulator.faults.add(fault)
    result = run(emulator)
    assert emulator.faults.struck(fault) > 0
    assert numbers(result, "does not hold") == set()


def test_a_policy_that_names_tuning_jobs(account: Emulator, layer: Layer) -> None:
    """If a policy allows only certain names, facts are checked on tuning jobs that
    exist."""
    said = {"__type": "AccessDeniedException", "message": "not authorized to do it"}

    def change(request: Item, status: int, answer: Item) -> tuple[int, Item]:
        name = request.get("HyperParameterTuningJobName") or request["TrainingJobName"]
        is_allowed = name.startswith(("churn", "ties", "alive", "many", "two"))
        return (status, answer) if is_allowed else (400, said)

    layer.changes = dict.fromkeys((TRIALS, JOB, TRIAL), change)
    result = run(account)
    assert {2, 7, 36, 40, 56, 57, 88} <= numbers(result, "holds")
    assert {28, 29} <= numbers(result, "was not seen")
    assert "could not be checked: sagemaker:DescribeTrainingJob: " in result.stderr
    assert numbers(result, "does not hold") == set()


def test_an_action_that_is_denied_is_not_asked_for_ever(
    account: Emulator, layer: Layer
) -> None:
    """After a few denials, the action is no longer called with other names."""
    said = {"__type": "AccessDeniedException", "message": "not authorized to do it"}
    layer.changes = {JOB: lambda *_: (400, said)}
    assert numbers(run(account), "does not hold") == set()
    assert [operation for operation, _ in layer.requests].count(JOB) <= MOST_DENIALS


def nameless(item: Item) -> None:
    """A trial has no name."""
    item.pop("TrainingJobName")


ODD_ANSWERS: dict[str, dict[str, Change]] = {
    "a metric without a name": {
        TRIAL: whole(lambda a: a.update(FinalMetricDataList=[{"Value": 1.0}]))
    },
    "an algorithm that is null": {
        TRIAL: whole(lambda a: a.update(AlgorithmSpecification=None))
    },
    "metrics that are no list": {
        TRIAL: whole(lambda a: a.update(FinalMetricDataList=7))
    },
    "trials without names": {TRIALS: each(nameless)},
    "a page that is not a list": {
        TRIALS: whole(lambda a: a.update(TrainingJobSummaries=7))
    },
    "tuning jobs without names": {
        JOBS: each(lambda i: i.pop("HyperParameterTuningJobName"))
    },
}


@pytest.mark.parametrize("name", ODD_ANSWERS)
def test_an_odd_answer_stops_nothing(
    account: Emulator, layer: Layer, name: str, tmp_path: Path
) -> None:
    """After an odd response, all facts are still checked, and all calls are
    recorded."""
    layer.changes = ODD_ANSWERS[name]
    result = run(account, "--record", str(tmp_path / "new"))
    assert result.exit_code in {0, 1}
    assert "Traceback" not in result.stderr
    assert [op for op, _ in layer.requests if op == PRICES]
    judged = ("holds", "does not hold", "was not seen")
    assert sum(len(numbers(result, word)) for word in judged) == len(FACTS)
    assert len(list(tmp_path.rglob("scope-1/*.json"))) == len(layer.requests)


@pytest.mark.parametrize("error", [OverflowError, ValueError, RecursionError])
def test_what_cannot_be_recorded_is_a_line(
    account: Emulator,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    error: type[Exception],
) -> None:
    """If the recording fails, all facts are still checked, and the error contains
    nothing of a response."""

    def redacted(*_: Any, **__: Any) -> None:
        said = "churn"
        raise error(said)

    monkeypatch.setattr("sagemaker_tuning_contract.recordings.redacted", redacted)
    result = run(account, "--record", str(tmp_path / "new"))
    assert result.exit_code == 1
    assert f"--record: scope 1: {error.__name__}; it was not" in result.stderr
    assert "Error: --record: no scope was recorded" in result.stderr
    assert list(tmp_path.iterdir()) == []
    assert "churn" not in result.stderr
    assert 1 in numbers(result, "holds")


def test_prices_are_asked_for_early(account: Emulator, layer: Layer) -> None:
    """Prices are requested before the listings of one tuning job, which take many
    calls."""
    run(account)
    asked = [operation for operation, _ in layer.requests]
    assert asked.index(PRICES) < asked.index(SEARCH)
    assert asked[: asked.index(PRICES)].count(TRIALS) < asked.count(TRIALS) / 2
