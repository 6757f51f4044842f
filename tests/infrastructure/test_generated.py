"""The generated parts of `infrastructure/` are what the code makes, and all there."""

from __future__ import annotations

from collections import Counter
from itertools import chain

import pytest

from docs.generate import streams
from infrastructure import generate
from tap_sagemaker_tuning.aws.operations import (
    ASSUME_ROLE,
    GET_CALLER_IDENTITY,
    OPERATIONS,
)

TEXTS = {
    file.relative_to(generate.FOLDER).as_posix(): file.read_text(encoding="utf-8")
    for file in generate.FILES
}


@pytest.mark.parametrize("name", TEXTS)
def test_generated_parts_are_fresh(name: str) -> None:
    """Each part is that of the code: else run `python -m infrastructure.generate`."""
    is_fresh = generate.rendered(TEXTS[name]) == TEXTS[name]
    assert is_fresh, f"{name} is stale: run `python -m infrastructure.generate`"


def test_generated_parts_are_all_there() -> None:
    """Each part that is made stands in one file, once."""
    placed = Counter(chain.from_iterable(map(generate.marked, TEXTS.values())))
    assert placed == Counter(generate.parts().keys())


def test_a_stale_part_is_found() -> None:
    """A file with one action fewer, or one more, is not what the code makes."""
    text = TEXTS["cloudformation/tuning-reader.yaml"]
    action = "              - sagemaker:Search\n"
    assert text.count(action) == 1
    assert generate.rendered(text.replace(action, "")) == text
    assert generate.rendered(text.replace(action, 2 * action)) == text


def test_each_operation_is_granted() -> None:
    """A policy of the role allows each operation of the table, except those that come
    before the role is assumed; and each policy is of a stream or a switch."""
    allowed = {call.name for calls in generate.granted().values() for call in calls}
    assert allowed == set(OPERATIONS) - {ASSUME_ROLE.name, GET_CALLER_IDENTITY.name}
    calling = {stream.name for stream in streams() if stream.operations}
    assert set(generate.granted()) == calling | {"list_regions", "list_accounts"}
