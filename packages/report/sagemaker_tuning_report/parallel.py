"""Parallel coordinates: one axis per hyperparameter, one line per trial."""

from __future__ import annotations

from typing import Any

import altair as alt

from sagemaker_tuning_report.encodings import HOVERED, PINNED, by_pin, colour, picture

AXES = alt.NamedData(name="axes")
TICKS = alt.NamedData(name="ticks")
POINTS = alt.NamedData(name="points")
BRUSHES = alt.NamedData(name="brushes")


def parallel(*, is_flat: bool) -> dict[str, Any]:
    """Return the chart.

    Args:
        is_flat: Whether to stack horizontal axes, for a narrow page, instead of placing
            vertical axes side by side.
    """
    along, across = ("y", "x") if is_flat else ("x", "y")
    ends = [-0.55, alt.ExprRef(expr="axes - 0.45")]
    place = {along: _channel(along, "row", ends, is_down=is_flat)}
    positions = {**place, across: _channel(across, "position", [0, 1])}
    whole: dict[str, Any] = {
        across: alt.value(0),
        f"{across}2": alt.value("width" if is_flat else "height"),
    }
    axes = (
        alt.Chart(AXES)
        .mark_rule(color=colour("line"), strokeWidth=1.5)
        .encode(**place, **whole)
    )
    ticks = alt.Chart(TICKS).encode(**positions)
    marks = ticks.mark_tick(
        orient="vertical" if is_flat else "horizontal",
        size=8,
        thickness=1.5,
        color=colour("muted"),
    )
    start: dict[str, Any] = {across: alt.value(0)}
    names = alt.Chart(AXES).encode(**place, **start, text="name:N")
    layers = [
        axes,
        *_lines(positions),
        marks,
        _brushes(place, across),
        *_text(
            ticks.encode(text="label:N"),
            "muted",
            _label_style(is_flat=is_flat),
            halo=9 if is_flat else 4,
        ),
        *_text(names, "ink", _name_style(is_flat=is_flat), halo=9 if is_flat else 4),
    ]
    return picture(layers, axes=2, trials=1)


def _channel(
    channel: str, field: str, domain: list[Any], *, is_down: bool = False
) -> Any:
    scale = alt.Scale(
        domain=domain, nice=False, zero=False, reverse=is_down or alt.Undefined
    )
    made: Any = alt.X if channel == "x" else alt.Y
    return made(f"{field}:Q", axis=None, scale=scale)


def _lines(positions: dict[str, Any]) -> list[alt.Chart]:
    """Draw one line per trial, stronger for better trials, and highlight one."""
    lines = alt.Chart(POINTS).encode(**positions, detail="trial:N", order="row:Q")
    faint = lines.encode(opacity=alt.Opacity("strength:Q", scale=None))
    width = alt.ExprRef(expr="clamp(22 / sqrt(trials), 0.8, 2)")
    better = alt.Color("colour:N", scale=None, legend=None)
    pointed_at = lines.transform_filter(HOVERED)
    return [
        faint.transform_filter("!isValid(datum.goodness)").mark_line(
            strokeWidth=width, color=colour("muted")
        ),
        faint.transform_filter("isValid(datum.goodness)")
        .mark_line(strokeWidth=width)
        .encode(color=better),
        lines.transform_filter(PINNED).mark_line(strokeWidth=3, color=by_pin()),
        pointed_at.mark_line(strokeWidth=3.5, color=colour("ink")),
        pointed_at.mark_point(filled=True, size=60, color=colour("ink"), opacity=1),
    ]


def _brushes(place: dict[str, Any], across: str) -> alt.Chart:
    """Draw the parts of axes that the reader selected."""
    piece: dict[str, Any] = {
        across: _channel(across, "from", [0, 1]),
        f"{across}2": "to:Q",
    }
    rule: alt.Chart = (
        alt.Chart(BRUSHES)
        .mark_rule(color=colour("accent"), opacity=0.35, strokeWidth=16)
        .encode(**place, **piece)
    )
    return rule


def _text(
    base: alt.Chart, name: str, style: dict[str, Any], *, halo: int
) -> tuple[alt.Chart, alt.Chart]:
    """Draw text with a halo in the background color, so that it is legible on lines."""
    below: dict[str, Any] = {
        "fill": colour("paper"),
        "stroke": colour("paper"),
        "strokeWidth": halo,
        "strokeJoin": "round",
    }
    return base.mark_text(**style, **below), base.mark_text(**style, color=colour(name))


def _label_style(*, is_flat: bool) -> dict[str, Any]:
    size: dict[str, Any] = {"fontSize": 11}
    if not is_flat:
        return {**size, "align": "left", "baseline": "middle", "dx": 8}
    at_the_end = "datum.position > 0.96 ? 'right' : 'center'"
    align = alt.ExprRef(expr=f"datum.position < 0.04 ? 'left' : {at_the_end}")
    return {**size, "align": align, "baseline": "top", "dy": 7}


def _name_style(*, is_flat: bool) -> dict[str, Any]:
    style: dict[str, Any] = {
        "fontSize": 12,
        "fontWeight": 600,
        "lineHeight": 14,
        "baseline": "bottom",
    }
    if is_flat:
        return {**style, "align": "left", "dy": -6}
    # A name is an array of lines, and its position is that of the first line.
    above = alt.ExprRef(expr="-16 - 14 * (length(datum.name) - 1)")
    return {**style, "align": "center", "dy": above}
