"""The page in a browser makes no requests, reports nothing, and shows what is
chosen."""

from __future__ import annotations

from collections import Counter
from functools import cache
from typing import TYPE_CHECKING

import pytest

from . import stories
from .story import EAST, IRELAND, ODD, OURS, THEIRS, Row, Story

if TYPE_CHECKING:
    from typing import Literal, TypeAlias

    from .conftest import Made, Open

    Scheme: TypeAlias = Literal["light", "dark"]

pytestmark = pytest.mark.browser

NONE = "\N{EN DASH}"
"""The content of a cell without a value."""


@cache
def story() -> Story:
    """The story of most pages here."""
    return stories.everyday()


def arn(name: str, account: str = OURS, region: str = EAST) -> str:
    """A tuning job's ARN."""
    place = f"{region}:{account}"
    return f"arn:aws:sagemaker:{place}:hyper-parameter-tuning-job/{name}"


def of_job(mart: str, key: str) -> list[Row]:
    """The rows of a model for one tuning job."""
    return [row for row in story().marts[mart] if row["tuning_job_arn"] == key]


@pytest.mark.parametrize(
    ("width", "scheme"), [(1280, "light"), (390, "dark")], ids=["wide", "narrow"]
)
def test_every_page_is_quiet(
    made: Made, opened: Open, width: int, scheme: Scheme
) -> None:
    """With any choices, the browser reports nothing, no request is made, and nothing is
    wider than the page."""
    window = opened(made("everyday"), width)
    window.page.emulate_media(color_scheme=scheme)
    chosen = []
    for job in window.options("tuning-job"):
        window.choose("tuning-job", job)
        for target in window.page.locator("tr.trial, tr.failure").all()[:2]:
            window.point_at(target)
        window.point_away()
        for picture in window.page.locator(".plot").all()[:4]:
            window.point_at(picture)
        assert window.said == []
        wide = window.page.evaluate("document.documentElement.scrollWidth")
        assert wide <= width
        chosen.append(window.heading.inner_text())
    names = [row["tuning_job_name"] for row in story().tuning_jobs]
    assert sorted(chosen) == sorted(["All tuning jobs", *names])


def test_no_text_becomes_markup(made: Made, opened: Open) -> None:
    """Names and failure messages are shown as text, whichever characters they
    contain."""
    window = opened(made("everyday"), job=arn("odd"))
    headings = window.page.locator("h4").all_text_contents()
    (failure,) = window.rows("failure")
    assert ODD in headings
    assert failure[0] == ODD
    assert window.page.locator("script").count() == 4
    assert window.said == []


def test_the_policy_lets_nothing_in(made: Made, opened: Open) -> None:
    """A script injected into the page would neither run nor send anything."""
    window = opened(made("everyday"))
    policy = window.page.locator("meta[http-equiv]").get_attribute("content") or ""
    rules = dict(rule.strip().partition(" ")[::2] for rule in policy.split(";"))
    assert rules["default-src"] == "'none'"
    assert rules["img-src"] == "data:"
    assert [part[:8] for part in rules["script-src"].split()] == ["'sha256-"] * 2


def test_account_and_region_narrow_what_is_listed(made: Made, opened: Open) -> None:
    """Each menu narrows the tables, the charts and the menus after it."""
    window = opened(made("everyday"))
    every = {row["tuning_job_arn"] for row in story().tuning_jobs}
    assert set(window.options("tuning-job")) == {"", *every}
    pictures = window.pictures()

    window.choose("account", THEIRS)
    theirs = {
        row["tuning_job_arn"]
        for row in story().tuning_jobs
        if row["account_id"] == THEIRS
    }
    keys = window.all_of(window.page.locator("tr.job"), "row.dataset.key", "row")
    assert set(window.options("tuning-job")) == {"", *theirs}
    assert set(keys) == theirs
    assert {row[0] for row in window.rows("scope")} == {THEIRS}
    assert {row[4] for row in window.rows("failure")} == {f"{THEIRS} · {EAST}"}
    assert [
        name for name, svg in window.pictures().items() if pictures.get(name) == svg
    ] == []

    window.choose("region", IRELAND)
    assert window.rows("job") == []
    assert [row[:3] for row in window.rows("scope")] == [[THEIRS, IRELAND, "failed"]]
    assert window.pictures() == {}

    window.choose("account", "")
    assert {row[1] for row in window.rows("scope")} == {EAST, IRELAND}


