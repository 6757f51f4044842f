"""The page's content equals what was written by hand for a few rows."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from typing import TYPE_CHECKING

import pytest

from sagemaker_tuning_report.content import content
from sagemaker_tuning_report.warehouse import opened

from . import stories
from .by_hand import (
    DEFINITION_A,
    JOBS,
    STORY,
    TOGETHER_PLACES,
    TOGETHER_SLOTS,
    ms,
    rows,
)
from .story import EAST, IRELAND, OURS, THEIRS, Job, Row, told
from .story_more import MACHINE

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A DuckDB file with the rows."""
    pytest.importorskip("duckdb", reason="the page's requirements are needed")
    return stories.into_duckdb(STORY, tmp_path_factory.mktemp("content") / "x.duckdb")


@pytest.fixture(scope="module")
def page(file: Path) -> Row:
    """The page's content."""
    with opened(str(file)) as warehouse:
        return content(warehouse, most_trials=100)


def test_tuning_jobs(page: Row) -> None:
    """The text and charts of each tuning job, newest first, match to the last value."""
    together = dict(page["jobs"][0]["view"]["together"])
    trials, parameters = together.pop("trials"), together.pop("parameters")
    assert trials["place"] == TOGETHER_PLACES
    assert trials["slot"] == TOGETHER_SLOTS
    assert [row["name"] for row in parameters] == ["a-word", "of-b", "weak", "z-strong"]
    # Its range comes from the only definition that has this hyperparameter.
    assert (parameters[-1]["kind"], parameters[-1]["range"]) == ("log", (1, 10_000))
    jobs = [
        {**job, "view": {**job["view"], "definitions": [*map(decoded, definitions)]}}
        for job in page["jobs"]
        for definitions in [job["view"]["definitions"]]
    ]
    jobs[0]["view"]["together"] = together
    assert jobs == JOBS
    outcomes = [[*job["outcomes"]] for job in page["jobs"]]
    assert outcomes == [["failed", "completed"], ["unknown"], [], []]


def decoded(definition: Row) -> Row:
    """A definition whose trials have their texts, not indexes of texts."""
    trials = {
        name: [column["of"][at] for at in column["at"]]
        if isinstance(column, dict)
        else column
        for name, column in definition["trials"].items()
    }
    return {**definition, "trials": trials}


def test_findings_come_from_the_models(tmp_path: Path) -> None:
    """The part of a range where trials failed, the regret, the edges that chance does
    not explain: findings use them if the models have them."""
    pytest.importorskip("duckdb", reason="the page's requirements are needed")
    job = Job(name="a", trials=30, ranges=stories.BOOSTING, failing=0.3)
    story = told([job], [])
    story.marts["failure_regions"] += rows(
        "name low high value trials failed_trials failure_share share_elsewhere",
        ("eta", 0.1, 0.5, None, 6, 4, 0.7, 0.1),
        ("max_depth", 9, 12, None, 6, 5, 0.8, 0.1),
        ("subsample", 0.5, 1, None, 9, 8, 0.3, 0.2),
        **job.keys,
    )
    with opened(str(stories.into_duckdb(story, tmp_path / "x.duckdb"))) as warehouse:
        said = {
            row["kind"]: row["text"]
            for row in content(warehouse, most_trials=1)["findings"][" "]
        }
    assert " trials with max_depth " in said["failed"]
    assert ["share", 0.99] in said["stop"]
    assert any(part[0] == "money" for part in said["stop"])
    # Only max_depth and eta are more important than chance.
    edges = {row["name"] for row in story.marts["range_edges"] if row["edge"]}
    assert ("edge" in said) == bool(edges & {"eta", "max_depth"})


def test_a_cost_after_the_best_needs_coverage(tmp_path: Path) -> None:
    """What came after the best has no cost if some trials have no price."""
    pytest.importorskip("duckdb", reason="the page's requirements are needed")
    story = told([Job(name="a", trials=30, failing=0, uncovered=9)], [])
    with opened(str(stories.into_duckdb(story, tmp_path / "x.duckdb"))) as warehouse:
        (finding,) = content(warehouse, most_trials=1)["findings"][" "]
    assert finding["kind"] == "stop"
    assert not any(part[0] == "money" for part in finding["text"])


