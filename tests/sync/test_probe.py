"""The connection test: which calls it makes, and what it reports."""

from __future__ import annotations

import threading
from operator import attrgetter
from typing import TYPE_CHECKING, Any

import botocore.exceptions as aws
import pytest

from tap_sagemaker_tuning.aws.metric_data import Answers
from tap_sagemaker_tuning.aws.operations import (
    DESCRIBE_TRIAL,
    DESCRIBE_TUNING_JOB,
    GET_METRIC_DATA,
    GET_PRODUCTS,
    LIST_TRIALS,
    LIST_TUNING_JOBS,
    SEARCH,
    Operation,
)
from tap_sagemaker_tuning.aws.pages import Page
from tap_sagemaker_tuning.settings import Settings
from tap_sagemaker_tuning.streams import STREAMS
from tap_sagemaker_tuning.sync.probe import Probed, probe
from tests.sync.factories import FakeClient, answer

if TYPE_CHECKING:
    from collections.abc import Iterator

EVERY: set[Operation] = {call for stream in STREAMS for call in stream.operations}
NOBODY = "tap-sagemaker-tuning-test"
NOW = "2026-03-02T09:00:00.000Z"


class Scope(FakeClient):
    """A client that records its calls and answers some of them with an error."""

    partition = "aws"

    def __init__(
        self,
        region: str = "us-east-1",
        *,
        jobs: list[Any] | None = None,
        trials: list[Any] | None = None,
        errors: dict[Operation, Exception] | None = None,
    ) -> None:
        """Take some tuning jobs and trials, and errors for some operations."""
        super().__init__(region)
        self.asked: list[tuple[Operation, Any]] = []
        self.jobs = [{"HyperParameterTuningJobName": "job"}] if jobs is None else jobs
        self._trials = [{"TrainingJobName": "trial"}] if trials is None else trials
        self.errors = errors or {}

    def ask(self, operation: Operation, what: Any) -> None:
        """Record a call."""
        self.asked.append((operation, what))
        if operation in self.errors:
            raise self.errors[operation]

    def tuning_jobs(self, name_contains: str | None) -> Iterator[Page]:
        """List tuning jobs."""
        self.ask(LIST_TUNING_JOBS, name_contains)
        yield Page(self.jobs, NOW)

    def tuning_job(self, name: str) -> tuple[Any, str]:
        """Describe a tuning job."""
        self.ask(DESCRIBE_TUNING_JOB, name)
        return {"HyperParameterTuningJobName": name}, NOW

    def trials(self, name: str) -> Iterator[Page]:
        """List trials."""
        self.ask(LIST_TRIALS, name)
        yield Page(self._trials, NOW)

    def search_trials(self, expression: Any) -> list[Any]:
        """Search for trials."""
        self.ask(SEARCH, expression["Filters"][0]["Value"])
        return []

    def trial(self, name: str) -> None:
        """Describe a trial."""
        self.ask(DESCRIBE_TRIAL, name)

    @property
    def metric_data(self) -> Scope:
        """Return the metric data itself."""
        return self

    def points(self, series: list[Any]) -> Answers:
        """Read series."""
        self.ask(GET_METRIC_DATA, [one.trial for one in series])
        return Answers(complete=len(series))


class Prices:
    """A price list that is read through a scope."""

    def __init__(self, client: Scope) -> None:
        """Take the scope."""
        self.client = client

    def training(self, region: str, at_most: int) -> list[str]:
        """List products."""
        self.client.ask(GET_PRODUCTS, (region, at_most))
        return []


@pytest.fixture(autouse=True)
def prices(monkeypatch: pytest.MonkeyPatch) -> None:
    """Read price lists through the scopes above."""
    monkeypatch.setattr("tap_sagemaker_tuning.sync.probe.PriceList", Prices)


def look(
    *clients: Any, operations: set[Operation] = EVERY, names: list[str] | None = None
) -> list[Probed]:
    """What a test of these scopes finds."""
    settings = Settings(tuning_job_names=tuple(names) if names else None)
    return list(probe(clients, operations, settings, lambda: None))


def test_each_call_once() -> None:
    """The test makes seven calls, one per operation, each with what the previous one
    found."""
    scope = Scope()
    assert look(scope) == [Probed(str(scope.scope), [], "newest tuning job job")]
    assert scope.asked == [
        (LIST_TUNING_JOBS, None),
        (DESCRIBE_TUNING_JOB, "job"),
        (LIST_TRIALS, "job"),
        (SEARCH, "trial"),
        (DESCRIBE_TRIAL, "trial"),
        (GET_METRIC_DATA, ["trial"]),
        (GET_PRODUCTS, ("us-east-1", 1)),
    ]


