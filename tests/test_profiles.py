"""Hypothesis's profiles: one repeats its examples, the other searches for new ones."""

from __future__ import annotations

from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from tests import profiles

TESTS = Path(__file__).parent


def drawn(profile: str) -> list[int]:
    """The integers that a test draws under a profile."""
    numbers: list[int] = []

    @settings(settings.get_profile(profile), max_examples=20, database=None)
    @given(st.integers())
    def law(number: int) -> None:
        numbers.append(number)

    law()
    return numbers


def test_same_draws_the_same() -> None:
    """Two runs of `make test` draw the same examples."""
    assert drawn(profiles.SAME) == drawn(profiles.SAME)


def test_search_draws_others() -> None:
    """No two runs of `make laws` draw the same examples."""
    assert drawn(profiles.SEARCH) != drawn(profiles.SEARCH)


def test_search_scales_every_test() -> None:
    """No test bypasses the profile, which scales its number of examples."""
    own = [
        path.name
        for path in TESTS.rglob("*.py")
        if "max_examples" in path.read_text(encoding="utf-8") and path != Path(__file__)
    ]
    assert own == ["profiles.py"]
    assert profiles.examples(30).max_examples * 100 == 30 * settings().max_examples
    assert settings.get_profile(profiles.SEARCH).max_examples == 20 * profiles.USUAL
