"""The laws of replication, over any history, with kills and faults in any place.

In every history time passes between listing, reading ahead and judging; counters lag;
tuning jobs and trials are listed late, before and behind the watermark; tokens are
offsets or keys; statuses can be unknown, items odd, tuning jobs unreadable, in any
number; Describe can be denied; what there is can be deleted, between two pages too;
`start_date` is fixed or computed anew; and at each sync some of the streams are
selected, and it may be killed after any record.
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError
from hypothesis import HealthCheck, event, given

from tap_sagemaker_tuning.replication.plan import OVERLAP, PATIENCE
from tap_sagemaker_tuning.values import moment, timestamp
from tests.profiles import examples
from tests.replication.drawing import DAY, HOUR, History, histories
from tests.replication.history import (
    NEVER,
    START,
    FakeTap,
    Killed,
    at,
    key_of,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.replication.history import FakeJob, FakeTrial, Row

SLOW = [HealthCheck.too_slow, HealthCheck.data_too_large]


def live(history: History) -> FakeTap:
    """Run the syncs of a history; after each, `complete_as_of` holds what it says."""
    tap = FakeTap(history.service())
    service = tap.service
    for sync in history.syncs:
        service.now = history.time_of(sync, service.now)
        service.denied = set(sync.denied)
        service.may_describe = sync.may_describe
        service.doomed = {}
        if sync.doomed is not None:
            number = len(service.calls) + sync.doomed_after
            service.doomed[number] = history.name(sync.doomed)
        tap.filters = history.filters(service.now)
        try:
            tap.sync(sync.how)
        except Killed:
            event("killed")
        except ClientError:
            event("nothing could be listed")
        check_completeness(history, tap)
    service.denied, service.may_describe, service.doomed = set(), True, {}
    return tap


def settle(history: History, tap: FakeTap) -> None:
    """Wait until all is over, and sync once more."""
    tap.service.now = max(tap.service.now, history.over + 2 * DAY)
    tap.filters = history.filters(tap.service.now)
    tap.sync()
    # What was passed over, the counters find, when all is read again.
    for _ in range(3 if tap.service.passed_over else 0):
        tap.sync()


def jobs_asked_for(history: History, tap: FakeTap, stream: str) -> Iterator[FakeJob]:
    """The tuning jobs that a stream is to have."""
    now = tap.service.now
    for job in tap.service.jobs:
        # One that is listed after a later start_date took over is let in by that.
        start = tap.starts.get(stream, "")
        if job.listed > job.created and history.start_days is not None:
            start = tap.made_under[stream].start_date or ""
        if history.names is None:
            is_met = job.place not in tap.service.passed_over
            is_met = is_met or is_open(tap, stream, job)
            is_there = job.is_shown(now) and is_met
        else:
            is_there = job.exists(now) and job.name.lower() in history.names
        is_late = not job.has_end_time or at(job.ended) >= start
        if is_there and is_late and not given_up(tap, stream, job):
            yield job


def trials_asked_for(tap: FakeTap, stream: str, job: FakeJob) -> Iterator[FakeTrial]:
    """The trials of a tuning job that a stream is to have."""
    start, only = tap.starts[stream], tap.made_under[stream].status_equals
    for trial in job.trials:
        is_late = at(trial.created) >= start[:19]
        is_wanted = is_late and only in {None, trial.status}
        if is_wanted and can_be_seen(tap, stream, job, trial):
            yield trial


def can_be_seen(tap: FakeTap, stream: str, job: FakeJob, trial: FakeTrial) -> bool:
    """Whether a trial is listed, and was in every listing that it should be in.

    What was passed over, the counters find in the end, where start_date cuts off none.
    """
    is_passed_over = trial.place in tap.service.passed_over and (
        tap.starts.get(stream) or job.name in opened(tap, stream)
    )
    return trial.is_shown(tap.service.now) and not is_passed_over


def opened(tap: FakeTap, stream: str) -> set[str]:
    """Names of the tuning jobs that are open in a stream's state."""
    return set(json.loads(tap.states.get(stream, '{"open": {}}'))["open"])


def is_open(tap: FakeTap, stream: str, job: FakeJob) -> bool:
    """Whether a tuning job is open in a stream's state."""
    known = json.loads(tap.states.get(stream, '{"open": {}}'))["open"].get(job.name)
    return known is not None and known["created"] == at(job.created)


