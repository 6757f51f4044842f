"""Runs SQL in a warehouse whose driver is in another virtual environment.

It runs there as a script. Each line of its input is a statement, as JSON text; each
line of its output is `{"columns": […], "rows": [[…]]}` or `{"error": …}`.
"""

from __future__ import annotations

import importlib
import json
import sys
from datetime import date, datetime
from decimal import Decimal
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


def main(kind: str, *where: str) -> None:
    """Answer statements until the input ends."""
    kinds: dict[str, Callable[..., Callable[[str], Answer]]]
    kinds = {"duckdb": duckdb, "snowflake": snowflake}
    ask = kinds[kind](*where)
    for line in sys.stdin:
        try:
            columns, rows = ask(json.loads(line))
            answer: dict[str, Any] = {"columns": columns, "rows": rows}
        except Exception as error:  # noqa: BLE001 - any error is passed to the test
            answer = {"error": f"{type(error).__name__}: {error}"}
        sys.stdout.write(json.dumps(answer, default=plain) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])
