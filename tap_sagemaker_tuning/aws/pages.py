"""Pages of responses: their items, their time, and checks that they are from AWS."""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any, NamedTuple

import botocore.exceptions as aws

from tap_sagemaker_tuning.aws.errors import boto3_runs
from tap_sagemaker_tuning.exceptions import (
    NoResultError,
    UnboundedError,
    UnreadableError,
)
from tap_sagemaker_tuning.values import timestamp

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from tap_sagemaker_tuning.aws.operations import Operation
    from tap_sagemaker_tuning.values import Summary

_LOGGER = logging.getLogger("tap-sagemaker-tuning")


class Page(NamedTuple):
    """The items of a response, and the service's time when it responded."""

    items: list[Summary]
    seen: str


def check_result(operation: Operation, answer: Mapping[str, Any]) -> None:
    """Check that a response with status 200 has the operation's result.

    Raises:
        NoResultError: It does not, so it is not from AWS.
    """
    if answer.get(operation.result) is None:  # fact 27
        msg = (
            f"{operation.name}: status 200 without {operation.result}, which AWS "
            "always sends. Check aws_endpoint_url and HTTPS_PROXY"
        )
        raise NoResultError(msg)


def time_of(answer: Any) -> str:
    """The service's time of a response; the local time if the header is missing."""
    headers = answer.get("ResponseMetadata", {}).get("HTTPHeaders", {})
    try:
        return timestamp(parsedate_to_datetime(headers["date"]).isoformat())  # fact 21
    except (KeyError, TypeError, ValueError):
        return timestamp(datetime.now(tz=UTC).isoformat())


def checked(operation: Operation, pages: Any, where: object) -> Iterator[Page]:
    """Check the pages of any service's listing, and yield their items.

    Args:
        operation: The operation.
        pages: The responses, from one of botocore's paginators.
        where: The scope or service, for the log.

    Yields:
        Each page, with its items and time.

    Raises:
        NoResultError: A response lacks its result, so it is not from AWS.
        PaginationError: A token occurs twice, so the listing would not end.
        UnboundedError: It has too many pages.
        UnreadableError: A response is malformed.
        BotoCoreError, ClientError, CallError: A call failed.
    """
    seen: set[int] = set()  # hashes: a token can be long
    for number, page in enumerate(_stepped(operation, pages), start=1):
        check_result(operation, page)
        items = page[operation.result]
        _LOGGER.debug("%s: %s: a page of %d", where, operation.name, len(items))
        yield Page(items, time_of(page))
        token = page.get("NextToken")  # facts 8, 12
        if token is not None:
            if not isinstance(token, str):
                msg = f"{operation.name}: a NextToken is {type(token).__name__}"
                raise UnreadableError(msg)
            if hash(token) in seen:
                msg = f"{operation.name}: AWS returned the same NextToken twice"
                raise aws.PaginationError(message=msg)
            seen.add(hash(token))
            if number == operation.most_pages:
                msg = f"{operation.name}: more than {number} pages"
                raise UnboundedError(msg)


def _stepped(
    operation: Operation, pages: Iterable[dict[str, Any]]
) -> Iterator[dict[str, Any]]:
    """Step through pages; botocore requests and parses each at its step."""
    left = iter(pages)
    while True:
        with boto3_runs(operation.name):
            page = next(left, None)
        if page is None:
            return
        yield page
