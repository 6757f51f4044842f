"""What happens to a tuning job that was read or could not be, decision by decision."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from tap_sagemaker_tuning.replication.plan import Visit
from tap_sagemaker_tuning.replication.state import OpenJob
from tap_sagemaker_tuning.replication.tally import Tally
from tests.laws.service import at
from tests.replication.plans import (
    DAY,
    END,
    HOUR,
    MINUTE,
    RUNS,
    WEEK,
    job,
    known,
    plan_of,
    state,
    tally,
)

if TYPE_CHECKING:
    from tap_sagemaker_tuning.replication.listing import ListedJob


def visited(
    before: OpenJob | None, of: ListedJob, counts: Tally, *, of_trials: bool = True
) -> tuple[OpenJob | None, str | None]:
    """The result for a tuning job that was visited: its open entry, or a warning."""
    plan = plan_of(state(*[before] if before else []), of_trials=of_trials)
    since = before.since if before else None
    warning = plan.visited(Visit(job=of, since=since), counts)
    is_settled = plan.state.settled == {of.key: of.created}
    assert is_settled is (of.key not in plan.state.open)
    return plan.state.open.get(of.key), warning


@pytest.mark.parametrize(
    ("before", "trials", "running", "after"),
    [
        # no watermark yet: it is read in full
        (None, (), (), known()),
        # a minute before the newest, or the earliest that is not final
        (None, (600,), (), known(since=540)),
        (None, (300, 600), (), known(since=540, rows=1)),
        (None, (300, 900), (600,), known(since=600, rows=1)),
        (None, (300,), (600,), known(since=540, rows=1)),
        (None, (), (30,), known(since=-30)),
        # never moves back, and what was counted stays counted
        (known(since=540, rows=1), (550,), (), known(since=540, rows=1)),
        (known(since=540, rows=1), (600, 1200), (), known(since=1140, rows=2)),
        (known(since=540, rows=1), (560,), (550,), known(since=540, rows=1)),
        # its trials were deleted: the watermark stays
        (known(since=540, rows=3), (), (), known(since=540, rows=3)),
        # a successful read clears the failure; a running one has not ended
        (known(failed=60), (), (), known()),
        (known(ended=60, checked=1), (), (), known(checked=1)),
    ],
)
def test_watermark(
    before: OpenJob | None,
    trials: tuple[int, ...],
    running: tuple[int, ...],
    after: OpenJob,
) -> None:
    """The watermark says where reading resumes in a tuning job that stays open."""
    of = job(**RUNS)
    assert visited(before, of, tally(of, *trials, running=running)) == (after, None)


LAG = END + MINUTE
LATE = END + DAY
TWO: dict[str, Any] = {"counted": {"Completed": 2}}
THREE: dict[str, Any] = {"counted": {"Completed": 3}}
UNQUIET: dict[str, Any] = {"counted": {"Completed": 1, "InProgress": 1}}
NO_END: dict[str, Any] = {"status": "Stopped", "end": None}


@pytest.mark.parametrize(
    ("before", "members", "trials", "running", "after"),
    [
        # within a minute of its end, counters and trials may be out of date
        (None, {"seen": LAG, **TWO}, (0, 600), (), known(since=540, rows=1, ended=LAG)),
        (None, {"seen": LAG + 1, **TWO}, (0, 600), (), "settled"),
        (known(since=540, rows=1), {"seen": LAG + 1, **TWO}, (600,), (), "settled"),
        (None, {"seen": LAG + 1}, (), (), "settled"),
        # without an end time, since its end was first seen
        (None, {"seen": LAG, **NO_END}, (), (), known(ended=LAG)),
        (
            known(ended=LAG),
            {"seen": LAG + MINUTE, **NO_END},
            (),
            (),
            known(ended=LAG),
        ),
        (known(ended=LAG), {"seen": LAG + MINUTE + 1, **NO_END}, (), (), "settled"),
        # an end time is enough, with any status; a future one counts as now
        (None, {"seen": LAG + 1, "status": "Frozen", **TWO}, (0, 600), (), "settled"),
        (None, {"seen": LAG + 1, "status": None, **TWO}, (0, 600), (), "settled"),
        (None, {"seen": 5, "end": WEEK}, (), (), known(ended=5)),
        (known(ended=5), {"seen": 66, "end": WEEK}, (), (), "settled"),
        # nothing can change, according to the counters and the trials
        (
            None,
            {"seen": 2 * HOUR, **UNQUIET},
            (0, 600),
            (),
            known(since=540, rows=1, ended=2 * HOUR),
        ),
        (
            None,
            {"seen": 2 * HOUR, **TWO},
            (0,),
            (600,),
            known(since=540, rows=1, ended=2 * HOUR),
        ),
        # not forever: 7 days after the end was first seen
        (
            known(ended=END),
            {"seen": END + WEEK, **TWO},
            (0,),
            (600,),
            known(since=540, rows=1, ended=END),
        ),
        (
            known(ended=END),
            {"seen": END + WEEK + 1, **TWO},
            (0,),
            (600,),
            "it ended 7 days ago and has not settled",
        ),
        (
            None,
            {"seen": END + 30 * DAY, **UNQUIET},
            (0, 600),
            (),
            known(since=540, rows=1, ended=END + 30 * DAY),
        ),
        # deleting may still fail, but the trials are final
        (None, {"status": "Deleting", **TWO}, (0, 600), (), "settled"),
        # counters and trials disagree: it is read in full once
        (
            known(since=540, rows=1),
            {"seen": LAG + 1, **THREE},
            (600,),
            (),
            known(ended=LAG + 1, checked=1),
        ),
        (
            known(since=540, rows=3),
            {"seen": LAG + 1, **THREE},
            (600,),
            (),
            known(ended=LAG + 1, checked=1),
        ),
        (
            known(checked=1),
            {"seen": LATE, **THREE},
            (0, 600),
            (),
            known(since=540, rows=1, checked=1, ended=LATE),
        ),
        # even after a first read: a full read can miss a trial, too
        (
            None,
            {"seen": LATE, **THREE},
            (0, 600),
            (),
            known(checked=1, ended=LATE),
        ),
        (
            known(since=540, rows=1, checked=1),
            {"seen": LATE, **THREE},
            (600,),
            (),
            known(since=540, rows=1, checked=1, ended=LATE),
        ),
        # and again a day after its end, before it is abandoned
        (
            None,
            {"seen": LATE + 1, **THREE},
            (0, 600),
            (),
            known(checked=2, ended=LATE + 1),
        ),
        (
            known(since=540, rows=1, checked=1),
            {"seen": LATE + 1, **THREE},
            (600,),
            (),
            known(checked=2, ended=LATE + 1),
        ),
        (
            known(checked=2, ended=LATE),
            {"seen": LATE + 1, **THREE},
            (0, 600),
            (),
            "its counters report 3 trials, but the listing has 2",
        ),
        (
            known(checked=2, ended=END),
            {"seen": LATE + 1, **TWO},
            (0, 600),
            (),
            "settled",
        ),
        # even if it changed in between
        (
            known(since=540, rows=1, checked=2, ended=LATE),
            {"seen": LATE + 1, **THREE},
            (600,),
            (),
            known(checked=2, ended=LATE),
        ),
        # without an end time, the day starts when the end was first seen
        (
            known(checked=2, ended=END),
            {"seen": LATE, **NO_END, **THREE},
            (0, 600),
            (),
            known(since=540, rows=1, checked=1, ended=END),
        ),
        (
            known(checked=2, ended=END),
            {"seen": LATE + 1, **NO_END, **THREE},
            (0, 600),
            (),
            "its counters report 3 trials, but the listing has 2",
        ),
    ],
)
def test_when_a_tuning_job_settles(
    before: OpenJob | None,
    members: dict[str, Any],
    trials: tuple[int, ...],
    running: tuple[int, ...],
    after: OpenJob | str,
) -> None:
    """A tuning job stays open with this entry, settles, or is abandoned with a
    warning."""
    of = job(**members)
    verdict, warning = visited(before, of, tally(of, *trials, running=running))
    if isinstance(after, OpenJob):
        assert (verdict, warning) == (after, None)
    elif after == "settled":
        assert (verdict, warning) == (None, None)
    else:
        assert (verdict, warning) == (
            None,
            f"tuning job job (created {at(0)}) is abandoned: {after}",
        )


@pytest.mark.parametrize(
    ("before", "members", "after"),
    [
        (None, {"seen": 60, **RUNS}, known()),
        (None, {"seen": LAG, **TWO}, known(ended=LAG)),
        (None, {"seen": LAG + 1, **TWO}, None),
        (None, {"seen": LAG + 1, **UNQUIET}, known(ended=LAG + 1)),
        (None, {"status": "Deleting", **TWO}, known(ended=2 * HOUR)),
        (None, {"status": "DeleteFailed", **TWO}, None),
        (known(failed=5), {"seen": 60, **RUNS}, known()),
    ],
)
def test_tuning_job_is_final_by_its_own_word(
    before: OpenJob | None, members: dict[str, Any], after: OpenJob | None
) -> None:
    """A stream of tuning jobs settles them by their own status and counters, without
    any trials."""
    of = job(**members)
    assert visited(before, of, Tally(of.summary), of_trials=False) == (after, None)


@pytest.mark.parametrize("of_trials", [True, False])
def test_what_is_deleted_for_ever_is_abandoned(*, of_trials: bool) -> None:
    """A tuning job that stays in `Deleting` is abandoned with a warning."""
    of = job(status="Deleting", seen=END + WEEK + 1, **UNQUIET)
    _, warning = visited(known(ended=END), of, Tally(of.summary), of_trials=of_trials)
    assert warning is not None
    assert "7 days ago" in warning


def test_one_with_a_missing_trial_is_not_abandoned() -> None:
    """While a trial is listed but cannot be described, its tuning job stays open."""
    of = job(seen=END + WEEK + 1, **TWO)
    counts = tally(of, 0, 600)
    counts.miss("trial-0")
    verdict, warning = visited(known(ended=END), of, counts)
    assert (verdict, warning) == (known(since=0, ended=END), None)


@pytest.mark.parametrize(
    ("before", "members", "after"),
    [
        (None, {"seen": 60, **RUNS}, known(failed=60, asked=60)),
        (None, {"seen": WEEK}, known(failed=WEEK, asked=WEEK, ended=WEEK)),
        # the watermark stays
        (
            known(since=540, rows=1, checked=1),
            {"seen": 60, **RUNS},
            known(since=540, rows=1, checked=1, failed=60, asked=60),
        ),
        # it is never abandoned, and keeps when it first failed
        (
            known(failed=60, asked=60, ended=60),
            {"seen": 99 * DAY},
            known(failed=60, asked=99 * DAY, ended=60),
        ),
        # a state of an earlier version lacks the last attempt
        (
            known(failed=60),
            {"seen": 99 * DAY, **RUNS},
            known(failed=60, asked=99 * DAY),
        ),
    ],
)
@pytest.mark.parametrize("is_denied", [False, True])
def test_one_that_cannot_be_read_stays_open(
    before: OpenJob | None, members: dict[str, Any], after: OpenJob, *, is_denied: bool
) -> None:
    """A tuning job that cannot be read stays open with its watermark, and the
    high-water mark moves past it."""
    known_before = [replace(before, denied=int(is_denied))] if before else []
    plan = plan_of(state(*known_before, mark=-9))
    of = job(**members)
    plan.failed(Visit(job=of, since=None), is_denied=is_denied)
    assert plan.state.open == {"job": replace(after, denied=int(is_denied))}
    assert plan.state.high_water_mark == of.created
    assert plan.state.settled == {}


def test_success_ends_a_failure() -> None:
    """A tuning job that can be read again has no failure in the state."""
    of = job(**RUNS)
    before = known(failed=60, asked=WEEK, denied=1)
    assert visited(before, of, tally(of)) == (known(), None)
