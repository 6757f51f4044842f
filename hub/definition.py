"""Writes the definitions in this folder: `python -m hub.definition`.

`meltano add --from-ref` reads them; they have the form of Meltano Hub's. The tap's
settings and selection come from `meltano.yml`, the rest from the tap itself. The
loaders are those of `meltano.yml`, at the versions that the tests run.
"""

from __future__ import annotations

import json
import subprocess
import sys
from importlib.metadata import metadata
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "hub"
PATH = FOLDER / "tap-sagemaker-tuning.yml"

LOADERS = ("target-postgres", "target-snowflake", "target-duckdb")

PACKAGE = "TUNING_TAP_PACKAGE"
"""The variable that says where the package is. It is not on PyPI, so anyone could
register its name there (put the name here once it is ours)."""

_HEAD = "# Made by `python -m hub.definition`: change meltano.yml or the tap instead.\n"


def definition() -> dict[str, Any]:
    """The definition, its members in the order of Meltano Hub's."""
    about = _about()
    entry = _entry("extractors", about["name"])
    return {
        "name": about["name"],
        "variant": "original",
        "label": "Amazon SageMaker hyperparameter tuning",
        "description": metadata(about["name"])["Summary"],
        "namespace": entry["namespace"],
        "pip_url": f"${{{PACKAGE}}}",
        "executable": entry["executable"],
        "capabilities": about["capabilities"],
        "settings": entry["settings"],
        "settings_group_validation": [about["settings"].get("required", [])],
        "select": entry["select"],
        "keywords": ["aws", "machine learning", "meltano_sdk", "sagemaker"],
        "maintenance_status": "active",
        "supported_python_versions": about["supported_python_versions"],
    }


def rendered() -> dict[Path, str]:
    """Every definition as YAML, by its file."""
    made = {PATH: definition()}
    for name in LOADERS:
        entry = _entry("loaders", name)
        made[FOLDER / f"{name}.yml"] = {"name": name, "variant": "tested", **entry}
    return {path: _HEAD + _yaml(made[path]) for path in made}


def _yaml(entry: dict[str, Any]) -> str:
    return yaml.safe_dump(entry, sort_keys=False, allow_unicode=True, width=1000)


def _about() -> dict[str, Any]:
    """The tap's own --about."""
    tap = Path(sys.executable).with_name("tap-sagemaker-tuning")
    told = subprocess.run(  # noqa: S603 - the command is ours
        [str(tap), "--about", "--format=json"], capture_output=True, check=True
    )
    found: dict[str, Any] = json.loads(told.stdout)
    return found


def _entry(kind: str, name: str) -> dict[str, Any]:
    """A plugin's entry in meltano.yml."""
    project = yaml.safe_load((ROOT / "meltano.yml").read_text(encoding="utf-8"))
    (entry,) = (each for each in project["plugins"][kind] if each["name"] == name)
    return dict(entry)


def main() -> int:
    """Write them; gives the exit code."""
    for path, text in rendered().items():
        path.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
