"""The charts, as Vega-Lite specifications to which the page's script adds data.

The parameter `hovered` is the highlighted trial. Only the topmost layers of a chart
depend on it, so that the other thousand marks are not redrawn.
"""

from __future__ import annotations

from itertools import product
from typing import Any

import altair as alt

from sagemaker_tuning_report.bars import bars
from sagemaker_tuning_report.encodings import (
    HOVERED,
    MEASURED,
    PINNED,
    TRIALS,
    Kind,
    Scale,
    by_outcome,
    by_pin,
    colour,
    numbers,
    objective,
    outcome_scale,
    picture,
    pinned,
    ring,
    shape_by_outcome,
    span,
    time,
)
from sagemaker_tuning_report.lines import lines
from sagemaker_tuning_report.pairs import pair
from sagemaker_tuning_report.parallel import parallel

SCALES: tuple[Scale, ...] = ("linear", "log")
KINDS: tuple[Kind, ...] = ("linear", "log", "reverse", "category")


def charts() -> dict[str, dict[str, Any]]:
    """Return every chart by name; linear and log axes are separate charts."""
    value = {"valueLow": 0, "valueHigh": 1}
    moment = {"timeLow": 0, "timeHigh": 1}
    made = {
        "timeline": picture(_timeline()),
        "pair": pair(),
        "parallel-flat": parallel(is_flat=True),
        "parallel-upright": parallel(is_flat=False),
        **bars(),
        **lines(),
    }
    for scale in SCALES:
        made[f"progress-{scale}"] = picture(
            _progress(scale), strip=0, **moment, **value
        )
    for kind, scale in product(KINDS, SCALES):
        made[f"parameter-{kind}-{scale}"] = picture(
            _parameter(kind, scale), **value, parameterLow=0, parameterHigh=1, slant=0
        )
    return made


def _progress(scale: Scale) -> list[alt.Chart]:
    """Draw the best so far and the trials, with a strip for those without a metric."""
    points = alt.Chart(TRIALS).encode(x=time("ended"), shape=shape_by_outcome())
    up = objective(scale, has_strip=True)
    measured = points.transform_filter(MEASURED).encode(y=up)
    below = {"y": alt.value(alt.ExprRef(expr="height - 11"))}
    unmeasured = points.transform_filter(f"!({MEASURED})").encode(**below)
    curve = (
        alt.Chart(alt.NamedData(name="curve"))
        .mark_line(interpolate="step-after", strokeWidth=2.5, color=colour("accent"))
        .encode(x=time("ended"), y=up)
    )
    strip = alt.Chart(alt.NamedData(name="strip"))
    start = {"x": alt.value(0)}
    across = {"x2": alt.value("width"), "y": alt.value(alt.ExprRef(expr="height - 22"))}
    size = alt.ExprRef(expr="length(data('trials')) > 300 ? 24 : 60")
    return [
        strip.mark_rule(color=colour("muted"), strokeDash=[2, 3]).encode(
            **start, **across
        ),
        strip.mark_text(
            align="right", baseline="middle", dx=-6, color=colour("muted"), fontSize=11
        ).encode(**start, **below, text="label:N"),
        curve,
        *(
            which.mark_point(filled=True, size=size, opacity=0.8).encode(
                color=by_outcome()
            )
            for which in (measured, unmeasured)
        ),
        *(layer for which in (measured, unmeasured) for layer in pinned(which, 150)),
        *(
            which.transform_filter(HOVERED).mark_point(**ring(190))
            for which in (measured, unmeasured)
        ),
    ]


def _timeline() -> list[alt.Chart]:
    """Draw when each trial waited and ran, with concurrent trials below each other."""
    # The outline keeps trials visible that are narrower than a pixel.
    fill = alt.Fill("outcome:N", scale=outcome_scale("url(#bar-{})"), legend=None)
    outline = alt.Stroke("outcome:N", scale=outcome_scale(), legend=None)
    pointed_at = alt.when(HOVERED).then(alt.value(colour("ink")))
    trials = alt.Chart(TRIALS).encode(
        y=alt.Y(
            "slot:O",
            title=None,
            axis=alt.Axis(
                labels=False, ticks=False, domain=False, grid=False, minExtent=58
            ),
            scale=alt.Scale(paddingInner=0.22, paddingOuter=0.1),
        )
    )
    waits = (
        trials.transform_filter("datum.waited > 0")
        .mark_rule(strokeWidth=1.5, strokeDash=[2, 2])
        .encode(
            x=time("created", domain=alt.Undefined),
            x2="waited_until:T",
            color=pointed_at.otherwise(by_outcome()),
        )
    )
    bars = (
        trials.transform_filter("isValid(datum.started)")
        .mark_bar(cornerRadius=2, strokeWidth=0.8)
        .encode(
            x=time("started", domain=alt.Undefined),
            x2="until:T",
            fill=pointed_at.otherwise(fill),
            stroke=alt.when(f"{HOVERED} || {PINNED}")
            .then(alt.value(by_pin(HOVERED)))
            .otherwise(outline),
            strokeWidth=alt.when(PINNED).then(alt.value(3.5)).otherwise(alt.value(0.8)),
        )
    )
    return [waits, bars]


def _parameter(kind: Kind, scale: Scale) -> list[alt.Chart]:
    """Draw the objective against a hyperparameter, with its range and best quarter."""
    if kind == "category":
        across = alt.X(
            "parameter:N",
            title=None,
            sort=None,
            axis=alt.Axis(
                labelLimit=90,
                labelAngle=alt.ExprRef(expr="slant"),
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
            scale=alt.Scale(
                type="linear" if kind == "linear" else "log",
                domain=span("parameter"),
                nice=False,
                padding=8,
                reverse=kind == "reverse",
            ),
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
        *pinned(points, 110),
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
