"""Checks responses against botocore's service model, which ships with the client."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from botocore.model import ListShape, MapShape, StructureShape

from sagemaker_tuning_emulator.validation import service_model

if TYPE_CHECKING:
    from collections.abc import Iterator

    from botocore.model import Shape

KINDS: dict[str, tuple[type, ...]] = {
    "boolean": (bool,),
    "double": (int, float, str),  # as a float
    "float": (int, float, str),  # "NaN" comes as text as well
    "integer": (int,),
    "list": (list, tuple),
    "long": (int,),
    "map": (dict,),
    "string": (str,),
    "structure": (dict,),
    "timestamp": (datetime,),
}


def flaws(
    operation: str, answer: dict[str, Any], service: str = "sagemaker"
) -> list[str]:
    """Everything in a response that violates the service model."""
    shape = service_model(service).operation_model(operation).output_shape
    return list(_flaws(shape, answer, operation))


def _flaws(shape: Shape | None, value: Any, path: str) -> Iterator[str]:
    assert shape is not None
    kinds: Any = KINDS[shape.type_name]
    if not isinstance(value, kinds):
        yield f"{path}: {value!r} is no {shape.type_name}"
    elif isinstance(shape, StructureShape):
        missing = set(shape.required_members) - value.keys()
        yield from (f"{path}: no {name}" for name in missing)
        unknown = value.keys() - set(shape.members)
        yield from (f"{path}: what is {name}?" for name in unknown)
        for name in value.keys() - unknown:
            yield from _flaws(shape.members[name], value[name], f"{path}.{name}")
    elif isinstance(shape, ListShape):
        for item in value:
            yield from _flaws(shape.member, item, f"{path}[]")
    elif isinstance(shape, MapShape):
        for key, item in value.items():
            yield from _flaws(shape.value, item, f"{path}.{key}")
    elif value not in shape.metadata.get("enum", [value]):
        yield f"{path}: {value!r} is not in {shape.metadata['enum']}"
