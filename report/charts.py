"""The pictures, as Vega-Lite without data: the page's script fills them.

Colours are parameters, so that the page can be light or dark. A trial that the reader
points at is the parameter `hovered`; only the topmost layer of a picture looks at it,
so that a thousand other marks stay as they are.
"""

from __future__ import annotations

from itertools import product
from typing import Any

import altair as alt

from report.values import OUTCOMES

COLOURS = ("ink", "muted", "paper", "accent", "line")
ROW_HEIGHT = 52
"""Pixels for each axis of the parallel coordinates."""

TRIALS = alt.NamedData(name="trials")
HOVERED = "datum.trial === hovered"
MEASURED = "isValid(datum.value)"


def charts() -> dict[str, dict[str, Any]]:
    """Every picture by its name; a log axis is a picture of its own."""
    made = {
        "timeline": _timeline(),
        "parallel": _parallel(),
        "outcome-hours": _outcomes("hours"),
        "outcome-cost": _outcomes("cost"),
        "fleet-hours": _fleet("hours"),
        "fleet-cost": _fleet("cost"),
    }
    for scale in ("linear", "log"):
        made[f"progress-{scale}"] = _progress(scale)
    for kind, scale in product(("linear", "log", "category"), ("linear", "log")):
        made[f"parameter-{kind}-{scale}"] = _parameter(kind, scale)
    return {name: _bare(chart) for name, chart in made.items()}


def _bare(chart: alt.LayerChart) -> dict[str, Any]:
    """A chart as a specification that fills its place and has nothing of Altair's."""
    whole = chart.add_params(
        alt.param(name="hovered", value=None),
        *(alt.param(name=name, value="gray") for name in COLOURS),
    ).properties(width="container", autosize=alt.AutoSizeParams(type="fit-x"))
    spec: dict[str, Any] = whole.to_dict(validate=True)
    for name in ("config", "$schema", "datasets"):
        spec.pop(name, None)
    return spec


def _colour(name: str) -> alt.ExprRef:
    return alt.ExprRef(expr=name)


def _by_outcome() -> alt.Color:
    """The page's own key names the colours, and they are the theme's."""
    scale = alt.Scale(domain=list(OUTCOMES), range="category")
    return alt.Color("outcome:N", scale=scale, legend=None)


def _shapes() -> alt.Shape:
    scale = alt.Scale(domain=list(OUTCOMES), range="symbol")
    return alt.Shape("outcome:N", scale=scale, legend=None)


def _objective(scale: str) -> alt.Y:
    return alt.Y(
        "value:Q",
        title=None,
        scale=alt.Scale(type=scale, zero=False, nice=True),
        axis=alt.Axis(tickCount=5, format="~g"),
    )


def _time(field: str) -> alt.X:
    return alt.X(
        f"{field}:T",
        title=None,
        scale=alt.Scale(type="utc"),
        axis=alt.Axis(tickCount={"expr": "max(2, width / 110)"}, grid=False),
    )


def _progress(scale: str) -> alt.LayerChart:
    """Best so far, with the trials; those without a metric lie along the bottom."""
    points = alt.Chart(TRIALS).encode(x=_time("ended"), shape=_shapes())
    measured = points.transform_filter(MEASURED).encode(y=_objective(scale))
    unmeasured = points.transform_filter(
        "!isValid(datum.value) && isValid(datum.ended)"
    ).encode(y=alt.value(alt.ExprRef(expr="height - 6")))
    curve = (
        alt.Chart(alt.NamedData(name="curve"))
        .mark_line(interpolate="step-after", strokeWidth=2.5, color=_colour("accent"))
        .encode(x=_time("ended"), y=_objective(scale))
    )
    size = alt.ExprRef(expr="length(data('trials')) > 300 ? 22 : 55")
    ring: dict[str, Any] = {
        "size": 190,
        "strokeWidth": 2.5,
        "filled": False,
        "color": _colour("ink"),
        "opacity": 1,
    }
    return alt.layer(
        curve,
        measured.mark_point(filled=True, size=size, opacity=0.8).encode(
            color=_by_outcome()
        ),
        unmeasured.mark_point(
            filled=True, size=size, opacity=0.8, clip=False
        ).encode(color=_by_outcome()),
        measured.transform_filter(HOVERED).mark_point(**ring),
        unmeasured.transform_filter(HOVERED).mark_point(**ring),
    ).properties(height=300)