def test_another_tuning_job_changes_every_picture(made: Made, opened: Open) -> None:
    """Choosing another tuning job changes every chart and table."""
    window = opened(made("everyday"), job=arn("churn-xgboost"))
    before, rows = window.pictures(), window.rows("trial") + window.rows("failure")
    window.choose("tuning-job", arn("churn-xgboost", THEIRS))
    after = window.pictures()
    assert min(len(after), len(before)) >= 10
    stale = [name for name, svg in after.items() if before.get(name) == svg]
    assert stale == []
    now = window.rows("trial") + window.rows("failure")
    assert [row for row in now if row in rows] == []
    window.page.go_back()
    window.drawn()
    assert window.pictures().keys() == before.keys()


def test_definitions_have_a_menu(made: Made, opened: Open) -> None:
    """A tuning job with several training job definitions shows one at a time."""
    window = opened(made("everyday"), job=arn("two-definitions-partial"))
    assert window.options("definition") == ["*", "linear-learner", "xgboost"]
    trials = of_job("trials", arn("two-definitions-partial"))
    assert len(window.rows("trial")) == len(trials) == 30
    window.choose("definition", "linear-learner")
    before, leaders = window.pictures(), window.rows("trial")
    window.choose("definition", "xgboost")
    changed = {name for name, svg in window.pictures().items() if before[name] != svg}
    # Money and hours are the whole tuning job's.
    whole = ", whole tuning job"
    assert {f"Hours by outcome{whole}", f"Money by outcome, in USD{whole}"} == (
        before.keys() - changed
    )
    assert [row for row in window.rows("trial") if row in leaders] == []
    groups = window.page.locator("section.group")
    assert groups.locator("h3").all_inner_texts() == [
        "The whole tuning job",
        "Definition xgboost",
    ]
    assert "Trials\n30" in groups.first.inner_text()
    assert "Trials\n15" in groups.last.inner_text()
    window.choose("tuning-job", arn("single"))
    assert window.page.locator("#definition-label").is_hidden()


def test_a_trial_is_marked_everywhere(made: Made, opened: Open) -> None:
    """Pointing at a trial in a table highlights it in every chart, until the pointer
    leaves."""
    window = opened(made("everyday"), job=arn("churn-xgboost"))
    leader = window.page.locator("tr.trial").nth(2)
    name = leader.locator("td").nth(1).inner_text()
    window.point_at(leader)
    window.point_away()
    before = window.pictures()
    window.point_at(leader)
    marked = {title for title, svg in window.pictures().items() if svg != before[title]}
    assert before.keys() - marked == {
        "Hours by outcome",
        "Money by outcome, in USD",
        "What the objective depends on",
        "How busy its machines were",
        "Best, run by run",
    }
    assert name in window.page.locator("#trial").inner_text()
    window.point_away()
    assert window.pictures() == before
    assert window.page.locator("#trial").is_hidden()


@pytest.mark.parametrize(
    ("title", "mark"),
    [
        ("Best so far: validation:auc", ".mark-symbol path"),
        ("When each trial ran", ".mark-rect path"),
        ("Hyperparameters, side by side", ".mark-line path"),
        ("eta", ".mark-symbol path"),
    ],
)
def test_pointing_at_a_picture_marks_the_leader(
    made: Made, opened: Open, title: str, mark: str
) -> None:
    """Pointing at a trial in any chart highlights its row and its marks in other
    charts."""
    window = opened(made("everyday"), job=arn("churn-xgboost"))
    before = window.pictures()
    marks = window.page.locator(f"figure:has-text('{title}') {mark}").all()
    leaders = window.page.locator("tr.trial.hovered, tr.failure.hovered")
    for each in marks[:60]:
        window.point_at(each)
        if leaders.count():
            break
    trial = window.page.locator("#trial strong").inner_text()
    assert trial in leaders.first.inner_text() or trial in (
        leaders.first.get_attribute("data-trials") or ""
    )
    changed = [name for name, svg in window.pictures().items() if svg != before[name]]
    assert "When each trial ran" in changed
    assert len(changed) >= 2


