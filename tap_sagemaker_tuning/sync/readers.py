"""What the commit loop asks of a stream, and of where records and state go."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, Protocol

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from tap_sagemaker_tuning.aws.client import Client
    from tap_sagemaker_tuning.aws.pages import Page
    from tap_sagemaker_tuning.aws.scope import Scope
    from tap_sagemaker_tuning.replication.plan import Visit
    from tap_sagemaker_tuning.values import Record, Summary


Describe = Callable[[], "Summary"]
"""Gives what DescribeHyperParameterTuningJob says of a tuning job. It is called once,
for all streams that want it."""


@dataclass(frozen=True, slots=True)
class TrialRows:
    """What a stream makes of some trials of a page.

    Attributes:
        records: Its records.
        unsettled: Names of the trials whose records can still change although the
            listing shows them as final.
    """

    records: list[Record]
    unsettled: Collection[str]


class TrialVisit(Protocol):
    """One stream's part in reading a tuning job's trials, in a worker's thread."""

    @property
    def read_at(self) -> str | None:
        """The service's time up to which it has read what ended.

        Known at the end; None: it reads a trial again as long as that is listed.
        """

    @property
    def own_pages(self) -> Iterator[Page] | None:
        """A listing of its own, in any order; None: it shares one, newest first."""

    def rows(self, page: Page) -> Iterator[TrialRows]:
        """Make records of a page of trials.

        Args:
            page: Trials that were created since the visit's watermark.

        Raises:
            Exception: They cannot be made: a failure of this tuning job and stream.
        """

    def end(self) -> Iterator[TrialRows]:
        """Make the records that were held back: there is no further page.

        Raises:
            Exception: Some records could not be made, while others were.
        """


class _Reader(Protocol):
    @property
    def name(self) -> str:
        """The stream's name."""

    @property
    def is_incremental(self) -> bool:
        """Whether it reads from its state on; if not, all is read and none is kept."""

    @property
    def is_partial(self) -> bool:
        """Whether it leaves out rows that the filters let in: known once it is read."""

    @property
    def makes_calls(self) -> bool:
        """Whether reading a tuning job calls the API."""

    @property
    def visits_ahead(self) -> int:
        """How many tuning jobs of all scopes may be read ahead: a bound of memory."""


class JobReader(_Reader, Protocol):
    """A stream whose rows are tuning jobs."""

    of_trials: Literal[False]

    def rows(
        self, client: Client, visit: Visit, describe: Describe
    ) -> Iterator[list[Record]]:
        """Make the records of a tuning job, in a worker's thread.

        Args:
            client: The scope's client.
            visit: The tuning job.
            describe: Describes it.

        Raises:
            Exception: They cannot be made: a failure of this tuning job and stream.
        """


class TrialReader(_Reader, Protocol):
    """A stream whose rows are trials."""

    of_trials: Literal[True]

    def start(self, client: Client, visit: Visit, describe: Describe) -> TrialVisit:
        """Start to read a tuning job.

        Args:
            client: The scope's client.
            visit: The tuning job.
            describe: Describes it, if need be.

        Raises:
            Exception: It cannot be read: a failure of this tuning job and stream.
        """


Reader = JobReader | TrialReader
"""A stream, as the commit loop sees it."""


class Sink(Protocol):
    """Where records and state go."""

    def write(self, stream: str, record: Record) -> None:
        """Write a record.

        Raises:
            SystemExit: A signal asked to stop, or nobody reads the output any more.
        """

    def saved(self, stream: str, scope: Scope) -> Mapping[str, Any]:
        """The state of a stream in a scope; empty if there is none."""

    def save(self, stream: str, scope: Scope, entry: Mapping[str, Any]) -> None:
        """Replace that state, for the next STATE message, in one step."""

    def write_state(self) -> None:
        """Write a STATE message, if the state has changed."""

    def log(self, level: int, stream: str, scope: Scope, sentence: str) -> None:
        """Tell the person who runs the tap what a stream decided in a scope."""
