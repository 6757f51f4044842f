"""The stream `training_job_details`: what a training job has beyond its summary.

Search proposes: one call finds a hundred trials, but its index lags and its records
can lack members. DescribeTrainingJob disposes: it is asked for whatever Search did not
find as the listing has it.
"""

from __future__ import annotations

import sys
import threading
from contextlib import suppress
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from tap_sagemaker_tuning.aws.errors import THROTTLED, code, explain, is_denied
from tap_sagemaker_tuning.aws.operations import DESCRIBE_TRIAL, LIST_TRIALS, SEARCH
from tap_sagemaker_tuning.aws.trial_search import believed, expression, is_useless
from tap_sagemaker_tuning.exceptions import UnreadableError, readable
from tap_sagemaker_tuning.replication.tally import FINAL_STATUSES
from tap_sagemaker_tuning.shapes import shape_of
from tap_sagemaker_tuning.streams.training_job_summaries import since
from tap_sagemaker_tuning.streams.trial_failures import TrialFailures
from tap_sagemaker_tuning.streams.visiting import VisitingStream
from tap_sagemaker_tuning.values import as_text, finite, moment, shift, timestamp

if sys.version_info >= (3, 12):
    from typing import override
else:
    from typing_extensions import override

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tap_sagemaker_tuning.aws.client import Client
    from tap_sagemaker_tuning.replication.plan import Visit
    from tap_sagemaker_tuning.replication.tally import Tally
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


class TrainingJobDetails(VisitingStream):
    """Every trial in detail: a DescribeTrainingJob each, or what Search has of it."""

    name = "training_job_details"
    primary_keys = ("training_job_arn",)
    selected_by_default = False
    operations = (*VisitingStream.operations, LIST_TRIALS, SEARCH, DESCRIBE_TRIAL)
    of_trials = True
    visits_ahead = _PAGES_AT_ONCE

    @override
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._without_search: set[Client] = set()
        self._warned: set[Client] = set()
        self._lock = threading.Lock()
        # No more visits wait for one than hold one, or each is its scope's next.
        self._pages_at_once = threading.BoundedSemaphore(_PAGES_AT_ONCE)

    @override
    def fetch(
        self, client: Client, visit: Visit, tally: Tally
    ) -> Iterator[list[Record]]:
        """Read the tuning job's trials, newest first, and each one's details."""
        only = self.config.get("status_equals")
        reader = _Reader(client, visit, tally)
        for page in since(client, visit):
            with readable("a trial"):
                for trial in page.items:
                    tally.add(trial, may_change=_may_change(trial, page.seen))
                wanted = [
                    trial
                    for trial in page.items
                    if only in {None, trial.get("TrainingJobStatus")}
                ]
            with self._pages_at_once:
                found = self._search(client, wanted)
                for start in range(0, len(wanted), _RECORDS_AT_ONCE):
                    some = wanted[start : start + _RECORDS_AT_ONCE]
                    records = reader.records(some, found, page.seen)
                    if records:  # a page would say that the visit can be read
                        yield records
        reader.failures.end()

    def _search(
        self, client: Client, trials: list[Summary]
    ) -> dict[str, dict[str, Any]]:
        """What Search has of these trials, as far as it agrees with the listing."""
        if client in self._without_search or not trials:
            return {}
        names = [trial["TrainingJobName"] for trial in trials]
        try:
            found = client.search_trials(expression(names))
            with readable("what Search found"):
                if is_useless(found, trials):
                    self._stop_searching(client, None)
                return believed(found, trials)
        except UnreadableError as error:  # an odd record: others can be of use
            self._warn(client, error)
        except Exception as error:  # noqa: BLE001 - Describe serves, whatever it is
            self._stop_searching(client, error)
        return {}

    def _warn(self, client: Client, error: Exception) -> None:
        """Say once in a scope and sync why trials take calls of their own."""
        with self._lock:
            is_new = client not in self._warned
            self._warned.add(client)
        if is_new:
            self.logger.warning(
                "%s: Search (%s) is %s, so each trial takes a call of its own: %s",
                client.scope,
                SEARCH.iam_action,
                _how(error),
                explain(error),
            )

    def _stop_searching(self, client: Client, error: Exception | None) -> None:
        """Describe each trial of this scope from here on, and say so once."""
        with self._lock:
            is_new = client not in self._without_search
            self._without_search.add(client)
        if error:
            self._warn(client, error)
        elif is_new:
            self.logger.info(
                "%s: Search does not know the trials yet, so each takes a call of its "
                "own in this sync",
                client.scope,
            )


