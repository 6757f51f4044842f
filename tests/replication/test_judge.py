"""The judge decides whether failures are their tuning jobs' own or the scope's."""

from __future__ import annotations

from itertools import product

import pytest

from tap_sagemaker_tuning.replication.judge import (
    Judge,
    Step,
    Why,
    failed_again,
    is_long_unread,
    sample,
)
from tap_sagemaker_tuning.replication.state import OpenJob

FIRST, NINTH = "2026-03-01T09:00:00.000Z", "2026-03-09T09:00:00.000Z"
JOB = OpenJob(name="job", created=FIRST)
READ, GONE = "read", "gone"
HAPPENS: tuple[str | Why, ...] = (READ, GONE, *Why)
LISTING: tuple[Why | None, ...] = (None, *Why)


def take(judge: Judge, what: str | Why, listing: Why | None = None) -> Step:
    """Tell a judge how a visit ended; answer its call with this."""
    if not isinstance(what, Why):
        return judge.passed(is_read=what == READ)
    step = judge.failed(what)
    return judge.listed(listing) if step is Step.LIST else step


@pytest.mark.parametrize("visits", range(6))
@pytest.mark.parametrize("listing", LISTING)
def test_every_history(visits: int, listing: Why | None) -> None:
    """In every history of visits: nothing is passed on until one has been read; the
    scope fails only if three fail in a row for a reason that can be the scope's, and
    the listing too; and what a scope that answers holds back is passed on at its end,
    or after the next visit that passes, if one has been read."""
    for history in product(HAPPENS, repeat=visits):
        judge, has_read = Judge(), False
        for number, what in enumerate(history, start=1):
            step = take(judge, what, listing)
            has_read = has_read or what is READ
            if step is Step.STOP:
                assert listing not in (None, Why.DENIED)
                assert what is Why.FAILED
                last = history[number - 3 : number]
                assert {READ, GONE, Why.BROKEN_OFF}.isdisjoint(last)
                break
            assert step in ({Step.READ_ON, Step.HOLD} if has_read else {Step.HOLD})
            if has_read and what is not Why.FAILED:
                assert step is Step.READ_ON
        else:
            failures = [what for what in history if isinstance(what, Why)]
            held = [] if has_read else failures
            assert (judge.end(held) is Step.READ_ON) == (has_read or not failures)
            are_denied = {*held} == {Why.DENIED}
            assert (judge.end(held) is Step.COMPARE) == are_denied


@pytest.mark.parametrize("listing", [None, Why.DENIED])
def test_a_scope_that_answers_is_read_on(listing: Why | None) -> None:
    """While the scope itself answers, each failure is its tuning job's own, up to the
    249th in a row; then the scope fails at the next call."""
    judge = Judge()
    judge.passed(is_read=True)
    steps = [take(judge, Why.FAILED, listing) for _ in range(252)]
    assert steps[:249] == [Step.HOLD, Step.HOLD, Step.READ_ON] * 83
    assert steps[-1] is Step.STOP


def test_a_success_begins_anew() -> None:
    """A success between failures resets their count."""
    judge = Judge()
    for _ in range(9):
        assert [judge.failed(Why.FAILED) for _ in range(2)] == [Step.HOLD] * 2
        judge.passed(is_read=True)


def test_denials_beside_a_success_are_each_ones_own() -> None:
    """If one tuning job could be read, each denial belongs to its own tuning job."""
    judge = Judge()
    judge.passed(is_read=True)
    assert {judge.failed(Why.DENIED) for _ in range(300)} == {Step.READ_ON}


@pytest.mark.parametrize("has_read", [True, False])
def test_only_denials(*, has_read: bool) -> None:
    """Denials are held back until a tuning job can be read; after 250, a sample of all
    is tried, and if none of it can be read, the scope fails."""
    judge = Judge()
    assert {judge.failed(Why.DENIED) for _ in range(249)} == {Step.HOLD}
    assert judge.failed(Why.DENIED) is Step.SAMPLE
    after = Step.READ_ON if has_read else Step.STOP
    assert judge.sampled(has_read=has_read) is after
    if has_read:
        assert judge.failed(Why.DENIED) is Step.READ_ON


def test_a_malformed_one_is_never_the_scopes() -> None:
    """However many tuning jobs are malformed, no other call is made."""
    judge = Judge()
    assert {judge.failed(Why.MALFORMED) for _ in range(300)} == {Step.HOLD}


@pytest.mark.parametrize("is_denied", [False, True])
@pytest.mark.parametrize("was_denied", [False, True])
def test_patience_begins_anew(*, was_denied: bool, is_denied: bool) -> None:
    """The days that a tuning job could not be read count from when this kind of failure
    began."""
    first = failed_again(JOB, FIRST, is_denied=was_denied)
    assert (first.failed, first.asked) == (FIRST, FIRST)
    week = failed_again(first, NINTH, is_denied=is_denied)
    is_same = was_denied == is_denied
    assert (week.failed, week.asked) == (FIRST if is_same else NINTH, NINTH)
    assert week.denied == is_denied
    assert is_long_unread(week) is is_same


def test_a_sample_is_spread_evenly() -> None:
    """A sample has fifty visits from the whole of them, or all if there are fewer."""
    assert [*sample(600)] == [*range(0, 600, 12)]
    assert [*sample(7)] == [*range(7)]
    assert [*sample(0)] == []
