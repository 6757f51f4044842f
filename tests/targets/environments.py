"""A virtual environment for each target: they do not agree with each other, or us.

Made by uv from `requirements/NAME.txt`, where everything is pinned, and kept under
`build/targets/` until those pins change.
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

if TYPE_CHECKING:
    from collections.abc import Iterator

HERE = Path(__file__).resolve().parent
CHECKOUT = HERE.parent.parent
KEPT = CHECKOUT / "build" / "targets"
UV = Path(sys.executable).with_name("uv")


def environment(name: str) -> Path:
    """The folder with the programs of a target's environment; made if need be."""
    pins = HERE / "requirements" / f"{name}.txt"
    described = pins.read_bytes() + sys.version.encode()
    folder = KEPT / f"{name}-{hashlib.sha256(described).hexdigest()[:12]}"
    programs = folder / "bin"
    with _alone(KEPT / f"{name}.lock"):
        if not (folder / ".ready").exists():
            shutil.rmtree(folder, ignore_errors=True)
            _uv("venv", "--python", sys.executable, str(folder))
            python = ("--python", str(programs / "python"))
            _uv("pip", "install", *python, "--requirements", str(pins))
            (folder / ".ready").touch()
    return programs


def _uv(*arguments: str) -> None:
    command = [str(UV), "--quiet", *arguments]
    subprocess.run(command, check=True, cwd=CHECKOUT, timeout=600)  # noqa: S603 - ours


@contextmanager
def _alone(lock: Path) -> Iterator[None]:
    """Let no other run of the tests make the same environment meanwhile."""
    lock.parent.mkdir(parents=True, exist_ok=True)
    with lock.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
