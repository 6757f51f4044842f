"""What is told of a scope while it is read, in the order in which it comes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from tap_sagemaker_tuning.aws.client import Client
from tap_sagemaker_tuning.aws.errors import NOT_FOUND, code
from tap_sagemaker_tuning.exceptions import GoneError
from tap_sagemaker_tuning.replication.plan import Visit
from tap_sagemaker_tuning.replication.tally import Tally
from tap_sagemaker_tuning.values import Record

Fetch = Callable[[Client, Visit, Tally], Iterator[list[Record]]]
"""Reads a visit: gives its records page by page, and counts its trials in the tally."""


@dataclass(frozen=True, slots=True)
class Listed:
    """A scope's tuning jobs were listed."""

    client: Client
    visits: int


@dataclass(frozen=True, slots=True)
class PageRead:
    """Some records of a visit."""

    client: Client
    visit: Visit
    records: list[Record]


@dataclass(frozen=True, slots=True)
class Visited:
    """A visit's end; with an error, it was not read to its end."""

    client: Client
    visit: Visit
    tally: Tally | None
    error: Exception | None


@dataclass(frozen=True, slots=True)
class Finished:
    """A scope's end; with an error, the scope was not read to its end."""

    client: Client
    error: Exception | None


Event = Listed | PageRead | Visited | Finished


def is_deleted(error: Exception | None) -> bool:
    """Whether a visit ended because its tuning job does not exist any more."""
    if error is None:
        return False
    return isinstance(error, GoneError) or code(error) in NOT_FOUND
