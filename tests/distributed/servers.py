"""Redis and Postgres from Debian packages, new and local, removed at the end."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg

from tap_tools.demo import processes
from tap_tools.demo.postgres import Warehouse
from tests.postgres import passable_folder

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

REDIS = shutil.which("redis-server")
POSTGRES = sorted(Path("/usr/lib/postgresql").glob("*/bin"))[-1:]
HOST = "127.0.0.1"
USER = "postgres"


def lacking() -> list[str]:
    """The Debian packages that are not installed."""
    programs = {"redis-server": REDIS, "postgresql": POSTGRES}
    return [package for package, program in programs.items() if not program]


def free_port() -> int:
    """A port without a listener."""
    with socket.socket() as listening:
        listening.bind((HOST, 0))
        return int(listening.getsockname()[1])


@contextmanager
def redis(folder: Path) -> Iterator[str]:
    """Run a Redis without persistence, and yield its URL."""
    port = free_port()
    command = [str(REDIS), "--bind", HOST, "--port", str(port), "--save", ""]
    with processes.running(command, folder / "redis.log", cwd=folder):
        yield f"redis://{HOST}:{port}/0"


@contextmanager
def postgres(log: Path, databases: Sequence[str]) -> Iterator[Warehouse]:
    """Run a Postgres with these databases, and yield the one named `postgres`."""
    (programs,) = POSTGRES
    with passable_folder() as folder:
        options: dict[str, Any] = {"cwd": folder}
        if os.geteuid() == 0:  # Postgres refuses to run as root
            shutil.chown(folder, USER, USER)
            options.update(user=USER, group=USER, extra_groups=[])
        data = str(folder / "data")
        port = free_port()
        make = [str(programs / "initdb"), "-D", data, "-U", USER, "-A", "trust", "-N"]
        with processes.running(make, log, **options) as making:
            assert making.wait(60) == 0, processes.tail(log)
        serve = [str(programs / "postgres"), "-D", data, "-F", "-k", ""]
        serve += ["-h", HOST, "-p", str(port)]
        with (
            processes.running(serve, log, ended_by=signal.SIGINT, **options),
            _connected(port) as connection,
        ):
            for database in databases:
                connection.execute(f"create database {database}".encode())
            connection.execute(b"set search_path to tap_sagemaker_tuning")
            yield Warehouse(port, connection)


def _connected(port: int) -> psycopg.Connection[Any]:
    deadline = time.monotonic() + 30
    while True:
        try:
            return psycopg.connect(
                host=HOST, port=port, user=USER, dbname=USER, autocommit=True
            )
        except psycopg.OperationalError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)
