"""A filled account, and a layer in front of its service."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from sagemaker_tuning_contract.calls import Caller
from sagemaker_tuning_contract.recordings import read
from sagemaker_tuning_contract.survey import survey
from sagemaker_tuning_emulator import Emulator
from tap_sagemaker_tuning.settings import Settings
from tap_sagemaker_tuning.sync.discovery import discover

from .world import Layer, fill, run

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sagemaker_tuning_contract.exchanges import Recording


@pytest.fixture(scope="session")
def account() -> Iterator[Emulator]:
    """An account with tuning jobs of many kinds, only for reading."""
    with Emulator(start="2026-03-02T09:00:00Z", seed=7) as running:
        fill(running)
        yield running


@pytest.fixture(scope="session")
def recording(account: Emulator, tmp_path_factory: pytest.TempPathFactory) -> Recording:
    """What the command recorded of that account."""
    folder = tmp_path_factory.mktemp("recording") / "new"
    assert run(account, "--record", str(folder), "--metrics").exit_code == 0
    (only,) = read(folder)
    return only


@pytest.fixture(scope="session")
def surveyed(account: Emulator) -> Iterator[Caller]:
    """The calls that the command makes in that account."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in account.environment().items():
            patch.setenv(name, value)
        settings = Settings(max_attempts=1)
        (client,) = discover(settings, lambda: None).clients
        caller = Caller(client, lambda _: None)
        survey(caller, settings, client.partition)
        caller.close()
        yield caller


@pytest.fixture
def layer(monkeypatch: pytest.MonkeyPatch) -> Iterator[Layer]:
    """The layer in front of the emulator."""
    made = Layer()
    with made.before(monkeypatch):
        yield made


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Make the pauses between attempts take no time."""
    seconds: list[float] = []
    monkeypatch.setattr("botocore.endpoint.time.sleep", seconds.append)
    # What adaptive mode waits before a call after one was throttled.
    acquired = "botocore.retries.bucket.TokenBucket.acquire"
    monkeypatch.setattr(acquired, lambda *_, **__: True)
    return seconds
