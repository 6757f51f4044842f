"""The generated parts of the emulator's README: its own HTTP interface."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sagemaker_tuning_emulator.admin import ENDPOINTS
from sagemaker_tuning_emulator.faults import KINDS
from tap_tools import ROOT
from tap_tools.generated.markdown import table
from tap_tools.generated.marks import filled

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

README = ROOT / "packages" / "emulator" / "README.md"


def files() -> dict[Path, str]:
    """The current text of the README.

    Raises:
        KeyError: It marks a part that is not generated.
    """
    return {README: filled(README.read_text(encoding="utf-8"), parts())}


def parts() -> dict[str, str]:
    """Every generated part by its name."""
    return {
        "endpoints": _endpoints(),
        "faults": table(
            ("Kind", "What happens", "Its own fields"),
            [
                (f"`{kind}`", effect.text, ", ".join(f"`{f}`" for f in effect.fields))
                for kind, effect in KINDS.items()
            ],
        ),
        "fields": "".join(_fields()),
    }


def _endpoints() -> str:
    rows = []
    for endpoint in ENDPOINTS:
        fields = endpoint.form.fields()
        named = [f"`{field.name}`" for field in fields if field.required]
        more = ["…"] if len(named) < len(fields) else []
        request = f"`{endpoint.method} {endpoint.name}`"
        rows.append((request, endpoint.meaning, ", ".join(named + more)))
    return table(("Request", "What it does or returns", "Fields"), rows)


def _fields() -> Iterator[str]:
    head = ("Field", "Meaning", "Value", "Default")
    for endpoint in ENDPOINTS:
        rows = [
            (
                f"`{field.name}`",
                field.meaning,
                field.form,
                "required" if field.required else _code(field.default),
            )
            for field in endpoint.form.fields()
        ]
        if rows:
            yield f"\n### Fields of `{endpoint.method} {endpoint.name}`\n"
            yield table(head, rows)


def _code(text: str) -> str:
    return f"`{text}`" if text else ""
