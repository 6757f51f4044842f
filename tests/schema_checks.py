"""Checks that a record fits its stream's schema and can be written."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

import msgspec
from jsonschema import Draft202012Validator, FormatChecker

from tap_sagemaker_tuning import schemas_root


@cache
def schema_of(stream: str) -> dict[str, Any]:
    """The schema of a stream, as the package loads it."""
    text = schemas_root().joinpath(f"{stream}.json").read_text(encoding="utf-8")
    schema: dict[str, Any] = json.loads(text)
    return schema


def misfits(stream: str, record: dict[str, Any]) -> list[str]:
    """What in a record does not fit, including formats and names at every depth."""
    return [
        f"{error.json_path}: {error.message}"
        for error in _validator(stream).iter_errors(record)
    ]


def assert_fits(stream: str, record: dict[str, Any]) -> None:
    """The record fits the schema, and is unchanged after being written and read
    back."""
    assert misfits(stream, record) == []
    written = msgspec.json.encode(record)
    assert msgspec.json.decode(written) == record
    assert b"\\u0000" not in written.replace(rb"\\", b"")  # no NUL


@cache
def _validator(stream: str) -> Draft202012Validator:
    return Draft202012Validator(
        _closed(schema_of(stream)), format_checker=FormatChecker(["date-time"])
    )


def _closed(schema: Any) -> Any:
    """The schema with all properties required and no others allowed, even in arrays."""
    if "items" in schema:
        return {**schema, "items": _closed(schema["items"])}
    if "properties" not in schema:
        return schema
    members = schema["properties"]
    return {
        **schema,
        "additionalProperties": False,
        "required": sorted(members),
        "properties": {name: _closed(member) for name, member in members.items()},
    }
