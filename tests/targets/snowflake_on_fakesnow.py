"""target-snowflake, changed only where an emulated Snowflake requires it.

It runs in the target's own environment in place of `target-snowflake`: its own command
line, its own SQL, and the real Snowflake connector, which talks to fakesnow over HTTP.
Each part below says what fakesnow 0.12.1 cannot do without it. None affects how columns
are typed, named or cast, or which rows a MERGE updates.
"""

from __future__ import annotations

import importlib
import os
from typing import TYPE_CHECKING, Any

from sqlalchemy import text

if TYPE_CHECKING:
    from collections.abc import Sequence

# Only the target's environment has both.
SnowflakeConnector = importlib.import_module(
    "target_snowflake.connector"
).SnowflakeConnector
TargetSnowflake = importlib.import_module("target_snowflake.target").TargetSnowflake

_connect_args = SnowflakeConnector.get_connect_args
_merge_statement = SnowflakeConnector._get_merge_from_stage_statement  # noqa: SLF001


def connect_args(self: Any) -> dict[str, Any]:
    """Point the connector at the emulation.

    The target has no settings for host, port and protocol, because a real account has
    one host. REMOVE and DROP FILE FORMAT only clean up; fakesnow does not support them,
    and does nothing for statements that match `nop_regexes`.
    """
    given: dict[str, Any] = _connect_args(self)
    given |= {
        "host": os.environ["FAKESNOW_HOST"],
        "port": int(os.environ["FAKESNOW_PORT"]),
        "protocol": "http",
        # Its heartbeat would outlive the load by up to an hour.
        "client_session_keep_alive": False,
        # What fakesnow does not understand at all is a 500, retried for an hour.
        "network_timeout": 60,
    }
    given["session_parameters"] |= {"nop_regexes": ["^remove ", "^drop file format "]}
    return given


def put_batches_to_stage(self: Any, sync_id: str, files: Sequence[str]) -> None:
    """PUT into a named stage, created for it, because fakesnow has no user stage
    (`@~`).

    It does not accept a stage's name in quotes either.
    """
    stage = _staged(self, sync_id)
    with self._connect() as connection, connection.begin():
        connection.execute(text(f"create or replace stage {stage}"))
        for file_uri in files:
            connection.execute(text(f"put :file_uri @{stage}"), {"file_uri": file_uri})


def merge_from_stage(  # noqa: PLR0913, PLR0917 - the target's own signature
    self: Any,
    full_table_name: str,
    schema: dict[str, Any],
    sync_id: str,
    file_format: str,
    key_properties: Sequence[str],
) -> int:
    """Run the target's own MERGE in three steps, on tables in place of the staged file.

    fakesnow cannot MERGE from a select or select from a staged file, and lacks SEQ8(),
    with which the target orders a file's lines. So the file is copied into a table with
    one VARIANT column, its lines are numbered, a table is created from the target's own
    select, with its casts, and its own MERGE reads that.
    """
    stage = _staged(self, sync_id)
    merge, options = _merge_statement(
        self, full_table_name, schema, sync_id, file_format, key_properties
    )
    before, _, rest = str(merge).partition("(select ")
    select, _, after = rest.partition(") s on ")
    file = f"'@~/target-snowflake/{sync_id}'(file_format => {file_format})"
    select = select.replace(file, f"{stage}_lines")
    select = select.replace("$1:", "line:").replace("SEQ8()", "number")
    format_name = f"format_name = '{file_format}'"
    numbered = f"select line, row_number() over () as number from {stage}_file"  # noqa: S608 - ours
    with self._connect() as connection, connection.begin():
        for prepare in (
            f"use schema {stage.rpartition('.')[0]}",  # it needs one to create a table
            f"create or replace table {stage}_file (line variant)",
            f"copy into {stage}_file from @{stage} file_format = ({format_name})",
            f"create or replace table {stage}_lines as {numbered}",
            f"create or replace table {stage}_rows as select {select}",
        ):
            connection.execute(text(prepare))
        statement = f"{before}{stage}_rows s on {after}"
        row = connection.execute(text(statement), options).fetchone()
        for made in ("file", "lines", "rows"):
            connection.execute(text(f"drop table {stage}_{made}"))
    return sum(row) if row is not None else 0


def _staged(connector: Any, sync_id: str) -> str:
    """The load's named stage with its full name, because the session has no schema."""
    home = f"{connector.config['database']}.{connector.config['default_target_schema']}"
    return f"{home}.staged_{sync_id.replace('-', '_')}"


def main() -> None:
    """Run as target-snowflake."""
    SnowflakeConnector.get_connect_args = connect_args
    SnowflakeConnector.put_batches_to_stage = put_batches_to_stage
    SnowflakeConnector.merge_from_stage = merge_from_stage
    # fakesnow loses statements if two connections write at once.
    TargetSnowflake.max_parallelism = 1
    TargetSnowflake.cli()


if __name__ == "__main__":
    main()
