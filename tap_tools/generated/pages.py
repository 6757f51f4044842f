"""The generated parts of the documentation."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from tap_sagemaker_tuning import schemas_root
from tap_sagemaker_tuning.airbyte.source import AirbyteTap
from tap_tools import ROOT
from tap_tools.generated import confirmations, reference, settings, targets
from tap_tools.generated.markdown import json_block, table
from tap_tools.generated.marks import filled
from tap_tools.generated.policies import (
    SWITCHES,
    operations,
    policy,
    policy_of,
    streams,
    summaries,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from tap_sagemaker_tuning.streams.base import TapStream

AIRBYTE_PAGE = ROOT / "registries" / "airbyte" / "sagemaker-tuning.md"

_WORDS = {
    "array": "list",
    "boolean": "true or false",
    "integer": "whole number",
    "number": "number",
    "object": "object",
    "string": "text",
}
_LISTS = {
    "array": "list of lists",
    "integer": "list of whole numbers",
    "number": "list of numbers",
    "object": "list of objects",
    "string": "list of text",
}

Schema = dict[str, Any]


def pages() -> list[Path]:
    """The README, the connector's page for Airbyte and the pages of `docs/`."""
    return [ROOT / "README.md", AIRBYTE_PAGE, *sorted((ROOT / "docs").rglob("*.md"))]


def files() -> dict[Path, str]:
    """The current text of every page.

    Raises:
        KeyError: A page marks a part that is not generated.
    """
    made = parts()
    return {page: filled(page.read_text(encoding="utf-8"), made) for page in pages()}


def parts() -> dict[str, str]:
    """Every generated part by its name."""
    made = {
        "streams": _streams(),
        "toctree of streams": _toctree(),
        "selection of all streams": _selection(),
        "pages with a policy": _pages_with_a_policy(),
        "streams for Airbyte": _streams_for_airbyte(),
        "actions for Airbyte": _actions_for_airbyte(),
        "marts": reference.index(),
        "permissions": _permissions(),
        "targets": f"\n{targets.table()}\n\n",
        "confirmations": confirmations.summary(),
        "facts": confirmations.tables(),
        "settings": _settings(settings.own()),
        "settings of the SDK": _settings(sdk_settings()),
        "policy of the summaries": json_block(policy(summaries())),
        "policy of all streams": json_block(policy(streams())),
        "policy of the organization": json_block(policy_of(SWITCHES["list_accounts"])),
        "policy of enabled regions": json_block(policy_of(SWITCHES["list_regions"])),
    }
    for stream in streams():
        made[f"facts of {stream.name}"] = _facts(stream)
        made[f"columns of {stream.name}"] = _columns(stream.name)
        if not stream.selected_by_default:
            made[f"policy of {stream.name}"] = json_block(policy([stream]))
    return made


def sdk_settings() -> Schema:
    """The settings that the SDK adds, by name."""
    own = settings.own()
    return {name: of for name, of in settings.every().items() if name not in own}


def _streams() -> str:
    rows = [
        (
            f"[`{stream.name}`]({stream.name}.md)",
            opening(stream),
            "yes" if stream.selected_by_default else "no",
        )
        for stream in streams()
    ]
    return table(("Stream", "What a row is", "Selected by default"), rows)


def _toctree() -> str:
    names = "\n".join(stream.name for stream in streams())
    return f"\n```{{toctree}}\n:hidden:\n\n{names}\n```\n\n"


def _selection() -> str:
    patterns = "\n".join(f"- {stream.name}.*" for stream in streams())
    return f"\n```yaml\nselect:\n{patterns}\n```\n\n"


def _pages_with_a_policy() -> str:
    links = "".join(
        f"- [`{stream.name}`](streams/{stream.name}.md)\n"
        for stream in streams()
        if not stream.selected_by_default
    )
    return f"\n{links}\n"


def opening(stream: TapStream) -> str:
    """What a row is: the first sentence of the stream's page, if that is written."""
    page = ROOT / "docs" / "streams" / f"{stream.name}.md"
    lines = page.read_text(encoding="utf-8").splitlines() if page.exists() else []
    return "".join(lines[2:3])


