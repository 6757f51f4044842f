"""Answers and requests beside the service's own model of them."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import botocore.session

if TYPE_CHECKING:
    from collections.abc import Iterator

    from botocore.model import OperationModel, ServiceModel, Shape

SERVICES = ("sagemaker", "pricing", "cloudwatch")


@cache
def operation_model(operation: str) -> OperationModel:
    """The model of an operation, by the API's name of it.

    Raises:
        KeyError: None of the services here has it.
    """
    for service in SERVICES:
        model: ServiceModel = _service_model(service)
        if operation in model.operation_names:
            return model.operation_model(operation)
    raise KeyError(operation)


@cache
def _service_model(service: str) -> Any:
    return botocore.session.get_session().get_service_model(service)


def leaves(operation: str, answer: Any) -> Iterator[tuple[Shape | None, str, Any]]:
    """What an answer has at its ends.

    Args:
        operation: The API's name of the operation.
        answer: The answer's JSON.

    Yields:
        Shape, member's name and value of each; None for a shape that is not modelled.
    """
    yield from _leaves(operation_model(operation).output_shape, "", answer)


def _leaves(
    shape: Any, name: str, value: Any
) -> Iterator[tuple[Shape | None, str, Any]]:
    kind = getattr(shape, "type_name", None)
    if isinstance(value, dict):
        for key, inner in value.items():
            if kind == "structure":
                yield from _leaves(shape.members.get(key), key, inner)
            else:
                yield from _leaves(shape.value if kind == "map" else None, key, inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _leaves(shape.member if kind == "list" else None, name, inner)
    else:
        yield shape, name, value
