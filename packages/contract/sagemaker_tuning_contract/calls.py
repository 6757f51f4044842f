"""The contract's calls, made by the tap's clients: few, and recorded as they are."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from email.utils import parsedate_to_datetime
from itertools import islice
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from sagemaker_tuning_contract.exchanges import Exchange
from tap_sagemaker_tuning.aws.error_table import CODES, Kind
from tap_sagemaker_tuning.aws.errors import code, meaning
from tap_sagemaker_tuning.aws.pages import checked

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sagemaker_tuning_contract.fact import Calls
    from tap_sagemaker_tuning.aws.client import Client
    from tap_sagemaker_tuning.aws.operations import Operation

MOST_CALLS = 58
"""The most calls in one scope: 60 with the two to STS for its account and its role."""

MOST_ATTEMPTS = 5
"""The attempts of a call that is throttled or fails; each one counts."""

MOST_DENIALS = 5
"""Denials of an action before it counts as denied for all names: a policy can allow it
for some names only."""

_UNUSABLE = {Kind.EXPIRED, Kind.SIGNATURE, Kind.SETTING}
_UNAVAILABLE = {Kind.THROTTLED, Kind.OUTAGE}


class SpentError(Exception):
    """The limit of calls is reached."""


class Caller:
    """Makes read-only calls in one scope, and records the answers.

    Attributes:
        exchanges: The calls and their answers, in order, failed attempts included.
        made: These exchanges by what they were made for.
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
        self.made: defaultdict[Calls, list[Exchange]] = defaultdict(list)
        self.problems: dict[str, str] = {}
        self.left = MOST_CALLS
        self.region = client.scope.region
        self._client = client
        self._tell = tell
        self._apis: dict[str, Any] = {}
        self._closed: set[str] = set()
        self._denials: Counter[str] = Counter()
        self._request: dict[str, Any] = {}

    def close(self) -> None:
        """Close all connections."""
        for api in self._apis.values():
            api.close()

    def ask(
        self, purpose: Calls, operation: Operation, **request: Any
    ) -> Exchange | None:
        """Make a call.

        Args:
            purpose: What it is made for.
            operation: The operation to call.
            **request: The parameters.

        Returns:
            The exchange, even if the response is an error; None if the call was denied
            or cannot succeed: `problems` says why.

        Raises:
            SpentError: The limit of calls is reached.
        """
        answers = self._recorded(
            purpose, operation, lambda api: getattr(api, operation.method)(**request)
        )
        return answers[-1] if answers else None

    def pages(
        self,
        purpose: Calls,
        operation: Operation,
        most: int,
        size: int | None,
        *,
        region: str | None = None,
        **request: Any,
    ) -> list[Exchange]:
        """List the first pages, as the tap does.

        Args:
            purpose: What they are listed for.
            operation: The operation to call.
            most: The most pages.
            size: The items per page; None leaves that to the service.
            region: The region to call; None for the scope's own region.
            **request: The parameters of the first page, without MaxResults.

        Returns:
            The exchanges of these pages.

        Raises:
            SpentError: The limit of calls is reached.
        """

        def listed(api: Any) -> None:
            pages = api.get_paginator(operation.method).paginate(
                PaginationConfig={"PageSize": size}, **request
            )
            for _ in islice(checked(operation, pages, self._client.scope), most):
                pass

        pages = self._recorded(purpose, operation, listed, region)
        return [page for page in pages if page.is_fine]

    def _recorded(
        self,
        purpose: Calls,
        operation: Operation,
        call: Callable[[Any], object],
        region: str | None = None,
    ) -> list[Exchange]:
        """Make calls of an operation, and return their exchanges.

        Empty if the operation cannot be called.
        """
        if {operation.service, operation.iam_action} & self._closed:
            return []
        before, error = len(self.exchanges), None
        try:
            call(self._api(operation.service, region or self.region))
        except SpentError:
            raise
        except Exception as caught:  # noqa: BLE001 - any error is reported
            # A response that botocore or the tap cannot read is a response, too.
            error = caught
        finally:
            made = self.exchanges[before:]
            self.made[purpose] += made
        kind = meaning(error).kind
        if not made or kind in _UNUSABLE:
            self._close(operation, error, operation.service)
        elif kind in _UNAVAILABLE:
            self._close(operation, error, operation.iam_action)
        elif kind is Kind.DENIED:
            self._deny(operation, error)
        else:
            return made
        return []

    def _api(self, service: str, region: str) -> Any:
        """Return the tap's boto3 client of a service, whose calls are recorded."""
        if service not in self._apis:
            api = self._client.connected(service, region)
            events = api.meta.events
            events.register(f"provide-client-params.{service}", self._note)
            events.register(f"before-send.{service}", self._spend)
            events.register(f"before-parse.{service}", self._keep)
            self._apis[service] = api
        return self._apis[service]

    def _note(self, params: Mapping[str, Any], **_: Any) -> None:
        """Note a call's parameters (a handler of botocore's event)."""
        self._request = dict(params)

    def _spend(self, **_: Any) -> None:
        """Count an attempt (a handler of botocore's event)."""
        if self.left <= 0:
            raise SpentError
        self.left -= 1
        self._tell(MOST_CALLS - self.left)

    def _keep(
        self, operation_model: Any, response_dict: Mapping[str, Any], **_: Any
    ) -> None:
        """Keep a response as received (a handler of botocore's event)."""
        self.exchanges.append(
            Exchange(
                operation_model.name,
                self._request,
                response_dict["status_code"],
                _json(response_dict["body"]),
                _date(response_dict["headers"]),
            )
        )

    def _deny(self, operation: Operation, error: Exception | None) -> None:
        """Note a denial, of the whole action or only of the requested name."""
        action = operation.iam_action
        self._denials[action] += 1
        if operation.resource == "*" or self._denials[action] == MOST_DENIALS:
            self._closed.add(action)
        self.problems[action] = _why(error)

    def _close(
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
    date = next((v for k, v in headers.items() if k.lower() == "date"), None)
    try:
        return parsedate_to_datetime(str(date)).timestamp()
    except (OverflowError, ValueError):
        return None
