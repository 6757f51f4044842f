"""What differs on Spark: tables that are files, and how Delta and Iceberg change."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import yaml

pytest.importorskip("psycopg", reason="the warehouses need it: make setup")

from tap_tools.benchmarks.models import fill
from tests.environments import EXAMPLES
from tests.targets import environments
from tests.targets.warehouses import spark
from tests.transform import building

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.targets.warehouses import Warehouse

pytestmark = [
    pytest.mark.warehouse,
    pytest.mark.skipif(not environments.UV.exists(), reason="uv is needed: make setup"),
]

MODELS = building.PROJECT / "models"
CONTRACTS = yaml.load(
    (MODELS / "marts" / "_marts.yml").read_text("utf-8"), yaml.CSafeLoader
)
TYPES = {"text": "string", "double precision": "double"}
"""What Spark calls a type of the contracts, where it differs."""
JOBS, BUILDS = "int_sagemaker_tuning__tuning_jobs", "int_sagemaker_tuning__builds"
NEW = """
insert into tap_sagemaker_tuning.training_job_summaries by name
select * except (training_job_name, training_job_arn),
    'job-1-new' as training_job_name, training_job_arn || '-new' as training_job_arn
from tap_sagemaker_tuning.training_job_summaries where training_job_name = 'job-1-59'
"""
"""A trial that is new at the second sync."""


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Warehouse, Path]]:
    """Two tuning jobs with fifty trials each, and their models."""
    folder = tmp_path_factory.mktemp("spark")
    with spark(folder) as warehouse:
        fill(warehouse, folder, 100)
        building.build(warehouse, folder, "models", {}, "run")
        yield warehouse, folder


def on_delta(warehouse: Warehouse) -> Warehouse:
    """The warehouse, whose tables dbt takes for Delta's."""
    return replace(warehouse, variables={"DBT_SPARK_FILE_FORMAT": "delta"})


def rows(warehouse: Warehouse, sql: str) -> list[tuple[str, ...]]:
    """The rows of a query as text, in order."""
    _, found = warehouse.answer(sql)
    return sorted(tuple(map(str, row)) for row in found)


def test_types(built: tuple[Warehouse, Path]) -> None:
    """A mart has the columns and types of its contract, which dbt does not enforce
    here."""
    warehouse, _ = built
    for model in CONTRACTS["models"]:
        assert warehouse.types(model["name"], "models") == {
            column["name"]: TYPES.get(column["data_type"], column["data_type"])
            for column in model["columns"]
        }, model["name"]


def test_dbts_tests(built: tuple[Warehouse, Path]) -> None:
    """Spark understands each kind of test."""
    warehouse, folder = built
    alone = ("test", "--select", "sagemaker_tuning__trials")
    results = building.build(warehouse, folder, "models", {}, *alone)
    kinds = ("valid_rows", "unique_together", "known_in")
    assert [kind for kind in kinds if kind not in str(results.keys())] == []


def test_the_report_of_a_lake(built: tuple[Warehouse, Path]) -> None:
    """The report reads the marts that were published to a DuckDB file."""
    _, folder = built
    file, page = folder / "tuning.duckdb", folder / "tuning.html"
    publish = str(EXAMPLES / "spark" / "publish.py")
    run(sys.executable, publish, str(folder / "tables"), str(file))
    report = str(Path(sys.executable).with_name("sagemaker-tuning-report"))
    page.write_bytes(run(report, str(file)))
    assert "job-1-" in page.read_text("utf-8")


def run(*command: str) -> bytes:
    """The output of a command."""
    return subprocess.run(command, check=True, capture_output=True).stdout  # noqa: S603 - ours


def test_only_files_that_can_change_do(built: tuple[Warehouse, Path]) -> None:
    """If the tables were Delta's, a build would merge into them: Spark understands the
    statement, and only refuses it for Parquet."""
    warehouse, folder = built
    alone = ("run", "--select", "sagemaker_tuning__spend", "--target", "spark")
    building.dbt(on_delta(warehouse), folder, "models", *alone, code=1)
    assert "MERGE INTO TABLE" in (folder / "build.log").read_text("utf-8")


def test_what_changed_on_delta(built: tuple[Warehouse, Path]) -> None:
    """On Delta, the query of each incremental model yields the rows of the tuning jobs
    that changed since its last build, and no others."""
    warehouse, folder = built
    warehouse.answer(
        f"create table models.changed as select * except (changed_in), "  # noqa: S608 - ours
        f"if(tuning_job_name = 'job-1', 2, 1) as changed_in from models.{JOBS}"
    )
    warehouse.answer(f"drop table models.{JOBS}")
    warehouse.answer(f"alter table models.changed rename to models.{JOBS}")
    building.dbt(on_delta(warehouse), folder, "models", "compile", "--target", "spark")
    compiled = incremental(folder)
    assert len(compiled) > 10
    names = ", ".join(f"('{name}', 1)" for name in compiled)
    warehouse.answer(f"insert into models.{BUILDS} values {names}")  # noqa: S608 - ours
    building.dbt(on_delta(warehouse), folder, "models", "compile", "--target", "spark")
    for name, sql in incremental(folder).items():
        of_job = f"select * from models.{name} where tuning_job_arn like '%/job-1'"  # noqa: S608 - ours
        assert rows(warehouse, sql) == rows(warehouse, of_job), name


def incremental(folder: Path) -> dict[str, str]:
    """The compiled SQL of the incremental models, by name."""
    manifest = json.loads((folder / "target" / "manifest.json").read_text("utf-8"))
    return {
        node["name"]: node["compiled_code"]
        for node in manifest["nodes"].values()
        if node["config"]["materialized"] == "incremental" and node["name"] != BUILDS
    }


def test_a_build_replaces_everything(built: tuple[Warehouse, Path]) -> None:
    """On Parquet, a second build replaces the tables by those of what is loaded."""
    warehouse, folder = built
    warehouse.answer(NEW)
    some = ("--select", "+sagemaker_tuning__leaderboard")
    building.build(warehouse, folder, "models", {}, "run", *some)
    for mart, count in (("trials", "101"), ("leaderboard", "91")):
        counted = f"select count(*) from models.sagemaker_tuning__{mart}"  # noqa: S608 - ours
        assert rows(warehouse, counted) == [(count,)]


def test_a_line_that_is_cut_is_refused(built: tuple[Warehouse, Path]) -> None:
    """The loader refuses a line that is cut, and the table stays as it is."""
    warehouse, folder = built
    lines = folder / "arrived"
    lines.mkdir()
    load = {"load": [str(folder / "discovered.json"), str(lines), "loaded"]}
    whole, cut = (lines / f"training_job_summaries-{number}.jsonl" for number in (1, 2))
    whole.write_text('{"training_job_arn": "arn:1"}\n', encoding="utf-8")
    warehouse.answer(load)
    cut.write_text('{"training_job_arn": "arn', encoding="utf-8")
    said = "SystemExit: Error: .+: a line of training_job_summaries is cut"
    with pytest.raises(AssertionError, match=said):
        warehouse.answer(load)
    arns = "select training_job_arn from loaded.training_job_summaries"
    assert rows(warehouse, arns) == [("arn:1",)]
