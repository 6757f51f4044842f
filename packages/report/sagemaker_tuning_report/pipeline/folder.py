"""The folder of a run: private, used by one run at a time, its files always whole."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

from sagemaker_tuning_report.pipeline.failures import BusyError, StageError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sagemaker_tuning_report.pipeline.signals import Signals

FORMAT = 1
"""The version of the folder's layout. A later version that cannot read this one, or the
other way round, has a larger number."""

_ORPHANS_END_WITHIN = 60.0
"""Seconds in which programs of a killed run end by themselves."""


class Folder:
    """The files of a run.

    Attributes:
        path: The folder.
        database: The DuckDB file.
        state: The tap's state, as of the last batch that the target has loaded.
        page: The page.
        latest: A script that names the latest page, for the pages of `--every`.
        log: The log of the last run.
        work: A folder for what only the programs need.
        load: A part of it for the tap and the target, which is empty at first.
        lock: The open lock file; child processes inherit it.
    """

    def __init__(self, path: Path, lock: int) -> None:
        self.path = path
        self.database = path / "tuning.duckdb"
        self.state = path / "state.json"
        self.page = path / "tuning.html"
        self.latest = path / "latest.js"
        self.log = path / "run.log"
        self.work = path / "work"
        self.load = self.work / "load"
        self.lock = lock
        self._about = path / "about.json"

    @property
    def about(self) -> dict[str, Any]:
        """What the folder holds: its format, and what `note` has added."""
        return _json(self._about) or {}

    def note(self, **facts: Any) -> None:
        """Add facts to `about`."""
        text = json.dumps({"format": FORMAT, **self.about, **facts})
        replace(self._about, text.encode())

    @property
    def has_state(self) -> bool:
        """Whether the state is there, and whole."""
        return _json(self.state) is not None

    def empty(self) -> None:
        """Delete all files of earlier runs, except for the lock."""
        for file in self.path.iterdir():
            if file.name.startswith("tuning.duckdb"):
                file.unlink()
        for file in (self.state, self.page, self.latest, self.log, self._about):
            file.unlink(missing_ok=True)
        shutil.rmtree(self.work, ignore_errors=True)
        self.load.mkdir(parents=True)


@contextmanager
def opened(path: Path, signals: Signals) -> Iterator[Folder]:
    """Create the folder if it is missing, make it private, and lock it.

    Args:
        path: The folder.
        signals: The signals that end the wait for programs of a killed run.

    Raises:
        Stopped: A signal asked to stop.
        UsageError: It cannot be used, or it has files that are not from here.
        BusyError: Another run uses it.
        StageError: A newer version of this program wrote it.
    """
    os.umask(0o077)  # everything that this run and its programs write is private
    lock = _prepared(path.absolute())
    try:
        _take(lock, path, signals)
        folder = Folder(path.absolute(), lock)
        if folder.about.get("format", FORMAT) > FORMAT:
            message = (
                f"{path} was written by a newer version of sagemaker-tuning: use that "
                "version, or another --folder"
            )
            raise StageError(message)
        shutil.rmtree(folder.load, ignore_errors=True)  # of a killed run
        folder.load.mkdir(parents=True)
        yield folder
    finally:
        os.close(lock)


def _prepared(path: Path) -> int:
    """Create the folder and open its lock file."""
    if "?" in str(path):
        message = f"the folder {path} cannot be used: DuckDB allows no ? in a path"
        raise UsageError(message)
    lock = path / "lock"
    try:
        path.mkdir(parents=True, exist_ok=True)
        if not lock.exists() and any(path.iterdir()):
            message = (
                f"{path} has other files: pass a --folder that is new, empty, or from "
                "an earlier run"
            )
            raise UsageError(message)
        path.chmod(0o700)
        number = os.open(lock, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        message = f"the folder {path} cannot be used: {error.strerror}"
        raise UsageError(message) from error
    # If standard input is closed, the number is 0, which programs do not inherit.
    moved = fcntl.fcntl(number, fcntl.F_DUPFD_CLOEXEC, 3)
    os.close(number)
    return moved


def _take(lock: int, path: Path, signals: Signals) -> None:
    """Lock the folder.

    The programs that a run starts inherit its lock, so that none of them can still use
    the database when the next run starts. If a run was killed, they end soon.
    """
    deadline = time.monotonic() + _ORPHANS_END_WITHIN
    while True:
        with suppress(BlockingIOError):
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            break
        if time.monotonic() > deadline or _is_running(os.pread(lock, 20, 0)):
            message = f"another run uses {path}: wait for its end"
            raise BusyError(message)
        signals.wait(0.1)
    os.ftruncate(lock, 0)
    os.pwrite(lock, str(os.getpid()).encode(), 0)


def _is_running(pid: bytes) -> bool:
    try:
        os.kill(int(pid), 0)
    except (ProcessLookupError, ValueError):
        return False
    except PermissionError:
        return True
    return True


def replace(file: Path, content: bytes) -> None:
    """Replace a file in one step, so that it is whole at any moment.

    Raises:
        OSError: It could not be written; the file is as it was.
    """
    new = file.with_name(f"{file.name}.new")
    try:
        with new.open("wb") as opened_file:
            opened_file.write(content)
            opened_file.flush()
            os.fsync(opened_file.fileno())
        new.replace(file)
    except OSError:
        with suppress(OSError):
            new.unlink(missing_ok=True)
        raise


def _json(file: Path) -> dict[str, Any] | None:
    """Parse a JSON object; None if the file is missing or damaged."""
    try:
        content = json.loads(file.read_bytes())
    except (OSError, ValueError, RecursionError):
        return None
    return content if isinstance(content, dict) else None
