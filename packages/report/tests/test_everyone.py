"""The page works by keyboard and screen reader, without color, at any width and on
paper."""

from __future__ import annotations

import re
from importlib.resources import files
from typing import TYPE_CHECKING

import pytest

from sagemaker_tuning_report.values import OUTCOMES

from .story import IRELAND
from .test_page import arn, of_job

if TYPE_CHECKING:
    from .conftest import Made, Open, Opened

pytestmark = pytest.mark.browser

CHURN = arn("churn-xgboost")
LONG = arn("n" * 250)
PAGES = ["", CHURN, arn("two-definitions-partial"), arn("odd"), arn("all-failed")]


@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 390)])
def test_axe_finds_nothing(made: Made, opened: Open, scheme: str, width: int) -> None:
    """axe-core finds no violation, even with tables open and a trial pinned and
    highlighted.

    Colors don't depend on the width, and the layout doesn't on the theme.
    """
    axe = pytest.importorskip("axe_playwright_python.sync_playwright")
    window = opened(made("everyday"), width)
    window.page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    for job in PAGES:
        window.choose("tuning-job", job)
        details = window.page.locator("details")
        details.evaluate_all("(all) => { for (const each of all) each.open = true; }")
        window.settled()
        window.page.evaluate("document.querySelector('tr.trial')?.click()")
        window.page.evaluate("document.querySelector('tr.trial')?.focus()")
        result = axe.Axe().run(window.page).response
        assert [
            (rule["id"], [node["html"][:200] for node in rule["nodes"][:3]])
            for rule in result["violations"]
        ] == []
        # Where axe is unsure, the reason must be a background that it could not see.
        assert {rule["id"] for rule in result["incomplete"]} <= {"color-contrast"}


def test_the_keyboard_reaches_every_trial(made: Made, opened: Open) -> None:
    """The arrow keys go through the marks of a chart in order, each is announced, and
    Escape leaves the chart."""
    window = opened(made("everyday"), job=CHURN)
    picture = window.page.locator("figure:has-text('When each trial ran') .reach")
    picture.focus()
    trials = sorted(of_job("trials", CHURN), key=lambda row: row["started_at"])
    for row in trials[:3]:
        window.page.keyboard.press("ArrowRight")
        window.settled()
        said = window.page.locator("#said").inner_text()
        assert said.startswith(f"{row['training_job_name']}. Outcome: ")
        assert (
            window.page.locator("#trial strong").inner_text()
            == (row["training_job_name"])
        )
    before = window.pictures()["When each trial ran"]
    window.page.keyboard.press("End")
    window.settled()
    assert window.pictures()["When each trial ran"] != before
    assert trials[-1]["training_job_name"] in window.page.locator("#said").inner_text()
    window.page.keyboard.press("Escape")
    assert window.page.locator("#trial").is_hidden()


def test_every_picture_is_reached_and_has_its_data(made: Made, opened: Open) -> None:
    """Each chart is reachable with Tab, says what its keys do, and has a table of its
    numbers."""
    window = opened(made("everyday"))
    for job in ("", CHURN):
        window.choose("tuning-job", job)
        figures = window.page.locator("figure:has(.plot)")
        reached = window.page.locator("figure .reach[tabindex='0'] .plot")
        assert figures.count() == reached.count() > 0
        labels = window.page.locator("figure .reach")
        for label in window.all_of(labels, "each.ariaLabel", "each"):
            assert "use the arrow keys" in label
        for figure in figures.all():
            title = figure.locator("h3, h4").inner_text()
            summary = figure.locator(":scope > details > summary", has_text="Data")
            # The table of trials has the numbers of the parallel coordinates.
            assert summary.count() == (title != "Hyperparameters, side by side"), title
            for each in summary.all():
                each.click()
                each.locator("xpath=..").locator("tbody tr").first.wait_for()


