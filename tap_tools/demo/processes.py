"""Processes that the demo starts; none outlives it.

A signal ends the demo as an exception does, so that every `finally` runs.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

from sagemaker_tuning_report.pipeline.progress import Progress

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

PATIENCE = 10.0
"""Seconds that a process has to end by itself."""

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_TAIL = 25


class Failed(Exception):  # noqa: N818 - it is what the demo has, not a kind of error
    """What went wrong, in words for the user."""


class _Signals:
    """What a signal does: it ends the demo, but not between fork and `finally`."""

    def __init__(self) -> None:
        self.held = False
        self.waiting: int | None = None

    def __call__(self, number: int, _: object) -> None:
        """End the demo, or remember to."""
        self.waiting = number
        if not self.held:
            self.end()

    def end(self) -> None:
        """End the demo if a signal came; further ones do not disturb its ending."""
        if self.waiting is not None:
            for number in _SIGNALS:
                signal.signal(number, signal.SIG_IGN)
            sys.exit(128 + self.waiting)


_signals = _Signals()


def end_on_signals() -> None:
    """Let SIGINT, SIGTERM and SIGHUP raise SystemExit from now on."""
    for number in _SIGNALS:
        signal.signal(number, _signals)


@contextmanager
def running(
    command: Sequence[str],
    log: Path,
    *,
    ended_by: signal.Signals = signal.SIGTERM,
    **options: Any,
) -> Iterator[subprocess.Popen[str]]:
    """Run a process, and end it with all its children when the block ends.

    Args:
        command: Its command line.
        log: The file that its output is added to.
        ended_by: The signal that asks it to end.
        **options: Options of `subprocess.Popen`, such as stdout.
    """
    with log.open("a", encoding="utf-8") as out:
        settings: dict[str, Any] = {"stdin": subprocess.DEVNULL, "stdout": out}
        process = None
        _signals.held = True
        try:
            process = subprocess.Popen(  # noqa: S603 - the demo's own commands
                command,
                text=True,
                start_new_session=True,  # a group of its own: Ctrl-C is ours to handle
                stderr=out,
                **(settings | options),
            )
            _signals.held = False
            _signals.end()
            yield process
        finally:
            _signals.held = False
            if process is not None:
                _end(process, ended_by)


def run(
    command: Sequence[str],
    log: Path,
    *,
    cwd: Path,
    environment: Mapping[str, str],
    seconds: float = 600.0,
    **options: Any,
) -> None:
    """Run a process to its end.

    Args:
        command: Its command line.
        log: The file that its output is added to.
        cwd: The folder that it runs in.
        environment: Its environment.
        seconds: How long it may take.
        **options: Options of `subprocess.Popen`, such as stdout.

    Raises:
        Failed: It failed, or did not finish in time.
    """
    named = " ".join([os.path.basename(command[0]), *command[1:]])  # noqa: PTH119 - text
    with running(command, log, cwd=cwd, env=environment, **options) as process:
        try:
            code = _wait(process, seconds)
        except subprocess.TimeoutExpired as error:
            message = f"not done after {seconds:.0f} s: {named}\n{tail(log)}"
            raise Failed(message) from error
    if code:
        message = f"exit code {code}: {named}\n{tail(log)}"
        raise Failed(message)


def _wait(process: subprocess.Popen[str], seconds: float) -> int:
    """Wait for a process, while a terminal counts the seconds."""
    show, began = Progress(sys.stdout), time.monotonic()
    show.begin("")
    try:
        while True:
            passed = time.monotonic() - began
            try:
                return process.wait(min(1.0, max(seconds - passed, 0)))
            except subprocess.TimeoutExpired:
                if passed >= seconds:
                    raise
                if sys.stdout.isatty():
                    show.count(f"{passed:.0f} s")
    finally:
        show.clear()


def tail(log: Path) -> str:
    """The end of a log, under its name."""
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines()[-_TAIL:]
    return "\n".join([f"the end of {log}:", *(f"  {line}" for line in lines)])


def _end(process: subprocess.Popen[str], by: signal.Signals) -> None:
    if process.poll() is None:
        process.send_signal(by)
        with suppress(subprocess.TimeoutExpired):
            process.wait(PATIENCE)
    # Its children are in its group: let them end, then kill what is left.
    deadline = time.monotonic() + PATIENCE / 2
    with suppress(ProcessLookupError, PermissionError):
        while time.monotonic() < deadline:
            os.killpg(process.pid, by)
            time.sleep(0.05)
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    if process.stdout is not None:
        process.stdout.close()
