"""The laws of replication, as checks on a warehouse after some syncs.

They hold for any history: `test_laws` draws histories at random, and
`test_every_small_history` enumerates the small ones.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from tap_sagemaker_tuning.replication.plan import LOOKBACK_WINDOW
from tap_sagemaker_tuning.values import moment, timestamp
from tests.laws.service import DAYS_KEPT, NEVER, START, at
from tests.laws.warehouse import key_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.laws.service import FakeJob, FakeTrial
    from tests.laws.strategies import History
    from tests.laws.warehouse import Circumstances, Warehouse


KEPT = DAYS_KEPT * 86_400 - 600
"""How many seconds after a trial's end its metrics can still be read."""


def check_tables(history: History, tap: Warehouse) -> None:
    """Each table equals a full read, and every row ever written has its final
    values."""
    for stream in tap.starts:
        for job in jobs_asked_for(history, tap, stream):
            if stream == "tuning_jobs":
                assert_row(history, tap, job)
                continue
            asked = set(trials_asked_for(tap, stream, job))
            for trial in job.trials:
                was_written = trial.name in tap.followed[stream]
                can_be = can_be_seen(tap, stream, job, trial)
                if trial in asked or (was_written and can_be):
                    assert_trial(tap, stream, trial)


def check_open(tap: Warehouse) -> None:
    """No deleted tuning job is still open after a sync could have described it."""
    there = {job.name for job in tap.service.jobs if job.exists(tap.service.now)}
    for stream in tap.starts:
        assert opened(tap, stream) <= there


def check_quiet(tap: Warehouse, how: Circumstances | None = None) -> None:
    """One more sync visits nothing, and the state holds only the lookback window."""
    visited, written, state = tap.visited, tap.written, dict(tap.states)
    tap.service.calls.clear()
    tap.sync(how)
    assert (tap.visited, tap.written, tap.states) == (visited, written, state)
    there = [at(job.created) for job in tap.service.jobs if job.exists(tap.service.now)]
    # After a kill, the streams can have different boundaries; they share one listing.
    boundaries = [boundary_of(json.loads(text)) for text in tap.states.values()]
    in_window = sum(created >= min(boundaries) for created in there)
    assert len(tap.service.calls) <= in_window // tap.service.page_size + 1
    for text, boundary in zip(tap.states.values(), boundaries, strict=True):
        saved: dict[str, Any] = json.loads(text)
        assert saved["open"] == {}
        assert all(created >= boundary for created in saved["settled"].values())


def jobs_asked_for(history: History, tap: Warehouse, stream: str) -> Iterator[FakeJob]:
    """The tuning jobs that a stream should have."""
    now = tap.service.now
    for job in tap.service.jobs:
        # A later start_date applies to a tuning job that was listed after it took over.
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
        if is_there and is_late and not abandoned(tap, stream, job):
            yield job


def trials_asked_for(tap: Warehouse, stream: str, job: FakeJob) -> Iterator[FakeTrial]:
    """The trials of a tuning job that a stream should have."""
    start, only = tap.starts[stream], tap.made_under[stream].status_equals
    for trial in job.trials:
        is_late = at(trial.created) >= start[:19]
        is_wanted = is_late and only in {None, trial.status}
        if is_wanted and can_be_seen(tap, stream, job, trial):
            yield trial


def can_be_seen(tap: Warehouse, stream: str, job: FakeJob, trial: FakeTrial) -> bool:
    """Whether a trial is listed, and was in every listing that it should be in.

    The counters reveal a trial that a listing skipped, unless a start_date cuts off
    trials and so makes the counters useless.
    """
    is_passed_over = trial.place in tap.service.passed_over and (
        tap.starts.get(stream) or job.name in opened(tap, stream)
    )
    return trial.is_shown(tap.service.now) and not is_passed_over


def opened(tap: Warehouse, stream: str) -> set[str]:
    """Names of the tuning jobs that are open in a stream's state."""
    return set(json.loads(tap.states.get(stream, '{"open": {}}'))["open"])


