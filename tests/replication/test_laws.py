"""The laws of replication, over any history, with kills and faults in any place."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import Any

from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from tap_sagemaker_tuning.replication.plan import OVERLAP, PATIENCE
from tap_sagemaker_tuning.replication.state import Filters
from tap_sagemaker_tuning.values import moment, timestamp
from tests.replication.history import (
    NEVER,
    START,
    STREAMS,
    Circumstances,
    FakeJob,
    FakeService,
    FakeTap,
    FakeTrial,
    Killed,
    at,
)

MINUTE, HOUR, DAY = 60, 3600, 86_400
SLOW = [HealthCheck.too_slow, HealthCheck.data_too_large]


@dataclass(frozen=True, kw_only=True)
class Sync:
    """When a sync runs, and how it goes."""

    wait: int
    how: Circumstances
    denied: frozenset[str]
    may_describe: bool
    start_days: int | None  # start_date as many whole days ago, computed anew


@dataclass(frozen=True, kw_only=True)
class History:
    """What happens, and when it is read."""

    jobs: list[FakeJob]
    syncs: list[Sync]
    tick: float
    has_offsets: bool
    start_days: int | None

    def service(self) -> FakeService:
        """The API of this history, at its beginning."""
        return FakeService(self.jobs, tick=self.tick, has_offsets=self.has_offsets)

    @property
    def over(self) -> int:
        """When nothing of it changes any more, deletions apart."""
        times = [int(job.ended) for job in self.jobs]
        times += [max(t.settled, t.ended) for job in self.jobs for t in job.trials]
        return max(times)

    @property
    def may_pass_over(self) -> bool:
        """Whether a deletion between two pages can hide a row: see Limits."""
        has_deletions = any(
            thing.deleted < NEVER for job in self.jobs for thing in (job, *job.trials)
        )
        return self.has_offsets and has_deletions


@st.composite
def trials(draw: st.DrawFn, name: str, created: int, ended: int) -> FakeTrial:
    """A trial of a tuning job that runs from `created` to `ended`."""
    start = draw(st.integers(created, ended - MINUTE))
    end = draw(st.integers(start + 1, ended))
    return FakeTrial(
        name=name,
        created=start,
        ended=end,
        settled=draw(st.sampled_from([end, end, end + 30, ended + 10 * MINUTE])),
        status=draw(st.sampled_from(["Completed", "Failed", "Stopped"])),
        has_objective=draw(st.sampled_from([True, True, True, False])),
        listed=start + draw(st.sampled_from([0, 0, 20, 45])),
        deleted=draw(st.sampled_from([NEVER] * 7 + [end + HOUR])),
        odd_until=draw(st.sampled_from([0] * 9 + [start + HOUR])),
    )


@st.composite
def tuning_jobs(draw: st.DrawFn) -> list[FakeJob]:
    """Some tuning jobs, near each other or days apart; some names are used again."""
    found: list[FakeJob] = []
    free_from: dict[str, int] = {}
    for number in range(draw(st.integers(1, 5))):
        name = draw(st.sampled_from([f"Job-{number}", "again"]))
        after = free_from.get(name, 0)
        if after >= NEVER:
            name, after = f"Job-{number}", 0
        created = after + draw(st.sampled_from([1, 10, HOUR, DAY])) * draw(
            st.integers(0, 3)
        )
        ended = created + draw(st.sampled_from([2 * MINUTE, 3 * HOUR, 3 * DAY]))
        deleted = draw(st.sampled_from([NEVER] * 4 + [created + HOUR, ended + DAY]))
        free_from[name] = deleted + 1 if deleted < NEVER else NEVER
        status, has_end_time = draw(
            st.sampled_from(
                [("Completed", True)] * 5 + [("Frozen", True), ("Stopped", False)]
            )
        )
        found.append(
            FakeJob(
                name=name,
                created=created + draw(st.sampled_from([0, 0.5])),
                ended=ended,
                trials=tuple(
                    draw(trials(f"{name}-{number}-{trial}", created, ended))
                    for trial in range(draw(st.integers(0, 5)))
                ),
                listed=created + draw(st.sampled_from([0, 0, 0, HOUR])),
                deleted=deleted,
                counters_lag=draw(st.sampled_from([0, 30])),
                status=status,
                has_end_time=has_end_time,
                odd_until=int(created) + draw(st.sampled_from([0] * 9 + [2 * HOUR])),
            )
        )
    return found


WAITS = st.sampled_from([1, 30, 10 * MINUTE, HOUR, HOUR, DAY, 2 * DAY])

CIRCUMSTANCES = st.builds(
    Circumstances,
    streams=st.sampled_from([STREAMS, STREAMS, ("trials",), ("tuning_jobs",)]),
    kill_after=st.none() | st.integers(0, 12),
    save_every=st.integers(1, 3),
    ahead=st.integers(1, 4),
    pause=st.sampled_from([0, 0, 40, 10 * MINUTE]),
)

SYNCS = st.builds(
    Sync,
    wait=WAITS,
    how=CIRCUMSTANCES,
    denied=st.frozensets(st.sampled_from(["again", "Job-0", "Job-1", "Job-2"])),
    may_describe=st.sampled_from([True, True, True, False]),
)

HISTORIES = st.builds(
    History,
    jobs=tuning_jobs(),
    syncs=st.lists(SYNCS, max_size=8),
    tick=st.sampled_from([0, 1, 20]),
    has_offsets=st.booleans(),
    start_days=st.sampled_from([None, None, 0, 1]),
)


def start_of(history: History, now: float) -> str | None:
    """A start_date that is computed anew at each sync: whole days ago."""
    if history.start_days is None:
        return None
    return at((now // DAY - history.start_days) * DAY - 4 * MINUTE)


def live(history: History) -> FakeTap:
    """Run the syncs of a history."""
    tap = FakeTap(history.service())
    for sync in history.syncs:
        tap.service.now += sync.wait
        tap.service.denied = set(sync.denied)
        tap.service.may_describe = sync.may_describe
        tap.filters = Filters(start_date=start_of(history, tap.service.now))
        try:
            tap.sync(sync.how)
        except Killed:
            event("killed")
        else:
            check_completeness(history, tap)
    tap.service.denied, tap.service.may_describe = set(), True
    return tap


def settle(history: History, tap: FakeTap) -> None:
    """Wait until all is over, and sync once more."""
    tap.service.now = max(tap.service.now, history.over + 2 * DAY)
    tap.filters = Filters(start_date=start_of(history, tap.service.now))
    tap.sync()
    # A trial that was deleted is counted for ever: all is read twice for it.
    for _ in range(2 * history.may_pass_over):
        tap.sync()


def is_let_in(job: FakeJob, start: str) -> bool:
    """Whether start_date lets a tuning job in."""
    return not job.has_end_time or at(job.ended) >= start


def check_completeness(history: History, tap: FakeTap) -> None:
    """What was final at `complete_as_of` is in what was written, as it ended."""
    if "trials" not in tap.complete_as_of or history.may_pass_over:
        return
    as_of = moment(tap.complete_as_of["trials"]).timestamp() - START
    start = tap.starts["trials"]
    for job in history.jobs:
        if not job.is_shown(as_of) or not is_let_in(job, start):
            continue
        if not job.is_shown(tap.service.now) or given_up(tap, job):
            continue
        for trial in job.trials:
            is_asked = at(trial.created) >= start[:19]
            if is_asked and trial.is_over(as_of) and trial.is_shown(as_of):
                if trial.is_shown(tap.service.now):
                    assert tap.trials[trial.name] == trial.view(tap.service.now)


def given_up(tap: FakeTap, job: FakeJob) -> bool:
    """Whether a warning told that a tuning job is not followed any more."""
    name = f"tuning job {job.name} of {at(job.created)} is given up"
    return any(name in warning for warning in tap.warnings)


@settings(
    max_examples=500,
    report_multiple_bugs=False,
    deadline=None,
    suppress_health_check=SLOW,
)
@given(history=HISTORIES)
def test_nothing_is_lost(history: History) -> None:
    """Once all is over and one more sync has run, the tables equal a full read: for
    any selection of streams at each sync, start_date fixed or computed anew, slow
    calls, slow targets, lagging counters, late listings, and odd or denied items."""
    tap = live(history)
    settle(history, tap)
    now = tap.service.now
    there = [job for job in history.jobs if job.is_shown(now)]
    followed = [job for job in there if not given_up(tap, job)]
    start = tap.starts["tuning_jobs"]
    for job in followed:
        if is_let_in(job, start):
            assert tap.tuning_jobs[f"{job.name} {at(job.created)}"] == job.view(now)
    start = tap.starts["trials"]
    for job in followed:
        for trial in job.trials if is_let_in(job, start) else ():
            if trial.is_shown(now) and at(trial.created) >= start[:19]:
                assert tap.trials[trial.name] == trial.view(now)


@settings(max_examples=200, deadline=None, suppress_health_check=SLOW)
@given(history=HISTORIES)
def test_what_was_written_is_followed(history: History) -> None:
    """A trial that was written, whenever and under whatever start_date, ends as it
    ended, unless it was deleted or given up with a warning."""
    tap = live(history)
    written = set(tap.trials)
    settle(history, tap)
    for job in history.jobs:
        for trial in job.trials:
            there = job.is_shown(tap.service.now) and trial.is_shown(tap.service.now)
            if trial.name in written and there and not given_up(tap, job):
                assert tap.trials[trial.name] == trial.view(tap.service.now)


@settings(max_examples=200, deadline=None, suppress_health_check=SLOW)
@given(history=HISTORIES)
def test_nothing_is_given_up_without_reason(history: History) -> None:
    """Without deletions, denials and oddness, no warning comes."""
    jobs = [
        replace(
            job,
            deleted=NEVER,
            odd_until=0,
            name=f"{job.name}-{number}",
            trials=tuple(
                replace(trial, deleted=NEVER, odd_until=0) for trial in job.trials
            ),
        )
        for number, job in enumerate(history.jobs)
    ]
    syncs = [
        replace(sync, denied=frozenset(), may_describe=True) for sync in history.syncs
    ]
    quiet = replace(history, jobs=jobs, syncs=syncs)
    tap = live(quiet)
    settle(quiet, tap)
    assert tap.warnings == []


@settings(max_examples=200, deadline=None, suppress_health_check=SLOW)
@given(history=HISTORIES)
def test_quiet_sync_lists_the_overlap_only(history: History) -> None:
    """When nothing changed and nothing is open, nothing is visited, and the state is
    no more than the tuning jobs of the overlap."""
    history = replace(history, tick=0, start_days=None)
    tap = live(history)
    tap.service.now = max(tap.service.now, history.over + DAY)
    tap.sync()  # from here on patience counts: the end is seen
    tap.service.now += PATIENCE.days * DAY + HOUR
    tap.sync()
    tap.sync()  # counters that disagree are looked into once more
    tap.sync()
    visited, written, state = tap.visited, tap.written, dict(tap.states)
    tap.service.calls.clear()
    tap.sync()
    assert (tap.visited, tap.written, tap.states) == (visited, written, state)
    there = [at(job.created) for job in history.jobs if job.exists(tap.service.now)]
    # A kill can leave the streams at different places: the listing serves both.
    boundaries = [boundary_of(json.loads(text)) for text in tap.states.values()]
    in_overlap = sum(created >= min(boundaries) for created in there)
    assert len(tap.service.calls) <= in_overlap // tap.service.page_size + 1
    for text, boundary in zip(tap.states.values(), boundaries, strict=True):
        saved: dict[str, Any] = json.loads(text)
        assert saved["open"] == {}
        assert all(created >= boundary for created in saved["settled"].values())


def boundary_of(state: dict[str, Any]) -> str:
    """The creation time down to which a state has tuning jobs listed."""
    frontier = state.get("replication_key_value")
    return frontier and timestamp((moment(frontier) - OVERLAP).isoformat()) or ""