def test_an_older_warehouse_has_a_page(tmp_path: Path) -> None:
    """Models and columns that came later are left out, and nothing else is."""
    driver = pytest.importorskip("duckdb", reason="the page's requirements are needed")
    job = Job(name="a", trials=30, ranges=stories.BOOSTING)
    file = str(stories.into_duckdb(told([job], []), tmp_path / "x.duckdb"))
    later = {
        "trials": ["model_artifacts"],
        "importance": ["chance_level", "is_adaptive"],
        "next_ranges": ["best_trials"],
    }
    with driver.connect(file) as connection:
        connection.execute("use sagemaker_tuning")
        for name in ("regret", "failure_regions"):
            connection.execute(f"drop table sagemaker_tuning__{name}")
        for mart, columns in later.items():
            for column in columns:
                connection.execute(
                    f"alter table sagemaker_tuning__{mart} drop column {column}"
                )
    with opened(file) as warehouse:
        made = content(warehouse, most_trials=100)
    (shown,) = made["jobs"][0]["view"]["definitions"]
    assert warehouse.missing == []
    assert shown["models"] == []
    assert {row["chance"] for row in shown["parameters"]} == {None}
    assert {row["best_trials"] for row in shown["ranges"]["rows"]} == {None}
    assert "stop" in {row["kind"] for row in made["findings"][" "]}


def test_scopes(page: Row) -> None:
    """Scopes are in the order of account and region."""
    names = "account region status complete_as_of ended error open calls"
    assert page["scopes"] == rows(
        names,
        (OURS, EAST, "complete", ms(719), ms(720), None, 1, 12),
        (THEIRS, IRELAND, "failed", None, None, "denied", None, None),
        (THEIRS, EAST, "complete", ms(660), ms(661), None, 0, 7),
    )


def test_failures(page: Row) -> None:
    """The most frequent failures come first, then they are sorted by text, account and
    region."""
    names = "account region failure trials tuning_jobs most seconds last"
    assert page["failures"] == rows(
        names,
        (OURS, EAST, "boom", 2, 1, [["arn:new", 2]], 120, ms(614)),
        (OURS, EAST, "ash", 1, 1, [["arn:new", 1]], 60, ms(613)),
        (OURS, EAST, "no reason given", 1, 1, [["arn:new", 1]], 60, ms(613)),
    )
    assert page["unlisted"] == page["other_failures"] == 0


def test_failures_follow_the_tuning_jobs(tmp_path: Path) -> None:
    """The failures are those of the listed tuning jobs, or of the named one, and the
    rest are counted."""
    pytest.importorskip("duckdb", reason="the page's requirements are needed")
    story = stories.everyday()
    file = str(stories.into_duckdb(story, tmp_path / "x.duckdb"))
    with opened(file) as warehouse:
        every = content(warehouse, most_trials=1)
        named = content(warehouse, most_trials=1, name="churn-xgboost")
    for made in (every, named):
        listed = {job["key"] for job in made["jobs"]}
        failed = Counter(
            (row["account_id"], row["region"], row["failure"])
            for row in story.marts["trials"]
            if row["outcome"] == "failed" and row["tuning_job_arn"] in listed
        )
        shown = {
            (row["account"], row["region"], row["failure"]): row["trials"]
            for row in made["failures"]
        }
        assert shown == failed
    assert len(named["failures"]) < len(every["failures"])
    assert named["days"] == []


