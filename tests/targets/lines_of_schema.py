"""target-jsonl with a folder per schema, where the other targets have a schema.

It runs in the target's place: `lines_of_schema.py PROGRAM --config FILE`.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path


def main(program: str, _option: str, file: str) -> None:
    """Become the target, with the folder of the schema."""
    config = json.loads(Path(file).read_text(encoding="utf-8"))
    folder = Path(config["destination_path"]) / config.pop("default_target_schema")
    changed = Path(file).with_name("target-jsonl.json")
    changed.write_text(json.dumps(config | {"destination_path": str(folder)}), "utf-8")
    os.execv(program, [program, "--config", str(changed)])  # noqa: S606 - the target


if __name__ == "__main__":
    main(*sys.argv[1:])
