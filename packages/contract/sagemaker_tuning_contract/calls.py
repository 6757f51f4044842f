"""The contract's calls: few, one at a time per scope, recorded as they are."""

from __future__ import annotations

import json
import time
from collections import Counter
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from sagemaker_tuning_contract.exchanges import Exchange
from tap_sagemaker_tuning.aws.error_table import CODES, Kind
from tap_sagemaker_tuning.aws.errors import code, meaning

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tap_sagemaker_tuning.aws.client import Client
    from tap_sagemaker_tuning.aws.operations import Operation

MOST_CALLS = 58
"""The most calls in one scope: 60 with the two to STS for its account and its role."""

MOST_DENIALS = 5
"""Denials of an action before it counts as denied for all names: a policy can allow it
for some names only."""

_MOST_TRIES = 4
_FIRST_PAUSE = 0.5  # seconds, doubled each time
_AGAIN = {Kind.THROTTLED, Kind.OUTAGE}


class SpentError(Exception):
    """The limit of calls is reached."""


class Caller:
    """Makes read-only calls in one scope, and records the answers.

    Attributes:
        exchanges: The calls and their answers, in order.
        problems: By IAM action, why it cannot be called.
        left: The number of calls left.
        region: The scope's region.
    """

    def __init__(self, client: Client, tell: Callable[[int], None]) -> None:
        """Prepare to call.

        Args:
            client: The scope's client; it need not be open.
            tell: Called with the number of calls so far, before each call.
        """
        self.exchanges: list[Exchange] = []
        self.problems: dict[str, str] = {}
        self.left = MOST_CALLS
        self.region = client.scope.region
        self._client = client
        self._tell = tell
        self._apis: dict[str, Any] = {}
        self._closed: set[str] = set()
        self._denials: Counter[str] = Counter()
        self._answer: Mapping[str, Any] | None = None

    def close(self) -> None:
        """Close all connections."""
        for api in self._apis.values():
            api.close()

    def ask(
        self, operation: Operation, region: str | None = None, **request: Any
    ) -> Exchange | None:
        """Make a call.

        Args:
            operation: The operation to call.
            region: The region to call; None for the scope's own region.
            **request: The parameters.

        Returns:
            The exchange, even if the response is an error; None if the call was denied
            or cannot succeed: `problems` says why.

        Raises:
            SpentError: The limit of calls is reached.
        """
        if {operation.service, operation.iam_action} & self._closed:
            return None
        pause = _FIRST_PAUSE
        for attempt in range(_MOST_TRIES):
            error = self._call(operation, region, request)
            if self._answer is None:
                self._give_up(operation, error, operation.service)
                return None
            exchange = self._keep(operation, request)
            kind = meaning(error).kind
            if kind is Kind.DENIED:
                self._deny(operation, error)
                return None
            if kind in {Kind.EXPIRED, Kind.SIGNATURE, Kind.SETTING}:
                self._give_up(operation, error, operation.service)
                return None
            if kind not in _AGAIN:
                return exchange
            if attempt < _MOST_TRIES - 1:
                time.sleep(pause)
                pause *= 2
        self._give_up(operation, error, operation.iam_action)
        return None

    def _call(
        self, operation: Operation, region: str | None, request: dict[str, Any]
    ) -> Exception | None:
        """Make a call once; returns the error that it raised, if any."""
        self._answer = None
        try:
            api = self._api(operation.service, region or self.region)
            method = getattr(api, operation.method)
        except Exception as error:  # noqa: BLE001 - any error is reported
            return error
        if self.left <= 0:
            raise SpentError
        self.left -= 1
        self._tell(MOST_CALLS - self.left)
        try:
            method(**request)
        except Exception as error:  # noqa: BLE001 - any error is reported
            # An answer that botocore cannot parse is an answer, too.
            return error
        return None

    def _api(self, service: str, region: str) -> Any:
        if service not in self._apis:
            api = self._client.connected(service, region)
            api.meta.events.register(f"before-parse.{service}", self._note)
            self._apis[service] = api
        return self._apis[service]

    def _note(self, response_dict: Mapping[str, Any], **_: Any) -> None:
        """Keep an answer as received (a handler of botocore's event)."""
        self._answer = dict(response_dict)

    def _keep(self, operation: Operation, request: dict[str, Any]) -> Exchange:
        found = self._answer or {}
        exchange = Exchange(
            operation.name,
            request,
            found["status_code"],
            _json(found["body"]),
            _date(found["headers"]),
        )
        self.exchanges.append(exchange)
        return exchange

    def _deny(self, operation: Operation, error: Exception | None) -> None:
        """Note a denial, of the whole action or only of the requested name."""
        action = operation.iam_action
        self._denials[action] += 1
        if operation.resource == "*" or self._denials[action] == MOST_DENIALS:
            self._closed.add(action)
        self.problems[action] = _why(error)

    def _give_up(
        self, operation: Operation, error: Exception | None, closed: str
    ) -> None:
        """Note why calls cannot be made, and stop making them."""
        self._closed.add(closed)
        self.problems[operation.iam_action] = _why(error)


def _why(error: Exception | None) -> str:
    """Why a call cannot be made, without the message, which can have names."""
    advice = meaning(error).advice
    said = type(error).__name__
    if isinstance(error, ClientError):
        said = code(error) if code(error) in CODES else "an error"
    return f"{said}. {advice}" if advice else said


def _json(body: Any) -> Any:
    try:
        return json.loads(body)
    except (RecursionError, ValueError):
        return None


def _date(headers: Mapping[str, str]) -> float | None:
    """The `Date` header in seconds since 1970; None if it is missing or malformed."""
    found = next((v for k, v in headers.items() if k.lower() == "date"), None)
    try:
        return parsedate_to_datetime(str(found)).timestamp()
    except (OverflowError, ValueError):
        return None
