"""Rows of the models, out of Postgres, DuckDB or Snowflake by their own drivers.

Nothing is written, and no model is named here that is not asked for.
"""

from __future__ import annotations

import importlib
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias
from urllib.parse import parse_qsl, unquote, urlsplit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

Row: TypeAlias = dict[str, Any]

PREFIX = "sagemaker_tuning__"
ADVICE = "pip install -r report/requirements.in -c report/constraints.txt"
STALE = (
    "if the models are older than this report, or their file was renamed since, build "
    "transform/ again"
)
RAW = {
    "scopes": "complete_as_of",
    "training_job_metrics": "host",
    "training_job_summaries": "_sdc_extracted_at",
    "tuning_jobs": "creation_time",
}
"""Tables of the tap's, each with a column that tells it from others of its name."""
READ = (
    "completeness",
    "daily_spend",
    "early_stopping",
    "freshness",
    "hyper_parameter_effects",
    "hyper_parameters",
    "importance",
    "leaderboard",
    "lineage",
    "next_ranges",
    "progress",
    "range_edges",
    "spend",
    "trials",
    "tuning_job_summary",
    "utilisation",
)
"""The models that the page shows. Beside them `learning_curves` and
`hardware_utilisation`: without them it says which stream to select."""
MOST_IN_A_LIST = 500
"""How many values go into one `in (…)`."""


class UnusableError(Exception):
    """The warehouse cannot be read: why, and what to do, in one line."""


@dataclass(frozen=True, kw_only=True)
class Warehouse:
    """An open warehouse.

    Args:
        connection: As the driver gives it (DB-API 2).
        placeholder: What stands for a value in its SQL.
        marts: The models that are there, quoted with their schema, by their names
            without the prefix.
        raw: The tap's own tables (see RAW), likewise.
    """

    connection: Any
    placeholder: str
    marts: dict[str, str]
    raw: dict[str, str]

    @property
    def missing(self) -> list[str]:
        """The models that the page would show, and that are not there."""
        return [f"{PREFIX}{name}" for name in READ if name not in self.marts]

    def select(self, sql: str, values: Sequence[object] = ()) -> list[Row]:
        """The rows of a query, by their columns' names in lower case."""
        return _select(self.connection, sql, values)

    def read(self, name: str, tuning_jobs: Sequence[str] | None = None) -> list[Row]:
        """The rows of a model or of the tap's own table, none if there is none.

        Args:
            name: The model's name without its prefix, or the table's.
            tuning_jobs: Only the rows of these tuning jobs, by ARN.
        """
        table = self.marts.get(name) or self.raw.get(name)
        if table is None:
            return []
        sql = f"select * from {table}"  # noqa: S608 - a name that the catalog gave
        if tuning_jobs is None:
            return self.select(sql)
        rows: list[Row] = []
        for start in range(0, len(tuning_jobs), MOST_IN_A_LIST):
            wanted = tuning_jobs[start : start + MOST_IN_A_LIST]
            places = ", ".join([self.placeholder] * len(wanted))
            rows += self.select(f"{sql} where tuning_job_arn in ({places})", wanted)
        return rows


@contextmanager
def opened(url: str, schema: str | None = None) -> Iterator[Warehouse]:
    """Open a warehouse for reading.

    Args:
        url: A URL as SQLAlchemy takes it, or the path of a DuckDB file.
        schema: The one with the models; None: wherever they are.

    Raises:
        UnusableError: It cannot be read, or the models are not there.
    """
    connection, placeholder = _connected(url)
    with closing(connection):
        near, marts = _marts(connection, schema)
        raw = _raw(connection, near)
        yield Warehouse(
            connection=connection, placeholder=placeholder, marts=marts, raw=raw
        )


def _connected(url: str) -> tuple[Any, str]:
    """The connection, and what stands for a value in its SQL."""
    kind = url.partition("://")[0].partition("+")[0] if "://" in url else "duckdb"
    if kind not in _KINDS:
        message = f"{kind}:// is none of {'://, '.join(_KINDS)}://"
        raise UnusableError(message)
    try:
        connection = _KINDS[kind](url)
    except ImportError as error:
        message = f"the driver for {kind} is not installed ({error}): {ADVICE}"
        raise UnusableError(message) from error
    except Exception as error:
        message = f"the {kind} warehouse does not open: {_one_line(error)}"
        raise UnusableError(message) from error
    return connection, "?" if kind == "duckdb" else "%s"


