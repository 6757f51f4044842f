"""Search: expressions, their limits, pages, and an inaccurate index."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from sagemaker_tuning_emulator import Fault, Index

from .calling import after, refused, trial, tuning_job
from .conforming import flaws

if TYPE_CHECKING:
    from sagemaker_tuning_emulator import Emulator, Scope

    from .calling import Client, Connect

Found = list[dict[str, Any]]
ALL: dict[str, Any] = {"Resource": "TrainingJob"}


def equals(*names: str) -> list[dict[str, str]]:
    """A filter for each name."""
    return [
        {"Name": "TrainingJobName", "Operator": "Equals", "Value": name}
        for name in names
    ]


def one_of(*names: str) -> dict[str, str]:
    """One filter for all names."""
    return {"Name": "TrainingJobName", "Operator": "In", "Value": ",".join(names)}


def search(client: Client, expression: dict[str, Any] | None = None) -> Found:
    """All records found, over all pages."""
    params = {**ALL, "MaxResults": 7, "SearchExpression": expression}
    given = {name: value for name, value in params.items() if value is not None}
    pages = client.get_paginator("search").paginate(**given)
    return [result["TrainingJob"] for page in pages for result in page["Results"]]


def names(found: Found) -> set[str]:
    """The names found; no two records share one."""
    shown = {each["TrainingJobName"] for each in found}
    assert len(shown) == len(found)
    return shown


@pytest.fixture
def scope(emulator: Emulator) -> Scope:
    """Thirty trials, t-00 to t-29, in two tuning jobs, all ended."""
    scope = emulator.scope()
    for job in range(2):
        trials = [
            trial(
                f"t-{job}{number}",
                ended=after(100 + number + job / 2),
                hyperparameters={"depth": str(number)},
                touched_after_seconds=20.0,
            )
            for number in range(15)
        ]
        scope.add(tuning_job(*trials, name=f"tune-{job}", tags={"team": f"{job}"}))
    emulator.clock.move(seconds=400)
    return scope


class TestExpressions:
    """Which records a search finds."""

    def test_without_one(self, scope: Scope, client: Client) -> None:
        """Everything is found as it is described, with tags, and with times to the
        second."""
        found = {each["TrainingJobName"]: each for each in search(client)}
        details = scope.details()
        assert len(found) == 30
        assert flaws("Search", {"Results": [{"TrainingJob": found["t-00"]}]}) == []
        for job, described in details["trials"].items():
            for exact in described:
                record = found[exact["TrainingJobName"]]
                assert record.pop("Tags") == details["tags"][job]
                assert record.keys() == exact.keys()
                end = exact["TrainingEndTime"].replace(microsecond=0)
                assert record["TrainingEndTime"] == end
                steps = record["SecondaryStatusTransitions"]
                assert {step["StartTime"].microsecond for step in steps} == {0}

    @pytest.mark.parametrize(
        ("expression", "expected"),
        [
            ({"Filters": [one_of("t-01", "t-12", "gone")]}, {"t-01", "t-12"}),
            ({"Filters": [one_of("t-01")] * 2}, {"t-01"}),
            ({"Filters": equals("t-01", "t-02")}, set()),
            ({"Filters": equals("t-01", "t-02"), "Operator": "Or"}, {"t-01", "t-02"}),
            (
                {
                    "SubExpressions": [
                        {"Filters": [one_of("t-01", "t-02")]},
                        {"Filters": equals("t-03", "t-04"), "Operator": "Or"},
                    ],
                    "Operator": "Or",
                },
                {"t-01", "t-02", "t-03", "t-04"},
            ),
            (
                {
                    "Filters": [one_of("t-01", "t-02", "t-11")],
                    "SubExpressions": [
                        {"Filters": [{"Name": "Tags.team", "Value": "1"}]}
                    ],
                },
                {"t-11"},
            ),
            (
                {"Filters": [{"Name": "HyperParameters.depth", "Value": "3"}]},
                {"t-03", "t-13"},
            ),
            (
                {
                    "Filters": [
                        {
                            "Name": "TrainingTimeInSeconds",
                            "Operator": "GreaterThanOrEqualTo",
                            "Value": "104",
                        }
                    ]
                },
                {"t-014", "t-114"},
            ),
            (
                {
                    "Filters": [
                        {
                            "Name": "TrainingEndTime",
                            "Operator": "LessThan",
                            "Value": "2026-03-02T09:01:41Z",
                        }
                    ]
                },
                {"t-00", "t-10"},
            ),
            (
                {
                    "Filters": [
                        {
                            "Name": "TrainingJobName",
                            "Operator": "Contains",
                            "Value": "-01",
                        },
                        {"Name": "FailureReason", "Operator": "NotExists"},
                        {
                            "Name": "FailureReason",
                            "Operator": "NotEquals",
                            "Value": "x",
                        },
                        {"Name": "EnableManagedSpotTraining", "Value": "false"},
                    ]
                },
                {"t-01", "t-010", "t-011", "t-012", "t-013", "t-014"},
            ),
            ({"Filters": [{"Name": "FailureReason", "Value": "x"}]}, set()),
        ],
    )
    def test_filters(
        self,
        scope: Scope,
        client: Client,
        expression: dict[str, Any],
        expected: set[str],
    ) -> None:
        """All filters must match, or any of them with Or; parts are expressions
        themselves."""
        assert len(scope.jobs()) == 2
        assert names(search(client, expression)) == expected

    @pytest.mark.usefixtures("scope")
    def test_order(self, client: Client) -> None:
        """By default, what changed last comes first, ten at a time; other orders can be
        requested."""
        page = client.search(**ALL)["Results"]
        first = [each["TrainingJob"]["TrainingJobName"] for each in page]
        assert first[:3] == ["t-014", "t-114", "t-013"]
        assert len(first) == 10
        page = client.search(
            **ALL, SortBy="TrainingEndTime", SortOrder="Ascending", MaxResults=1
        )
        assert page["Results"][0]["TrainingJob"]["TrainingJobName"] == "t-00"

    def test_deleted_trials_go_and_tuning_jobs_stay(
        self, scope: Scope, client: Client
    ) -> None:
        """Search finds trials of stopped and deleted tuning jobs."""
        scope.delete_trial("tune-0", "t-00")
        scope.delete("tune-0")
        assert names(search(client, {"Filters": [one_of("t-00", "t-01")]})) == {"t-01"}


class TestLimits:
    """What is too large or unknown is refused."""

    @pytest.mark.usefixtures("scope")
    def test_a_hundred_names_fit(self, client: Client) -> None:
        """A hundred long names fit into seven filters of 1,024 characters each."""
        long = [f"t-{number:03d}-" + "x" * 57 for number in range(98)] + [
            "t-01",
            "t-02",
        ]
        sevenths = [one_of(*long[start::7]) for start in range(7)]
        assert max(len(each["Value"]) for each in sevenths) <= 1024
        found = search(client, {"Filters": sevenths, "Operator": "Or"})
        assert names(found) == {"t-01", "t-02"}

    @pytest.mark.usefixtures("scope")
    def test_fifty_filters_fit(self, client: Client) -> None:
        """Fifty names fit into as many filters, in parts of at most twenty."""
        parts = [
            {"Filters": equals(*many), "Operator": "Or"}
            for many in (["x"] * 20, ["y"] * 20, ["t-01", "t-02", *["z"] * 8])
        ]
        found = search(client, {"SubExpressions": parts, "Operator": "Or"})
        assert names(found) == {"t-01", "t-02"}

    @pytest.mark.parametrize(
        ("params", "told"),
        [
            (
                {"SearchExpression": {"Filters": [one_of("x" * 1025)]}},
                "less than or equal to 1024",
            ),
            (
                {"SearchExpression": {"Filters": equals(*["x"] * 21)}},
                "less than or equal to 20",
            ),
            (
                {
                    "SearchExpression": {
                        "SubExpressions": [{"Filters": equals(*["x"] * 17)}] * 3
                    }
                },
                "51 filters; 50 are allowed",
            ),
            ({"MaxResults": 101}, "less than or equal to 100"),
            ({"Resource": "Endpoint"}, "No Endpoint can be searched for here."),
            (
                {
                    "SearchExpression": {
                        "NestedFilters": [
                            {
                                "NestedPropertyName": "InputDataConfig",
                                "Filters": equals("x"),
                            }
                        ]
                    }
                },
                "Nested filters",
            ),
            (
                {
                    "SearchExpression": {
                        "Filters": [{"Name": "CreationTime", "Value": "x"}]
                    }
                },
                "Invalid value for CreationTime: x",
            ),
        ],
    )
    @pytest.mark.usefixtures("scope")
    def test_refused(self, client: Client, params: dict[str, Any], told: str) -> None:
        """Anything that the service does not accept is a ValidationException."""
        code, message, status = refused(client.search, **{**ALL, **params})
        assert (code, status) == ("ValidationException", 400)
        assert told in message

    @pytest.mark.usefixtures("scope")
    def test_pages_can_be_empty(self, emulator: Emulator, client: Client) -> None:
        """Even if an empty page with a token comes before each page, everything is
        found."""
        emulator.faults.add(Fault("empty_pages"))
        assert len(names(search(client))) == 30
        assert len(emulator.calls) == 10

    @pytest.mark.parametrize(
        ("fault", "code", "told"),
        [
            (Fault("deny"), "AccessDeniedException", "sagemaker:Search on resource: *"),
            (
                Fault("throttle", rate=0.0, burst=0.0),
                "ThrottlingException",
                "Rate exceeded",
            ),
        ],
    )
    def test_faults(
        self, emulator: Emulator, connect: Connect, fault: Fault, code: str, told: str
    ) -> None:
        """Search can be denied and throttled like any other operation."""
        emulator.faults.add(fault)
        found = refused(connect().search, **ALL)
        assert found[0] == code
        assert told in found[1]


class TestIndex:
    """An index that is late, incomplete or has duplicates."""

    def test_lag(self, emulator: Emulator, client: Client) -> None:
        """A record is as old as the lag, so an ended trial can be running or absent."""
        scope = emulator.scope()
        scope.index = Index(lag_seconds=(60.0, 60.0))
        scope.add(tuning_job(trial()))
        seen = []
        for seconds in (60, 70, 159, 160, 165, 400):
            emulator.clock.move(after(seconds) - emulator.clock.now)
            seen.append([each["TrainingJobStatus"] for each in search(client)])
        running, ended = ["InProgress"], ["Completed"]
        assert seen == [[], running, running, ended, ended, ended]

    def test_lag_differs_by_trial(self, scope: Scope) -> None:
        """Lags lie within the span, differ between trials, and are the same each
        time."""
        index = Index(lag_seconds=(0.0, 100.0))
        at = after(150)
        once, again = (
            list(index.records(scope.trials(None), at, scope.home)) for _ in range(2)
        )
        statuses = {each["TrainingJobStatus"] for each in once}
        assert once == again
        assert statuses == {"InProgress", "Completed"}

    @pytest.mark.parametrize(
        ("options", "sizes", "without"),
        [
            ({"missing": 1.0}, set(), set()),
            ({"thinned": 1.0}, {1}, {"FinalMetricDataList"}),
            (
                {"thinned": 1.0, "thinned_members": ("ResourceConfig", "Tags")},
                {1},
                {"ResourceConfig", "Tags"},
            ),
            ({"without_transitions": True}, {1}, {"SecondaryStatusTransitions"}),
            ({"duplicated": 1.0, "duplicate_seconds": 320.0}, {2}, set()),
        ],
    )
    def test_flaws(
        self,
        scope: Scope,
        client: Client,
        options: dict[str, Any],
        sizes: set[int],
        without: set[str],
    ) -> None:
        """Records can be missing, lack members, or appear twice."""
        scope.index = Index(**options)
        found = search(client)
        shown = [each["TrainingJobName"] for each in found]
        assert {shown.count(name) for name in shown} == sizes
        assert all(without.isdisjoint(each) for each in found)

    def test_duplicates_are_older(self, scope: Scope) -> None:
        """Of two records, one is outdated; which one comes first varies."""
        index = Index(duplicated=1.0, duplicate_seconds=320.0)
        pairs = scope.trials(None)
        records = list(index.records(pairs, after(400), scope.home))
        statuses = [each["TrainingJobStatus"] for each in records]
        assert set(zip(statuses[::2], statuses[1::2], strict=True)) == {
            ("InProgress", "Completed"),
            ("Completed", "InProgress"),
        }

    def test_fractions(self, scope: Scope) -> None:
        """With a share of one half, some but not all records are affected."""
        index = Index(missing=0.5)
        found = list(index.records(scope.trials(None), after(400), scope.home))
        assert 5 < len(found) < 25

    def test_a_deleted_trial_is_found_until_the_lag_has_passed(
        self, emulator: Emulator, scope: Scope, client: Client
    ) -> None:
        """The index learns of a deletion late, too."""
        scope.index = Index(lag_seconds=(60.0, 60.0))
        scope.delete_trial("tune-0", "t-00")
        only = {"Filters": [one_of("t-00")]}
        before = names(search(client, only))
        emulator.clock.move(timedelta(seconds=60))
        assert (before, names(search(client, only))) == ({"t-00"}, set())
