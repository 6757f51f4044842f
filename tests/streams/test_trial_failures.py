"""When describing trials stops, and how failures are reported."""

from __future__ import annotations

import pytest

from tap_sagemaker_tuning.streams.trial_failures import TrialFailures
from tests.laws.service import answer, denied

DESCRIBE = "DescribeTrainingJob"


def outcomes(failures: TrialFailures, text: str) -> int:
    """Count outcomes, one letter each: described, denied, or throttled at every try.

    Returns:
        After how many of them it is hopeless, or 0 if it never is.
    """
    for number, letter in enumerate(text, start=1):
        if letter == ".":
            failures.described()
        else:
            error = {"d": denied(DESCRIBE), "t": answer("Throttling", DESCRIBE)}[letter]
            failures.note(f"churn-{number}", error)
        if failures.last is not None:
            return number
    return 0


@pytest.mark.parametrize(
    ("text", "hopeless"),
    [
        ("", 0),
        ("." * 30, 0),
        ("d" * 9, 0),
        ("d" * 30, 10),
        ("d" * 9 + "." + "d" * 30, 0),
        (".ddddd" * 9, 0),
        ("tt", 0),
        ("ttt", 3),
        ("." * 20 + "ttt", 23),
        ("tt.tt.tt.", 0),
        (".ttdttd" * 9, 0),
        ("ttdttdttdttd", 10),
    ],
)
def test_when_it_stops(text: str, hopeless: int) -> None:
    """Describing stops once ten failed and none succeeded, or three in a row failed on
    the service's side."""
    assert outcomes(TrialFailures(), text) == hopeless


@pytest.mark.parametrize(
    ("text", "note"),
    [
        (".d.", "trial churn-2"),
        (".ddd", "trials churn-2 and 2 more"),
        (".dt.t", "trial churn-2"),
        (".td.dt", "trials churn-2 and 1 more"),
    ],
)
def test_what_is_said(text: str, note: str) -> None:
    """The first error is raised, with a note that names its trial and counts similar
    ones."""
    failures = TrialFailures()
    outcomes(failures, text)
    with pytest.raises(Exception, match="no") as raised:
        failures.end()
    assert raised.value.__notes__ == [note]


def test_nothing_failed() -> None:
    """Without failures, the visit succeeds."""
    failures = TrialFailures()
    outcomes(failures, "...")
    failures.end()
