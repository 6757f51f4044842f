"""Tables that do not agree: details of another tuning job, and a scope that failed.

The syncs of `test_models.py` cannot make them, but a stream that fails can.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

pytest.importorskip("benchmarks", reason="the benchmarks are in the checkout only")
pytest.importorskip("psycopg", reason="the warehouses need it: make setup")

from benchmarks.models import duckdb, statements
from tests.targets import environments
from tests.transform import building

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.targets.warehouses import Warehouse

pytestmark = [
    pytest.mark.warehouse,
    pytest.mark.skipif(not environments.UV.exists(), reason="uv is needed: make setup"),
]

CHANGES = """
-- What is known in detail of job-1 is of one that was deleted: it is older.
update tap_sagemaker_tuning.tuning_job_details
set creation_time = creation_time - interval '1 day'
where tuning_job_name = 'job-1';

-- Both were started from job-2, which is older than they.
update tap_sagemaker_tuning.tuning_job_details
set warm_start_config = json_object(
    'warm_start_type', 'TransferLearning',
    'parent_hyper_parameter_tuning_jobs', json_array(
        json_object('hyper_parameter_tuning_job_name', 'job-2')
    )
)
where tuning_job_name in ('job-0', 'job-1');

update tap_sagemaker_tuning.tuning_jobs
set creation_time = creation_time - interval '5 minutes'
where tuning_job_name = 'job-2';

update tap_sagemaker_tuning.tuning_job_details
set creation_time = creation_time - interval '5 minutes'
where tuning_job_name = 'job-2';

-- Some summaries say a direction: the API's model has it.
update tap_sagemaker_tuning.training_job_summaries
set final_hyper_parameter_tuning_job_objective_metric = json_merge_patch(
    final_hyper_parameter_tuning_job_objective_metric, '{"type": "Minimize"}'
)
where tuning_job_name = 'job-1' and training_job_status = 'Stopped';

update tap_sagemaker_tuning.training_job_summaries
set training_job_status = 'Stopping'
where training_job_name = 'job-2-109';

update tap_sagemaker_tuning.training_job_summaries
set training_job_status = 'Deleting'
where training_job_name = 'job-2-108';

update tap_sagemaker_tuning.scopes set status = 'failed';
"""


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Warehouse]:
    """The models of three tuning jobs of fifty trials, their tables changed so."""
    folder = tmp_path_factory.mktemp("stale")
    with duckdb(folder) as warehouse:
        for statement in [*statements("duckdb", 150), CHANGES]:
            warehouse.answer(statement)
        building.build(warehouse, folder, "models", {}, "run")
        yield warehouse


def ask(built: Warehouse, what: str, mart: str, where: str = "true") -> list[Any]:
    """Rows of a mart, as tuples."""
    _, rows = built.answer(
        f"select {what} from models.sagemaker_tuning__{mart} "  # noqa: S608 - ours
        f"where {where} order by all"
    )
    return [tuple(row) for row in rows]


def test_details_of_a_deleted_namesake_are_not_believed(built: Warehouse) -> None:
    """Details that are older than the tuning job say nothing of it."""
    counted = "tuning_job_name, objective_direction, count(*), count(place)"
    wanted = "true group by tuning_job_name, objective_direction"
    assert ask(built, counted, "trials", wanted) == [
        ("job-0", "Maximize", 50, 45),
        ("job-1", "Minimize", 5, 5),
        ("job-1", None, 45, 0),
        ("job-2", "Maximize", 50, 45),
    ]
    assert ask(built, "tuning_job_name", "range_edges") == [("job-0",), ("job-2",)]


def test_warm_starts_of_a_deleted_namesake_are_not_believed(built: Warehouse) -> None:
    """Nor do they say where it started from."""
    names = "tuning_job_name, parent_tuning_job_name, parent_tuning_job_arn is null"
    assert ask(built, names, "lineage") == [("job-0", "job-2", False)]


def test_a_failed_sync_loads_nothing(built: Warehouse) -> None:
    """What was last loaded is then as old as the last complete sync."""
    what = "tuning_job_name, running_trials, last_loaded_at"
    assert ask(built, what, "freshness") == [("job-2", 2, "2026-03-01 00:00:00")]
    states = ask(built, "distinct scope_status, complete_as_of", "completeness")
    assert states == [("failed", "2026-03-01 00:00:00")]


def test_a_status_that_says_no_outcome(built: Warehouse) -> None:
    """A trial that is being deleted has ended somehow; one that is stopping runs."""
    names = "training_job_name in ('job-2-108', 'job-2-109')"
    found = ask(built, "status, outcome", "trials", names)
    assert found == [("Deleting", None), ("Stopping", "running")]