def row_of(tap: FakeTap, stream: str, trial: FakeTrial) -> Row:
    """The row of a trial, as the service has it."""
    view = trial.details if stream == "details" else trial.view
    return view(tap.service.now)


def check_completeness(history: History, tap: FakeTap) -> None:
    """What was final at `complete_as_of` is in what was written, as it ended: trials
    that the service listed late, and counters that it updated late, are there too."""
    for stream, complete in tap.complete_as_of.items():
        as_of = moment(complete).timestamp() - START
        for job in jobs_asked_for(history, tap, stream):
            if not job.is_shown(as_of):
                continue
            if stream == "tuning_jobs":
                if job.final <= as_of:
                    assert_row(history, tap, job)
                continue
            for trial in trials_asked_for(tap, stream, job):
                over = trial.over if stream == "details" else trial.final
                if over <= as_of:
                    table = tap.tables[stream]
                    assert table.get(trial.name) == row_of(tap, stream, trial)


def assert_row(history: History, tap: FakeTap, job: FakeJob) -> None:
    """A tuning job's row is as the service has it, with the ARN that it was first seen
    with: it is the row's key, and a description shows it in another case."""
    row = job.view(tap.service.now)
    if history.names is not None:
        row["HyperParameterTuningJobArn"] = row["HyperParameterTuningJobArn"].lower()
    assert tap.tuning_jobs.get(key_of(job.name, at(job.created))) == row


def given_up(tap: FakeTap, stream: str, job: FakeJob) -> bool:
    """Whether a warning told that a tuning job is not followed any more."""
    said = f"{stream}: tuning job {job.name} of {at(job.created)} is given up"
    return any(warning.startswith(said) for warning in tap.warnings)


def check_warnings(history: History, tap: FakeTap) -> None:
    """No warning came where none is due."""
    denied = frozenset[str]().union(*(sync.denied for sync in history.syncs))
    for warning in tap.warnings:
        (job,) = (
            job
            for job in tap.service.jobs
            if f": tuning job {job.name} of {at(job.created)} " in warning
        )
        is_deleted = job.deleted <= tap.service.now
        is_odd = job.odd_until or any(trial.odd_until for trial in job.trials)
        due = {
            "was deleted": is_deleted,
            "is in no listing": is_deleted,
            "could not be read": is_odd or job.name in denied,
            "its counters tell": any(t.deleted < NEVER for t in job.trials),
            "has not settled": any(t.status == "Frozen" for t in job.trials),
        }
        assert [
            reason for reason, is_due in due.items() if reason in warning and is_due
        ]


@examples(2000, report_multiple_bugs=False, suppress_health_check=SLOW)
@given(history=histories())
def test_nothing_is_lost(history: History) -> None:
    """Once all is over and one more sync has run, each table equals a full read; what
    was ever written, whatever start_date says by then, ends as it ended; what was
    final at `complete_as_of` was there by then; and no warning came without reason."""
    tap = live(history)
    settle(history, tap)
    for job in jobs_asked_for(history, tap, "tuning_jobs"):
        assert_row(history, tap, job)
    for stream in ("details", "trials"):
        table = tap.tables[stream]
        for job in jobs_asked_for(history, tap, stream):
            asked = set(trials_asked_for(tap, stream, job))
            for trial in job.trials:
                was_written = trial.name in tap.followed[stream]
                can_be = can_be_seen(tap, stream, job, trial)
                if trial in asked or (was_written and can_be):
                    assert table.get(trial.name) == row_of(tap, stream, trial)
    check_warnings(history, tap)


@examples(400, suppress_health_check=SLOW)
@given(history=histories())
def test_quiet_sync_lists_the_overlap_only(history: History) -> None:
    """When nothing changed and nothing is open, nothing is visited, and the state is
    no more than the tuning jobs of the overlap."""
    jobs = [replace(job, has_end_time=True) for job in history.jobs]
    history = History(jobs=jobs, syncs=history.syncs, status=history.status)
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
    there = [at(job.created) for job in tap.service.jobs if job.exists(tap.service.now)]
    # A kill can leave the streams at different places: the listing serves all.
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
    return timestamp((moment(frontier) - OVERLAP).isoformat()) if frontier else ""
