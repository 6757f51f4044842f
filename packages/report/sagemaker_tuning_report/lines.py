"""Line charts: learning curves, utilization, the runs of a family."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import altair as alt

from sagemaker_tuning_report.encodings import (
    HOVERED,
    MARKED,
    PINNED,
    by_pin,
    colour,
    objective,
    picture,
    ring,
    time,
)

if TYPE_CHECKING:
    from sagemaker_tuning_report.encodings import Scale

SERIES = ("CPU", "memory", "GPU", "GPU memory", "disk")
"""The parts of a machine whose utilization is measured."""
DASHES = ([1, 0], [6, 3], [2, 2], [8, 3, 2, 3], [1, 4])


def lines() -> dict[str, dict[str, Any]]:
    """Return each chart by name; linear and log axes are separate charts."""
    value = {"valueLow": 0, "valueHigh": 1, "minutesHigh": 1}
    moment = {"timeLow": 0, "timeHigh": 1}
    scales: tuple[Scale, ...] = ("linear", "log")
    made = {"utilization": picture(_utilization(), **value)}
    for scale in scales:
        made[f"curves-{scale}"] = picture(_curves(scale), **value)
        made[f"runs-{scale}"] = picture(_runs(scale), **moment, valueLow=0, valueHigh=1)
    return made


def _minutes() -> alt.X:
    """Encode minutes since a trial's start."""
    return alt.X(
        "minutes:Q",
        title=None,
        scale=alt.Scale(domain=[0, alt.ExprRef(expr="minutesHigh")], nice=False),
        axis=alt.Axis(
            tickCount={"expr": "max(2, width / 110)"},
            labelExpr="datum.value >= 120 ? format(datum.value / 60, '~r') + ' h'"
            " : format(datum.value, '~r') + ' min'",
            labelOverlap=True,
            grid=False,
        ),
    )


def _curves(scale: Scale) -> list[alt.Chart]:
    """Draw one line per trial over its own time, with the best highlighted."""
    every = alt.Chart(alt.NamedData(name="curves")).encode(
        x=_minutes(), y=objective(scale), detail="trial:N", order="minutes:Q"
    )
    best = every.transform_filter("datum.is_best")
    pointed_at = every.transform_filter(HOVERED)
    return [
        every.mark_line(color=colour("muted"), opacity=0.35, strokeWidth=1.2),
        best.mark_line(color=colour("accent"), strokeWidth=2.8),
        every.transform_filter(PINNED).mark_line(color=by_pin(), strokeWidth=2.5),
        _at_ends(every),
        pointed_at.mark_line(color=colour("ink"), strokeWidth=3),
        # An invisible wide line, because a thin one is hard to hit with the mouse.
        every.mark_line(color=colour("muted"), opacity=0, strokeWidth=11),
    ]


def _at_ends(lines: alt.Chart) -> alt.Chart:
    """Write at the end of the best line and of each pinned one what it is."""
    letter = "indexof(pinned, datum.trial)"
    label = f"(datum.is_best ? 'best ' : '') + ({letter} < 0 ? '' : 'ABCDEF'[{letter}])"
    ends: alt.Chart = lines.transform_filter("datum.is_end").mark_text(
        align="right",
        baseline="bottom",
        dy=-5,
        fontSize=12,
        fontWeight="bold",
        color=colour("ink"),
        text=alt.ExprRef(expr=label),
    )
    return ends


def _utilization() -> list[alt.Chart]:
    """Draw the utilization of one trial's machines."""
    colours = [colour(name) for name in ("accent", "stopped_early", "failed")]
    look = alt.Scale(
        domain=list(SERIES), range=[*colours, colour("running"), colour("muted")]
    )
    dash = alt.Scale(domain=list(SERIES), range=list(DASHES))
    series = alt.Chart(alt.NamedData(name="series")).encode(
        x=_minutes(), y=objective("linear"), detail="key:N", order="minutes:Q"
    )
    return [
        series.mark_line(strokeWidth=2).encode(
            color=alt.Color("kind:N", scale=look, legend=None),
            strokeDash=alt.StrokeDash("kind:N", scale=dash, legend=None),
        ),
        series.transform_filter(MARKED).mark_line(strokeWidth=3.5, color=colour("ink")),
        series.transform_filter("datum.is_end")
        .mark_text(
            align="right", baseline="bottom", dy=-5, fontSize=12, color=colour("ink")
        )
        .encode(text="name:N"),
        series.mark_line(strokeWidth=11, opacity=0, color=colour("muted")),
    ]


def _runs(scale: Scale) -> list[alt.Chart]:
    """Draw the best value of each tuning job in a family, in order of creation."""
    runs = alt.Chart(alt.NamedData(name="runs")).encode(
        x=time("created"), y=objective(scale)
    )
    return [
        runs.mark_line(color=colour("line"), strokeWidth=2),
        runs.mark_point(filled=True, size=70, color=colour("accent"), opacity=1),
        runs.transform_filter("datum.is_this").mark_point(
            size=180, color=colour("accent"), strokeWidth=2.5
        ),
        runs.transform_filter(MARKED).mark_point(**ring(180)),
    ]