@pytest.mark.parametrize("stream", STREAMS, ids=lambda stream: stream.name)
def test_only_what_is_selected_needs(stream: Any) -> None:
    """The test makes no call that no selected stream needs."""
    scope = Scope()
    look(scope, operations=set(stream.operations))
    assert {operation for operation, _ in scope.asked} == set(stream.operations)


def test_where_there_is_nothing() -> None:
    """AWS checks the permission before it looks for the name, so an unknown name is
    enough."""
    missing = answer("ResourceNotFound", LIST_TRIALS)
    scope = Scope(jobs=[], trials=[], errors={LIST_TRIALS: missing})
    assert look(scope) == [Probed(str(scope.scope), [], "no tuning job")]
    asked = dict(scope.asked)
    assert [asked[DESCRIBE_TUNING_JOB], asked[LIST_TRIALS]] == [NOBODY, NOBODY]
    assert [asked[SEARCH], asked[DESCRIBE_TRIAL]] == [NOBODY, NOBODY]


def test_odd_items_are_passed_over() -> None:
    """The first item with a name is used."""
    scope = Scope(jobs=[None, 7, {}, {"HyperParameterTuningJobName": "third"}])
    look(scope)
    assert dict(scope.asked)[LIST_TRIALS] == "third"


def test_named_tuning_jobs_are_not_listed() -> None:
    """With names in the settings, no call for the whole account is made."""
    scope = Scope()
    (found,) = look(scope, names=["mine", "other"])
    assert found.tuning_job == "tuning job mine"
    asked = dict(scope.asked)
    assert LIST_TUNING_JOBS not in asked
    assert asked[DESCRIBE_TUNING_JOB] == asked[LIST_TRIALS] == "mine"


@pytest.mark.parametrize(
    "operation",
    sorted(EVERY, key=attrgetter("name")),
    ids=attrgetter("name"),
)
def test_a_denial_names_its_action(operation: Operation) -> None:
    """A denied call is reported with its action, and the other calls are still made."""
    denied = answer("AccessDeniedException", operation)
    scope = Scope(errors={operation: denied})
    (problem,) = look(scope)[0].problems
    assert problem.endswith(f"Allow {operation.iam_action}")
    assert {operation for operation, _ in scope.asked} == EVERY


@pytest.mark.parametrize(
    "error",
    [
        answer("UnrecognizedClientException", LIST_TUNING_JOBS),
        aws.EndpointConnectionError(endpoint_url="https://x"),
        KeyError("a bug"),
    ],
    ids=["region", "network", "bug"],
)
def test_out_of_reach_is_told_once(error: Exception) -> None:
    """A failure that would be the same for each call ends the test of that scope."""
    lost, well = Scope("eu-west-1", errors={LIST_TUNING_JOBS: error}), Scope()
    far, near = look(lost, well)
    assert len(far.problems) == len(lost.asked) == 1
    assert near.problems == []


def test_a_partition_without_a_price_list() -> None:
    """In a partition without a price list, no price list is called."""
    scope = Scope("us-gov-east-1")
    scope.partition = "aws-us-gov"
    look(scope)
    assert GET_PRODUCTS not in dict(scope.asked)


def test_scopes_are_told_in_their_order() -> None:
    """Scopes are reported in the order of the settings, whichever is done first."""
    second = threading.Event()

    class Slow(Scope):
        def tuning_job(self, name: str) -> tuple[Any, str]:
            assert second.wait(5)
            return super().tuning_job(name)

    class Quick(Scope):
        def trial(self, name: str) -> None:
            super().trial(name)
            second.set()

    scopes = [Slow(), Quick(), *(Scope(f"r-{number}") for number in range(40))]
    found = [(result.where, result.problems) for result in look(*scopes)]
    assert found == [(str(scope.scope), []) for scope in scopes]


def test_no_scopes() -> None:
    """Without scopes, nothing is wrong."""
    assert look() == []


def test_a_signal_ends_it() -> None:
    """A signal ends the test even while a scope does not answer."""
    never = threading.Event()

    class Stuck(Scope):
        def tuning_job(self, name: str) -> tuple[Any, str]:
            never.wait(30)
            return super().tuning_job(name)

    def stop() -> None:
        raise SystemExit(143)

    stuck: Any = Stuck()
    with pytest.raises(SystemExit):
        list(probe([stuck], EVERY, Settings(), stop))
    never.set()
