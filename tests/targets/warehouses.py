"""The warehouses that the targets load into, each started only for the tests."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from tap_sagemaker_tuning.tap import TapSageMakerTuning
from tap_tools.demo import processes
from tests.environments import EXAMPLES, venv
from tests.targets.asking import plain
from tests.targets.environments import HERE, environment

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

Row = dict[str, Any]

SCHEMA = "tap_sagemaker_tuning"
HOST = "127.0.0.1"
OURS = "TARGET_TEST_POSTGRES_URL"
"""A variable with a server to use instead of the embedded one: postgresql://…"""


JAVA = shutil.which("java")
NO_JAVA = "Java is not installed: apt-get install default-jre-headless"


@dataclass(frozen=True, kw_only=True)
class Warehouse:
    """A warehouse and its target.

    Attributes:
        name: postgres, snowflake, duckdb or spark.
        command: The target's command line.
        config: The target's settings.
        variables: Its environment, in addition to what it inherits.
        answer: Runs a statement in the warehouse, or a command of `asking.py`.
        dbt: Runs dbt's command line with an environment and a log, if only the
            warehouse's own process can; its result is the exit code.
    """

    name: str
    command: tuple[str, ...]
    config: dict[str, Any]
    variables: dict[str, str]
    answer: Callable[[Any], tuple[list[str], list[list[Any]]]]
    dbt: Callable[[list[str], dict[str, str], Path], int] | None = None

    def ask(self, sql: str) -> list[Row]:
        """The rows of a statement, with names in lower case and values as in JSON."""
        columns, rows = self.answer(sql)
        names = [name.lower() for name in columns]
        return [
            dict(zip(names, [plain(value) for value in row], strict=True))
            for row in rows
        ]

    def types(self, table: str, schema: str = SCHEMA) -> dict[str, str]:
        """The types of a table's columns, without the target's own."""
        if self.name == "spark":  # has no information_schema
            _, rows = self.answer(f"describe table {schema}.{table}")
            return {name: kind for name, kind, _ in rows if name[:5] != "_sdc_"}
        columns = self.ask(
            "select column_name, data_type from information_schema.columns "  # noqa: S608 - ours
            f"where lower(table_schema) = '{schema}' and lower(table_name) = '{table}'"
        )
        return {
            row["column_name"].lower(): row["data_type"].lower()
            for row in columns
            if not row["column_name"].lower().startswith("_sdc_")
        }


@contextmanager
def duckdb(folder: Path) -> Iterator[Warehouse]:
    """A new DuckDB file."""
    programs, file = environment("duckdb"), folder / "tuning.duckdb"
    with _asking(programs, folder, {}, "duckdb", str(file)) as answer:
        yield Warehouse(
            name="duckdb",
            command=(str(programs / "target-duckdb"),),
            config={"path": str(file), "default_target_schema": SCHEMA},
            variables={},
            answer=answer,
        )


@contextmanager
def snowflake(folder: Path) -> Iterator[Warehouse]:
    """A new emulated Snowflake, over HTTP."""
    programs, port = environment("snowflake"), str(_free_port())
    variables = {
        "FAKESNOW_HOST": HOST,
        "FAKESNOW_PORT": port,
        "HOME": str(folder),  # where the connector keeps its caches
        "NO_PROXY": HOST,
        "TMPDIR": str(folder),  # where both keep the staged files
    }
    command = [str(programs / "python"), str(HERE / "fakesnow_of_dbt.py")]
    command += ["--server", "--port", port, "--host", HOST]
    log, env = folder / "fakesnow.log", _inherited() | variables
    with processes.running(command, log, ended_by=signal.SIGINT, env=env):
        _await(int(port), log)
        where = ("snowflake", HOST, port, "ANALYTICS")
        with _asking(programs, folder, variables, *where) as answer:
            answer("create database if not exists analytics")
            yield Warehouse(
                name="snowflake",
                command=(
                    str(programs / "python"),
                    str(HERE / "snowflake_on_fakesnow.py"),
                ),
                config={
                    "account": "emulated",
                    "user": "LOADER",
                    "private_key_path": str(_private_key(programs, folder)),
                    "role": "LOADER",
                    "warehouse": "LOADING",
                    "database": "ANALYTICS",
                    "default_target_schema": SCHEMA,
                    "clean_up_batch_files": True,
                },
                variables=variables,
                answer=answer,
            )


