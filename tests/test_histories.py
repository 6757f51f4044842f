"""Random histories of two accounts over HTTP: with any selection, failures and
kills, each stream ends with exactly the service's rows, and every `complete_as_of`
was true."""

from __future__ import annotations

import random
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from sagemaker_tuning_emulator import Chances, Emulator, Fault, Index
from tests import expected
from tests.conftest import ACCOUNT, TapHere
from tests.expected import KEYS, VISITING
from tests.tables import Tables

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sagemaker_tuning_emulator import Scope, TuningJob
    from tests.conftest import Run
    from tests.expected import Rows

HOURS = 6
THINNED = {"us-east-1": "BillableTimeInSeconds", "eu-west-1": "FinalMetricDataList"}
"""What Search leaves out of some records, by region."""

REGIONS = [*THINNED]
METRICS = {"us-east-1": ("train:loss",), "eu-west-1": ()}
"""Metrics besides the objective, by region. For a trial without an objective, it is
impossible to know whether Search left out its metrics or it has none."""

CHANCES = Chances(failed=0.1, stopped_early=0.2, never_started=0.1, non_finite=0.1)
FAULTS = [
    Fault("error", times=3),
    Fault("empty_pages", times=4),
    Fault("drop", times=2),
    Fault("html", times=2),
    Fault("latin1", times=2),
    Fault("deny", operation="Search"),
    Fault("deny", operation="DescribeHyperParameterTuningJob", times=2),
    Fault(
        "error",
        status=400,
        code="ThrottlingException",
        message="Rate exceeded",
        times=1,
    ),
]


@dataclass
class History:
    """A history drawn from a seed, and what a warehouse holds of it.

    Attributes:
        told_of: By region, the streams of the sync that wrote its row of `scopes`.
    """

    rng: random.Random
    here: TapHere
    tables: Tables = field(default_factory=Tables)
    told_of: dict[str, set[str]] = field(default_factory=dict)

    @property
    def scopes(self) -> list[Scope]:
        """Both regions of the account."""
        return [self.here.emulator.scope(ACCOUNT, region) for region in REGIONS]

    def live(self, hour: int) -> None:
        """Let some hours pass, in which tuning jobs start, stop and vanish."""
        rng, clock = self.rng, self.here.emulator.clock
        for scope in self.scopes:
            for number in range(rng.randrange(3)):
                job = scope.plan(
                    f"job-{hour}-{number}",
                    trials=rng.randrange(1, 30),
                    parallel=rng.randrange(1, 8),
                    chances=CHANCES,
                    metrics=METRICS[scope.home.region],
                    spot=rng.choice([True, False]),
                    tags=rng.choice([{}, {"team": "churn"}]),
                    listed_after_seconds=rng.choice([0, 0, 600]),
                    counters_lag_seconds=rng.choice([0, 30]),
                    sparse_counters=rng.choice([True, False]),
                    lower_cased_arns=rng.choice([True, False]),
                    cased_arns=rng.choice([True, False]),
                )
                scope.replace(self._listed_late(job))
            names = [
                job["HyperParameterTuningJobName"]
                for job in scope.truth()["tuning_jobs"]
                if job["HyperParameterTuningJobStatus"] == "InProgress"
            ]
            for name in rng.sample(names, k=min(len(names), rng.randrange(2))):
                rng.choice([scope.stop, scope.delete])(name)
            scope.index.lag_seconds = rng.choice([(0, 0), (0, 600), (86400, 86400)])
        clock.move(seconds=rng.choice([60, 3600, 7200]))

    def sync(self, streams: list[str], *, is_killed: bool = False) -> Run:
        """Sync these streams; a killed sync delivers only part of its output."""
        catalog = self.here.catalog(*streams)
        config = {"regions": REGIONS, "page_size": self.rng.choice([7, 100])}
        run = self.here(config=config, state=self.tables.state, catalog=catalog)
        messages = run.messages
        if is_killed:
            messages = messages[: self.rng.randrange(len(messages) + 1)]
        self.tables.take(messages)
        for message in messages:
            if message.get("stream") == "scopes" and "record" in message:
                self.told_of[message["record"]["region"]] = set(streams)
        return run

    def _listed_late(self, job: TuningJob) -> TuningJob:
        """The tuning job with some of its trials listed up to 50 s after they begin."""
        late = self.rng.choice([0, 50])
        trials = [
            replace(trial, listed_after_seconds=self.rng.randrange(late + 1))
            for trial in job.trials
        ]
        return replace(job, trials=tuple(trials))


