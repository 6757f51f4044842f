"""The pictures, as Vega-Lite without data: the page's script fills them.

The trial that the reader points at is the parameter `hovered`. Only the topmost layers
of a picture look at it, so that a thousand other marks stay as they are.
"""

from __future__ import annotations

from itertools import product
from typing import Any

import altair as alt

from report.encodings import (
    HOVERED,
    MEASURED,
    TRIALS,
    Kind,
    Scale,
    by_outcome,
    colour,
    numbers,
    objective,
    picture,
    ring,
    shape_by_outcome,
    span,
    time,
)
from report.parallel import parallel
from report.values import OUTCOMES

SCALES: tuple[Scale, ...] = ("linear", "log")
KINDS: tuple[Kind, ...] = ("linear", "log", "category")


def charts() -> dict[str, dict[str, Any]]:
    """Every picture by its name; a log axis is a picture of its own."""
    value = {"valueLow": 0, "valueHigh": 1}
    moment = {"timeLow": 0, "timeHigh": 1}
    made = {
        "timeline": picture(_timeline()),
        "parallel-flat": parallel(is_flat=True),
        "parallel-upright": parallel(is_flat=False),
    }
    for unit in ("hours", "cost"):
        made[f"outcome-{unit}"] = picture(_outcomes(unit), amountLow=0, amountHigh=1)
        made[f"fleet-{unit}"] = picture(_fleet(unit), labelWidth=200)
    for scale in SCALES:
        made[f"progress-{scale}"] = picture(_progress(scale), **moment, **value)
    for kind, scale in product(KINDS, SCALES):
        made[f"parameter-{kind}-{scale}"] = picture(
            _parameter(kind, scale), **value, parameterLow=0, parameterHigh=1, slant=0
        )
    return made


def _progress(scale: Scale) -> list[alt.Chart]:
    """Best so far, with the trials; those without a metric lie along the bottom."""
    points = alt.Chart(TRIALS).encode(x=time("ended"), shape=shape_by_outcome())
    measured = points.transform_filter(MEASURED).encode(y=objective(scale))
    unmeasured = points.transform_filter(f"!({MEASURED})").encode(
        y=alt.value(alt.ExprRef(expr="height - 6"))
    )
    curve = (
        alt.Chart(alt.NamedData(name="curve"))
        .mark_line(interpolate="step-after", strokeWidth=2.5, color=colour("accent"))
        .encode(x=time("ended"), y=objective(scale))
    )
    size = alt.ExprRef(expr="length(data('trials')) > 300 ? 24 : 60")
    return [
        curve,
        *(
            which.mark_point(filled=True, size=size, opacity=0.8).encode(
                color=by_outcome()
            )
            for which in (measured, unmeasured)
        ),
        *(
            which.transform_filter(HOVERED).mark_point(**ring(190))
            for which in (measured, unmeasured)
        ),
    ]


def _timeline() -> list[alt.Chart]:
    """When each trial ran, trials at the same time below each other."""
    by: dict[str, Any] = {
        "scale": alt.Scale(domain=list(OUTCOMES), range="category"),
        "legend": None,
    }
    # The outline keeps a trial visible that took less than a pixel.
    fill, outline = alt.Fill("outcome:N", **by), alt.Stroke("outcome:N", **by)
    pointed_at = alt.when(HOVERED).then(alt.value(colour("ink")))
    bars = (
        alt.Chart(TRIALS)
        .mark_bar(cornerRadius=2, strokeWidth=0.8)
        .encode(
            x=time("started", domain=alt.Undefined),
            x2="until:T",
            y=alt.Y(
                "slot:O",
                title=None,
                axis=alt.Axis(
                    labels=False, ticks=False, domain=False, grid=False, minExtent=44
                ),
                scale=alt.Scale(paddingInner=0.22, paddingOuter=0.1),
            ),
            fill=pointed_at.otherwise(fill),
            stroke=pointed_at.otherwise(outline),
        )
    )
    return [bars]