def test_leaders_are_the_models(made: Made, opened: Open) -> None:
    """The leaders, their order and their numbers come from the leaderboard model."""
    for key in (arn("churn-xgboost"), arn("churn-xgboost", THEIRS), arn("single")):
        window = opened(made("everyday"), job=key)
        ranked = sorted(
            of_job("leaderboard", key),
            key=lambda row: (row["place"], row["training_job_name"]),
        )
        rows = window.rows("trial")
        shown = [(row[0], row[1], float(row[2])) for row in rows if row[0] != NONE]
        assert len(rows) == min(50, len(of_job("trials", key)))
        assert shown == [
            (str(row["place"]), row["training_job_name"], row["objective_value"])
            for row in ranked[:50]
        ]


def test_tuning_jobs_are_the_models(made: Made, opened: Open) -> None:
    """The best value, trials, failures and cost of each tuning job come from the
    models."""
    window = opened(made("everyday"))
    shown = {row[0] + row[13]: row for row in window.rows("job")}
    assert len(shown) == len(story().tuning_jobs)
    for listed in story().tuning_jobs:
        key = listed["tuning_job_arn"]
        place = f"{listed['account_id']} · {listed['region']}"
        row = shown[listed["tuning_job_name"] + place]
        best = [
            r["objective_value"] for r in of_job("leaderboard", key) if r["place"] == 1
        ]
        spend = of_job("spend", key)
        costs = [r["cost"] for r in spend if r["cost"] is not None]
        failed = sum(r["trials"] for r in spend if r["outcome"] == "failed")
        assert set(row[2].split()) - {"·"} == ({*map(repr, best)} or {NONE})
        assert row[5] == f"{sum(r['trials'] for r in spend):,}"
        assert row[6] == str(failed)
        lost = [r["cost"] for r in spend if r["outcome"] == "failed" and r["cost"]]
        assert row[7] == (f"${sum(lost):.2f}" if lost else NONE)
        whole = all(r["trials"] == r["trials_with_cost"] for r in spend)
        least = "" if whole else "≥ "
        assert row[9] == (f"{least}${sum(costs):.2f}" if costs else NONE)
        assert row[1].startswith(listed["tuning_job_status"])
    created = [row[11] for row in window.rows("job")]
    assert created == sorted(created, reverse=True)


def test_scopes_and_failures_are_the_models(made: Made, opened: Open) -> None:
    """A scope shows its complete_as_of as an absolute time, and a failure shows its
    trials."""
    window = opened(made("everyday"))
    words = {row[2]: row[3].partition(" · ")[2] for row in window.rows("scope")}
    assert words == {
        "complete": "last sync",
        "incomplete": "earlier sync",
        "failed": "",
    }
    shown = [
        (row[0], row[1], row[3].partition(" · ")[0]) for row in window.rows("scope")
    ]
    assert shown == [
        (
            row["account_id"],
            row["region"],
            f"{row['complete_as_of']:%Y-%m-%d %H:%M}"
            if row["complete_as_of"]
            else "never",
        )
        for row in sorted(
            story().scopes, key=lambda row: (row["account_id"], row["region"])
        )
    ]
    failed = [row for row in story().marts["trials"] if row["outcome"] == "failed"]
    assert {row[0]: int(row[1]) for row in window.rows("failure")} == Counter(
        row["failure"] for row in failed
    )


def test_an_unknown_direction_gives_no_best(made: Made, opened: Open) -> None:
    """If the direction of the objective is unknown, no trial is shown as the best."""
    window = opened(made("everyday"), job=arn("nobody-knows"))
    text = window.page.locator("main").inner_text()
    assert "It is unknown whether larger or smaller is better" in text
    assert "Best so far" not in text
    assert "Place" not in text
    assert window.page.locator("dd").first.inner_text() == NONE


