"""The events and outcomes of reading a scope."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection

    from tap_sagemaker_tuning.replication.listing import Listing
    from tap_sagemaker_tuning.replication.plan import Visit
    from tap_sagemaker_tuning.replication.tally import Tally
    from tap_sagemaker_tuning.values import Record


@dataclass(frozen=True, slots=True)
class Read:
    """A tuning job was read completely; the tally counts its trials."""

    tally: Tally


@dataclass(frozen=True, slots=True)
class Gone:
    """A tuning job was deleted before it was read completely, as two calls say."""


@dataclass(frozen=True, slots=True)
class Failed:
    """A tuning job or a scope was not read completely."""

    error: Exception


@dataclass(frozen=True, slots=True)
class Complete:
    """Every visit in a scope has ended."""

    listing: Listing


@dataclass(frozen=True, slots=True)
class Unread:
    """No tuning job of a scope could be read: these visits failed."""

    visits: list[tuple[Visit, Exception]]


Outcome = Read | Gone | Failed
"""How one stream's visit of one tuning job ended."""

ScopeOutcome = Complete | Failed | Unread
"""How one scope ended for one stream."""


@dataclass(frozen=True, slots=True)
class Records:
    """Some records of a tuning job, for one stream.

    Attributes:
        stream: The stream's name.
        records: The records.
        points: How many points of time series they have in all.
    """

    stream: str
    records: Collection[Record]
    points: int = 0


@dataclass(frozen=True, slots=True)
class Visited:
    """One stream's visit ended, after all of its records."""

    stream: str
    visit: Visit
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class Listed:
    """The tuning jobs of a scope were listed; `visits` counts those to visit."""

    listing: Listing
    visits: int


@dataclass(frozen=True, slots=True)
class Ended:
    """A scope ended for one stream."""

    stream: str
    outcome: ScopeOutcome


@dataclass(frozen=True, slots=True)
class Closed:
    """A scope ended for all streams: its last event.

    Attributes:
        bug: What stopped it, if that was a bug of the tap: the streams that had not
            ended have failed.
    """

    bug: BaseException | None = None


Event = Listed | Records | Visited | Ended | Closed
"""What reading a scope yields, in order."""
