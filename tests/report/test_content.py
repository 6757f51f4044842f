"""What the page is made of, compared with what was written by hand for a few rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from report.content import content
from report.warehouse import opened
from tests.report import stories
from tests.report.by_hand import AS_OF, DEFINITION_A, JOBS, STORY, ms, rows
from tests.report.story import EAST, IRELAND, OURS, THEIRS, Row

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A DuckDB file with the rows."""
    pytest.importorskip("duckdb", reason="of the page's own requirements")
    return stories.into_duckdb(STORY, tmp_path_factory.mktemp("content") / "x.duckdb")


@pytest.fixture(scope="module")
def found(file: Path) -> Row:
    """The page's content."""
    with opened(str(file)) as warehouse:
        return content(warehouse, most_trials=100)


def test_tuning_jobs(found: Row) -> None:
    """What is said and drawn of each tuning job, newest first, to the last value."""
    assert found["jobs"] == JOBS
    outcomes = [[*job["outcomes"]] for job in found["jobs"]]
    assert outcomes == [["failed", "completed"], ["unknown"], [], []]


def test_scopes(found: Row) -> None:
    """Scopes are in the order of account and region."""
    names = "account region status complete_as_of ended error open calls"
    assert found["scopes"] == rows(
        names,
        (OURS, EAST, "complete", ms(719), AS_OF, None, 1, 12),
        (THEIRS, IRELAND, "failed", None, None, "denied", None, None),
        (THEIRS, EAST, "complete", ms(660), ms(661), None, 0, 7),
    )


def test_failures(found: Row) -> None:
    """The most frequent come first, then by text, account and region."""
    names = "account region failure trials tuning_jobs seconds last"
    assert found["failures"] == rows(
        names,
        (OURS, EAST, "boom", 2, 1, 120, ms(614)),
        (OURS, IRELAND, "ash", 1, 1, None, ms(4)),
        (OURS, EAST, "ash", 1, 1, 60, ms(613)),
        (THEIRS, EAST, "ash", 1, 1, 60, ms(3)),
        (OURS, EAST, "no reason given", 1, 1, 60, ms(613)),
    )
    assert found["unlisted"] == 0


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
    """The newest tuning jobs, as long as their trials are not too many; one always."""
    with opened(str(file)) as warehouse:
        jobs = content(warehouse, most_trials=most_trials)["jobs"]
    assert [job["name"] for job in jobs] == ["new", "old", "loose", "empty"]
    assert [job["name"] for job in jobs if "view" in job] == carried


def test_what_a_page_lists(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The newest tuning jobs and the first failures; how many are left out is said."""
    monkeypatch.setattr("report.fleet.MOST_TUNING_JOBS", 2)
    monkeypatch.setattr("report.fleet.MOST_FAILURES", 2)
    with opened(str(file)) as warehouse:
        made = content(warehouse, most_trials=100)
        named = content(warehouse, most_trials=100, name="OLD")
    assert [job["name"] for job in made["jobs"]] == ["new", "old"]
    assert made["unlisted"] == 2
    assert [row["failure"] for row in made["failures"]] == ["boom", "ash"]
    assert [job["name"] for job in named["jobs"]] == ["old"]
    assert named["unlisted"] == 0


@pytest.mark.parametrize(
    ("most", "drawn"),
    [(3, ["t-1", "t-2", "t-5"]), (4, ["t-1", "t-2", "t-3", "t-6"])],
)
def test_what_is_drawn_of_many(
    file: Path, monkeypatch: pytest.MonkeyPatch, most: int, drawn: list[str]
) -> None:
    """Half of what is drawn are the best, and the others are spread over the rest."""
    monkeypatch.setattr("report.trials.MOST", most)
    with opened(str(file)) as warehouse:
        job = content(warehouse, most_trials=100)["jobs"][0]
    first = job["view"]["definitions"][0]
    assert first["trials"]["name"] == drawn
    assert first["parameters"][0]["values"] == [10, 1000, *[None] * (most - 2)]
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
    """Those in the models' own schema, else those in the first schema by name."""
    driver = pytest.importorskip("duckdb", reason="of the page's own requirements")
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
