"""Settings that environment variables give, as they are or misspelled."""

from __future__ import annotations

import json
import os
from contextlib import suppress
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from singer_sdk.configuration._dict_config import parse_environment_config

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_SIMILAR = 0.75
"""How alike a variable's name is to a setting's that was meant, 0 to 1: REGION is like
REGIONS, and HOME or CONFIG like none."""


def read(schema: Mapping[str, Any], prefix: str) -> dict[str, Any]:
    """Read the settings that environment variables give.

    Args:
        schema: JSON Schema of `SETTINGS` and the SDK's own settings.
        prefix: How the variables' names begin.

    Returns:
        Their values: the SDK's, but a whole number is read as it is in a file.

    Raises:
        RecursionError, ValueError: One is not the JSON that it should be; see
            `problem`.
    """
    properties = schema["properties"]
    numbers = {name for name in properties if "integer" in properties[name]["type"]}
    read_as = {**properties, **{name: {"type": ["string"]} for name in numbers}}
    found = parse_environment_config({"properties": read_as}, prefix)
    for name in numbers & set(found):
        with suppress(ValueError):  # what is no number is refused like any other text
            found[name] = json.loads(found[name])
    return found


def problem(properties: Mapping[str, Mapping[str, Any]], prefix: str) -> str | None:
    """Find an environment variable that should hold JSON and does not.

    Args:
        properties: JSON Schema of each setting.
        prefix: How the variables' names begin.

    Returns:
        A sentence, without the value; None if each can be read.
    """
    for name, schema in properties.items():
        kinds, items = schema["type"], schema.get("items", {})
        # A list of text may have commas instead.
        if "object" in kinds or ("array" in kinds and "object" in items["type"]):
            variable = prefix + name.upper()
            try:
                json.loads(os.environ.get(variable, "null"))
            except (RecursionError, ValueError):
                return f"{name}: {variable} is not JSON"
    return None


def unknown_variables(known: Iterable[str], prefix: str) -> tuple[list[str], list[str]]:
    """Find environment variables that have the prefix and are no setting.

    Meltano's begin with a second underscore, and the SDK has LOGLEVEL.

    Args:
        known: The names of the settings.
        prefix: How the variables' names begin.

    Returns:
        A sentence about each that is probably a misspelled setting; and one about each
        that resembles none, and may be someone else's.
    """
    suffixes = {name.upper(): prefix + name.upper() for name in known}
    misspelled, others = [], []
    for name in sorted(os.environ):
        suffix = name.removeprefix(prefix)
        is_ours = name.startswith(prefix) and not suffix.startswith(("_", "LOGLEVEL"))
        if not is_ours or suffix in suffixes:
            continue
        close = get_close_matches(suffix, suffixes, n=1, cutoff=_SIMILAR)
        if close:
            meant = suffixes[close[0]]
            misspelled.append(f"{name}: no such setting. Did you mean {meant}?")
        else:
            others.append(f"{name}: no such setting: the variable is not used")
    return misspelled, others
