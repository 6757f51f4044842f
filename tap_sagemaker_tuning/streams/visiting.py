"""Streams whose rows come of tuning jobs: the SDK's side of the commit loop.

`sync.reading` reads them all in one pass, which the first of them that the SDK comes to
runs. Each keeps a state of its own, so no selection of streams can lose a row of one.
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
from tap_sagemaker_tuning.replication.state import ScopeState
from tap_sagemaker_tuning.replication.tally import FINAL_STATUSES
from tap_sagemaker_tuning.streams.base import TapStream
from tap_sagemaker_tuning.values import required_text

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Mapping

    from singer_sdk.helpers.types import Context

    from tap_sagemaker_tuning.aws.client import Client
    from tap_sagemaker_tuning.aws.operations import Operation
    from tap_sagemaker_tuning.aws.scope import Scope
    from tap_sagemaker_tuning.replication.plan import Visit
    from tap_sagemaker_tuning.replication.state import Entry, Filters
    from tap_sagemaker_tuning.sync.readers import Describe, TrialVisit
    from tap_sagemaker_tuning.values import Record

FULL_TABLE = "FULL_TABLE"
"""Singer's name of the replication method."""


class VisitingStream(TapStream):
    """A stream that the commit loop reads; see `sync.readers`."""

    replication_key = "creation_time"
    operations: ClassVar[tuple[Operation, ...]] = (
        LIST_TUNING_JOBS,
        DESCRIBE_TUNING_JOB,
    )
    methods = ("INCREMENTAL", FULL_TABLE)

    makes_calls: ClassVar[bool] = True
    visits_ahead: ClassVar[int] = 64

    @override
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.waiting: list[Record] = []
        self._has_schema = False

    @property
    def is_incremental(self) -> bool:
        """Whether it reads from its state on."""
        return self.replication_method != FULL_TABLE

    @property
    def is_partial(self) -> bool:
        """Whether its settings leave out rows that the filters let in."""
        return False

    @classmethod
    @override
    def check_state(cls, entry: Entry, filters: Filters) -> None:
        ScopeState.from_json(entry, filters)

    # What `SingerSink` calls

    def begin(self) -> Generator[Record, Any, Any]:
        """Write the SCHEMA, and get the SDK ready to write records.

        Returns:
            The SDK's loop over records: one step writes the record that is `waiting`,
            as the catalog and the stream maps want it, and counts it.
        """
        self._write_schema_message()
        return super()._sync_records()

    def note_end(self) -> None:
        """Take into the state what only the end of the pass tells."""

    def state_in(self, scope: Scope) -> Mapping[str, Any]:
        """The state in a scope; a plain Singer bookmark stands for each scope."""
        return self.saved(scope.context) or {
            name: value
            for name, value in self.stream_state.items()
            if name == "replication_key_value"
        }

    def save_in(self, scope: Scope, entry: Mapping[str, Any]) -> None:
        """Replace the state in a scope."""
        old = self.saved(scope.context)
        kept = {"resume": old["resume"]} if "resume" in old else {}
        self.save(scope.context, {**kept, **entry})
        for plain in ("replication_key", "replication_key_value"):
            self.stream_state.pop(plain, None)

    # What the SDK calls

    @override
    def _write_schema_message(self) -> None:
        # Private in the SDK. A second SCHEMA would make some targets flush.
        if not self._has_schema:
            self._has_schema = True
            super()._write_schema_message()

    @override
    def _sync_records(
        self, context: Context | None = None, *, write_messages: bool = True
    ) -> Generator[Record, Any, Any]:
        # Private in the SDK, which comes to one stream after the other.
        self.host.read_all()
        yield from ()

    @override
    def read(self) -> Iterator[Record]:
        while self.waiting:
            yield self.waiting.pop()


class JobStream(VisitingStream):
    """A stream whose rows are tuning jobs: a `sync.readers.JobReader`."""

    of_trials: Literal[False] = False

    @abc.abstractmethod
    def rows(
        self, client: Client, visit: Visit, describe: Describe
    ) -> Iterator[list[Record]]:
        """Make the records of a tuning job; see `sync.readers.JobReader`."""


class TrialStream(VisitingStream):
    """A stream whose rows are trials: a `sync.readers.TrialReader`."""

    operations = (*VisitingStream.operations, LIST_TRIALS)
    of_trials: Literal[True] = True

    @property
    @override
    def problems(self) -> list[str]:
        only = self.settings.status_equals
        if not self.is_incremental or only in {None, *FINAL_STATUSES}:
            return []
        finals = ", ".join(FINAL_STATUSES)
        place = f"in incremental replication of {self.name} one of {finals}"
        return [f"status_equals: {only!r} is not final: {place}"]

    @abc.abstractmethod
    def start(self, client: Client, visit: Visit, describe: Describe) -> TrialVisit:
        """Start to read a tuning job; see `sync.readers.TrialReader`."""


def keys_of(client: Client, visit: Visit) -> dict[str, str]:
    """The columns that all rows of a tuning job's trials share, as it is listed.

    Raises:
        UnreadableError: The tuning job has no ARN.
    """
    with readable("the tuning job"):
        arn = required_text(visit.job.summary, "HyperParameterTuningJobArn")
    return {
        **client.scope.context,
        "tuning_job_name": visit.job.name,
        "tuning_job_arn": arn,
    }
