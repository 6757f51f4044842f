"""What a reader chose is in the URL: a link or the way back shows it again."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from .test_page import arn
from .test_tables import card

if TYPE_CHECKING:
    from .conftest import Made, Open

pytestmark = pytest.mark.browser

CHURN = arn("churn-xgboost")


def test_a_link_shows_the_same(made: Made, opened: Open) -> None:
    """Filter, order, brush, metric and the trial whose machines are shown come from the
    address."""
    first = opened(made("everyday"), job=CHURN)
    trials = card(first, "Trials")
    trials.get_by_role("searchbox").fill("outcome = completed")
    trials.get_by_role("button", name="Duration").click()
    machines = first.page.locator(
        "section:has(h3:text-is('How busy its machines were'))"
    )
    machines.locator("select").select_option(index=2)
    chosen = machines.locator("select").input_value()
    address = first.page.url
    rows = first.rows("trial")

    second = opened(made("everyday"))
    second.page.evaluate("(hash) => { location.hash = hash; }", address.split("#")[1])
    second.drawn()
    assert second.rows("trial") == rows
    assert card(second, "Trials").get_by_role("searchbox").input_value() == (
        "outcome = completed"
    )
    again = second.page.locator("section:has(h3:text-is('How busy its machines were'))")
    assert again.locator("select").input_value() == chosen


def test_the_way_back_keeps_the_filter(made: Made, opened: Open) -> None:
    """The link back to all tuning jobs keeps their filter, and the browser's way back
    that of the trials."""
    window = opened(made("everyday"))
    card(window, "Tuning jobs").get_by_role("searchbox").fill("failed > 3 churn")
    jobs = window.rows("job")
    assert [row[0] for row in jobs] == ["churn-xgboost"]
    window.page.locator("tr.job a").first.click()
    card(window, "Trials").get_by_role("searchbox").fill("status = failed")
    window.page.get_by_role("link", name="All tuning jobs").click()
    assert window.rows("job") == jobs
    window.page.go_back()
    search = card(window, "Trials").get_by_role("searchbox")
    assert search.input_value() == "status = failed"
    assert {row[3] for row in window.rows("trial")} == {"failed"}
    window.drawn()


def test_a_brush_is_part_of_the_address(made: Made, opened: Open) -> None:
    """A selected piece of an axis is selected again from the address."""
    window = opened(made("everyday"), job=CHURN, brush="0.500~1.000~max_depth")
    status = card(window, "Trials").get_by_role("status").inner_text()
    assert status.endswith(" of 60 rows")
    picture = window.page.locator(
        "figure:has(h3:text-is('Hyperparameters, side by side'))"
    )
    assert "trials match" in picture.inner_text()
    window.page.get_by_role("button", name="Clear").click()
    assert "brush" not in window.page.url
