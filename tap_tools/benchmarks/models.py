"""Build the models of a million trials in each warehouse, and print the seconds.

Builds all of them; again after twenty tuning jobs changed, with the tests of those; and
again after nothing changed. Then it runs all tests. CPU is that of dbt and of the
warehouse. Compare with `--trials 600`, which takes as long as dbt itself.

The tables are as the targets make them, of all streams, with the columns that the
models read. They are filled by SQL, since a load of a million trials would take longer
than what is measured.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import tempfile
import time
from contextlib import contextmanager, suppress
from pathlib import Path
from string import Template
from typing import TYPE_CHECKING, Any

from tests.postgres import serving
from tests.targets.warehouses import HOST, SCHEMA, Warehouse, spark
from tests.transform import building

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

TABLES = Path(__file__).with_name("tables.sql")
WORDS = {
    "postgres": {
        "numbers": "generate_series(0, {} - 1) as numbers (i)",
        "object": "jsonb_build_object",
        "array": "jsonb_build_array",
        "objects": "array[",
    },
    "duckdb": {
        "numbers": "range({}) as numbers (i)",
        "object": "json_object",
        "array": "json_array",
        "objects": "[",
    },
}
"""Each warehouse's SQL for the placeholders in `tables.sql`."""


def statements(name: str, trials: int) -> list[str]:
    """Return the SQL that fills a warehouse's tables with this many trials."""
    words = WORDS[name] | {"numbers": WORDS[name]["numbers"].format(trials)}
    text = Template(TABLES.read_text("utf-8")).substitute(words, trials=trials)
    return text.split(";\n")[:-1]


def fill(warehouse: Warehouse, folder: Path, trials: int) -> None:
    """Fill a warehouse's tables. DuckDB writes the Parquet files of Spark's."""
    if warehouse.name != "spark":
        for statement in statements(warehouse.name, trials):
            warehouse.answer(statement)
        return
    source = folder / "source"
    source.mkdir()
    with duckdb(source) as filled:
        fill(filled, source, trials)
        _, columns = filled.answer(COLUMNS)
        warehouse.answer(f"create schema {SCHEMA}")
        for table, selected in columns:
            files = source / table
            files.mkdir()
            filled.answer(
                f"set TimeZone = 'UTC'; copy (select {selected} "  # noqa: S608 - ours
                f"from {SCHEMA}.{table}) to '{files}/all.parquet'"
            )
            warehouse.answer(
                f"create table {SCHEMA}.{table} using parquet location '{files}'"
            )


COLUMNS = f"""
select table_name, string_agg(
    case
        when data_type = 'TIMESTAMP'
            then 'cast(' || column_name || ' as timestamptz) as '
        when data_type like 'JSON%' then 'cast(' || column_name || ' as varchar) as '
        else ''
    end || column_name, ', ' order by ordinal_position
)
from information_schema.columns
where table_schema = '{SCHEMA}'
group by table_name
"""  # noqa: S608 - ours
"""Each table in DuckDB, with its columns in the types of a lake."""


@contextmanager
def duckdb(folder: Path) -> Iterator[Warehouse]:
    """A new DuckDB file, which is open only while it answers."""
    file = folder / "tuning.duckdb"
    command = [str(building.environment() / "python"), "-c", ASK, str(file)]

    def answer(sql: str) -> tuple[list[str], list[list[Any]]]:
        asked = subprocess.run([*command, sql], check=True, stdout=subprocess.PIPE)  # noqa: S603 - ours
        columns, rows = json.loads(asked.stdout)
        return columns, rows

    yield _warehouse("duckdb", {"path": str(file)}, answer)


ASK = """
import duckdb, json, sys
_, file, sql = sys.argv
connection = duckdb.connect(file)
connection.execute("set enable_progress_bar = false")
asked = connection.execute(sql)
columns = [column[0] for column in asked.description]
print(json.dumps([columns, asked.fetchall()], default=str))
"""


