"""Rewrites every generated file: `make generated`."""

from __future__ import annotations

import sys
from itertools import chain

from tap_tools.generated import (
    emulator,
    infrastructure,
    lineage,
    pages,
    reference,
    registries,
    settings,
)

GENERATORS = (
    settings,
    lineage,
    registries,
    pages,
    reference,
    infrastructure,
    emulator,
)
"""The modules with a function `files`: the current text of each file they generate."""


def main() -> int:
    """Write the files that are out of date and print their names; returns 0."""
    for path, text in chain.from_iterable(each.files().items() for each in GENERATORS):
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")
            sys.stdout.write(f"{path}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
