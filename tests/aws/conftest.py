"""Access to the emulator for tests that call it through the package's own clients."""

from __future__ import annotations

import os
import time
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from tap_sagemaker_tuning.settings import Settings
from tap_sagemaker_tuning.sync.discovery import discover
from tests.conftest import ACCOUNT, REGION

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sagemaker_tuning_emulator import Emulator
    from tap_sagemaker_tuning.aws.client import Client

    Open = Callable[..., list[Client]]

CONFIG = {"page_size": 10, "max_attempts": 3, "concurrency": 4}


@pytest.fixture
def environment(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    """An environment without AWS settings except those for the emulator."""
    own = [name for name in os.environ if name.startswith("AWS_")]
    for name in own:
        monkeypatch.delenv(name)
    for name, value in emulator.environment(ACCOUNT, REGION).items():
        monkeypatch.setenv(name, value)


@pytest.fixture
def connect(environment: None) -> Iterator[Open]:  # noqa: ARG001 - it sets variables
    """Opens the clients of a configuration, and closes them at the end."""
    opened: list[Client] = []

    def open_(**config: Any) -> list[Client]:
        discovered = discover(Settings.of({**CONFIG, **config}), lambda: None)
        for failure in discovered.failures:
            raise failure.error
        for client in discovered.clients:
            client.open()
        opened.extend(discovered.clients)
        return discovered.clients

    yield open_
    for client in opened:
        client.close()


@pytest.fixture
def client(connect: Open) -> Client:
    """The client of the caller's own account, with ten items per page."""
    (only,) = connect()
    return only


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The seconds that retries would have waited; they do not wait."""
    seconds: list[float] = []
    clock = SimpleNamespace(sleep=seconds.append, time=time.time)
    monkeypatch.setattr("botocore.endpoint.time", clock)
    # What adaptive mode waits before a call after one was throttled.
    acquired = "botocore.retries.bucket.TokenBucket.acquire"
    monkeypatch.setattr(acquired, lambda *_, **__: True)
    return seconds
