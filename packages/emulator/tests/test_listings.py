"""Pages, orders and filters over HTTP, used as a tap uses them."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from .calling import (
    ORDERS,
    START,
    TRIALS,
    TUNING_JOBS,
    after,
    read,
    trial,
    tuning_job,
)

if TYPE_CHECKING:
    from sagemaker_tuning_emulator import Emulator, Scope

    from .calling import Client


class TestListing:
    """Pages, orders and filters."""

    @pytest.mark.parametrize("order", ORDERS)
    @pytest.mark.parametrize(
        ("sort_by", "member"),
        [
            ("Name", "HyperParameterTuningJobName"),
            ("CreationTime", "CreationTime"),
            ("Status", "HyperParameterTuningJobStatus"),
        ],
    )
    def test_tuning_jobs_are_complete(
        self, emulator: Emulator, client: Client, sort_by: str, member: str, order: str
    ) -> None:
        """Pages of tuning jobs add up to all of them, in any requested order."""
        scope = emulator.scope()
        for index in range(22):
            created = START - timedelta(minutes=index * index)
            scope.plan(f"job-{index * 7 % 22:02d}", trials=3, created=created)
        found = read(client, TUNING_JOBS, SortBy=sort_by, SortOrder=order, MaxResults=7)
        by_age = sorted(found, key=lambda job: str(job["CreationTime"]))
        assert by_age == scope.truth()["tuning_jobs"]
        values = [job[member] for job in found]
        assert values == sorted(values, reverse=order == "Descending")

    @pytest.mark.parametrize("order", ORDERS)
    @pytest.mark.parametrize(
        ("sort_by", "member"),
        [
            ("Name", "TrainingJobName"),
            ("CreationTime", "CreationTime"),
            ("Status", "TrainingJobStatus"),
        ],
    )
    def test_trials_are_complete(
        self, emulator: Emulator, client: Client, sort_by: str, member: str, order: str
    ) -> None:
        """Pages of trials add up to all of them, in any requested order."""
        scope = emulator.scope()
        scope.plan("churn-xgb", trials=45, parallel=5)
        emulator.clock.move(seconds=5000)
        found = read(
            client,
            TRIALS,
            HyperParameterTuningJobName="churn-xgb",
            SortBy=sort_by,
            SortOrder=order,
            MaxResults=10,
        )
        by_number = sorted(found, key=lambda item: str(item["TrainingJobName"]))
        assert by_number == scope.truth()["trials"]["churn-xgb"]
        values = [item[member] for item in found]
        assert values == sorted(values, reverse=order == "Descending")

    @pytest.mark.parametrize("order", ORDERS)
    def test_objective_order_is_a_filter(
        self, emulator: Emulator, scope: Scope, client: Client, order: str
    ) -> None:
        """Trials without a metric are left out when sorted by objective."""
        scope.plan("churn-xgb", trials=45, parallel=5)
        emulator.clock.move(seconds=5000)
        found = read(
            client,
            TRIALS,
            HyperParameterTuningJobName="churn-xgb",
            SortBy="FinalObjectiveMetricValue",
            SortOrder=order,
            MaxResults=7,
        )
        member = "FinalHyperParameterTuningJobObjectiveMetric"
        truth = scope.truth()["trials"]["churn-xgb"]
        values = [item[member]["Value"] for item in found]
        rated = [item[member]["Value"] for item in truth if member in item]
        assert values == sorted(rated, reverse=order == "Descending")
        assert len(rated) < len(truth)

    @pytest.mark.parametrize(
        ("filters", "expected"),
        [
            ({"NameContains": "XGB"}, {"a-xgb", "b-xgb"}),
            ({"CreationTimeAfter": after(100)}, {"c-cnn"}),
            ({"CreationTimeBefore": after(100)}, {"a-xgb"}),
            ({"LastModifiedTimeAfter": after(203)}, {"c-cnn"}),
            ({"LastModifiedTimeBefore": after(203)}, {"a-xgb"}),
            ({"StatusEquals": "InProgress"}, {"c-cnn"}),
            ({"StatusEquals": "Completed"}, {"a-xgb", "b-xgb"}),
            ({"StatusEquals": "Failed"}, set()),
        ],
    )
    def test_filters_of_tuning_jobs(
        self,
        emulator: Emulator,
        scope: Scope,
        client: Client,
        filters: dict[str, Any],
        expected: set[str],
    ) -> None:
        """Each filter does what its name says; times are compared strictly."""
        for name, created, ended in (
            ("a-xgb", START, after(103)),
            ("b-xgb", after(100), after(203)),
            ("c-cnn", after(210), None),
        ):
            scope.add(tuning_job(name=name, created=created, ended=ended))
        emulator.clock.move(seconds=250)
        page = client.list_hyper_parameter_tuning_jobs(**filters)
        found = page["HyperParameterTuningJobSummaries"]
        assert {job["HyperParameterTuningJobName"] for job in found} == expected

    def test_newest_come_first_ten_at_a_time(
        self, scope: Scope, client: Client
    ) -> None:
        """By default, a listing shows the ten newest, newest first."""
        for index in range(12):
            scope.plan(f"job-{index:02d}", created=after(-index))
        page = client.list_hyper_parameter_tuning_jobs()
        found = page["HyperParameterTuningJobSummaries"]
        names = [job["HyperParameterTuningJobName"] for job in found]
        assert names == [f"job-{index:02d}" for index in range(10)]

    def test_status_filters_trials(
        self, emulator: Emulator, scope: Scope, client: Client
    ) -> None:
        """StatusEquals returns exactly the trials in that status."""
        scope.plan("churn-xgb", trials=45, parallel=5)
        emulator.clock.move(seconds=5000)
        found = read(
            client,
            TRIALS,
            HyperParameterTuningJobName="churn-xgb",
            StatusEquals="Completed",
            SortBy="CreationTime",
            MaxResults=5,
        )
        truth = scope.truth()["trials"]["churn-xgb"]
        assert found == [
            item for item in truth if item["TrainingJobStatus"] == "Completed"
        ]

    def test_filter_after_cut_leaves_empty_pages(
        self, emulator: Emulator, scope: Scope, client: Client
    ) -> None:
        """If a page is cut before it is filtered, pages can be empty, but nothing is
        lost."""
        late = trial("last", status="Failed", value=None, created=after(6))
        scope.add(tuning_job(*(trial(f"t-{index}") for index in range(9)), late))
        emulator.clock.move(seconds=200)
        scope.filter_after_cut = True
        pages = list(
            client.get_paginator(TRIALS).paginate(
                HyperParameterTuningJobName="tune",
                StatusEquals="Failed",
                SortBy="CreationTime",
                SortOrder="Ascending",
                MaxResults=3,
            )
        )
        sizes = [len(page["TrainingJobSummaries"]) for page in pages]
        assert sizes == [0, 0, 0, 1]

    def test_last_page_can_be_empty(self, scope: Scope, client: Client) -> None:
        """A full last page can have a token that leads to an empty page."""
        scope.plan("one")
        scope.empty_last_page = True
        pages = client.get_paginator(TUNING_JOBS).paginate(MaxResults=1)
        sizes = [len(page["HyperParameterTuningJobSummaries"]) for page in pages]
        assert sizes == [1, 0]

    def test_listing_lags_behind_creation(
        self, emulator: Emulator, scope: Scope, client: Client
    ) -> None:
        """A new tuning job can be described before a listing shows it."""
        scope.plan("late", listed_after_seconds=30.0)
        client.describe_hyper_parameter_tuning_job(HyperParameterTuningJobName="late")
        before = client.list_hyper_parameter_tuning_jobs()
        emulator.clock.move(seconds=30)
        then = client.list_hyper_parameter_tuning_jobs()
        key = "HyperParameterTuningJobSummaries"
        assert (len(before[key]), len(then[key])) == (0, 1)

    def test_a_trial_can_be_listed_late(
        self, emulator: Emulator, scope: Scope, client: Client
    ) -> None:
        """A new trial can be counted, and can be deleted, before a listing shows it."""
        late = trial("late", listed_after_seconds=200.0)
        scope.add(tuning_job(trial("at-once"), late))
        emulator.clock.move(seconds=150)
        name = {"HyperParameterTuningJobName": "tune"}
        counters = client.describe_hyper_parameter_tuning_job(**name)
        counters = counters["TrainingJobStatusCounters"]
        before = client.list_training_jobs_for_hyper_parameter_tuning_job(**name)
        foretold = scope.truth()["trials"]["tune"]
        emulator.clock.move(seconds=100)
        then = client.list_training_jobs_for_hyper_parameter_tuning_job(**name)
        key = "TrainingJobSummaries"
        assert before[key] == foretold
        assert [each["TrainingJobName"] for each in before[key]] == ["at-once"]
        assert len(then[key]) == counters["Completed"] == 2
        client.delete_training_job(TrainingJobName="late")
