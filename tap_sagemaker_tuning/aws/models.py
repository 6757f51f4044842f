"""The API's models, cut down to the operations that are called."""

from __future__ import annotations

from typing import Any

from tap_sagemaker_tuning.aws.operations import OPERATIONS


class SmallModels:
    """Loads the API's models as botocore does, and keeps of them what is called.

    SageMaker's takes 20 MB, and each client would build its own classes from it
    (measured in November 2026, botocore 1.44): most of the memory of 60 scopes.
    """

    def __init__(self, loader: Any) -> None:
        """Load them by botocore's own loader."""
        self._loader = loader
        self._small: dict[tuple[str, str], Any] = {}

    def __getattr__(self, name: str) -> Any:
        """Leave all else to botocore's loader."""
        return getattr(self._loader, name)

    def load_service_model(
        self, service_name: str, type_name: str, api_version: str | None = None
    ) -> Any:
        """Load a model of a service: its operations, paginators or waiters."""
        key = service_name, type_name
        if key not in self._small:
            model = self._loader.load_service_model(*key, api_version)
            if type_name == "service-2":
                model = _only_what_is_called(model)
            self._small[key] = model
        return self._small[key]


def _only_what_is_called(model: dict[str, Any]) -> dict[str, Any]:
    """Leave out of a service's model what no operation of ours leads to."""
    called = {
        name: operation
        for name, operation in model["operations"].items()
        if name in OPERATIONS
    }
    shapes: dict[str, Any] = {}
    found: list[Any] = [called]
    while found:
        part = found.pop()
        inner = part.values() if isinstance(part, dict) else part
        found += [item for item in inner if isinstance(item, dict | list)]
        name = part.get("shape") if isinstance(part, dict) else None
        if isinstance(name, str) and name not in shapes:
            shapes[name] = model["shapes"][name]
            found.append(shapes[name])
    return {**model, "operations": called, "shapes": shapes}
