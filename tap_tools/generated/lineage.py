"""The picture of what each mart of the dbt project reads."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tap_tools import ROOT
from tap_tools.generated.marts import MODELS, marts

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

FOLDER = ROOT / "docs" / "models"

_COLORS = {
    "": {"paper": "#ffffff", "mart": "#e3f2e8", "stream": "#e6eefb", "text": "#1f2933"},
    "-dark": {
        "paper": "#131416",
        "mart": "#1d4a30",
        "stream": "#1f3a63",
        "text": "#eeeeee",
    },
}
"""The colors in each theme, by what the name of its file ends with."""

_LEFT, _TOP, _WIDTH, _HEIGHT, _BOX = 12, 12, 280, 36, 200

_REF = re.compile(r"ref\('(\w+)'\)")
_STREAM = re.compile(r"(?:rows_of\(|source\('sagemaker_tuning', )'(\w+)'")
_ABOUT_CHANGES = {"int_sagemaker_tuning__tuning_jobs", "int_sagemaker_tuning__builds"}
"""Every mart reads these, to see which tuning jobs changed."""


def lineage() -> list[tuple[str, list[str], list[str]]]:
    """The marts, each with the marts and the streams that it reads, not via a mart."""
    project = MODELS.parent
    texts = {
        path.stem: path.read_text(encoding="utf-8")
        for folder in (MODELS, project / "snapshots")
        for path in folder.rglob("*.sql")
    }
    names = [mart.name for mart in marts()]

    def sources(model: str, seen: set[str]) -> Iterator[str]:
        text = texts.get(model, "")
        yield from _STREAM.findall(text)
        for parent in _REF.findall(text):
            if parent in names:
                yield parent
            elif parent not in seen | _ABOUT_CHANGES:
                seen.add(parent)
                yield from sources(parent, seen)

    read = {name: set(sources(name, set())) for name in names}
    return [
        (
            name,
            [each for each in names if each in read[name]],
            sorted(read[name] - set(names)),
        )
        for name in names
    ]


def files() -> dict[Path, str]:
    """The picture as SVG in each theme, by its file."""
    return {
        FOLDER / f"lineage{theme}.svg": picture(colors)
        for theme, colors in _COLORS.items()
    }


def picture(colors: dict[str, str]) -> str:
    """Draw it: streams on the left, each mart to the right of what it reads."""
    read = {mart: [*above, *streams] for mart, above, streams in lineage()}
    streams = sorted({each for above in read.values() for each in above} - set(read))
    depth = dict.fromkeys(streams, 0)
    for mart in sorted(read, key=lambda name: len(_ancestors(name, read))):
        depth[mart] = 1 + max(depth[each] for each in read[mart])
    columns = [
        [n for n in depth if depth[n] == d] for d in range(max(depth.values()) + 1)
    ]
    place = {
        name: (_LEFT + column * _WIDTH, _TOP + row * _HEIGHT)
        for column, names in enumerate(columns)
        for row, name in enumerate(names)
    }
    lines = [_edge(place[above], place[mart]) for mart in read for above in read[mart]]
    boxes = [
        _box(name, place[name], colors["mart" if name in read else "stream"])
        for name in place
    ]
    width = _LEFT + len(columns) * _WIDTH
    height = _TOP + max(map(len, columns)) * _HEIGHT
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}">',
            f'<g font-family="sans-serif" font-size="13" fill="{colors["text"]}">',
            f'<rect width="{width}" height="{height}" fill="{colors["paper"]}"/>',
            *lines,
            *boxes,
            "</g></svg>\n",
        ]
    )


def _ancestors(name: str, read: dict[str, list[str]]) -> set[str]:
    above = read.get(name, [])
    return {*above, *(each for parent in above for each in _ancestors(parent, read))}


def _edge(start: tuple[int, int], end: tuple[int, int]) -> str:
    (x, y), (to_x, to_y) = (start[0] + _BOX, start[1] + 12), (end[0], end[1] + 12)
    middle = (x + to_x) // 2
    return (
        f'<path d="M{x} {y} C{middle} {y} {middle} {to_y} {to_x} {to_y}" '
        'fill="none" stroke="#9aa5b1"/>'
    )


def _box(name: str, place: tuple[int, int], color: str) -> str:
    x, y = place
    shown = name.removeprefix("sagemaker_tuning__")
    return (
        f'<rect x="{x}" y="{y}" width="{_BOX}" height="24" rx="4" fill="{color}" '
        'stroke="#9aa5b1"/>'
        f'<text x="{x + 8}" y="{y + 17}">{shown}</text>'
    )
