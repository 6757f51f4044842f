"""When a service counts as failing, and what is raised from then on."""

from __future__ import annotations

import pytest

from tap_sagemaker_tuning.aws.outage import Outage
from tests.laws.service import answer, denied

OPERATION = "DescribeTrainingJob"


@pytest.mark.parametrize(
    ("text", "is_outage"),
    [
        ("", False),
        ("ff", False),
        ("fff", True),
        ("ff.ff", False),
        ("ffdff", False),
        ("ddd", False),
        ("fff.", True),
    ],
)
def test_when_it_is_an_outage(text: str, *, is_outage: bool) -> None:
    """Three transient failures in a row are an outage, which lasts; a denial and a
    success are not."""
    outage = Outage(3)
    outcomes = {
        ".": None,
        "d": denied(OPERATION),
        "f": answer("InternalFailure", OPERATION),
    }
    for letter in text:
        outage.note(outcomes[letter])
    raised = []
    try:
        outage.check()
    except Exception as error:  # noqa: BLE001 - compared below
        raised.append(str(error))
    assert raised == [str(outcomes["f"])] * is_outage


def test_notes_are_not_shared() -> None:
    """Each caller gets an error of its own, so that its notes concern nobody else."""
    outage = Outage(1)
    error = answer("InternalFailure", OPERATION)
    outage.note(error)
    error.add_note("trial a")
    for _ in range(2):
        with pytest.raises(Exception, match="InternalFailure") as raised:
            outage.check()
        assert not hasattr(raised.value, "__notes__")
        raised.value.add_note("trial b")
