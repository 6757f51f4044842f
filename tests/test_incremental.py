"""Incremental replication over HTTP, with its calls counted."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from itertools import count
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from sagemaker_tuning_emulator import Fault
from tap_sagemaker_tuning.sync import run as run_module
from tests.conftest import ACCOUNT, REGION
from tests.tables import Tables

if TYPE_CHECKING:
    from sagemaker_tuning_emulator import Emulator
    from tests.conftest import TapHere

LIST = "ListHyperParameterTuningJobs"
TRIALS = "ListTrainingJobsForHyperParameterTuningJob"
DESCRIBE = "DescribeHyperParameterTuningJob"
DAY = 86_400

SHORT: dict[str, Any] = {"trials": 2, "parallel": 2, "trial_seconds": (60, 90)}


def called(emulator: Emulator) -> Counter[str]:
    """The calls since the last look, by operation."""
    counts = Counter(call.operation for call in emulator.calls)
    emulator.calls.clear()
    return counts


def test_no_change_is_one_call(emulator: Emulator, here: TapHere) -> None:
    """If nothing changed among 500 tuning jobs, one page is listed; with one that still
    runs, however old, a sync takes three calls."""
    scope = emulator.scope(ACCOUNT, REGION)
    for number in range(500):
        scope.plan(f"job-{number:03}", **SHORT)
        emulator.clock.move(seconds=900)
    emulator.clock.move(seconds=DAY)
    tables = Tables()
    tables.load(here(config={}))
    assert called(emulator) == {LIST: 5, TRIALS: 500}
    run = tables.load(here(config={}, state=tables.state))
    assert called(emulator) == {LIST: 1}
    assert run.records("tuning_jobs") == run.records("training_job_summaries") == []

    scope.plan("running", trials=500, parallel=1)
    emulator.clock.move(seconds=60)
    tables.load(here(config={}, state=tables.state))
    assert called(emulator) == {LIST: 1, TRIALS: 1}
    for number in range(150):
        emulator.clock.move(seconds=900)
        scope.plan(f"later-{number:03}", **SHORT)
    emulator.clock.move(seconds=3600)
    tables.load(here(config={}, state=tables.state))
    called(emulator)
    tables.load(here(config={}, state=tables.state))
    assert called(emulator) == {LIST: 1, DESCRIBE: 1, TRIALS: 1}


@pytest.mark.parametrize(
    ("unknown", "said"),
    [
        ([], ""),
        (["nobody"], "tuning_job_names not found: nobody; "),
        (
            [f"no-{number}" for number in range(7)],
            "tuning_job_names not found: no-0, no-1, no-2, no-3, no-4 and 2 more; ",
        ),
    ],
    ids=len,
)
def test_the_last_line_says_which_names_nobody_has(
    emulator: Emulator, here: TapHere, unknown: list[str], said: str
) -> None:
    """A name that no scope has is not a failure; the last line of the log reports
    it."""
    emulator.scope(ACCOUNT, REGION).plan("churn", **SHORT)
    emulator.clock.move(seconds=DAY)
    run = here(config={"tuning_job_names": ["Churn", *unknown]})
    assert run.returncode == 0
    last = (
        "1 of 1 accounts and regions complete; accounts: 1, regions: 1; "
        f"{said}tuning jobs: 1 read"
    )
    assert last in run.error
    assert run.stderr.count(" was not found") == len(unknown)


def test_names_are_unknown_only_to_scopes_that_were_listed(here: TapHere) -> None:
    """If no account could be opened, names are not reported as unknown."""
    run = here(config={"tuning_job_names": ["churn"], "aws_profile": "nobody"})
    assert run.returncode == 1
    assert "nobody" in run.error
    assert "was not found" not in run.stderr


def test_names_need_no_list_permission(emulator: Emulator, here: TapHere) -> None:
    """With `tuning_job_names`, the account is not listed, names match regardless of
    case, and a name that no scope has is a warning."""
    scope = emulator.scope(ACCOUNT, REGION)
    scope.plan("Churn", **SHORT)
    scope.plan("other", **SHORT)
    emulator.clock.move(seconds=DAY)
    emulator.faults.add(Fault("deny", operation=LIST))
    config = {"tuning_job_names": ["churn", "nobody"]}
    tables = Tables()
    run = tables.load(here(config=config))
    assert called(emulator) == {DESCRIBE: 2, TRIALS: 1}
    assert [r["tuning_job_name"] for r in run.records("tuning_jobs")] == ["Churn"]
    assert "tuning_job_names: nobody was not found" in run.stderr
    tables.load(here(config=config, state=tables.state))
    assert called(emulator) == {DESCRIBE: 2}


def test_streams_share_one_listing_and_catch_up_alone(
    emulator: Emulator, here: TapHere
) -> None:
    """Both streams share one listing, and one that was left out catches up."""
    scope = emulator.scope(ACCOUNT, REGION)
    scope.plan("first", **SHORT)
    emulator.clock.move(seconds=3600)
    tables = Tables()
    tables.load(here(config={}))
    assert called(emulator) == {LIST: 1, TRIALS: 1}
    only_jobs = here.catalog("tuning_jobs")
    for number in range(3):
        emulator.clock.move(seconds=7 * DAY)
        scope.plan(f"later-{number}", **SHORT)
    emulator.clock.move(seconds=DAY)
    called(emulator)
    run = tables.load(here(config={}, state=tables.state, catalog=only_jobs))
    assert called(emulator) == {LIST: 1}
    assert run.records("training_job_summaries") == []
    run = tables.load(here(config={}, state=tables.state))
    assert len(run.records("training_job_summaries")) == 3 * 2
    assert run.records("tuning_jobs") == []


def test_start_date_is_exact(emulator: Emulator, here: TapHere) -> None:
    """Trials created at or after start_date are read, even of older tuning jobs; tuning
    jobs that ended before it are left out of both streams."""
    scope = emulator.scope(ACCOUNT, REGION)
    scope.plan("ended", **SHORT)
    emulator.clock.move(seconds=DAY)
    scope.plan("running", trials=30, parallel=2)
    emulator.clock.move(seconds=2 * DAY)
    trials = scope.truth()["trials"]["running"]
    middle = trials[len(trials) // 2]["CreationTime"]
    expected = {
        trial["TrainingJobName"] for trial in trials if trial["CreationTime"] >= middle
    }
    start = (middle + timedelta(seconds=0.9)).isoformat()
    run = here(config={"start_date": start})
    names = {r["training_job_name"] for r in run.records("training_job_summaries")}
    assert names == expected
    assert [r["tuning_job_name"] for r in run.records("tuning_jobs")] == ["running"]


def test_states_come_now_and_then(
    emulator: Emulator, here: TapHere, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A long sync writes a STATE every few seconds, not one per tuning job."""
    seconds = count()  # one second passes per event
    clock = SimpleNamespace(monotonic=lambda: next(seconds))
    monkeypatch.setattr(run_module, "time", clock)
    scope = emulator.scope(ACCOUNT, REGION)
    for number in range(30):
        scope.plan(f"job-{number}", **SHORT)
    emulator.clock.move(seconds=3600)
    run = here(config={})
    states = [message for message in run.messages if message["type"] == "STATE"]
    # Two streams, each with records and an end for 30 tuning jobs.
    assert 2 * 2 * 30 // 8 <= len(states) <= 2 * 2 * 30 // 4