@contextmanager
def postgres(_folder: Path) -> Iterator[Warehouse]:
    """A new server, with Postgres's own settings."""
    with serving() as server:

        def answer(sql: str) -> tuple[list[str], list[list[Any]]]:
            columns, rows = server.ask(sql)
            return columns, [list(row) for row in rows]

        user = {"user": "postgres", "password": "any", "database": "postgres"}
        where = {"host": HOST, "port": server.port, **user}
        yield _warehouse("postgres", where, answer)


def big_spark(folder: Path) -> AbstractContextManager[Warehouse]:
    """A local Spark session for much data."""
    return spark(folder, "spark.driver.memory=12g")


def _warehouse(
    name: str,
    config: dict[str, Any],
    answer: Callable[[str], tuple[list[str], list[list[Any]]]],
) -> Warehouse:
    return Warehouse(name=name, command=(), config=config, variables={}, answer=answer)


HOUR = ("build", "--exclude-resource-type", "unit_test")
"""The documented command for each hour: it also tests what changed."""
STEPS = {
    "all": ("run",),
    "twenty changed": HOUR,
    "nothing changed": HOUR,
    "all tests": ("test",),
}
"""What is built or tested, and the command that does it."""
HOURLY = """
update tap_sagemaker_tuning.training_job_summaries
set training_end_time = training_end_time + interval '1 second'
where tuning_job_name in ({})
""".format(", ".join(f"'job-{number}'" for number in range(0, 200, 10)))
"""What an hourly sync brings."""


def main() -> None:
    """Measure the chosen warehouses."""
    warehouses = {"duckdb": duckdb, "postgres": postgres, "spark": big_spark}
    parser = argparse.ArgumentParser(
        prog="python -m tap_tools.benchmarks.models", description=__doc__
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
                fill(filled, Path(folder), options.trials)
                for what, command in STEPS.items():
                    if name == "spark" and what.endswith("changed"):
                        continue  # on Parquet, each build is a full one
                    filled.answer(HOURLY if what == "twenty changed" else "select 1")
                    begun = time.perf_counter(), _cpu(filled)
                    building.build(filled, Path(folder), "models", {}, *command)
                    wall = time.perf_counter() - begun[0]
                    cpu = _cpu(filled) - begun[1]
                    print(  # noqa: T201
                        f"{name}: {what}: dbt {command[0]}: "
                        f"{wall:.1f} s, CPU {cpu:.1f} s",
                        flush=True,
                    )
                    _print_slow(Path(folder))


def _cpu(warehouse: Warehouse) -> float:
    """Seconds of CPU so far: of the commands that have ended, and of Postgres."""
    used = os.times()
    seconds = used.children_user + used.children_system
    if warehouse.name == "spark":
        return seconds + _ticks_below(os.getpid()) / os.sysconf("SC_CLK_TCK")
    if warehouse.name != "postgres":
        return seconds
    _, ((backend,),) = warehouse.answer("select pg_backend_pid()")
    server = _processes()[backend][1]
    ticks = sum(_processes()[server][11:15])  # those that it waited for, too
    ticks += sum(
        sum(each[11:13]) for each in _processes().values() if each[1] == server
    )
    return seconds + ticks / os.sysconf("SC_CLK_TCK")


def _ticks_below(parent: int) -> int:
    """The ticks of CPU of the processes that run below another."""
    return sum(
        sum(fields[11:13]) + _ticks_below(process)
        for process, fields in _processes().items()
        if fields[1] == parent
    )


def _processes() -> dict[int, list[int]]:
    """The fields of each process in /proc, starting with its parent."""
    processes = {}
    for file in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            words = file.read_text("utf-8").rpartition(")")[2].split()
            processes[int(file.parent.name)] = [0, *map(int, words[1:])]
    return processes


def _print_slow(folder: Path) -> None:
    """Print the models and tests that took more than a second."""
    results = folder / "target" / "run_results.json"
    for each in json.loads(results.read_text("utf-8"))["results"]:
        if each["execution_time"] > 1:
            print(f"  {each['execution_time']:6.1f} s  {each['unique_id']}", flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