def test_days_are_the_models(tmp_path: Path) -> None:
    """Each of the last 90 days has its costs by scope and outcome, with all teams added
    up."""
    pytest.importorskip("duckdb", reason="the page's requirements are needed")
    day, gone = date(2026, 3, 2), date(2025, 12, 2)
    names = "date account_id region team outcome trials trials_with_cost cost currency"
    story = told([], [])
    story.marts["daily_spend"] += rows(
        names,
        (day, OURS, EAST, "red", "failed", 2, 1, 0.1, "USD"),
        (day, OURS, EAST, None, "failed", 3, 3, 0.2, "USD"),
        (day, OURS, IRELAND, None, "completed", 1, 0, None, None),
        (date(2026, 3, 1), OURS, EAST, None, "completed", 5, 5, 1.0, "USD"),
        (gone, OURS, EAST, None, "completed", 5, 5, 1.0, "USD"),
    )
    with opened(str(stories.into_duckdb(story, tmp_path / "x.duckdb"))) as warehouse:
        days = content(warehouse, most_trials=1)["days"]
    named = "day account region outcome trials with_cost cost currency"
    assert days == rows(
        named,
        (ms(-1440), OURS, EAST, "completed", 5, 5, 1, "USD"),
        (ms(0), OURS, IRELAND, "completed", 1, 0, None, None),
        (ms(0), OURS, EAST, "failed", 5, 4, 0.3, "USD"),
    )