def test_bars_lead_to_tuning_jobs(made: Made, opened: Open) -> None:
    """Enter on a bar of the fleet opens its tuning job."""
    window = opened(made("everyday"))
    window.page.locator("figure:has-text('Hours of training') .reach").focus()
    window.page.keyboard.press("ArrowDown")
    assert "Outcome: completed." in window.page.locator("#said").inner_text()
    window.page.keyboard.press("Enter")
    window.page.locator(".back").wait_for()
    window.drawn()
    assert window.heading.inner_text() == "churn-xgboost"
    window.page.get_by_role("link", name="All tuning jobs").click()
    window.drawn()
    assert window.heading.inner_text() == "All tuning jobs"


def test_rows_are_one_stop_of_the_tab_key(made: Made, opened: Open) -> None:
    """Tab reaches one row of a table, and the arrow keys reach the others."""
    window = opened(made("everyday"), job=CHURN)
    rows = window.page.locator("tr.trial")
    assert window.page.locator("tr.trial[tabindex='0']").count() == 1
    rows.first.focus()
    window.page.keyboard.press("ArrowDown")
    name = rows.nth(1).locator("td").nth(1).inner_text()
    assert window.page.evaluate("document.activeElement.cells[1].innerText") == name
    assert name in window.page.locator("#said").inner_text()


def test_headings_are_one_stop_of_the_tab_key(made: Made, opened: Open) -> None:
    """Tab reaches one heading of a table, the arrow keys reach the others, and a button
    at the top skips to the first row."""
    window = opened(made("everyday"), job=CHURN)
    headings = window.page.locator("[data-table='trials'] th button")
    reached = window.all_of(headings, "button.tabIndex", "button")
    assert (reached[0], set(reached[1:])) == (0, {-1})
    headings.first.focus()
    window.page.keyboard.press("ArrowRight")
    assert window.page.evaluate("document.activeElement.innerText") == "Trial"
    skip = window.page.get_by_role("button", name="Skip to the table")
    skip.focus()
    window.page.keyboard.press("Enter")
    assert window.page.evaluate("document.activeElement.className") == "trial hovered"


def test_the_header_hides_no_focus(made: Made, opened: Open) -> None:
    """Moving backwards with Shift+Tab scrolls what gets the focus below the header."""
    window = opened(made("everyday"), job=CHURN)
    window.page.locator("tr.trial").first.focus()
    for _ in range(25):
        window.page.keyboard.press("Shift+Tab")
        top, bottom = window.page.evaluate(
            "[document.activeElement.getBoundingClientRect().top,"
            " document.querySelector('header').getBoundingClientRect().bottom]"
        )
        assert top >= bottom - 1


def test_a_description_covers_nothing_it_describes(made: Made, opened: Open) -> None:
    """The description is in the corner opposite to the mark under the pointer."""
    window = opened(made("everyday"), job=CHURN)
    row = window.page.locator("tr.trial").nth(2)
    for block in ("center", "end"):
        row.evaluate("(row, block) => row.scrollIntoView({ block })", block)
        row.hover(force=True)
        window.settled()
        card, target = (
            place.bounding_box() for place in (window.page.locator("#trial"), row)
        )
        assert card
        assert target
        is_above = card["y"] + card["height"] <= target["y"]
        assert is_above or target["y"] + target["height"] <= card["y"]
        window.point_away()


def test_outcomes_differ_without_colour() -> None:
    """Each outcome has a shape and a pattern of its own."""
    shapes = pytest.importorskip("sagemaker_tuning_report.encodings").SHAPES
    page = (
        files("sagemaker_tuning_report")
        .joinpath("web", "page.html")
        .read_text(encoding="utf-8")
    )
    looks = dict(re.findall(r'id="bar-(\w+)".*?/>(.*?)</pattern>', page))
    assert set(looks) == set(OUTCOMES)
    assert len(set(looks.values())) == len(OUTCOMES)
    assert len(set(shapes)) == len(OUTCOMES)


