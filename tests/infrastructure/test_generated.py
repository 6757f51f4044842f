"""The generated parts of `infrastructure/` are complete."""

from __future__ import annotations

from collections import Counter
from itertools import chain

from tap_sagemaker_tuning.aws.operations import (
    ASSUME_ROLE,
    GET_CALLER_IDENTITY,
    OPERATIONS,
)
from tap_tools.generated import infrastructure
from tap_tools.generated.marks import filled, marked
from tap_tools.generated.policies import streams

TEXTS = {
    file.relative_to(infrastructure.FOLDER).as_posix(): file.read_text(encoding="utf-8")
    for file in infrastructure.FILES
}


def test_generated_parts_are_all_there() -> None:
    """Each generated part is in exactly one file, once."""
    placed = Counter(chain.from_iterable(map(marked, TEXTS.values())))
    assert placed == Counter(infrastructure.parts().keys())


def test_a_stale_part_is_found() -> None:
    """A file with one action too few or too many is detected as stale."""
    text = TEXTS["cloudformation/tuning-reader.yaml"]
    parts = infrastructure.parts()
    action = "              - sagemaker:Search\n"
    assert text.count(action) == 1
    assert filled(text.replace(action, ""), parts) == text
    assert filled(text.replace(action, 2 * action), parts) == text


def test_each_operation_is_granted() -> None:
    """The role's policies allow each operation in the table except those made before
    the role is assumed, and each policy belongs to a stream or a switch."""
    granted = infrastructure.granted()
    allowed = {call.name for calls in granted.values() for call in calls}
    assert allowed == set(OPERATIONS) - {ASSUME_ROLE.name, GET_CALLER_IDENTITY.name}
    calling = {stream.name for stream in streams() if stream.operations}
    assert set(granted) == calling | {"list_regions", "list_accounts"}
