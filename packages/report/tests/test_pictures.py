"""What single charts show, and how users can interact with them."""

from __future__ import annotations

import json
from collections import defaultdict
from typing import TYPE_CHECKING, Any

import pytest

from .story import IRELAND, THEIRS
from .test_page import arn, of_job, story
from .test_tables import card

if TYPE_CHECKING:
    from playwright.sync_api import Locator

    from .conftest import Made, Open, Opened

pytestmark = pytest.mark.browser

CHURN = arn("churn-xgboost")


def figure(window: Opened, title: str) -> Locator:
    """The chart with that heading."""
    heading = f":is(h3, h4):text-is('{title}')"
    return window.page.locator(f"figure:has({heading})")


def heights(window: Opened, marks: Locator) -> dict[str, list[float]]:
    """The vertical positions of marks, by color."""
    place = "[mark.getAttribute('fill'), mark.getBoundingClientRect().top]"
    tops = defaultdict(list)
    for fill, top in window.all_of(marks, place, "mark"):
        tops[fill].append(top)
    return tops


def test_trials_without_a_metric_lie_below_all_others(made: Made, opened: Open) -> None:
    """Trials without a metric are in a labeled strip below, so that none looks like a
    low value."""
    window = opened(made("everyday"), job=CHURN)
    picture = figure(window, "Best so far: validation:auc")
    tops = heights(window, picture.locator(".mark-symbol path[fill^='var']"))
    failed = tops["var(--failed)"]
    rest = [top for fill, each in tops.items() for top in each if "fail" not in fill]
    assert len(failed) == 11
    assert max(rest) < min(failed)
    assert "no metric" in (picture.locator("svg").text_content() or "")
    assert "no metric" not in figure(window, "eta").inner_text()


def test_a_reverse_logarithmic_range_is_drawn_so(made: Made, opened: Open) -> None:
    """0.9 to 0.99 is as long as 0.99 to 0.999, both side by side and alone."""
    window = opened(made("everyday"), job=arn("ranker-deep-running", region=IRELAND))
    picture = figure(window, "momentum")
    assert "reverse log axis" in picture.inner_text()
    labels = picture.locator(".role-axis-label text")
    positions = window.all_of(
        labels, "[text.textContent, text.getBoundingClientRect().left]", "text"
    )
    at = {text: left for text, left in positions if text}
    assert {"0.9", "0.99"} <= at.keys()
    assert at["0.9"] < at["0.99"]
    assert "momentum (reverse)" in window.page.locator("main").inner_text()


def test_importance_has_all_kinds(made: Made, opened: Open) -> None:
    """Bars show numeric and categorical hyperparameters, longest first, with how many
    trials they are based on."""
    key = arn("ranker-deep-running", region=IRELAND)
    window = opened(made("everyday"), job=key)
    picture = figure(window, "What the objective depends on")
    rows = of_job("importance", key)
    picture.locator("summary").click()
    table = picture.locator("tbody tr")
    table.first.wait_for()
    cells = window.all_of(table, "[...row.cells].map((c) => c.innerText)", "row")
    weights = [float(cell[2]) for cell in cells]
    assert weights == sorted(weights, reverse=True)
    assert sorted((cell[0], cell[1], cell[2]) for cell in cells) == sorted(
        (row["name"], row["kind"], f"{row['importance']:.3f}") for row in rows
    )
    assert f"over {rows[0]['trials']} trials" in picture.inner_text()
    assert picture.locator(".mark-rect path").count() == len(rows)


def test_next_ranges_are_copied(made: Made, opened: Open) -> None:
    """A button copies the JSON for the API, as the model has it."""
    window = opened(made("everyday"), job=CHURN)
    window.context.grant_permissions(["clipboard-read", "clipboard-write"])
    button = window.page.get_by_role("button", name="Copy as JSON")
    button.click()
    window.page.get_by_role("button", name="Copied").wait_for()
    copied = window.page.evaluate("navigator.clipboard.readText()")
    (first, *_) = of_job("next_ranges", CHURN)
    assert json.loads(copied) == json.loads(first["parameter_ranges"])
    shown = {row[0]: row[2] for row in window.rows("range")}
    assert shown["max_depth"] == "2 to 7"
    assert shown.keys() == {row["name"] for row in of_job("next_ranges", CHURN)}


def test_constants_are_folded_away(made: Made, opened: Open) -> None:
    """A hyperparameter with a single value has no chart, but a line names it."""
    window = opened(made("everyday"), job=arn("odd"))
    assert figure(window, "constant").count() == 0
    window.page.get_by_text("1 hyperparameter with a single value").click()
    assert window.page.locator("li", has_text="constant = 3").count() == 1