def _streams_for_airbyte() -> str:
    described = AirbyteTap(setup_mapper=False).describe()["streams"]
    by_name = {stream["name"]: stream for stream in described}
    rows = [
        (
            f"`{stream.name}`",
            opening(stream),
            ", ".join(f"`{key}`" for key in stream.primary_keys),
            "".join(
                f"`{column}`"
                for column in by_name[stream.name].get("default_cursor_field", [])
            ),
        )
        for stream in streams()
    ]
    return table(("Stream", "What a row is", "Primary key", "Cursor"), rows)


def _actions_for_airbyte() -> str:
    rows = [
        (
            f"`{stream.name}`",
            ", ".join(f"`{call.iam_action}`" for call in stream.operations) or "none",
        )
        for stream in streams()
    ]
    return table(("Stream", "Actions"), rows)


def _methods(stream: TapStream) -> str:
    return " or ".join(f"`{method}`" for method in stream.methods)


def _facts(stream: TapStream) -> str:
    keys = ", ".join(f"`{key}`" for key in stream.primary_keys)
    lines = [f"- Primary key: {keys}", f"- Replication: {_methods(stream)}"]
    if stream.replication_key:
        lines.append(f"- Replication key: `{stream.replication_key}`")
    selected = "yes" if stream.selected_by_default else "no"
    lines.append(f"- Selected by default: {selected}")
    if not stream.operations:
        return "\n" + "\n".join([*lines, "- Calls: none of its own"]) + "\n\n"
    rows = [
        (
            f"`{call.iam_action}`",
            f"`{call.resource}`",
            str(call.page_limit or 1),
        )
        for call in stream.operations
    ]
    head = ("Call and IAM action", "Resource", "Items per call")
    return "\n" + "\n".join(lines) + "\n" + table(head, rows)


def _permissions() -> str:
    rows = [
        (
            f"`{call.iam_action}`",
            f"`{call.resource}`",
            ", ".join(
                f"`{each.name}`" for each in streams() if call in each.operations
            ),
        )
        for call in operations(streams())
    ]
    return table(("IAM action", "Resource", "Streams"), rows)


def _columns(stream: str) -> str:
    text = schemas_root().joinpath(f"{stream}.json").read_text(encoding="utf-8")
    rows = list(_rows(json.loads(text)["properties"]))
    return table(("Column", "Type", "Meaning"), rows)


def _rows(
    properties: Mapping[str, Schema], above: str = ""
) -> Iterator[tuple[str, str, str]]:
    for name, schema in properties.items():
        yield f"`{above}{name}`", _type(schema), schema["description"]
        yield from _rows(schema.get("properties", {}), f"{above}{name}.")
        items = schema.get("items", {})
        yield from _rows(items.get("properties", {}), f"{above}{name}[].")


def _settings(settings: Mapping[str, Schema]) -> str:
    rows = [
        (
            f"`{name}`",
            _type(schema).removesuffix(" or null")
            + (", secret" if schema.get("secret") else ""),
            f"`{schema['default']}`" if "default" in schema else "",
            schema["description"] + _choices(schema),
        )
        for name, schema in settings.items()
    ]
    return table(("Setting", "Type", "Default", "Meaning"), rows)


def _choices(schema: Schema) -> str:
    choices = ", ".join(f"`{choice}`" for choice in schema.get("enum", ()))
    return choices and f" One of {choices}."


def _type(schema: Schema) -> str:
    """Say a JSON Schema's type in words."""
    given = schema["type"]
    kinds = given if isinstance(given, list) else [given]
    or_null = " or null" if "null" in kinds else ""
    values = schema.get("additionalProperties")
    if schema.get("format") == "date-time":
        return "time" + or_null
    if kinds[0] == "object" and isinstance(values, dict) and "type" in values:
        return f"map of {_WORDS[_kind(values)]}" + or_null
    if kinds[0] == "array":
        return _LISTS[_kind(schema["items"])] + or_null
    return _WORDS[kinds[0]] + or_null


def _kind(schema: Schema) -> str:
    given = schema["type"]
    return str(given[0] if isinstance(given, list) else given)
