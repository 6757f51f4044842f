"""Runs SQL in a warehouse whose driver is in another virtual environment.

It runs there as a script. Each line of its input is a statement, as JSON text; each
line of its output is `{"columns": […], "rows": [[…]]}` or `{"error": …}`. Spark also
takes commands: see `spark`.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
from contextlib import redirect_stderr, redirect_stdout
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

Answer = tuple[list[str], list[list[Any]]]


def plain(value: Any) -> Any:
    """A value for JSON: times as text, to the millisecond, without a time zone."""
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, datetime):
        return value.isoformat(timespec="milliseconds")
    if isinstance(value, date):
        return value.isoformat()
    return value


def duckdb(path: str) -> Callable[[str], Answer]:
    """A DuckDB file that is open only during a query, so that a target can write to
    it."""
    driver = importlib.import_module("duckdb")

    def ask(sql: str) -> Answer:
        with driver.connect(path, read_only=True) as connection:
            cursor = connection.execute(sql)
            columns = [column[0] for column in cursor.description]
            return columns, [list(row) for row in cursor.fetchall()]

    return ask


def snowflake(host: str, port: str, database: str) -> Callable[[str], Answer]:
    """A Snowflake at this address, through its official connector."""
    driver = importlib.import_module("snowflake.connector")
    connection = driver.connect(
        account="emulated",
        user="reader",
        password="any",  # noqa: S106 - the emulation accepts any
        host=host,
        port=int(port),
        protocol="http",
        database=database,
        network_timeout=60,
    )

    def ask(sql: str) -> Answer:
        with connection.cursor() as cursor:
            cursor.execute(sql)
            columns = [column.name for column in cursor.description]
            return columns, [list(row) for row in cursor.fetchall()]

    return ask


def spark(folder: str, example: str, *options: str) -> Callable[[Any], Answer]:
    """A local Spark session whose tables are in this folder.

    Only one process can use them, so it also runs `{"load": […]}`, the arguments of the
    example's loader, and `{"dbt": […], "env": {…}, "log": …}`, whose answer is dbt's
    exit code.
    """
    builder = importlib.import_module("pyspark.sql").SparkSession.builder
    for option in (f"spark.sql.warehouse.dir={folder}", *options):
        builder = builder.config(*option.split("=", 1))
    session = builder.getOrCreate()
    session.sparkContext.setLogLevel("ERROR")
    sys.path.insert(0, example)
    loader = importlib.import_module("load")
    runner = importlib.import_module("dbt.cli.main").dbtRunner()

    def ask(question: Any) -> Answer:
        match question:
            case {"load": arguments}:
                loader.main(arguments)
                return [], []
            case {"dbt": line, "env": variables, "log": file}:
                os.environ.update(variables)
                with (
                    Path(file).open("w", encoding="utf-8") as log,
                    redirect_stdout(log),
                    redirect_stderr(log),
                ):
                    done = runner.invoke(line)
                failed = 1 if done.exception is None else 2
                return ["code"], [[0 if done.success else failed]]
            case _:
                found = session.sql(question)
                return found.columns, [list(row) for row in found.collect()]

    return ask


def main(kind: str, *where: str) -> None:
    """Answer statements until the input ends."""
    kinds: dict[str, Callable[..., Callable[[Any], Answer]]]
    kinds = {"duckdb": duckdb, "snowflake": snowflake, "spark": spark}
    ask = kinds[kind](*where)
    for line in sys.stdin:
        try:
            columns, rows = ask(json.loads(line))
            answer: dict[str, Any] = {"columns": columns, "rows": rows}
        except (Exception, SystemExit) as error:  # noqa: BLE001 - for the test
            answer = {"error": f"{type(error).__name__}: {error}"}
        sys.stdout.write(json.dumps(answer, default=plain) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])
