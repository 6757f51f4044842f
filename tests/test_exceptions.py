"""Own exceptions: one tree, and what becomes of an odd item."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest

from tap_sagemaker_tuning import exceptions
from tap_sagemaker_tuning.exceptions import TapError, UnreadableError, readable

if TYPE_CHECKING:
    from collections.abc import Callable

OWN = {
    name: each
    for name, each in vars(exceptions).items()
    if isinstance(each, type) and each.__module__ == exceptions.__name__
}


def test_the_tree_is_drawn() -> None:
    """Each own exception stands in the module's picture, and is a TapError."""
    drawn = re.findall(
        r"^(?:[├└]── )?(\w+Error)\b", exceptions.__doc__ or "", re.MULTILINE
    )
    assert sorted(drawn) == sorted(OWN)
    assert all(issubclass(each, TapError) for each in OWN.values())


@pytest.mark.parametrize(
    ("take_apart", "words"),
    [
        (lambda: json.loads("{}")["CreationTime"], "there is no 'CreationTime'"),
        (lambda: json.loads("[]")[0], "list index out of range"),
        (lambda: json.loads("null").get("Name"), "no attribute 'get'"),
        (lambda: int("many"), "invalid literal for int"),
        (lambda: int(float("inf")), "infinity"),
        (lambda: len(json.loads("7")), "has no len"),
    ],
    ids=["key", "index", "attribute", "value", "overflow", "type"],
)
def test_an_odd_item_is_told_in_words(
    take_apart: Callable[[], Any], words: str
) -> None:
    """Whatever is odd of it: what it is, and what is amiss."""
    with pytest.raises(UnreadableError) as caught, readable("trial t-1"):
        take_apart()
    line = str(caught.value)
    assert line.startswith("trial t-1 cannot be read as the service sent it: ")
    assert words in line
    assert caught.value.__cause__ is not None


@pytest.mark.parametrize("error", [TapError("own"), RuntimeError("a bug")], ids=repr)
def test_other_errors_are_left(error: Exception) -> None:
    """What is not of an item's making passes as it is."""
    with pytest.raises(type(error)) as caught, readable("it"):
        raise error
    assert caught.value is error


def test_what_can_be_read_is_read() -> None:
    """Without an error nothing is said."""
    with readable("it"):
        value = {"a": 1}["a"]
    assert value == 1