def _parameter(kind: Kind, scale: Scale) -> list[alt.Chart]:
    """The objective against one hyperparameter, with its range and best quarter."""
    if kind == "category":
        across = alt.X(
            "parameter:N",
            title=None,
            sort=None,
            axis=alt.Axis(
                labelLimit=90,
                labelAngle=colour("slant"),
                labelAlign=alt.ExprRef(expr="slant ? 'right' : 'center'"),
                labelBaseline="top",
                grid=False,
                ticks=False,
            ),
        )
        wide = alt.Scale(domain=[-1.5, 1.5])
        encoding: dict[str, Any] = {"xOffset": alt.XOffset("jitter:Q", scale=wide)}
    else:
        across = alt.X(
            "parameter:Q",
            title=None,
            scale=alt.Scale(type=kind, domain=span("parameter"), nice=False, padding=8),
            axis=alt.Axis(
                tickCount=4,
                labelExpr=numbers(kind, "parameter"),
                labelOverlap=True,
                grid=False,
            ),
        )
        encoding = {}
    points = (
        alt.Chart(TRIALS)
        .transform_filter("isValid(datum.parameter)")
        .encode(x=across, y=objective(scale), **encoding)
    )
    size = alt.ExprRef(expr="length(data('trials')) > 300 ? 14 : 34")
    layers = [
        points.mark_point(filled=True, size=size, opacity=0.7).encode(
            color=by_outcome(), shape=shape_by_outcome()
        ),
        points.transform_filter(HOVERED).mark_point(**ring(150)),
    ]
    if kind != "category":
        band = (
            alt.Chart(alt.NamedData(name="band"))
            .mark_rect(color=colour("accent"), opacity=0.13)
            .encode(x=across, x2="high:Q")
        )
        edges = (
            alt.Chart(alt.NamedData(name="edges"))
            .mark_rule(color=colour("muted"), strokeDash=[3, 3])
            .encode(x=across)
        )
        layers = [band, edges, *layers]
    return layers


def _outcomes(unit: str) -> list[alt.Chart]:
    """Hours or money of a tuning job by outcome, with the number at each bar."""
    bars = alt.Chart(alt.NamedData(name="outcomes")).encode(
        y=alt.Y(
            "outcome:N",
            sort=list(OUTCOMES),
            title=None,
            axis=alt.Axis(
                labelExpr="replace(datum.label, '_', ' ')",
                labelFontSize=12,
                labelColor=colour("ink"),
                labelPadding=8,
                domain=False,
                ticks=False,
                grid=False,
            ),
        ),
        x=alt.X(
            f"{unit}:Q",
            title=None,
            axis=None,
            scale=alt.Scale(domain=span("amount"), nice=False),
        ),
    )
    return [
        bars.mark_bar(cornerRadiusEnd=3).encode(color=by_outcome()),
        *_gaps(bars, unit),
        bars.mark_text(align="left", dx=6, fontSize=12, color=colour("ink")).encode(
            text="label:N"
        ),
    ]


def _gaps(bars: alt.Chart, unit: str) -> list[alt.Chart]:
    """What is not known of a sum of money, hatched, at the end of each bar."""
    if unit != "cost":
        return []
    gaps = bars.properties(data=alt.NamedData(name="gaps")).mark_bar()
    return [
        gaps.encode(
            x=alt.X("from:Q", title=None), x2="to:Q", color=alt.value("url(#hatched)")
        )
    ]


def _fleet(unit: str) -> list[alt.Chart]:
    """Hours or money of the newest tuning jobs by outcome."""
    bars = (
        alt.Chart(alt.NamedData(name="jobs"))
        .mark_bar()
        .encode(
            y=alt.Y(
                "job:N",
                sort=alt.EncodingSortField("index", op="min"),
                title=None,
                axis=alt.Axis(
                    labelLimit=alt.ExprRef(expr="labelWidth"),
                    labelPadding=8,
                    domain=False,
                    ticks=False,
                    grid=False,
                ),
            ),
            x=alt.X(
                f"{unit}:Q",
                title=None,
                stack="zero",
                axis=alt.Axis(
                    tickCount=4,
                    labelExpr=numbers("linear", unit),
                    labelOverlap=True,
                    domain=False,
                    ticks=False,
                ),
            ),
        )
    )
    stacked = bars.encode(color=by_outcome(), order="rank:Q")
    return [stacked, *_gaps(bars, unit)]
