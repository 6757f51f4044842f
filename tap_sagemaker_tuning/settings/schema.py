"""The JSON Schema of the settings, from the annotations of their fields."""

from __future__ import annotations

from typing import Any

import msgspec

from tap_sagemaker_tuning.settings import Settings

_DIALECT = "https://json-schema.org/draft/2020-12/schema"
_NULL = {"type": "null"}


def schema() -> dict[str, Any]:
    """The settings as JSON Schema.

    Returns:
        An object that allows no other property. A setting that is not set is left out,
        so null is not among the types, which are lists, as the SDK expects.
    """
    (settings,), classes = msgspec.json.schema_components(
        [Settings], ref_template="{name}"
    )
    return {"$schema": _DIALECT, **_plain(settings, classes)}


def _plain(part: dict[str, Any], classes: dict[str, Any]) -> dict[str, Any]:
    """Inline classes, and leave out null and the defaults that are null.

    Args:
        part: The JSON Schema of a value.
        classes: The JSON Schemas of the classes that it can refer to, by name.
    """
    part = {**part}
    if part.get("default", ...) is None:
        del part["default"]
    if "anyOf" in part:
        (kind,) = (kind for kind in part.pop("anyOf") if kind != _NULL)
        return {**part, **_plain(kind, classes)}
    if "$ref" in part:
        members = classes[part.pop("$ref")]
        properties = members["properties"].items()
        required = {"required": names} if (names := members["required"]) else {}
        return {
            **part,
            "type": ["object"],
            "properties": {name: _plain(of, classes) for name, of in properties},
            **required,
            "additionalProperties": False,
        }
    if "items" in part:
        part["items"] = _plain(part["items"], classes)
    # First, as a value of another type breaks other rules too.
    return {"type": [part.pop("type", "string")], **part}
