"""The stream `training_job_details`: the details of a trial beyond its summary.

Search is tried first: one call finds a hundred trials, but its index lags, and its
records can lack members. DescribeTrainingJob is called for each trial that Search did
not find, or whose record is incomplete or disagrees with the listing.
"""

from __future__ import annotations

import threading
from contextlib import suppress
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from typing_extensions import override

from tap_sagemaker_tuning.aws.errors import DATA
from tap_sagemaker_tuning.aws.operations import DESCRIBE_TRIAL, SEARCH
from tap_sagemaker_tuning.exceptions import UnreadableError, readable
from tap_sagemaker_tuning.shapes import shape_of
from tap_sagemaker_tuning.streams.trial_failures import TrialFailures
from tap_sagemaker_tuning.streams.visiting import TrialStream, keys_of
from tap_sagemaker_tuning.sync.interfaces import TrialRows
from tap_sagemaker_tuning.values import (
    as_text,
    finite,
    items,
    members,
    moment,
    required_text,
    shift,
    storable,
    timestamp,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tap_sagemaker_tuning.aws.client import Client
    from tap_sagemaker_tuning.aws.pages import Page
    from tap_sagemaker_tuning.replication.plan import Visit
    from tap_sagemaker_tuning.sync.interfaces import Describe, TrialVisit
    from tap_sagemaker_tuning.values import Record, Summary

_PAGES_AT_ONCE = 8
_RECORDS_AT_ONCE = 10
"""The most pages of all scopes held in memory at once, and records handed on at once:
a hundred trials in detail take a megabyte (measured in November 2026)."""

_AFTERMATH = timedelta(minutes=2)
"""How long a trial's details can change after its end: LastModifiedTime moved 13 to
79 s after the end in responses recorded from 2018 to 2024."""

_TOUCHED = timedelta(seconds=10)
"""A LastModifiedTime this long after a trial's end proves a later update."""

_INDEX_LAG = timedelta(hours=1)  # fact 66
"""How long Search may return outdated records; AWS publishes no number."""

LISTED = (
    "TrainingJobStatus",
    "CreationTime",
    "TrainingStartTime",
    "TrainingEndTime",
)
"""Members that the listing has too, and that it supplies if Search leaves them out."""


class TrainingJobDetails(TrialStream):
    """The details of every trial, from Search or DescribeTrainingJob."""

    name = "training_job_details"
    primary_keys = ("training_job_arn",)
    operations = (*TrialStream.operations, SEARCH, DESCRIBE_TRIAL)
    visits_ahead = _PAGES_AT_ONCE

    @override
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # Cannot deadlock: either no more tuning jobs than this are read at once, or
        # each is the next in its scope, so the commit loop is consuming its rows.
        self._pages_at_once = threading.BoundedSemaphore(_PAGES_AT_ONCE)

    @override
    def start(self, client: Client, visit: Visit, describe: Describe) -> TrialVisit:
        only = self.settings.status_equals
        return _Trials(client, visit, only, self._pages_at_once)


class _Trials:
    """Makes the records of one tuning job's trials, by Search or by Describe."""

    def __init__(
        self,
        client: Client,
        visit: Visit,
        status: str | None,
        pages_at_once: threading.BoundedSemaphore,
    ) -> None:
        self._client = client
        self._status = status
        self._pages_at_once = pages_at_once
        self._failures = TrialFailures()
        self._keys = keys_of(client, visit)

    def rows(self, page: Page) -> Iterator[TrialRows]:
        with readable("a trial"):
            wanted = [
                trial
                for trial in page.items
                if self._status in (None, trial.get("TrainingJobStatus"))
            ]
        with self._pages_at_once:
            searched = self._client.trial_search.find(wanted)
            for start in range(0, len(wanted), _RECORDS_AT_ONCE):
                yield self._rows(
                    wanted[start : start + _RECORDS_AT_ONCE], searched, page
                )

    def end(self) -> Iterator[TrialRows]:
        self._failures.end()
        yield from ()

    def _rows(
        self, trials: list[Summary], searched: dict[str, dict[str, Any]], page: Page
    ) -> TrialRows:
        """Make the records of some trials, consuming what Search found."""
        records, behind, missing = [], [], []
        for trial in trials:
            name = trial["TrainingJobName"]
            try:
                made = self._made(trial, searched.pop(name, None), page.seen)
            except DATA as error:  # concerns this trial only
                self._failures.note(name, error)
                continue
            if made is None:
                missing.append(name)
                continue
            record, is_behind = made
            records.append(record)
            if is_behind:
                behind.append(name)
        return TrialRows(records, behind, missing)

    def _made(
        self, trial: Summary, searched: dict[str, Any] | None, seen: str
    ) -> tuple[Record, bool] | None:
        """Make a trial's record; also returns whether its details may be outdated.

        Returns None for a trial that does not exist.
        """
        if searched is not None:
            with suppress(UnreadableError), readable("what Search found"):
                is_behind = _is_behind(searched, trial, seen, is_searched=True)
                return record_of(searched, trial, self._keys), is_behind
        if self._failures.last:
            raise self._failures.last
        details = self._client.trial(trial["TrainingJobName"])
        self._failures.described()
        if details is None:
            return None
        with readable("its description"):
            is_behind = _is_behind(details, trial, seen, is_searched=False)
            return record_of(details, trial, self._keys), is_behind


def _is_behind(
    details: dict[str, Any], listed: Summary, seen: str, *, is_searched: bool
) -> bool:
    """Whether the details of an ended trial may be outdated.

    A trial without an end time is taken to have ended at its last change. (A running
    trial is read again in any case.)

    Args:
        details: Its description, or Search's record.
        listed: Its summary.
        seen: The service's time when it was listed.
        is_searched: Whether the details come from Search, whose index lags and may
            still show the trial as it was right after its end.
    """
    if details.get("TrainingJobStatus") not in (None, listed.get("TrainingJobStatus")):
        return True
    changed = details.get("LastModifiedTime")
    end = listed.get("TrainingEndTime") or details.get("TrainingEndTime") or changed
    if end is None:
        return False
    is_touched = changed is not None and changed >= shift(end, _TOUCHED)  # fact 63
    is_late = is_searched and not is_touched
    return bool(seen < shift(end, _INDEX_LAG if is_late else _AFTERMATH))  # fact 47


def record_of(known: dict[str, Any], listed: Summary, keys: dict[str, str]) -> Record:
    """Make the record of a trial in detail.

    Args:
        known: An answer from DescribeTrainingJob, or a TrainingJob from Search.
        listed: The trial's HyperParameterTrainingJobSummary, which supplies its keys.
        keys: `account_id`, `region`, `tuning_job_name` and `tuning_job_arn` of the
            tuning job as listed, so that tables join: their case can differ in
            `known`.

    Returns:
        A record of the stream `training_job_details`; absent members are null.

    Raises:
        OddError: The trial lacks a key, or a member is malformed.
    """
    whole = {
        **known,  # fact 57
        # Fact 56.
        **{member: known.get(member) or listed.get(member) for member in LISTED},
        "FinalMetricDataList": _metrics(known.get("FinalMetricDataList")),
    }
    return {
        **shape_of("training_job_details")(whole),
        **keys,
        "creation_time": as_text(whole["CreationTime"]),
        "training_job_name": storable(required_text(listed, "TrainingJobName")),
        "training_job_arn": storable(required_text(listed, "TrainingJobArn")),
    }


def _metrics(metrics: Any) -> list[dict[str, Any]] | None:
    """Make the final metrics; an empty list stays empty, a missing one is null."""
    if metrics is None:
        return None
    return [_metric(metric) for metric in items(metrics) if metric is not None]


def _metric(metric: Any) -> dict[str, Any]:
    """Make a metric, with a value that is not finite moved to `NonFinite`."""
    value, non_finite = finite(members(metric).get("Value"))
    time = _mended(metric.get("Timestamp"))
    return {**metric, "Value": value, "NonFinite": non_finite, "Timestamp": time}


def _mended(time: str | None) -> str | None:
    """Correct a time that the service divided by 1,000.

    Such a time is always in 1970; a correct one never is, since SageMaker is younger.
    """
    if time is None or not as_text(time).startswith("1970-"):
        return time
    return timestamp(moment(time).timestamp() * 1000)  # fact 61
