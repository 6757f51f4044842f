"""Virtual environments for programs tested with the tap, created once under `build`.

The dependencies of targets and orchestrators conflict with each other and with the
tap's.
"""

from __future__ import annotations

import fcntl
import hashlib
import shutil
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from tap_tools.git import known_files

if TYPE_CHECKING:
    from collections.abc import Iterator

CHECKOUT = Path(__file__).resolve().parents[1]
EXAMPLES = CHECKOUT / "examples"
BUILD = CHECKOUT / "build"
UV = Path(sys.executable).with_name("uv")


def programs(name: str, wanted: Path, pinned: Path | None = None) -> Path:
    """The folder with the programs of a virtual environment.

    Args:
        name: Its folder in `build`.
        wanted: A file with its requirements.
        pinned: A file with constraints, or None if the requirements are pinned.
    """
    folder = BUILD / name
    constraints = pinned or wanted
    with made_from(name, wanted, constraints) as is_new:
        if is_new:
            python = folder / "venv" / "bin" / "python"
            _uv("venv", "--python", sys.executable, folder / "venv")
            _uv("pip", "install", "--python", python, "-r", wanted, "-c", constraints)
    return folder / "venv" / "bin"


def venv(example: str) -> Path:
    """The folder with the programs of an example's environment."""
    folder = EXAMPLES / example
    return programs(example, folder / "requirements.txt", folder / "constraints.txt")


@contextmanager
def made_from(name: str, *files: Path) -> Iterator[bool]:
    """Whether a folder in `build` has to be filled; if so, it is empty.

    This is the case at first, and when a file that it is built from has changed. Other
    test runs in this checkout wait in the meantime.
    """
    folder = BUILD / name
    folder.parent.mkdir(parents=True, exist_ok=True)
    described = [sys.version.encode(), *(file.read_bytes() for file in files)]
    digest = hashlib.sha256(b"".join(described)).hexdigest()
    ready = folder / "ready"
    with folder.with_name(f"{folder.name}.lock").open("w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        is_new = not ready.exists() or ready.read_text(encoding="utf-8") != digest
        if is_new:
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
        yield is_new
        ready.write_text(digest, encoding="utf-8")


def copy_checkout(folder: Path) -> None:
    """Copy the checkout's files that git does not ignore, with all changes."""
    for name in known_files(CHECKOUT):
        copy = folder / name
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(CHECKOUT / name, copy)


def _uv(*arguments: str | Path) -> None:
    command = [str(UV), "--quiet", *map(str, arguments)]
    subprocess.run(command, check=True, timeout=600)  # noqa: S603 - ours
