"""The best trial, pinned trials side by side, and what to try next."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from sagemaker_tuning_report.console import console

from .story import EAST, IRELAND
from .test_page import arn, of_job
from .test_pictures import figure
from .test_tables import card

if TYPE_CHECKING:
    from .conftest import Made, Open, Opened

pytestmark = pytest.mark.browser

CHURN = arn("churn-xgboost")
DEEP = arn("ranker-deep-running", region=IRELAND)


def pinned(window: Opened) -> list[str]:
    """The names of the trials that are pinned, from the address."""
    names: list[str] = window.page.evaluate(
        "new URLSearchParams(location.hash.slice(1)).getAll('pin')"
    )
    return names


def test_findings_come_first_and_lead_somewhere(made: Made, opened: Open) -> None:
    """At most five sentences stand above everything else, and each links to what it is
    about."""
    window = opened(made("everyday"))
    headings = window.page.locator("main h3").all_inner_texts()
    assert headings[:2] == ["Findings", "Tuning jobs"]
    kinds = window.all_of(
        window.page.locator(".findings li"), "item.dataset.kind", "item"
    )
    assert kinds == ["incomplete", "failed", "idle", "stop", "edge"]
    text = window.page.locator(".findings").inner_text()
    assert "126 of 1,280 trials failed (9.84%)" in text
    window.page.locator(".findings").get_by_role("link", name="Failures").click()
    window.drawn()
    top = (
        "document.querySelector('[data-section=failures]').getBoundingClientRect().top"
    )
    assert 0 < window.page.evaluate(top) < 900
    window.page.locator("[data-kind='idle']").get_by_role(
        "link", name="churn-xgboost"
    ).click()
    window.drawn()
    assert window.heading.inner_text() == "churn-xgboost"


def test_scopes_without_trouble_are_one_line(made: Made, opened: Open) -> None:
    """Scopes that are all complete are one line, without a table."""
    window = opened(made("everyday"), account="444455556666", region=EAST)
    assert window.rows("scope") == []
    subtitle = window.page.locator(".subtitle").inner_text()
    assert "444455556666 · us-east-1 is complete as of 2026-03-02 20:00" in subtitle


def test_the_winner_of_a_tuning_job_is_a_link(made: Made, opened: Open) -> None:
    """The list of tuning jobs links to the winner, which is pinned then, and draws how
    the best improved."""
    window = opened(made("everyday"))
    row = window.page.locator(f"tr.job[data-key='{CHURN}']")
    improved = row.locator("svg.spark").get_attribute("aria-label") or ""
    assert "improvements, the last after" in improved
    row.locator("td:nth-child(4) a").click()
    window.drawn()
    best = next(row for row in of_job("leaderboard", CHURN) if row["place"] == 1)
    assert pinned(window) == [best["training_job_name"]]
    assert best["training_job_name"] in card(window, "The best trial").inner_text()


def test_the_best_trial_has_its_values_and_links(made: Made, opened: Open) -> None:
    """The best trial's card has its hyperparameters on their ranges, and links to the
    console, its logs and its model."""
    window = opened(made("everyday"), job=CHURN)
    place = card(window, "The best trial")
    best = next(row for row in of_job("leaderboard", CHURN) if row["place"] == 1)
    name = best["training_job_name"]
    values = {
        row["name"]: float(row["value"])
        for row in of_job("hyper_parameters", CHURN)
        if row["training_job_name"] == name
    }
    shown = place.locator(".bars li")
    cells = window.all_of(shown, "[...item.children].map((c) => c.textContent)", "item")
    assert {cell[0]: float(cell[1]) for cell in cells} == pytest.approx(
        values, rel=1e-4
    )
    links = place.locator(".links a")
    home = f"https://{EAST}.console.aws.amazon.com"
    key = f"churn-xgboost%2F{name}%2Foutput%2Fmodel.tar.gz"
    assert window.all_of(links, "link.href", "link") == [
        f"{home}/sagemaker/home?region={EAST}#/jobs/{name}",
        console(EAST)["logs"].format(name=name),
        f"{home}/s3/object/models?region={EAST}&prefix={key}",
    ]
    assert set(window.all_of(links, "link.rel", "link")) == {"noopener noreferrer"}


def test_a_click_pins_and_compares(made: Made, opened: Open) -> None:
    """Clicking trials marks them in every chart and compares what differs; a second
    click lets one go."""
    window = opened(made("everyday"), job=CHURN)
    before = window.pictures()
    rows = window.page.locator("tr.trial")
    names = [row[1] for row in window.rows("trial")[2:4]]
    for at in (2, 3):
        rows.nth(at).locator("td").nth(3).click()
    window.point_away()
    assert pinned(window) == names
    place = card(window, "2 pinned trials")
    heads = place.locator("thead th .name").all_inner_texts()
    assert heads[:2] == names
    text = place.inner_text()
    assert "eta" in text
    changed = {
        title for title, svg in window.pictures().items() if svg != before[title]
    }
    assert {
        "Best so far: validation:auc",
        "When each trial ran",
        "Learning curves: validation:auc",
        "Hyperparameters, side by side",
        "Two hyperparameters",
        "eta",
    } <= changed
    assert window.page.locator("tr.trial.pinned").count() == 2
    rows.nth(2).locator("td").nth(3).click()
    assert pinned(window) == names[1:]
    window.page.get_by_role("button", name="Unpin all").click()
    window.point_away()
    assert window.page.locator("[data-section='pinned']").is_hidden()
    assert window.pictures() == before


def test_pins_come_from_the_address_and_the_keyboard(made: Made, opened: Open) -> None:
    """A link shows the same pins, Enter pins a row or a mark, and six is the most."""
    trials = [row["training_job_name"] for row in of_job("trials", CHURN)]
    window = opened(made("everyday"), job=CHURN)
    window.page.locator("tr.trial").first.focus()
    window.page.keyboard.press("Enter")
    assert len(pinned(window)) == 1
    assert "is pinned" in window.page.locator("#said").inner_text()
    figure(window, "When each trial ran").locator(".reach").focus()
    for _ in range(7):
        window.page.keyboard.press("ArrowRight")
        window.page.keyboard.press("Enter")
    assert len(pinned(window)) == 6
    again = opened(made("everyday"), job=CHURN, pin=trials[5])
    text = card(again, "1 pinned trial").inner_text()
    assert trials[5] in text


def test_selecting_text_does_not_pin(made: Made, opened: Open) -> None:
    """Text of a row can be selected and copied."""
    window = opened(made("everyday"), job=CHURN)
    cell = window.page.locator("tr.trial td").nth(1)
    cell.scroll_into_view_if_needed()
    cell.click(click_count=2)
    assert window.page.evaluate("getSelection().toString()")


def test_two_hyperparameters_show_where_nobody_looked(made: Made, opened: Open) -> None:
    """Two menus choose the axes; each cell without a trial is striped."""
    window = opened(made("everyday"), job=DEEP, x="optimizer", y="momentum")
    picture = figure(window, "Two hyperparameters")
    numbers = {
        (row["training_job_arn"], row["name"]): row["value"]
        for row in of_job("hyper_parameters", DEEP)
    }
    trials = {row["training_job_arn"] for row in of_job("trials", DEEP)}
    points = picture.locator(".mark-symbol path[fill]:not([fill='none'])")
    assert 0 < points.count() <= len(trials)
    cells = picture.locator("path[fill='url(#unseen)']").count()
    assert f"({cells} of 20 cells)" in picture.inner_text()
    assert len({numbers[trial, "optimizer"] for trial in trials}) == 4
    before = picture.locator("svg").inner_html()
    window.page.get_by_label("Across").select_option("dropout")
    window.drawn()
    assert picture.locator("svg").inner_html() != before
    assert "x=dropout" in window.page.url


def test_next_ranges_are_bars(made: Made, opened: Open) -> None:
    """Each numeric range is a bar with the trials that decided, and the note says how
    few they are."""
    window = opened(made("everyday"), job=CHURN)
    place = card(window, "What to try next")
    rows = [row for row in of_job("next_ranges", CHURN) if row["range_min"] is not None]
    assert place.locator(".ranges li").count() == len(rows)
    best = rows[0]["best_trials"]
    assert place.locator(".ranges circle").count() == best * len(rows)
    assert f"({best} of {rows[0]['trials']} ranked trials)" in place.inner_text()


@pytest.mark.parametrize(
    "key", [CHURN, arn("two-definitions-partial")], ids=["one", "several"]
)
def test_the_python_to_copy_starts_a_tuning_job(
    made: Made, opened: Open, key: str
) -> None:
    """The Python is valid, and what it sends has the shape that the service takes."""
    window = opened(made("everyday"), job=key, definition="xgboost")
    code = card(window, "What to try next").locator("pre").last.text_content() or ""
    sent: list[dict[str, Any]] = []
    described = {
        "HyperParameterTuningJobConfig": {"Strategy": "Bayesian"},
        "TrainingJobDefinition": {
            "StaticHyperParameters": {"_tuning_objective_metric": "a"}
        },
        "TrainingJobDefinitions": [{"DefinitionName": "xgboost"}],
    }
    run_with_fake_boto3(code, described, sent)
    (request,) = sent
    (first, *_) = of_job("next_ranges", key)
    ranges = json.loads(first["parameter_ranges"])
    definitions = request.get("TrainingJobDefinitions", [{}])
    assert ranges in (
        request["HyperParameterTuningJobConfig"].get("ParameterRanges"),
        definitions[0].get("HyperParameterRanges"),
    )
    assert "_tuning_objective_metric" not in str(request)
    assert len(request["HyperParameterTuningJobName"]) <= 32


def run_with_fake_boto3(
    code: str, described: dict[str, Any], sent: list[dict[str, Any]]
) -> None:
    """Run code whose `boto3` describes one tuning job and keeps what is created."""

    class Client:
        def describe_hyper_parameter_tuning_job(self, **_: str) -> dict[str, Any]:
            return described

        def create_hyper_parameter_tuning_job(self, **request: Any) -> None:
            sent.append(request)

    class Boto3:
        @staticmethod
        def client(name: str, region_name: str) -> Client:
            assert (name, region_name) == ("sagemaker", EAST)
            return Client()

    exec(code.replace("import boto3", ""), {"boto3": Boto3})  # noqa: S102 - ours
