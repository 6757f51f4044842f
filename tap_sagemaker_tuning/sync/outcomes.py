"""What becomes of reading: of a tuning job for one stream, and of a whole scope.

Matched exhaustively where they are used, so that a new kind is a type error there.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tap_sagemaker_tuning.aws.error_table import Kind
from tap_sagemaker_tuning.aws.errors import meaning
from tap_sagemaker_tuning.exceptions import GoneError

if TYPE_CHECKING:
    from tap_sagemaker_tuning.replication.listing import Listing
    from tap_sagemaker_tuning.replication.plan import Visit
    from tap_sagemaker_tuning.replication.tally import Tally
    from tap_sagemaker_tuning.values import Record


@dataclass(frozen=True, slots=True)
class Read:
    """A tuning job was read to its end; the tally says what was seen of it."""

    tally: Tally


@dataclass(frozen=True, slots=True)
class Gone:
    """A tuning job was deleted before it was read to its end."""


@dataclass(frozen=True, slots=True)
class Failed:
    """A tuning job, or a scope, was not read to its end."""

    error: Exception


@dataclass(frozen=True, slots=True)
class Complete:
    """All tuning jobs of a scope were visited that the listing showed."""

    listing: Listing


Outcome = Read | Gone | Failed
"""What became of one tuning job for one stream."""

ScopeOutcome = Complete | Failed
"""What became of one scope for one stream."""


def outcome_of(error: Exception) -> Gone | Failed:
    """Tell a deleted tuning job from a failure."""
    if isinstance(error, GoneError) or meaning(error).kind is Kind.MISSING:
        return Gone()
    return Failed(error)


@dataclass(frozen=True, slots=True)
class Records:
    """Some records of a tuning job, for one stream."""

    stream: str
    records: list[Record]


@dataclass(frozen=True, slots=True)
class Visited:
    """The end of a visit for one stream: all its records came before."""

    stream: str
    visit: Visit
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class Listed:
    """The tuning jobs of a scope were listed, and so many of them are visited."""

    listing: Listing
    visits: int


@dataclass(frozen=True, slots=True)
class Ended:
    """The end of a scope for one stream."""

    stream: str
    outcome: ScopeOutcome


@dataclass(frozen=True, slots=True)
class Closed:
    """The end of a scope for all streams: its last event."""


Event = Listed | Records | Visited | Ended | Closed
"""What happens in a scope, in order."""