def test_nothing_is_said_in_words(made: Made, opened: Open) -> None:
    """With an empty warehouse, the page says so, and what to do."""
    window = opened(made("nothing"))
    text = window.page.locator("main").inner_text()
    assert "Nothing is loaded yet" in text
    assert "No tuning jobs." in text
    assert window.pictures() == {}


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("all-failed", "No trial has a metric"),
        ("nothing-launched", "This tuning job has not launched a trial yet"),
        ("no-parameters", "No hyperparameters are loaded"),
    ],
)
def test_what_is_missing_is_said(
    made: Made, opened: Open, name: str, words: str
) -> None:
    """A chart that would be empty is replaced by a sentence."""
    region = IRELAND if name == "nothing-launched" else EAST
    window = opened(made("everyday"), job=arn(name, region=region))
    assert words in window.page.locator("main").inner_text()


def test_every_picture_has_words(made: Made, opened: Open) -> None:
    """Each chart has a description for screen readers, and each table has a name."""
    window = opened(made("everyday"))
    for job in ("", arn("churn-xgboost")):
        window.choose("tuning-job", job)
        pictures = window.page.locator(".plot[role='graphics-document']:has(svg)")
        labels = window.all_of(pictures, "plot.ariaLabel", "plot")
        assert len(labels) == window.page.locator(".plot").count()
        assert [label for label in labels if len(label) < 30] == []
        assert len(set(labels)) == len(labels)
        assert window.page.locator("table:not(:has(caption))").count() == 0
        unnamed = "select:not(label select)"
        assert window.page.locator(unnamed).count() == 0


def test_light_and_dark(made: Made, opened: Open) -> None:
    """The page and its charts follow the reader's color scheme, even when it
    changes."""
    window = opened(made("everyday"), job=arn("single"))
    looks = []
    for scheme in ("light", "dark"):
        window.page.emulate_media(color_scheme=scheme)
        window.settled()
        window.drawn()
        back = "getComputedStyle(document.body).backgroundColor"
        marks = window.page.locator(".plot svg .mark-symbol path, .plot svg text")
        fills = window.all_of(marks, "getComputedStyle(mark).fill", "mark")
        looks.append((window.page.evaluate(back), {*fills} - {"none"}))
    assert looks[0][0] != looks[1][0]
    assert looks[0][1].isdisjoint(looks[1][1])


def test_what_is_cut_is_said(made: Made, opened: Open) -> None:
    """If a page cannot include all trials, it has those of the newest tuning jobs and
    says which tuning jobs are only listed."""
    window = opened(made("everyday", "--most-trials", "100"))
    window.choose("tuning-job", arn("churn-xgboost"))
    assert len(window.pictures()) >= 10
    cut = arn("forecast-thousand", THEIRS)
    assert cut not in window.options("tuning-job")
    window.choose("tuning-job", "")
    listed = window.page.locator(f"tr.job[data-key='{cut}'] td").first
    assert listed.inner_text().split() == ["forecast-thousand", "listed", "only"]
    assert listed.locator("a").count() == 0
    window.page.evaluate("(key) => { location.hash = `job=${key}`; }", cut)
    window.settled()
    assert (
        "This page includes only the trials of newer tuning jobs"
        in window.page.locator("main").inner_text()
    )


def test_a_large_tuning_job_is_counted_whole(made: Made, opened: Open) -> None:
    """The page says if it does not draw all trials, but every count includes them."""
    window = opened(made("large"), job=arn("large"))
    trials = stories.large().marts["trials"]
    outcomes = Counter(row["outcome"] for row in trials)
    failures = Counter(row["failure"] for row in trials if row["failure"])
    text = window.page.locator("main").inner_text()
    assert "Charts show 1,000 of 1,300 trials" in text
    assert "Best first. All 1,300." in text
    assert f"completed {outcomes['completed']:,}" in text
    assert {row[0]: int(row[1]) for row in window.rows("failure")} == failures
    bars = window.page.locator("figure:has-text('When each trial ran') .mark-rect path")
    assert bars.count() == 1000
    best = min(trials, key=lambda row: row["place"] or len(trials))
    assert window.rows("trial")[0][1] == best["training_job_name"]
