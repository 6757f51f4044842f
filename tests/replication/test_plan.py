"""What a plan visits, and what becomes of the state: one decision a row."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tap_sagemaker_tuning.replication.listing import ListedJob, Listing, Wanted
from tap_sagemaker_tuning.replication.plan import Plan, Visit
from tap_sagemaker_tuning.replication.state import Filters, OpenJob, ScopeState
from tap_sagemaker_tuning.replication.tally import Tally
from tests.replication.history import at

MINUTE, HOUR, DAY, WEEK = 60, 3600, 86_400, 7 * 86_400
END = HOUR
RUNS: dict[str, Any] = {"status": "InProgress", "end": None}
DONE: dict[str, Any] = {"status": "Completed", "end": END}


def job(  # noqa: PLR0913 - a tuning job has that many members
    name: str = "job",
    created: float = 0,
    *,
    seen: float = 2 * HOUR,
    status: str | None = "Completed",
    end: float | None = END,
    counted: dict[str, int] | None = None,
) -> ListedJob:
    """A tuning job as a page showed it."""
    members = {
        "HyperParameterTuningJobStatus": status,
        "HyperParameterTuningEndTime": None if end is None else at(end),
        "TrainingJobStatusCounters": counted,
    }
    summary = {name: value for name, value in members.items() if value is not None}
    key = {"HyperParameterTuningJobName": name, "CreationTime": at(created)}
    return ListedJob.of({**key, **summary}, at(seen))


def tally(of: ListedJob, *created: int, running: tuple[int, ...] = ()) -> Tally:
    """What is counted of final trials created then, and of others that run."""
    counts = Tally(of.summary)
    for when in (*created, *running):
        status = "InProgress" if when in running else "Completed"
        counts.add(
            {
                "TrainingJobName": f"trial-{when}",
                "CreationTime": at(when),
                "TrainingJobStatus": status,
                "ObjectiveStatus": "Succeeded",
            }
        )
    return counts


def state(*known: OpenJob, frontier: float | None = 0, **filters: Any) -> ScopeState:
    """A state in which these tuning jobs are open."""
    return ScopeState(
        filters=Filters(**filters),
        frontier=None if frontier is None else at(frontier),
        open={each.name.lower(): each for each in known},
    )


def known(name: str = "job", created: float = 0, **more: Any) -> OpenJob:
    """An open tuning job; times in seconds."""
    times = {"since", "ended", "failed"}
    members: dict[str, Any] = {
        part: at(value) if part in times else value for part, value in more.items()
    }
    return OpenJob(name=name, created=at(created), **members)


def plan_of(
    before: ScopeState, *, of_trials: bool = True, filters: Filters | None = None
) -> Plan:
    """A plan from this state, by default under its own filters."""
    return Plan(before, filters or before.filters, of_trials=of_trials)


def listing_of(*jobs: ListedJob, **more: Any) -> Listing:
    """A listing that showed these."""
    listing = Listing()
    listing.add(jobs)
    listing.began = at(more.pop("began", 0))
    for name, value in more.items():
        setattr(listing, name, value)
    return listing


def visited(
    before: OpenJob | None, of: ListedJob, counts: Tally, *, of_trials: bool = True
) -> tuple[OpenJob | None, str | None]:
    """What becomes of a tuning job that was visited: open as what, or a warning."""
    plan = plan_of(state(*[before] if before else []), of_trials=of_trials)
    since = before.since if before else None
    warning = plan.visited(Visit(job=of, since=since), counts)
    is_settled = plan.state.settled == {of.key: of.created}
    assert is_settled is (of.key not in plan.state.open)
    return plan.state.open.get(of.key), warning


@pytest.mark.parametrize(
    ("before", "trials", "running", "after"),
    [
        # none yet: it is read whole
        (None, (), (), known()),
        # a minute behind the newest, or the earliest that is not final
        (None, (600,), (), known(since=540)),
        (None, (300, 600), (), known(since=540, rows=1)),
        (None, (300, 900), (600,), known(since=600, rows=1)),
        (None, (300,), (600,), known(since=540, rows=1)),
        (None, (), (30,), known(since=-30)),
        # never before the last, and what was counted stays counted
        (known(since=540, rows=1), (550,), (), known(since=540, rows=1)),
        (known(since=540, rows=1), (600, 1200), (), known(since=1140, rows=2)),
        (known(since=540, rows=1), (560,), (550,), known(since=540, rows=1)),
        # its trials were deleted: where it is, it stays
        (known(since=540, rows=3), (), (), known(since=540, rows=3)),
        # a good read is the end of a failure; one that runs has not ended
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
    """Where reading goes on in a tuning job that stays open."""
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
        # a minute after its end, counters and trials may be those of before
        (None, {"seen": LAG, **TWO}, (0, 600), (), known(since=540, rows=1, ended=LAG)),
        (None, {"seen": LAG + 1, **TWO}, (0, 600), (), "settled"),
        (known(since=540, rows=1), {"seen": LAG + 1, **TWO}, (600,), (), "settled"),
        (None, {"seen": LAG + 1}, (), (), "settled"),
        # without an end time, from when the end was first seen
        (None, {"seen": LAG, **NO_END}, (), (), known(ended=LAG)),
        (
            known(ended=LAG),
            {"seen": LAG + MINUTE, **NO_END},
            (),
            (),
            known(ended=LAG),
        ),
        (known(ended=LAG), {"seen": LAG + MINUTE + 1, **NO_END}, (), (), "settled"),
        # an end time means ended, whatever the status; one to come is taken for now
        (None, {"seen": LAG + 1, "status": "Frozen", **TWO}, (0, 600), (), "settled"),
        (None, {"seen": LAG + 1, "status": None, **TWO}, (0, 600), (), "settled"),
        (None, {"seen": 5, "end": WEEK}, (), (), known(ended=5)),
        (known(ended=5), {"seen": 66, "end": WEEK}, (), (), "settled"),
        # nothing may be able to change: by the counters, and by the trials
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
        # not for ever: 7 days after the end was first seen
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
        # being deleted may yet fail, but its trials are final
        (None, {"status": "Deleting", **TWO}, (0, 600), (), "settled"),
        # counters and trials disagree: it is read whole once
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
        (
            None,
            {"seen": LATE, **THREE},
            (0, 600),
            (),
            known(since=540, rows=1, checked=1, ended=LATE),
        ),
        (
            known(since=540, rows=1, checked=1),
            {"seen": LATE, **THREE},
            (600,),
            (),
            known(since=540, rows=1, checked=1, ended=LATE),
        ),
        # and once more a day after its end, before it is given up
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
            "its counters tell of 3 trials, and 2 are listed",
        ),
        (
            known(checked=2, ended=END),
            {"seen": LATE + 1, **TWO},
            (0, 600),
            (),
            "settled",
        ),
        # also if something of it changed in between
        (
            known(since=540, rows=1, checked=2, ended=LATE),
            {"seen": LATE + 1, **THREE},
            (600,),
            (),
            known(checked=2, ended=LATE),
        ),
        # without an end time a day counts from when the end was first seen
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
            "its counters tell of 3 trials, and 2 are listed",
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
    """It stays open as what it says, settles, or is given up with a warning."""
    of = job(**members)
    found, warning = visited(before, of, tally(of, *trials, running=running))
    if isinstance(after, OpenJob):
        assert (found, warning) == (after, None)
    elif after == "settled":
        assert (found, warning) == (None, None)
    else:
        assert (found, warning) == (
            None,
            f"tuning job job of {at(0)} is given up: {after}",
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
    """Where the rows are tuning jobs no trial is looked at, nor how many there are."""
    of = job(**members)
    assert visited(before, of, Tally(of.summary), of_trials=False) == (after, None)


@pytest.mark.parametrize("of_trials", [True, False])
def test_what_is_deleted_for_ever_is_given_up(*, of_trials: bool) -> None:
    """`Deleting` ends with a warning, too."""
    of = job(status="Deleting", seen=END + WEEK + 1, **UNQUIET)
    _, warning = visited(known(ended=END), of, Tally(of.summary), of_trials=of_trials)
    assert warning is not None
    assert "7 days ago" in warning


@pytest.mark.parametrize(
    ("before", "members", "after"),
    [
        (None, {"seen": 60, **RUNS}, known(failed=60)),
        (None, {"seen": 2 * HOUR}, known(failed=2 * HOUR, ended=2 * HOUR)),
        # where it goes on, it goes on
        (
            known(since=540, rows=1, checked=1),
            {"seen": 60, **RUNS},
            known(since=540, rows=1, checked=1, failed=60),
        ),
        # one that runs is never given up
        (known(failed=60), {"seen": 99 * DAY, **RUNS}, known(failed=60)),
        # one that ended: after 7 days of both, ended and unreadable
        (
            known(failed=60, ended=60),
            {"seen": 60 + WEEK},
            known(failed=60, ended=60),
        ),
        (known(failed=60, ended=60), {"seen": 61 + WEEK}, None),
        (known(failed=9, ended=60), {"seen": 60 + WEEK}, known(failed=9, ended=60)),
        (known(failed=60, ended=9), {"seen": 60 + WEEK}, known(failed=60, ended=9)),
        (
            known(ended=60),
            {"seen": 99 * DAY},
            known(ended=60, failed=99 * DAY),
        ),
        (
            known(failed=60),
            {"seen": 99 * DAY},
            known(failed=60, ended=99 * DAY),
        ),
    ],
)
def test_when_one_that_cannot_be_read_is_given_up(
    before: OpenJob | None, members: dict[str, Any], after: OpenJob | None
) -> None:
    """It stays open, without moving, and the frontier passes it."""
    plan = plan_of(state(*[before] if before else [], frontier=-9))
    of = job(**members)
    warning = plan.failed(Visit(job=of, since=None))
    assert plan.state.open.get("job") == after
    assert plan.state.frontier == of.created
    assert plan.state.settled == ({} if after else {"job": of.created})
    said = f"tuning job job of {at(0)} is given up: it ended, and for 7 days it could"
    assert (warning or "").startswith("" if after else said)
    assert (warning is None) is (after is not None)


@pytest.mark.parametrize(
    ("before", "listed", "visits"),
    [
        # new, down to the overlap behind the frontier; no frontier: all
        (state(frontier=HOUR), [job("a", 0), job("b", -1), job("c", 9)], ["a", "c"]),
        (state(frontier=None), [job("a", 0), job("b", -DAY)], ["b", "a"]),
        # not what is settled; but its name, used again
        (replace(state(), settled={"a": at(5)}), [job("A", 5)], []),
        (replace(state(), settled={"a": at(5)}), [job("A", 6)], ["A"]),
        # what is open, wherever it lies; and its name, used again
        (state(known("a", -DAY), frontier=DAY), [job("A", -DAY)], ["A"]),
        (state(known("a", -DAY), frontier=DAY), [job("a", -HOUR)], ["a"]),
        (state(known("a", 5), frontier=DAY), [job("a", 4)], []),
        # beside a newer one with the same name, a settled one is not looked at
        (
            replace(state(known("a", 5)), settled={"a": at(6)}),
            [job("a", 6)],
            [],
        ),
        # those that are asked for by name, however old, but not what is settled
        (
            replace(
                state(frontier=DAY, tuning_job_names=("a", "b")), settled={"b": at(-9)}
            ),
            [job("a", -DAY), job("b", -9)],
            ["a"],
        ),
        # not what ended before start_date
        (
            state(frontier=None, start_date=at(HOUR)),
            [
                job("a", 0, end=HOUR - 1),
                job("b", 1, end=HOUR),
                job("c", 2, end=None),
                job("d", 3, end=2 * HOUR),
            ],
            ["b", "c", "d"],
        ),
        # but what was open before, also then
        (
            state(known("a"), start_date=at(HOUR)),
            [job("a", 0, end=HOUR - 1)],
            ["a"],
        ),
    ],
)
def test_which_are_visited(
    before: ScopeState, listed: list[ListedJob], visits: list[str]
) -> None:
    """Oldest first: the new and the open ones, and no other."""
    found = plan_of(before).visits(listing_of(*listed))
    assert [visit.job.name for visit in found] == visits


@pytest.mark.parametrize(
    ("before", "created", "start", "since"),
    [
        ([], 0, None, None),
        ([known(since=540)], 0, None, 540),
        # from start_date on, cut to the second as trials' times are
        ([], 0, 600.9, 600),
        ([], 600, 600.9, None),
        ([], 600.5, 600.9, None),
        ([], 599.9, 600, 600),
        ([], 0, 0, None),
        ([], 700, 600, None),
        # one that is open without a watermark, likewise; with one, from there
        ([known()], 0, 600, 600),
        ([known(since=540)], 0, 600, 540),
        ([known(since=660)], 0, 600, 660),
        # the name of an open one, used again, begins at its beginning
        ([known(created=-9, since=540)], 0, None, None),
    ],
)
def test_from_when_on_a_visit_reads(
    before: list[OpenJob], created: float, start: float | None, since: float | None
) -> None:
    """A trial that was written is followed, also when start_date has passed it."""
    start_date = None if start is None else at(start)
    plan = plan_of(state(*before, start_date=start_date))
    (visit,) = plan.visits(listing_of(job(created=created, **RUNS)))
    assert visit.since == (None if since is None else at(since))


def test_counters_count_what_start_date_cuts() -> None:
    """Then they prove nothing, and are not looked at."""
    plan = plan_of(state(start_date=at(300)))
    of = job(**THREE)
    plan.visited(Visit(job=of, since=at(300)), tally(of, 600))
    assert plan.state.settled == {"job": at(0)}
    plan = plan_of(state(start_date=at(-300)))
    plan.visited(Visit(job=of, since=None), tally(of, 600))
    assert plan.state.settled == {}


@pytest.mark.parametrize(
    ("before", "filters", "boundary"),
    [
        (state(frontier=None), {}, ""),
        (state(frontier=DAY), {}, at(DAY - HOUR)),
        (state(frontier=DAY, start_date=at(9)), {}, at(DAY - HOUR)),
        (state(frontier=DAY, tuning_job_names=("a",)), {}, ""),
    ],
)
def test_what_is_wanted_of_a_listing(
    before: ScopeState, filters: dict[str, Any], boundary: str
) -> None:
    """The overlap behind the frontier, and what is open by name and creation."""
    before.open = {"a": known("A", 5), "b": known("b", 6)}
    assert plan_of(before, **filters).wanted == Wanted(
        boundary, {("a", at(5)): "A", ("b", at(6)): "b"}
    )


def test_frontier_follows_what_was_written() -> None:
    """Visit by visit, whatever came of it; and at last over all that was listed."""
    jobs = [job(name, number, seen=9) for number, name in enumerate("abcd")]
    plan = plan_of(state(frontier=None))
    frontiers = [plan.state.frontier]
    a, b, c, _ = plan.visits(listing_of(*jobs))
    plan.visited(a, tally(a.job))
    frontiers.append(plan.state.frontier)
    plan.failed(b)
    frontiers.append(plan.state.frontier)
    plan.gone(c)
    frontiers.append(plan.state.frontier)
    plan.finish(listing_of(*jobs))
    frontiers.append(plan.state.frontier)
    assert frontiers == [None, at(0), at(1), at(2), at(3)]
    assert set(plan.state.open) == {"a", "b"}


def test_frontier_never_moves_back() -> None:
    """An old one that is open, or is listed late, is no reason to list all again."""
    plan = plan_of(state(known("old", -DAY), frontier=DAY))
    listing = listing_of(job("old", -DAY), job("late", DAY - 9, seen=WEEK))
    for visit in plan.visits(listing):
        plan.visited(visit, tally(visit.job))
    plan.finish(listing)
    assert plan.state.frontier == at(DAY)
    assert plan_of(state(frontier=DAY)).state.frontier == at(DAY)


def test_frontier_passes_what_start_date_leaves_out() -> None:
    """Nothing of it is ever read, so it need not be listed again."""
    listing = listing_of(job("a", 5, end=9))
    plan = plan_of(state(frontier=None, start_date=at(HOUR)))
    assert list(plan.visits(listing)) == []
    plan.finish(listing)
    assert plan.state.frontier == at(5)


@pytest.mark.parametrize(
    ("frontier", "began", "after"),
    [
        (None, 30 * DAY, 23 * DAY),
        (9, 30 * DAY, 23 * DAY),
        (25 * DAY, 30 * DAY, 25 * DAY),
        (9, 40 * DAY, 29 * DAY),
    ],
)
def test_item_that_cannot_be_read_holds_up_the_frontier(
    frontier: float | None, began: float, after: float
) -> None:
    """Nobody knows when it was created: for a week all of these days is listed."""
    odd = [("odd", ValueError("no"))]
    listing = listing_of(job("a", 29 * DAY), began=began, unreadable=odd)
    plan = plan_of(state(frontier=frontier))
    for visit in plan.visits(listing):
        plan.gone(visit)
    plan.finish(listing)
    assert plan.state.frontier == at(after)


def test_settled_are_remembered_as_far_as_they_are_listed() -> None:
    """The state is bounded by the overlap, never by history."""
    before = state(frontier=DAY)
    before.settled = {"a": at(DAY - HOUR), "b": at(DAY - HOUR - 1), "c": at(0)}
    plan = plan_of(before)
    plan.prune()
    assert plan.state.settled == {"a": at(DAY - HOUR)}
    plan.state.frontier = at(WEEK)
    plan.finish(listing_of())
    assert plan.state.settled == {}
    named = state(frontier=DAY, tuning_job_names=("c",))
    named.settled = {"c": at(0)}
    plan_of(named).prune()
    assert named.settled == {"c": at(0)}


def test_job_that_is_gone_is_forgotten() -> None:
    """Its frontier passes it; a name used again is another tuning job's."""
    plan = plan_of(state(known(since=540)))
    plan.gone(Visit(job=job(), since=at(540)))
    assert (plan.state.open, plan.state.settled) == ({}, {})


