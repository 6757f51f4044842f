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
    left: list[tuple[Any, str, Any]] = [
        (operation_model(operation).output_shape, "", answer)
    ]
    while left:  # a stack: an answer can be nested deeper than Python recurses
        shape, name, value = left.pop()
        kind = getattr(shape, "type_name", None)
        if isinstance(value, dict):
            members = shape.members if kind == "structure" else {}
            of_map = shape.value if kind == "map" else None
            left += reversed(
                [(members.get(key, of_map), key, inner) for key, inner in value.items()]
            )
        elif isinstance(value, list):
            of_list = shape.member if kind == "list" else None
            left += [(of_list, name, inner) for inner in reversed(value)]
        else:
            yield shape, name, value
