"""A client to which any answer can be given, over HTTP."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from emulator import Emulator
from tap_sagemaker_tuning.settings import Settings
from tap_sagemaker_tuning.sync.discovery import discover
from tests.conftest import ACCOUNT, REGION

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tap_sagemaker_tuning.aws.client import Client
    from tap_sagemaker_tuning.aws.operations import Operation


@dataclass(frozen=True)
class Answers:
    """A client, and the service that it reaches.

    Attributes:
        emulator: The service.
        client: What botocore reads its answers with.
    """

    emulator: Emulator
    client: Client

    def to(self, operation: Operation, *bodies: Any) -> Client:
        """Give these answers to the next calls of an operation."""
        self.emulator.serve(operation.name, [(200, {}, body) for body in bodies])
        return self.client


@pytest.fixture(scope="module")
def answers() -> Iterator[Answers]:
    """One for all tests of a module: each gives its own answers."""
    with (
        Emulator(start="2026-03-02T09:00:00Z", seed=7) as emulator,
        pytest.MonkeyPatch.context() as patch,
    ):
        for name, value in emulator.environment(ACCOUNT, REGION).items():
            patch.setenv(name, value)
        settings = Settings(max_attempts=1, concurrency=1)
        (client,) = discover(settings, lambda: None).clients
        client.open()
        yield Answers(emulator, client)
        client.close()