def test_bands_only_where_they_say_something(made: Made, opened: Open) -> None:
    """The band of the best quarter is left out if it covers most of a range."""
    window = opened(made("everyday"), job=CHURN)
    assert figure(window, "eta").locator(".layer_0_marks path").count() == 1
    assert "best quarter" in figure(window, "eta").inner_text()
    wide = figure(window, "min_child_weight")
    assert wide.locator(".layer_0_marks path").count() == 0
    assert "best quarter" not in wide.inner_text()


def test_axes_are_drawn_over(made: Made, opened: Open) -> None:
    """Selecting a piece of an axis keeps only its trials, in the chart and the table,
    and a button resets it."""
    window = opened(made("everyday"), job=CHURN)
    picture = figure(window, "Hyperparameters, side by side")
    picture.scroll_into_view_if_needed()
    box: Any = picture.locator(".mark-rule").first.locator("line").nth(1).bounding_box()
    mouse, across = window.page.mouse, box["x"] + box["width"] / 2
    mouse.move(across, box["y"] + 1)
    mouse.down()
    mouse.move(across, box["y"] + 0.45 * box["height"], steps=4)
    mouse.up()
    window.settled()
    # The second axis is max_depth; it extends from 2 at the bottom to 12 at the top.
    deep = {
        row["training_job_name"]
        for row in of_job("hyper_parameters", CHURN)
        if row["name"] == "max_depth" and row["number"] >= 8
    }
    assert {row[1] for row in window.rows("trial")} == deep
    status = picture.get_by_role("status").first
    assert status.inner_text().startswith(f"{len(deep)} of 60 trials match")
    window.page.get_by_role("button", name="Clear").click()
    window.settled()
    assert card(window, "Trials").get_by_role("status").inner_text() == "60 rows"


def test_learning_curves_show_the_best(made: Made, opened: Open) -> None:
    """Each trial with points has a line; the best one stands out, and so does one under
    the pointer."""
    window = opened(made("everyday"), job=CHURN)
    picture = figure(window, "Learning curves: validation:auc")
    points = of_job("learning_curves", CHURN)
    measured = {
        row["training_job_name"]
        for row in points
        if row["metric_name"] == "validation:auc"
    }
    series = picture.locator(".layer_0_marks path")
    assert 20 <= series.count() <= min(40, len(measured))
    assert picture.locator(".layer_1_marks path").count() == 1
    best = next(row for row in of_job("leaderboard", CHURN) if row["place"] == 1)
    label = picture.locator(".plot").get_attribute("aria-label") or ""
    assert f"The best, {best['training_job_name']}, ends at" in label
    window.point_at(window.page.locator("tr.trial").first)
    assert picture.locator(".mark-line path[stroke='var(--ink)']").count() == 1


def test_utilization_is_of_the_chosen_trial(made: Made, opened: Open) -> None:
    """A menu chooses the trial; its lines have labels and dash patterns."""
    window = opened(made("everyday"), job=CHURN)
    place = window.page.locator("section:has(h3:text-is('How busy its machines were'))")
    before = place.locator(".plot").get_attribute("aria-label") or ""
    menu = place.locator("select")
    options = window.all_of(menu.locator("option"), "option.value", "option")
    assert options[0] in before
    menu.select_option(options[3])
    window.drawn()
    after = place.locator(".plot").get_attribute("aria-label") or ""
    assert options[3] in after
    dashes = window.all_of(
        place.locator(".mark-line path[stroke-dasharray]"),
        "line.getAttribute('stroke-dasharray')",
        "line",
    )
    assert len(set(dashes)) == 3
    assert place.locator("ul.key li").all_inner_texts() == ["CPU", "GPU", "memory"]


def test_what_to_select_is_said(made: Made, opened: Open) -> None:
    """If no metrics are loaded, the page names the stream to select."""
    window = opened(made("nothing"))
    assert "Select the stream training_job_metrics (for costs" in (
        card(window, "Idle machines").inner_text()
    )
    window = opened(made("everyday"), job=arn("single"))
    assert "Select the stream training_job_metrics" in (
        card(window, "Learning curves").inner_text()
    )


