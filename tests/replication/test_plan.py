"""What a plan visits and how it changes the state, decision by decision."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from tap_sagemaker_tuning.replication.listing import Unreadable, Wanted
from tap_sagemaker_tuning.replication.plan import Visit
from tap_sagemaker_tuning.replication.state import Filters
from tests.laws.service import at
from tests.replication.plans import (
    DAY,
    HOUR,
    RUNS,
    WEEK,
    job,
    known,
    listing_of,
    plan_of,
    state,
    tally,
)

if TYPE_CHECKING:
    from tap_sagemaker_tuning.replication.listing import ListedJob
    from tap_sagemaker_tuning.replication.state import OpenJob, ScopeState


ODD = Unreadable("odd", ValueError("no"), None)
AT_45 = replace(ODD, created=at(45))
LATER = 30 * DAY


@pytest.mark.parametrize(
    ("before", "listed", "visits"),
    [
        # new: back to the lookback window behind the mark, or all without a mark
        (state(mark=HOUR), [job("a", 0), job("b", -1), job("c", 9)], ["a", "c"]),
        (state(mark=None), [job("a", 0), job("b", -DAY)], ["b", "a"]),
        # nothing settled, but a new tuning job with the same name
        (replace(state(), settled={"a": at(5)}), [job("A", 5)], []),
        (replace(state(), settled={"a": at(5)}), [job("A", 6)], ["A"]),
        # open, no matter how old; and a new tuning job with the same name
        (state(known("a", -DAY), mark=DAY), [job("A", -DAY)], ["A"]),
        (state(known("a", -DAY), mark=DAY), [job("a", -HOUR)], ["a"]),
        (state(known("a", 5), mark=DAY), [job("a", 4)], []),
        # a settled one beside a newer one with its name is not visited
        (
            replace(state(known("a", 5)), settled={"a": at(6)}),
            [job("a", 6)],
            [],
        ),
        # named in the settings, no matter how old, but nothing settled
        (
            replace(
                state(mark=DAY, tuning_job_names=("a", "b")), settled={"b": at(-9)}
            ),
            [job("a", -DAY), job("b", -9)],
            ["a"],
        ),
        # nothing that ended before start_date
        (
            state(mark=None, start_date=at(HOUR)),
            [
                job("a", 0, end=HOUR - 1),
                job("b", 1, end=HOUR),
                job("c", 2, end=None),
                job("d", 3, end=2 * HOUR),
            ],
            ["b", "c", "d"],
        ),
        # but still what was open before
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
    """Exactly the new and the open tuning jobs are visited, oldest first."""
    planned = plan_of(before).visits(listing_of(*listed))
    assert [visit.job.name for visit in planned] == visits


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
        # the same if open without a watermark; with one, from the watermark
        ([known()], 0, 600, 600),
        ([known(since=540)], 0, 600, 540),
        ([known(since=660)], 0, 600, 660),
        # a new tuning job with the name of an open one starts at its beginning
        ([known(created=-9, since=540)], 0, None, None),
    ],
)
def test_from_when_on_a_visit_reads(
    before: list[OpenJob], created: float, start: float | None, since: float | None
) -> None:
    """A visit follows the trials already written, even those before a later
    start_date."""
    start_date = None if start is None else at(start)
    plan = plan_of(state(*before, start_date=start_date))
    (visit,) = plan.visits(listing_of(job(created=created, **RUNS)))
    assert visit.since == (None if since is None else at(since))


def test_counters_count_what_start_date_cuts() -> None:
    """Counters include trials before start_date, so they are ignored if it cuts any
    off."""
    plan = plan_of(state(start_date=at(300)))
    of = job(counted={"Completed": 3})
    plan.visited(Visit(job=of, since=at(300)), tally(of, 600))
    assert plan.state.settled == {"job": at(0)}
    plan = plan_of(state(start_date=at(-300)))
    plan.visited(Visit(job=of, since=None), tally(of, 600))
    assert plan.state.settled == {}


@pytest.mark.parametrize(
    ("before", "filters", "boundary"),
    [
        (state(mark=None), {}, ""),
        (state(mark=DAY), {}, at(DAY - HOUR)),
        (state(mark=DAY, start_date=at(9)), {}, at(DAY - HOUR)),
        (state(mark=DAY, tuning_job_names=("a",)), {}, ""),
    ],
)
def test_what_is_wanted_of_a_listing(
    before: ScopeState, filters: dict[str, Any], boundary: str
) -> None:
    """A plan wants the lookback window, and each open tuning job by name and creation
    time."""
    before.open = {"a": known("A", 5, arn="arn:A"), "b": known("b", 6)}
    assert plan_of(before, **filters).wanted == Wanted(
        boundary,
        {("a", at(5)): "A", ("b", at(6)): "b"},
        {("a", at(5)): "arn:A"},
    )


def test_open_job_keeps_name_and_arn() -> None:
    """An open tuning job keeps the name and ARN that were listed first, even if later
    ones differ in case."""
    plan = plan_of(state(known("churn", -9), mark=None))
    first = job("Churn", 5, arn="arn:Churn", **RUNS)
    plan.visited(Visit(job=first, since=None), tally(first))
    assert plan.state.open == {"churn": known("Churn", 5, arn="arn:Churn")}
    later = job("churn", 5, arn="arn:churn", **RUNS)
    plan.visited(Visit(job=later, since=None), tally(later))
    assert plan.state.open == {"churn": known("Churn", 5, arn="arn:Churn")}
    plan.failed(Visit(job=later, since=None), is_denied=False)
    assert plan.state.open["churn"].arn == "arn:Churn"


def test_high_water_mark_follows_what_was_written() -> None:
    """The high-water mark moves with each visit, with any outcome, and at the end to
    the newest listed tuning job."""
    jobs = [job(name, number, seen=9) for number, name in enumerate("abcd")]
    plan = plan_of(state(mark=None))
    marks = [plan.state.high_water_mark]
    a, b, c, _ = plan.visits(listing_of(*jobs, began=9))
    plan.visited(a, tally(a.job))
    marks.append(plan.state.high_water_mark)
    plan.failed(b, is_denied=False)
    marks.append(plan.state.high_water_mark)
    plan.stays_open(c)
    marks.append(plan.state.high_water_mark)
    plan.finish(listing_of(*jobs))
    marks.append(plan.state.high_water_mark)
    assert marks == [None, at(0), at(1), at(2), at(3)]
    assert set(plan.state.open) == {"a", "b", "c"}


def test_high_water_mark_never_moves_back() -> None:
    """An old tuning job that is open or listed late does not move the high-water mark
    back."""
    plan = plan_of(state(known("old", -DAY), mark=DAY))
    listing = listing_of(job("old", -DAY), job("late", DAY - 9, end=DAY, seen=WEEK))
    for visit in plan.visits(listing):
        plan.visited(visit, tally(visit.job))
    plan.finish(listing)
    assert plan.state.high_water_mark == at(DAY)
    assert plan_of(state(mark=DAY)).state.high_water_mark == at(DAY)


def test_high_water_mark_passes_what_start_date_leaves_out() -> None:
    """The high-water mark moves past what start_date leaves out."""
    listing = listing_of(job("a", 5, end=9), began=9)
    plan = plan_of(state(mark=None, start_date=at(HOUR)))
    assert list(plan.visits(listing)) == []
    plan.finish(listing)
    assert plan.state.high_water_mark == at(5)


@pytest.mark.parametrize(
    ("before", "odd", "after"),
    [
        # not past the oldest that it can be
        (None, [job("a", 60), ODD, job("b", 30), job("c", 10)], 30),
        (None, [job("a", 60), AT_45, job("b", 30)], 45),
        (
            None,
            [job("a", 60), ODD, AT_45, job("b", 9)],
            45,
        ),
        (None, [AT_45, ODD, job("b", 30)], 30),
        (None, [job("a", 60), AT_45, job("b", 40), ODD, job("c", 30)], 30),
        (40, [ODD, job("b", 30)], 40),
        # nothing older is listed: it can be of any time
        (None, [job("b", 30), ODD], None),
        (20, [job("b", 30), ODD], 20),
        # older than what is listed again: no matter
        (20, [job("b", 30), job("c", 19 - HOUR), ODD], 30),
        (20, [job("b", 30), replace(AT_45, created=at(19 - HOUR))], 30),
        # a time ahead: not past the listing's
        (None, [job("a", 200), job("b", 30)], 100),
        (None, [job("a", 200), ODD, job("b", 30)], 30),
    ],
)
def test_what_holds_the_high_water_mark_back(
    before: float | None, odd: list[Any], after: float | None
) -> None:
    """The high-water mark passes neither an item that cannot be read nor the listing's
    own time."""
    plan = plan_of(state(mark=before))
    listing = listing_of(began=100)
    listing.add_page(odd, plan.wanted.boundary)
    for visit in plan.visits(listing):
        plan.visited(visit, tally(visit.job))
    plan.finish(listing)
    assert plan.state.high_water_mark == (None if after is None else at(after))


def test_settled_are_remembered_as_far_as_they_are_listed() -> None:
    """The state remembers settled tuning jobs only within the lookback window."""
    before = state(mark=DAY)
    before.settled = {"a": at(DAY - HOUR), "b": at(DAY - HOUR - 1), "c": at(0)}
    plan = plan_of(before)
    plan.prune()
    assert plan.state.settled == {"a": at(DAY - HOUR)}
    plan.state.high_water_mark = at(WEEK)
    plan.finish(listing_of())
    assert plan.state.settled == {}
    named = state(mark=DAY, tuning_job_names=("c",))
    named.settled = {"c": at(0)}
    plan_of(named).prune()
    assert named.settled == {"c": at(0)}


def test_job_that_may_be_gone_stays_open() -> None:
    """A tuning job that was listed and then not found stays open with its
    watermark."""
    plan = plan_of(state(known(since=540)))
    plan.stays_open(Visit(job=job(**RUNS), since=at(540)))
    assert (plan.state.open, plan.state.settled) == ({"job": known(since=540)}, {})


@pytest.mark.parametrize(
    ("listed", "gone", "said"),
    [
        ([], [], []),
        ([job("Open", 5)], [], []),
        ([job("open", 4)], [], []),
        # the same one, though one of the two times is cut to the second
        ([job("open", 5.5)], [], []),
        ([], ["open"], [f"tuning job Open (created {at(5)}) was deleted"]),
        ([], ["other"], []),
        # its name is reused, even by one that start_date leaves out
        ([job("open", 6)], [], [f"tuning job Open (created {at(5)}) was deleted"]),
        (
            [job("open", 6, end=7)],
            [],
            [f"tuning job Open (created {at(5)}) was deleted"],
        ),
    ],
)
def test_only_the_service_says_what_was_deleted(
    listed: list[ListedJob], gone: list[str], said: list[str]
) -> None:
    """A tuning job counts as deleted if the service reports so, or if its name has a
    later creation time."""
    plan = plan_of(state(known("Open", 5), start_date=at(HOUR)))
    listing = listing_of(*listed, gone=set(gone))
    assert list(plan.drop_gone(listing)) == said
    assert bool(plan.state.open) is not bool(said)


@pytest.mark.parametrize(
    ("corrected", "visits"), [({"job"}, [("job", None)]), (set(), []), ({"other"}, [])]
)
def test_creation_time_that_was_listed_too_late(
    corrected: set[str], visits: list[tuple[str, str | None]]
) -> None:
    """A tuning job that was once listed with a later time is read whole, once a
    description confirms the earlier one."""
    plan = plan_of(state(known(created=DAY, since=DAY, rows=3), mark=2 * DAY))
    listing = listing_of(job(**RUNS), corrected=corrected, began=2 * DAY)
    planned = [(visit.job.name, visit.since) for visit in plan.visits(listing)]
    assert planned == visits
    after = known() if visits else known(created=DAY, since=DAY, rows=3)
    assert plan.state.open == {"job": after}


@pytest.mark.parametrize(
    ("before", "listed", "is_whole", "after"),
    [
        (known(since=5), [], True, known(since=5, failed=30 * DAY, asked=30 * DAY)),
        (known(failed=5), [], True, known(failed=5, asked=30 * DAY)),
        # another of its name, created before it
        (known(created=5), [job()], True, known(created=5, failed=LATER, asked=LATER)),
        # a partial listing proves nothing
        (known(since=5), [], False, known(since=5)),
        (known(failed=5), [job()], True, known(failed=5)),
        # not asked for in this sync
        (known(failed=5, asked=LATER), [], True, known(failed=5, asked=LATER)),
    ],
)
def test_one_that_is_not_listed_stays_open(
    before: OpenJob, listed: list[ListedJob], *, is_whole: bool, after: OpenJob
) -> None:
    """An open tuning job that a whole listing lacks stays open, as one that could not
    be read."""
    plan = plan_of(state(before))
    listing = listing_of(*listed, is_whole=is_whole, began=LATER)
    list(plan.visits(listing))
    plan.note_unlisted(listing, lambda _: False)
    assert plan.state.open["job"] == after


def test_one_that_cannot_be_described_stays_open() -> None:
    """An open tuning job that could not be described is unread, but not denied, even if
    the listing is partial."""
    plan = plan_of(state(known(since=5)))
    failed = [("Job", ValueError("no"))]
    plan.note_unlisted(listing_of(failed=failed, began=LATER), lambda _: True)
    assert plan.state.open == {"job": known(since=5, failed=LATER, asked=LATER)}


@pytest.mark.parametrize("is_allowed", [False, True])
@pytest.mark.parametrize("is_listed_as_denied", [False, True])
def test_one_that_is_denied_alone(
    *, is_allowed: bool, is_listed_as_denied: bool
) -> None:
    """An open tuning job that is not listed is denied alone only if a call was denied,
    and another tuning job may be described."""
    plan = plan_of(state(known(since=5)))
    denied = [("Job", ValueError("no"))] * is_listed_as_denied
    listing = listing_of(denied=denied, began=LATER, is_whole=True)
    plan.note_unlisted(listing, lambda key: is_allowed and key == "job")
    is_alone = is_allowed and is_listed_as_denied
    after = known(since=5, failed=LATER, asked=LATER, denied=int(is_alone))
    assert plan.state.open == {"job": after}


@pytest.mark.parametrize(
    ("before", "began", "is_visited"),
    [
        # for seven days, each sync asks
        (known(failed=0, asked=WEEK), WEEK + 1, True),
        (known(failed=0), 99 * DAY, True),
        # then, one a day
        (known(failed=0, asked=WEEK + 1), WEEK + DAY, False),
        (known(failed=0, asked=WEEK + 1), WEEK + DAY + 1, True),
    ],
)
def test_when_one_that_cannot_be_read_is_retried(
    before: OpenJob, began: float, *, is_visited: bool
) -> None:
    """A tuning job that could not be read for seven days is retried once a day; in
    between, it is neither visited nor asked for by name."""
    plan = plan_of(state(before, mark=DAY))
    listing = listing_of(job(), began=began)
    assert [visit.job.name for visit in plan.visits(listing)] == ["job"] * is_visited
    assert plan.postponed == [before] * (not is_visited)
    nothing = listing_of(began=began)
    assert nothing.unmet(plan.wanted) == ["job"] * is_visited
    again = listing_of(job("job", 9), began=began)
    assert [visit.job.created for visit in plan.visits(again)] == [at(9)]


def test_shared_listing_meets_the_most_eager_stream() -> None:
    """If one stream could not read a tuning job for long and another can, the listing
    still has to show it; if both could not, from the earlier retry on."""
    first = plan_of(state(known(failed=0, asked=WEEK + 1))).wanted
    second = plan_of(state(known(failed=0, asked=WEEK + 9))).wanted
    eager = plan_of(state(known())).wanted
    which = ("job", at(0))
    assert Wanted.of_all([first, second]).retry_at == {which: at(WEEK + DAY + 1)}
    assert Wanted.of_all([second, first]).retry_at == {which: at(WEEK + DAY + 1)}
    assert Wanted.of_all([first, eager]).retry_at == {}


@pytest.mark.parametrize(
    ("before", "old", "new", "after"),
    [
        # the earlier start_date still applies to what is open
        (known(), None, 600, known(since=0)),
        (known(created=0.5), None, 600, known(created=0.5, since=0)),
        (known(), 300.5, 600, known(since=300)),
        (known(since=540, rows=1), None, 600, known(since=540, rows=1)),
        # read in full if neither start_date cuts anything off
        (known(), None, 0, known()),
        (known(checked=2), -600, -300, known(checked=2)),
        (known(), None, None, known()),
    ],
)
def test_later_start_date_takes_over_in_the_end(
    before: OpenJob, old: float | None, new: float | None, after: OpenJob
) -> None:
    """A later start_date takes over once everything that the earlier one selected has
    been listed and visited."""
    earlier = Filters(start_date=None if old is None else at(old))
    later = Filters(start_date=None if new is None else at(new))
    plan = plan_of(state(before, start_date=earlier.start_date), filters=later)
    assert plan.state.filters == earlier
    plan.finish(listing_of(unread=[("odd", ODD.error)]))
    assert (plan.state.filters, plan.state.open) == (earlier, {"job": before})
    plan.finish(listing_of())
    assert (plan.state.filters, plan.state.open) == (later, {"job": after})
