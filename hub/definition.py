"""Makes `tap-sagemaker-tuning.yml` anew: `python -m hub.definition`.

It is what `meltano add --from-ref` reads, and has the form of Meltano Hub's
definitions. Settings and selection are those of `meltano.yml`, all else is what the
tap says of itself.
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
PATH = ROOT / "hub" / "tap-sagemaker-tuning.yml"

PACKAGE = "TUNING_TAP_PACKAGE"
"""The variable that says where the package is. Under its name alone an index could
serve anybody's: it is registered on none (put the name here once it is)."""

_HEAD = "# Made by `python -m hub.definition`: change meltano.yml or the tap instead.\n"


def definition() -> dict[str, Any]:
    """The definition, its members in the order of Meltano Hub's."""
    about = _about()
    entry = _entry()
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


def rendered() -> str:
    """The definition as YAML."""
    return _HEAD + yaml.safe_dump(
        definition(), sort_keys=False, allow_unicode=True, width=1000
    )


def _about() -> dict[str, Any]:
    """What the tap says of itself."""
    tap = Path(sys.executable).with_name("tap-sagemaker-tuning")
    told = subprocess.run(  # noqa: S603 - the command is ours
        [str(tap), "--about", "--format=json"], capture_output=True, check=True
    )
    found: dict[str, Any] = json.loads(told.stdout)
    return found


def _entry() -> dict[str, Any]:
    """The tap's entry in meltano.yml."""
    project = yaml.safe_load((ROOT / "meltano.yml").read_text(encoding="utf-8"))
    (entry,) = project["plugins"]["extractors"]
    return dict(entry)


def main() -> int:
    """Write it; gives the exit code."""
    PATH.write_text(rendered(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
