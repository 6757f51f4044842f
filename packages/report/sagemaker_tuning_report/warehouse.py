"""Read the models from Postgres, DuckDB or Snowflake, each with its own driver.

Nothing is written to the warehouse.
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
ADVICE = "reinstall sagemaker-tuning-report with its dependencies"
STALE = (
    "if the models are older than this report, or their file was renamed since, "
    "rebuild transform/"
)
RAW = {
    "scopes": "complete_as_of",
    "training_job_metrics": "host",
    "training_job_summaries": "_sdc_extracted_at",
    "tuning_jobs": "creation_time",
}
"""The tap's tables, each with a column that other tables of that name lack."""
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
"""The models that the page needs to be complete.

It also shows `learning_curves` and `hardware_utilisation`; without them, it says which
stream to select."""
MOST_IN_A_LIST = 500
"""The most values in one `in (…)`."""


class UnusableError(Exception):
    """The warehouse cannot be read. The message says in one line why and what to do."""


@dataclass(frozen=True, kw_only=True)
class Warehouse:
    """An open warehouse.

    Args:
        connection: The driver's connection (DB-API 2).
        placeholder: The placeholder for a value in its SQL.
        marts: The models found: their quoted names with schema, by model name without
            the prefix.
        raw: The tap's own tables found (see RAW), likewise.
    """

    connection: Any
    placeholder: str
    marts: dict[str, str]
    raw: dict[str, str]

    @property
    def missing(self) -> list[str]:
        """The full names of models that the page needs but the warehouse lacks."""
        return [f"{PREFIX}{name}" for name in READ if name not in self.marts]

    def select(self, sql: str, values: Sequence[object] = ()) -> list[Row]:
        """Return the rows of a query as dicts, keyed by lower-case column names."""
        return _select(self.connection, sql, values)

    def read(self, name: str, tuning_jobs: Sequence[str] | None = None) -> list[Row]:
        """Return the rows of a model or one of the tap's tables; none if it is missing.

        Args:
            name: The model's name without its prefix, or the table's name.
            tuning_jobs: Return only rows of the tuning jobs with these ARNs.
        """
        table = self.marts.get(name) or self.raw.get(name)
        if table is None:
            return []
        sql = f"select * from {table}"  # noqa: S608 - a name from the catalog
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
        url: A URL in SQLAlchemy's format, or the path of a DuckDB file.
        schema: The schema with the models; None to find it.

    Raises:
        UnusableError: The warehouse cannot be read, or it does not have the models, or
            several schemas have them.
    """
    connection, placeholder = _connected(url)
    with closing(connection):
        near, marts = _marts(connection, schema)
        raw = _raw(connection, near)
        yield Warehouse(
            connection=connection, placeholder=placeholder, marts=marts, raw=raw
        )


def _connected(url: str) -> tuple[Any, str]:
    """Return the connection and the placeholder for a value in its SQL."""
    kind = url.partition("://")[0].partition("+")[0] if "://" in url else "duckdb"
    if kind not in _KINDS:
        message = f"{kind}:// is not supported: use {'://, '.join(_KINDS)}://"
        raise UnusableError(message)
    try:
        connection = _KINDS[kind](url)
    except ImportError as error:
        message = f"the driver for {kind} is not installed ({error}): {ADVICE}"
        raise UnusableError(message) from error
    except Exception as error:
        message = f"cannot open the {kind} warehouse: {_one_line(error)}"
        raise UnusableError(message) from error
    return connection, "?" if kind == "duckdb" else "%s"


def _duckdb(url: str) -> Any:
    """Connect to a file, by path or by URL; the third slash is not part of the path."""
    path = url.partition("://")[2].removeprefix("/") or url
    return importlib.import_module("duckdb").connect(path, read_only=True)


def _postgres(url: str) -> Any:
    """Connect to Postgres, so that all queries see the same snapshot."""
    psycopg: Any = importlib.import_module("psycopg")
    connection = psycopg.connect(f"postgresql://{url.partition('://')[2]}")
    connection.read_only = True
    connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
    return connection


def _snowflake(url: str) -> Any:
    """Connect to snowflake://USER:PASSWORD@ACCOUNT/DATABASE?role=ROLE."""
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
    """Return the schema with the models, and their quoted names by model name."""
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
        place = f"in the schema {schema}" if schema else "in the warehouse"
        message = f"no model {PREFIX}trials {place}: build transform/ with dbt first"
        raise UnusableError(message)
    if len(schemas) > 1:
        message = (
            f"several schemas have the models: pass --schema {' or '.join(schemas)}"
        )
        raise UnusableError(message)
    return schemas[0], by_schema[schemas[0]]


def _raw(connection: Any, near: str) -> dict[str, str]:
    """Return the quoted names of the tap's tables, preferring the models' schema."""
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
