"""The parts of README.md that are made from the code: `python -m tests.readme`.

Each stands between two comments, `<!-- NAME: generated -->` and `<!-- end -->`.
"""

from __future__ import annotations

import copy
import json
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tap_sagemaker_tuning import schemas_root
from tap_sagemaker_tuning.aws.client import IAM_ACTIONS
from tap_sagemaker_tuning.settings import SETTINGS
from tap_sagemaker_tuning.tap import TapSageMakerTuning

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

README = Path(__file__).resolve().parent.parent / "README.md"
ACCOUNT = "123456789012"
STREAMS = ("tuning_jobs", "training_job_summaries")

_BLOCK = re.compile(r"(<!-- ([\w ]+): generated -->\n)(.*?)(<!-- end -->)", re.DOTALL)
_WORDS = {
    "array": "list",
    "boolean": "true or false",
    "integer": "whole number",
    "number": "number",
    "object": "object",
    "string": "text",
}

Schema = dict[str, Any]


def rendered(readme: str) -> str:
    """The README with every generated part made anew.

    Raises:
        KeyError: There is no part of that name.
    """
    made = parts()
    return _BLOCK.sub(lambda found: found[1] + made[found[2]] + found[4], readme)


def marked(readme: str) -> list[str]:
    """Names of the generated parts that the README has, in order."""
    return [found[2] for found in _BLOCK.finditer(readme)]


def parts() -> dict[str, str]:
    """Every generated part by its name."""
    own = SETTINGS.to_dict()["properties"]
    columns = {f"columns of {name}": _columns(name) for name in STREAMS}
    return {
        **columns,
        "settings": _settings(own),
        "settings of the SDK": _settings(sdk_settings()),
        "policy": _json(policy()),
    }


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


def policy() -> Schema:
    """The smallest IAM policy: one statement for each resource that is named."""
    resources: dict[str, list[str]] = {}
    for operation, resource in IAM_ACTIONS.items():
        resources.setdefault(resource, []).append(f"sagemaker:{operation}")
    return {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Action": actions, "Resource": _arn(resource)}
            for resource, actions in resources.items()
        ],
    }


def _arn(resource: str) -> str:
    return resource if resource == "*" else f"arn:aws:sagemaker:*:{ACCOUNT}:{resource}"


def _columns(stream: str) -> str:
    text = schemas_root().joinpath(f"{stream}.json").read_text(encoding="utf-8")
    rows = list(_rows(json.loads(text)["properties"]))
    return _table(("Column", "Type", "Meaning"), rows)


def _rows(
    properties: Mapping[str, Schema], above: str = ""
) -> Iterator[tuple[str, str, str]]:
    for name, schema in properties.items():
        meaning = schema["description"]
        yield f"`{above}{name}`", _type(schema), meaning
        yield from _rows(schema.get("properties", {}), f"{above}{name}.")


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
    """A JSON Schema's type in words."""
    given = schema["type"]
    kinds = given if isinstance(given, list) else [given]
    what = _WORDS[kinds[0]]
    if schema.get("format") == "date-time":
        what = "time"
    elif isinstance(schema.get("additionalProperties"), dict) and (
        "type" in schema["additionalProperties"]
    ):
        what = f"map of {_WORDS[schema['additionalProperties']['type']]}"
    elif kinds[0] == "array":
        inner = schema["items"]["type"]
        what = "list of objects" if inner == "object" else "list of text"
    return what + (" or null" if "null" in kinds else "")


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    rule = ["---"] * len(head)
    cells = [[cell.replace("|", "\\|") for cell in row] for row in (head, rule, *rows)]
    return "\n" + "".join(f"| {' | '.join(row)} |\n" for row in cells) + "\n"


def _json(value: object) -> str:
    return f"\n```json\n{json.dumps(value, indent=2)}\n```\n\n"


def main() -> int:
    """Rewrite the generated parts in place; gives the exit code."""
    README.write_text(rendered(README.read_text(encoding="utf-8")), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
