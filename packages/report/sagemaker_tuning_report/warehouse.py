"""Read the models from Postgres, DuckDB or Snowflake, each with its own driver.

Nothing is written to the warehouse.
"""

from __future__ import annotations

import importlib
import os
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias
from urllib.parse import parse_qsl, unquote

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
    kind, is_url, rest = _divided(url)
    try:
        if kind == "duckdb":
            # The third slash of a URL is not part of the path.
            connection = _duckdb(rest.removeprefix("/") if is_url else url)
        else:
            connection = _KINDS[kind](_login(kind, rest))
    except ImportError as error:
        message = f"the driver for {kind} is not installed ({error}): {ADVICE}"
        raise UnusableError(message) from error
    return connection, "?" if kind == "duckdb" else "%s"


def _divided(url: str) -> tuple[str, bool, str]:
    """Return the kind of a warehouse, whether it has a URL, and what follows ://."""
    scheme, separator, rest = url.partition("://")
    kind = scheme.partition("+")[0] if separator else "duckdb"
    if kind != "duckdb" and kind not in _KINDS:
        named = f"{kind}://" if kind.isalnum() else "the scheme of the URL"
        message = (
            f"{named} is not supported: use {'://, '.join((*_KINDS, 'duckdb'))}://"
        )
        raise UnusableError(message)
    return kind, bool(separator), rest


@dataclass(frozen=True, kw_only=True)
class _Login:
    """The parts of a URL, decoded. A password can be in any of them but `host`."""

    host: str
    port: str
    user: str
    password: str
    path: str
    options: dict[str, str]


def _login(kind: str, rest: str) -> _Login:
    """Take a URL apart: a password may have any character but a question mark.

    Args:
        kind: The kind of warehouse, for the message.
        rest: The URL without its scheme: USER:PASSWORD@HOST:PORT/PATH?OPTIONS.

    Raises:
        UnusableError: It cannot be taken apart. The message has no part of it.
    """
    main, _, query = rest.partition("?")
    login, at, place = main.rpartition("@")
    user, _, password = login.partition(":")
    address, _, path = place.partition("/")
    hosts, ports = zip(*(_address(item) for item in address.split(",")), strict=True)
    is_cut = not at and "@" in query  # by a question mark in the password
    if is_cut or any(port and not port.isdecimal() for port in ports):
        message = (
            f"the {kind} URL is malformed: use {kind}://USER:PASSWORD@HOST/DATABASE, "
            "with ? as %3F in the password"
        )
        raise UnusableError(message)
    return _Login(
        host=",".join(map(unquote, hosts)),
        port=",".join(ports) if any(ports) else "",
        user=unquote(user),
        password=unquote(password),
        path=unquote(path),
        options=dict(parse_qsl(query)),
    )


def _address(text: str) -> tuple[str, str]:
    """Divide HOST:PORT, where the host can be an IPv6 address in brackets."""
    if text.startswith("["):
        host, _, port = text[1:].partition("]")
        return host, port.removeprefix(":")
    host, _, port = text.partition(":")
    return host, port


def _duckdb(path: str) -> Any:
    """Connect to a file, without any access to the network or to other files."""
    driver = importlib.import_module("duckdb")
    # Not Path.is_file, whose error about a name that is too long quotes it.
    if not os.path.isfile(path):  # noqa: PTH113
        message = (
            "cannot open the duckdb warehouse: there is no such file. DATABASE_URL is "
            "the path of a DuckDB file, or a URL such as postgresql://…"
        )
        raise UnusableError(message)
    try:
        return driver.connect(path, read_only=True, config=_OFFLINE)
    except Exception as error:
        message = f"cannot open the duckdb warehouse: {_one_line(error)}"
        raise UnusableError(message) from error


def _postgres(login: _Login) -> Any:
    """Connect to Postgres, so that all queries see the same snapshot."""
    psycopg: Any = importlib.import_module("psycopg")
    given = {
        "host": login.host,
        "port": login.port,
        "user": login.user,
        "password": login.password,
        "dbname": login.path,
        **login.options,
    }
    with _without_words("postgresql", given["host"]):
        made = psycopg.conninfo.make_conninfo(**{k: v for k, v in given.items() if v})
        connection = psycopg.connect(made)
    connection.read_only = True
    connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
    return connection


def _snowflake(login: _Login) -> Any:
    """Connect to snowflake://USER:PASSWORD@ACCOUNT/DATABASE?role=ROLE."""
    database, _, schema = login.path.strip("/").partition("/")
    given = {
        "account": login.host,
        "port": login.port,
        "user": login.user,
        "password": login.password,
        "database": database,
        "schema": schema,
        **login.options,
    }
    driver: Any = importlib.import_module("snowflake.connector")
    with _without_words("snowflake", given["account"]):
        return driver.connect(**{name: value for name, value in given.items() if value})


@contextmanager
def _without_words(kind: str, host: str) -> Iterator[None]:
    """Report a failed connection in our own words: a driver's can have the password."""
    try:
        yield
    except Exception as error:  # noqa: BLE001 - drivers have their own
        said = str(error).lower()
        reasons = (ours for theirs, ours in _REASONS.items() if theirs in said)
        where = f" at {host}" if host else ""
        message = (
            f"cannot open the {kind} warehouse{where}: "
            f"{next(reasons, type(error).__name__)}"
        )
        raise UnusableError(message) from None


_OFFLINE = {"autoinstall_known_extensions": False, "enable_external_access": False}
_REASONS = {
    "password authentication failed": "the user or the password is wrong",
    "incorrect username or password": "the user or the password is wrong",
    "no password supplied": "the URL has no password",
    "resolve host": "the host is unknown",
    "translate host": "the host is unknown",
    "connection refused": "nothing listens at that host and port",
    "timeout": "the server does not answer",
    "timed out": "the server does not answer",
    "certificate": "its certificate is not trusted; see sslrootcert",
    "pg_hba.conf": "it refuses this user, or requires TLS; see sslmode",
    "does not exist": "it lacks the database or the user",
    "invalid connection option": "the URL has an unknown option",
}
"""By a part of a driver's message in lower case, what to say instead."""

_KINDS: dict[str, Callable[[_Login], Any]] = {
    "postgresql": _postgres,
    "postgres": _postgres,
    "snowflake": _snowflake,
}


def _marts(connection: Any, schema: str | None) -> tuple[str, dict[str, str]]:
    """Return the schema with the models, and their quoted names by model name."""
    listed = _select(
        connection,
        "select table_schema, table_name from information_schema.tables"  # noqa: S608
        f" where lower(table_name) like '{PREFIX.replace('_', '!_')}%' escape '!'",
    )
    by_schema: dict[str, dict[str, str]] = {}
    for row in listed:
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
    tables = _select(
        connection,
        "select table_schema, table_name from information_schema.columns"  # noqa: S608
        f" where {own} order by table_schema, table_name",
    )
    tables.sort(key=lambda row: row["table_schema"] != near)
    return {
        row["table_name"].lower(): _quoted(row["table_schema"], row["table_name"])
        for row in reversed(tables)
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
