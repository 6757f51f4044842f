"""A client whose service can give any response, over HTTP."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from sagemaker_tuning_emulator import Emulator
from tap_sagemaker_tuning.settings import Settings
from tap_sagemaker_tuning.sync.discovery import discover
from tests.conftest import ACCOUNT, REGION

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tap_sagemaker_tuning.aws.client import Client
    from tap_sagemaker_tuning.aws.operations import Operation


@dataclass(frozen=True)
class Answers:
    """A client and the service behind it.

    Attributes:
        emulator: The service.
        client: The botocore client that parses its responses.
    """

    emulator: Emulator
    client: Client

    def to(self, operation: Operation, *bodies: Any) -> Client:
        """Give these responses to the next calls of an operation."""
        self.emulator.serve(operation.name, [(200, {}, body) for body in bodies])
        return self.client


@pytest.fixture(scope="module")
def answers() -> Iterator[Answers]:
    """One client for all tests of a module, each with its own responses."""
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
