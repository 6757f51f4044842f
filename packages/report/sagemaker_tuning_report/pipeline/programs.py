"""The programs that a run starts: the tap, the target, dbt and the emulator."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections import deque
from contextlib import contextmanager, suppress
from importlib.metadata import entry_points
from typing import IO, TYPE_CHECKING

from sagemaker_tuning_report.pipeline import child
from sagemaker_tuning_report.pipeline.failures import StageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from sagemaker_tuning_report.pipeline.session import Session

_KEPT_LINES = 1000
"""The last lines of a program's standard error that are kept for its errors."""


class Program:
    """A running program of this environment.

    Attributes:
        process: The process.
        said: The last lines of its standard error, once it has ended.
    """

    def __init__(self, process: subprocess.Popen[bytes], log: IO[bytes]) -> None:
        self.process = process
        self.said: deque[str] = deque(maxlen=_KEPT_LINES)
        self._log = log
        self._copying = threading.Thread(target=self._copy, daemon=True)
        self._copying.start()

    def wait(self) -> int:
        """Wait for its end, and return its exit code."""
        code = self.process.wait()
        self._copying.join()
        return code

    @property
    def last_line(self) -> str:
        """The last line that it said, which has the error of a traceback."""
        return next((line for line in reversed(self.said) if line), "it said nothing")

    def _copy(self) -> None:
        """Copy its standard error to the log, line by line."""
        assert self.process.stderr is not None  # noqa: S101 - for mypy
        is_writable = True
        for line in self.process.stderr:
            self.said.append(line.decode(errors="replace").strip())
            try:
                if is_writable:
                    self._log.write(line)
            except OSError:  # the disk is full; the program must not block
                is_writable = False


@contextmanager
def started(
    name: str,
    arguments: Sequence[str],
    session: Session,
    *,
    environment: Mapping[str, str] | None = None,
) -> Iterator[Program]:
    """Start a program that is installed with this one; it is killed with the block.

    It gets no signals of the terminal, and holds the folder's lock. If this process is
    killed, it ends as well: see `child`.

    Args:
        name: The program.
        arguments: Its arguments.
        session: Its log gets the program's standard error; it runs in its folder.
        environment: Its variables; None for those of this process.

    Raises:
        StageError: It is not installed.
    """
    scripts = entry_points(group="console_scripts", name=name)
    script = next(iter(scripts), None)
    if script is None:
        message = f"{name} is not installed: reinstall sagemaker-tuning-report"
        raise StageError(message)
    variables = os.environ if environment is None else environment
    process = subprocess.Popen(  # noqa: S603 - the command is ours
        # -P: not the modules in the folder.
        [sys.executable, "-P", "-m", child.__name__, name, script.value, *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=session.folder.path,
        env={**variables, "NO_COLOR": "1"},  # its lines are read
        start_new_session=True,
        pass_fds=(session.folder.lock,),
    )
    program = Program(process, session.log)
    try:
        yield program
    finally:
        if process.poll() is None:
            process.kill()
        program.wait()
        for pipe in (process.stdin, process.stdout, process.stderr):
            with suppress(BrokenPipeError):  # what it no longer reads
                pipe.close()  # type: ignore[union-attr]