def is_open(tap: Warehouse, stream: str, job: FakeJob) -> bool:
    """Whether a tuning job is open in a stream's state."""
    known = json.loads(tap.states.get(stream, '{"open": {}}'))["open"].get(job.name)
    return known is not None and known["created"] == at(job.created)


def is_denied_alone(tap: Warehouse, stream: str, job: FakeJob) -> bool:
    """Whether a tuning job counts as denied by itself in a stream's state."""
    known = json.loads(tap.states.get(stream, '{"open": {}}'))["open"].get(job.name)
    return known is not None and known.get("denied", 0) == 1


def assert_trial(tap: Warehouse, stream: str, trial: FakeTrial) -> None:
    """The row of a trial matches the service."""
    row, now = tap.tables[stream].get(trial.name), tap.service.now
    if stream != "metrics":
        view = trial.details if stream == "details" else trial.view
        assert row == view(now)
    elif row:
        points = trial.points(now, row["period_in_seconds"])
        # CloudWatch may have dropped the first points by the time they are read.
        assert row["points"] == points[-len(row["points"]) :]
        assert len(row["points"]) == len(points) or now > trial.created + KEPT
    else:
        assert trial.status == "Frozen" or now > trial.ended + KEPT


def check_completeness(history: History, tap: Warehouse) -> None:
    """Everything that was final at `complete_as_of` has been written with its final
    values, even trials that the service listed late and counters that it updated
    late."""
    for stream, complete in tap.complete_as_of.items():
        as_of = moment(complete).timestamp() - START
        for job in jobs_asked_for(history, tap, stream):
            if not job.is_shown(as_of) or is_denied_alone(tap, stream, job):
                continue
            if stream == "tuning_jobs":
                if job.final <= as_of:
                    assert_row(history, tap, job)
                continue
            for trial in trials_asked_for(tap, stream, job):
                over = trial.over if stream == "details" else trial.final
                if over <= as_of:
                    assert_trial(tap, stream, trial)


def assert_row(history: History, tap: Warehouse, job: FakeJob) -> None:
    """A tuning job's row matches the service and keeps the ARN that was seen first: the
    ARN is the row's key, and a description shows it in another case."""
    row = job.view(tap.service.now)
    if history.names is not None:
        row["HyperParameterTuningJobArn"] = row["HyperParameterTuningJobArn"].lower()
    assert tap.tuning_jobs.get(key_of(job.name, at(job.created))) == row


def abandoned(tap: Warehouse, stream: str, job: FakeJob) -> bool:
    """Whether a warning reported that a tuning job was abandoned."""
    said = f"{stream}: tuning job {job.name} (created {at(job.created)}) is abandoned"
    return any(warning.startswith(said) for warning in tap.warnings)


def check_warnings(history: History, tap: Warehouse) -> None:
    """Every warning has a reason, and only what was read is abandoned."""
    assert not tap.restarted or history.status is not None
    for warning in tap.warnings:
        (job,) = (
            job
            for job in tap.service.jobs
            if f": tuning job {job.name} (created {at(job.created)}) " in warning
        )
        is_deleted = job.deleted <= tap.service.now
        lies = any(sync.lies for sync in history.syncs)
        due = {
            "was deleted": is_deleted,
            "does not exist when described": is_deleted or lies,
            "DescribeTrainingJob does not find": is_deleted
            or lies
            or any(t.deleted < NEVER for t in job.trials),
            "has been denied for 7 days": any(
                job.name in sync.denied for sync in history.syncs
            ),
            "its counters report": any(t.deleted < NEVER for t in job.trials),
            "has not settled": any(t.status == "Frozen" for t in job.trials),
        }
        assert [
            reason for reason, is_due in due.items() if reason in warning and is_due
        ]


def boundary_of(state: dict[str, Any]) -> str:
    """The creation time back to which a state covers the listing."""
    mark = state.get("replication_key_value")
    return timestamp((moment(mark) - LOOKBACK_WINDOW).isoformat()) if mark else ""
