"""Runs a command in a terminal of 80 columns, as people do."""

from __future__ import annotations

import fcntl
import os
import pty
import struct
import subprocess
import termios
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

COLUMNS = 80


def in_terminal(
    command: Sequence[str | Path], folder: Path, environment: Mapping[str, str]
) -> tuple[int, str]:
    """Run a command whose output goes to a terminal.

    Returns:
        Its exit code, and what the terminal got.
    """
    ours, its = pty.openpty()
    fcntl.ioctl(its, termios.TIOCSWINSZ, struct.pack("HHHH", 24, COLUMNS, 0, 0))
    with subprocess.Popen(  # noqa: S603 - ours
        command, cwd=folder, env=environment, stdin=its, stdout=its, stderr=its
    ) as process:
        os.close(its)
        shown = shown_on(ours)
    return process.returncode, shown.replace("\r\n", "\n")


def shown_on(terminal: int) -> str:
    """What a terminal got, once the program's end of it is closed; closes it."""
    shown = b""
    while part := _read(terminal):
        shown += part
    os.close(terminal)
    return shown.decode()


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 65_536)
    except OSError:  # how Linux says that the other end is closed
        return b""
