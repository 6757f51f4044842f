"""A Postgres for tests, isolated from other test runs on the same machine."""

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

    Under root, the server runs as another user, who needs access to it, and pytest
    closes the parent of its own folders to other users each time it starts.
    """
    with tempfile.TemporaryDirectory(prefix="tuning-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        yield folder


@contextmanager
def serving() -> Iterator[postgres.Warehouse]:
    """A server with a new, empty database."""
    with (
        passable_folder() as folder,
        postgres.serving(folder / "data", folder / "log") as server,
    ):
        yield server
