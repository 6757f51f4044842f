"""The columns of each table according to its stream's schema, original and
flattened."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from tap_sagemaker_tuning import schemas_root
from tests.expected import KEYS

if TYPE_CHECKING:
    from collections.abc import Iterator

Row = dict[str, Any]

STREAMS = tuple(KEYS)
JSON = ("object", "map", "array")
"""The kinds of columns that a target stores as JSON, if it does."""

_SCHEMAS = {
    name: json.loads(schemas_root().joinpath(f"{name}.json").read_text("utf-8"))
    for name in STREAMS
}


def key_of(stream: str, row: Row) -> str:
    """The row's key: its key columns, joined by a space."""
    return " ".join(row[column] for column in KEYS[stream])


def kinds(stream: str, *, flat: bool = False) -> dict[str, str]:
    """The kind of each column.

    Args:
        stream: The stream's name.
        flat: Whether objects are flattened.

    Returns:
        text, time, number, integer, boolean, array, map (an object with arbitrary
        names) or object.
    """
    return {
        name: _kind(column)
        for name, column, _ in _columns(_SCHEMAS[stream]["properties"], {}, flat=flat)
    }


def flattened(stream: str, row: Row) -> Row:
    """The row with its objects flattened."""
    columns = _columns(_SCHEMAS[stream]["properties"], row, flat=True)
    return {name: value for name, _, value in columns}


def _columns(
    properties: Row, row: Row, *, flat: bool, prefix: str = ""
) -> Iterator[tuple[str, Row, Any]]:
    """The name, schema and value of each column."""
    for name, column in properties.items():
        value = row.get(name)
        if flat and "properties" in column:
            inner, above = value or {}, f"{prefix}{name}__"
            yield from _columns(column["properties"], inner, flat=True, prefix=above)
        else:
            yield prefix + name, column, value


def _kind(column: Row) -> str:
    types = column["type"]
    (kind,) = {types} if isinstance(types, str) else {*types} - {"null"}
    if "format" in column:
        return "time"
    if kind == "object" and "properties" not in column:
        return "map"
    return {"string": "text"}.get(kind, str(kind))
