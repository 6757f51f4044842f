"""Converts API responses to nested records, as the stream's JSON Schema defines them.

Pure except that it reads the schema. Members that the schema does not name are left
out. A response has the API's member names, and times as text (see `timestamp`).
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
    """Return the function that converts a response to a record of a stream.

    Args:
        stream: The name of the stream and of its schema.

    Returns:
        A function of a dictionary with the API's member names. It returns all columns
        of the schema, at every depth, with None for absent members. It raises OddError
        if a member has another type.
    """
    text = schemas_root().joinpath(f"{stream}.json").read_text(encoding="utf-8")
    return _converter(json.loads(text))


@cache
def snake_case(member: str) -> str:
    """Convert a member's name to a column's: SecondaryStatus to secondary_status."""
    return _WORDS.sub("_", member).lower()


def _converter(schema: dict[str, Any]) -> Convert:
    """Return the function that converts a value, other than None, to a schema."""
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
    """Return the function that converts a structure to these columns."""
    columns = [(name, _converter(schema)) for name, schema in properties.items()]

    def convert(structure: Any) -> dict[str, Any]:
        values = {snake_case(name): value for name, value in members(structure).items()}
        return {
            name: None if (value := values.get(name)) is None else converted(value)
            for name, converted in columns
        }

    return convert


def _array(converted: Convert) -> Convert:
    """Return the function that converts an array, leaving out nulls."""

    def convert(value: Any) -> list[Any]:
        return [converted(item) for item in items(value) if item is not None]

    return convert


def _boolean(value: Any) -> bool:
    if not isinstance(value, bool):
        msg = f"expected true or false, got {type(value).__name__}"
        raise OddError(msg)
    return value


_SCALARS: dict[str, Convert] = {
    "boolean": _boolean,
    "integer": as_integer,
    "number": lambda value: finite(value)[0],
    "string": as_text,
}
