"""Streams of tuning jobs and trials: the SDK's side of the commit loop.

The first of them that the SDK syncs starts `sync.commit_loop`, which reads all of them
in one pass. Each keeps its own state, so that no selection of streams can lose rows.
"""

from __future__ import annotations

import abc
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from typing_extensions import override

from tap_sagemaker_tuning.aws.operations import (
    DESCRIBE_TUNING_JOB,
    LIST_TRIALS,
    LIST_TUNING_JOBS,
)
from tap_sagemaker_tuning.exceptions import readable
from tap_sagemaker_tuning.replication.completeness import UNFINISHED
from tap_sagemaker_tuning.replication.state import ScopeState
from tap_sagemaker_tuning.replication.tally import ALLOWED_LATENESS, FINAL_STATUSES
from tap_sagemaker_tuning.streams.base import TapStream
from tap_sagemaker_tuning.values import required_text, storable

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Iterator, Mapping
    from datetime import timedelta

    from singer_sdk.helpers.types import Context

    from tap_sagemaker_tuning.aws.client import Client
    from tap_sagemaker_tuning.aws.operations import Operation
    from tap_sagemaker_tuning.aws.scope import Scope
    from tap_sagemaker_tuning.replication.plan import Visit
    from tap_sagemaker_tuning.replication.state import Entry, Filters
    from tap_sagemaker_tuning.sync.interfaces import Describe, OwnListing, TrialVisit
    from tap_sagemaker_tuning.values import Record

FULL_TABLE = "FULL_TABLE"
"""Singer's name for the replication method."""


class VisitingStream(TapStream):
    """A stream that the commit loop reads; see `sync.interfaces`."""

    replication_key = "creation_time"
    operations: ClassVar[tuple[Operation, ...]] = (
        LIST_TUNING_JOBS,
        DESCRIBE_TUNING_JOB,
    )
    methods = ("INCREMENTAL", FULL_TABLE)

    lateness: ClassVar[timedelta] = ALLOWED_LATENESS
    makes_calls: ClassVar[bool] = True
    visits_ahead: ClassVar[int] = 64

    @property
    def is_incremental(self) -> bool:
        """Whether it reads only what is new or changed since its state."""
        return self.replication_method != FULL_TABLE

    @classmethod
    @override
    def check_state(cls, entry: Entry, filters: Filters) -> None:
        ScopeState.from_json(entry, filters)

    # Called by `read_in_one_pass` and `SingerSink`

    def before_pass(self) -> None:
        """Prepare for the pass."""

    def after_pass(self) -> None:
        """Update the state after the pass has ended."""

    def state_in(self, scope: Scope) -> Mapping[str, Any]:
        """The state in a scope; a plain Singer bookmark applies to every scope."""
        return self.saved(scope.context) or {
            name: value
            for name, value in self.stream_state.items()
            if name == "replication_key_value"
        }

    def save_in(self, scope: Scope, entry: Mapping[str, Any]) -> None:
        """Replace the state in a scope."""
        old = self.saved(scope.context)
        kept = {"resume": old["resume"]} if "resume" in old else {}
        began_anew = "version" not in old or UNFINISHED in old
        if began_anew and not self.host.run.is_whole(self.name, scope):
            kept[UNFINISHED] = 1
        self.save(scope.context, {**kept, **entry})
        for plain in ("replication_key", "replication_key_value"):
            self.stream_state.pop(plain, None)

    # Called by the SDK

    @override
    def _sync_records(
        self, context: Context | None = None, *, write_messages: bool = True
    ) -> Generator[Record, Any, Any]:
        # Private in the SDK, which syncs one stream after the other.
        self.host.read_all()
        yield from ()

    @override
    def get_records(self, context: Context | None) -> Iterable[Record]:
        """No records: the pass writes them."""
        return ()


class JobStream(VisitingStream):
    """A stream whose rows are tuning jobs: a `sync.interfaces.JobReader`."""

    of_trials: Literal[False] = False

    @abc.abstractmethod
    def rows(
        self, client: Client, visit: Visit, describe: Describe
    ) -> Iterator[list[Record]]:
        """Yield the records of a tuning job; see `sync.interfaces.JobReader`."""


class TrialStream(VisitingStream):
    """A stream whose rows are trials: a `sync.interfaces.TrialReader`."""

    operations = (*VisitingStream.operations, LIST_TRIALS)
    of_trials: Literal[True] = True

    @property
    @override
    def problems(self) -> list[str]:
        only = self.settings.status_equals
        if not self.is_incremental or only in {None, *FINAL_STATUSES}:
            return []
        finals = ", ".join(FINAL_STATUSES)
        allowed = f"incremental replication of {self.name} allows only {finals}"
        return [f"status_equals: {only!r} is not final: {allowed}"]

    @abc.abstractmethod
    def start(
        self, client: Client, visit: Visit, describe: Describe
    ) -> TrialVisit | OwnListing:
        """Start reading a tuning job; see `sync.interfaces.TrialReader`."""


def keys_of(client: Client, visit: Visit) -> dict[str, str]:
    """The columns that identify a tuning job in each row about it, as listed.

    Args:
        client: The scope's client.
        visit: The tuning job.

    Returns:
        `account_id`, `region`, `tuning_job_name` and `tuning_job_arn`.

    Raises:
        UnreadableError: The tuning job has no ARN.
    """
    with readable("the tuning job"):
        # Facts 23, 24.
        arn = required_text(visit.job.summary, "HyperParameterTuningJobArn")
    return {
        **client.scope.context,
        "tuning_job_name": visit.job.name,
        "tuning_job_arn": storable(arn),
    }