def _timeline() -> alt.LayerChart:
    """When each trial ran, trials at the same time below each other."""
    bars = (
        alt.Chart(TRIALS)
        .transform_filter("isValid(datum.slot)")
        .encode(
            x=_time("started"),
            x2="until:T",
            y=alt.Y(
                "slot:O",
                title=None,
                axis=None,
                scale=alt.Scale(paddingInner=0.22, paddingOuter=0.1),
            ),
        )
    )
    return alt.layer(
        bars.mark_bar(cornerRadius=2, strokeWidth=0.8).encode(
            color=_by_outcome(),
            stroke=alt.Stroke(
                "outcome:N",
                scale=alt.Scale(domain=list(OUTCOMES), range="category"),
                legend=None,
            ),
        ),
        bars.transform_filter(HOVERED).mark_bar(
            cornerRadius=2,
            color=_colour("ink"),
            stroke=_colour("ink"),
            strokeWidth=2.5,
        ),
    ).properties(height=300)


def _parallel() -> alt.LayerChart:
    """An axis a hyperparameter, one below the other, and a line a trial through all.

    The axes lie flat, so that every name and label is readable, also on a telephone.
    """
    down = alt.Y(
        "row:Q",
        axis=None,
        scale=alt.Scale(domainMin=-0.5, domainMax=alt.ExprRef(expr="rows - 0.4"), reverse=True, nice=False),
    )
    across = alt.X(
        "position:Q", axis=None, scale=alt.Scale(domain=[0, 1], padding=14)
    )
    lines = alt.Chart(alt.NamedData(name="points")).encode(
        x=across, y=down, detail="trial:N", order="row:Q"
    )
    best = alt.Color(
        "goodness:Q", scale=alt.Scale(domain=[0, 1], range="ramp"), legend=None
    )
    faint = alt.ExprRef(expr="clamp(25 / sqrt(trials), 0.8, 2)")
    names = alt.Chart(alt.NamedData(name="axes")).encode(
        x=alt.value(0), y=down, text="name:N"
    )
    ticks = alt.Chart(alt.NamedData(name="ticks")).encode(x=across, y=down)
    labels = ticks.encode(
        text="label:N",
    )
    halo: dict[str, Any] = {
        "stroke": _colour("paper"),
        "strokeWidth": 4,
        "strokeJoin": "round",
        "aria": False,
    }
    name_style: dict[str, Any] = {
        "align": "left",
        "baseline": "bottom",
        "dy": -6,
        "fontSize": 12,
        "fontWeight": 600,
    }
    label_style: dict[str, Any] = {
        "align": alt.ExprRef(
            expr="datum.position < 0.04 ? 'left' : datum.position > 0.96 ? 'right'"
            " : 'center'"
        ),
        "baseline": "top",
        "dy": 7,
        "fontSize": 11,
    }
    return alt.layer(
        alt.Chart(alt.NamedData(name="axes"))
        .mark_rule(color=_colour("line"), strokeWidth=1.5)
        .encode(y=down, x=alt.value(0), x2=alt.value("width")),
        lines.transform_filter("!isValid(datum.goodness)").mark_line(
            strokeWidth=faint, opacity=0.35, color=_colour("muted")
        ),
        lines.transform_filter("isValid(datum.goodness)")
        .mark_line(strokeWidth=faint)
        .encode(
            color=best,
            opacity=alt.Opacity(
                "goodness:Q",
                legend=None,
                scale=alt.Scale(
                    type="pow", exponent=3, domain=[0, 1], range=[0.25, 1]
                ),
            ),
        ),
        lines.transform_filter(HOVERED).mark_line(
            strokeWidth=3.5, color=_colour("ink")
        ),
        lines.transform_filter(HOVERED).mark_point(
            filled=True, size=60, color=_colour("ink"), opacity=1
        ),
        ticks.mark_tick(
            orient="vertical",
            size=8,
            thickness=1.5,
            color=_colour("muted"),
        ),
        labels.mark_text(**label_style, **halo),
        labels.mark_text(**label_style, color=_colour("muted")),
        names.mark_text(**name_style, **halo),
        names.mark_text(**name_style, color=_colour("ink")),
    ).add_params(
        alt.param(name="rows", value=2),
        alt.param(name="trials", value=1),
    ).properties(height=2 * ROW_HEIGHT)


