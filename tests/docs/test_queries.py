"""Every query in the documents runs in Postgres, on the tables described there."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest

pytest.importorskip("psycopg", reason="the demo's packages are needed: make setup")

from tap_sagemaker_tuning import schemas_root
from tap_tools.generated import policies
from tap_tools.generated.marts import marts
from tests.docs.documents import blocks
from tests.postgres import serving

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tap_tools.demo.postgres import Warehouse

pytestmark = pytest.mark.warehouse

OTHERS = ("lateral flatten", "unnest(range")
"""Queries for Snowflake or DuckDB only; `test_metrics_in_targets.py` runs those."""

QUERIES = [
    block
    for block in blocks("sql")
    if block.page != "docs/snowflake.md"
    if not any(words in block.text for words in OTHERS)
]
IDS = [f"{query.page}-{number}" for number, query in enumerate(QUERIES)]
SCHEMA = "tap_sagemaker_tuning"
MARTS = "sagemaker_tuning"
"""The schema into which transform/ builds."""

TYPES = {
    "array": "jsonb[]",
    "boolean": "boolean",
    "integer": "bigint",
    "number": "numeric",
    "object": "jsonb",
    "string": "text",
}
"""The column types that target-postgres uses (tap_tools/generated/targets.py)."""

COLUMN_KINDS = (
    (r"\w+_at|complete_as_of", "timestamp"),
    (r"is_\w+", "boolean"),
    (r".*(name|arn|id|region|status|type|outcome|direction|currency)", "text"),
    (r"failure|value|edge", "text"),
    (r"\w+", "numeric"),
)
"""The type of a mart's column, by its name; the first match applies."""


def tables() -> Iterator[tuple[str, dict[str, str]]]:
    """The tables of the streams, and the columns of each with their types."""
    for stream in policies.streams():
        text = schemas_root().joinpath(f"{stream.name}.json").read_text("utf-8")
        columns = {
            name: _type(column)
            for name, column in json.loads(text)["properties"].items()
        }
        yield f"{SCHEMA}.{stream.name}", columns


def _type(column: dict[str, Any]) -> str:
    kind = "timestamp" if column.get("format") == "date-time" else None
    given = column["type"]
    return kind or TYPES[given[0] if isinstance(given, list) else given]


@pytest.fixture(scope="module")
def warehouse() -> Iterator[Warehouse]:
    """A Postgres with every table and mart, all of them empty."""
    with serving() as server:
        for schema in (SCHEMA, MARTS):
            server.ask(f"create schema {schema}")
        for table, columns in tables():
            _create(server, table, columns)
        for mart in marts():
            kinds = {
                name: next(k for p, k in COLUMN_KINDS if re.fullmatch(p, name))
                for name in mart.columns
            }
            _create(server, f"{MARTS}.{mart.name}", kinds)
        yield server


def _create(server: Warehouse, table: str, columns: dict[str, str]) -> None:
    body = ", ".join(f'"{name}" {kind}' for name, kind in columns.items())
    server.ask(f"create table {table} ({body})")


@pytest.mark.parametrize("query", QUERIES, ids=IDS)
def test_queries_run(warehouse: Warehouse, query: Any) -> None:
    """Each query can be pasted, and every table and column in it exists."""
    _, rows = warehouse.ask(query.text)
    assert rows == []
