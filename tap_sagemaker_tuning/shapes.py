"""From an answer of the API to a nested record: the stream's JSON Schema says how.

Pure but for reading the schema. What the schema does not name is never taken. An
answer has the API's member names, and its times are text already (see `timestamp`).
"""

from __future__ import annotations

import json
import re
from functools import cache
from typing import TYPE_CHECKING, Any

from tap_sagemaker_tuning import schemas_root
from tap_sagemaker_tuning.values import (
    OddError,
    as_integer,
    as_text,
    finite,
    items,
    members,
    text_map,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    Convert = Callable[[Any], Any]

_WORDS = re.compile("(?<=[a-z0-9])(?=[A-Z])|(?<=.)(?=[A-Z][a-z])")


@cache
def shape_of(stream: str) -> Convert:
    """Make the function that turns an answer into a record of a stream.

    Args:
        stream: The stream's name, which is its schema's.

    Returns:
        A function of a dictionary with the API's member names. It gives all columns
        of the schema, at every depth, and null where a member is absent. Where a
        member is of another kind it raises OddError.
    """
    text = schemas_root().joinpath(f"{stream}.json").read_text(encoding="utf-8")
    return _converter(json.loads(text))


@cache
def snake_case(member: str) -> str:
    """Name a member as a column: SecondaryStatus is secondary_status, as in boto3."""
    return _WORDS.sub("_", member).lower()


def _converter(schema: dict[str, Any]) -> Convert:
    """Make the function that converts what a schema describes, if it is there."""
    kind = schema["type"] if isinstance(schema["type"], str) else schema["type"][0]
    match kind:
        case "object" if "properties" in schema:
            return _structure(schema["properties"])
        case "object":
            return text_map
        case "array":
            return _array(_converter(schema["items"]))
        case _:
            return _SCALARS[kind]


def _structure(properties: dict[str, Any]) -> Convert:
    """Make the function that converts a structure of these columns."""
    columns = [(name, _converter(schema)) for name, schema in properties.items()]

    def convert(structure: Any) -> dict[str, Any]:
        found = {snake_case(name): value for name, value in members(structure).items()}
        return {
            name: None if (value := found.get(name)) is None else converted(value)
            for name, converted in columns
        }

    return convert


def _array(converted: Convert) -> Convert:
    """Make the function that converts an array, nulls in it left out."""

    def convert(value: Any) -> list[Any]:
        return [converted(item) for item in items(value) if item is not None]

    return convert


def _boolean(value: Any) -> bool:
    if not isinstance(value, bool):
        msg = f"of type {type(value).__name__} where true or false should be"
        raise OddError(msg)
    return value


_SCALARS: dict[str, Convert] = {
    "boolean": _boolean,
    "integer": as_integer,
    "number": lambda value: finite(value)[0],
    "string": as_text,
}
