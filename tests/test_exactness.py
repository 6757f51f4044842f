"""Schedules that once lost rows: slow syncs, late listings and odd clocks.

The emulator's clock moves with each call, and by hand between two syncs.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from sagemaker_tuning_emulator import Fault, Index, Trial, TuningJob
from tests import expected
from tests.expected import KEYS, VISITING
from tests.tables import Tables

if TYPE_CHECKING:
    from sagemaker_tuning_emulator import Emulator
    from tests.conftest import Run, TapHere

LIST = "ListHyperParameterTuningJobs"
TRIALS = "ListTrainingJobsForHyperParameterTuningJob"
START = datetime.fromisoformat("2026-03-02T09:00:00+00:00")
DAY = 86_400


def at(seconds: float) -> datetime:
    """The time this long after the emulator's start."""
    return START + timedelta(seconds=seconds)


def failed(name: str, created: float, *, late: float = 0) -> Trial:
    """A trial that fails within two seconds, listed this many seconds late."""
    return Trial(
        name=name,
        created=at(created),
        ended=at(created + 2),
        status="Failed",
        objective_status="Failed",
        listed_after_seconds=late,
    )


def sync(here: TapHere, tables: Tables, **config: Any) -> Run:
    """Sync all streams from the last state."""
    catalog = here.catalog(*KEYS)
    return tables.load(here(config=config, state=tables.state, catalog=catalog))


def still_open(tables: Tables, stream: str = "training_job_summaries") -> set[str]:
    """Names of the open tuning jobs in the state."""
    (entry,) = tables.state["bookmarks"][stream]["partitions"]
    return set(entry["open"])


def assert_truth(here: TapHere, tables: Tables, *streams: str) -> None:
    """These streams, or all of them, have exactly the rows of the service."""
    for stream in streams or VISITING:
        wanted = expected.truth(here.emulator, stream)
        assert expected.alike(tables.rows[stream]) == expected.alike(wanted)


@pytest.mark.parametrize("concurrency", [1, 4])
@pytest.mark.parametrize("late", [0, 25])
def test_now_is_when_it_was_seen(
    here: TapHere, emulator: Emulator, late: float, concurrency: int
) -> None:
    """A tuning job that ended just before the listing stays open, no matter how long
    other tuning jobs take, because its counters and the trials read ahead may be
    older."""
    scope = emulator.scope()
    scope.plan("large", trials=60, created=at(-2 * DAY))
    scope.add(
        TuningJob(
            name="quick",
            created=at(-10),
            ended=at(-2),
            status="Failed",
            counters_lag_seconds=30,
            trials=(failed("quick-1", -8, late=late),),
        )
    )
    emulator.clock.tick = 15
    tables = Tables()
    sync(here, tables, concurrency=concurrency, page_size=10)
    assert "quick" in still_open(tables)
    emulator.clock.move(seconds=DAY)
    sync(here, tables)
    assert_truth(here, tables)
    assert still_open(tables) == set()


def test_the_checksum_counts_distinct_trials(here: TapHere, emulator: Emulator) -> None:
    """With offset tokens, a trial that is listed between two pages makes another one
    come twice; the new one is still found."""
    scope = emulator.scope()
    job = scope.plan("churn", trials=151, parallel=10, created=at(-2 * DAY))
    newest = job.trials[-1]
    late = (at(30) - newest.created).total_seconds()
    trials = (*job.trials[:-1], replace(newest, listed_after_seconds=late))
    scope.replace(replace(job, trials=trials))
    emulator.tokens.offsets = True
    emulator.clock.tick = 20
    only = here.catalog("training_job_summaries")
    tables = Tables()
    run = tables.load(here(config={}, catalog=only))
    arns = [row["training_job_arn"] for row in run.records("training_job_summaries")]
    assert (len(arns), len(set(arns))) == (151, 150)
    assert still_open(tables) == {"churn"}
    tables.load(here(config={}, state=tables.state, catalog=only))
    assert_truth(here, tables, "training_job_summaries")
    assert still_open(tables) == set()


def test_a_trial_listed_behind_the_newest(here: TapHere, emulator: Emulator) -> None:
    """A trial that is listed late, created before the newest one, comes with the next
    sync while its tuning job still runs."""
    trials = (
        failed("churn-1", -40),
        failed("churn-2", -30, late=50),
        failed("churn-3", -20),
    )
    emulator.scope().add(TuningJob(name="churn", created=at(-60), trials=trials))
    tables = Tables()
    sync(here, tables)
    assert len(tables.rows["training_job_summaries"]) == 2
    emulator.clock.move(seconds=60)
    sync(here, tables)
    assert_truth(here, tables)


