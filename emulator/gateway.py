"""One HTTP request in, one answer out: who calls, what goes wrong, who answers."""

from __future__ import annotations

import contextlib
import copy
import json
import time
import uuid
from collections import defaultdict, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from email.utils import format_datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from emulator import security_tokens as sts
from emulator import service, wire
from emulator.errors import ServiceError
from emulator.faults import Fault, Target
from emulator.homes import Home
from emulator.identities import signed_by
from emulator.security_tokens import Reply

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from emulator import Emulator
    from emulator.identities import Identity

PREFIX = "SageMaker."
PAGE = "<html><head><title>{0}</title></head><body><h1>{0}</h1></body></html>"
LATIN1 = '{"message":"Zugriff nur über den Stellvertreter"}'.encode("latin-1")
Given = tuple[int, "Mapping[str, str]", "bytes | str | Mapping[str, Any]"]
Alteration = Callable[[dict[str, Any]], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One call that was answered.

    Attributes:
        operation: The API's name of it; AssumeRole too.
        account: The caller's account.
        region: The region that it was signed for.
        params: Its parameters as sent.
        status: The HTTP status; 0: the connection was dropped.
        error: The error code, or None.
        at: The emulated instant at which it was answered.
        at_real: When it arrived, by `time.monotonic`, in seconds.
    """

    operation: str
    account: str
    region: str
    params: dict[str, Any]
    status: int
    error: str | None
    at: datetime
    at_real: float


class Dropped(Exception):  # noqa: N818 - not an error: an answer that never comes
    """The connection is to be closed without an answer."""


@dataclass(slots=True)
class Incoming:
    """A request on its way to its answer."""

    operation: str
    home: Home
    identity: Identity
    body: bytes
    headers: Mapping[str, str]
    now: datetime
    params: dict[str, Any] = field(default_factory=dict)
    request_id: str = field(default_factory=lambda: str(uuid.uuid4()))

    @property
    def target(self) -> Target:
        """What faults look at."""
        role = self.params.get("RoleArn") if self.operation == "AssumeRole" else None
        named = self.params.get("HyperParameterTuningJobName")
        return Target(
            self.operation,
            sts.role_account(role) or self.home.account,
            self.home.region,
            named if isinstance(named, str) else None,
            role,
            bool(self.params.get("NextToken")),
        )


class Gateway:
    """Answers requests for an emulator; safe for many threads."""

    def __init__(self, emulator: Emulator) -> None:
        self._emulator = emulator
        self._served: dict[str, deque[Given]] = defaultdict(deque)
        self._alterations: dict[str, Alteration] = {}

    def serve(self, operation: str, responses: Iterable[Given]) -> None:
        """Queue given answers for an operation; each is used once."""
        self._served[operation].extend(responses)

    def alter(self, operation: str, alteration: Alteration | None) -> None:
        """Change the model's answers to an operation; None: no longer."""
        self._alterations.pop(operation, None)
        if alteration is not None:
            self._alterations[operation] = alteration

    def answer(
        self, method: str, path: str, headers: Mapping[str, str], body: bytes
    ) -> Reply:
        """The answer to a request.

        Raises:
            Dropped: There is to be none.
        """
        arrived = time.monotonic()
        signed = signed_by(headers.get("Authorization", ""))
        key, region, of = signed or ("", "us-east-1", "")
        identity = self._emulator.identities.known(key)
        home = Home(identity.account, region)
        target = headers.get("X-Amz-Target", "")
        incoming = Incoming(
            target.removeprefix(PREFIX),
            home,
            identity,
            body,
            headers,
            self._emulator.clock.now,
        )
        if of == "sts":
            incoming.params = dict(sts.form(body))
            incoming.operation = incoming.params.get("Action", "")
            if incoming.operation == "AssumeRole":
                return self._recorded(incoming, arrived, signed=True)
        elif target.startswith(PREFIX) and incoming.operation in service.OPERATIONS:
            return self._recorded(incoming, arrived, signed=signed is not None)
        return sts.moto(method, path, headers, body, identity.account)

    def _recorded(self, incoming: Incoming, arrived: float, *, signed: bool) -> Reply:
        status, code = 0, None
        try:
            reply = self._struck(incoming, signed=signed)
            status, code = reply.status, reply.error
        except ServiceError as error:
            status, code = error.status, error.code
            reply = self._error(incoming, error)
        finally:
            self._emulator.calls.append(
                Call(
                    operation=incoming.operation,
                    account=incoming.home.account,
                    region=incoming.home.region,
                    params=incoming.params,
                    status=status,
                    error=code,
                    at=incoming.now,
                    at_real=arrived,
                )
            )
        return reply

    def _struck(self, incoming: Incoming, *, signed: bool) -> Reply:
        """The answer, unless a fault comes first."""
        if not signed:
            code, message = (
                "MissingAuthenticationTokenException",
                "Missing Authentication Token",
            )
            raise ServiceError(code, message)
        is_role = incoming.operation == "AssumeRole"
        if not is_role:
            incoming.params = _decoded(incoming.body)
        faults = self._emulator.faults.striking(incoming.target)
        time.sleep(sum(fault.seconds for fault in faults if fault.kind == "latency"))
        incoming.now = self._emulator.clock.answering()
        for fault in faults:
            if fault.kind != "latency":
                return self._failed(incoming, fault)
        if incoming.identity.expired:
            raise _expired(incoming)
        with contextlib.suppress(IndexError):
            given = self._served[incoming.operation].popleft()
            return self._given(incoming, given)
        if is_role:
            sts.authorized(incoming.params, incoming.identity, self._emulator.roles)
            return sts.assume(
                incoming.headers,
                incoming.params,
                incoming.identity,
                self._emulator.identities,
                self._emulator.role_seconds,
            )
        return self._modelled(incoming)

    def _modelled(self, incoming: Incoming) -> Reply:
        emulator = self._emulator
        target = incoming.target
        request = service.Request(
            incoming.operation,
            service.checked(incoming.operation, incoming.params),
            emulator.scope(incoming.home.account, incoming.home.region),
            incoming.now,
            emulator.tokens,
            lambda kind: bool(emulator.faults.striking(target, kind)),
        )
        shown = service.answer(request)
        alteration = self._alterations.get(incoming.operation)
        if alteration is not None:
            shown = copy.deepcopy(shown)  # parts of it are the schedule's own
            alteration(shown)
        return self._json(incoming, 200, wire.encode(shown) if shown else "")

    def _failed(self, incoming: Incoming, fault: Fault) -> Reply:
        """A fault's own answer."""
        match fault.kind:
            case "html":
                return self._page(incoming, fault, 200, "Sign in to the web proxy")
            case "gateway":
                told = f"{fault.status} {HTTPStatus(fault.status).phrase}"
                return self._page(incoming, fault, fault.status, told)
            case "latin1":
                headers = self._headers(incoming)
                date = fault.date or headers["Date"]
                return Reply(200, {**headers, "Date": date}, LATIN1)
            case "drop":
                raise Dropped
            case "throttle":
                is_role = incoming.operation == "AssumeRole"
                code = "Throttling" if is_role else "ThrottlingException"
                raise ServiceError(code, "Rate exceeded")
            case "deny":
                raise _denied(incoming)
            case "region_disabled":
                code = "UnrecognizedClientException"
                message = "The security token included in the request is invalid."
                raise ServiceError(code, message)
            case "expired":
                raise _expired(incoming)
            case _:
                raise ServiceError(fault.code, fault.message, fault.status)

    def _page(self, incoming: Incoming, fault: Fault, status: int, title: str) -> Reply:
        """An HTML page from someone between the caller and the service."""
        date = fault.date or self._headers(incoming)["Date"]
        headers = {"Content-Type": "text/html; charset=utf-8", "Date": date}
        return Reply(status, headers, PAGE.format(title).encode())

    def _given(self, incoming: Incoming, given: Given) -> Reply:
        status, headers, body = given
        if not isinstance(body, bytes):
            text = body if isinstance(body, str) else wire.encode(dict(body))
            body = text.encode()
        return Reply(status, {**self._headers(incoming), **headers}, body)

    def _error(self, incoming: Incoming, error: ServiceError) -> Reply:
        if incoming.operation == "AssumeRole":
            return sts.error_reply(error, incoming.request_id)
        body = wire.error_body(error.code, error.message)
        return self._json(incoming, error.status, body)

    def _json(self, incoming: Incoming, status: int, body: str) -> Reply:
        return Reply(status, self._headers(incoming), body.encode())

    def _headers(self, incoming: Incoming) -> dict[str, str]:
        return {
            "x-amzn-RequestId": incoming.request_id,
            "Content-Type": wire.CONTENT_TYPE,
            "Date": format_datetime(incoming.now, usegmt=True),
        }


def _decoded(body: bytes) -> dict[str, Any]:
    try:
        decoded = json.loads(body or b"{}")
    except ValueError:
        decoded = None
    if not isinstance(decoded, dict):
        code = "SerializationException"
        raise ServiceError(code, "")
    return decoded


def _expired(incoming: Incoming) -> ServiceError:
    is_role = incoming.operation == "AssumeRole"
    code = "ExpiredToken" if is_role else "ExpiredTokenException"
    return ServiceError(code, "The security token included in the request is expired")


def _denied(incoming: Incoming) -> ServiceError:
    """AWS's sentence for a call that no policy allows."""
    if incoming.operation == "AssumeRole":
        return sts.denied(incoming.identity, incoming.params.get("RoleArn", ""))
    trial = incoming.params.get("TrainingJobName")
    kind = "training-job" if trial else "hyper-parameter-tuning-job"
    name = trial or incoming.params.get("HyperParameterTuningJobName", "*")
    resource = incoming.home.arn(kind, str(name).lower())
    action = f"sagemaker:{incoming.operation}"
    caller = incoming.identity.arn.split(":", 2)[2]
    return ServiceError(
        "AccessDeniedException",
        f"User: arn:{incoming.home.partition}:{caller} is not authorized to perform: "
        f"{action} on resource: {resource} because no identity-based policy allows "
        f"the {action} action",
    )
