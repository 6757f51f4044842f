"""Tables sort and filter, and their counts match the tiles."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from . import stories
from .test_page import NONE, arn

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Locator

    from .conftest import Made, Open, Opened

pytestmark = pytest.mark.browser

MEBIBYTE = 2**20


def card(window: Opened, title: str) -> Locator:
    """The card with that heading."""
    return window.page.locator(f"section.card:has(h3:text-is('{title}'))")


def tiles(window: Opened) -> dict[str, str]:
    """The text of each tile, by its name."""
    elements = window.page.locator(".tiles > div")
    texts = window.all_of(
        elements, "[...tile.children].map((c) => c.innerText)", "tile"
    )
    return {text[0]: text[1] for text in texts}


def test_a_heading_sorts(made: Made, opened: Open) -> None:
    """One click on a heading sorts largest first, a second click smallest first, and
    missing values come last."""
    window = opened(made("everyday"), job=arn("churn-xgboost"))
    heading = card(window, "Trials").get_by_role("button", name="validation:auc")
    orders = {}
    for direction in ("descending", "ascending"):
        heading.click()
        column = window.page.locator("th[aria-sort]:not([aria-sort=none])")
        assert column.get_attribute("aria-sort") == direction
        orders[direction] = [row[2] for row in window.rows("trial")]
    for direction, shown in orders.items():
        known = [float(value) for value in shown if value != NONE]
        assert known == sorted(known, reverse=direction == "descending")
        assert shown[: len(known)] == [value for value in shown if value != NONE]
    card(window, "Trials").get_by_role("button", name="Trial", exact=True).click()
    names = [row[1] for row in window.rows("trial")]
    assert names == sorted(names)


def test_a_filter_keeps_what_has_all_words(made: Made, opened: Open) -> None:
    """A filter keeps the rows that have all its words, in any case, and the table says
    how many of all rows that is."""
    window = opened(made("everyday"), job=arn("churn-xgboost"))
    place = card(window, "Trials")
    search = place.get_by_role("searchbox", name="Filter: Trials")
    search.fill("FAILED memory")
    shown = window.rows("trial")
    assert {row[3] for row in shown} == {"failed"}
    assert all("CUDA out of memory" in row[-1] for row in shown)
    assert place.get_by_role("status").inner_text() == f"{len(shown)} of 60 rows"
    search.fill("nobody has this")
    assert "No rows match." in place.inner_text()
    search.fill("")
    assert place.get_by_role("status").inner_text() == "60 rows"


@pytest.mark.parametrize(
    ("query", "kept"),
    [
        ("max_depth>5", lambda row: int(row["max_depth"]) > 5),
        ("max_depth <= 5", lambda row: int(row["max_depth"]) <= 5),
        ("status = Failed", lambda row: row["Outcome"] == "failed"),
        ("outcome = stopped_early", lambda row: row["Outcome"] == "stopped early"),
        ("outcome != failed", lambda row: row["Outcome"] != "failed"),
        ("place < 3 completed", lambda row: row["Place"] in {"1", "2"}),
        ("duration > 25min", lambda row: minutes(row["Duration"]) > 25),
        ("completed 12", lambda row: "12" in {row["max_depth"], row["Place"]}),
    ],
)
def test_a_filter_has_conditions(
    made: Made, opened: Open, query: str, kept: Callable[[dict[str, str]], bool]
) -> None:
    """A condition compares a column, and a number in a filter is a whole cell: 12 does
    not find 0.12."""
    window = opened(made("everyday"), job=arn("churn-xgboost"))
    place = card(window, "Trials")
    place.get_by_role("button", name="Show 10 more").click()
    headings = place.locator("th button").all_inner_texts()
    every = [dict(zip(headings, row, strict=True)) for row in window.rows("trial")]
    place.get_by_role("searchbox").fill(query)
    shown = {row[1] for row in window.rows("trial")}
    wanted = {row["Trial"] for row in every if kept(row)}
    assert shown <= wanted
    assert len(wanted) - len(shown) <= ("completed" in query) * 2
    assert shown


def minutes(duration: str) -> int:
    """The minutes of a duration as the page shows it."""
    return int(duration.removesuffix(" min")) if duration.endswith("min") else 0


def test_an_unknown_column_is_said(made: Made, opened: Open) -> None:
    """A condition on a column that does not exist is named, not silently false."""
    window = opened(made("everyday"), job=arn("churn-xgboost"))
    place = card(window, "Trials")
    place.get_by_role("searchbox").fill("max_deep > 5")
    status = place.get_by_role("status").inner_text()
    assert status == "There is no column max_deep."


def test_a_column_has_one_notation(made: Made, opened: Open) -> None:
    """All numbers of a column are written alike, with or without a power of ten."""
    key = arn("forecast-thousand", "444455556666")
    window = opened(made("everyday"), job=key)
    place = card(window, "Trials")
    headings = place.locator("th button").all_inner_texts()
    at = headings.index("learning_rate")
    cells = [row[at] for row in window.rows("trial")]
    assert {"e-" in cell for cell in cells} == {True}


def test_all_trials_are_in_one_table(made: Made, opened: Open) -> None:
    """The table has the first rows and, after a click, all others, each trial once."""
    window = opened(made("everyday"), job=arn("forecast-thousand", "444455556666"))
    place = card(window, "Trials")
    assert len(window.rows("trial")) == 50
    place.get_by_role("button", name="Show 500 more of 1,000").click()
    place.get_by_role("button", name="Show 450 more of 1,000").click()
    names = [row[1] for row in window.rows("trial")]
    assert len(names) == len(set(names)) == 1000


def test_two_thousand_tuning_jobs_are_counted_alike(made: Made, opened: Open) -> None:
    """Tiles, menus and tables count two thousand tuning jobs alike; the list says which
    can be opened, and the page stays small."""
    page = made("many", "--most-trials", "100")
    assert page.stat().st_size < 5 * MEBIBYTE
    window = opened(page)
    story = stories.many()
    failed = sum(row["outcome"] == "failed" for row in story.marts["trials"])
    shown = tiles(window)
    assert shown["Tuning jobs"] == "2,000"
    assert shown["Trials"] == f"{len(story.marts['trials']):,}"
    assert shown["Failed trials"] == f"{failed:,}"
    place = card(window, "Tuning jobs")
    assert place.get_by_role("status").inner_text() == "2,000 rows"
    assert sum(int(row[1]) for row in window.rows("failure")) == failed
    openable = len(window.options("tuning-job")) - 1
    assert f"This page has charts for {openable} of them" in place.inner_text()
    find = window.page.get_by_role("searchbox", name="Find a tuning job")
    find.fill("0007")
    assert len(window.options("tuning-job")) == 2
    find.press("Enter")
    window.drawn()
    assert window.heading.inner_text() == "job-0007"
    window.page.get_by_role("link", name="All tuning jobs").click()
    search = place.get_by_role("searchbox", name="Filter: Tuning jobs")
    search.fill("listed only")
    assert place.get_by_role("status").inner_text() == (
        f"{2000 - openable:,} of 2,000 rows"
    )
    search.fill("job-0007")
    assert len(window.rows("job")) == 1


def test_failures_sum_over_scopes(made: Made, opened: Open) -> None:
    """The same failure in several scopes is one row, with each scope's count."""
    window = opened(made("everyday"))
    rows = window.rows("failure")
    assert len({row[0] for row in rows}) == len(rows)
    several = [row for row in rows if "," in row[4]]
    assert several
    for row in several:
        parts = [int(place.rpartition(": ")[2]) for place in row[4].split(", ")]
        assert sum(parts) == int(row[1])
