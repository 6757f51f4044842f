"""Run a command beside the static server, and see what it costs."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import urllib.request
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tap_tools.benchmarks.cases import Case

_MEGABYTE = 1_000_000


@dataclass(frozen=True)
class Cost:
    """What one run cost: memory in MiB, output in bytes, times in seconds."""

    calls: int
    throttled: int
    wall: float
    cpu: float
    memory: float
    threads: int
    output: int


@contextmanager
def served(case: Case) -> Iterator[str]:
    """The static server with a case's data; yields its URL."""
    options = {
        "jobs": case.jobs,
        "trials": case.trials,
        "latency": case.latency,
        "rate": case.rate,
        "running": case.running,
        "minutes": case.minutes,
    }
    command = [sys.executable, "-m", "tap_tools.benchmarks.server"]
    command += [f"--{name}={value}" for name, value in options.items()]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:  # noqa: S603 - ours
        assert server.stdout is not None  # noqa: S101 - for the type checker
        try:
            yield f"http://127.0.0.1:{server.stdout.readline().strip()}"
        finally:
            server.kill()


def measured(command: list[str], url: str, output: Path, pause: float = 0) -> Cost:
    """Run a command to its end, its output to a file.

    Args:
        command: The command.
        url: The server's.
        output: The file.
        pause: Seconds for which nobody reads the output, once a megabyte is read.
    """
    environment = {
        **os.environ,
        "AWS_ACCESS_KEY_ID": "bench",
        "AWS_SECRET_ACCESS_KEY": "bench",
        "AWS_EC2_METADATA_DISABLED": "true",
    }
    calls_since(url)
    begun = time.perf_counter()
    log = output.with_suffix(".log")
    with output.open("wb") as out, log.open("wb") as err:
        process = subprocess.Popen(  # noqa: S603 - ours
            command, stdout=subprocess.PIPE, stderr=err, env=environment, bufsize=0
        )
        assert process.stdout is not None  # noqa: S101 - for the type checker
        with process.stdout as pipe:
            threads = _passed_on(pipe, out, process.pid, pause)
        _, status, used = os.wait4(process.pid, 0)
    wall = time.perf_counter() - begun
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(log.read_text("utf-8")[-2000:])
    counts = calls_since(url)
    return Cost(
        calls=counts["calls"],
        throttled=counts["throttled"],
        wall=wall,
        cpu=used.ru_utime + used.ru_stime,
        memory=used.ru_maxrss / 1024,
        threads=threads,
        output=output.stat().st_size,
    )


def _passed_on(pipe: IO[bytes], out: IO[bytes], pid: int, pause: float) -> int:
    """Copy all output, with a pause, and return the most threads seen."""
    threads = read = 0
    tasks = Path(f"/proc/{pid}/task")
    while block := pipe.read(65_536):
        out.write(block)
        read += len(block)
        if pause and read > _MEGABYTE:
            time.sleep(pause)
            pause = 0
        threads = max(threads, sum(1 for _ in tasks.iterdir()))
    return threads


def calls_since(url: str) -> dict[str, int]:
    """How many calls the server got since the last look."""
    with urllib.request.urlopen(f"{url}/calls") as answer:  # noqa: S310 - http, ours
        counts: dict[str, int] = json.load(answer)
    return counts


def last_state(output: Path) -> str:
    """The value of the last STATE of an output."""
    with output.open(encoding="utf-8") as lines:
        states = [line for line in lines if line.startswith('{"type":"STATE"')]
    return json.dumps(json.loads(states[-1])["value"])
