"""Renew the pictures of the page in the docs from the demo's page.

`python -m packages.report.tests.screenshot [PAGE]`; `make demo` writes the page.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from playwright.sync_api import ViewportSize, sync_playwright

from tests.browser import chromium

from .conftest import CHECKOUT, DRAWN

if TYPE_CHECKING:
    from playwright.sync_api import Page

PAGE = CHECKOUT / ".demo" / "tuning.html"
PICTURE = CHECKOUT / "docs" / "report.png"
FOLDER = CHECKOUT / "docs" / "report"
NAME, SMALL = "churn-xgb", "pricing-gbm"
"""The newest tuning jobs whose names begin like this are shown."""
THEMES: dict[Literal["light", "dark"], str] = {"light": "", "dark": "-dark"}
"""What the names of the pictures in each theme end with."""
SIZE: ViewportSize = {"width": 1000, "height": 640}
NARROWER: ViewportSize = {"width": 860, "height": 900}
FLEET = {
    "findings": "Findings",
    "tuning-jobs": "Tuning jobs",
    "days": "Day by day",
    "families": "Families, run by run",
    "idle": "Idle machines",
    "failures": "Failures",
}
TUNING_JOB = {
    "best-trial": "The best trial",
    "best-so-far": "Best so far: validation:auc",
    "learning-curves": "Learning curves: validation:auc",
    "utilization": "How busy its machines were",
    "two-hyperparameters": "Two hyperparameters",
    "importance": "What the objective depends on",
    "next-ranges": "What to try next",
    "each-hyperparameter": "Objective against each hyperparameter",
    "money": "Money by outcome, in USD",
    "trials": "Trials",
}
PINNED = {"pinned": "2 pinned trials"}
FEW_TRIALS = {"side-by-side": "Hyperparameters, side by side"}
"""The name of each picture in the docs, and the heading of what it shows. The one with
many lines would be large, so it shows a tuning job with few trials."""
PARTS = {**FLEET, **TUNING_JOB, **PINNED, **FEW_TRIALS}


def main() -> int:
    """Write the pictures in both themes, and return the exit code."""
    page = Path(sys.argv[1] if sys.argv[1:] else PAGE).resolve()
    for old in FOLDER.glob("*.png"):
        old.unlink()
    with sync_playwright() as playwright, chromium(playwright) as browser:
        for scheme, mark in THEMES.items():
            window = browser.new_page(viewport=NARROWER, color_scheme=scheme)
            _take(window, page, mark)
            window.close()
    for written in (*PICTURE.parent.glob("*.png"), *sorted(FOLDER.iterdir())):
        sys.stdout.write(f"{written} has {written.stat().st_size:,} bytes\n")
    return 0


def _take(window: Page, page: Path, mark: str) -> None:
    """Write the pictures in one theme, with a mark at the end of their names."""
    window.goto(page.as_uri())
    _write(window, FLEET, mark)
    window.set_viewport_size(SIZE)
    window.reload()
    window.wait_for_function(DRAWN)
    window.screenshot(path=PICTURE.with_stem(f"{PICTURE.stem}{mark}"))
    window.set_viewport_size(NARROWER)
    _open(window, page, SMALL)
    _write(window, FEW_TRIALS, mark)
    _open(window, page, NAME)
    _write(window, TUNING_JOB, mark)
    for at in (1, 3):
        window.locator("tr.trial").nth(at).dispatch_event("click")
    _write(window, PINNED, mark)


def _open(window: Page, page: Path, name: str) -> None:
    """Open the newest tuning job whose name begins like this."""
    option = f"#tuning-job option:text-matches('^{name}-')"
    key = window.locator(option).first.get_attribute("value")
    window.goto(f"{page.as_uri()}#job={key}")


def _write(window: Page, parts: dict[str, str], mark: str) -> None:
    """Write a picture of each heading's card."""
    window.wait_for_function(DRAWN)
    # A table is cut after enough rows to show what it is.
    window.add_style_tag(content=".scroll.tall { max-height: 300px; }")
    window.mouse.move(1, 1)
    for name, heading in parts.items():
        card = window.locator(f".card:has(:is(h3, h4):text-is('{heading}'))").first
        card.screenshot(path=FOLDER / f"{name}{mark}.png")


if __name__ == "__main__":
    sys.exit(main())
