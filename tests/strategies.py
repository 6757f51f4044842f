"""Hypothesis strategies for any response that the service's model allows, and odd
ones."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import botocore.session
from botocore.parsers import ResponseParserFactory
from hypothesis import strategies as st

from tap_sagemaker_tuning.aws.trial_pages import reader
from tap_sagemaker_tuning.exceptions import UnreadableError
from tap_sagemaker_tuning.values import timestamp, timestamp_or_none
from tests.profiles import examples

if TYPE_CHECKING:
    from collections.abc import Callable

    from botocore.model import Shape
    from hypothesis.strategies import SearchStrategy

    from tap_sagemaker_tuning.aws.operations import Operation

MODEL = botocore.session.get_session().get_service_model("sagemaker")
HARD = st.sampled_from('\0\ud83d\udd25"\n7 \u00e9\U0001f525')  # NUL, lone surrogates
ANY = st.characters(exclude_categories=())
FREE = {None, ".*", ".+"}  # patterns that allow every character
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(HARD, max_size=3),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(st.text(max_size=3), inner, max_size=2)
    ),
    max_leaves=4,
)
"""Any JSON value."""


def parser() -> Any:
    """A parser that reads responses as the package's clients do."""
    factory = ResponseParserFactory()
    factory.set_parser_defaults(timestamp_parser=timestamp_or_none)
    return factory.create_parser("json")


def parsed(shape: str, answer: Any) -> dict[str, Any]:
    """A response as a client returns it, without nulls and unknown members.

    Raises:
        UnreadableError: botocore fails on a member of another type, as in `Client`.
    """
    body = json.dumps(answer).encode()
    response = {"body": body, "headers": {}, "status_code": 200}
    try:
        members: dict[str, Any] = parser().parse(response, MODEL.shape_for(shape))
        members.pop("ResponseMetadata")
    except (AttributeError, KeyError, TypeError) as error:
        raise UnreadableError(str(error)) from error
    return members


SOME = examples(30)
"""Enough examples if members are independent of each other."""

FEW = examples(8)
"""Enough examples for each member by itself."""

_made: dict[str, SearchStrategy[Any]] = {}


def structures(name: str) -> SearchStrategy[dict[str, Any]]:
    """Any structure of this shape that the service's model allows."""
    return any_value(MODEL.shape_for(name))


def members(name: str, *of_these: str) -> SearchStrategy[dict[str, Any]]:
    """A structure of this shape with exactly these members."""
    shape: Any = MODEL.shape_for(name)
    chosen = {member: any_value(shape.members[member]) for member in of_these}
    return st.fixed_dictionaries(chosen)


def any_value(shape: Shape) -> SearchStrategy[Any]:
    """Any value of a shape."""
    if shape.name not in _made:
        _made[shape.name] = _KINDS[shape.type_name](shape)
    return _made[shape.name]


def listed(operation: Operation, item: Any) -> Any:
    """An item as a client's page has it."""
    body = json.dumps({operation.result: [item]}).encode()
    page: dict[str, Any] = {}
    reader(operation)({"body": body}, page)
    (read,) = page[operation.result]
    return read


@st.composite
def odd(draw: st.DrawFn, sane: Any) -> Any:
    """A value with some parts, at any depth, absent or of another type."""
    fate = draw(st.integers(0, 9))
    if fate == 0:
        return draw(JSON)
    match sane:
        case dict():
            kept = {name: value for name, value in sane.items() if draw(st.booleans())}
            return {name: draw(odd(value)) for name, value in (kept or sane).items()}
        case list():
            return [draw(odd(item)) for item in sane]
        case _:
            return sane


def _texts(shape: Shape) -> SearchStrategy[str]:
    """Text that the model allows, including values that the model does not know yet."""
    limits = shape.metadata
    sizes = {
        "min_size": limits.get("min", 0),
        "max_size": min(limits.get("max", 40), 40),
    }
    if "enum" in limits:
        word = st.from_regex("[A-Z][A-Za-z]{0,20}", fullmatch=True)
        return st.sampled_from(limits["enum"]) | word
    pattern = limits.get("pattern")
    if pattern in FREE or r"\p{" in str(pattern):  # Python does not support the latter
        return st.text(HARD, **sizes) | st.text(ANY, **sizes)
    return st.from_regex(str(pattern), fullmatch=True)


def _structures(shape: Any) -> SearchStrategy[dict[str, Any]]:
    """A structure with its required members and some of the others."""
    optional = {name: any_value(member) for name, member in shape.members.items()}
    required = {name: optional.pop(name) for name in shape.required_members}
    return st.fixed_dictionaries(required, optional=optional)


def _maps(shape: Any) -> SearchStrategy[dict[str, Any]]:
    """A map; botocore keeps an explicit null in it."""
    return st.dictionaries(
        any_value(shape.key), st.none() | any_value(shape.value), max_size=4
    )


def _lists(shape: Any) -> SearchStrategy[list[Any]]:
    """A short list, or an empty one even if the model forbids it, as the service
    does."""
    return st.lists(any_value(shape.member), max_size=2)


def _integers(shape: Shape) -> SearchStrategy[int]:
    """A 32-bit integer within the model's bounds."""
    bounds = shape.metadata
    return st.integers(bounds.get("min", -(2**31)), bounds.get("max", 2**31 - 1))


def _floats(_: Shape) -> SearchStrategy[float | str]:
    """A metric as received: float, int or text."""
    numbers = st.floats(width=32) | st.integers(-(2**31), 2**31)
    words = st.sampled_from(["NaN", "Infinity", "-Infinity"])
    return numbers | numbers.map(str) | words


def _timestamps(_: Shape) -> SearchStrategy[str]:
    """A time as the client's parser returns it."""
    milliseconds = st.integers(0, 4_102_444_800_000)
    return milliseconds.map(lambda number: timestamp(number / 1000))


_KINDS: dict[str, Callable[[Any], SearchStrategy[Any]]] = {
    "structure": _structures,
    "map": _maps,
    "list": _lists,
    "string": _texts,
    "boolean": lambda _: st.booleans(),
    "integer": _integers,
    "long": _integers,
    "float": _floats,
    "timestamp": _timestamps,
}
