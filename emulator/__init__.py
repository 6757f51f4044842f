"""SageMaker's hyperparameter tuning operations over HTTP, for tests and demos.

    with Emulator(start="2026-03-02T09:00:00Z", seed=7) as emulator:
        scope = emulator.scope("123456789012", "us-east-1")
        scope.plan("churn-xgb", trials=45, parallel=5)
        emulator.clock.move(seconds=3600)
        client = boto3.client("sagemaker", endpoint_url=emulator.url)

Tuning jobs are schedules and time is the emulator's own, so what is shown can be
foretold exactly. Its own are the tuning operations, the price list, organizations and
CloudWatch's GetMetricData; STS and all other calls are moto's.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any, Self

from emulator import admin, price_list
from emulator.clock import Clock
from emulator.definitions import Definition
from emulator.faults import Fault, Faults
from emulator.gateway import Gateway, Given
from emulator.homes import Home
from emulator.identities import Identities
from emulator.incoming import Call
from emulator.index import Index
from emulator.jobs import Trial, TuningJob
from emulator.organization import Organization
from emulator.paging import Tokens
from emulator.plan import Chances, Plan
from emulator.price_list import Price
from emulator.scopes import Scope
from emulator.server import Server

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from emulator.gateway import Alteration
    from emulator.security_tokens import Reply

__all__ = [
    "Call",
    "Chances",
    "Clock",
    "Definition",
    "Emulator",
    "Fault",
    "Home",
    "Index",
    "Organization",
    "Plan",
    "Price",
    "Scope",
    "Trial",
    "TuningJob",
]


class Emulator:
    """SageMaker tuning on a local port; a context manager.

    Args:
        start: Where its clock starts; None: at the real time.
        rate: Emulated seconds a real second; 0: the clock stands still.
        seed: The same seed gives the same schedules.
        port: The port; 0: a free one.

    Attributes:
        clock: Its clock; the `Date` header of its answers shows it. With `clock.tick`
            time passes from call to call.
        calls: Every tuning operation and AssumeRole so far, in the order answered.
        faults: What goes wrong at present.
        tokens: Its NextTokens; `tokens.seconds` makes them expire, `tokens.offsets`
            makes them numbers of rows.
        prices: What its price list has, decoys among it; to be changed at will.
        roles: Role ARN to the external id without which it cannot be assumed.
        role_seconds: Lifetime, in real seconds, of the credentials of an assumed
            role; None: as the caller asks.
        organization: The organization that it lists; without accounts there is none.
        identities: Whose the access keys are.
    """

    def __init__(
        self,
        start: datetime | str | None = None,
        *,
        rate: float = 0.0,
        seed: int = 0,
        port: int = 0,
    ) -> None:
        self.clock = Clock(start, rate)
        self.calls: list[Call] = []
        self.faults = Faults()
        self.tokens = Tokens(f"emulator {seed}".encode())
        self.prices = price_list.usual()
        self.roles: dict[str, str | None] = {}
        self.role_seconds: int | None = None
        self.organization = Organization()
        self.identities = Identities()
        self._seed = seed
        self._port = port
        self._gateway = Gateway(self)
        self._scopes: dict[Home, Scope] = {}
        self._lock = threading.Lock()
        self._server: Server | None = None

    def __enter__(self) -> Self:
        """Start to listen."""
        return self.start()

    def __exit__(self, *_: object) -> None:
        """Stop listening."""
        self.stop()

    def start(self) -> Self:
        """Listen, in threads of its own."""
        self._server = Server(self._answer, self._port)
        self._server.start()
        return self

    def stop(self) -> None:
        """Close the port and all connections."""
        if self._server is not None:
            self._server.stop()
            self._server = None

    @property
    def url(self) -> str:
        """Its endpoint, for SageMaker, STS, CloudWatch and all else."""
        if self._server is None:
            message = "the emulator is not running"
            raise RuntimeError(message)
        return self._server.url

    def scope(self, account: str = "123456789012", region: str = "us-east-1") -> Scope:
        """One account in one region; made when first asked for."""
        home = Home(account, region)
        with self._lock:
            if home not in self._scopes:
                self._scopes[home] = Scope(home, self.clock, self._seed)
            return self._scopes[home]

    def scopes(self) -> list[Scope]:
        """All scopes that anyone has asked for."""
        with self._lock:
            return list(self._scopes.values())

    def truth(self) -> dict[str, Any]:
        """The truth of every scope, under `ACCOUNT/REGION`; see `Scope.truth`."""
        return {
            f"{scope.home.account}/{scope.home.region}": scope.truth()
            for scope in self.scopes()
        }

    def details(self) -> dict[str, Any]:
        """The details in every scope, under `ACCOUNT/REGION`; see `Scope.details`.

        With `prices`: what an hour of training costs in the scope's region.
        """
        return {
            f"{scope.home.account}/{scope.home.region}": {
                **scope.details(),
                "prices": price_list.truth(self.prices, scope.home.region),
            }
            for scope in self.scopes()
        }

    def metrics(self) -> dict[str, Any]:
        """The metrics over time, under `ACCOUNT/REGION`; see `Scope.metrics`."""
        return {
            f"{scope.home.account}/{scope.home.region}": scope.metrics()
            for scope in self.scopes()
        }

    def serve(self, operation: str, responses: Iterable[Given]) -> None:
        """Give answers of one's own, before the model's.

        Args:
            operation: The API's name of the operation, or AssumeRole.
            responses: Status, headers and body of each: bytes or text as they are,
                a dict in the service's JSON. Each is used once; faults come first.
        """
        self._gateway.serve(operation, responses)

    def alter(self, operation: str, alteration: Alteration | None) -> None:
        """Change the answers that the model gives, before they are written as JSON.

        Args:
            operation: The API's name of the operation.
            alteration: Gets each answer's members, and changes them in place: what
                it sets to None is sent as null. None: answers are as they were.
        """
        self._gateway.alter(operation, alteration)

    def credentials(self, account: str = "123456789012") -> dict[str, str]:
        """Environment variables with a key of an account."""
        return self.identities.credentials(account)

    def environment(
        self, account: str = "123456789012", region: str = "us-east-1"
    ) -> dict[str, str]:
        """All variables that lead an AWS SDK here and nowhere else."""
        return self.identities.environment(account, region, self.url)

    def _answer(
        self, method: str, path: str, headers: Mapping[str, str], body: bytes
    ) -> Reply:
        if path.startswith(admin.PREFIX):
            return admin.answer(self, method, path, body)
        return self._gateway.answer(method, path, headers, body)
