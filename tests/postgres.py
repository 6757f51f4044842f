"""A Postgres for tests, which another run of tests on the machine does not disturb."""

from __future__ import annotations

import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from tap_tools.demo import postgres

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def passable_folder() -> Iterator[Path]:
    """A new folder for a server's data, outside pytest's own.

    For root the server runs as another user, who has to get there, and pytest closes
    the folder above all of its own to others each time it starts.
    """
    with tempfile.TemporaryDirectory(prefix="tuning-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        yield folder


@contextmanager
def serving() -> Iterator[postgres.Warehouse]:
    """A server on a new, empty database."""
    with (
        passable_folder() as folder,
        postgres.serving(folder / "data", folder / "log") as server,
    ):
        yield server
