"""The facts about a tuning job and its trials on which replication decides.

Pure: no I/O. Malformed items raise OddError.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from tap_sagemaker_tuning.values import (
    OddError,
    as_integer,
    as_text,
    members,
    required_text,
    shift,
)

if TYPE_CHECKING:
    from tap_sagemaker_tuning.replication.state import ReadOnce
    from tap_sagemaker_tuning.values import Summary

FINAL_STATUSES = ("Completed", "Failed", "Stopped")  # fact 46
"""Statuses of a trial that has ended."""

ALLOWED_LATENESS = timedelta(minutes=1)
"""How late a trial may appear in the listing: trials created within this time before
the newest one are read again."""

_FIRST_YEAR = "2017"
"""SageMaker's first year."""

_ENDED = frozenset({*FINAL_STATUSES, "Deleting", "DeleteFailed"})  # fact 33


class Tally:
    """Counts a tuning job's trials during a visit, in any order.

    A trial that is listed twice counts once: tokens may be offsets into rows that shift
    between two pages.

    Attributes:
        missing: Names of the trials that were listed, but that another call did not
            find.
        is_quiet: Whether the counters show nothing that can still change.
        is_deleting: Whether the tuning job is being deleted, which can still fail.
        counted: How many trials the counters report.
        read_once: Which trials the stream has read, if it reads each only once; else
            None.
        is_partial: Whether the stream leaves out rows that the filters let in.
    """

    read_once: ReadOnce | None = None
    is_partial = False

    def __init__(self, job: Summary) -> None:
        """Start with the summary of a tuning job, and no trials.

        Counters that are malformed show nothing: the tuning job stays open.
        """
        try:
            trials = members(job.get("TrainingJobStatusCounters") or {})
            objectives = members(job.get("ObjectiveStatusCounters") or {})
            self.counted = sum(as_integer(rows or 0) for rows in trials.values())
            running = trials.get("InProgress") or objectives.get("Pending")
            self.is_quiet = not running
        except OddError:
            self.counted, self.is_quiet = 0, False
        self.is_deleting = status(job) == "Deleting"
        self.missing: list[str] = []
        self._has_ended = has_ended(job)
        self._created: dict[str, str] = {}  # by the trial's name
        self._earliest_open: str | None = None

    def add(self, trial: Summary) -> None:
        """Count a trial that the tuning job lists.

        Without an objective status, it is final only once the tuning job has ended.

        Raises:
            OddError: It is malformed.
        """
        created = creation_time(trial)
        check_end(trial.get("TrainingEndTime"))
        self._created[required_text(trial, "TrainingJobName")] = created  # fact 22
        objective = trial.get("ObjectiveStatus")
        is_final = trial.get("TrainingJobStatus") in FINAL_STATUSES and (
            self._has_ended if objective is None else objective != "Pending"  # fact 49
        )
        if not is_final:
            self._keep_open(created)

    def keep_open(self, name: str) -> None:
        """Count a trial as one that can still change; it must have been added."""
        self._keep_open(self._created[name])

    def miss(self, name: str) -> None:
        """Count a listed trial as missing; it must have been added."""
        self.missing.append(name)
        self.keep_open(name)

    def _keep_open(self, created: str) -> None:
        self._earliest_open = min(created, self._earliest_open or created)

    @property
    def rows(self) -> int:
        """How many distinct trials were seen."""
        return len(self._created)

    @property
    def all_final(self) -> bool:
        """Whether none of the trials seen can still change."""
        return self._earliest_open is None

    @property
    def since(self) -> str | None:
        """The creation time from which to read again; None: no trial was seen."""
        if not self._created:
            return None
        behind_newest = shift(max(self._created.values()), -ALLOWED_LATENESS)
        return min(behind_newest, self._earliest_open or behind_newest)

    def rows_before(self, since: str) -> int:
        """How many of the trials seen were created before this time."""
        return sum(created < since for created in self._created.values())


def creation_time(item: Summary) -> str:
    """When a tuning job or a trial was created.

    Raises:
        OddError: It is not a JSON object, or has no creation time, or one of the years
            when there was no SageMaker: the service can send thousandths of seconds.
    """
    created = required_text(members(item), "CreationTime")
    if created < _FIRST_YEAR:
        msg = f"its CreationTime {created} is before SageMaker existed"
        raise OddError(msg)
    return created


def check_end(end: Any) -> None:
    """Check that an end, if there is one, is of a year when there was a SageMaker.

    Raises:
        OddError: It is not.
    """
    if end is not None and as_text(end) < _FIRST_YEAR:
        msg = f"its end {end} is before SageMaker existed"
        raise OddError(msg)


def status(job: Summary) -> str | None:
    """The status of a tuning job; None: the service did not say.

    Raises:
        OddError: It is not text.
    """
    value = job.get("HyperParameterTuningJobStatus")
    if value is None or isinstance(value, str):
        return value
    msg = f"{value!r} is not a status"
    raise OddError(msg)


def has_ended(job: Summary) -> bool:
    """Whether a tuning job launches no more trials: an end time is enough."""
    return status(job) in _ENDED or bool(job.get("HyperParameterTuningEndTime"))
