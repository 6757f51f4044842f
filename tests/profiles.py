"""Profiles of Hypothesis: the same examples in every run, or many more at random.

`make test` uses the first profile, `make laws` the second.
"""

from __future__ import annotations

from typing import Any

from hypothesis import HealthCheck, settings

SAME = "same"
SEARCH = "search"
USUAL = 100
"""How many examples a test has by default in Hypothesis."""

# A busy machine is not a failure: nothing depends on how long an example takes.
_UNTIMED: dict[str, Any] = {
    "deadline": None,
    "suppress_health_check": [HealthCheck.too_slow],
}

settings.register_profile(
    SAME, derandomize=True, max_examples=USUAL, print_blob=False, **_UNTIMED
)
settings.register_profile(
    SEARCH, derandomize=False, max_examples=20 * USUAL, print_blob=True, **_UNTIMED
)


def examples(number: int, **more: Any) -> settings:
    """Settings for a test that needs more or fewer examples than usual.

    Args:
        number: The examples in a run of `make test`. Other profiles scale it.
        **more: Other settings of Hypothesis.
    """
    return settings(max_examples=number * settings().max_examples // USUAL, **more)
