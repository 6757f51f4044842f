"""Rewrites every generated file: `make generated`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from tap_tools.generated import (
    emulator,
    infrastructure,
    lineage,
    pages,
    reference,
    registries,
    settings,
)

if TYPE_CHECKING:
    from pathlib import Path


def files() -> dict[Path, str]:
    """The current text of every generated file."""
    return {
        **settings.files(),
        **lineage.files(),
        **registries.files(),
        **pages.files(),
        **reference.files(),
        **infrastructure.files(),
        **emulator.files(),
    }


def main() -> int:
    """Write the files that are out of date and print their names; returns 0."""
    for path, text in files().items():
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")
            sys.stdout.write(f"{path}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
