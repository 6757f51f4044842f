"""Tables and pictures are saved as files, without a request, and a summary fits on one
sheet."""

from __future__ import annotations

import csv
import re
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest

from .story import ODD
from .test_everyone import paper
from .test_page import arn, of_job
from .test_pictures import figure

if TYPE_CHECKING:
    from pathlib import Path

    from .conftest import Made, Open, Opened

pytestmark = pytest.mark.browser

CHURN = arn("churn-xgboost")


def saved(window: Opened, title: str, kind: str, folder: Path) -> Path:
    """The file that a button under a chart saves."""
    picture = figure(window, title)
    button = picture.get_by_role("button", name=f"Save as {kind}: {title}")
    with window.page.expect_download() as download:
        button.click()
    file = folder / download.value.suggested_filename
    download.value.save_as(file)
    return file


def test_data_is_saved_as_csv(made: Made, opened: Open, tmp_path: Path) -> None:
    """The numbers behind a chart are saved whole, not as they are displayed."""
    window = opened(made("everyday"), job=CHURN)
    title = "When each trial ran"
    figure(window, title).locator("summary", has_text="Data").click()
    file = saved(window, title, "CSV", tmp_path)
    with file.open(encoding="utf-8-sig", newline="") as text:
        rows = [*csv.DictReader(text)]
    assert {row["Trial"]: row["validation:auc"] for row in rows} == {
        row["training_job_name"]: ""
        if row["objective_value"] is None
        else repr(row["objective_value"])
        for row in of_job("trials", CHURN)
    }
    seconds = [row["duration_seconds"] for row in of_job("trials", CHURN)]
    assert sum(float(row["Duration (seconds)"]) for row in rows) == sum(seconds)


def test_a_saved_text_is_no_formula(made: Made, opened: Open, tmp_path: Path) -> None:
    """Text that a spreadsheet would run begins with an apostrophe."""
    window = opened(made("everyday"), job=arn("odd"), x="words", y=ODD)
    figure(window, "Two hyperparameters").locator("summary").click()
    file = saved(window, "Two hyperparameters", "CSV", tmp_path)
    with file.open(encoding="utf-8-sig", newline="") as text:
        words = {row["words"] for row in csv.DictReader(text)}
    assert words == {ODD, "'=1+1", "c"}


@pytest.mark.parametrize(
    "title",
    ["When each trial ran", "Two hyperparameters", "Hyperparameters, side by side"],
)
def test_a_picture_is_saved_on_its_own(
    made: Made, opened: Open, tmp_path: Path, title: str
) -> None:
    """A saved SVG has its own colors and patterns, and a PNG is one."""
    window = opened(made("everyday"), job=CHURN)
    figure(window, title).locator("details:not([open]) > summary").last.click()
    text = saved(window, title, "SVG", tmp_path).read_text(encoding="utf-8")
    ET.fromstring(text)  # noqa: S314 - ours
    assert "var(" not in text
    assert "color-mix" not in text
    used = set(re.findall(r"url\([\"']?#([\w-]+)", text))
    assert used <= set(re.findall(r'id="([\w-]+)"', text))
    image = saved(window, title, "PNG", tmp_path).read_bytes()
    assert image.startswith(b"\x89PNG")


@pytest.mark.parametrize("job", ["", CHURN, arn("two-definitions-partial")])
def test_a_summary_is_one_sheet(made: Made, opened: Open, job: str) -> None:
    """The printed summary has the findings or the best trial, on one sheet."""
    window = opened(made("everyday"), job=job)
    window.page.evaluate("window.print = () => {}")
    window.page.get_by_role("button", name="Print a summary").click()
    paper(window)
    printed = window.page.pdf(prefer_css_page_size=True)
    assert len(re.findall(rb"/Type\s*/Page\b", printed)) == 1
    shown = window.page.locator("main h3:visible").all_inner_texts()
    assert shown[0] in {"Findings", "The best trial", "The whole tuning job"}


def test_two_charts_share_one_axis(made: Made, opened: Open) -> None:
    """A trial's end is at the same place in both charts over time."""
    window = opened(made("everyday"), job=CHURN)
    places = []
    for title in ("Best so far: validation:auc", "When each trial ran"):
        labels = figure(window, title).locator(".role-axis-label text")
        at = "[text.textContent, Math.round(text.getBoundingClientRect().x)]"
        positions = window.all_of(labels, at, "text")
        places.append({text: x for text, x in positions if ":" in text})
    assert places[0] == pytest.approx(places[1], abs=1)
    assert places[0]


def test_a_failure_leads_to_its_trials(made: Made, opened: Open) -> None:
    """A failure names the tuning jobs with most of it, and each link filters the
    trials."""
    window = opened(made("everyday"))
    row = window.page.locator("tr.failure").first
    row.locator("a").first.click()
    window.drawn()
    headings = window.page.locator("[data-table='trials'] th button")
    at = headings.all_inner_texts().index("Outcome")
    assert {row[at] for row in window.rows("trial")} == {"failed"}


def test_idle_money_is_listed_by_tuning_job(made: Made, opened: Open) -> None:
    """The tuning jobs that were idle are listed, with links."""
    window = opened(made("everyday"))
    picture = figure(window, "Idle machines")
    picture.locator("summary", has_text="By tuning job").click()
    cells = picture.locator("tbody tr td").all_inner_texts()
    assert cells[:3] == ["churn-xgboost", "$1.77", "55%"]
