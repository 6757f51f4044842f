"""The models as a package in another dbt project."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

pytest.importorskip("psycopg", reason="the warehouses need it: make setup")

from tap_tools.benchmarks.models import postgres, statements
from tests.targets import environments
from tests.transform import building

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [
    pytest.mark.warehouse,
    pytest.mark.skipif(not environments.UV.exists(), reason="uv is needed: make setup"),
]

FILES = {
    "dbt_project.yml": """
name: our_platform
version: 1.0.0
config-version: 2
profile: sagemaker_tuning
flags:
  send_anonymous_usage_stats: false
vars:
  sagemaker_tuning_schema: tap_sagemaker_tuning
  sagemaker_tuning_scopes_identifier: tuning_scopes
models:
  sagemaker_tuning:
    +schema: tuning
    staging:
      +schema: tuning_staging
snapshots:
  sagemaker_tuning:
    +schema: tuning_history
""",
    "packages.yml": f"""
packages:
  - local: {building.PROJECT}
""",
    "models/best_by_region.sql": """
select region, max(best_value) as best
from {{ ref('sagemaker_tuning__tuning_job_summary') }}
group by region
""",
}


def test_an_outside_project(tmp_path: Path) -> None:
    """A project that installs the package chooses the models' schemas and the tables'
    names, and can refer to the marts; a second build is incremental there, too."""
    project = tmp_path / "ours"
    for file, text in FILES.items():
        (project / file).parent.mkdir(parents=True, exist_ok=True)
        (project / file).write_text(text, encoding="utf-8")
    with postgres(tmp_path) as warehouse:
        for statement in statements("postgres", 100):
            warehouse.answer(statement)
        warehouse.answer(
            "alter table tap_sagemaker_tuning.scopes rename to tuning_scopes"
        )
        building.dbt(warehouse, tmp_path, "analytics", "deps", project=project)
        for build in (building.UNTESTED, ("build",)):
            building.dbt(
                *(warehouse, tmp_path, "analytics", *build, "--target", "postgres"),
                project=project,
            )
        _, rows = warehouse.answer(
            "select count(*), min(best) from analytics.best_by_region"
        )
        assert rows[0][0] == 1
        assert rows[0][1] is not None
        _, rows = warehouse.answer(
            "select count(*), count(scope_status) "
            "from analytics_tuning.sagemaker_tuning__completeness"
        )
        assert tuple(rows[0]) == (2, 2)
        _, rows = warehouse.answer(
            "select max(build) from analytics_tuning.int_sagemaker_tuning__builds"
        )
        assert rows[0][0] == 1