def _parameter(kind: str, scale: str) -> alt.LayerChart:
    """The objective against one hyperparameter, with its range and best quarter."""
    if kind == "category":
        axis = alt.Axis(labelLimit=90, labelAngle=-35, grid=False)
        across = alt.X("parameter:N", title=None, sort=None, axis=axis)
        spread = {
            "xOffset": alt.XOffset("jitter:Q", scale=alt.Scale(domain=[-1.4, 1.4]))
        }
    else:
        across = alt.X(
            "parameter:Q",
            title=None,
            scale=alt.Scale(type=kind, zero=False, nice=False, padding=8),
            axis=alt.Axis(tickCount=4, format="~g", grid=False, labelOverlap=True),
        )
        spread = {}
    points = (
        alt.Chart(TRIALS)
        .transform_filter(f"{MEASURED} && isValid(datum.parameter)")
        .encode(x=across, y=_objective(scale), **spread)
    )
    size = alt.ExprRef(expr="length(data('trials')) > 300 ? 12 : 30")
    layers = [
        points.mark_point(filled=True, size=size, opacity=0.65).encode(
            color=_by_outcome(), shape=_shapes()
        ),
        points.transform_filter(HOVERED).mark_point(
            filled=False,
            size=150,
            strokeWidth=2.5,
            color=_colour("ink"),
            opacity=1,
        ),
    ]
    if kind != "category":
        band = (
            alt.Chart(alt.NamedData(name="band"))
            .mark_rect(color=_colour("accent"), opacity=0.13)
            .encode(x=alt.X("low:Q"), x2="high:Q")
        )
        edges = (
            alt.Chart(alt.NamedData(name="edges"))
            .mark_rule(color=_colour("muted"), strokeDash=[3, 3])
            .encode(x=alt.X("parameter:Q"))
        )
        layers = [band, edges, *layers]
    return alt.layer(*layers).properties(height=170)


def _outcomes(unit: str) -> alt.LayerChart:
    """Hours or money of a tuning job by outcome, with the number at each bar."""
    bars = alt.Chart(alt.NamedData(name="outcomes")).encode(
        y=alt.Y("outcome:N", sort=list(OUTCOMES), title=None, axis=_outcome_axis()),
        x=alt.X(
            f"{unit}:Q",
            title=None,
            axis=None,
            scale=alt.Scale(domainMin=0, nice=False, domainMax=alt.ExprRef(expr="most * 1.25")),
        ),
    )
    return (
        alt.layer(
            bars.mark_bar(cornerRadiusEnd=3).encode(color=_by_outcome()),
            bars.mark_text(
                align="left", dx=6, fontSize=12, color=_colour("ink")
            ).encode(text="label:N"),
        )
        .add_params(alt.param(name="most", value=1))
        .properties(height=alt.Step(30))
    )


def _outcome_axis() -> alt.Axis:
    return alt.Axis(
        labelExpr="replace(datum.label, '_', ' ')",
        labelFontSize=12,
        domain=False,
        ticks=False,
        labelPadding=8,
        grid=False,
        labelColor=_colour("ink"),
    )


def _fleet(unit: str) -> alt.LayerChart:
    """Hours or money of the newest tuning jobs by outcome."""
    bars = (
        alt.Chart(alt.NamedData(name="jobs"))
        .mark_bar()
        .encode(
            y=alt.Y(
                "job:N",
                sort=alt.EncodingSortField("index", order="ascending"),
                title=None,
                axis=alt.Axis(
                    labelExpr="data('jobs').length ? datum.label : ''",
                    labelLimit=alt.ExprRef(expr="min(230, containerSize()[0] * 0.4)"),
                    domain=False,
                    ticks=False,
                    labelPadding=8,
                    grid=False,
                ),
            ),
            x=alt.X(f"{unit}:Q", title=None, stack="zero", axis=alt.Axis(tickCount=4, format="~s")),
            color=_by_outcome(),
            order="rank:Q",
        )
    )
    return alt.layer(bars).properties(height=alt.Step(22))
