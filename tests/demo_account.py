"""The account of `make demo`, at its two syncs, without its processes."""

from __future__ import annotations

from datetime import timedelta

from sagemaker_tuning_emulator import Emulator
from sagemaker_tuning_emulator.__main__ import populate
from tap_tools.demo.__main__ import LATE, PARENT

ACCOUNT, REGION = "123456789012", "us-east-1"


def at_first_sync() -> Emulator:
    """Return an emulator, not yet running, as the demo's first sync finds it."""
    emulator = Emulator("2026-03-02T09:00:00Z", seed=7)
    scope = emulator.scope(ACCOUNT, REGION)
    populate(scope, tuning_jobs=6, trials=20, parallel=4, seed=7)
    return emulator


def two_hours_later(emulator: Emulator) -> None:
    """Let happen what happens between the demo's two syncs."""
    emulator.clock.move(timedelta(minutes=90))
    scope = emulator.scope(ACCOUNT, REGION)
    scope.plan(LATE, trials=12, parallel=3, parents=(PARENT,))
    emulator.clock.move(timedelta(minutes=30))
