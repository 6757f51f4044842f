"""The parts of the documents that are made from the code: `python -m docs.generate`.

Each stands between two comments, `<!-- NAME: generated -->` and `<!-- end -->`, in the
README or in a page of `docs/`. A test fails where one is not what this module makes.
"""

from __future__ import annotations

import copy
import json
import re
import sys
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from docs import confirmations, facts
from docs.marts import marts
from infrastructure.policies import SWITCHES, statements
from tap_sagemaker_tuning import schemas_root
from tap_sagemaker_tuning.airbyte.source import AirbyteTap
from tap_sagemaker_tuning.config_schema import SETTINGS
from tap_sagemaker_tuning.contract.facts import AREAS, FACTS, of
from tap_sagemaker_tuning.tap import TapSageMakerTuning

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from tap_sagemaker_tuning.aws.operations import Operation
    from tap_sagemaker_tuning.streams.base import TapStream

ROOT = Path(__file__).resolve().parent.parent
AIRBYTE_PAGE = ROOT / "airbyte" / "sagemaker-tuning.md"
ACCOUNT = "123456789012"

_BLOCK = re.compile(r"(<!-- ([\w ]+): generated -->\n)(.*?)(<!-- end -->)", re.DOTALL)
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


@cache
def streams() -> list[TapStream]:
    """All streams of the tap, in the order of `STREAMS`."""
    return list(TapSageMakerTuning(setup_mapper=False).discover_streams())


def summaries() -> list[TapStream]:
    """The streams that are selected unless a catalog says otherwise."""
    return [stream for stream in streams() if stream.selected_by_default]


def pages() -> list[Path]:
    """The README, the connector's page for Airbyte and the pages of `docs/`."""
    return [ROOT / "README.md", AIRBYTE_PAGE, *sorted((ROOT / "docs").rglob("*.md"))]


def rendered(page: str) -> str:
    """Render every generated part of a page.

    Raises:
        KeyError: There is no part of that name.
    """
    made = parts()
    return _BLOCK.sub(lambda found: found[1] + made[found[2]] + found[4], page)


def marked(page: str) -> list[str]:
    """Names of the generated parts that a page has, in order."""
    return [found[2] for found in _BLOCK.finditer(page)]


def parts() -> dict[str, str]:
    """Every generated part by its name."""
    own = SETTINGS.to_dict()["properties"]
    made = {
        "streams": _streams(),
        "toctree of streams": _toctree(),
        "selection of all streams": _selection(),
        "streams for Airbyte": _streams_for_airbyte(),
        "actions for Airbyte": _actions_for_airbyte(),
        "marts": _marts(),
        "permissions": _permissions(),
        "targets": f"\n{facts.table()}\n\n",
        "confirmations": _confirmations(),
        "facts": _facts_of_the_contract(),
        "settings": _settings(own),
        "settings of the SDK": _settings(sdk_settings()),
        "policy of the summaries": _json(policy(summaries())),
        "policy of all streams": _json(policy(streams())),
        "policy of the organization": _json(policy_of(SWITCHES["list_accounts"])),
        "policy of enabled regions": _json(policy_of(SWITCHES["list_regions"])),
    }
    for stream in streams():
        made[f"facts of {stream.name}"] = _facts(stream)
        made[f"columns of {stream.name}"] = _columns(stream.name)
        if not stream.selected_by_default:
            made[f"policy of {stream.name}"] = _json(policy([stream]))
    return made


def all_settings() -> Schema:
    """JSON Schema of all settings, the SDK's own included."""
    schema = copy.deepcopy(TapSageMakerTuning.config_jsonschema)
    TapSageMakerTuning.append_builtin_config(schema)
    return schema


def sdk_settings() -> Schema:
    """The settings that the SDK adds, by name."""
    own = SETTINGS.to_dict()["properties"]
    every = all_settings()["properties"].items()
    return {name: setting for name, setting in every if name not in own}


def operations(some: Iterable[TapStream]) -> list[Operation]:
    """What these streams call, each once."""
    found = {call.name: call for stream in some for call in stream.operations}
    return list(found.values())


def policy(some: Iterable[TapStream]) -> Schema:
    """The least-privilege IAM policy for some streams."""
    return policy_of(operations(some))


def policy_of(calls: Iterable[Operation]) -> Schema:
    """Make the least IAM policy for some operations: one statement per resource."""
    allowed = statements(calls, partition="aws", account=ACCOUNT)
    return {"Version": "2012-10-17", "Statement": allowed}


