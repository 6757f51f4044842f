"""Renew the pictures of the page in the docs: `make screenshot`."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from playwright.sync_api import ViewportSize, sync_playwright

from tests.browser import chromium

from . import stories
from .conftest import CHECKOUT, DRAWN, report

if TYPE_CHECKING:
    from playwright.sync_api import Page

PICTURE = CHECKOUT / "docs" / "report.png"
FOLDER = CHECKOUT / "docs" / "report"
SIZE: ViewportSize = {"width": 1000, "height": 860}
NARROWER: ViewportSize = {"width": 860, "height": 900}
FLEET = {
    "scopes": "Scopes",
    "days": "Day by day",
    "tuning-jobs": "Tuning jobs",
    "families": "Families, run by run",
    "idle": "Idle machines",
    "failures": "Failures",
}
TUNING_JOB = {
    "best-so-far": "Best so far: validation:auc",
    "timeline": "When each trial ran",
    "learning-curves": "Learning curves: validation:auc",
    "utilization": "How busy its machines were",
    "importance": "What the objective depends on",
    "next-ranges": "What to try next",
    "each-hyperparameter": "Objective against each hyperparameter",
    "money": "Money by outcome, in USD",
    "trials": "Trials",
}
FEW_TRIALS = {"side-by-side": "Hyperparameters, side by side"}
"""The name of each picture in the docs, and the heading of what it shows. The one with
many lines would be large, so it shows a tuning job with few trials."""
PARTS = {**FLEET, **TUNING_JOB, **FEW_TRIALS}


def main() -> int:
    """Write the pictures, and return the exit code."""
    FOLDER.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as name:
        file = stories.into_duckdb(stories.everyday(), Path(name) / "tuning.duckdb")
        made = report(str(file))
        page = file.with_suffix(".html")
        page.write_text(made.stdout, encoding="utf-8")
        key = stories.everyday().tuning_jobs[0]["tuning_job_arn"]
        with sync_playwright() as playwright, chromium(playwright) as browser:
            window = browser.new_page(viewport=NARROWER, color_scheme="light")
            window.goto(page.as_uri())
            _write(window, FLEET)
            window.goto(f"{page.as_uri()}#job={key}")
            _write(window, TUNING_JOB)
            window.goto(f"{page.as_uri()}#job={key.replace('xgboost', 'week-0')}")
            _write(window, FEW_TRIALS)
            window.goto(f"{page.as_uri()}#job={key}")
            window.set_viewport_size(SIZE)
            window.reload()
            window.wait_for_function(DRAWN)
            window.locator("tr.trial").first.dispatch_event("focusin")
            window.wait_for_timeout(500)
            window.screenshot(path=PICTURE)
    for written in (PICTURE, *sorted(FOLDER.iterdir())):
        sys.stdout.write(f"{written} has {written.stat().st_size:,} bytes\n")
    return made.returncode


def _write(window: Page, parts: dict[str, str]) -> None:
    """Write a picture of each heading's card."""
    window.wait_for_function(DRAWN)
    # A table is cut after enough rows to show what it is.
    window.add_style_tag(content=".scroll.tall { max-height: 300px; }")
    for name, heading in parts.items():
        card = window.locator(f".card:has(:is(h3, h4):text-is('{heading}'))").first
        card.screenshot(path=FOLDER / f"{name}.png")


if __name__ == "__main__":
    sys.exit(main())
