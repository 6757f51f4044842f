"""Checks of requests against botocore's service model, like the service's own."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING, Any, cast

import botocore.session
from botocore.model import ListShape, MapShape, StructureShape

from sagemaker_tuning_emulator.clock import instant
from sagemaker_tuning_emulator.errors import ServiceError, invalid

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from botocore.model import ServiceModel, Shape

_TYPES: dict[str, tuple[type, ...]] = {
    "structure": (dict,),
    "map": (dict,),
    "list": (list,),
    "string": (str,),
    "boolean": (bool,),
    "integer": (int,),
    "long": (int,),
    "float": (int, float),
    "double": (int, float),
    "timestamp": (int, float, str),
}


@cache
def service_model(service: str) -> ServiceModel:
    """Return a service's model from the installed botocore."""
    return botocore.session.get_session().get_service_model(service)


def checked(service: str, operation: str, body: Mapping[str, Any]) -> dict[str, Any]:
    """Return the request's known members, with timestamps as datetimes.

    Args:
        service: botocore's name of the service.
        operation: The API's name of the operation.
        body: The decoded JSON body.

    Raises:
        ServiceError: A SerializationException for a wrong type, or a
            ValidationException that lists all violated constraints.
    """
    shape = service_model(service).operation_model(operation).input_shape
    if shape is None:
        return {}
    failures = list(_failures(shape, dict(body), ""))
    if failures:
        plural = "" if len(failures) == 1 else "s"
        found = f"{len(failures)} validation error{plural} detected: "
        raise invalid(found + "; ".join(failures))
    given = {}
    for name, member in shape.members.items():
        value = body.get(name)
        if value is not None:
            timed = member.type_name == "timestamp"
            given[name] = _instant(value) if timed else value
    return given


def _failures(shape: Shape, value: Any, path: str) -> Iterator[str]:
    """Yield a message for every constraint that a value violates."""
    kind = shape.type_name
    if not _is_a(kind, value):
        code = "SerializationException"
        raise ServiceError(code, _unexpected(value, kind))
    if isinstance(shape, StructureShape):
        yield from _in_structure(shape, value, path)
    elif isinstance(shape, ListShape):
        yield from _out_of_range(shape, value, path, "length", len(value))
        for index, item in enumerate(value, 1):
            yield from _failures(shape.member, item, f"{path}.{index}.member")
    elif isinstance(shape, MapShape):
        yield from _out_of_range(shape, value, path, "length", len(value))
        for key, item in value.items():
            yield from _failures(shape.value, item, f"{path}.{key}.member")
    elif kind == "string":
        yield from _in_text(shape, value, path)
    elif kind == "timestamp":
        _instant(value)
    elif kind != "boolean":
        yield from _out_of_range(shape, value, path, "value", value)


def _is_a(kind: str, value: object) -> bool:
    if isinstance(value, bool):
        return kind == "boolean"
    return isinstance(value, _TYPES[kind])


def _in_structure(
    shape: StructureShape, value: dict[str, Any], path: str
) -> Iterator[str]:
    for name, member in shape.members.items():
        inner = name[0].lower() + name[1:]
        inner = f"{path}.{inner}" if path else inner
        if value.get(name) is not None:
            yield from _failures(member, value[name], inner)
        elif name in shape.required_members:
            yield _sentence("null", inner, "Member must not be null")


def _in_text(shape: Shape, value: str, path: str) -> Iterator[str]:
    allowed = shape.metadata.get("enum")
    if allowed and value not in allowed:
        told = f"Member must satisfy enum value set: [{', '.join(allowed)}]"
        yield _sentence(f"'{value}'", path, told)
    pattern = shape.metadata.get("pattern")
    if pattern and not _matches(pattern, value):
        told = f"Member must satisfy regular expression pattern: {pattern}"
        yield _sentence(f"'{value}'", path, told)
    yield from _out_of_range(shape, value, path, "length", len(value))


def _out_of_range(
    shape: Shape,
    value: object,
    path: str,
    what: str,
    size: float,
) -> Iterator[str]:
    least, most = shape.metadata.get("min"), shape.metadata.get("max")
    if most is not None and size > most:
        told = f"Member must have {what} less than or equal to {most}"
        yield _sentence(f"'{value}'", path, told)
    if least is not None and size < least:
        told = f"Member must have {what} greater than or equal to {least}"
        yield _sentence(f"'{value}'", path, told)


def _sentence(value: str, path: str, told: str) -> str:
    return f"Value {value} at '{path}' failed to satisfy constraint: {told}"


def _matches(pattern: str, value: str) -> bool:
    try:
        return re.fullmatch(pattern, value) is not None
    except re.error:  # a Java pattern that Python does not support
        return True


def _unexpected(value: object, kind: str) -> str:
    token = {dict: "START_OBJECT", list: "START_ARRAY", str: "STRING_VALUE"}.get(
        cast("Any", type(value)), "NUMBER_VALUE"
    )
    return f"{token} can not be converted to {kind.capitalize()}"


def _instant(value: float | str) -> datetime:
    try:
        if isinstance(value, str):
            return instant(value)
        return datetime.fromtimestamp(value, UTC)
    except (ValueError, OverflowError, OSError) as error:
        code = "SerializationException"
        raise ServiceError(code, f"Invalid timestamp: {value}") from error
