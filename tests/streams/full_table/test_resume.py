"""A partial FULL_TABLE read resumes in the next sync with the token that it left."""

from __future__ import annotations

import json
import logging
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from sagemaker_tuning_emulator import Fault
from tests.streams.full_table.beside_boto3 import (
    JSON,
    LIST_TRIALS,
    PAGE,
    START,
    TRIALS,
    Reader,
    before,
    names,
    resume,
    saved,
    tuning_job,
)

if TYPE_CHECKING:
    from sagemaker_tuning_emulator import Scope


class TestResume:
    """A partial read of one tuning job in one scope resumes in the next sync."""

    @pytest.mark.usefixtures("scope")
    @pytest.mark.parametrize(("most", "syncs"), [(7, 4), (10, 3), (23, 2)])
    def test_to_the_end_and_from_the_start(
        self,
        reader: Reader,
        caplog: pytest.LogCaptureFixture,
        most: int,
        syncs: int,
    ) -> None:
        """Syncs resume where the previous one ended, up to the end, and then start
        over."""
        config: JSON = {"tuning_job_names": ["churn"], "max_items": most}
        read: list[str] = []
        state: JSON = {}
        for _ in range(syncs - 1):
            caplog.clear()
            run = reader.sync(state=state, **config)
            read += names(run)
            token = resume(run)["token"]
            assert f"to continue, set starting_token to {token}" in caplog.text
            state = run.state
        caplog.clear()
        last = reader.sync(state=state, **config)
        read += names(last)
        assert read == reader.boto3()[0]
        assert "to continue, set starting_token to" not in caplog.text
        assert resume(last) == {}
        restarted = reader.sync(state=last.state, **config)
        assert names(restarted) == reader.boto3(max_items=most)[0]

    @pytest.mark.usefixtures("scope")
    @pytest.mark.parametrize("most", [24, 25])
    def test_a_cap_that_meets_the_end(self, reader: Reader, most: int) -> None:
        """A cap at or above the number of trials leaves no token."""
        run = reader.sync(tuning_job_names=["churn"], max_items=most)
        assert names(run) == reader.boto3()[0]
        assert resume(run) == {}

    @pytest.mark.usefixtures("scope")
    def test_state(self, reader: Reader) -> None:
        """The state keeps boto3's token together with its request."""
        run = reader.sync(
            tuning_job_names=["CHURN"], max_items=10, sort_by="Name", page_size=PAGE
        )
        assert names(run) == reader.boto3(max_items=10, SortBy="Name")[0]
        entry = saved(run)
        assert set(entry) == {"context", "version", "resume"}
        assert entry["version"] == 1
        assert entry["resume"]["request"] == {
            "tuning_job_name": "churn",
            "creation_time": "2026-03-02T07:53:20.000Z",
            "sort_by": "Name",
            "page_size": PAGE,
        }
        token = entry["resume"]["token"]
        rest = reader.boto3(starting_token=token, SortBy="Name")[0]
        assert names(run) + rest == reader.boto3(SortBy="Name")[0]

    @pytest.mark.usefixtures("scope")
    def test_another_cap_goes_on(self, reader: Reader) -> None:
        """The cap can change between syncs, because it is not part of the request."""
        first = reader.sync(tuning_job_names=["churn"], max_items=10)
        second = reader.sync(state=first.state, tuning_job_names=["churn"])
        assert names(first) + names(second) == reader.boto3()[0]
        assert resume(second) == {}

    @pytest.mark.usefixtures("scope")
    def test_configured_token_wins(self, reader: Reader) -> None:
        """A configured token takes precedence over the state."""
        first = reader.sync(tuning_job_names=["churn"], max_items=10)
        _, token = reader.boto3(max_items=3)
        config: JSON = {"tuning_job_names": ["churn"], "starting_token": token}
        run = reader.sync(state=first.state, **config)
        assert names(run) == reader.boto3(starting_token=token)[0]
        assert len(names(run)) == 21

    @pytest.mark.usefixtures("scope")
    @pytest.mark.parametrize(
        ("config", "request_"),
        [
            ({"sort_by": "Name"}, {"SortBy": "Name"}),
            ({"sort_order": "Descending"}, {"SortOrder": "Descending"}),
            ({"status_equals": "Completed"}, {"StatusEquals": "Completed"}),
            ({"page_size": 8}, {}),
        ],
        ids=["sort_by", "sort_order", "status_equals", "page_size"],
    )
    def test_another_request_starts_over(
        self,
        reader: Reader,
        caplog: pytest.LogCaptureFixture,
        config: JSON,
        request_: JSON,
    ) -> None:
        """A token of another request is not sent: everything is read, without a
        warning."""
        first = reader.sync(tuning_job_names=["churn"], max_items=10)
        assert resume(first) != {}
        caplog.clear()
        run = reader.sync(state=first.state, tuning_job_names=["churn"], **config)
        assert names(run) == reader.boto3(**request_)[0]
        assert [r for r in caplog.records if r.levelno >= logging.WARNING] == []
        assert resume(run) == {}

    def test_another_tuning_job_starts_over(self, reader: Reader, scope: Scope) -> None:
        """A token of one tuning job is not sent for another."""
        scope.add(tuning_job("other"))
        first = reader.sync(tuning_job_names=["churn"], max_items=10)
        run = reader.sync(state=first.state, tuning_job_names=["other"])
        assert names(run) == reader.boto3(tuning_job="other")[0]

    def test_a_name_used_again_starts_over(self, reader: Reader, scope: Scope) -> None:
        """A deleted tuning job's token is not sent for a new one of the same name."""
        first = reader.sync(tuning_job_names=["churn"], max_items=10)
        emulator = reader.tap.emulator
        scope.delete("churn")
        emulator.clock.move(seconds=10)
        again = tuning_job("churn", created=START + timedelta(seconds=5))
        scope.add(again)
        run = reader.sync(state=first.state, tuning_job_names=["churn"])
        assert names(run) == reader.boto3()[0]
        assert len(names(run)) == 24

    @pytest.mark.parametrize("names_", [["churn", "later"], None], ids=["two", "all"])
    def test_several_tuning_jobs_keep_no_token(
        self, reader: Reader, scope: Scope, names_: list[str] | None
    ) -> None:
        """With several tuning jobs, or all, no token is kept, and each starts from the
        beginning."""
        scope.add(tuning_job("later", created=before(3900)))
        config: JSON = {"tuning_job_names": names_} if names_ else {}
        first = reader.sync(max_items=10, **config)
        assert "resume" not in json.dumps(first.state)
        second = reader.sync(state=first.state, max_items=10, **config)
        assert names(second) == names(first)
        assert len(names(first)) == 20

    def test_several_scopes_keep_no_token(self, reader: Reader, scope: Scope) -> None:
        """With several scopes, no token is kept."""
        regions = [scope.home.region, "eu-west-1"]
        config: JSON = {"tuning_job_names": ["churn"], "regions": regions}
        first = reader.sync(max_items=10, **config)
        assert len(names(first)) == 10
        assert "resume" not in json.dumps(first.state)