@contextmanager
def spark(folder: Path, *options: str) -> Iterator[Warehouse]:
    """A new local Spark session, into which each build first loads what the target
    wrote.

    Args:
        folder: A folder for all files.
        *options: Its options, if it is not for a few rows.
    """
    if JAVA is None:
        pytest.skip(NO_JAVA)
    example = EXAMPLES / "spark"
    programs = venv("spark")
    target, written = environment("jsonl"), folder / "lines"
    catalog = folder / "discovered.json"
    catalog.write_text(TapSageMakerTuning(setup_mapper=False).catalog_json_text)
    chosen = options or FOR_FEW_ROWS
    where = ("spark", str(folder / "tables"), str(example), *SPARK, *chosen)
    with _asking(programs, folder, {"TZ": "UTC"}, *where) as answer:

        def dbt(line: list[str], env: dict[str, str], log: Path) -> int:
            for schema in sorted(written.glob("*")):
                answer({"load": [str(catalog), str(schema), schema.name]})
                shutil.rmtree(schema)
            _, ((code,),) = answer({"dbt": line, "env": env, "log": str(log)})
            return int(code)

        yield Warehouse(
            name="spark",
            command=(
                str(target / "python"),
                str(HERE / "lines_of_schema.py"),
                str(target / "target-jsonl"),
            ),
            config={"destination_path": str(written), "default_target_schema": SCHEMA},
            variables={"DBT_SPARK_FILE_FORMAT": ""},
            answer=answer,
            dbt=dbt,
        )


SPARK = (
    "spark.master=local[2]",
    "spark.driver.host=127.0.0.1",
    "spark.driver.bindAddress=127.0.0.1",
    "spark.ui.enabled=false",
    "spark.ui.showConsoleProgress=false",
    "spark.sql.catalogImplementation=in-memory",
    "spark.sql.session.timeZone=UTC",
)
"""The options of every session."""
_JAVA = (
    "-XX:TieredStopAtLevel=1",
    "-XX:ReservedCodeCacheSize=240m",  # of 48 MiB otherwise, which became full
    "-Xlog:disable",
    "-Xlog:all=warning:stderr",  # not among the answers
)
FOR_FEW_ROWS = (
    "spark.driver.memory=2g",
    f"spark.driver.extraJavaOptions={' '.join(_JAVA)}",
    "spark.sql.adaptive.enabled=false",
    "spark.sql.codegen.factoryMode=NO_CODEGEN",
    "spark.sql.codegen.wholeStage=false",
    "spark.sql.shuffle.partitions=1",
)
"""The options that make a session cheap: no compilers, and no splits."""


@contextmanager
def postgres(_folder: Path) -> Iterator[Warehouse]:
    """An embedded server, or a new database on the server in the variable."""
    named = os.environ.get(OURS)
    serving = _named_server(named) if named else _embedded_server()
    with serving as (config, answer):
        yield Warehouse(
            name="postgres",
            command=(str(environment("postgres") / "target-postgres"),),
            config={**config, "default_target_schema": SCHEMA},
            variables={},
            answer=answer,
        )


Served = tuple[dict[str, Any], "Callable[[str], tuple[list[str], list[list[Any]]]]"]


