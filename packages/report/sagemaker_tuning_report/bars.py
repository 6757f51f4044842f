"""Bar charts: hours, money and trials, importance, idle machines.

Each bar has a `key` that identifies it when it is highlighted. An unknown cost has no
length: a text after the bar counts its trials.
"""

from __future__ import annotations

from typing import Any

import altair as alt

from sagemaker_tuning_report.encodings import (
    colour,
    filled_by_outcome,
    framed,
    numbers,
    picture,
    span,
)
from sagemaker_tuning_report.values import OUTCOMES


def bars() -> dict[str, dict[str, Any]]:
    """Return each chart by name."""
    amount = {"amountLow": 0, "amountHigh": 1}
    made = {
        "days": picture(_days(), timeLow=0, timeHigh=1, dayTicks=0, **amount),
        "importance": picture(_importance(), labelWidth=200),
        "idle": picture(_idle(), labelWidth=200, **amount),
    }
    for unit in ("hours", "cost"):
        made[f"outcome-{unit}"] = picture(_outcomes(unit), **amount)
        made[f"fleet-{unit}"] = picture(_fleet(unit), labelWidth=200, **amount)
    return made


def _names(field: str, sort: Any, **axis: Any) -> alt.Y:
    """Encode names as rows."""
    quiet: dict[str, Any] = {"domain": False, "ticks": False, "grid": False}
    return alt.Y(
        f"{field}:N",
        sort=sort,
        title=None,
        axis=alt.Axis(labelPadding=8, **quiet, **axis),
    )


def _in_order(field: str) -> alt.Y:
    return _names(
        field,
        alt.EncodingSortField("index", op="min"),
        labelLimit=alt.ExprRef(expr="labelWidth"),
    )


def _amount(field: str) -> alt.X:
    """Encode an amount without an axis, because each bar has its number next to it."""
    scale = alt.Scale(domain=span("amount"), nice=False)
    return alt.X(f"{field}:Q", title=None, axis=None, scale=scale)


def _label(bars: alt.Chart) -> alt.Chart:
    style: dict[str, Any] = {"align": "left", "dx": 6, "fontSize": 12}
    label: alt.Chart = bars.mark_text(**style, color=colour("ink")).encode(
        text="label:N"
    )
    return label


def _unpriced(y: alt.Y) -> alt.Chart:
    """Write after the end of a bar which of its trials have no known cost."""
    words: alt.Chart = (
        alt.Chart(alt.NamedData(name="unpriced"))
        .mark_text(align="left", dx=6, fontSize=11, color=colour("muted"))
        .encode(y=y, x=alt.X("end:Q", title=None), text="label:N")
    )
    return words


def _outcomes(unit: str) -> list[alt.Chart]:
    """Draw the hours or cost of a tuning job by outcome, with a number at each bar."""
    rows = alt.Chart(alt.NamedData(name="outcomes")).encode(
        y=_names(
            "outcome",
            list(OUTCOMES),
            labelExpr="replace(replace(datum.label, '_', ' '), '_', ' ')",
            labelFontSize=12,
            labelColor=colour("ink"),
        ),
        x=_amount(unit),
    )
    return [
        rows.mark_bar(cornerRadiusEnd=3).encode(color=filled_by_outcome()),
        framed(rows),
        _label(rows),
    ]


def _fleet(unit: str) -> list[alt.Chart]:
    """Draw the hours or cost of the newest tuning jobs by outcome."""
    rows = (
        alt.Chart(alt.NamedData(name="jobs"))
        .mark_bar()
        .encode(
            y=_in_order("job"),
            x=alt.X(
                "from:Q",
                title=None,
                scale=alt.Scale(domain=span("amount"), nice=True),
                axis=alt.Axis(
                    tickCount=4,
                    labelExpr=numbers("linear", "amount"),
                    labelOverlap=True,
                    domain=False,
                    ticks=False,
                ),
            ),
            x2="to:Q",
        )
    )
    coloured = rows.encode(color=filled_by_outcome())
    words = [_unpriced(_in_order("job"))] if unit == "cost" else []
    return [coloured, *words, framed(rows)]


def _days() -> list[alt.Chart]:
    """Draw an amount per day by outcome."""
    rows = (
        alt.Chart(alt.NamedData(name="days"))
        .mark_bar()
        .encode(
            # Not a time scale: Vega-Lite gets its domain wrong if there is an x2.
            x=alt.X(
                "day:Q",
                title=None,
                scale=alt.Scale(domain=span("time"), nice=False),
                axis=alt.Axis(
                    values=alt.ExprRef(expr="dayTicks"),
                    labelExpr="utcFormat(datum.value, '%-d %b')",
                    labelOverlap=True,
                    grid=False,
                ),
            ),
            x2="next:Q",
            y=alt.Y(
                "from:Q",
                title=None,
                scale=alt.Scale(domain=span("amount"), nice=True),
                axis=alt.Axis(
                    tickCount=4,
                    labelExpr=numbers("linear", "amount"),
                    domain=False,
                    ticks=False,
                    minExtent=36,
                ),
            ),
            y2="to:Q",
        )
    )
    coloured = rows.encode(color=filled_by_outcome())
    marks = (
        alt.Chart(alt.NamedData(name="unpriced"))
        .mark_text(baseline="bottom", dy=-2, fontSize=12, color=colour("ink"))
        .encode(x="day:Q", y=alt.Y("end:Q", title=None), text=alt.value("?"))
    )
    return [coloured, marks, framed(rows)]


def _importance() -> list[alt.Chart]:
    """Draw how much of the objective each hyperparameter explains."""
    rows = alt.Chart(alt.NamedData(name="parameters")).encode(
        y=_in_order("name"),
        x=alt.X(
            "importance:Q",
            title=None,
            scale=alt.Scale(domain=[0, 1], nice=False),
            axis=alt.Axis(tickCount=5, domain=False, ticks=False, format="~r"),
        ),
    )
    return [
        rows.mark_bar(
            cornerRadiusEnd=3,
            color=alt.ExprRef(
                expr="datum.is_chance ? 'var(--line)' : 'var(--accent)'",
            ),
        ),
        framed(rows),
        _label(rows),
    ]


def _idle() -> list[alt.Chart]:
    """Draw what machines cost, and the idle share of it."""
    looks = alt.Scale(domain=["idle", "busy"], range=["url(#idle)", colour("line")])
    rows = alt.Chart(alt.NamedData(name="machines")).encode(y=_in_order("instance"))
    bars = rows.encode(x=_amount("from"), x2="to:Q")
    return [
        bars.mark_bar().encode(color=alt.Color("part:N", scale=looks, legend=None)),
        framed(bars),
        _label(rows.transform_filter("datum.label").encode(x=_amount("end"))),
    ]
