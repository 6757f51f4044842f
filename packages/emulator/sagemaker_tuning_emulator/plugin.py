"""Fixtures for pytest, which finds them wherever this package is installed."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from sagemaker_tuning_emulator import Emulator

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def tuning_emulator() -> Iterator[Emulator]:
    """An empty emulator on a port of its own; its clock stands still."""
    with Emulator(start="2026-03-02T09:00:00Z", seed=7) as emulator:
        yield emulator


@pytest.fixture
def emulated_aws(
    tuning_emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> Emulator:
    """The same emulator; clients that the test creates call nothing else."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    for name, value in tuning_emulator.environment().items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("boto3.DEFAULT_SESSION", None)  # it keeps credentials
    return tuning_emulator
