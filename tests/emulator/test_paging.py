"""What leads from one page of a listing to the next."""

from __future__ import annotations

import base64
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from tests.emulator.calling import ACCOUNT, after, refused

if TYPE_CHECKING:
    from emulator import Emulator, Scope
    from tests.emulator.calling import Client, Connect


class TestTokens:
    """What leads from one page to the next."""

    def test_changes_between_pages_hide_nothing(
        self, emulator: Emulator, scope: Scope, client: Client
    ) -> None:
        """Newer jobs and deletions between pages neither repeat nor skip others."""
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
        """A token is good with the parameters it was made for, and no others."""
        for index in range(4):
            scope.plan(f"job-{index}")
        page = client.list_hyper_parameter_tuning_jobs(MaxResults=2)
        params = {"MaxResults": 2, "NextToken": page["NextToken"], **change}
        code, _, status = refused(client.list_hyper_parameter_tuning_jobs, **params)
        assert (code, status) == ("ValidationException", 400)

    def test_token_of_another_scope_is_refused(
        self, emulator: Emulator, connect: Connect
    ) -> None:
        """A token of one region is foreign in the next."""
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