def test_series_are_thinned(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each series keeps evenly spread points and its last, none before the trial's
    start; of many trials, the best half; and of many tuning jobs, those that fit."""
    pytest.importorskip("duckdb", reason="the page's requirements are needed")
    jobs = [Job(name=name, trials=50, is_measured=True) for name in ("b", "a")]
    story = told(jobs, [])
    with opened(str(stories.into_duckdb(story, tmp_path / "x.duckdb"))) as warehouse:
        monkeypatch.setattr("sagemaker_tuning_report.series.MOST_POINTS", 5)
        every = content(warehouse, most_trials=1000)["jobs"]
        monkeypatch.setattr("sagemaker_tuning_report.series.MOST_IN_ALL", 1)
        little = content(warehouse, most_trials=1000)["jobs"]
    points = story.marts["learning_curves"]
    machines = {(row["training_job_arn"], row["metric_name"]) for row in story.metrics}
    assert len(machines) == len(story.metrics) > 0
    series = every[0]["view"]["series"]
    assert 35 <= len({row["trial"] for row in series}) <= 40
    busy = [row for row in series if row["host"]]
    assert {row["metric"] for row in busy} == set(MACHINE)
    for row in busy:
        assert row["host"] == "algo-1"
        assert row["seconds"][0] == 0
        assert row["seconds"] == sorted(row["seconds"])
        assert len(row["values"]) <= 6
    lengths = set()
    for row in [row for row in series if not row["host"]]:
        whole = [
            (max(0, point["seconds_since_start"]), float(f"{point['value']:.5g}"))
            for point in points
            if point["training_job_name"] == row["trial"]
            and point["metric_name"] == row["metric"]
        ]
        many = len(whole)
        spread = {-(-number * many // 5) for number in range(5)} | {many - 1}
        kept = list(zip(row["seconds"], row["values"], strict=True))
        assert kept == [whole[number] for number in sorted(spread)]
        lengths.add(many)
    assert max(lengths) > 12
    assert little[0]["view"]["series"] == series
    assert little[1]["view"]["series"] is None


def test_a_deleted_trial_ends_where_it_was_seen(tmp_path: Path) -> None:
    """The bar of a deleted trial ends at the last sync that saw it, because its end is
    unknown."""
    driver = pytest.importorskip("duckdb", reason="the page's requirements are needed")
    job = Job(name="gone", trials=5, running=2, is_deleted=True, failing=0)
    story = told([job], [])
    file = stories.into_duckdb(story, tmp_path / "x.duckdb")
    last = story.marts["trials"][-1]
    with opened(str(file)) as warehouse:
        unknown = content(warehouse, most_trials=9)["jobs"][0]["view"]
    seen = last["started_at"] + timedelta(minutes=3)
    with driver.connect(str(file)) as connection:
        connection.execute(
            "create table tap_sagemaker_tuning.training_job_summaries as select"
            " ? as training_job_arn, ? as tuning_job_arn, ? as _sdc_extracted_at",
            [last["training_job_arn"], job.arn, seen],
        )
    with opened(str(file)) as warehouse:
        known = content(warehouse, most_trials=9)["jobs"][0]["view"]
    trials = [view["definitions"][0]["trials"] for view in (unknown, known)]
    started = trials[0]["started"][-1]
    assert trials[0]["until"][-1] == started
    assert trials[1]["until"][-1] == started + 180_000 < known["as_of"]


@pytest.mark.parametrize(
    ("most_trials", "carried"),
    [
        (1, ["new"]),
        (12, ["new"]),
        (13, ["new", "old"]),
        (15, ["new", "old", "loose", "empty"]),
    ],
)
def test_what_a_page_carries(file: Path, most_trials: int, carried: list[str]) -> None:
    """A page has the newest tuning jobs up to a limit of trials, and at least one."""
    with opened(str(file)) as warehouse:
        jobs = content(warehouse, most_trials=most_trials)["jobs"]
    assert [job["name"] for job in jobs] == ["new", "old", "loose", "empty"]
    assert [job["name"] for job in jobs if "view" in job] == carried


def test_what_a_page_lists(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A page lists the newest tuning jobs and the first failures, and says how many it
    left out."""
    monkeypatch.setattr("sagemaker_tuning_report.fleet.MOST_TUNING_JOBS", 2)
    monkeypatch.setattr("sagemaker_tuning_report.content.MOST_FAILURES", 2)
    with opened(str(file)) as warehouse:
        made = content(warehouse, most_trials=100)
        named = content(warehouse, most_trials=100, name="OLD")
    assert [job["name"] for job in made["jobs"]] == ["new", "old"]
    assert made["unlisted"] == 2
    assert [row["failure"] for row in made["failures"]] == ["boom", "ash"]
    assert made["other_failures"] == 1
    assert [job["name"] for job in named["jobs"]] == ["old"]
    assert named["unlisted"] == 0


@pytest.mark.parametrize(
    ("most", "drawn"),
    [(3, ["t-1", "t-2", "t-5"]), (4, ["t-1", "t-2", "t-3", "t-6"])],
)
def test_what_is_drawn_of_many(
    file: Path, monkeypatch: pytest.MonkeyPatch, most: int, drawn: list[str]
) -> None:
    """Half of the trials in a chart are the best, and the others are spread over the
    rest; the page still has all of them."""
    monkeypatch.setattr("sagemaker_tuning_report.trials.MOST_DRAWN", most)
    with opened(str(file)) as warehouse:
        job = content(warehouse, most_trials=100)["jobs"][0]
    first = job["view"]["definitions"][0]
    names = first["trials"]["name"]
    assert names == [f"t-{number}" for number in range(1, 9)]
    assert [names[index] for index in first["drawn"]] == drawn
    assert len(first["parameters"][0]["values"]) == 8
    assert first["parameters"][0]["positions"] == [1, 0, *[None] * (most - 2)]
    assert first["outcomes"] == DEFINITION_A["outcomes"]


@pytest.mark.parametrize(
    ("schemas", "read"),
    [
        (["b", "c"], "b"),
        (["c", "b"], "b"),
        (["b", "marts", "z"], "marts"),
        (["z", "marts", "b"], "marts"),
    ],
)
def test_the_nearest_raw_tables_are_read(
    tmp_path: Path, schemas: list[str], read: str
) -> None:
    """Raw tables come from the models' own schema, or else from the first schema by
    name."""
    driver = pytest.importorskip("duckdb", reason="the page's requirements are needed")
    file = str(tmp_path / "x.duckdb")
    with driver.connect(file) as connection:
        for schema in {"marts": None, **dict.fromkeys(schemas)}:
            connection.execute(f"create schema {schema}")
        connection.execute("create table marts.sagemaker_tuning__trials (x int)")
        for schema in schemas:
            connection.execute(f"create table {schema}.scopes (complete_as_of int)")
            connection.execute(f"create table {schema}.tuning_jobs (x int)")
    with opened(file) as warehouse:
        assert warehouse.raw == {"scopes": f'"{read}"."scopes"'}
