"""Parses the JSON of requests, and documents their fields.

A class defines each request: its annotations give names, types and bounds, and the
section `Attributes` of its docstring gives the meaning of each field.
"""

from __future__ import annotations

import inspect
import json
import re
from typing import TYPE_CHECKING, Any, NamedTuple

from pydantic import TypeAdapter, ValidationError

if TYPE_CHECKING:
    from collections.abc import Iterator

Schema = dict[str, Any]

_ATTRIBUTE = re.compile(r"^    (\w+): (.+(?:\n {8}.+)*)", re.MULTILINE)
_SHOWN = 60
"""Characters of a wrong value that an error repeats."""


class Field(NamedTuple):
    """A field of a request.

    Attributes:
        name: Its name; that of an inner object's field has that of the object first.
        form: What it must be.
        default: Its default as JSON; empty if it is required or has none.
        required: Whether it must be given.
        meaning: What it means.
    """

    name: str
    form: str
    default: str
    required: bool
    meaning: str


def meanings(kind: type) -> dict[str, str]:
    """Return what the docstring of a class says about each attribute."""
    return _meanings(kind.__doc__ or "")


def _meanings(docstring: str) -> dict[str, str]:
    section = inspect.cleandoc(docstring).partition("Attributes:\n")[2]
    return {
        found[1]: " ".join(found[2].split()).replace("None", "null")
        for found in _ATTRIBUTE.finditer(section)
    }


class Form:
    """The JSON that is read by a class."""

    def __init__(self, kind: type) -> None:
        self._adapter: TypeAdapter[Any] = TypeAdapter(kind)
        self._schema = self._adapter.json_schema()

    def read(self, body: bytes) -> Any:
        """Return an object of the class from JSON; no bytes are an empty object.

        Raises:
            ValueError: A message that names each wrong field, and what it must be.
        """
        try:
            return self._adapter.validate_json(body or b"{}", strict=True)
        except ValidationError as error:
            details = error.errors(include_url=False, include_context=False)
            raise ValueError("; ".join(map(self._told, details))) from error

    def fields(self) -> list[Field]:
        """Return all fields, those of inner objects after their object."""
        return list(self._fields(self._schema, ""))

    def _fields(self, schema: Schema, prefix: str) -> Iterator[Field]:
        told = _meanings(schema.get("description", ""))
        for name, of in schema.get("properties", {}).items():
            yield Field(
                name=f"{prefix}{name}",
                form=self._form(of),
                default=_short(of.get("default")),
                required=name in schema.get("required", ()),
                meaning=told[name],
            )
            if "$ref" in of:
                yield from self._fields(self._resolved(of), f"{prefix}{name}.")
            if "$ref" in (value := _values(of)):
                yield from self._fields(self._resolved(value), f"{prefix}{name}.*.")

    def _form(self, schema: Schema) -> str:
        """Return what a value must be, in words."""
        schema = self._resolved(schema)
        form = "text"
        match schema:
            case {"enum": values}:
                form = _either(values)
            case {"format": "date-time"}:
                form = "time such as 2026-03-02T09:00:00Z"
            case {"examples": [example, *_]}:
                form = f"text such as {example}"
            case {"prefixItems": [first, *_]}:
                form = f"[minimum, maximum], each a {self._form(first)}"
            case {"type": "array", "items": each}:
                names = ", ".join(self._resolved(each).get("properties", ()))
                form = f"list of objects with {names}" if names else "list of text"
            case {"type": "integer" | "number" as kind}:
                least, most = schema.get("minimum"), schema.get("maximum")
                form = "whole number" if kind == "integer" else "number"
                form += "" if least is None else f" from {least:.15g}"
                form += "" if most is None else f" to {most:.15g}"
            case {"type": "object"}:
                names = ", ".join(schema.get("properties", ()))
                form = f"object with {names}" if names else "object"
            case {"type": "boolean"}:
                form = "true or false"
            case _:
                pass
        return form

    def _resolved(self, schema: Schema) -> Schema:
        """Return a schema, or the one that it refers to, or has besides null."""
        match schema:
            case {"$ref": name}:
                return self._resolved(self._schema["$defs"][name.rpartition("/")[2]])
            case {"anyOf": [choice, {"type": "null"}]}:
                return self._resolved(choice)
            case _:
                return schema

    def _at(self, path: tuple[int | str, ...]) -> Schema:
        """Return the schema of what an error is about, or of the object around it."""
        schema = self._schema
        for step in path:
            inner = schema.get("properties", {}).get(step, schema.get("items"))
            schema = self._resolved(inner or _values(schema) or {})
        return schema

    def _told(self, detail: Any) -> str:
        path = detail["loc"]
        field = ".".join(map(str, path)) or "body"
        match detail["type"]:
            case "missing" | "missing_argument":
                return f"{field}: missing ({self._form(self._at(path))})"
            case "unexpected_keyword_argument" | "extra_forbidden":
                known = self._at(path[:-1]).get("properties", {})
                return f"{field}: unknown; " + (
                    f"use {_either(list(known))}" if known else "there are no fields"
                )
            case "value_error":
                message = str(detail["msg"]).removeprefix("Value error, ")
                return f"{field}: {message}" if path else message
            case "json_invalid":
                return f"{field}: {detail['msg']}"
            case _:
                text = str(detail["msg"]).replace("Input should", "should")
                given = json.dumps(detail["input"], default=str)[:_SHOWN]
                return f"{field}: {text}, not {given}"


def _values(schema: Schema) -> Schema:
    """Return the schema of an object's values, if they all have the same."""
    patterns: dict[str, Schema] = schema.get("patternProperties", {})
    values = next(iter(patterns.values()), schema.get("additionalProperties"))
    return values if isinstance(values, dict) else {}


def _short(default: Any) -> str:
    """Return a default as JSON, unless it is empty or long."""
    text = json.dumps(default) if default else ""
    return text if len(text) < _SHOWN else ""


def _either(values: list[Any]) -> str:
    *others, last = map(str, values)
    return f"{', '.join(others)} or {last}" if others else last
