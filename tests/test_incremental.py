"""Incremental replication over real HTTP: the tap as a process, its calls counted."""

from __future__ import annotations

import random
from collections import Counter
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from emulator import Fault
from tests.conftest import ACCOUNT, REGION

if TYPE_CHECKING:
    from emulator import Emulator, Scope
    from tests.conftest import Run, TapHere

LIST = "ListHyperParameterTuningJobs"
TRIALS = "ListTrainingJobsForHyperParameterTuningJob"
DESCRIBE = "DescribeHyperParameterTuningJob"
DAY = 86_400

SHORT: dict[str, Any] = {"trials": 2, "parallel": 2, "trial_seconds": (60, 90)}


class Tables:
    """Rows by key, as an upserting target keeps them, and the state that came last."""

    def __init__(self) -> None:
        self.trials: dict[str, dict[str, Any]] = {}
        self.tuning_jobs: dict[str, dict[str, Any]] = {}
        self.state: dict[str, Any] = {}

    def load(self, run: Run) -> Run:
        """Take what a run wrote."""
        assert run.returncode == 0, run.stderr
        for record in run.records("training_job_summaries"):
            self.trials[record["training_job_arn"]] = record
        for record in run.records("tuning_jobs"):
            self.tuning_jobs[record["tuning_job_arn"]] = record
        self.state = run.state or self.state
        return run


def called(emulator: Emulator) -> Counter[str]:
    """What was called since the last look, by operation."""
    found = Counter(call.operation for call in emulator.calls)
    emulator.calls.clear()
    return found


def test_no_change_is_one_call(emulator: Emulator, here: TapHere) -> None:
    """When nothing changed among 500 tuning jobs, one page is listed; one that runs,
    however old it is, costs three calls in all."""
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


@pytest.mark.parametrize("seed", [1, 2])
def test_tables_equal_a_full_read(
    emulator: Emulator, here: TapHere, seed: int
) -> None:
    """Over a random life (creations, stops, deletions, faults, reads at any time) the
    tables equal a full read once all is over; few rows are written twice."""
    rng = random.Random(seed)  # noqa: S311 - a history, not a secret
    scope = emulator.scope(ACCOUNT, REGION)
    tables, written = Tables(), 0
    for hour in range(12):
        for number in range(rng.randrange(3)):
            scope.plan(
                f"job-{hour}-{number}",
                trials=rng.randrange(1, 130),
                parallel=rng.randrange(1, 20),
                listed_after_seconds=rng.choice([0, 0, 600]),
                counters_lag_seconds=rng.choice([0, 30]),
                sparse_counters=rng.choice([True, False]),
                lower_cased_arns=rng.choice([True, False]),
            )
        running = [job for job in scope.truth()["tuning_jobs"] if _runs(job)]
        for job in rng.sample(running, k=min(len(running), rng.randrange(2))):
            scope.stop(job["HyperParameterTuningJobName"])
        emulator.clock.move(seconds=rng.choice([60, 3600, 7200]))
        emulator.faults.clear()
        for fault in rng.sample(_FAULTS, k=2):
            emulator.faults.add(fault)
        run = tables.load(here(config={}, state=tables.state))
        written += len(run.records("training_job_summaries"))
    emulator.faults.clear()
    emulator.clock.move(seconds=4 * DAY)
    run = tables.load(here(config={}, state=tables.state))
    written += len(run.records("training_job_summaries"))
    full = Tables()
    full.load(here(config={}))
    assert tables.trials == full.trials
    assert tables.tuning_jobs == full.tuning_jobs
    assert len(full.trials) == sum(map(len, scope.truth()["trials"].values()))
    assert written < 2 * len(full.trials)
    (entry,) = tables.state["bookmarks"]["training_job_summaries"]["partitions"]
    assert entry["open"] == {}


_FAULTS = [
    Fault("throttle", rate=20, burst=5),
    Fault("error", times=3),
    Fault("empty_pages", times=4),
    Fault("drop", times=2),
    Fault("html", times=2),
    Fault("latency", seconds=0.01),
]


def _runs(job: dict[str, Any]) -> bool:
    return bool(job["HyperParameterTuningJobStatus"] == "InProgress")


def test_names_need_no_list_permission(emulator: Emulator, here: TapHere) -> None:
    """With `tuning_job_names` the account is not listed; names match without case, and
    one that no scope has is a warning."""
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
    assert "tuning_job_names: no scope has nobody" in run.stderr
    tables.load(here(config=config, state=tables.state))
    assert called(emulator) == {DESCRIBE: 2}


def test_streams_share_one_listing_and_catch_up_alone(
    emulator: Emulator, here: TapHere
) -> None:
    """Both streams cost one listing; one that was left out misses nothing."""
    scope = emulator.scope(ACCOUNT, REGION)
    scope.plan("first", **SHORT)
    emulator.clock.move(seconds=3600)
    tables = Tables()
    tables.load(here(config={}))
    assert called(emulator) == {LIST: 1, TRIALS: 1}
    only_jobs = here.catalog()
    _deselect(only_jobs, "training_job_summaries")
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


def _deselect(catalog: dict[str, Any], stream: str) -> None:
    for entry in catalog["streams"]:
        for part in entry["metadata"]:
            if entry["tap_stream_id"] == stream and not part["breadcrumb"]:
                part["metadata"]["selected"] = False


def test_start_date_is_exact(emulator: Emulator, here: TapHere) -> None:
    """Trials created at or after it are read, also of older tuning jobs; tuning jobs
    that ended before it are left out of both streams."""
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
    found = {r["training_job_name"] for r in run.records("training_job_summaries")}
    assert found == expected
    assert [r["tuning_job_name"] for r in run.records("tuning_jobs")] == ["running"]


def test_states_come_now_and_then(
    emulator: Emulator, here: TapHere, scope_of_many: Scope
) -> None:
    """A long sync writes a STATE every few seconds, not one a tuning job."""
    emulator.faults.add(Fault("throttle", rate=8, burst=1))
    run = here(config={"concurrency": 2})
    states = [m for m in run.messages if m["type"] == "STATE"]
    jobs = len(scope_of_many.truth()["tuning_jobs"])
    assert 3 <= len(states) <= jobs // 3


@pytest.fixture
def scope_of_many(emulator: Emulator) -> Scope:
    """A scope that takes some seconds to read under a rate limit."""
    scope = emulator.scope(ACCOUNT, REGION)
    for number in range(60):
        scope.plan(f"job-{number}", **SHORT)
    emulator.clock.move(seconds=3600)
    return scope
