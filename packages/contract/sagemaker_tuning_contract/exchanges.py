"""Calls and their answers, which facts are checked against. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from tap_sagemaker_tuning.aws.error_table import CODES, Kind
from tap_sagemaker_tuning.aws.operations import (
    DESCRIBE_TRIAL,
    DESCRIBE_TUNING_JOB,
    GET_PRODUCTS,
    LIST_TRIALS,
    LIST_TUNING_JOBS,
    OPERATIONS,
    SEARCH,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tap_sagemaker_tuning.aws.operations import Operation

Item = dict[str, Any]

OK = 200
_NO_ANSWERS = {403, 429}  # HTTP statuses, besides those from 500 on
_FAULTY = 500
_SAYS_NOTHING = {
    Kind.DENIED,
    Kind.EXPIRED,
    Kind.OUTAGE,
    Kind.SETTING,
    Kind.SIGNATURE,
    Kind.THROTTLED,
}
JOB = "HyperParameterTuningJobName"
TRIAL = "TrainingJobName"
TOKEN = "NextToken"  # noqa: S105 - a member's name

NAMES = {LIST_TUNING_JOBS.name: JOB, LIST_TRIALS.name: TRIAL}
"""By listing operation, the member that has an item's name."""

_PAGED = (LIST_TUNING_JOBS, LIST_TRIALS, SEARCH, GET_PRODUCTS)
_RESULTS = {operation.name: operation.result for operation in _PAGED}


@dataclass(frozen=True, slots=True)
class Exchange:
    """A call and its answer.

    Attributes:
        operation: The API's name of the operation.
        request: The parameters; times are seconds since 1970.
        status: The HTTP status.
        answer: The answer's JSON; None if it is not JSON.
        at: The `Date` header, in seconds since 1970; None if there was none.
    """

    operation: str
    request: Item
    status: int
    answer: Any
    at: float | None

    @property
    def is_fine(self) -> bool:
        """Whether the answer is not an error."""
        return self.status == OK and isinstance(self.answer, dict)

    @property
    def kind(self) -> Kind | None:
        """The kind of an error; None if it is not an error that the tap knows."""
        meaning = CODES.get(self.error_code)
        return meaning.kind if meaning else None

    @property
    def is_answer(self) -> bool:
        """Whether the service dealt with the request, with an answer or an error.

        False for denials, throttling, outages and other errors before that.
        """
        is_one = isinstance(self.answer, dict) and self.status < _FAULTY
        is_one &= self.status not in _NO_ANSWERS
        return is_one and self.kind not in _SAYS_NOTHING

    @property
    def is_of_sagemaker(self) -> bool:
        """Whether the call was to SageMaker."""
        known = OPERATIONS.get(self.operation)
        return known is not None and known.service == "sagemaker"

    @property
    def items(self) -> list[Any]:
        """The items of a page: structures or text."""
        listed = self.answer.get(_RESULTS[self.operation]) if self.is_fine else None
        return [item for item in listed or [] if isinstance(item, dict | str)]

    @property
    def token(self) -> str | None:
        """The token of the next page; None if there is none."""
        return self.answer.get(TOKEN) if self.is_fine else None

    @property
    def error_code(self) -> str:
        """The error code; empty if there is none."""
        body = self.answer if isinstance(self.answer, dict) else {}
        return str(body.get("__type", "")).rpartition("#")[2]

    @property
    def message(self) -> str:
        """The service's error message; empty if there is none."""
        body = self.answer if isinstance(self.answer, dict) else {}
        return str(body.get("message") or body.get("Message") or "")


@dataclass(frozen=True, slots=True)
class Listing:
    """The pages of a listing that were read.

    Attributes:
        request: The parameters, without the token.
        pages: At least one page; the last can be an error.
    """

    request: Item
    pages: list[Exchange] = field(default_factory=list)

    @property
    def operation(self) -> str:
        """The operation that lists."""
        return self.pages[0].operation

    @property
    def items(self) -> list[Item]:
        """The items of all its pages."""
        return [item for page in self.pages for item in page.items]

    @property
    def names(self) -> list[str]:
        """The names of its items."""
        return [item[NAMES[self.operation]] for item in self.items]

    @property
    def has_ended(self) -> bool:
        """Whether its last page was read."""
        return self.pages[-1].is_fine and self.pages[-1].token is None

    @property
    def at(self) -> float:
        """The service's time of the first page, in seconds since 1970; 0 if unknown."""
        return self.pages[0].at or 0.0

    @property
    def target(self) -> tuple[str, str]:
        """What is listed: the operation and, for trials, the lower-cased tuning job."""
        return self.operation, str(self.request.get(JOB, "")).lower()

    def asks(self, **request: Any) -> bool:
        """Whether the request has these parameters; None means without that one."""
        return all(self.request.get(name) == wanted for name, wanted in request.items())


