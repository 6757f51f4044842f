"""Build the models of a million trials on DuckDB and Postgres, and print the seconds.

The tables are as the targets make them, of all streams, with the columns that the
models read. They are filled by SQL, since a load of a million trials would take longer
than what is measured.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from tests.postgres import serving
from tests.targets.warehouses import HOST, SCHEMA, Warehouse
from tests.transform import building

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

OF_A_JOB = 50
DIALECTS = {
    "postgres": {
        "numbers": "generate_series(0, {count} - 1) as numbers (i)",
        "object": "jsonb_build_object",
        "objects": "array[{0}]",
        "chance": "random()",
        "half": "div({0}, {1})",
    },
    "duckdb": {
        "numbers": "range({count}) as numbers (i)",
        "object": "json_object",
        "objects": "json_array({0})",
        "chance": "random()",
        "half": "({0} // {1})",
    },
}
REASON = (
    "AlgorithmError: ExecuteUserScriptError:' || chr(10) || 'ExitCode 1' || chr(10) || "
    "'ErrorMessage \"ValueError: bad value ' || cast(i % 7 as text) || '\"' || chr(10) "
    "|| 'Command \"python3 train.py\"'"
)


def statements(dialect: str, trials: int) -> list[str]:
    """What fills the tables.

    Args:
        dialect: duckdb or postgres.
        trials: How many, fifty of each tuning job.
    """
    words = DIALECTS[dialect]
    obj, objects = words["object"], words["objects"]
    account = "'111122223333' as account_id, 'us-east-1' as region"
    job = f"cast({words['half'].format('i', OF_A_JOB)} as text)"
    of_job = (
        f"{account}, 'job-' || {job} as tuning_job_name, "
        f"'arn:aws:sagemaker:us-east-1:111122223333:hyper-parameter-tuning-job/job-' "
        f"|| {job} as tuning_job_arn"
    )
    of_trial = (
        f"{of_job}, 'job-' || {job} || '-' || cast(i as text) as training_job_name, "
        f"'arn:aws:sagemaker:us-east-1:111122223333:training-job/job-' || {job} || '-' "
        "|| cast(i as text) as training_job_arn"
    )
    born = "timestamp '2026-01-01 00:00:00' + interval '1 minute' * (i % 50000)"
    counters = (
        "'completed', 40, 'in_progress', 0, 'retryable_error', 0, "
        "'non_retryable_error', 5, 'stopped', 5"
    )
    one_range = (
        f"{obj}('name', 'learning-rate', 'min_value', '0.0', 'max_value', '1.0', "
        "'scaling_type', 'Linear')"
    )
    ranges = {
        "postgres": f"jsonb_build_array({one_range})",
        "duckdb": f"json_array({one_range})",
    }[dialect]
    objective = f"{obj}('type', 'Maximize', 'metric_name', 'validation:auc')"
    definition = (
        f"{obj}('definition_name', null, 'objective', {objective}, 'parameter_ranges', "
        f"{obj}('continuous_parameter_ranges', {ranges}))"
    )
    all_trials = words["numbers"].format(count=trials)
    all_jobs = words["numbers"].format(count=trials // OF_A_JOB).replace("(i)", "(n)")
    jobs = f"(select n * {OF_A_JOB} as i from {all_jobs}) as jobs"
    return [
        f"create schema {SCHEMA}",
        f"create table {SCHEMA}.scopes as select {account}, 'complete' as status, "
        "timestamp '2026-03-01 00:00:00' as complete_as_of, "
        "timestamp '2026-03-01 00:10:00' as ended_at",
        f"create table {SCHEMA}.training_instance_prices as select "
        "'us-east-1' as region, 'ml.m5.xlarge' as instance_type, 'USD' as currency, "
        "0.23 as price_per_hour",
        f"create table {SCHEMA}.tuning_jobs as select {of_job}, "
        f"'Completed' as tuning_job_status, {born} as creation_time, "
        f"{born} + interval '5 hours' as tuning_end_time, "
        f"{obj}({counters}) as training_job_status_counters, "
        f"{obj}('max_parallel_training_jobs', 5) as resource_limits from {jobs}",
        f"create table {SCHEMA}.tuning_job_details as select {of_job}, "
        f"{born} as creation_time, {objective} as objective, "
        f"{objects.format(definition)} as training_job_definitions, "
        f"{obj}('warm_start_type', 'TransferLearning', "
        f"'parent_hyper_parameter_tuning_jobs', null) as warm_start_config from {jobs}",
        f"create table {SCHEMA}.training_job_summaries as select {of_trial}, "
        "cast(null as text) as training_job_definition_name, "
        "case when i % 10 = 0 then 'Failed' when i % 10 = 1 then 'Stopped' "
        "else 'Completed' end as training_job_status, "
        f"{obj}('learning-rate', cast({words['chance']} as text), "
        "'max_depth', cast(i % 11 as text), "
        "'batch-size', '\"' || cast(64 * (i % 4) as text) || '\"', "
        "'order', case i % 2 when 0 then '\"depth\"' else '\"loss\"' end, "
        f"'dropout', cast({words['chance']} as text)) as tuned_hyper_parameters, "
        f"case when i % 10 > 0 then {obj}('type', null, 'metric_name', "
        f"'validation:auc', 'value', {words['chance']}, 'non_finite', null) end "
        "as final_hyper_parameter_tuning_job_objective_metric, "
        "'Succeeded' as objective_status, "
        f"case when i % 10 = 0 then '{REASON} end as failure_reason, "
        f"{born} + interval '2 minutes' as creation_time, "
        f"{born} + interval '3 minutes' as training_start_time, "
        f"{born} + interval '9 minutes' + interval '1 second' * (i % 300) "
        f"as training_end_time from {all_trials}",
        f"create table {SCHEMA}.training_job_details as select {of_trial}, "
        f"{obj}('instance_type', 'ml.m5.xlarge', 'instance_count', 1, "
        "'instance_groups', null) as resource_config, "
        "360 + i % 300 as training_time_in_seconds, "
        "180 + i % 300 as billable_time_in_seconds, "
        f"true as enable_managed_spot_training from {all_trials}",
    ]


@contextmanager
def duckdb(folder: Path) -> Iterator[Warehouse]:
    """A new DuckDB file."""
    file = folder / "tuning.duckdb"
    fill = "import duckdb, sys; duckdb.connect(sys.argv[1]).execute(sys.argv[2])"
    command = [str(building.environment() / "python"), "-c", fill, str(file)]

    def answer(sql: str) -> tuple[list[str], list[list[object]]]:
        subprocess.run([*command, sql], check=True)  # noqa: S603 - ours
        return [], []

    yield _warehouse("duckdb", {"path": str(file)}, answer)


@contextmanager
def postgres(_folder: Path) -> Iterator[Warehouse]:
    """A new server, with Postgres's own settings."""
    with serving() as server:

        def answer(sql: str) -> tuple[list[str], list[list[object]]]:
            columns, rows = server.ask(sql)
            return columns, [list(row) for row in rows]

        user = {"user": "postgres", "password": "any", "database": "postgres"}
        where = {"host": HOST, "port": server.port, **user}
        yield _warehouse("postgres", where, answer)