class TestRefusedTokens:
    """Tokens that the service or boto3 refuses."""

    @pytest.mark.usefixtures("scope")
    def test_an_expired_one_from_state(
        self, reader: Reader, caplog: pytest.LogCaptureFixture
    ) -> None:
        """An expired token in the state is dropped with a warning."""
        emulator = reader.tap.emulator
        first = reader.sync(tuning_job_names=["churn"], max_items=10)
        emulator.tokens.seconds = 60
        emulator.clock.move(seconds=120)
        caplog.clear()
        run = reader.sync(state=first.state, tuning_job_names=["churn"])
        assert names(run) == reader.boto3()[0]
        warnings = [r for r in caplog.records if r.levelno == logging.WARNING]
        assert len(warnings) == 1
        assert "churn" in warnings[0].getMessage()
        assert "expired" in warnings[0].getMessage()
        assert resume(run) == {}

    @pytest.mark.usefixtures("scope")
    def test_a_damaged_one_from_state(
        self, reader: Reader, caplog: pytest.LogCaptureFixture
    ) -> None:
        """A malformed token in the state is dropped, too, and the cap still applies."""
        first = reader.sync(tuning_job_names=["churn"], max_items=10)
        state = json.loads(json.dumps(first.state))
        [entry] = state["bookmarks"][TRIALS]["partitions"]
        entry["resume"]["token"] = "no token"  # noqa: S105 - a page token, not a secret
        caplog.clear()
        run = reader.sync(state=state, tuning_job_names=["churn"], max_items=12)
        assert names(run) == reader.boto3(max_items=12)[0]
        warnings = [r for r in caplog.records if r.levelno == logging.WARNING]
        assert len(warnings) == 1
        assert resume(run)["token"] == reader.boto3(max_items=12)[1]

    @pytest.mark.usefixtures("scope")
    @pytest.mark.parametrize("kind", ["no token", "foreign", "expired"])
    def test_a_configured_one(self, reader: Reader, kind: str) -> None:
        """A configured token that is refused is a failure, and nothing else is read."""
        emulator = reader.tap.emulator
        tokens = {
            "no token": "no token",
            "foreign": reader.boto3(max_items=10, SortBy="Name")[1],
            "expired": reader.boto3(max_items=10)[1],
        }
        emulator.tokens.seconds = 60
        emulator.clock.move(seconds={"expired": 120}.get(kind, 0))
        config: JSON = {"tuning_job_names": ["churn"], "starting_token": tokens[kind]}
        run = reader.sync(**config)
        run.assert_refused("churn")
        assert run.records(TRIALS) == []

    @pytest.mark.usefixtures("scope")
    @pytest.mark.parametrize("after", [0, 1], ids=["at once", "in the middle"])
    def test_a_failure_keeps_the_token(self, reader: Reader, after: int) -> None:
        """A sync that fails for another reason resumes at the same token next time."""
        config: JSON = {"tuning_job_names": ["churn"]}
        first = reader.sync(max_items=10, **config)
        emulator = reader.tap.emulator
        fault = Fault("deny", operation=LIST_TRIALS, after=after)
        emulator.faults.add(fault)
        failed = reader.sync(state=first.state, **config)
        failed.assert_refused("churn", f"Allow sagemaker:{LIST_TRIALS}")
        assert resume(failed) == resume(first)
        emulator.faults.remove(fault)
        last = reader.sync(state=failed.state, **config)
        assert names(first) + names(last) == reader.boto3()[0]

    @pytest.mark.usefixtures("scope")
    @pytest.mark.parametrize(
        "damage",
        ["text", 5, [], {"token": 5}, {"request": {}}],
        ids=json.dumps,
    )
    def test_a_damaged_state(self, reader: Reader, damage: Any) -> None:
        """A state with a damaged `resume` is refused, or read without it."""
        first = reader.sync(tuning_job_names=["churn"], max_items=10)
        state = json.loads(json.dumps(first.state))
        [entry] = state["bookmarks"][TRIALS]["partitions"]
        entry["resume"] = damage
        run = reader.sync(state=state, tuning_job_names=["churn"])
        assert (run.returncode, "\nError: " in run.stderr) in {(0, False), (1, True)}

    @pytest.mark.usefixtures("scope")
    def test_a_state_without_its_token(self, reader: Reader) -> None:
        """A request without its token in the state is refused, or read from the
        beginning."""
        first = reader.sync(tuning_job_names=["churn"], max_items=10)
        state = json.loads(json.dumps(first.state))
        [entry] = state["bookmarks"][TRIALS]["partitions"]
        del entry["resume"]["token"]
        run = reader.sync(state=state, tuning_job_names=["churn"])
        assert (run.returncode, "\nError: " in run.stderr) in {(0, False), (1, True)}
