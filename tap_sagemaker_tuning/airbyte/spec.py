"""The connector's specification: the settings, in the form of Airbyte's UI."""

from __future__ import annotations

from typing import Any

from tap_sagemaker_tuning.settings.schema import schema

_LEFT_OUT = {
    "$schema",
    # Airbyte lets a configuration keep settings that were removed, so the specification
    # must not refuse unknown ones. The source itself does.
    "additionalProperties",
    "secret",  # Airbyte uses airbyte_secret
    "writeOnly",
}
_WORDS = {
    "the replication method FULL_TABLE": "a full refresh",
    "FULL_TABLE": "full refresh",
    "incremental replication": "an incremental sync",
    "Incremental replication": "An incremental sync",
    " (meltano state clear)": " (the connection's data)",
    # A full refresh starts without state.
    " With one tuning job in one account and region, the next sync resumes where this "
    "one stopped.": "",
}


def specification() -> dict[str, Any]:
    """The settings as a ConnectorSpecification, without `streams`.

    A connection chooses its streams by its catalog.
    """
    settings = schema()
    del settings["properties"]["streams"]
    return {
        "connectionSpecification": {
            "$schema": "http://json-schema.org/draft-07/schema#",
            "title": "SageMaker hyperparameter tuning",
            **_described(settings),
        }
    }


def in_airbytes_words(text: str) -> str:
    """Replace Singer's terms in a sentence with Airbyte's."""
    for ours, theirs in _WORDS.items():
        text = text.replace(ours, theirs)
    return text


def _described(setting: dict[str, Any]) -> dict[str, Any]:
    """Convert a setting's schema: a single type, and `airbyte_secret` for text."""
    described = {
        part: value for part, value in setting.items() if part not in _LEFT_OUT
    }
    described["type"] = _only(setting["type"])
    if described["type"] == "string":
        described["airbyte_secret"] = setting.get("secret", False)
    if "description" in described:
        described["description"] = in_airbytes_words(described["description"])
    if "items" in described:
        described["items"] = _described(described["items"])
    if "properties" in described:
        described["properties"] = {
            name: {**_described(inner), "order": place}
            for place, (name, inner) in enumerate(described["properties"].items())
        }
    return described


def _only(kinds: str | list[str]) -> str:
    """Return a setting's only type, which must not include null."""
    if isinstance(kinds, str):
        return kinds
    (kind,) = kinds
    return kind
