"""Histories as Hypothesis draws them: what happens, and when and how it is read.

What a thing is like comes of one drawn string of bytes, a byte a choice: that is ten
times as fast as a draw a choice, and it shrinks towards each choice's first option.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

from hypothesis import strategies as st

from tap_sagemaker_tuning.replication.state import Filters
from tests.replication.history import (
    NEVER,
    STREAMS,
    Circumstances,
    FakeJob,
    FakeService,
    FakeTrial,
    at,
)

MINUTE, HOUR, DAY = 60, 3600, 86_400
Option = TypeVar("Option")


class Choices:
    """Choices of drawn bytes, one after the other."""

    def __init__(self, drawn: bytes) -> None:
        """Start with the first byte."""
        self._bytes = iter(drawn)

    def of(self, *options: Option) -> Option:
        """One of these; the first is the simplest."""
        return options[next(self._bytes) % len(options)]

    def one_in(self, many: int) -> bool:
        """Whether it happens, once in so many times."""
        return next(self._bytes) % many == many - 1

    def part(self, low: int, high: int) -> int:
        """A number of that range, its ends included: one of 256."""
        return low + (high - low) * next(self._bytes) // 255


@dataclass(frozen=True, kw_only=True)
class Sync:
    """When a sync runs, and how it goes.

    Attributes:
        wait: Seconds since the one before.
        how: How it goes.
        denied: Tuning jobs whose trials may not be listed then.
        may_describe: Whether tuning jobs may be asked for by name then.
        dooms: What is deleted in the middle of it, and after how many calls.
    """

    wait: int
    how: Circumstances
    denied: frozenset[str]
    may_describe: bool
    dooms: tuple[int, str]


@dataclass(frozen=True, kw_only=True)
class History:
    """What happens, and when it is read.

    Attributes:
        jobs: The tuning jobs.
        syncs: The syncs.
        tick: How long a call takes.
        has_offsets: Whether tokens are offsets.
        names: `tuning_job_names`.
        status: `status_equals`.
        start: A fixed `start_date`, in seconds.
        start_days: A `start_date` that is computed anew at each sync: so many days
            ago, at four minutes before midnight.
    """

    jobs: list[FakeJob]
    syncs: list[Sync]
    tick: float = 0
    has_offsets: bool = False
    names: tuple[str, ...] | None = None
    status: str | None = None
    start: float | None = None
    start_days: int | None = None

    def service(self) -> FakeService:
        """The API of this history, at its beginning."""
        jobs = list(self.jobs)
        return FakeService(jobs, tick=self.tick, has_offsets=self.has_offsets)

    def filters(self, now: float) -> Filters:
        """The settings of a sync."""
        start = self.start
        if self.start_days is not None:
            start = (now // DAY - self.start_days) * DAY - 4 * MINUTE
        return Filters(
            start_date=None if start is None else at(start),
            tuning_job_names=self.names,
            status_equals=self.status,
        )

    @property
    def over(self) -> float:
        """From when on nothing of it changes any more, deletions apart."""
        return max(job.over for job in self.jobs)


def choices(draw: st.DrawFn, size: int) -> Choices:
    """Draw so many choices."""
    return Choices(draw(st.binary(min_size=size, max_size=size)))


def trial_of(pick: Choices, name: str, created: int, ended: int) -> FakeTrial:
    """A trial of a tuning job that runs from `created` to `ended`: 9 choices."""
    start = pick.part(created, ended - MINUTE)
    end = pick.part(start + 1, ended)
    return FakeTrial(
        name=name,
        created=start,
        ended=end,
        settled=pick.of(end, end, end + 30, ended + 10 * MINUTE),
        status=pick.of("Completed", "Failed", "Stopped", *["Completed"] * 9, "Frozen"),
        has_objective=not pick.one_in(4),
        listed=start + pick.of(0, 0, 20, 45),
        deleted=end + HOUR if pick.one_in(8) else NEVER,
        odd_until=start + HOUR if pick.one_in(16) else 0,
    )


TRIAL_CHOICES, MOST_TRIALS = 8, 5
JOB_CHOICES = 8


@st.composite
def tuning_jobs(draw: st.DrawFn) -> list[FakeJob]:
    """Some tuning jobs, near each other or days apart; some names are used again."""
    found: list[FakeJob] = []
    free_from: dict[str, float] = {}
    sizes = st.lists(st.integers(0, MOST_TRIALS), min_size=1, max_size=5)
    for number, size in enumerate(draw(sizes)):
        pick = choices(draw, JOB_CHOICES + size * TRIAL_CHOICES)
        name = pick.of(f"Job-{number}", "again")
        if free_from.get(name, 0) >= NEVER:
            name = f"Job-{number}"
        wait = pick.of(0, 1, 10, HOUR, 2 * HOUR, DAY, 2 * DAY, 3 * DAY)
        created = int(free_from.get(name, 0)) + wait
        ended = created + pick.of(2 * MINUTE, 3 * HOUR, 3 * DAY)
        deleted = pick.of(*[NEVER] * 4, created + HOUR, ended + DAY)
        free_from[name] = deleted + 1 if deleted < NEVER else NEVER
        status, has_end_time = pick.of(
            *[("Completed", True)] * 5,
            ("Frozen", True),
            ("Stopped", False),
            ("Frozen", False),
        )
        found.append(
            FakeJob(
                name=name,
                created=created + pick.of(0, 0.5),
                ended=ended,
                trials=tuple(
                    trial_of(pick, f"{name}-{number}-{trial}", created, ended)
                    for trial in range(size)
                ),
                listed=created + pick.of(0, 0, 0, HOUR),
                deleted=deleted,
                counters_lag=30,
                status=status,
                has_end_time=has_end_time,
                odd_until=created + 2 * HOUR if pick.one_in(10) else 0,
            )
        )
    return found


SYNC_CHOICES = 17
NAMES = ("again", "Job-0", "Job-1", "Job-2", "Job-3")


@st.composite
def syncs(draw: st.DrawFn) -> Sync:
    """A sync."""
    pick = choices(draw, SYNC_CHOICES)
    denied = frozenset(name for name in NAMES if pick.one_in(4))
    streams = tuple(name for name in STREAMS if not pick.one_in(3))
    doomed = pick.of("", "", *NAMES, *(f"{name}-0-0" for name in NAMES))
    return Sync(
        wait=pick.of(1, 30, 10 * MINUTE, HOUR, HOUR, DAY, 2 * DAY, 8 * DAY),
        how=Circumstances(
            streams=streams or STREAMS,
            kill_after=pick.of(None, *range(13)) if pick.one_in(2) else None,
            save_every=pick.of(1, 2, 3),
            ahead=pick.of(1, 2, 4),
            pause=pick.of(0, 0, 40, 10 * MINUTE),
        ),
        denied=denied,
        may_describe=not pick.one_in(4),
        dooms=(pick.of(1, 2, 3, 4, 5, 6, 8, 12), doomed),
    )


@st.composite
def histories(draw: st.DrawFn) -> History:
    """A history."""
    jobs = draw(tuning_jobs())
    all_syncs = draw(st.lists(syncs(), max_size=8))
    pick = choices(draw, 5)
    start, start_days = pick.of(
        (None, None),
        (None, None),
        (None, 0),
        (None, 1),
        (10 * MINUTE, None),
        (DAY + 0.7, None),
    )
    return History(
        jobs=jobs,
        syncs=all_syncs,
        tick=pick.of(0, 1, 20),
        has_offsets=pick.one_in(2),
        names=pick.of(
            *[None] * 4, ("job-0",), ("again", "job-0", "job-1"), ("again", "job-2")
        ),
        status=pick.of(*[None] * 5, "Completed"),
        start=start,
        start_days=start_days,
    )
