"""Interfaces of the commit loop: streams, and the sink for records and state."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, Protocol

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping
    from datetime import timedelta

    from tap_sagemaker_tuning.aws.client import Client
    from tap_sagemaker_tuning.aws.pages import Page
    from tap_sagemaker_tuning.aws.scope import Scope
    from tap_sagemaker_tuning.replication.plan import Visit
    from tap_sagemaker_tuning.replication.state import ReadOnce
    from tap_sagemaker_tuning.values import Record, Summary


Describe = Callable[[], "Summary"]
"""Returns what DescribeHyperParameterTuningJob says about a tuning job. All streams
share a single call."""


@dataclass(frozen=True, slots=True)
class TrialRows:
    """A stream's records of some trials on a page.

    Attributes:
        records: The records.
        unsettled: Names of the trials whose records can still change, although the
            listing shows the trials as final.
        missing: Names of the trials that do not exist according to another call,
            although the listing shows them.
        points: How many points of time series the records have in all.
        read_once: Which trials the stream has read so far, if it reads each only once;
            None: it rereads every trial created since the watermark.
        is_partial: Whether the visit leaves out rows that the filters let in.
    """

    records: Collection[Record]
    unsettled: Collection[str]
    missing: Collection[str] = ()
    points: int = 0
    read_once: ReadOnce | None = None
    is_partial: bool = False


class TrialVisit(Protocol):
    """One stream's visit of a tuning job's trials, in a worker thread."""

    def rows(self, page: Page) -> Iterator[TrialRows]:
        """Yield the records of a page of trials.

        Args:
            page: Trials created at or after the visit's watermark.

        Raises:
            BotoCoreError, ClientError, TapError: A failure; it ends this visit only.
        """

    def end(self) -> Iterator[TrialRows]:
        """Yield the records held back so far, after the last page.

        Raises:
            BotoCoreError, ClientError, TapError: Some of them could not be made.
        """


@dataclass(frozen=True, slots=True)
class OwnListing:
    """A visit that does not share the listing of the tuning job's trials.

    Attributes:
        pages: The stream's own listing, in any order.
        visit: The visit.
    """

    pages: Iterator[Page]
    visit: TrialVisit


class _Reader(Protocol):
    @property
    def name(self) -> str:
        """The stream's name."""

    @property
    def is_incremental(self) -> bool:
        """Whether it starts from its state; if not, it rereads all and keeps none."""

    @property
    def lateness(self) -> timedelta:
        """How long after its last change a row may still be missing after a sync."""

    @property
    def makes_calls(self) -> bool:
        """Whether reading a tuning job calls the API."""

    @property
    def visits_ahead(self) -> int:
        """How many tuning jobs may be read ahead in all scopes: bounds the memory."""


class JobReader(_Reader, Protocol):
    """A stream whose rows are tuning jobs."""

    of_trials: Literal[False]

    def rows(
        self, client: Client, visit: Visit, describe: Describe
    ) -> Iterator[list[Record]]:
        """Yield the records of a tuning job, in a worker thread.

        Args:
            client: The scope's client.
            visit: The tuning job.
            describe: Describes it.

        Raises:
            BotoCoreError, ClientError, TapError: A failure; it ends this visit only.
        """


class TrialReader(_Reader, Protocol):
    """A stream whose rows are trials."""

    of_trials: Literal[True]

    def start(
        self, client: Client, visit: Visit, describe: Describe
    ) -> TrialVisit | OwnListing:
        """Start to read a tuning job's trials.

        Args:
            client: The scope's client.
            visit: The tuning job.
            describe: Describes it, if needed.

        Raises:
            BotoCoreError, ClientError, TapError: A failure; it ends this visit only.
        """


Reader = JobReader | TrialReader
"""A stream, as the commit loop uses it."""


class Sink(Protocol):
    """The destination of records, state and log lines."""

    def write(self, stream: str, record: Record) -> None:
        """Write a record.

        Raises:
            SystemExit: A signal asked to stop, or the output was closed.
        """

    def saved(self, stream: str, scope: Scope) -> Mapping[str, Any]:
        """The saved state of a stream in a scope; empty if there is none."""

    def save(self, stream: str, scope: Scope, entry: Mapping[str, Any]) -> None:
        """Replace the state of a stream in a scope atomically, to be written next."""

    def write_state(self) -> None:
        """Write a STATE message, if the state has changed."""

    def log(self, level: int, stream: str, scope: Scope, sentence: str) -> None:
        """Log a sentence about a stream in a scope."""
