"""The laws of replication, over every history of a small service.

A service has one or two tuning jobs with two trials each. A history has at most three
syncs, at any of the moments when what the service shows changes, or when a lag or the
allowed lateness ends, and one more when all is over. Each sync may be killed or stopped
after any of its records; a stop saves the state. One sync may be odd: a stream is not
selected, listing the trials of a tuning job is denied, or Describe is denied.
"""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import product
from typing import TYPE_CHECKING, Any

import pytest

from tests.laws.exhaustive import Explorer
from tests.laws.service import NEVER, FakeJob, FakeTrial
from tests.laws.small import Small
from tests.laws.strategies import DAY, History

if TYPE_CHECKING:
    from collections.abc import Iterator

MINUTE = 60
STEP = 30
"""Seconds between most moments: the lag of the counters, and half of the allowed
lateness."""


def trial(name: str, created: float, ended: float, **more: Any) -> FakeTrial:
    """A trial, by default with an objective at its end; times are in steps."""
    steps = {"created": created, "ended": ended, "settled": ended} | {
        moment: more.pop(moment)
        for moment in ("settled", "listed", "deleted")
        if moment in more
    }
    seconds = {moment: int(step * STEP) for moment, step in steps.items()}
    return FakeTrial(**{"name": name, **seconds, **more})


def job(name: str, ended: int, *trials: FakeTrial, **more: Any) -> FakeJob:
    """A tuning job, created with its first trial, whose creation time has whole
    seconds."""
    created = min(each.created for each in trials) + 0.5
    ended *= STEP
    return FakeJob(name=name, created=created, ended=ended, trials=trials, **more)


A = trial("a-1", 0, 3)
"""A trial that the watermark passes."""
ENDINGS = (
    trial("a-2", 3, 4),
    trial("a-2", 3, 4, settled=8),
    trial("a-2", 3, 4, objective="absent", status="Failed"),
    trial("a-2", 3, 4, settled=5, objective="late", status="Stopped"),
)
"""How the second trial ends: the third of these never gets an objective, the fourth
only when its tuning job ends."""
LATE = (
    (trial("a-1", 0, 2, listed=1.5), trial("a-2", 1, 5)),
    (A, trial("a-2", 3, 4, listed=4.5)),
    (A, trial("a-2", 4.5, 5, listed=6)),
)
"""Trials that are listed late: created before the newest, after they ended, and after
their tuning job ended, when the counters may not include them either."""
SLOW = trial("a-1", 0, 3, settled=5, status="Stopped")
"""A trial whose objective is still pending when the second one is created."""


def of_one() -> Iterator[Small]:
    """Services with one tuning job."""
    for ending, lag, has_end_time in product(ENDINGS, (0, STEP), (True, False)):
        more: dict[str, Any] = {"counters_lag": lag, "has_end_time": has_end_time}
        yield small(job("a", 5, A, ending, **more))
    for lag in (0, STEP):
        for trials in LATE:
            yield small(job("a", 5, *trials, counters_lag=lag))
            yield small(job("a", 5, *trials, counters_lag=lag), start=STEP + 0.7)
        yield small(job("a", 5, SLOW, ENDINGS[1], counters_lag=lag))
    for each in ENDINGS:
        yield small(job("a", 5, SLOW, each), page_size=1)
        yield small(job("a", 5, SLOW, each), start=3 * STEP + 0.7)
        yield small(job("a", 5, SLOW, each), tick=STEP + 15)
        yield small(job("a", 5, SLOW, each, deleted=7 * STEP))
    for ended in (4, 5):
        trials = A, trial("a-2", 3, ended)
        yield small(job("a", 5, *trials), streams=("details", "trials"))
    yield small(job("a", 5, A, ENDINGS[0], deleted=4 * STEP))
    yield small(job("a", 5, A, ENDINGS[0], deleted=5 * STEP), tick=STEP + 15)
    yield small(job("a", 5, replace(A, deleted=4 * STEP), ENDINGS[0]))
    yield small(job("a", 5, A, replace(ENDINGS[0], deleted=6 * STEP)))
    late = {"status": "DeleteFailed", "deleting_until": 8 * STEP}
    yield small(job("a", 5, A, ENDINGS[0], **late))
    # With a start_date of today, only the second trial is selected after midnight.
    for ended, settled in ((7, 7), (10, 10), (7, 10)):
        trials = trial("a-1", 0, ended, settled=settled), trial("a-2", 1, 10)
        yield small(later(job("a", 11, *trials), DAY - 9 * STEP), start_days=0)


def of_two() -> Iterator[Small]:
    """Services with two tuning jobs: side by side, with the same name, with the first
    one listed late, and with more than the lookback window between them."""
    b = trial("b-1", 1, 3), trial("b-2", 1, 5)
    first = job("a", 4, trial("a-1", 0, 2), trial("a-2", 2, 3))
    yield small(first, job("b", 5, *b))
    yield small(replace(first, listed=5 * STEP), job("b", 4, *b))
    again = trial("a-3", 0, 1), trial("a-4", 1.5, 2, listed=3)
    for deleted in (5, 7):
        yield small(
            replace(first, deleted=deleted * STEP),
            later(job("a", 2, *again, counters_lag=STEP), deleted * STEP),
        )
    long = job("a", 131, trial("a-1", 0, 2), trial("a-2", 3, 130))
    second = job("b", 2, trial("b-1", 0, 1), trial("b-2", 0, 2))
    yield small(long, later(second, 126 * STEP), page_size=1)


def small(
    *jobs: FakeJob,
    streams: tuple[str, ...] = ("trials", "tuning_jobs"),
    **settings: Any,
) -> Small:
    """A service, and the moments at which it is synced."""
    history = History(jobs=list(jobs), syncs=[], **settings)
    moments = {float(DAY)} if history.start_days is not None else set()
    for each in jobs:
        changes = each.moments | {each.deleting_until}
        changes |= {made.deleted for made in each.trials}
        moments |= changes | {moment + each.counters_lag for moment in changes}
        moments |= {each.ended + 1, each.ended + MINUTE + 1}
        moments |= {made.over for made in each.trials if "details" in streams}
    born = min(each.created for each in jobs)
    shown = {math.ceil(moment) for moment in moments if born <= moment < NEVER}
    return Small(history=history, streams=streams, moments=tuple(sorted(shown)))


def later(made: FakeJob, by: int) -> FakeJob:
    """The same tuning job, this many seconds later."""
    trials = tuple(
        replace(
            each,
            created=each.created + by,
            listed=each.listed + by,
            ended=each.ended + by,
            settled=each.settled + by,
        )
        for each in made.trials
    )
    return replace(
        made, created=made.created + by, ended=made.ended + by, trials=trials
    )


@pytest.mark.slow
def test_every_small_history(capsys: pytest.CaptureFixture[str]) -> None:
    """No row is lost or stale, `complete_as_of` is true, and in the end a sync has
    nothing to do."""
    explorer = Explorer()
    for each in (*of_one(), *of_two()):
        explorer.explore(each)
    with capsys.disabled():
        print(f"\n{explorer}")  # noqa: T201 - how much it stands for
    assert explorer.histories >= 100_000
