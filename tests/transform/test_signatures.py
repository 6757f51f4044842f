"""A build replaces the rows of a tuning job, however its tables changed."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

import pytest

pytest.importorskip("psycopg", reason="the warehouses need it: make setup")

from tap_tools.benchmarks.models import duckdb, statements
from tests.targets import environments
from tests.transform import building

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [
    pytest.mark.warehouse,
    pytest.mark.skipif(not environments.UV.exists(), reason="uv is needed: make setup"),
]

STREAMS = (
    "tuning_jobs",
    "tuning_job_details",
    "training_job_summaries",
    "training_job_details",
    "training_job_metrics",
)
"""The streams whose rows belong to one tuning job."""
KEYS = {"tuning_job_arn", "training_job_arn"}
WITHOUT_EFFECT = {("tuning_jobs", "last_modified_time")}
"""Only shows which tuning jobs may have been deleted."""
CHANGES = {
    "text": "coalesce({0}, '') || '-changed'",
    "time": "{0} + interval '1 hour'",
    "number": "{0} + 1",
    "boolean": "not {0}",
    "json": "null",
}
"""How to change a column, by its type."""
FILLED = """
update tap_sagemaker_tuning.tuning_job_details
set warm_start_config = json_object('warm_start_type', 'TransferLearning'),
    tuning_job_completion_criteria = '{"max_training_jobs_not_improving": 3}';

update tap_sagemaker_tuning.training_job_details
set warm_pool_status = json_object('resource_retained_billable_time_in_seconds', 5)
"""


def columns() -> list[tuple[str, str, str]]:
    """Stream, name and type of every column that a staging model reads."""
    found = []
    for file in sorted((building.PROJECT / "models" / "staging").glob("*.sql")):
        text = re.sub(r"\bmetric:", f"'{METRIC}':", file.read_text("utf-8"))
        for stream, read in re.findall(r"rows_of\('(\w+)', ({.*?})", text, re.DOTALL):
            found += [(stream, *column) for column in ast.literal_eval(read).items()]
    return [
        column
        for column in found
        if column[0] in STREAMS
        and column[1] not in KEYS
        and column[:2] not in WITHOUT_EFFECT
    ]


METRIC = "final_hyper_parameter_tuning_job_objective_metric"
COLUMNS = columns()


def test_every_column_that_is_read_counts(tmp_path: Path) -> None:
    """A change in any column that the models read rebuilds the tuning job."""
    assert {stream for stream, _, _ in COLUMNS} == set(STREAMS)
    variables = {"sagemaker_tuning_team_tag": "team"}
    alone = ("run", "--select", "+int_sagemaker_tuning__tuning_jobs")
    with duckdb(tmp_path) as warehouse:
        for statement in statements("duckdb", 50 * len(COLUMNS)):
            warehouse.answer(statement)
        warehouse.answer(FILLED)
        building.build(warehouse, tmp_path, "models", variables, *alone)
        warehouse.answer(
            ";".join(
                f"update tap_sagemaker_tuning.{stream} "  # noqa: S608 - ours
                f"set {name} = {CHANGES[kind].format(name)} "
                f"where tuning_job_arn like '%/job-{number}'"
                for number, (stream, name, kind) in enumerate(COLUMNS)
            )
        )
        building.build(warehouse, tmp_path, "models", variables, *alone)
        _, rows = warehouse.answer(
            "select tuning_job_arn from models.int_sagemaker_tuning__tuning_jobs "
            "where changed_in = 1"
        )
    unseen = [int(arn.rpartition("-")[2]) for (arn,) in rows]
    assert [COLUMNS[number][:2] for number in sorted(unseen)] == []