def test_search_has_trials_as_they_were(here: TapHere, emulator: Emulator) -> None:
    """While Search lags, its record of a trial can agree with the listing but predate
    the last LastModifiedTime, so the trial is read again until that is impossible."""
    scope = emulator.scope()
    scope.index = Index(lag_seconds=(100, 100))
    span = {
        "trial_seconds": (60, 60),
        "start_seconds": (5, 5),
        "settle_seconds": (1, 1),
    }
    job = scope.plan("late", trials=1, **span, touched_seconds=(70, 70))  # type: ignore[arg-type]
    (trial,) = job.trials
    assert trial.ended
    tables, stream = Tables(), "training_job_details"
    for after in (timedelta(seconds=130), timedelta(minutes=59), timedelta(hours=1)):
        emulator.clock.move(trial.ended + after - emulator.clock.now)
        run = here(state=tables.state, catalog=here.catalog(stream))
        tables.load(run)
    assert tables.written[stream] == 2
    wanted = expected.alike(expected.truth(emulator, stream))
    assert expected.alike(tables.rows[stream]) == wanted


def test_start_date_of_each_day(here: TapHere, emulator: Emulator) -> None:
    """A start_date that moves each day excludes nothing that the day before still had
    to read: here a trial of 23:56, of a tuning job that had no trial at 23:55 and could
    not be read at the first attempt after midnight."""
    emulator.clock.move(seconds=14 * 3600 + 55 * 60)
    trials = (failed("churn-1", 14 * 3600 + 56 * 60),)
    emulator.scope().add(
        TuningJob(
            name="churn", created=at(14 * 3600), ended=at(15 * 3600), trials=trials
        )
    )
    tables = Tables()
    sync(here, tables, start_date="2026-03-02")
    emulator.clock.move(seconds=1800)
    config = {"start_date": "2026-03-03"}
    emulator.faults.add(Fault("deny", operation=TRIALS))
    denied = here(config=config, state=tables.state, catalog=here.catalog(*KEYS))
    tables.take(denied.messages)
    emulator.faults.clear()
    assert denied.returncode == 1
    emulator.clock.move(seconds=1800)
    sync(here, tables, **config)
    assert_truth(here, tables)


def test_an_unknown_status_with_an_end(here: TapHere, emulator: Emulator) -> None:
    """A tuning job with an unknown status is written as it is, and its end time is
    enough to settle it."""
    job = emulator.scope().plan("churn", trials=3, created=at(-DAY))
    emulator.scope().replace(replace(job, status="Archived"))
    tables = Tables()
    sync(here, tables)
    assert_truth(here, tables)
    (row,) = tables.rows["tuning_jobs"].values()
    assert row["tuning_job_status"] == "Archived"
    assert still_open(tables) == set()


def test_an_end_without_a_time(here: TapHere, emulator: Emulator) -> None:
    """A tuning job that ended without an end time and never settles is abandoned
    with a warning a week after its end was first seen, although LastModifiedTime
    keeps moving."""
    trials = (Trial(name="churn-1", created=at(-DAY)),)
    emulator.scope().add(
        TuningJob(name="churn", created=at(-DAY), ended=at(-60), trials=trials)
    )

    def without_end(answer: dict[str, Any]) -> None:
        for job in answer["HyperParameterTuningJobSummaries"]:
            del job["HyperParameterTuningEndTime"]
            job["LastModifiedTime"] = emulator.clock.now

    emulator.alter(LIST, without_end)
    tables = Tables()
    for days in (0, 3, 3):
        emulator.clock.move(seconds=days * DAY)
        run = sync(here, tables)
        assert "WARNING" not in run.stderr
        assert still_open(tables) == {"churn"}
    emulator.clock.move(seconds=2 * DAY)
    assert (
        "churn (created 2026-03-01T09:00:00.000Z) is abandoned"
        in sync(here, tables).stderr
    )
    assert still_open(tables) == set()
    assert "WARNING" not in sync(here, tables).stderr


@pytest.mark.parametrize(
    ("kind", "date"),
    [
        ("latin1", "Tue, 01 Jan 2030 00:00:00 GMT"),
        ("html", "Tue, 01 Jan 2030 00:00:00 GMT"),
        ("gateway", "Tue, 01 Jan 2030 00:00:00 GMT"),
        ("drop", None),
        ("error", None),
    ],
)
def test_broken_pages_are_asked_for_again(
    here: TapHere, emulator: Emulator, kind: Any, date: str | None
) -> None:
    """A response that is not the service's, with any status and encoding, is retried,
    and its Date header does not change the tap's idea of now."""
    scope = emulator.scope()
    scope.plan("churn", trials=5, created=at(-DAY))
    scope.add(TuningJob(name="quick", created=at(-10), ended=at(-2)))
    for operation in (LIST, TRIALS, "Search"):
        fault = Fault(kind, operation=operation, times=1, date=date)
        emulator.faults.add(fault)
    tables = Tables()
    sync(here, tables)
    assert_truth(here, tables)
    assert still_open(tables) == {"quick"}
    (row,) = tables.rows["scopes"].values()
    # Metrics are read five minutes late.
    assert row["complete_as_of"] == "2026-03-02T08:54:00.000Z"
