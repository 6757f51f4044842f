"""Parts that several charts share."""

from __future__ import annotations

from typing import Any, Final, Literal, TypeAlias

import altair as alt

from sagemaker_tuning_report.values import OUTCOMES

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
"""The shape of each of OUTCOMES, for readers who cannot tell the colors apart."""

TRIALS = alt.NamedData(name="trials")
HOVERED: Final = "datum.trial === hovered"
MARKED: Final = "datum.key === hovered"
PINNED: Final = "indexof(pinned, datum.trial) >= 0"
MOST_PINS = 6
"""The most trials that can be pinned, each with a color and a letter of its own."""
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
"""The label format of a time axis, by unit."""


def picture(layers: list[alt.Chart], **parameters: Any) -> dict[str, Any]:
    """Build a Vega-Lite chart that fills its container, without Altair's defaults.

    Args:
        layers: The layers, topmost last.
        parameters: Parameters that the page's script sets, with initial values.
    """
    every: dict[str, Any] = {"hovered": None, "pinned": [], **parameters}
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
    """Return a color of the style sheet, which adapts to color scheme and print."""
    return f"var(--{name})"


def span(name: str) -> list[alt.ExprRef]:
    """Return a scale's domain, whose ends are parameters that the page's script sets.

    Vega cannot take it from the data: it warns about layers without data, and the layer
    of the highlighted trial is usually empty.
    """
    return [alt.ExprRef(expr=f"{name}Low"), alt.ExprRef(expr=f"{name}High")]


def numbers(scale: Kind, name: str) -> str:
    """Return a Vega expression for the labels of a numeric axis: 0.25, 5000, 1e-5.

    Args:
        scale: `linear`; `log`, which labels only some ticks; or `reverse`, a log scale
            of the distance to 1.
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
    """Map each outcome to a color; the page has a legend for them."""
    looks = [look.format(name) for name in OUTCOMES]
    return alt.Scale(domain=list(OUTCOMES), range=looks)


def by_outcome() -> alt.Color:
    """Encode the outcome as a color, for dots, which also have a shape."""
    return alt.Color("outcome:N", scale=outcome_scale(), legend=None)


def filled_by_outcome() -> alt.Color:
    """Encode the outcome as a color and pattern, for bars, which have no shape."""
    return alt.Color("outcome:N", scale=outcome_scale("url(#bar-{})"), legend=None)


def shape_by_outcome() -> alt.Shape:
    """Encode the outcome as a shape."""
    scale = alt.Scale(domain=list(OUTCOMES), range=list(SHAPES))
    return alt.Shape("outcome:N", scale=scale, legend=None)


def objective(scale: Scale, *, has_strip: bool = False) -> alt.Y:
    """Encode the objective metric on the vertical axis.

    Args:
        scale: The scale of the axis.
        has_strip: Whether to leave room below for a strip, as high as the parameter
            `strip`.
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
    """Encode a UTC time on the horizontal axis.

    Args:
        field: The name of the field.
        domain: The domain of the scale; None if the page's script sets it.
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
    """Return the style of the ring around the highlighted trial's point."""
    return {
        "size": size,
        "strokeWidth": 2.5,
        "filled": False,
        "color": colour("ink"),
        "opacity": 1,
    }


def by_pin(is_ink: str = "false") -> alt.ExprRef:
    """Return the color of a pinned trial.

    Args:
        is_ink: A Vega expression for when it has the color of text instead.
    """
    colours = ", ".join(f"'var(--pin-{at})'" for at in range(MOST_PINS))
    pin = f"[{colours}][indexof(pinned, datum.trial)]"
    return alt.ExprRef(expr=f"{is_ink} ? 'var(--ink)' : {pin}")


def pinned(points: alt.Chart, size: int) -> list[alt.Chart]:
    """Draw a ring and a letter at the point of each pinned trial."""
    of_them = points.transform_filter(PINNED)
    letter = alt.ExprRef(expr="'ABCDEF'[indexof(pinned, datum.trial)]")
    style: dict[str, Any] = {"dx": 8, "dy": -8, "fontSize": 12, "fontWeight": "bold"}
    letters = of_them.copy(deep=True)
    letters.encoding.shape = alt.Undefined
    return [
        of_them.mark_point(**{**ring(size), "color": by_pin()}),
        letters.mark_text(**style, text=letter, color=by_pin()),
    ]


def framed(bars: alt.Chart) -> alt.Chart:
    """Draw a frame around the highlighted bar."""
    frame: alt.Chart = bars.transform_filter(MARKED).mark_bar(
        fill="transparent", stroke=colour("ink"), strokeWidth=2.5
    )
    return frame
