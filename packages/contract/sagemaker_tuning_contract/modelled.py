"""The services' own models of requests and answers, from botocore."""

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
    """The model of an operation.

    Args:
        operation: The API's name of the operation.

    Raises:
        KeyError: None of `SERVICES` has the operation.
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
    """Walk through the scalar values of an answer.

    Args:
        operation: The API's name of the operation.
        answer: The answer's JSON.

    Yields:
        For each value its shape, its member's name and itself. The shape is None if
        the model lacks the member.
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