@contextmanager
def _embedded_server() -> Iterator[Served]:
    from tests.postgres import serving  # noqa: PLC0415 - its driver is not everywhere

    with serving() as server:
        config = {
            "host": HOST,
            "port": server.port,
            "user": "postgres",
            "password": "any: the server trusts its own machine",
            "database": "postgres",
        }

        def answer(sql: str) -> tuple[list[str], list[list[Any]]]:
            columns, rows = server.ask(sql)
            return columns, [list(row) for row in rows]

        yield config, answer


@contextmanager
def _named_server(url: str) -> Iterator[Served]:
    import psycopg  # noqa: PLC0415 - not in every environment
    from psycopg import conninfo  # noqa: PLC0415 - likewise

    name = f"tuning_test_{os.getpid()}"
    own = conninfo.make_conninfo(url, dbname=name)
    parts = conninfo.conninfo_to_dict(own)
    config = {
        "host": parts["host"],
        "port": int(parts.get("port") or 5432),
        "user": parts["user"],
        "password": str(parts.get("password", "")),
        "database": name,
    }
    with psycopg.connect(url, autocommit=True) as admin:
        admin.execute(f'create database "{name}"'.encode())
        try:
            with psycopg.connect(own, autocommit=True) as connection:

                def answer(sql: str) -> tuple[list[str], list[list[Any]]]:
                    cursor = connection.execute(sql.encode())
                    if cursor.description is None:
                        return [], []
                    columns = [column.name for column in cursor.description]
                    return columns, [list(row) for row in cursor.fetchall()]

                yield config, answer
        finally:
            admin.execute(f'drop database "{name}" with (force)'.encode())


@contextmanager
def _asking(
    programs: Path, folder: Path, variables: dict[str, str], *where: str
) -> Iterator[Callable[[Any], tuple[list[str], list[list[Any]]]]]:
    """A process of `asking.py`."""
    command = [str(programs / "python"), str(HERE / "asking.py"), *where]
    pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    env = _inherited() | variables
    log = folder / "asking.log"
    with processes.running(command, log, env=env, **pipes) as process:
        questions, answers = process.stdin, process.stdout
        assert questions is not None
        assert answers is not None

        def answer(sql: Any) -> tuple[list[str], list[list[Any]]]:
            questions.write(json.dumps(sql) + "\n")
            questions.flush()
            line = answers.readline()
            given: dict[str, Any]
            given = json.loads(line) if line else {"error": processes.tail(log)}
            assert "error" not in given, f"{given['error']}\n{sql}"
            return given["columns"], given["rows"]

        yield answer
        questions.close()
        process.wait(processes.PATIENCE)


def _private_key(programs: Path, folder: Path) -> Path:
    """A new key, to sign in with as a user of a real account would."""
    made = subprocess.run(  # noqa: S603 - the command is ours
        [str(programs / "python"), "-c", _KEY],
        check=True,
        capture_output=True,
        timeout=60,
    )
    file = folder / "key.p8"
    file.write_bytes(made.stdout)
    return file


_KEY = """
from cryptography.hazmat.primitives import serialization as s
from cryptography.hazmat.primitives.asymmetric import rsa
key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
kind = s.Encoding.PEM, s.PrivateFormat.PKCS8, s.NoEncryption()
print(key.private_bytes(*kind).decode())
"""


def _inherited() -> dict[str, str]:
    foreign = ("AWS_", "TAP_", "TARGET_", "MELTANO_", "PYTHON", "VIRTUAL_ENV")
    return {k: v for k, v in os.environ.items() if not k.startswith(foreign)}


def _free_port() -> int:
    with socket.socket() as listening:
        listening.bind((HOST, 0))
        return int(listening.getsockname()[1])


def _await(port: int, log: Path) -> None:
    deadline = time.monotonic() + 30
    while True:
        try:
            socket.create_connection((HOST, port), timeout=1).close()
        except OSError as error:
            if time.monotonic() > deadline:
                raise processes.Failed(processes.tail(log)) from error
            time.sleep(0.1)
        else:
            return
