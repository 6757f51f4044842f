"""Tables and JSON as Markdown."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table, with an empty line above and below."""
    rule = ["---"] * len(head)
    cells = [[cell.replace("|", "\\|") for cell in row] for row in (head, rule, *rows)]
    return "\n" + "".join(f"| {' | '.join(row)} |\n" for row in cells) + "\n"


def json_block(value: object) -> str:
    """A JSON code block, with an empty line above and below."""
    return f"\n```json\n{json.dumps(value, indent=2)}\n```\n\n"
