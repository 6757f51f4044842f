"""The columns of the models, from their contracts, and of the tap's tables."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import yaml

from tap_sagemaker_tuning import schemas_root

_MARTS = Path(__file__).resolve().parents[3] / "transform/models/marts/_marts.yml"

COLUMNS: dict[str, dict[str, str]] = {
    model["name"].removeprefix("sagemaker_tuning__"): {
        column["name"]: column["data_type"]
        for column in model["columns"]
        if column["name"] != "at"  # reserved in SQL; the page does not read it
    }
    for model in yaml.load(_MARTS.read_text("utf-8"), yaml.CSafeLoader)["models"]
}
"""By model, each column's type."""

_TYPES = {"integer": "bigint", "number": "double precision", "boolean": "boolean"}


def of_stream(name: str) -> dict[str, str]:
    """The columns of a stream's table, by its schema, with JSON as text."""
    schema = json.loads(schemas_root().joinpath(f"{name}.json").read_text("utf-8"))
    return {column: _type(given) for column, given in schema["properties"].items()}


def _type(given: dict[str, Any]) -> str:
    if given.get("format") == "date-time":
        return "timestamp"
    kinds = [given["type"]] if isinstance(given["type"], str) else given["type"]
    return next((_TYPES[kind] for kind in kinds if kind in _TYPES), "text")
