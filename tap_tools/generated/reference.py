"""The reference of the marts: one page per table, as the dbt project describes it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tap_tools import ROOT
from tap_tools.generated.markdown import table
from tap_tools.generated.marts import Mart, marts

if TYPE_CHECKING:
    from pathlib import Path

FOLDER = ROOT / "docs" / "models" / "marts"


def files() -> dict[Path, str]:
    """The current text of every mart's page, by its file."""
    return {FOLDER / f"{mart.short_name}.md": _page(mart) for mart in marts()}


def index() -> str:
    """The list of the marts, with a link and the first sentence about each."""
    rows = [
        (f"[`{mart.short_name}`]({mart.short_name}.md)", mart.first_sentence)
        for mart in marts()
    ]
    names = "\n".join(mart.short_name for mart in marts())
    toctree = f"```{{toctree}}\n:hidden:\n\n{names}\n```\n\n"
    return table(("Mart", "What it has"), rows) + toctree


def _page(mart: Mart) -> str:
    columns = [(f"`{name}`", meaning) for name, meaning in mart.columns.items()]
    return (
        f"# `{mart.short_name}`\n\n{mart.description}\n\n"
        f"In the warehouse, it is `{mart.name}` in the schema `sagemaker_tuning`.\n"
        f"{table(('Column', 'Meaning'), columns)}"
        "<!-- Written by `make generated`, from transform/models/marts/_marts.yml -->\n"
    )