def _warehouse(
    name: str,
    config: dict[str, object],
    answer: Callable[[str], tuple[list[str], list[list[object]]]],
) -> Warehouse:
    return Warehouse(name=name, command=(), config=config, variables={}, answer=answer)


def main() -> None:
    """Measure what was asked for."""
    warehouses = {"duckdb": duckdb, "postgres": postgres}
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.models", description=__doc__
    )
    parser.add_argument("--trials", type=int, default=1_000_000, help="how many")
    parser.add_argument("--only", choices=warehouses, help="one of the warehouses")
    options = parser.parse_args()
    building.environment()
    for name, warehouse in warehouses.items():
        if options.only in {name, None}:
            with (
                tempfile.TemporaryDirectory() as folder,
                warehouse(Path(folder)) as filled,
            ):
                for statement in statements(name, options.trials):
                    filled.answer(statement)
                for command in ("run", "build"):
                    begun = time.perf_counter()
                    building.build(filled, Path(folder), "models", {}, command)
                    seconds = time.perf_counter() - begun
                    print(f"{name}: dbt {command}: {seconds:.0f} s", flush=True)  # noqa: T201
                results = Path(folder) / "target" / "run_results.json"
                for each in json.loads(results.read_text("utf-8"))["results"]:
                    if each["execution_time"] > 1:
                        print(f"  {each['execution_time']:6.1f} s  {each['unique_id']}")  # noqa: T201


if __name__ == "__main__":
    main()
