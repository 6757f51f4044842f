"""A program that answers several requests, because an orchestrator is slow to load.

A request is one line of JSON on its stdin. An answer is one line on its stdout,
`ANSWER` followed by JSON. All other lines are its log.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import threading
from contextlib import contextmanager, suppress
from typing import IO, TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

SECONDS = 400.0
MARK = "ANSWER "


class Runner:
    """A program that is running to answer requests.

    Attributes:
        log: The log of the last request.
    """

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.log = ""
        self._process = process

    def ask(self, **request: Any) -> Any:
        """Send a request, and wait for its answer."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(request) + "\n")
        self._process.stdin.flush()
        timer = threading.Timer(SECONDS, os.killpg, (self._process.pid, signal.SIGKILL))
        timer.start()
        try:
            log, answer = self._read(self._process.stdout)
        finally:
            timer.cancel()
        self.log = log
        return answer

    def _read(self, out: IO[str]) -> tuple[str, Any]:
        lines: list[str] = []
        for line in out:
            if line.startswith(MARK):
                return "".join(lines), json.loads(line.removeprefix(MARK))
            lines.append(line)
        message = f"no answer:\n{''.join(lines[-60:])}"
        raise AssertionError(message)


@contextmanager
def running(
    command: Sequence[str | Path], environment: Mapping[str, str]
) -> Iterator[Runner]:
    """Run the program until the block ends."""
    with subprocess.Popen(  # noqa: S603 - the command is ours
        [*map(str, command)],
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    ) as process:
        try:
            yield Runner(process)
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
