"""The page of `sagemaker-tuning --every` reloads itself when another replaces it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from sagemaker_tuning_report.content import content
from sagemaker_tuning_report.page import page
from sagemaker_tuning_report.warehouse import opened

from . import stories

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Browser

pytestmark = pytest.mark.browser

SHOWN = "document.querySelector('h1').textContent"


def write(folder: Path, number: int, latest: int) -> Path:
    """Write the page with a number as its name, and say which is the latest."""
    database = folder / "tuning.duckdb"
    if not database.exists():
        stories.into_duckdb(stories.small(), database)
    with opened(str(database)) as warehouse:
        shown = content(warehouse, most_trials=100)
    shown["latest"] = {"script": "latest.js", "page": str(number)}
    html = page(shown).replace("<h1>SageMaker tuning", f"<h1>Page {number}")
    file = folder / "tuning.html"
    file.write_text(html, encoding="utf-8")
    script = f"window.latestPage = {json.dumps(str(latest))};"
    (folder / "latest.js").write_text(script, encoding="utf-8")
    return file


def test_a_page_reloads_itself(browser: Browser, tmp_path: Path) -> None:
    """An open page shows its successor, opened from a folder and without a network."""
    file = write(tmp_path, number=1, latest=1)
    context = browser.new_context(offline=True)
    tab = context.new_page()
    said: list[str] = []
    tab.on("console", lambda message: said.append(message.text))
    tab.goto(f"{file.as_uri()}#account=111122223333")
    tab.wait_for_timeout(6000)
    assert tab.evaluate(SHOWN) == "Page 1"
    write(tmp_path, number=2, latest=2)
    tab.locator("h1", has_text="Page 2").wait_for(timeout=15_000)
    address = tab.url
    context.close()
    assert address.endswith("#account=111122223333")
    assert said == []


def test_another_page_may_load_no_script(tmp_path: Path) -> None:
    """A page that does not reload itself may load no script at all."""
    stories.into_duckdb(stories.small(), tmp_path / "tuning.duckdb")
    with opened(str(tmp_path / "tuning.duckdb")) as warehouse:
        html = page(content(warehouse, most_trials=100))
    assert "strict-dynamic" not in html
