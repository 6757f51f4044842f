"""Which failed calls are retried, and after how long."""

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
    """Decides in place of botocore's own retries, by its public events.

    botocore's retry quota is one bucket for all calls of a client: when several fail
    together it ends long before max_attempts (botocore 1.44: with 8 calls in flight,
    one second of HTTP 500 lost 7). And its delays can be over in seconds; these take
    at least 39 s over ten attempts, 58 s on average: half a minute's outage is
    survived by default.

    Attributes:
        max_attempts: Most tries for one call.
        renews: Whether the credentials renew themselves: each try is signed again, so
            one that was refused as expired is worth another.
    """

    max_attempts: int
    renews: bool = False

    def register(self, events: Any, service: str) -> None:
        """Take over the retries of a client.

        Args:
            events: Its event system: `client.meta.events`.
            service: The name that botocore's events have it by.
        """
        # Before botocore's own handler: the first delay that is given counts.
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
        """Decide how long to wait before the next try.

        Returns:
            The seconds; None if this has no opinion, False if there must be no retry.
        """
        if attempts >= self.max_attempts:
            return None
        means = _meaning(operation.name, response, caught_exception)
        is_renewed = self.renews and means.kind is Kind.EXPIRED
        if not (means.is_retried or is_renewed):
            # botocore's own retries take it for a network error.
            return False if means.kind is Kind.SETTING and not response else None
        return self.pause(attempts)

    def pause(self, attempts: int) -> float:
        """Say how long to wait before the next try.

        Args:
            attempts: How many there were.

        Returns:
            Seconds: at random, up to twice as many each time.
        """
        delay: float = min(_LONGEST_DELAY, 0.15 * 2**attempts)
        return delay * (1 + random.random()) / 2  # noqa: S311 - jitter, not a secret


def _meaning(operation: str, response: Any, error: Exception | None) -> Meaning:
    """What a try of a call came to.

    Args:
        operation: The API's name of it.
        response: botocore's HTTP response and what it parsed of it; None: none came.
        error: Why none came.
    """
    if response is None:
        return meaning(error)
    http, parsed = response
    error_code = parsed.get("Error", {}).get("Code")
    if error_code is None and OPERATIONS[operation].result not in parsed:
        return NO_RESULT
    return meaning_of_answer(error_code or "", http.status_code)


def empty_if_not_text(response_dict: dict[str, Any], **_: Any) -> None:
    """Put an empty answer in place of bytes that are no text (botocore's event).

    botocore decodes outside of its retries: a broken page would end the call.
    """
    try:
        response_dict["body"].decode()
    except UnicodeDecodeError:
        response_dict["body"] = b"{}"


def empty_if_unreadable(
    response_dict: dict[str, Any], operation_model: Any, **_: Any
) -> None:
    """Put an empty answer in place of one of STS's that is cut (botocore's event).

    botocore parses outside of its retries, and what it raises quotes the answer, with
    the secret key and the session token. An answer without a required member is cut
    as well.
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
