"""The settings and the selection in `meltano.yml`, and `.env.example`."""

from __future__ import annotations

import copy
import json
import re
from typing import TYPE_CHECKING, Any

import yaml

from tap_sagemaker_tuning.settings.schema import schema
from tap_sagemaker_tuning.tap import TapSageMakerTuning
from tap_tools import ROOT
from tap_tools.generated.policies import streams

if TYPE_CHECKING:
    from pathlib import Path

MELTANO = ROOT / "meltano.yml"
PREFIX = "TAP_SAGEMAKER_TUNING_"
NOT_OURS = {"faker_config"}
"""Settings of the SDK that need a library the tap does not depend on."""

_HEAD = """\
# Settings of tap-sagemaker-tuning, all optional. Copy this file to .env and uncomment
# what you need. Meltano reads .env, and `tap-sagemaker-tuning --config=ENV` reads the
# variables once you export them. Lists are JSON. docs/settings.md has more.
"""
_OF_THE_TAP = re.compile(r"(?<=^    settings:\n).*?(?=^\n)", re.DOTALL | re.MULTILINE)
_WIDTH = 86
"""Characters of a line in .env.example, after the comment sign."""


def own() -> dict[str, Any]:
    """The JSON Schema of each setting of the tap itself, by name."""
    properties: dict[str, Any] = schema()["properties"]
    return properties


def every() -> dict[str, Any]:
    """The JSON Schema of each setting, by name, with the SDK's own at the end."""
    whole = copy.deepcopy(TapSageMakerTuning.config_jsonschema)
    TapSageMakerTuning.append_builtin_config(whole)
    properties: dict[str, Any] = whole["properties"]
    return properties


def files() -> dict[Path, str]:
    """The current text of both files."""
    return {
        MELTANO: project(),
        ROOT / ".env.example": "\n".join([_HEAD, *map(_variable, own().items())]),
    }


def project() -> str:
    """The current text of `meltano.yml`."""
    text = MELTANO.read_text(encoding="utf-8")
    return _OF_THE_TAP.sub(lambda _: _of_meltano(), text, count=1)


def _of_meltano() -> str:
    """The tap's settings and its selection, indented as in meltano.yml."""
    selected = [f"{each.name}.*" for each in streams() if each.selected_by_default]
    settings = [
        _setting(name, of) for name, of in every().items() if name not in NOT_OURS
    ]
    listed, chosen = (
        yaml.safe_dump(part, sort_keys=False, allow_unicode=True, width=1000)
        for part in (settings, selected)
    )
    lines = [*listed.splitlines(), "select:", *chosen.splitlines()]
    return "".join(f"    {line}\n" for line in lines)


def _setting(name: str, of: dict[str, Any]) -> dict[str, Any]:
    """A setting as Meltano describes one."""
    # Meltano resolves a date such as "7 days ago".
    kind = "date_iso8601" if name.endswith("_date") else of["type"][0]
    return {
        "name": name,
        "kind": kind,
        **({"value": of["default"]} if "default" in of else {}),
        "label": of["title"],
        "description": of["description"],
        **({"sensitive": True} if of.get("secret") else {}),
    }


def _variable(setting: tuple[str, dict[str, Any]]) -> str:
    """The lines about a setting in .env.example."""
    name, of = setting
    # Not `textwrap`, which splits at hyphens and would need options for everything.
    lines = [""]
    for word in of["description"].split():
        if len(f"{lines[-1]} {word}") > _WIDTH:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    example = of.get("default", of.get("examples", [""])[0])
    value = example if isinstance(example, str) else json.dumps(example)
    about = "".join(f"# {line}\n" for line in lines)
    return f"{about}# {PREFIX}{name.upper()}={value}\n"
