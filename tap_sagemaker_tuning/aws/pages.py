"""Pages of answers: what they hold, when they were given, whether they are AWS's."""

from __future__ import annotations

import logging
from contextlib import contextmanager
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any, NamedTuple

import botocore.exceptions as aws

from tap_sagemaker_tuning.exceptions import (
    NoResultError,
    UnreadableError,
    readable,
)
from tap_sagemaker_tuning.values import members, required_text, timestamp

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tap_sagemaker_tuning.aws.operations import Operation
    from tap_sagemaker_tuning.values import Summary

_LOGGER = logging.getLogger("tap-sagemaker-tuning")
_ODD = "the answer cannot be read as the service sent it"


class Page(NamedTuple):
    """Items of an answer, and the service's time when it was given."""

    items: list[Summary]
    seen: str


def until(pages: Iterator[Page], since: str | None) -> Iterator[Page]:
    """End a listing, newest first, with the page that shows something older.

    Args:
        pages: The listing.
        since: A creation time; None: go to the end.

    Raises:
        UnreadableError: The last item of a page has no creation time.
    """
    for page in pages:
        yield page
        if since is not None and page.items:
            with readable("a trial"):
                last = members(page.items[-1])
                is_end = required_text(last, "CreationTime") < since
            if is_end:
                return


@contextmanager
def parsed(operation: Operation) -> Iterator[None]:
    """Have botocore parse an answer: it trips over members of another kind.

    Raises:
        UnreadableError: It did.
    """
    try:
        yield
    except (AttributeError, KeyError, TypeError) as error:
        msg = f"{operation.name}: {_ODD}: {error}"
        raise UnreadableError(msg) from error


def check_result(operation: Operation, answer: Mapping[str, Any]) -> None:
    """Refuse an answer with status 200 that is not the service's.

    Raises:
        NoResultError: It lacks what the operation returns.
    """
    if answer.get(operation.result) is None:
        msg = (
            f"{operation.name}: status 200 without {operation.result}: not AWS. "
            "Check aws_endpoint_url and HTTPS_PROXY"
        )
        raise NoResultError(msg)


def time_of(answer: Any) -> str:
    """When the service gave an answer; this machine's time if it did not say."""
    headers = answer.get("ResponseMetadata", {}).get("HTTPHeaders", {})
    try:
        return timestamp(parsedate_to_datetime(headers["date"]).isoformat())
    except (KeyError, TypeError, ValueError):
        return timestamp(datetime.now(tz=UTC).isoformat())


def checked(operation: Operation, pages: Any, where: object) -> Iterator[Page]:
    """Check the pages of a listing, of any service.

    Args:
        operation: The operation that lists.
        pages: Its answers, from one of botocore's paginators.
        where: What is asked, for the log.

    Yields:
        Their items.

    Raises:
        NoResultError: An answer is not the service's.
        PaginationError: The tokens go round in a circle.
    """
    seen: set[str] = set()
    for page in pages:
        check_result(operation, page)
        items = page[operation.result]
        _LOGGER.debug("%s: %s: a page of %d", where, operation.name, len(items))
        yield Page(items, time_of(page))
        token = page.get("NextToken")
        if token is not None:
            if token in seen:
                msg = f"{operation.name}: the service gave the same NextToken twice"
                raise aws.PaginationError(message=msg)
            seen.add(token)
