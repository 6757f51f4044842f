"""Reads settings from environment variables, and finds misspelled ones."""

from __future__ import annotations

import json
import os
from contextlib import suppress
from difflib import get_close_matches
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from singer_sdk.configuration._dict_config import parse_environment_config

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_SIMILAR = 0.75
"""How similar a name must be to a setting's to count as a misspelling, from 0 to 1:
REGION resembles REGIONS, but HOME and CONFIG resemble no setting."""


def read(schema: Mapping[str, Any], prefix: str) -> dict[str, Any]:
    """Read the settings from environment variables.

    Args:
        schema: The JSON Schema of all settings, including the SDK's.
        prefix: The prefix of the variables' names.

    Returns:
        Their values, as the SDK parses them; but integers as in a file, so that 2.0 is
        accepted.

    Raises:
        RecursionError, ValueError: A variable should hold JSON and does not; `problem`
            finds it.
    """
    properties = schema["properties"]
    numbers = {name for name in properties if "integer" in properties[name]["type"]}
    read_as = {**properties, **{name: {"type": ["string"]} for name in numbers}}
    config = parse_environment_config({"properties": read_as}, prefix)
    for name in numbers & set(config):
        with suppress(ValueError):  # text that is not a number is refused later
            config[name] = json.loads(config[name])
    return config


def problem(properties: Mapping[str, Mapping[str, Any]], prefix: str) -> str | None:
    """Find an environment variable that should hold JSON and does not.

    Args:
        properties: The JSON Schema of each setting, by name.
        prefix: The prefix of the variables' names.

    Returns:
        A sentence, without the value; None if there is no such variable.
    """
    for name, schema in properties.items():
        kinds, items = schema["type"], schema.get("items", {})
        # A list of strings may be separated by commas instead.
        if "object" in kinds or ("array" in kinds and "object" in items["type"]):
            variable = prefix + name.upper()
            try:
                json.loads(os.environ.get(variable, "null"))
            except (RecursionError, ValueError):
                return f"{name}: {variable} is not JSON"
    return None


def unencrypted(endpoint: str | None) -> list[str]:
    """Find endpoints on other machines whose URL is not encrypted.

    Args:
        endpoint: The setting aws_endpoint_url, if it is set.

    Returns:
        A sentence about each, without its URL.
    """
    urls = {
        name: url
        for name, url in sorted(os.environ.items())
        if name.startswith("AWS_ENDPOINT_URL")
    }
    if endpoint is not None:
        urls["aws_endpoint_url"] = endpoint
    return [
        f"{name}: http:// sends session tokens and responses unencrypted over the "
        "network. Use https://"
        for name, url in urls.items()
        if _is_remote_http(url)
    ]


def _is_remote_http(url: str) -> bool:
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:  # refused later
        return False
    if parts.scheme != "http" or host == "localhost" or host.endswith(".localhost"):
        return False
    try:
        return not ip_address(host).is_loopback
    except ValueError:  # a name
        return bool(host)


def unknown_variables(known: Iterable[str], prefix: str) -> tuple[list[str], list[str]]:
    """Find environment variables that have the prefix but match no setting.

    Meltano's own have a second underscore, and the SDK's is LOGLEVEL; these are
    skipped.

    Args:
        known: The names of the settings.
        prefix: The prefix of the variables' names.

    Returns:
        A sentence about each probable misspelling; and one about each other variable,
        which may belong to another program.
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
            others.append(f"{name}: no such setting: the variable is ignored")
    return misspelled, others
