"""Virtual environments for the examples: made once, under `build/examples`."""

from __future__ import annotations

import fcntl
import hashlib
import shutil
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

CHECKOUT = Path(__file__).resolve().parents[2]
EXAMPLES = CHECKOUT / "examples"
BUILD = CHECKOUT / "build" / "examples"


def venv(name: str) -> Path:
    """The programs of an example's environment.

    It is made anew when what it is made from has changed.

    Args:
        name: The example, which has requirements.txt and constraints.txt.
    """
    folder = BUILD / name
    wanted, pinned = (
        EXAMPLES / name / f"{w}.txt" for w in ("requirements", "constraints")
    )
    made_from = hashlib.sha256(
        sys.version.encode() + wanted.read_bytes() + pinned.read_bytes()
    ).hexdigest()
    with locked(name):
        ready = folder / "ready"
        if not ready.exists() or ready.read_text(encoding="utf-8") != made_from:
            shutil.rmtree(folder, ignore_errors=True)
            python = folder / "venv" / "bin" / "python"
            _uv("venv", "--python", sys.executable, folder / "venv")
            _uv("pip", "install", "--python", python, "-r", wanted, "-c", pinned)
            ready.write_text(made_from, encoding="utf-8")
    return folder / "venv" / "bin"


@contextmanager
def locked(name: str) -> Iterator[None]:
    """Keep other test runs in this checkout out of a folder that is being made."""
    BUILD.mkdir(parents=True, exist_ok=True)
    with (BUILD / f"{name}.lock").open("w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _uv(*arguments: str | Path) -> None:
    uv = str(Path(sys.executable).with_name("uv"))
    command = [uv, "--quiet", *map(str, arguments)]
    subprocess.run(command, check=True, timeout=600)  # noqa: S603 - ours
