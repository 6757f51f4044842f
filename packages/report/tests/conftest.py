"""The page in a real browser, and everything that the browser reported."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias
from urllib.parse import urlencode

import pytest

from . import stories

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from playwright.sync_api import Browser, BrowserContext, Locator, Page

    from .story import Story

CHECKOUT = Path(__file__).resolve().parents[3]
FRAMES = """() => new Promise((done) =>
  requestAnimationFrame(() => requestAnimationFrame(done)))"""
UNLIKE = re.compile(r"(clip|gradient)\w*\d+")
"""Names in an SVG that Vega numbers."""
DRAWN = "() => !document.querySelector('.plot:not([data-drawn])')"


def report(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the command as users do."""
    inherited = {n: v for n, v in os.environ.items() if n != "DATABASE_URL"}
    return subprocess.run(  # noqa: S603 - ours
        [Path(sys.executable).parent / "sagemaker-tuning-report", *arguments],
        env={**inherited, **environment},
        capture_output=True,
        encoding="utf-8",
        check=False,
        timeout=120,
    )


Made: TypeAlias = "Callable[..., Path]"
Open: TypeAlias = "Callable[..., Opened]"


@dataclass
class Opened:
    """A page in a browser context of its own.

    Attributes:
        page: The page.
        file: The path of the page.
        context: The browser context.
        said: What the browser reported: messages, errors, dialogs and requests.
    """

    page: Page
    file: Path
    context: BrowserContext
    said: list[str] = field(default_factory=list)

    def listen(self) -> None:
        """Record everything that a well-behaved page never causes."""
        self.page.on("console", lambda message: self.said.append(message.text))
        self.page.on("pageerror", lambda error: self.said.append(str(error)))
        self.page.on("dialog", lambda dialog: self.said.append(dialog.message))
        self.page.on("request", lambda request: self.said.append(request.url))

    def show(self, **chosen: str) -> None:
        """Open it with these choices in its address, and wait for the charts."""
        self.page.goto(f"{self.file.as_uri()}#{urlencode(chosen)}")
        self.drawn()
        self.said.remove(self.file.as_uri())

    def drawn(self) -> None:
        """Wait until all charts are drawn."""
        self.page.wait_for_function(DRAWN)

    def choose(self, menu: str, value: str) -> None:
        """Choose from a menu."""
        self.page.select_option(f"#{menu}", value)
        self.drawn()

    def point_at(self, target: Locator) -> None:
        """Move the mouse there."""
        target.scroll_into_view_if_needed()
        target.hover(force=True)
        self.settled()

    def point_away(self) -> None:
        """Move the mouse to an empty place."""
        self.page.mouse.move(1, 1)
        self.settled()

    def settled(self) -> None:
        """Wait two frames for the page to update."""
        self.page.evaluate(FRAMES)

    def options(self, menu: str) -> list[str]:
        """The options of a menu."""
        options = self.page.locator(f"#{menu} option")
        return self.all_of(options, "option.value", "option")

    def all_of(self, elements: Locator, expression: str, name: str) -> list[Any]:
        """The value of a JavaScript expression for each element of that name."""
        values = elements.evaluate_all(f"(all) => all.map(({name}) => {expression})")
        return list(values)

    def pictures(self) -> dict[str, str]:
        """Each chart's SVG, by its heading."""
        figures = self.page.locator("figure:has(.plot)")
        named = (
            "[figure.querySelector('h3, h4').textContent,"
            " figure.querySelector('.plot').innerHTML]"
        )
        return {
            title: UNLIKE.sub("", svg)
            for title, svg in self.all_of(figures, named, "figure")
        }

    def rows(self, kind: str) -> list[list[str]]:
        """The cells of a table's rows, with numbers as stored, not as displayed."""
        exact = "[...cell.querySelectorAll('data')].map(({value}) => value).join(' ')"
        shown = f"({exact} || cell.innerText.trim())"
        rows = self.page.locator(f"tr.{kind}")
        return self.all_of(rows, f"[...row.cells].map((cell) => {shown})", "row")

    @cached_property
    def heading(self) -> Locator:
        """The page's heading."""
        return self.page.locator("h2")


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    """Renders the page of a story, once per story."""
    pages: dict[tuple[str, ...], Path] = {}

    def make(name: str, *options: str) -> Path:
        if (name, *options) not in pages:
            folder = tmp_path_factory.mktemp("page")
            story: Story = getattr(stories, name)()
            file = stories.into_duckdb(story, folder / "tuning.duckdb")
            done = report(str(file), *options)
            assert (done.returncode, done.stderr) == (0, "")
            page = folder / "tuning.html"
            page.write_text(done.stdout, encoding="utf-8")
            pages[name, *options] = page
        return pages[name, *options]

    return make


@pytest.fixture
def opened(browser: Browser) -> Iterator[Open]:
    """Opens pages; at the end of the test, the browser must have reported nothing."""
    windows: list[Opened] = []

    def open_(file: Path, width: int = 1280, **chosen: str) -> Opened:
        context = browser.new_context(
            viewport={"width": width, "height": 900}, offline=True
        )
        window = Opened(context.new_page(), file, context)
        windows.append(window)
        window.listen()
        window.show(**chosen)
        return window

    yield open_
    said: list[Any] = [window.said for window in windows]
    for window in windows:
        window.context.close()
    assert said == [[] for _ in said]
