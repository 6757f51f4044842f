"""The laws of replication hold for any history, with kills and faults anywhere.

Time passes between listing, reading ahead and deciding. Counters lag. Tuning jobs and
trials are listed late, on either side of the watermark. Tokens are offsets or keys.
Statuses can be unknown, items odd, and any number of tuning jobs unreadable. Describe
can be denied. Whole operations can be denied or down, for any time. A call can deny
that a thing exists, and a tuning job's CreationTime can lie ahead. Anything can be
deleted, even between two pages. `start_date` is fixed or
rolling. Each sync selects some of the streams, and may be killed or stopped after any
record.
"""

from __future__ import annotations

from dataclasses import replace

from hypothesis import HealthCheck, event, given

from tap_sagemaker_tuning.replication.judge import PATIENCE
from tests.laws.laws import (
    check_completeness,
    check_open,
    check_quiet,
    check_tables,
    check_warnings,
)
from tests.laws.service import NEVER
from tests.laws.strategies import DAY, HOUR, History, histories
from tests.laws.warehouse import Killed, Warehouse
from tests.profiles import examples

SLOW = [HealthCheck.too_slow, HealthCheck.data_too_large]


def live(history: History) -> Warehouse:
    """Run the syncs of a history, and check `complete_as_of` after each."""
    tap = Warehouse(history.service())
    service = tap.service
    for sync in history.syncs:
        service.now = history.time_of(sync, service.now)
        service.denied = set(sync.denied)
        service.may_describe = sync.may_describe
        service.may_list_trials = sync.may_list_trials
        service.is_down = sync.is_down
        service.may_read_metrics = sync.may_read_metrics
        service.lies = {len(service.calls) + number for number in sync.lies}
        service.cuts_times = sync.cuts_times and history.names is None
        service.succeeded = set()
        service.breaks_metrics = sync.breaks_metrics
        service.doomed = {}
        if sync.doomed is not None:
            number = len(service.calls) + sync.doomed_after
            service.doomed[number] = history.name(sync.doomed)
        tap.filters = history.filters(service.now)
        try:
            tap.sync(sync.how)
        except Killed:
            event("killed")
        check_completeness(history, tap)
    service.denied, service.doomed, service.lies = set(), {}, set()
    service.may_describe = service.may_list_trials = service.may_read_metrics = True
    service.is_down = service.cuts_times = False
    service.breaks_metrics = 0
    return tap


def settle(history: History, tap: Warehouse) -> None:
    """Wait until all is over and everything is retried, and sync once more."""
    tap.service.now = max(tap.service.now + DAY + 1, history.over + 2 * DAY)
    tap.filters = history.filters(tap.service.now)
    tap.sync()
    # A full reread follows, and the counters reveal what a listing skipped.
    for _ in range(3 if tap.service.passed_over else 0):
        tap.sync()


@examples(2000, report_multiple_bugs=False, suppress_health_check=SLOW)
@given(history=histories())
def test_nothing_is_lost(history: History) -> None:
    """After the last change and one more sync, each table equals a full read; every row
    ever written has its final values, even if a later start_date excludes it;
    everything that was final at `complete_as_of` had been written by then; and every
    warning has a reason."""
    tap = live(history)
    settle(history, tap)
    check_tables(history, tap)
    check_open(tap)
    check_warnings(history, tap)


@examples(400, suppress_health_check=SLOW)
@given(history=histories())
def test_quiet_sync_lists_the_lookback_window_only(history: History) -> None:
    """If nothing changed and nothing is open, a sync visits no tuning job, and the
    state holds only the tuning jobs in the lookback window."""
    jobs = [replace(job, has_end_time=True) for job in history.jobs]
    history = History(jobs=jobs, syncs=history.syncs, status=history.status)
    tap = live(history)
    tap.service.now = max(tap.service.now, history.over + DAY)
    tap.sync()  # this sync sees the end, which starts the patience
    tap.service.now += PATIENCE.days * DAY + HOUR
    tap.sync()
    tap.sync()  # a counter mismatch is checked once more
    tap.sync()
    check_quiet(tap)


@examples(400, suppress_health_check=SLOW)
@given(history=histories())
def test_metrics_are_asked_for_once(history: History) -> None:
    """Unless something fails, is killed, deleted or listed late, each trial's metrics
    are requested once, and not before its points are complete."""
    jobs = [
        replace(job, deleted=NEVER, odd_until=0, listed=job.created, trials=tuple(calm))
        for job in {job.name: job for job in history.jobs}.values()
        for calm in [
            [
                replace(trial, deleted=NEVER, odd_until=0, listed=trial.created)
                for trial in job.trials
            ]
        ]
    ]
    syncs = [
        replace(
            sync,
            how=replace(sync.how, kill_after=None),
            denied=frozenset[str](),
            may_describe=True,
            may_list_trials=True,
            is_down=False,
            may_read_metrics=True,
            lies=frozenset[int](),
            breaks_metrics=0,
            doomed=None,
        )
        for sync in history.syncs
    ]
    history = replace(
        history, jobs=jobs, syncs=syncs, has_offsets=False, status=None, start_days=None
    )
    tap = live(history)
    settle(history, tap)
    assert len(tap.service.asked) == len(set(tap.service.asked))
