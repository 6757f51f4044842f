"""Decides which failed calls to retry, and when."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Any

from botocore.parsers import create_parser

from tap_sagemaker_tuning.aws.error_table import NO_RESULT, Kind, Meaning
from tap_sagemaker_tuning.aws.errors import meaning, meaning_of_answer
from tap_sagemaker_tuning.aws.operations import OPERATIONS

_LONGEST_DELAY = 20.0  # seconds


@dataclass(frozen=True, slots=True)
class Retries:
    """A retry policy that decides in place of botocore's, through its public events.

    botocore's mode `adaptive` still limits the rate of calls after throttling.

    botocore has one retry quota for all calls of a client, so when several fail
    together it stops long before max_attempts (botocore 1.44: with 8 calls in flight,
    one second of HTTP 500 lost 7). Its delays can also add up to only seconds. Here,
    ten attempts take at least 39 s, 58 s on average, so by default a sync survives an
    outage of half a minute.

    Attributes:
        max_attempts: The most attempts per call.
        renews: Whether the credentials renew themselves. Every attempt is signed again,
            so a call that was refused as expired is worth retrying.
    """

    max_attempts: int
    renews: bool = False

    def register(self, events: Any, service: str) -> None:
        """Take over the retries of a client.

        Args:
            events: Its event system: `client.meta.events`.
            service: The service's name in botocore's events.
        """
        # Before botocore's own handler: the first delay returned wins.
        events.register_first(f"needs-retry.{service}", self.delay)
        events.register(f"before-parse.{service}", empty_if_not_text)
        if service == "sts":
            events.register("before-parse.sts", empty_if_unreadable)

    def delay(
        self,
        attempts: int,
        response: Any,
        caught_exception: Any,
        operation: Any,
        **_: Any,
    ) -> float | bool | None:
        """Decide whether and when to retry a call (botocore's event `needs-retry`).

        Returns:
            The delay in seconds; None to leave the decision to botocore; False to
            prevent a retry.
        """
        if attempts >= self.max_attempts:
            return None
        means = _meaning(operation.name, response, caught_exception)
        is_renewed = self.renews and means.kind is Kind.EXPIRED
        if not (means.is_retried or is_renewed):
            # Otherwise botocore would retry it as a network error.
            return False if means.kind is Kind.SETTING and not response else None
        return self.pause(attempts)

    def pause(self, attempts: int) -> float:
        """Return a random delay before the next attempt.

        Args:
            attempts: The number of attempts so far.

        Returns:
            Seconds; the bound doubles with each attempt, up to 20 seconds.
        """
        delay: float = min(_LONGEST_DELAY, 0.15 * 2**attempts)
        return delay * (1 + random.random()) / 2  # noqa: S311 - jitter, not a secret


def _meaning(operation: str, response: Any, error: Exception | None) -> Meaning:
    """Look up what one attempt of a call resulted in.

    Args:
        operation: The operation's name in the API.
        response: botocore's HTTP response and its parsed form; None: no response.
        error: Why there is no response.
    """
    if response is None:
        return meaning(error)
    http, parsed = response
    error_code = parsed.get("Error", {}).get("Code")  # fact 32
    if error_code is None and OPERATIONS[operation].result not in parsed:
        return NO_RESULT
    return meaning_of_answer(error_code or "", http.status_code)


def empty_if_not_text(response_dict: dict[str, Any], **_: Any) -> None:
    """Replace a response that isn't text with an empty one (botocore's `before-parse`).

    The empty one is retried. botocore decodes outside of its retries, so a broken page
    would fail the call.
    """
    try:
        response_dict["body"].decode()
    except UnicodeDecodeError:
        response_dict["body"] = b"{}"


def empty_if_unreadable(
    response_dict: dict[str, Any], operation_model: Any, **_: Any
) -> None:
    """Replace a truncated STS response with an empty one (botocore's `before-parse`).

    botocore parses outside of its retries, and its error quotes the response, with the
    secret key and the session token. A response that lacks a required member counts as
    truncated too.
    """
    shape = operation_model.output_shape
    parser = create_parser(operation_model.service_model.resolved_protocol)
    try:
        parsed = parser.parse(response_dict, shape)
        for name in parsed.keys() & shape.members:
            for member in getattr(shape.members[name], "required_members", ()):
                parsed[name][member]
    except Exception:  # noqa: BLE001 - any failure means that it cannot be read
        wrapper = shape.serialization["resultWrapper"]
        response_dict["body"] = f"<Answer><{wrapper}/></Answer>".encode()
