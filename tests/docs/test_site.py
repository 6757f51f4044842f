"""The built documentation in a real browser: it fits, can be used by all, and searched.

The pages are opened as files, so nothing can be fetched.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Literal
from urllib.parse import urlencode

import pytest

from tests.docs.documents import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.browser

Sizes = dict[str, dict[int, tuple[int, int, int]]]
"""By page and width of the window: how much wider the page is, its height, and how many
of its tables scroll."""

SIZE = """() => {
  const { scrollWidth, scrollHeight } = document.documentElement;
  const scroll = [...document.querySelectorAll(".table-wrapper")].filter(
    (each) => each.scrollWidth > each.clientWidth + 1);
  return [scrollWidth - innerWidth, scrollHeight, scroll.length];
}"""
WIDTHS = (390, 800, 1280, 1920)
SCREEN = 900
LONG = {
    "contract.html": "it has a row per fact",
    "report.html": "it has a picture per chart",
    "streams/training_job_details.html": "it has a row per column",
    "streams/tuning_job_details.html": "it has a row per column",
    "accounts.html": "it has each policy in full, to copy",
    "getting-started.html": "it has three ways, and a reader takes one of them",
    "replication.html": "it has the whole state, field by field",
    "design.html": "it is for maintainers, who read all of it",
    "airbyte.html": "it is all there is about Airbyte",
    "streams/training_job_metrics.html": "it has what CloudWatch bills, case by case",
    "models/what-it-cost.html": "it has eight questions, and their answers",
    "settings.html": "it has a row per setting",
    "emulator.html": "it has a row per field of its interface",
    "questions.html": "it has all the questions, and search finds each",
}
"""Pages that may be longer than four screens, and why."""

SIDE_BY_SIDE = {"warehouses.html"}
"""Pages with a table that scrolls in a wide window: it compares statements in SQL."""

AXE = """async (context) => {
  const options = { resultTypes: ["violations"], preload: false };
  const { violations } = await axe.run(context ?? document, options);
  return violations.map(({ id, nodes }) => [id, nodes[0].html.slice(0, 200)]);
}"""
ALL_OF_IT = {"index.html", "models/marts/trials.html", "search.html"}
"""Pages that are checked in both themes, and with the list of all pages, which is the
same everywhere."""

FIRST = {
    "cost": "What it cost: money, waste and forecast",
    "deleted": "Is it complete: running, missing or deleted",
    "AccessDenied": "Accounts and permissions",
    "best trial": "Who won: the best trials",
    "failed trials": "What failed: failed trials, and why",
    "EventBridge": "Why not… > Why not EventBridge?",
    "Snowflake": "Snowflake",
    "emulator": "The emulator: test your own project",
    "pytest": "The emulator: test your own project",
}
"""What people type, and the title of the page that should come first."""


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the built pages."""
    folder = tmp_path_factory.mktemp("docs")
    command = [str(Path(sys.executable).with_name("sphinx-build")), "--quiet", "docs"]
    subprocess.run([*command, str(folder)], cwd=ROOT, check=True)  # noqa: S603 - ours
    return folder


@pytest.fixture
def window(browser: Browser) -> Iterator[Page]:
    """A window of the browser."""
    page = browser.new_page(viewport={"width": 1280, "height": SCREEN})
    yield page
    page.close()


def pages(built: Path) -> list[Path]:
    """All built pages."""
    built_pages = sorted(built.rglob("*.html"))
    assert built / "models" / "marts" / "trials.html" in built_pages
    return built_pages


@pytest.fixture(scope="module")
def sizes(browser: Browser, built: Path) -> Sizes:
    """The sizes of all pages."""
    window = browser.new_page()
    by_page: Sizes = {}
    for page in pages(built):
        window.goto(page.as_uri())
        size = by_page[str(page.relative_to(built))] = {}
        for width in WIDTHS:
            window.set_viewport_size({"width": width, "height": SCREEN})
            size[width] = tuple(window.evaluate(SIZE))
    window.close()
    return by_page


@pytest.mark.parametrize("width", WIDTHS)
def test_no_page_is_wider_than_the_window(sizes: Sizes, width: int) -> None:
    """Neither a table nor the page's own contents leave the window to the right."""
    wider = {page: size[width][0] for page, size in sizes.items()}
    assert {page: pixels for page, pixels in wider.items() if pixels > 0} == {}


def test_tables_fit_into_a_wide_window(sizes: Sizes) -> None:
    """On a laptop, every column of a table shows without scrolling, however long the
    names in it are."""
    scroll = {page for page, size in sizes.items() if size[1280][2]}
    assert scroll == SIDE_BY_SIDE


def test_a_long_page_has_a_reason(sizes: Sizes) -> None:
    """A page is at most four screens long, unless there is a reason."""
    longer = {page for page, size in sizes.items() if size[1280][1] > 4 * SCREEN}
    assert longer <= LONG.keys()


@pytest.mark.parametrize(
    ("scheme", "width", "half"), [("light", 1280, 0), ("dark", 390, 1)]
)
def test_axe_finds_nothing(
    window: Page, built: Path, scheme: Literal["light", "dark"], width: int, half: int
) -> None:
    """axe-core finds no violation on any page: every other page is checked in the light
    theme and a wide window, the others in the dark one and a narrow window, and a few
    in both.

    Pages differ in their contents only: the theme makes each alike.
    """
    axe = pytest.importorskip("axe_playwright_python")
    script = Path(axe.__file__).with_name("axe.min.js").read_text(encoding="utf-8")
    window.emulate_media(color_scheme=scheme)
    window.set_viewport_size({"width": width, "height": SCREEN})
    violations_of = {}
    all_pages = pages(built)
    for page in {*all_pages[half::2], *(built / name for name in ALL_OF_IT)}:
        name = str(page.relative_to(built))
        window.goto(page.as_uri())
        window.evaluate(script)
        context = None if name in ALL_OF_IT else {"exclude": [".sidebar-drawer"]}
        violations_of[name] = window.evaluate(AXE, context)
    assert {
        name: violations for name, violations in violations_of.items() if violations
    } == {}


@pytest.mark.parametrize("query", FIRST)
def test_search_finds_what_people_type(window: Page, built: Path, query: str) -> None:
    """The page that answers comes first, and each result shows where it has a word."""
    address = (built / "search.html").as_uri()
    window.goto(f"{address}?{urlencode({'q': query})}")
    window.get_by_text("Search finished").wait_for()
    results = window.locator("#search-results li")
    assert results.first.locator("a").inner_text() == FIRST[query]
    word = query.split(maxsplit=1)[0].lower().removesuffix("ed")
    for excerpt in results.locator("p.context").all()[:5]:
        assert word[:5] in excerpt.inner_text().lower()
        assert excerpt.locator("mark").inner_text() != ""
    assert results.locator("p.context").count() == results.count()


def test_each_picture_has_a_dark_twin(window: Page, built: Path) -> None:
    """Each picture shows in one theme only, and the theme's switch changes it."""
    shown = "(all) => all.filter((each) => each.checkVisibility()).map((e) => e.src)"
    for name in ("index.html", "report.html", "models/lineage.html"):
        window.emulate_media(color_scheme="light")
        window.goto((built / name).as_uri())
        pictures = window.locator("article img")
        light = pictures.evaluate_all(shown)
        window.emulate_media(color_scheme="dark")
        dark = pictures.evaluate_all(shown)
        assert [src.rpartition(".")[0] + "-dark" for src in light] == [
            src.rpartition(".")[0] for src in dark
        ]
        assert len(light) * 2 == pictures.count() > 0
