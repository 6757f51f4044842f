"""`python -m tests.report.screenshot`: the picture of the page in the docs, anew."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from playwright.sync_api import ViewportSize, sync_playwright

from tests.report import stories
from tests.report.conftest import CHECKOUT, DRAWN, chromium, report

PICTURE = CHECKOUT / "docs" / "report.png"
SIZE: ViewportSize = {"width": 1000, "height": 1320}


def main() -> int:
    """Write the picture; gives the exit code."""
    with tempfile.TemporaryDirectory() as name:
        file = stories.into_duckdb(stories.everyday(), Path(name) / "tuning.duckdb")
        made = report(str(file), "--tuning-job", "churn-xgboost")
        page = file.with_suffix(".html")
        page.write_text(made.stdout, encoding="utf-8")
        key = stories.everyday().tuning_jobs[0]["tuning_job_arn"]
        with sync_playwright() as playwright, chromium(playwright) as browser:
            window = browser.new_page(viewport=SIZE, color_scheme="light")
            window.goto(f"{page.as_uri()}#job={key}")
            window.wait_for_function(DRAWN)
            leader = window.locator("tr.leader").first
            leader.dispatch_event("focusin")
            window.wait_for_timeout(500)
            window.screenshot(path=PICTURE)
    sys.stdout.write(f"{PICTURE} has {PICTURE.stat().st_size:,} bytes\n")
    return made.returncode


if __name__ == "__main__":
    sys.exit(main())