class Recording:
    """The exchanges with one scope, in order."""

    def __init__(self, exchanges: Sequence[Exchange]) -> None:
        self.exchanges = list(exchanges)

    def of(self, operation: Operation) -> list[Exchange]:
        """The exchanges of an operation."""
        return [
            exchange
            for exchange in self.exchanges
            if exchange.operation == operation.name
        ]

    def answers(self, operation: Operation) -> list[Exchange]:
        """The exchanges of an operation that are not errors."""
        return [exchange for exchange in self.of(operation) if exchange.is_fine]

    @cached_property
    def _sorted(self) -> tuple[list[Listing], list[Exchange]]:
        """The listings, and the pages requested with another listing's token."""
        listings: list[Listing] = []
        foreign: list[Exchange] = []
        for exchange in self.exchanges:
            # Failed tries are not pages: the next try has the same token.
            if exchange.operation not in _RESULTS or not exchange.is_answer:
                continue
            request = {k: v for k, v in exchange.request.items() if k != TOKEN}
            token = exchange.request.get(TOKEN)
            if token is None:
                listings.append(Listing(request, [exchange]))
                continue
            leading = [
                listing
                for listing in listings
                if listing.pages[-1].token == token and listing.request == request
            ]
            if leading and leading[-1].operation == exchange.operation:
                leading[-1].pages.append(exchange)
            else:
                foreign.append(exchange)
        return listings, foreign

    def listings(self, *operations: Operation) -> list[Listing]:
        """The listings of these operations whose first page is not an error."""
        names = {operation.name for operation in operations}
        return [
            listing
            for listing in self._sorted[0]
            if listing.operation in names and listing.pages[0].is_fine
        ]

    @property
    def foreign(self) -> list[Exchange]:
        """Pages requested with the token of another listing."""
        return self._sorted[1]

    @cached_property
    def jobs(self) -> list[tuple[Item, float]]:
        """Each summary of a tuning job, with the service's time of its page."""
        return [
            (item, page.at or 0.0)
            for page in self.answers(LIST_TUNING_JOBS)
            for item in page.items
        ]

    @cached_property
    def trials(self) -> list[tuple[Item, float]]:
        """Each summary of a trial, with the service's time of its page."""
        return [
            (item, page.at or 0.0)
            for page in self.answers(LIST_TRIALS)
            for item in page.items
        ]

    @cached_property
    def newest_trials(self) -> dict[str, Item]:
        """The last summary of each trial, by lower-cased name."""
        return {item[TRIAL].lower(): item for item, _ in self.trials}

    @property
    def whole_jobs(self) -> Iterator[tuple[Item, float, list[Item]]]:
        """The tuning jobs whose trials were all listed.

        Yields:
            The first summary, the service's time of its page, and the trials.
        """
        first: dict[str, tuple[Item, float]] = {}
        for item, at in self.jobs:
            first.setdefault(item[JOB].lower(), (item, at))
        done = set()
        for listing in self.listings(LIST_TRIALS):
            name = listing.target[1]
            is_whole = (
                listing.has_ended and not {"StatusEquals"} & listing.request.keys()
            )
            if not is_whole or listing.request.get("SortBy") not in {
                None,
                "CreationTime",
            }:
                continue
            if name in first and name not in done:
                done.add(name)
                yield *first[name], listing.items

    @property
    def described_jobs(self) -> Iterator[tuple[Item, Item, float]]:
        """The described tuning jobs.

        Yields:
            The description, the last summary, and the service's time of its page.
        """
        last = {item[JOB].lower(): (item, at) for item, at in self.jobs}
        for exchange in self.answers(DESCRIBE_TUNING_JOB):
            if listed := last.get(str(exchange.request[JOB]).lower()):
                yield exchange.answer, *listed

    @property
    def described_trials(self) -> Iterator[tuple[Item, Item]]:
        """The described trials.

        Yields:
            The description, and the last summary.
        """
        for exchange in self.answers(DESCRIBE_TRIAL):
            if summary := self.newest_trials.get(str(exchange.request[TRIAL]).lower()):
                yield exchange.answer, summary
