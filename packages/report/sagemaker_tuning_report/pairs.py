"""Two hyperparameters against each other, with the places where no trial was."""

from __future__ import annotations

from typing import Any

import altair as alt

from sagemaker_tuning_report.encodings import HOVERED, colour, picture, pinned, ring


def pair() -> dict[str, Any]:
    """Return the chart. Positions on both axes are between 0 and 1."""
    cells = (
        alt.Chart(alt.NamedData(name="cells"))
        .mark_rect(color="url(#unseen)", stroke=colour("line"))
        .encode(x=_axis("x"), x2="x2:Q", y=_axis("y"), y2="y2:Q")
    )
    points = alt.Chart(alt.NamedData(name="points")).encode(x=_axis("x"), y=_axis("y"))
    size = alt.ExprRef(expr="length(data('points')) > 300 ? 24 : 60")
    unranked = points.transform_filter("!isValid(datum.colour)")
    ranked = points.transform_filter("isValid(datum.colour)")
    layers = [
        cells,
        unranked.mark_point(size=size, color=colour("muted"), shape="cross"),
        ranked.mark_point(
            filled=True, size=size, opacity=1, stroke=colour("muted"), strokeWidth=0.6
        ).encode(fill=alt.Fill("colour:N", scale=None, legend=None)),
        *pinned(points, 110),
        points.transform_filter(HOVERED).mark_point(**ring(150)),
    ]
    none: Any = []
    return picture(layers, xTicks=none, xLabels=none, yTicks=none, yLabels=none)


def _axis(channel: str) -> Any:
    made: Any = alt.X if channel == "x" else alt.Y
    return made(
        f"{channel}:Q",
        title=None,
        scale=alt.Scale(domain=[0, 1], nice=False, padding=8),
        axis=alt.Axis(
            values=alt.ExprRef(expr=f"{channel}Ticks"),
            labelExpr=f"{channel}Labels[indexof({channel}Ticks, datum.value)]",
            labelOverlap=True,
            labelLimit=120,
            grid=False,
        ),
    )
