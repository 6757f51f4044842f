"""An account that shows nearly every fact, and a layer that breaks them."""

from __future__ import annotations

import copy
import json
import threading
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from click.testing import CliRunner

from sagemaker_tuning_contract.command import main
from sagemaker_tuning_contract.exchanges import Recording
from sagemaker_tuning_emulator import Chances, Definition
from sagemaker_tuning_emulator.gateway import Gateway

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import pytest
    from click.testing import Result

    from sagemaker_tuning_emulator import Emulator
    from sagemaker_tuning_emulator.security_tokens import Reply

Item = dict[str, Any]
Change = Callable[[Item, int, Item], Any]
"""Receives request, status and response; modifies the response, or returns a new status
and response."""

NO_CHANCE = Chances(
    failed=0.0, stopped_early=0.0, stopped_without=0.0, never_started=0.0
)


def fill(emulator: Emulator) -> None:
    """Give an account tuning jobs of many kinds, at 9 o'clock on 2026-03-02."""
    scope = emulator.scope()
    luck = Chances(failed=0.2, stopped_early=0.2, non_finite=0.1)
    scope.plan("churn-XGB", trials=40, parallel=8, created="2026-02-27T07:00:00Z")
    ties = {"gap_seconds": (0.0, 0.0), "parallel": 9, "trials": 18}
    scope.plan("ties", created="2026-02-28T07:00:00Z", chances=luck, **ties)
    scope.plan(
        "alive",
        trials=30,
        parallel=3,
        created="2026-03-02T08:00:00Z",
        parents=("churn-XGB",),
    )
    scope.plan(
        "two-kinds",
        trials=8,
        parallel=4,
        created="2026-03-01T07:00:00Z",
        definitions=(
            Definition(definition_name="one", spot=True),
            Definition(definition_name="other", instance_count=2),
        ),
    )
    unlucky = Chances(failed=1.0, stopped_early=0.0, never_started=0.0)
    scope.plan("failed", trials=3, created="2026-03-01T01:00:00Z", chances=unlucky)
    scope.plan("churn-xgb-2", trials=4, created="2026-01-20T07:00:00Z")
    scope.plan("old", trials=4, created="2025-09-20T07:00:00Z", chances=NO_CHANCE)
    many = {f"many-{n:02d}": f"2026-02-{n + 1:02d}T10:00:00Z" for n in range(12)}
    for name, created in many.items():
        scope.plan(name, trials=2, created=created)


def run(emulator: Emulator, *options: str) -> Result:
    """Run the command against an emulator."""
    environment = emulator.environment()
    return CliRunner().invoke(main, list(options), env=environment)


def numbers(result: Result, word: str) -> set[int]:
    """The numbers of the facts with this verdict in the report."""
    return {
        int(line[:4])
        for line in result.stdout.splitlines()
        if line[:4].strip().isdigit() and line[4:].strip().startswith(word)
    }


def changed(
    change: Change, request: Item, status: int, answer: Item
) -> tuple[int, Item]:
    """The response after a change."""
    made = change(request, status, answer)
    return made if isinstance(made, tuple) else (status, answer)


def altered(recording: Recording, changes: Mapping[str, Change]) -> Recording:
    """The recording that a service with these changes would have given."""
    exchanges = copy.deepcopy(recording.exchanges)
    made = [
        changed(
            changes[exchange.operation],
            exchange.request,
            exchange.status,
            exchange.answer,
        )
        if exchange.operation in changes
        else (exchange.status, exchange.answer)
        for exchange in exchanges
    ]
    return Recording(
        [
            replace(exchange, status=status, answer=answer)
            for exchange, (status, answer) in zip(exchanges, made, strict=True)
        ]
    )


class Layer:
    """Sits in front of an emulator and changes its responses.

    Attributes:
        changes: The change of each operation's responses: it receives the request, the
            HTTP status and the response, which it modifies in place or replaces.
        requests: The operation and parameters of each request, in order.
        headers: Headers that replace the emulator's.
        most_at_once: The largest number of calls in flight at a time.
    """

    def __init__(self) -> None:
        self.changes: dict[str, Change] = {}
        self.requests: list[tuple[str, Item]] = []
        self.headers: dict[str, str] = {}
        self.most_at_once = 0
        self._at_once = 0
        self._lock = threading.Lock()

    @contextmanager
    def _counted(self) -> Iterator[None]:
        """Count a call in flight."""
        with self._lock:
            self._at_once += 1
            self.most_at_once = max(self.most_at_once, self._at_once)
        yield
        with self._lock:
            self._at_once -= 1

    @contextmanager
    def before(self, patch: pytest.MonkeyPatch) -> Iterator[None]:
        """Put the layer in front of all emulators of this process."""
        original = Gateway.answer

        def answer(
            gateway: Gateway,
            method: str,
            path: str,
            headers: Mapping[str, str],
            body: bytes,
        ) -> Reply:
            with self._counted():
                reply = original(gateway, method, path, headers, body)
            operation = headers.get("X-Amz-Target", "").rpartition(".")[2]
            if not operation:
                return reply
            request = json.loads(body or b"{}")
            self.requests.append((operation, request))
            change = self.changes.get(operation)
            sent = {**reply.headers, **self.headers}
            if change is None:
                return replace(reply, headers=sent)
            status, changed_answer = changed(
                change, request, reply.status, json.loads(reply.body)
            )
            text = json.dumps(changed_answer).encode()
            return replace(reply, status=status, headers=sent, body=text)

        with patch.context() as patched:
            patched.setattr(Gateway, "answer", answer)
            yield
