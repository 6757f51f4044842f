"""Answers each HTTP request: finds its caller, its faults and its handler."""

from __future__ import annotations

import contextlib
import copy
import json
import time
from collections import defaultdict, deque
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from sagemaker_tuning_emulator import replies, service, wire
from sagemaker_tuning_emulator import security_tokens as sts
from sagemaker_tuning_emulator.errors import ServiceError
from sagemaker_tuning_emulator.homes import Home
from sagemaker_tuning_emulator.identities import signed_by
from sagemaker_tuning_emulator.incoming import Call, Incoming
from sagemaker_tuning_emulator.request import Request
from sagemaker_tuning_emulator.security_tokens import Reply

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from sagemaker_tuning_emulator.world import World

Given = tuple[int, "Mapping[str, str]", "bytes | str | Mapping[str, Any]"]
Alteration = Callable[[dict[str, Any]], None]


class Gateway:
    """Answers requests for an emulator; thread-safe."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._served: dict[str, deque[Given]] = defaultdict(deque)
        self._alterations: dict[str, Alteration] = {}

    def serve(self, operation: str, responses: Iterable[Given]) -> None:
        """Queue responses for an operation; each is used once."""
        self._served[operation].extend(responses)

    def alter(self, operation: str, alteration: Alteration | None) -> None:
        """Modify the emulator's answers to an operation; None stops it."""
        self._alterations.pop(operation, None)
        if alteration is not None:
            self._alterations[operation] = alteration

    def answer(
        self, method: str, path: str, headers: Mapping[str, str], body: bytes
    ) -> Reply:
        """Answer a request.

        Raises:
            Dropped: The connection is to be closed without an answer.
        """
        arrived = time.monotonic()
        signed = signed_by(headers.get("Authorization", ""))
        key, region, of = signed or ("", "us-east-1", "")
        identity = self._world.identities.known(key)
        home = Home(identity.account, region)
        target = headers.get("X-Amz-Target", "")
        incoming = Incoming(
            service.named(target) or (service.PATHS.get(path, "") if of else ""),
            home,
            identity,
            body,
            headers,
            self._world.clock.now,
        )
        if of == "sts":
            incoming.params = dict(sts.form(body))
            incoming.operation = incoming.params.get("Action", "")
            if incoming.operation == "AssumeRole":
                return self._recorded(incoming, arrived, signed=True)
            if incoming.operation == "GetCallerIdentity":
                return self._replied(incoming, signed=True)
        elif incoming.operation:
            return self._recorded(incoming, arrived, signed=signed is not None)
        return sts.moto(method, path, headers, body, identity.account)

    def _recorded(self, incoming: Incoming, arrived: float, *, signed: bool) -> Reply:
        status, code = 0, None
        try:
            reply = self._replied(incoming, signed=signed)
            status, code = reply.status, reply.error
        finally:
            self._world.calls.append(
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

    def _replied(self, incoming: Incoming, *, signed: bool) -> Reply:
        """Return the answer, or the error in the protocol of its service."""
        try:
            return self._struck(incoming, signed=signed)
        except ServiceError as error:
            reply = replies.of_error(incoming, error)
            return replace(reply, error=error.code)

    def _struck(self, incoming: Incoming, *, signed: bool) -> Reply:
        """Return the answer, unless a fault takes precedence."""
        if not signed:
            code, message = (
                "MissingAuthenticationTokenException",
                "Missing Authentication Token",
            )
            raise ServiceError(code, message)
        if incoming.operation not in sts.OPERATIONS:
            incoming.params = _decoded(incoming.body)
        faults = self._world.faults.striking(incoming.target)
        time.sleep(sum(fault.seconds for fault in faults if fault.kind == "latency"))
        if incoming.operation != "GetCallerIdentity":  # does not tick
            incoming.now = self._world.clock.answering()
        for fault in faults:
            if fault.kind != "latency":
                return replies.of_fault(incoming, fault)
        if incoming.identity.expired:
            raise replies.expired(incoming)
        with contextlib.suppress(IndexError):
            given = self._served[incoming.operation].popleft()
            return self._given(incoming, given)
        if incoming.operation in sts.OPERATIONS:
            return self._of_sts(incoming)
        return self._modelled(incoming)

    def _of_sts(self, incoming: Incoming) -> Reply:
        identity = incoming.identity
        if incoming.operation != "AssumeRole":
            body, account = incoming.body, identity.account
            return sts.moto("POST", "/", incoming.headers, body, account)
        sts.authorized(incoming.params, identity, self._world.roles)
        return sts.assume(
            incoming.headers,
            incoming.params,
            identity,
            self._world.identities,
            self._world.role_seconds,
        )

    def _modelled(self, incoming: Incoming) -> Reply:
        world = self._world
        target = incoming.target
        request = Request(
            operation=incoming.operation,
            params=service.checked(incoming.operation, incoming.params),
            scope=world.scope(incoming.home.account, incoming.home.region),
            prices=world.prices,
            organization=world.organization,
            now=incoming.now,
            tokens=world.tokens,
            page_fault=lambda kind: bool(world.faults.striking(target, kind)),
            metric_fault=lambda kind, metric, trial: bool(
                world.faults.striking(
                    replace(target, metric=metric, training_job=trial), kind
                )
            ),
        )
        shown = service.answer(request)
        alteration = self._alterations.get(incoming.operation)
        if alteration is not None:
            shown = copy.deepcopy(shown)  # it shares parts with the schedule
            alteration(shown)
        return replies.of_json(incoming, 200, wire.encode(shown) if shown else "")

    def _given(self, incoming: Incoming, given: Given) -> Reply:
        status, headers, body = given
        if not isinstance(body, bytes):
            text = body if isinstance(body, str) else wire.encode(dict(body))
            body = text.encode()
        return Reply(status, {**replies.headers(incoming), **headers}, body)


def _decoded(body: bytes) -> dict[str, Any]:
    try:
        decoded = json.loads(body or b"{}")
    except ValueError:
        decoded = None
    if not isinstance(decoded, dict):
        code = "SerializationException"
        raise ServiceError(code, "")
    return decoded
