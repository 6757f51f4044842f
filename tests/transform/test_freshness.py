"""`dbt source freshness` checks the age of the tables."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

pytest.importorskip("psycopg", reason="the warehouses need it: make setup")

from tap_tools.benchmarks.models import duckdb, statements
from tests.targets import environments
from tests.transform import building

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.targets.warehouses import Warehouse

pytestmark = [
    pytest.mark.warehouse,
    pytest.mark.skipif(not environments.UV.exists(), reason="uv is needed: make setup"),
]


@pytest.fixture(scope="module")
def loaded(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[tuple[Warehouse, Path]]:
    """The tables of two tuning jobs."""
    folder = tmp_path_factory.mktemp("freshness")
    with duckdb(folder) as warehouse:
        for statement in statements("duckdb", 100):
            warehouse.answer(statement)
        yield warehouse, folder


@pytest.mark.parametrize(
    ("hours", "status", "code"), [(1, "pass", 0), (5, "warn", 0), (30, "error", 1)]
)
def test_how_old_the_tables_are(
    loaded: tuple[Warehouse, Path], hours: int, status: str, code: int
) -> None:
    """Tables complete as of one hour ago pass; after three hours dbt warns, and after a
    day it fails."""
    warehouse, folder = loaded
    warehouse.answer(
        "update tap_sagemaker_tuning.scopes set complete_as_of = "  # noqa: S608 - ours
        f"timezone('UTC', now()) - interval '{hours} hours'"
    )
    asked = ("source", "freshness", "--target", "duckdb")
    building.dbt(warehouse, folder, "models", *asked, code=code)
    found = json.loads((folder / "target" / "sources.json").read_text("utf-8"))
    assert {each["unique_id"]: each["status"] for each in found["results"]} == {
        "source.sagemaker_tuning.sagemaker_tuning.scopes": status
    }
