"""Hypothesis strategies for histories: what happens, and when and how it is synced.

Each choice consumes one byte of a single drawn string of bytes. That is ten times as
fast as one draw per choice, and it shrinks toward the first option of each choice.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TypeVar

from hypothesis import strategies as st

from tap_sagemaker_tuning.replication.state import Filters
from tests.laws.service import NEVER, FakeJob, FakeService, FakeTrial, at
from tests.laws.warehouse import STREAMS, Circumstances

MINUTE, HOUR, DAY = 60, 3600, 86_400
Option = TypeVar("Option")


class Choices:
    """Choices that consume drawn bytes, one after the other."""

    def __init__(self, drawn: bytes) -> None:
        """Start at the first byte."""
        self._bytes = iter(drawn)

    def of(self, *options: Option) -> Option:
        """One of these options; the first is the simplest."""
        return options[next(self._bytes) % len(options)]

    def one_in(self, many: int) -> bool:
        """True once in so many times."""
        return next(self._bytes) % many == many - 1

    def part(self, low: int, high: int) -> int:
        """One of 256 numbers in a range that includes both ends."""
        return low + (high - low) * next(self._bytes) // 255


@dataclass(frozen=True, kw_only=True)
class Sync:
    """When a sync runs, and how it goes.

    Attributes:
        wait: Seconds since the previous sync.
        after: Alternatively, seconds after the next thing happens.
        how: How it goes.
        denied: Tuning jobs whose trials must not be listed.
        may_describe: Whether Describe of a tuning job is allowed.
        may_list_trials: Whether listing trials is allowed.
        is_down: Whether listing trials fails with a server error.
        may_read_metrics: Whether reading CloudWatch is allowed.
        lies: Calls of the sync that say that a thing does not exist, though it does.
        cuts_times: Whether a description's CreationTime is cut to the second.
        breaks_metrics: CloudWatch fails for one in so many series; 0: for none.
        doomed: The number of the tuning job or trial that is deleted during the sync.
        doomed_after: After how many calls of the sync it is deleted.
    """

    wait: int
    after: int | None
    how: Circumstances
    denied: frozenset[str]
    may_describe: bool
    may_list_trials: bool
    is_down: bool
    may_read_metrics: bool
    lies: frozenset[int]
    cuts_times: bool
    breaks_metrics: int
    doomed: int | None
    doomed_after: int


@dataclass(frozen=True, kw_only=True)
class History:
    """What happens, and when it is synced.

    Attributes:
        jobs: The tuning jobs.
        syncs: The syncs.
        tick: How many seconds a call takes.
        page_size: Items per page.
        has_offsets: Whether tokens are offsets.
        has_empty_pages: Whether an empty page comes before each page.
        names: `tuning_job_names`.
        status: `status_equals`.
        status_until: When `status_equals` is removed.
        start: A fixed `start_date`, in seconds.
        start_days: A rolling `start_date`: at each sync, this many days ago, at four
            minutes before midnight.
    """

    jobs: list[FakeJob]
    syncs: list[Sync]
    tick: float = 0
    page_size: int = 2
    has_offsets: bool = False
    has_empty_pages: bool = False
    names: tuple[str, ...] | None = None
    status: str | None = None
    status_until: float = NEVER
    start: float | None = None
    start_days: int | None = None

    def service(self) -> FakeService:
        """The API of this history, at its start."""
        return FakeService(
            list(self.jobs),
            tick=self.tick,
            page_size=self.page_size,
            has_offsets=self.has_offsets,
            has_empty_pages=self.has_empty_pages,
        )

    def time_of(self, sync: Sync, now: float) -> float:
        """When the sync after this time runs."""
        if sync.after is not None:
            for moment in self._moments:
                if moment + sync.after > now:
                    return moment + sync.after
        return now + sync.wait

    @cached_property
    def _moments(self) -> list[float]:
        found = {moment for job in self.jobs for moment in job.moments}
        return sorted(moment for moment in found if 0 <= moment < NEVER)

    def name(self, number: int) -> str:
        """The name of a tuning job or trial, by its number."""
        names = [job.name for job in self.jobs]
        for job in self.jobs:
            names += [trial.name for trial in job.trials]
        return names[number % len(names)]

    def filters(self, now: float) -> Filters:
        """The settings of a sync."""
        start = self.start
        if self.start_days is not None:
            start = (now // DAY - self.start_days) * DAY - 4 * MINUTE
        return Filters(
            start_date=None if start is None else at(start),
            tuning_job_names=self.names,
            status_equals=self.status if now < self.status_until else None,
        )

    @property
    def over(self) -> float:
        """When the last change is over, apart from deletions."""
        return max(job.over for job in self.jobs)


def choices(draw: st.DrawFn) -> Choices:
    """Draw enough bytes for all choices."""
    return Choices(draw(st.binary(min_size=36, max_size=36)))


def trial_of(pick: Choices, name: str, created: int, ended: int) -> FakeTrial:
    """A trial of a tuning job that runs from `created` to `ended`."""
    start = pick.part(created, ended - MINUTE)
    start = pick.of(start, start, start, ended - 10)
    end = pick.of(start + 5, pick.part(start + 1, ended))
    settled = pick.of(end, end, end + 30, ended + 10 * MINUTE)
    objective = pick.of(*["shown"] * 4, "absent", "late")
    return FakeTrial(
        name=name,
        created=start,
        ended=end,
        # A trial that is not listed counts as expected while the tuning job runs.
        settled=min(settled, ended) if objective == "late" else settled,
        status="Frozen" if pick.one_in(24) else pick.of("Completed", "Failed"),
        objective=objective,
        listed=start + pick.of(0, 0, 20, 45, 60),
        end_late=pick.of(0, 0, 30, 400) if pick.one_in(4) else 0,
        deleted=end + HOUR if pick.one_in(16) else NEVER,
        odd_until=start + HOUR if pick.one_in(16) else 0,
    )


@st.composite
def tuning_jobs(draw: st.DrawFn) -> list[FakeJob]:
    """Some tuning jobs, close together or days apart; some names are reused."""
    found: list[FakeJob] = []
    free_from: dict[str, float] = {}
    for number in range(draw(st.integers(1, 5))):
        pick = choices(draw)
        name = "again" if pick.one_in(3) else f"Job-{number}"
        if free_from.get(name, 0) >= NEVER:
            name = f"Job-{number}"
        wait = pick.of(0, 1, 10, HOUR, 2 * HOUR, 2 * HOUR, DAY, 2 * DAY)
        created = int(free_from.get(name, 0)) + wait
        ended = created + pick.of(2 * MINUTE, 3 * HOUR, 3 * HOUR, 3 * DAY)
        deleted = NEVER
        if name == "again" or pick.one_in(6):
            deleted = pick.of(created + HOUR, ended + DAY)
        free_from[name] = deleted + 1
        status, has_end_time = pick.of(
            *[("Completed", True)] * 5,
            ("Frozen", True),
            ("Stopped", False),
            ("Frozen", False),
            ("DeleteFailed", True),
        )
        is_deleted = status == "DeleteFailed"
        found.append(
            FakeJob(
                name=name,
                created=created + pick.of(0, 0.5),
                ended=ended,
                trials=tuple(
                    trial_of(choices(draw), f"{name}-{number}-{trial}", created, ended)
                    for trial in range(draw(st.integers(0, 5)))
                ),
                listed=created + (HOUR if pick.one_in(4) else 0),
                deleted=deleted,
                counters_lag=pick.of(0, 30, 60),
                status=status,
                deleting_until=ended + 3 * HOUR if is_deleted else 0,
                has_end_time=has_end_time,
                odd_until=created + 2 * HOUR if pick.one_in(8) else 0,
                # CreationTime can lie ahead, by days.
                exists_from=created - pick.of(5 * DAY, 40) if pick.one_in(8) else None,
            )
        )
    return found


@st.composite
def syncs(draw: st.DrawFn) -> Sync:
    """A sync."""
    pick = choices(draw)
    names = ("again", *(f"Job-{number}" for number in range(5)))
    streams = tuple(name for name in STREAMS if not pick.one_in(3))
    return Sync(
        wait=pick.of(1, 30, 10 * MINUTE, HOUR, HOUR, HOUR, DAY, 2 * DAY, 8 * DAY),
        after=pick.of(0, 15, 45, 70, 600) if pick.one_in(2) else None,
        how=Circumstances(
            streams=streams or STREAMS,
            kill_after=pick.of(*range(16)) if pick.one_in(3) else None,
            is_stop=pick.one_in(3),
            save_every=pick.of(1, 2, 3, 7),
            ahead=pick.of(1, 2, 4),
            pause=pick.of(0, 0, 40, 10 * MINUTE),
        ),
        denied=frozenset(name for name in names if pick.one_in(5)),
        may_describe=not pick.one_in(4),
        may_list_trials=not pick.one_in(6),
        is_down=pick.one_in(12),
        lies=frozenset({pick.of(*range(2, 12))} if pick.one_in(4) else ()),
        cuts_times=pick.one_in(4),
        may_read_metrics=not pick.one_in(6),
        breaks_metrics=pick.of(0, 0, 0, 0, 2, 1),
        doomed=pick.of(*range(32)) if pick.one_in(4) else None,
        doomed_after=pick.of(1, 2, 3, 4, 5, 6, 8, 12),
    )


@st.composite
def histories(draw: st.DrawFn) -> History:
    """A history."""
    pick = choices(draw)
    start, start_days = pick.of(
        (None, None),
        (None, None),
        (None, 0),
        (None, 1),
        (None, 5),
        (10 * MINUTE, None),
        (DAY + 0.7, None),
    )
    names = (("job-0",), ("again", "job-0", "job-1"), ("again", "job-2"))
    return History(
        jobs=draw(tuning_jobs()),
        syncs=draw(st.lists(syncs(), max_size=8)),
        tick=pick.of(0, 1, 20),
        has_offsets=pick.one_in(2),
        has_empty_pages=pick.one_in(3),
        names=pick.of(*names) if pick.one_in(4) else None,
        status="Completed" if pick.one_in(8) else None,
        status_until=pick.of(NEVER, DAY),
        start=start,
        start_days=start_days,
    )
