"""Every warehouse gives the same page, and an error is one line."""

from __future__ import annotations

import itertools
from contextlib import contextmanager
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

import pytest

from . import stories
from .columns import COLUMNS, of_stream
from .conftest import report

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

pytestmark = pytest.mark.warehouse


@contextmanager
def duckdb(folder: Path, *, is_1970: bool = False) -> Iterator[str]:
    """Load the story into a DuckDB file, and return its URL.

    Args:
        folder: The folder of the file.
        is_1970: Whether every null time is 1970, which is how the connector reads
            fakesnow's nulls.
    """
    story = stories.small()
    tables = [(of_stream("scopes"), story.scopes)]
    tables += [(COLUMNS[name], rows) for name, rows in story.marts.items()]
    for columns, rows in tables if is_1970 else ():
        times = [name for name, kind in columns.items() if kind == "timestamp"]
        for row, name in itertools.product(rows, times):
            if row.get(name) is None:
                row[name] = datetime(1970, 1, 1)  # noqa: DTZ001 - UTC, as all times here
    yield f"duckdb:///{stories.into_duckdb(story, folder / 'tuning.duckdb')}"


@contextmanager
def postgres(folder: Path) -> Iterator[str]:
    """Load the story into Postgres, and return its URL."""
    from tests.targets import warehouses  # noqa: PLC0415 - its driver is not everywhere

    with warehouses.postgres(folder) as server:
        fill(server.answer, "text")
        where = "{user}@{host}:{port}/{database}".format(**server.config)
        yield f"postgresql+psycopg://{where}"


@contextmanager
def snowflake(folder: Path) -> Iterator[str]:
    """Load the story into an emulated Snowflake, and return its URL."""
    from tests.targets import warehouses  # noqa: PLC0415 - see above

    with warehouses.snowflake(folder) as server:
        fill(server.answer, "text")
        there = "host=127.0.0.1&protocol=http&port=" + server.variables["FAKESNOW_PORT"]
        yield f"snowflake://LOADER:any@emulated/ANALYTICS?{there}"


def fill(ask: Callable[[str], object], kind: str) -> None:
    """Load the story into a warehouse with plain SQL."""
    for schema in ("tap_sagemaker_tuning", "sagemaker_tuning"):
        ask(f"create schema {schema}")
    for create, rows in stories.statements(stories.small(), kind):
        ask(create)
        values = ", ".join(
            "({})".format(", ".join(map(literal, row.values()))) for row in rows
        )
        columns = ", ".join(rows[0]) if rows else ""
        if rows:
            table = create.split()[2]
            ask(f"insert into {table} ({columns}) values {values}")  # noqa: S608 - ours


def literal(value: Any) -> str:
    """A value as an SQL literal."""
    if value is None:
        return "null"
    if isinstance(value, str | date):
        return "'{}'".format(str(value).replace("'", "''"))
    return str(value)


@pytest.mark.parametrize("warehouse", [postgres, snowflake])
def test_every_warehouse_gives_the_same_page(
    tmp_path: Path, warehouse: Callable[[Path], Any]
) -> None:
    """The page is byte for byte that of a DuckDB file with the same models."""
    with warehouse(tmp_path) as url:
        run = report(url, SOURCE_DATE_EPOCH="1772409600")
    with duckdb(tmp_path, is_1970=warehouse is snowflake) as url:
        expected = report(DATABASE_URL=url, SOURCE_DATE_EPOCH="1772409600")
    assert (run.returncode, run.stderr) == (0, "")
    assert '"name":"small"' in expected.stdout
    assert run.stdout == expected.stdout