def test_idle_machines_are_the_models(made: Made, opened: Open) -> None:
    """Idle and total cost are shown by instance type, with the number of trials
    measured."""
    window = opened(made("everyday"))
    (row,) = story().marts["hardware_utilisation"]
    label = f"${row['idle_cost']:.2f} of ${row['measured_cost']:.2f}"
    picture = figure(window, "Idle machines")
    text = picture.locator("svg").text_content() or ""
    assert label in text
    assert f"{row['trials_with_metrics']} of {row['trials']} trials" in text


def test_days_are_drawn_whole(made: Made, opened: Open) -> None:
    """Each day has a bar per outcome, a question mark over days with unknown costs, and
    the menus apply."""
    window = opened(made("everyday"))
    rows = story().marts["daily_spend"]
    bars = {(row["date"], row["outcome"]) for row in rows}
    trials = figure(window, "Trials by day").locator(".layer_0_marks path")
    assert trials.count() == len(bars)
    failed = figure(window, "Failed trials by day").locator(".layer_0_marks path")
    assert failed.count() == sum(outcome == "failed" for _, outcome in bars)
    unknown = {row["date"] for row in rows if row["trials_with_cost"] < row["trials"]}
    cost = figure(window, "Cost by day, in USD")
    marks = cost.locator(".layer_1_marks text")
    assert marks.all_text_contents() == ["?"] * len(unknown)
    window.choose("region", IRELAND)
    there = [row for row in rows if row["region"] == IRELAND]
    assert trials.count() == len(there)


def test_an_unknown_cost_has_no_length(made: Made, opened: Open) -> None:
    """A thousand trials without a price are a text, not a short bar."""
    window = opened(made("everyday"))
    picture = figure(window, "Cost in USD")
    words = picture.locator(".mark-text text").all_text_contents()
    assert [text for text in words if text.startswith("1,000 trials, ")] == [
        f"1,000 trials, {hours('forecast-thousand')} h, no price"
    ]
    assert "+ 7 trials, no price" in words
    bars = picture.locator(".layer_0_marks path")
    priced = [row for row in story().marts["spend"] if row["cost"] is not None]
    drawn = window.all_of(bars, "bar.getBoundingClientRect().width", "bar")
    assert sum(width > 0 for width in drawn) <= len(priced)


def hours(name: str) -> int:
    """The hours that a tuning job's trials ran."""
    rows = of_job("spend", arn(name, THEIRS))
    return round(sum(row["duration_seconds"] or 0 for row in rows) / 3600)


def test_a_trial_that_never_ran_is_not_drawn_as_having_run(
    made: Made, opened: Open
) -> None:
    """A trial that ended without a start has a line for its wait, but no bar, and the
    page says so."""
    window = opened(made("odd_trials"), job=arn("odd-trials"))
    picture = figure(window, "When each trial ran")
    assert picture.locator(".layer_1_marks path").count() == 3
    assert picture.locator(".layer_0_marks line").count() == 5
    note = picture.locator(".note").inner_text()
    assert "Only a line: 1 trial never started, 1 trial is waiting." in note
    text = window.page.locator(".tiles").inner_text()
    assert "without 1 unfinished trial; 1 never started" in text
    started = {row[1][:14]: row[-2] for row in window.rows("trial")}
    assert started["odd-trials-004"] == "never started"
    assert started["odd-trials-005"] == "waiting"


def test_families_are_side_by_side(made: Made, opened: Open) -> None:
    """The runs of a family are compared on the fleet page and on each run's own
    page."""
    window = opened(made("everyday"))
    names = [
        row["tuning_job_name"]
        for row in story().marts["tuning_job_summary"]
        if row["family"] == "churn"
    ]
    points = figure(window, "churn").locator(".layer_1_marks path")
    assert points.count() == len(names) == 4
    window.choose("tuning-job", CHURN)
    runs = {row[0].removesuffix(" (this one)") for row in window.rows("run")}
    assert runs == set(names)


def test_the_docs_show_each_part() -> None:
    """Each picture that `make screenshot` writes is small, appears in the docs, and has
    a dark twin."""
    from .screenshot import FOLDER, PARTS, PICTURE, THEMES  # noqa: PLC0415

    text = PICTURE.with_suffix(".md").read_text(encoding="utf-8")
    written = {f"{name}{theme}" for name in PARTS for theme in THEMES.values()}
    assert {file.stem for file in FOLDER.iterdir()} == written
    for name in PARTS:
        assert f"](report/{name}.png)" in text
    assert PICTURE.with_stem(f"{PICTURE.stem}-dark").is_file()
    assert max(file.stat().st_size for file in FOLDER.iterdir()) < 120_000
