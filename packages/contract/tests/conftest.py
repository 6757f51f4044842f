"""A filled account, and a layer in front of its service."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from sagemaker_tuning_contract.recordings import read
from sagemaker_tuning_emulator import Emulator

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
    folder = tmp_path_factory.mktemp("recording")
    assert run(account, "--record", str(folder), "--metrics").exit_code == 0
    (found,) = read(folder)
    return found


@pytest.fixture
def layer(monkeypatch: pytest.MonkeyPatch) -> Iterator[Layer]:
    """The layer in front of the emulator."""
    made = Layer()
    with made.before(monkeypatch):
        yield made


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Make the pauses between attempts take no time."""
    found: list[float] = []
    monkeypatch.setattr("sagemaker_tuning_contract.calls.time.sleep", found.append)
    # What adaptive mode waits before a call after one was throttled.
    acquired = "botocore.retries.bucket.TokenBucket.acquire"
    monkeypatch.setattr(acquired, lambda *_, **__: True)
    return found