def test_bars_have_patterns(made: Made, opened: Open) -> None:
    """The bars and timelines of each outcome have a pattern that exists."""
    window = opened(made("everyday"), job=CHURN)
    for title in ("When each trial ran", "Hours by outcome"):
        marks = window.page.locator(f"figure:has-text('{title}') .mark-rect path")
        fills = set(window.all_of(marks, "mark.getAttribute('fill')", "mark"))
        outcomes = {row["outcome"] for row in of_job("trials", CHURN)}
        patterns = {f"url(#bar-{outcome})" for outcome in outcomes}
        assert patterns <= fills
        assert fills - patterns <= {"transparent"}
    for fill in patterns:
        assert window.page.locator(f"pattern{fill[4:-1]}").count() == 1


@pytest.mark.parametrize("width", [320, 390, 700, 1280])
def test_a_long_name_breaks_nothing(made: Made, opened: Open, width: int) -> None:
    """With names of 250 characters, nothing is wider than the page."""
    window = opened(made("everyday"), width)
    for job in ("", LONG, arn("ranker-deep-running", region=IRELAND)):
        window.choose("tuning-job", job)
        root = "document.documentElement.scrollWidth"
        assert window.page.evaluate(root) <= width


def test_hidden_columns_have_a_hint(made: Made, opened: Open) -> None:
    """A table that is wider than its container says so, and no other does."""
    narrow = opened(made("everyday"), 390)
    assert "Scroll sideways" in narrow.page.locator("main").inner_text()
    wide = opened(made("everyday"), 1280)
    scopes = wide.page.locator("section:has(h3:text-is('Scopes'))")
    assert "Scroll sideways" not in scopes.inner_text()


def paper(window: Opened) -> None:
    """Render the page for print, on A4."""
    window.page.set_viewport_size({"width": 1047, "height": 740})
    window.page.emulate_media(media="print", color_scheme="dark")
    window.settled()


def test_paper_has_every_row_and_is_light(made: Made, opened: Open) -> None:
    """In print, tables have all rows and columns, and the colors are light even for
    readers with a dark scheme."""
    window = opened(made("everyday"), job=CHURN)
    paper(window)
    assert window.page.locator("tr.trial").count() == 60
    places = window.page.locator(".scroll")
    overflow = "place.scrollWidth > place.clientWidth + 1"
    assert window.all_of(places, overflow, "place").count(True) == 0
    ink = "getComputedStyle(document.querySelector('.plot text')).fill"
    assert window.page.evaluate(ink) in {"rgb(95, 104, 120)", "rgb(27, 33, 48)"}
    bars = window.page.locator("td .bar")
    exact = "getComputedStyle(bar).printColorAdjust"
    assert set(window.all_of(bars, exact, "bar")) == {"exact"}
    window.page.emulate_media(media="screen")
    window.settled()
    assert window.page.locator("tr.trial").count() == 50


def test_paper_cuts_no_value_in_two(made: Made, opened: Open) -> None:
    """In print, short values and headings stay on one line each, or break between
    words."""
    window = opened(made("everyday"), job=CHURN)
    paper(window)
    cells = window.page.locator("tr.trial td:nth-child(4), [data-table='trials'] th")
    cut = """[...cell.querySelectorAll('.printed, *')].concat(cell).some((part) =>
      [...part.childNodes].some((node) => { if (node.nodeType !== 3) return false;
        return (node.data.match(/[a-z0-9]+/gi) ?? []).some((word) => {
          const range = document.createRange(), at = node.data.indexOf(word);
          range.setStart(node, at); range.setEnd(node, at + word.length);
          const tops = [...range.getClientRects()].map(({ top }) => Math.round(top));
          return new Set(tops).size > 1;
        }); }))"""
    assert True not in window.all_of(cells, cut, "cell")


def test_paper_has_no_sheet_without_words(made: Made, opened: Open) -> None:
    """Each printed sheet has text, and each chart is on the same sheet as its title."""
    window = opened(made("everyday"), job=CHURN)
    keep = "getComputedStyle(figure).breakInside"
    paper(window)
    figures = window.page.locator("figure")
    assert set(window.all_of(figures, keep, "figure")) == {"avoid"}
    printed = window.page.pdf(prefer_css_page_size=True)
    sheets = len(re.findall(rb"/Type\s*/Page\b", printed))
    height = window.page.evaluate("document.body.scrollHeight")
    assert height / 1000 < sheets < height / 300
