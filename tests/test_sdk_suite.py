"""The SDK's own test suite for taps, once, with all streams and the emulator."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING, Any

import pytest
from singer_sdk.testing import get_tap_test_class

from sagemaker_tuning_emulator import Chances, Emulator
from tap_sagemaker_tuning.tap import TapSageMakerTuning
from tests.conftest import TapHere
from tests.expected import KEYS

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="module", autouse=True)
def emulator() -> Iterator[Emulator]:
    """An emulator for the suite, with all kinds of trials, ended and running."""
    chances = Chances(failed=0.3, stopped_early=0.2, never_started=0.1)
    with Emulator(start="2026-03-02T09:00:00Z", seed=7) as running:
        scope = running.scope()
        every: Any = {"chances": chances, "tags": {"team": "churn"}}
        scope.plan("churn-ended", created="2026-03-01T09:00:00Z", **every)
        scope.plan("churn-running", created="2026-03-02T08:50:00Z", **every)
        with pytest.MonkeyPatch.context() as patch:
            for name in ("AWS_PROFILE", "AWS_REGION"):
                patch.delenv(name, raising=False)
            for name, value in running.environment().items():
                patch.setenv(name, value)
            yield running


def suite() -> Any:
    """The SDK's test class; creating it creates taps, which install signal handlers."""
    handlers = {number: signal.getsignal(number) for number in (2, 15)}
    made = get_tap_test_class(
        TapSageMakerTuning,
        config={},
        parse_env_config=False,
        catalog=TapHere.catalog(*KEYS),
    )
    for number, handler in handlers.items():
        signal.signal(number, handler)
    return made


TestTap = suite()