def _duckdb(url: str) -> Any:
    """A file: its path, or SQLAlchemy's URL, whose third slash is not the path's."""
    path = url.partition("://")[2].removeprefix("/") or url
    return importlib.import_module("duckdb").connect(path, read_only=True)


def _postgres(url: str) -> Any:
    """A Postgres, all of whose answers are of one moment."""
    psycopg: Any = importlib.import_module("psycopg")
    connection = psycopg.connect(f"postgresql://{url.partition('://')[2]}")
    connection.read_only = True
    connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
    return connection


def _snowflake(url: str) -> Any:
    """SQLAlchemy's URL, snowflake://USER:PASSWORD@ACCOUNT/DATABASE?role=ROLE."""
    parts = urlsplit(url)
    database, _, schema = parts.path.strip("/").partition("/")
    given = {
        "account": parts.netloc.rpartition("@")[2],
        "user": unquote(parts.username or ""),
        "password": unquote(parts.password or ""),
        "database": unquote(database),
        "schema": unquote(schema),
        **dict(parse_qsl(parts.query)),
    }
    driver: Any = importlib.import_module("snowflake.connector")
    return driver.connect(**{name: value for name, value in given.items() if value})


_KINDS: dict[str, Callable[[str], Any]] = {
    "postgresql": _postgres,
    "postgres": _postgres,
    "duckdb": _duckdb,
    "snowflake": _snowflake,
}


def _marts(connection: Any, schema: str | None) -> tuple[str, dict[str, str]]:
    """The schema with the models, and the models by name, quoted with it."""
    found = _select(
        connection,
        "select table_schema, table_name from information_schema.tables"  # noqa: S608
        f" where lower(table_name) like '{PREFIX.replace('_', '!_')}%' escape '!'",
    )
    by_schema: dict[str, dict[str, str]] = {}
    for row in found:
        name = row["table_name"].lower().removeprefix(PREFIX)
        quoted = _quoted(row["table_schema"], row["table_name"])
        by_schema.setdefault(row["table_schema"], {})[name] = quoted
    schemas = [
        name
        for name, tables in sorted(by_schema.items())
        if "trials" in tables and schema in {None, name, name.lower()}
    ]
    if not schemas:
        place = f"in the schema {schema}" if schema else "there"
        message = f"no model {PREFIX}trials {place}: build transform/ with dbt first"
        raise UnusableError(message)
    if len(schemas) > 1:
        message = f"several schemas have the models: --schema {' or '.join(schemas)}"
        raise UnusableError(message)
    return schemas[0], by_schema[schemas[0]]


def _raw(connection: Any, near: str) -> dict[str, str]:
    """The tap's own tables by name, of the models' schema if they are there too."""
    own = " or ".join(
        f"(lower(table_name) = '{table}' and lower(column_name) = '{column}')"
        for table, column in RAW.items()
    )
    found = _select(
        connection,
        "select table_schema, table_name from information_schema.columns"  # noqa: S608
        f" where {own} order by table_schema, table_name",
    )
    found.sort(key=lambda row: row["table_schema"] != near)
    return {
        row["table_name"].lower(): _quoted(row["table_schema"], row["table_name"])
        for row in reversed(found)
    }


def _quoted(*names: str) -> str:
    return ".".join('"{}"'.format(name.replace('"', '""')) for name in names)


def _select(connection: Any, sql: str, values: Sequence[object] = ()) -> list[Row]:
    try:
        with closing(connection.cursor()) as cursor:
            cursor.execute(sql, list(values)) if values else cursor.execute(sql)
            names = [column[0].lower() for column in cursor.description]
            return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    except Exception as error:
        message = f"the warehouse refused a query: {_one_line(error)} ({STALE})"
        raise UnusableError(message) from error


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())