def _streams() -> str:
    rows = [
        (
            f"`{stream.name}`",
            ", ".join(f"`{key}`" for key in stream.primary_keys),
            _methods(stream),
            "yes" if stream.selected_by_default else "no",
        )
        for stream in streams()
    ]
    return _table(("Stream", "Primary key", "Replication", "Selected"), rows)


def _toctree() -> str:
    names = "\n".join(stream.name for stream in streams())
    return f"\n```{{toctree}}\n:maxdepth: 1\n\n{names}\n```\n\n"


def _selection() -> str:
    patterns = "\n".join(f"- {stream.name}.*" for stream in streams())
    return f"\n```yaml\nselect:\n{patterns}\n```\n\n"


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
    return _table(("Stream", "What a row is", "Primary key", "Cursor"), rows)


def _actions_for_airbyte() -> str:
    rows = [
        (
            f"`{stream.name}`",
            ", ".join(f"`{call.iam_action}`" for call in stream.operations) or "none",
        )
        for stream in streams()
    ]
    return _table(("Stream", "Actions"), rows)


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
    head = ("Call, and IAM action", "Resource", "Items in a call")
    return "\n" + "\n".join(lines) + "\n" + _table(head, rows)


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
    return _table(("IAM action", "Resource", "Streams"), rows)


def _confirmations() -> str:
    confirmed = confirmations.accounts()
    unseen, differing = confirmations.NOT_IN_EMULATOR, confirmations.MOTO_DIFFERS
    account = (
        f"An account has confirmed {len(confirmed)} of them, last on "
        f"{max(confirmed.values())}."
        if confirmed
        else "No account has confirmed any of them yet."
    )
    return (
        f"\nThere are {len(FACTS)} facts. {account}\n"
        f"Published responses of the service confirm {len(confirmations.RECORDED)}. "
        f"{len(FACTS) - len(unseen)} hold against the emulator; the other "
        f"{len(unseen)} concern failures, which it shows on demand. "
        f"{len(confirmations.MOTO)} hold against moto, {len(differing)} do not, and "
        "moto cannot show the others.\n\n"
    )


def _facts_of_the_contract() -> str:
    head = ("No.", "Fact", "Source", "If it is false", "Confirmed by", "An account")
    by_area = {
        area: [
            (
                str(fact.number),
                fact.statement,
                fact.source,
                fact.breaks,
                ", ".join(_confirmed(fact.number)) or "nothing",
                confirmations.accounts().get(fact.number, "never"),
            )
            for fact in of(module)
        ]
        for area, module in AREAS.items()
    }
    return "".join(
        f"\n### {area}\n{_table(head, rows)}" for area, rows in by_area.items()
    )


def _confirmed(number: int) -> Iterator[str]:
    if number in confirmations.RECORDED:
        yield "recorded"
    why = confirmations.NOT_IN_EMULATOR.get(number)
    yield "emulator, as a fault" if why else "emulator"
    if number in confirmations.MOTO:
        yield "moto"
    if different := confirmations.MOTO_DIFFERS.get(number):
        yield f"not moto: {different}"


def _marts() -> str:
    parts = [
        f"\n### `{mart.name}`\n\n{mart.description}\n"
        + _table(
            ("Column", "Meaning"),
            [(f"`{name}`", meaning) for name, meaning in mart.columns.items()],
        )
        for mart in marts()
    ]
    return "".join(parts)


def _columns(stream: str) -> str:
    text = schemas_root().joinpath(f"{stream}.json").read_text(encoding="utf-8")
    rows = list(_rows(json.loads(text)["properties"]))
    return _table(("Column", "Type", "Meaning"), rows)


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
    return _table(("Setting", "Type", "Default", "Meaning"), rows)


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


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    rule = ["---"] * len(head)
    cells = [[cell.replace("|", "\\|") for cell in row] for row in (head, rule, *rows)]
    return "\n" + "".join(f"| {' | '.join(row)} |\n" for row in cells) + "\n"


def _json(value: object) -> str:
    return f"\n```json\n{json.dumps(value, indent=2)}\n```\n\n"


def main() -> int:
    """Rewrite the generated parts in place; gives the exit code."""
    for page in pages():
        page.write_text(rendered(page.read_text(encoding="utf-8")), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
