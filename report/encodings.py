"""What several pictures have in common."""

from __future__ import annotations

from typing import Any, Final, Literal, TypeAlias

import altair as alt

from report.values import OUTCOMES

Scale: TypeAlias = Literal["linear", "log"]
Kind: TypeAlias = Literal["linear", "log", "reverse", "category"]

SHAPES = (
    "circle",
    "diamond",
    "triangle-right",
    "square",
    "cross",
    "triangle-up",
    "triangle-left",
    "triangle-down",
)
"""The shape of each of OUTCOMES: readers who see no colours see these."""

TRIALS = alt.NamedData(name="trials")
HOVERED: Final = "datum.trial === hovered"
MARKED: Final = "datum.key === hovered"
MEASURED: Final = "isValid(datum.value)"

TIMES = {
    "seconds": "%H:%M:%S",
    "minutes": "%H:%M",
    "hours": "%H:%M",
    "date": "%-d %b",
    "week": "%-d %b",
    "month": "%b",
    "year": "%Y",
}
"""How the labels of a time axis look, by the unit that they count."""


def picture(layers: list[alt.Chart], **parameters: float) -> dict[str, Any]:
    """A specification that fills its place, and has nothing that is Altair's own.

    Args:
        layers: What it shows, the topmost last.
        parameters: More that the page's script sets.
    """
    every: dict[str, Any] = {"hovered": None, **parameters}
    whole: Any = (
        alt.layer(*layers)
        .add_params(
            *(alt.param(name=name, value=value) for name, value in every.items())
        )
        .properties(
            width="container",
            autosize=alt.AutoSizeParams(type="fit-x", contains="padding"),
        )
    )
    spec: dict[str, Any] = whole.to_dict()
    return {
        name: value
        for name, value in spec.items()
        if name not in {"config", "$schema", "datasets"}
    }


def colour(name: str) -> str:
    """A colour of the page's style: it changes with the scheme, and on paper."""
    return f"var(--{name})"


def span(name: str) -> list[alt.ExprRef]:
    """A scale's domain that the page's script gives.

    Vega warns of a layer that has no data to take a domain from, and the layer of the
    trial that is pointed at mostly has none.
    """
    return [alt.ExprRef(expr=f"{name}Low"), alt.ExprRef(expr=f"{name}High")]


def numbers(scale: Kind, name: str) -> str:
    """How the labels of a number's axis look, as a Vega expression: 0.25, 5000, 1e-5.

    Args:
        scale: `linear`; `log`: there few of the ticks have a label; `reverse`: a log
            scale of what is missing to 1.
        name: The name of its domain (see `span`).
    """
    label = (
        "datum.value && (abs(datum.value) < 1e-3 || abs(datum.value) >= 1e6)"
        " ? replace(format(datum.value, '.1~e'), '+', '') : format(datum.value, '~r')"
    )
    if scale == "linear":
        return label
    if scale == "reverse":
        label = "format(1 - datum.value, '.6~r')"
    digit = "round(datum.value / pow(10, floor(log(datum.value) / LN10 + 1e-9)))"
    few = f"{name}High < 4 * {name}Low"
    some = f"{name}High < 100 * {name}Low && ({digit} == 2 || {digit} == 5)"
    return f"{digit} == 1 || {few} || {some} ? ({label}) : ''"


def outcome_scale(look: str = "var(--{})") -> alt.Scale:
    """A colour per outcome; the page's own key names them."""
    looks = [look.format(name) for name in OUTCOMES]
    return alt.Scale(domain=list(OUTCOMES), range=looks)


def by_outcome() -> alt.Color:
    """The colour of an outcome, for dots, which have a shape as well."""
    return alt.Color("outcome:N", scale=outcome_scale(), legend=None)


def filled_by_outcome() -> alt.Color:
    """The colour and pattern of an outcome, for bars, which have no shape."""
    return alt.Color("outcome:N", scale=outcome_scale("url(#bar-{})"), legend=None)


def shape_by_outcome() -> alt.Shape:
    """The shape of an outcome."""
    scale = alt.Scale(domain=list(OUTCOMES), range=list(SHAPES))
    return alt.Shape("outcome:N", scale=scale, legend=None)


def objective(scale: Scale, *, has_strip: bool = False) -> alt.Y:
    """The objective metric, up.

    Args:
        scale: Its scale.
        has_strip: Whether the parameter `strip` keeps room below it.
    """
    bottom: Any = [alt.ExprRef(expr="height - strip"), 0]
    return alt.Y(
        "value:Q",
        title=None,
        scale=alt.Scale(
            type=scale,
            domain=span("value"),
            nice=scale == "linear",
            range=bottom if has_strip else alt.Undefined,
        ),
        axis=alt.Axis(
            tickCount=5,
            labelExpr=numbers(scale, "value"),
            labelOverlap=True,
            domain=False,
            ticks=False,
            minExtent=58 if has_strip else 44,
        ),
    )


def time(field: str, domain: Any = None) -> alt.X:
    """A time, in UTC.

    Args:
        field: Its name.
        domain: The scale's; None: the page's script gives it.
    """
    return alt.X(
        f"{field}:T",
        title=None,
        scale=alt.Scale(
            type="utc",
            domain=span("time") if domain is None else domain,
            nice=False,
            padding=8,
        ),
        axis=alt.Axis(
            tickCount={"expr": "max(2, width / 110)"}, format=TIMES, grid=False
        ),
    )


def ring(size: int) -> dict[str, Any]:
    """How the mark looks around the point of the trial that is pointed at."""
    return {
        "size": size,
        "strokeWidth": 2.5,
        "filled": False,
        "color": colour("ink"),
        "opacity": 1,
    }


def framed(bars: alt.Chart) -> alt.Chart:
    """A frame around the bar that is pointed at."""
    frame: alt.Chart = bars.transform_filter(MARKED).mark_bar(
        fill="transparent", stroke=colour("ink"), strokeWidth=2.5
    )
    return frame