@pytest.mark.parametrize(
    ("listed", "gone", "said"),
    [
        ([], [], []),
        ([job("Open", 5)], [], []),
        ([job("open", 4)], [], []),
        ([], ["open"], [f"tuning job Open of {at(5)} was deleted"]),
        ([], ["other"], []),
        # its name is used again, also by one that start_date leaves out
        ([job("open", 6)], [], [f"tuning job Open of {at(5)} was deleted"]),
        ([job("open", 6, end=7)], [], [f"tuning job Open of {at(5)} was deleted"]),
    ],
)
def test_only_the_service_says_what_was_deleted(
    listed: list[ListedJob], gone: list[str], said: list[str]
) -> None:
    """Its word, or the same name with a later creation time."""
    plan = plan_of(state(known("Open", 5), start_date=at(HOUR)))
    listing = listing_of(*listed, gone=set(gone))
    assert list(plan.drop_gone(listing)) == said
    assert bool(plan.state.open) is not bool(said)


@pytest.mark.parametrize(
    ("before", "listed", "is_whole", "after"),
    [
        # absent from one listing: from now on a week counts
        (known(since=5), [], True, known(since=5, failed=30 * DAY)),
        (known(since=5, failed=23 * DAY), [], True, known(since=5, failed=23 * DAY)),
        (known(since=5, failed=23 * DAY - 1), [], True, None),
        # a listing that is not whole proves nothing
        (known(since=5, failed=5), [], False, known(since=5, failed=5)),
        (known(since=5), [], False, known(since=5)),
        (known(failed=5), [job()], True, known(failed=5)),
    ],
)
def test_when_one_that_is_not_listed_is_given_up(
    before: OpenJob, listed: list[ListedJob], *, is_whole: bool, after: OpenJob | None
) -> None:
    """Where it may not be asked for by name: a week after it was first missed."""
    plan = plan_of(state(before))
    listing = listing_of(*listed, is_whole=is_whole, began=30 * DAY)
    warnings = list(plan.drop_unlisted(listing))
    assert plan.state.open == ({"job": after} if after else {})
    said = f"tuning job job of {at(0)} is given up: it is in no listing"
    assert [warning.startswith(said) for warning in warnings] == [True] * (not after)


@pytest.mark.parametrize(
    ("before", "old", "new", "after"),
    [
        # the earlier one holds to the end; what is open goes on from where it began
        (known(), None, 600, known(since=0)),
        (known(created=0.5), None, 600, known(created=0.5, since=0)),
        (known(), 300.5, 600, known(since=300)),
        (known(since=540, rows=1), None, 600, known(since=540, rows=1)),
        # what neither cuts is read whole
        (known(), None, 0, known()),
        (known(checked=2), -600, -300, known(checked=2)),
        (known(), None, None, known()),
    ],
)
def test_later_start_date_takes_over_in_the_end(
    before: OpenJob, old: float | None, new: float | None, after: OpenJob
) -> None:
    """When all that the earlier one asked for was listed and visited."""
    earlier = Filters(start_date=None if old is None else at(old))
    later = Filters(start_date=None if new is None else at(new))
    plan = plan_of(state(before, start_date=earlier.start_date), filters=later)
    assert plan.state.filters == earlier
    odd = [("odd", ValueError("no"))]
    plan.finish(listing_of(unreadable=odd))
    assert (plan.state.filters, plan.state.open) == (earlier, {"job": before})
    plan.finish(listing_of())
    assert (plan.state.filters, plan.state.open) == (later, {"job": after})
