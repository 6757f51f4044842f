"""Builds refuse input that they don't understand, before they change anything."""

from __future__ import annotations

import json
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

pytest.importorskip("psycopg", reason="the warehouses need it: make setup")

from tap_tools.benchmarks.models import duckdb, postgres, statements
from tests.environments import programs
from tests.targets import environments
from tests.transform import building

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.targets.warehouses import Warehouse

pytestmark = [
    pytest.mark.warehouse,
    pytest.mark.skipif(not environments.UV.exists(), reason="uv is needed: make setup"),
]

SOME = (
    "run",
    "--select",
    "+sagemaker_tuning__trials",
    "+sagemaker_tuning__completeness",
)
REFUSED = 2
"""The exit code of dbt if a build did not start."""
SQLITE = """
sagemaker_tuning:
  target: sqlite
  outputs:
    sqlite:
      type: sqlite
      threads: 1
      database: database
      schema: main
      schemas_and_paths:
        main: {0}/main.db
      schema_directory: {0}
"""


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Warehouse, Path]]:
    """Two tuning jobs with fifty trials each, and some of their models."""
    folder = tmp_path_factory.mktemp("input")
    with duckdb(folder) as warehouse:
        for statement in statements("duckdb", 100):
            warehouse.answer(statement)
        building.build(warehouse, folder, "models", {}, *SOME)
        yield warehouse, folder


def refusal(warehouse: Warehouse, folder: Path, variables: dict[str, object]) -> str:
    """What a build says that refuses to start."""
    line = ("run", "--vars", json.dumps(variables), "--target", warehouse.name)
    building.dbt(warehouse, folder, "models", *line, code=REFUSED)
    return (folder / "build.log").read_text("utf-8")


def trials(warehouse: Warehouse) -> int:
    """How many trials the models have."""
    _, rows = warehouse.answer("select count(*) from models.sagemaker_tuning__trials")
    return int(rows[0][0])


def test_a_typo_empties_nothing(built: tuple[Warehouse, Path]) -> None:
    """If the tables of the default streams are gone, but the models have rows, a build
    stops and says which variable to check."""
    warehouse, folder = built
    said = refusal(warehouse, folder, {"sagemaker_tuning_schema": "tap_sagemaker"})
    assert (
        "tuning_jobs, training_job_summaries, scopes are missing from tap_sagemaker"
        in said
    )
    assert "Check the variable sagemaker_tuning_schema" in said
    assert trials(warehouse) == 100


def test_flattened_tables_are_refused(built: tuple[Warehouse, Path]) -> None:
    """A table that was loaded flattened is refused, with what to change."""
    warehouse, folder = built
    table = "alter table tap_sagemaker_tuning.tuning_jobs rename column"
    nested, flat = "resource_limits", "resource_limits__max_parallel_training_jobs"
    warehouse.answer(f"{table} {nested} to {flat}")
    said = refusal(warehouse, folder, {})
    warehouse.answer(f"{table} {flat} to {nested}")
    assert f"was loaded flattened: it has {flat} instead of {nested}" in said
    assert "Turn off flattening_enabled" in said


def test_missing_trials_are_a_warning(built: tuple[Warehouse, Path]) -> None:
    """If somebody deletes rows of a table, a test warns that trials are missing."""
    warehouse, folder = built
    test = ("test", "--select", "every_trial_is_loaded")
    before = building.build(warehouse, folder, "models", {}, *test)
    rows = "from tap_sagemaker_tuning.training_job_summaries"
    warehouse.answer(f"create table kept as select * {rows}")
    warehouse.answer(f"delete {rows} where tuning_job_name = 'job-1'")
    building.build(warehouse, folder, "models", {}, *SOME)
    after = building.build(warehouse, folder, "models", {}, *test)
    warehouse.answer(f"delete {rows}")
    warehouse.answer(
        "insert into tap_sagemaker_tuning.training_job_summaries select * from kept"
    )
    name = "test.sagemaker_tuning.every_trial_is_loaded"
    assert (before[name], after[name]) == ("pass", "warn")


def test_an_empty_start_can_be_allowed(built: tuple[Warehouse, Path]) -> None:
    """A variable allows a build to empty the models."""
    warehouse, folder = built
    variables = {
        "sagemaker_tuning_schema": "tap_sagemaker",
        "sagemaker_tuning_allow_empty": True,
    }
    building.build(warehouse, folder, "models", variables, *SOME)
    assert trials(warehouse) == 0


def test_unreadable_tables_are_refused(tmp_path: Path) -> None:
    """A table that the user may not read is refused, not taken for an empty one."""
    with postgres(tmp_path) as warehouse:
        for statement in statements("postgres", 50):
            warehouse.answer(statement)
        warehouse.answer("create role modeler login")
        warehouse.answer("grant create on database postgres to modeler")
        warehouse.answer("grant usage on schema tap_sagemaker_tuning to modeler")
        config = {**warehouse.config, "user": "modeler"}
        said = refusal(replace(warehouse, config=config), tmp_path, {})
    assert "sagemaker_tuning: cannot read the columns of" in said
    assert "Grant select on it to modeler." in said


def test_other_warehouses_are_refused(tmp_path: Path) -> None:
    """On a warehouse that the models don't know, one sentence says so."""
    wanted = Path(__file__).with_name("sqlite.txt")
    (tmp_path / "profiles.yml").write_text(SQLITE.format(tmp_path), encoding="utf-8")
    done = subprocess.run(  # noqa: S603 - the command is ours
        [
            str(programs("transform-sqlite", wanted) / "dbt"),
            *("--no-use-colors", "run", "--project-dir", str(building.PROJECT)),
            *("--profiles-dir", str(tmp_path), "--target-path", str(tmp_path / "t")),
            *("--log-path", str(tmp_path)),
        ],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )
    assert done.returncode == REFUSED
    assert (
        "sagemaker_tuning: these models run on DuckDB, Postgres, Snowflake, Spark and "
        "Databricks, not on sqlite." in done.stdout
    )
