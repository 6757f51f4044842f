"""Reduces botocore's API models to the operations that the tap calls."""

from __future__ import annotations

from typing import Any

from tap_sagemaker_tuning.aws.operations import OPERATIONS


class SmallModels:
    """A loader of API models that keeps only the operations in `OPERATIONS`.

    SageMaker's full model takes 20 MB, and each client builds its own classes from it:
    most of the memory of 60 scopes (measured in November 2026, botocore 1.44).
    """

    def __init__(self, loader: Any) -> None:
        """Wrap botocore's own loader."""
        self._loader = loader
        self._small: dict[tuple[str, str], Any] = {}

    def __getattr__(self, name: str) -> Any:
        """Delegate everything else to botocore's loader."""
        return getattr(self._loader, name)

    def load_service_model(
        self, service_name: str, type_name: str, api_version: str | None = None
    ) -> Any:
        """Load a service's model: its operations, paginators or waiters."""
        key = service_name, type_name
        if key not in self._small:
            model = self._loader.load_service_model(*key, api_version)
            if type_name == "service-2":
                model = _only_what_is_called(model)
            self._small[key] = model
        return self._small[key]


def _only_what_is_called(model: dict[str, Any]) -> dict[str, Any]:
    """Remove every operation and shape that the tap's operations do not need."""
    called = {
        name: operation
        for name, operation in model["operations"].items()
        if name in OPERATIONS
    }
    shapes: dict[str, Any] = {}
    left: list[Any] = [called]
    while left:
        part = left.pop()
        inner = part.values() if isinstance(part, dict) else part
        left += [item for item in inner if isinstance(item, dict | list)]
        name = part.get("shape") if isinstance(part, dict) else None
        if isinstance(name, str) and name not in shapes:
            shapes[name] = model["shapes"][name]
            left.append(shapes[name])
    return {**model, "operations": called, "shapes": shapes}
