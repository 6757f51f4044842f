"""The package's exceptions form one tree, and odd items become messages."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest

from tap_sagemaker_tuning import exceptions
from tap_sagemaker_tuning.exceptions import TapError, UnreadableError, readable
from tap_sagemaker_tuning.values import (
    OddError,
    as_integer,
    finite,
    items,
    members,
    moment,
    required,
    required_text,
    text_map,
    text_or_none,
    timestamp,
)

if TYPE_CHECKING:
    from collections.abc import Callable

DEEP: list[Any] = []
for _ in range(100_000):
    DEEP = [DEEP]

OWN = {
    name: each
    for name, each in vars(exceptions).items()
    if isinstance(each, type) and each.__module__ == exceptions.__name__
}


def test_the_tree_is_drawn() -> None:
    """Each exception of the package is in the module's diagram, and is a TapError."""
    drawn = re.findall(
        r"^(?:[├└]── )?(\w+Error)\b", exceptions.__doc__ or "", re.MULTILINE
    )
    assert sorted(drawn) == sorted(OWN)
    assert all(issubclass(each, TapError) for each in OWN.values())


@pytest.mark.parametrize(
    ("take_apart", "words"),
    [
        (lambda: required({}, "CreationTime"), "'CreationTime' is missing"),
        (lambda: required_text({}, "CreationTime"), "'CreationTime' is missing"),
        (lambda: required_text({"a": 7}, "a"), "expected text, got int"),
        (lambda: members(None), "expected a structure, got NoneType"),
        (lambda: items("a"), "expected a list, got str"),
        (lambda: as_integer("many"), "invalid literal for int"),
        (lambda: as_integer(float("inf")), "infinity"),
        (lambda: finite([]), "not 'list'"),
        (lambda: timestamp("soon"), "Invalid isoformat string"),
        (lambda: moment("1970-99"), "Invalid isoformat string"),
        (lambda: text_map({"a": DEEP}), "recursion"),
        (lambda: text_or_none(DEEP), "recursion"),
    ],
    ids=[
        *("member", "no text", "other text", "structure", "list", "integer"),
        *("overflow", "number", "time", "moment", "deep map", "deep text"),
    ],
)
def test_an_odd_item_is_told_in_words(
    take_apart: Callable[[], Any], words: str
) -> None:
    """Each check of the service's data names the item, and says what is wrong with
    it."""
    with pytest.raises(UnreadableError) as caught, readable("trial t-1"):
        take_apart()
    line = str(caught.value)
    assert line.startswith("trial t-1 is malformed as AWS returned it: ")
    assert words in line
    assert isinstance(caught.value.__cause__, OddError)


@pytest.mark.parametrize(
    "error",
    [
        *(TapError("own"), RuntimeError("a bug"), AttributeError("a bug")),
        *(KeyError("a bug"), TypeError("a bug"), ValueError("a bug")),
        *(IndexError("a bug"), OverflowError("a bug"), RecursionError("a bug")),
    ],
    ids=repr,
)
def test_other_errors_are_left(error: Exception) -> None:
    """A bug in the tap surfaces as itself, for any class of exception."""
    with pytest.raises(type(error)) as caught, readable("it"):
        raise error
    assert caught.value is error


def test_what_can_be_read_is_read() -> None:
    """Without an error, nothing happens."""
    with readable("it"):
        value = {"a": 1}["a"]
    assert value == 1
