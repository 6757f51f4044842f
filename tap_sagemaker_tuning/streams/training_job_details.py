"""The stream `training_job_details`: what a training job has beyond its summary.

Search proposes: one call finds a hundred trials, but its index lags and its records
can lack members. DescribeTrainingJob disposes: it is asked for every trial that Search
did not find as the listing has it.
"""

from __future__ import annotations

import threading
from contextlib import suppress
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from typing_extensions import override

from tap_sagemaker_tuning.aws.operations import DESCRIBE_TRIAL, SEARCH
from tap_sagemaker_tuning.exceptions import UnreadableError, readable
from tap_sagemaker_tuning.shapes import shape_of
from tap_sagemaker_tuning.streams.trial_failures import TrialFailures
from tap_sagemaker_tuning.streams.visiting import TrialStream, keys_of
from tap_sagemaker_tuning.sync.readers import TrialRows
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
    from tap_sagemaker_tuning.sync.readers import Describe, TrialVisit
    from tap_sagemaker_tuning.values import Record, Summary

_PAGES_AT_ONCE = 8
_RECORDS_AT_ONCE = 10
"""A hundred trials in detail take a megabyte: so many pages of all scopes are held at
once, and so many records are handed on (measured in November 2026)."""

_AFTERMATH = timedelta(minutes=2)
"""How long after a trial's end its details can change: LastModifiedTime was seen to
move 13 to 79 s after it (recorded in 2018 to 2024)."""

_TOUCHED = timedelta(seconds=10)
"""How long after a trial's end its LastModifiedTime has moved for sure, if it has."""

_INDEX_LAG = timedelta(hours=1)
"""How long Search may show a trial as it was; nobody outside AWS knows."""

LISTED = (
    "TrainingJobStatus",
    "CreationTime",
    "TrainingStartTime",
    "TrainingEndTime",
)
"""What the listing knows as well, and stands in for where Search leaves it out."""


class TrainingJobDetails(TrialStream):
    """Every trial in detail: a DescribeTrainingJob each, or what Search has of it."""

    name = "training_job_details"
    primary_keys = ("training_job_arn",)
    selected_by_default = False
    operations = (*TrialStream.operations, SEARCH, DESCRIBE_TRIAL)
    visits_ahead = _PAGES_AT_ONCE

    @override
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # Cannot deadlock: no more tuning jobs wait for one than hold one, or each is
        # the next of its scope.
        self._pages_at_once = threading.BoundedSemaphore(_PAGES_AT_ONCE)

    @override
    def start(self, client: Client, visit: Visit, describe: Describe) -> TrialVisit:
        only = self.settings.status_equals
        return _Trials(client, visit, only, self._pages_at_once)


class _Trials:
    """Makes the records of one tuning job's trials, by Search or by Describe."""

    own_pages = None
    read_at = None

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
            changing = [
                trial["TrainingJobName"]
                for trial in page.items
                if _may_change(trial, page.seen)
            ]
            wanted = [
                trial
                for trial in page.items
                if self._status in (None, trial.get("TrainingJobStatus"))
            ]
        yield TrialRows([], changing)
        with self._pages_at_once:
            found = self._client.trial_search.find(wanted)
            for start in range(0, len(wanted), _RECORDS_AT_ONCE):
                yield self._rows(wanted[start : start + _RECORDS_AT_ONCE], found, page)

    def end(self) -> Iterator[TrialRows]:
        self._failures.end()
        yield from ()

    def _rows(
        self, trials: list[Summary], found: dict[str, dict[str, Any]], page: Page
    ) -> TrialRows:
        """Make records of what Search found, which is used up, and of descriptions."""
        records, behind = [], []
        for trial in trials:
            name = trial["TrainingJobName"]
            try:
                made = self._made(trial, found.pop(name, None), page.seen)
            except Exception as error:  # noqa: BLE001 - it is this trial's alone
                self._failures.note(name, error)
                continue
            if made is None:  # it was deleted meanwhile
                continue
            record, is_behind = made
            records.append(record)
            if is_behind:
                behind.append(name)
        return TrialRows(records, behind)

    def _made(
        self, trial: Summary, searched: dict[str, Any] | None, seen: str
    ) -> tuple[Record, bool] | None:
        """Make a trial's record, and say whether its details can be of before."""
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


def _may_change(trial: Summary, seen: str) -> bool:
    """Whether details of a trial that has ended can still change."""
    end = trial.get("TrainingEndTime")
    return end is not None and seen < shift(end, _AFTERMATH)


def _is_behind(
    details: dict[str, Any], listed: Summary, seen: str, *, is_searched: bool
) -> bool:
    """Whether details of a trial that has ended can be of before.

    Where nobody says when it ended, that was no later than its last change. (One that
    runs is read again in any case.)

    Args:
        details: Its description, or Search's record.
        listed: Its summary.
        seen: The service's time when it was listed.
        is_searched: Whether Search has it: its index lags, and may have a trial as it
            was right after its end.
    """
    if details.get("TrainingJobStatus") not in (None, listed.get("TrainingJobStatus")):
        return True
    changed = details.get("LastModifiedTime")
    end = listed.get("TrainingEndTime") or details.get("TrainingEndTime") or changed
    if end is None:
        return False
    is_touched = changed is not None and changed >= shift(end, _TOUCHED)
    is_late = is_searched and not is_touched
    return bool(seen < shift(end, _INDEX_LAG if is_late else _AFTERMATH))


def record_of(known: dict[str, Any], listed: Summary, keys: dict[str, str]) -> Record:
    """Make the record of a trial in detail.

    Args:
        known: An answer of DescribeTrainingJob, or a TrainingJob that Search found.
        listed: The trial's HyperParameterTrainingJobSummary: keys are as listed.
        keys: `account_id`, `region`, `tuning_job_name` and `tuning_job_arn` of the
            tuning job as listed, so that tables join: in `known` cases can differ.

    Returns:
        A record of the stream `training_job_details`; absent members are null.

    Raises:
        OddError: It lacks its keys, or is odd.
    """
    whole = {
        **known,
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
    """Make the final metrics; null where there is no list, which can be empty."""
    if metrics is None:
        return None
    return [_metric(metric) for metric in items(metrics) if metric is not None]


def _metric(metric: Any) -> dict[str, Any]:
    """Split a metric's value into a finite number and what else it can be."""
    value, non_finite = finite(members(metric).get("Value"))
    time = _mended(metric.get("Timestamp"))
    return {**metric, "Value": value, "NonFinite": non_finite, "Timestamp": time}


def _mended(time: str | None) -> str | None:
    """Put right a time whose milliseconds the service took for microseconds.

    A thousandth of any time of SageMaker's lies in 1970, and none of its own does.
    """
    if time is None or not as_text(time).startswith("1970-"):
        return time
    return timestamp(moment(time).timestamp() * 1000)