@pytest.fixture
def history(request: pytest.FixtureRequest, tmp_path: Path) -> Any:
    """The history of a seed. Each call takes two seconds."""
    rng = random.Random(request.param)  # noqa: S311 - a history, not a secret
    with Emulator(start="2026-03-02T09:00:00Z", seed=request.param) as emulator:
        emulator.clock.tick = 2
        emulator.tokens.offsets = rng.choice([True, False])
        for region, member in THINNED.items():
            emulator.scope(ACCOUNT, region).index = Index(
                missing=0.1, thinned=0.1, thinned_members=(member,), duplicated=0.1
            )
        yield History(rng, TapHere(emulator, tmp_path))


@pytest.mark.parametrize(
    "history",
    [0, *(pytest.param(seed, marks=pytest.mark.slow) for seed in (1, 2))],
    indirect=True,
)
def test_every_stream_ends_at_the_truth(history: History) -> None:
    """With any selection of streams at each sync, kills and faults, each stream ends
    with every row as the service has it, no tuning job is open, and few rows came
    twice."""
    emulator, rng = history.here.emulator, history.rng
    for hour in range(HOURS):
        history.live(hour)
        for fault in rng.sample(FAULTS, k=2):
            emulator.faults.add(fault)
        some = rng.sample([*KEYS], k=rng.randrange(1, len(KEYS) + 1))
        run = history.sync(some, is_killed=rng.random() < 0.3)
        assert "Traceback" not in run.stderr
        emulator.faults.clear()
        assert_complete(history)
    for _ in range(2):
        emulator.clock.move(timedelta(days=4))
        last = history.sync([*KEYS])
        assert last.returncode == 0, last.stderr
    assert_complete(history)
    for stream in ("training_instance_prices", *VISITING):
        assert_truth(history, stream)
    for stream in VISITING:
        entries = history.tables.state["bookmarks"][stream]["partitions"]
        assert [entry["open"] for entry in entries] == [{}, {}]
    trials = sum(len(job.trials) for scope in history.scopes for job in scope.jobs())
    assert history.tables.written["training_job_summaries"] < 3 * trials


def assert_truth(history: History, stream: str) -> None:
    """A stream's rows are those of the service, plus rows deleted since."""
    emulator = history.here.emulator
    wanted = expected.truth(emulator, stream)
    rows = history.tables.rows[stream]
    written = {key: rows.get(key, {}) for key in wanted}
    assert [*differences(written, wanted)] == []
    deleted = {
        job.name
        for scope in history.scopes
        for job in scope.jobs()
        if not job.exists(emulator.clock.now)
    }
    left = [row for key, row in rows.items() if key not in wanted]
    assert {row["tuning_job_name"] for row in left} <= deleted


def differences(written: Rows, wanted: Rows) -> Iterator[tuple[Any, ...]]:
    """The differing columns, except those that depend on whether Search or Describe
    answered."""
    for key, row in wanted.items():
        for column, value in row.items():
            has = written[key].get(column, "nothing")
            is_untold = column == "tags" and has is None
            is_same = expected.to_the_second(has) == expected.to_the_second(value)
            if not (is_same or is_untold):
                yield *key, column, has, value


def assert_complete(history: History) -> None:
    """Everything that was final at a row's complete_as_of is in the tables with its
    final values."""
    for row in history.tables.rows["scopes"].values():
        scope = history.here.emulator.scope(ACCOUNT, row["region"])
        final = final_trials(scope, row["complete_as_of"] or "2000-01-01T00:00:00Z")
        for stream in history.told_of[row["region"]] & {"training_job_summaries"}:
            rows = history.tables.rows[stream].items()
            assert expected.keyed(stream, final).items() <= rows


def final_trials(scope: Scope, as_of: str) -> list[dict[str, Any]]:
    """The records of the trials that were final at a time, listed by then or not."""
    at = datetime.fromisoformat(as_of)
    names = {
        trial.name
        for job in scope.jobs()
        for trial in job.trials
        if trial.settled and trial.settled <= at and job.listed(at)
    }
    listed = expected.trials(scope, newest_first=True)
    return [row for row in listed if row["training_job_name"] in names]
