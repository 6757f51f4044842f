"""SageMaker's hyperparameter tuning operations over HTTP, for tests and demos.

    with Emulator(start="2026-03-02T09:00:00Z", seed=7) as emulator:
        scope = emulator.scope("123456789012", "us-east-1")
        scope.plan("churn-xgb", trials=45, parallel=5)
        emulator.clock.move(seconds=3600)
        client = boto3.client("sagemaker", endpoint_url=emulator.url)

Tuning jobs are schedules and the emulator has its own clock, so every answer can be
predicted exactly. It implements the tuning operations, the price list, organizations
and CloudWatch's GetMetricData; moto answers STS and all other calls.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from sagemaker_tuning_emulator import admin
from sagemaker_tuning_emulator.clock import Clock
from sagemaker_tuning_emulator.definitions import Definition
from sagemaker_tuning_emulator.faults import Fault
from sagemaker_tuning_emulator.gateway import Gateway, Given
from sagemaker_tuning_emulator.homes import Home
from sagemaker_tuning_emulator.incoming import Call
from sagemaker_tuning_emulator.index import Index
from sagemaker_tuning_emulator.jobs import Trial, TuningJob
from sagemaker_tuning_emulator.organization import Organization
from sagemaker_tuning_emulator.plan import Chances, Plan
from sagemaker_tuning_emulator.price_list import Price
from sagemaker_tuning_emulator.scopes import Scope
from sagemaker_tuning_emulator.server import Server
from sagemaker_tuning_emulator.world import World

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from sagemaker_tuning_emulator.gateway import Alteration
    from sagemaker_tuning_emulator.security_tokens import Reply

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


class Emulator(World):
    """SageMaker tuning on a local port; a context manager.

    It has all attributes of `World`.

    Args:
        start: Start time of its clock; None for the current time.
        rate: Emulated seconds per real second; 0 stops the clock.
        seed: Seed of the schedules; the same seed creates the same schedules.
        port: Port to listen on; 0 for a free one.
    """

    def __init__(
        self,
        start: datetime | str | None = None,
        *,
        rate: float = 0.0,
        seed: int = 0,
        port: int = 0,
    ) -> None:
        super().__init__(start, rate=rate, seed=seed)
        self._port = port
        self._gateway = Gateway(self)
        self._server: Server | None = None

    def __enter__(self) -> Self:
        """Start listening."""
        return self.start()

    def __exit__(self, *_: object) -> None:
        """Stop listening."""
        self.stop()

    def start(self) -> Self:
        """Start listening in background threads."""
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
        """The endpoint URL for SageMaker, STS, CloudWatch and all other services.

        Raises:
            RuntimeError: The emulator is not running.
        """
        if self._server is None:
            message = "the emulator is not running"
            raise RuntimeError(message)
        return self._server.url

    def serve(self, operation: str, responses: Iterable[Given]) -> None:
        """Queue responses that replace the emulator's own, once each.

        Active faults still take precedence.

        Args:
            operation: The API's name of the operation, or AssumeRole.
            responses: Status, headers and body of each response. A body of bytes or
                text is sent unchanged, a dict as the service's JSON.
        """
        self._gateway.serve(operation, responses)

    def alter(self, operation: str, alteration: Alteration | None) -> None:
        """Modify the emulator's answers before they are encoded as JSON.

        Args:
            operation: The API's name of the operation.
            alteration: Called with the members of each answer, to change them in place;
                None is sent as null. Pass None instead to stop modifying.
        """
        self._gateway.alter(operation, alteration)

    def credentials(self, account: str = "123456789012") -> dict[str, str]:
        """Return environment variables with an access key for an account."""
        return self.identities.credentials(account)

    def environment(
        self, account: str = "123456789012", region: str = "us-east-1"
    ) -> dict[str, str]:
        """Return all variables that make an AWS SDK use only this emulator."""
        return self.identities.environment(account, region, self.url)

    def _answer(
        self, method: str, path: str, headers: Mapping[str, str], body: bytes
    ) -> Reply:
        if path.startswith(admin.PREFIX):
            return admin.answer(self, self.url, method, path, body)
        return self._gateway.answer(method, path, headers, body)
