"""The connector's specification: the settings, as Airbyte's forms want them."""

from __future__ import annotations

from typing import Any

from tap_sagemaker_tuning import config_schema

_LEFT_OUT = {
    "$schema",
    # Airbyte refuses no unknown setting, so that a configuration outlives one that is
    # taken away. The source itself refuses it.
    "additionalProperties",
    "secret",  # Airbyte's word is airbyte_secret
    "writeOnly",
}
_WORDS = {
    "the replication method FULL_TABLE": "a full refresh",
    "FULL_TABLE": "full refresh",
    "incremental replication": "an incremental sync",
    " (meltano state clear)": " (the connection's data)",
    # A full refresh starts without state.
    " With one tuning job in one account and region the next run resumes there.": "",
}


def specification() -> dict[str, Any]:
    """The settings as a ConnectorSpecification, but for what a connection chooses."""
    schema = config_schema.schema()
    del schema["properties"]["streams"]
    return {
        "connectionSpecification": {
            "$schema": "http://json-schema.org/draft-07/schema#",
            "title": "SageMaker hyperparameter tuning",
            **_described(schema),
        }
    }


def in_airbytes_words(text: str) -> str:
    """What the tap says, in the words of Airbyte's users."""
    for ours, theirs in _WORDS.items():
        text = text.replace(ours, theirs)
    return text


def _described(setting: dict[str, Any]) -> dict[str, Any]:
    """Describe a setting: one type, and of each text whether it is a secret."""
    found = {part: told for part, told in setting.items() if part not in _LEFT_OUT}
    found["type"] = _only(setting["type"])
    if found["type"] == "string":
        found["airbyte_secret"] = setting.get("secret", False)
    if "description" in found:
        found["description"] = in_airbytes_words(found["description"])
    if "items" in found:
        found["items"] = _described(found["items"])
    if "properties" in found:
        found["properties"] = {
            name: {**_described(inner), "order": place}
            for place, (name, inner) in enumerate(found["properties"].items())
        }
    return found


def _only(kinds: str | list[str]) -> str:
    """The one type that a setting has: none may be null."""
    if isinstance(kinds, str):
        return kinds
    (kind,) = kinds
    return kind