class _Reader:
    """Makes the records of a visit: what Search has not is described.

    Attributes:
        failures: The trials that could not be.
    """

    def __init__(self, client: Client, visit: Visit, tally: Tally) -> None:
        self.failures = TrialFailures()
        self._client = client
        self._tally = tally
        with readable("the tuning job"):
            self._keys = {
                **client.scope.context,
                "tuning_job_name": visit.job.name,
                "tuning_job_arn": visit.job.summary["HyperParameterTuningJobArn"],
            }

    def records(
        self, trials: list[Summary], found: dict[str, dict[str, Any]], seen: str
    ) -> list[Record]:
        """Make records of what Search found, which is used up, and of descriptions."""
        records = []
        for trial in trials:
            name = trial["TrainingJobName"]
            try:
                record = self._record(trial, found.pop(name, None), seen)
            except Exception as error:  # noqa: BLE001 - it is this trial's alone
                self.failures.note(name, error)
                continue
            if record is not None:  # None: it was deleted meanwhile
                records.append(record)
        return records

    def _record(
        self, trial: Summary, searched: dict[str, Any] | None, seen: str
    ) -> Record | None:
        if searched is not None:
            with suppress(UnreadableError):
                return self._made(searched, trial, seen, is_searched=True)
        if self.failures.last:
            raise self.failures.last
        details = self._client.trial(trial["TrainingJobName"])
        self.failures.described()
        if details is None:
            return None
        return self._made(details, trial, seen, is_searched=False)

    def _made(
        self, details: dict[str, Any], trial: Summary, seen: str, *, is_searched: bool
    ) -> Record:
        with readable("its description"):
            record = record_of(details, trial, self._keys)
            if _is_behind(details, trial, seen, is_searched=is_searched):
                self._tally.add(trial, may_change=True)
            return record


def _how(error: Exception) -> str:
    """What is wrong with Search, in a word."""
    if is_denied(error):
        return "denied"
    return "throttled" if code(error) in THROTTLED else "failing"


def _may_change(trial: Summary, seen: str) -> bool:
    """Whether details of a trial that has ended can still change."""
    end = trial.get("TrainingEndTime")
    return end is not None and seen < shift(end, _AFTERMATH)


def _is_behind(
    details: dict[str, Any], listed: Summary, seen: str, *, is_searched: bool
) -> bool:
    """Whether details of a trial that has ended can be of before.

    Where nobody says when it ended, that was no later than its last change.

    Args:
        details: Its description, or Search's record.
        listed: Its summary.
        seen: The service's time when it was listed.
        is_searched: Whether Search has it: its index lags, and may have a trial as it
            was right after its end.
    """
    if listed.get("TrainingJobStatus") not in FINAL_STATUSES:
        return False  # it is followed anyway
    if details.get("TrainingJobStatus") not in {None, listed["TrainingJobStatus"]}:
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
    """
    members = {
        **known,
        **{member: known.get(member) or listed.get(member) for member in LISTED},
        "FinalMetricDataList": _metrics(known.get("FinalMetricDataList")),
    }
    return {
        **shape_of("training_job_details")(members),
        **keys,
        "creation_time": as_text(members["CreationTime"]),
        "training_job_name": as_text(listed["TrainingJobName"]),
        "training_job_arn": as_text(listed["TrainingJobArn"]),
    }


def _metrics(metrics: list[Any] | None) -> list[dict[str, Any]] | None:
    """Make the final metrics; null where there is no list, which can be empty."""
    if metrics is None:
        return None
    return [_metric(metric) for metric in metrics if metric is not None]


def _metric(metric: dict[str, Any]) -> dict[str, Any]:
    """Split a metric's value into a finite number and what else it can be."""
    value, non_finite = finite(metric.get("Value"))
    time = _mended(metric.get("Timestamp"))
    return {**metric, "Value": value, "NonFinite": non_finite, "Timestamp": time}


def _mended(time: str | None) -> str | None:
    """Put right a time of which the service took the milliseconds for microseconds.

    A thousandth of any time of SageMaker's lies in 1970, and none of its own does.
    """
    if time is None or not time.startswith("1970-"):
        return time
    return timestamp(moment(time).timestamp() * 1000)
