"""How one page of a listing leads to the next."""

from __future__ import annotations

import base64
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sagemaker_tuning_emulator.paging import Page, Wanted, cut

from .calling import (
    ACCOUNT,
    TRIALS,
    after,
    read,
    refused,
    trial,
    tuning_job,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from sagemaker_tuning_emulator import Emulator, Scope
    from sagemaker_tuning_emulator.paging import Place

    from .calling import Client, Connect


class TestTokens:
    """How one page leads to the next."""

    def test_changes_between_pages_hide_nothing(
        self, emulator: Emulator, scope: Scope, client: Client
    ) -> None:
        """New jobs and deletions between pages neither repeat nor skip others."""
        for index in range(6):
            scope.plan(f"job-{index}", created=after(-index))
        first = client.list_hyper_parameter_tuning_jobs(MaxResults=2)
        emulator.clock.move(seconds=60)
        scope.plan("newer")
        scope.delete("job-1")
        scope.delete("job-2")
        second = client.list_hyper_parameter_tuning_jobs(
            MaxResults=2, NextToken=first["NextToken"]
        )
        names = [
            job["HyperParameterTuningJobName"]
            for page in (first, second)
            for job in page["HyperParameterTuningJobSummaries"]
        ]
        assert names == ["job-0", "job-1", "job-3", "job-4"]

    @pytest.mark.parametrize(
        "change",
        [
            {"MaxResults": 3},
            {"SortBy": "Name"},
            {"NameContains": "job"},
            {"NextToken": "bm90IGEgdG9rZW4="},
            {"NextToken": "not base64!"},
            {"NextToken": base64.b64encode(b"x" * 64).decode()},
        ],
    )
    def test_token_of_another_request_is_refused(
        self, scope: Scope, client: Client, change: dict[str, Any]
    ) -> None:
        """A token is valid only with the parameters of its own request."""
        for index in range(4):
            scope.plan(f"job-{index}")
        page = client.list_hyper_parameter_tuning_jobs(MaxResults=2)
        params = {"MaxResults": 2, "NextToken": page["NextToken"], **change}
        code, _, status = refused(client.list_hyper_parameter_tuning_jobs, **params)
        assert (code, status) == ("ValidationException", 400)

    def test_token_of_another_scope_is_refused(
        self, emulator: Emulator, connect: Connect
    ) -> None:
        """A token of one region is invalid in another."""
        here, there = connect(), connect(region="eu-west-1")
        for region in ("us-east-1", "eu-west-1"):
            for name in ("one", "two"):
                emulator.scope(ACCOUNT, region).plan(name)
        page = here.list_hyper_parameter_tuning_jobs(MaxResults=1)
        params = {"MaxResults": 1, "NextToken": page["NextToken"]}
        code, _, _ = refused(there.list_hyper_parameter_tuning_jobs, **params)
        assert code == "ValidationException"

    def test_token_expires(
        self, emulator: Emulator, scope: Scope, client: Client
    ) -> None:
        """A token older than its lifetime is refused."""
        emulator.tokens.seconds = 3600
        scope.plan("one")
        scope.plan("two")
        page = client.list_hyper_parameter_tuning_jobs(MaxResults=1)
        emulator.clock.move(timedelta(hours=2))
        params = {"MaxResults": 1, "NextToken": page["NextToken"]}
        code, message, _ = refused(client.list_hyper_parameter_tuning_jobs, **params)
        assert (code, message) == ("ValidationException", "The NextToken has expired.")

    def test_offsets_shift(
        self, emulator: Emulator, scope: Scope, client: Client
    ) -> None:
        """With offset tokens, a new row repeats another and a deletion hides one."""
        emulator.tokens.offsets = True
        for index in range(8):
            scope.plan(f"job-{index}", created=after(-index))
        names, params = [], {"MaxResults": 2}
        changes: list[Callable[[], object]] = [
            lambda: scope.plan("newer"),
            lambda: [scope.delete(name) for name in ("job-1", "newer")],
            lambda: None,
        ]
        for change in changes:
            page = client.list_hyper_parameter_tuning_jobs(**params)
            names.append(
                [
                    job["HyperParameterTuningJobName"]
                    for job in page["HyperParameterTuningJobSummaries"]
                ]
            )
            params["NextToken"] = page["NextToken"]
            emulator.clock.move(seconds=1)
            change()
        expected = [["job-0", "job-1"], ["job-1", "job-2"], ["job-5", "job-6"]]
        assert names == expected

    def test_offsets_of_trials_shift(
        self, emulator: Emulator, scope: Scope, client: Client
    ) -> None:
        """With offset tokens, a trial listed late between two pages repeats another and
        is itself missed."""
        emulator.tokens.offsets = True
        late = trial("late", created=after(20), listed_after_seconds=30.0)
        usual = [trial(f"t-{index}", created=after(index)) for index in range(4)]
        scope.add(tuning_job(*usual, late))
        emulator.clock.move(seconds=40)
        emulator.clock.tick = 20
        found = read(
            client,
            TRIALS,
            HyperParameterTuningJobName="tune",
            SortBy="CreationTime",
            SortOrder="Descending",
            MaxResults=2,
        )
        names = [item["TrainingJobName"] for item in found]
        assert names == ["t-3", "t-2", "t-2", "t-1", "t-0"]

    @given(
        items=st.sets(st.integers(0, 9)).map(sorted),
        size=st.integers(1, 5),
        descending=st.booleans(),
        hidden=st.integers(0, 9),
    )
    def test_both_kinds_cut_alike(
        self, items: list[int], size: int, *, descending: bool, hidden: int
    ) -> None:
        """If nothing changes, both kinds of tokens return every item once, in order."""

        def page(after: Place | int | None) -> Page[int]:
            wanted = Wanted(after, descending, size)
            return cut(items, lambda item: (item,), hidden.__ne__, wanted)

        by_place = [page(None)]
        while by_place[-1].last is not None:
            by_place.append(page(by_place[-1].last))
        by_offset = [page(size * index) for index in range(len(by_place))]
        assert by_place == by_offset
        found = [item for each in by_place for item in each.items]
        kept = [item for item in items if item != hidden]
        assert found == sorted(kept, reverse=descending)
        assert {len(each.items) for each in by_place[:-1]} <= {size}
