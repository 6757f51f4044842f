"""Axes: the positions of values, and their labels."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sagemaker_tuning_report.axes import axis

NUMBERS = st.floats(allow_nan=False, allow_infinity=False)


@given(st.lists(st.none() | NUMBERS, min_size=1), st.booleans())
def test_every_value_has_a_place(values: list[float | None], is_log: bool) -> None:  # noqa: FBT001
    """Positions are between 0 and 1, in the order of the values."""
    scaling = "Logarithmic" if is_log else "Linear"
    texts = [None if value is None else repr(value) for value in values]
    made = axis(texts, values, scaling=scaling)
    placed = sorted(
        (value, place)
        for value, place in zip(values, made.positions, strict=True)
        if value is not None and place is not None
    )
    assert len(placed) == sum(value is not None for value in values)
    places = [place for _, place in placed]
    assert places == sorted(places)
    assert all(0 <= place <= 1 for place in places)
    assert all(0 <= place <= 1 for place, _ in made.ticks)


@pytest.mark.parametrize(
    ("numbers", "bounds", "scaling", "kind", "labels"),
    [
        ([1, 5], (0, 10), "Linear", "linear", ["0", "5", "10"]),
        (
            [0.001, 0.1],
            (1e-4, 1),
            "Logarithmic",
            "log",
            ["1e-4", "0.001", "0.01", "0.1", "1"],
        ),
        ([1e-4, 0.5], (None, None), None, "log", ["1e-4", "0.001", "0.01", "0.5"]),
        ([1, 2], (None, None), None, "linear", ["1", "2"]),
        ([1, 16], (1, 16), "Auto", "linear", ["1", "8", "16"]),
        ([1, 2.5], (1, 16), "Auto", "linear", ["1", "8.5", "16"]),
        (
            [0.5, 0.99],
            (0, 0.999),
            "ReverseLogarithmic",
            "reverse",
            ["0", "0.9", "0.99", "0.999"],
        ),
        ([0.5, 1], (0, 1), "ReverseLogarithmic", "linear", ["0", "0.5", "1"]),
        ([1, 1000], (None, None), "Auto", "log", ["1", "10", "100", "1000"]),
        ([1, 1e5], (1, 1e5), "Logarithmic", "log", ["1", "10", "1000", "100,000"]),
        ([1e-9, 1], (1e-9, 1), "Logarithmic", "log", ["1e-9", "1e-5", "0.01", "1"]),
        ([0, 5000], (None, None), "Auto", "linear", ["0", "2500", "5000"]),
        ([3, 3], (3, 3), "Logarithmic", "linear", ["3"]),
        (
            [-1.7e308, 1e308],
            (-1.7e308, 1.7e308),
            "Linear",
            "linear",
            ["-1.7e308", "0", "1.7e308"],
        ),
        (
            [1e15, 1e15 + 1],
            (1e15, 1e15 + 1),
            "Logarithmic",
            "log",
            ["1e15", "1e15"],
        ),
        ([1e6, 3e6], (1e6, 3e6), "Linear", "linear", ["1e6", "2e6", "3e6"]),
        ([None, None], (None, None), None, "linear", ["0", "1"]),
    ],
)
def test_ticks_are_few_and_round(
    numbers: list[float | None],
    bounds: tuple[float | None, float | None],
    scaling: str | None,
    kind: str,
    labels: list[str],
) -> None:
    """An axis is logarithmic if the tuning job says so, or if its values call for it,
    and has no labels between whole numbers."""
    texts = [None if number is None else str(number) for number in numbers]
    made = axis(texts, numbers, bounds, scaling)
    assert made.kind == kind
    assert [label for _, label in made.ticks] == labels


@given(st.lists(st.floats(0, 0.999), min_size=2, unique=True))
def test_a_reverse_log_axis_is_long_where_little_is_missing(
    values: list[float],
) -> None:
    """A reverse logarithmic axis keeps the order, and 0.9 to 0.99 is as long as 0.99 to
    0.999."""
    every = [*values, 0.9, 0.99, 0.999]
    made = axis([*map(str, every)], every, (0, 0.999), "ReverseLogarithmic")
    places = [place for place in made.positions if place is not None]
    assert [place for _, place in sorted(zip(every, places, strict=True))] == sorted(
        places
    )
    first, second, third = places[-3:]
    assert second - first == pytest.approx(third - second, abs=1e-3)


def test_one_word_makes_categories() -> None:
    """Values that are not all numbers become categories, numbers first, by size."""
    made = axis(["10", "9", None, "auto"], [10, 9, None, None])
    assert made.kind == "category"
    assert made.positions == [0.5, 0, None, 1]
    assert made.ticks == [(0, "9"), (0.5, "10"), (1, "auto")]


def test_categories_have_one_order() -> None:
    """Categories have the same order for any order of trials, even with NaN among
    them."""
    names = ["NaN", "10", "b", "9", "Infinity"]
    for order in itertools.permutations(names):
        made = axis(list(order), [None] * len(names))
        labels = [label for _, label in made.ticks]
        assert labels == ["9", "10", "Infinity", "NaN", "b"]


def test_many_and_long_categories_stay_readable() -> None:
    """An axis of categories has at most eight labels, none of them long."""
    made = axis([f"a name that is long {n:02}" for n in range(40)], [None] * 40)
    assert len(made.ticks) == 8
    assert {len(label) for _, label in made.ticks} == {14}
    (tick,) = axis(["just_fourteen!"], [None]).ticks
    assert tick == (0.5, "just_fourteen!")
