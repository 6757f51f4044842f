"""Singer tap for Amazon SageMaker hyperparameter tuning."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable


def schemas_root() -> Traversable:
    """The folder of the streams' schemas, in the wheel or in the repository."""
    packaged = files("tap_sagemaker_tuning").joinpath("schemas")
    if packaged.is_dir():
        return packaged
    return Path(__file__).resolve().parent.parent / "schemas"


def stream_names() -> list[str]:
    """The names of all streams, sorted: each has a schema of its name."""
    files = (entry.name for entry in schemas_root().iterdir())
    return sorted(
        name.removesuffix(".json") for name in files if name.endswith(".json")
    )
