"""Run the tap and a plain boto3 loop in turn on the same data, and print ratios.

One machine's seconds say little; the ratio of two runs on the same machine, one after
the other, says what the tap costs. Medians of `--rounds` pairs.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

TAP = str(Path(sys.executable).parent / "tap-sagemaker-tuning")
REGIONS = [f"us-east-{number}" for number in range(1, 41)]


@dataclass(frozen=True)
class Case:
    """One comparison.

    Attributes:
        name: What the table calls it.
        jobs: Tuning jobs in each region.
        trials: Trials of each.
        latency: Milliseconds of each answer.
        rate: Calls a second that a region allows; 0: any.
        scopes: Regions.
        running: Tuning jobs that still run, of the oldest.
        again: Whether to measure a second sync, from the first one's state.
    """

    name: str
    jobs: int
    trials: int
    latency: int = 0
    rate: int = 0
    scopes: int = 1
    running: int = 0
    again: bool = False


CASES = [
    Case("300 x 100", 300, 100),
    Case("200 x 500", 200, 500),
    Case("4,000 x 20", 4000, 20),
    Case("1 x 10,000", 1, 10_000),
    Case("300 x 20, 20 ms", 300, 20, latency=20),
    Case("300 x 20, 50 ms", 300, 20, latency=50),
    Case("60 x 20, 2 calls/s", 60, 20, rate=2),
    Case("200 x 20, 10 calls/s", 200, 20, rate=10),
    Case("6 scopes, 100 x 100", 100, 100, scopes=6),
    Case("40 scopes, 25 x 100", 25, 100, scopes=40),
    Case("no change, 500 x 100", 500, 100, again=True),
    Case("one runs, 500 x 100", 500, 100, running=1, again=True),
]
LARGE = Case("10,000 x 100", 10_000, 100)


@dataclass(frozen=True)
class Cost:
    """What one run cost."""

    calls: int
    throttled: int
    wall: float
    cpu: float
    memory: float
    output: int


@contextmanager
def served(case: Case) -> Iterator[str]:
    """The static server with a case's data; gives its URL."""
    options = {
        "jobs": case.jobs,
        "trials": case.trials,
        "latency": case.latency,
        "rate": case.rate,
        "running": case.running,
    }
    command = [sys.executable, "-m", "benchmarks.server"]
    command += [f"--{name}={value}" for name, value in options.items()]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:  # noqa: S603 - ours
        assert server.stdout is not None  # noqa: S101 - for the type checker
        try:
            yield f"http://127.0.0.1:{server.stdout.readline().strip()}"
        finally:
            server.kill()


def measured(command: list[str], url: str, output: Path) -> Cost:
    """Run a command to its end, its output to a file."""
    environment = {
        **os.environ,
        "AWS_ACCESS_KEY_ID": "bench",
        "AWS_SECRET_ACCESS_KEY": "bench",
        "AWS_EC2_METADATA_DISABLED": "true",
    }
    calls_since(url)
    begun = time.perf_counter()
    with output.open("wb") as out:
        process = subprocess.Popen(  # noqa: S603 - ours
            command, stdout=out, stderr=subprocess.PIPE, env=environment
        )
        assert process.stderr is not None  # noqa: S101 - for the type checker
        log = process.stderr.read()
        _, status, used = os.wait4(process.pid, 0)
    wall = time.perf_counter() - begun
    process.returncode = os.waitstatus_to_exitcode(status)
    process.stderr.close()
    if process.returncode:
        sys.exit(log.decode()[-2000:])
    told = calls_since(url)
    return Cost(
        calls=told["calls"],
        throttled=told["throttled"],
        wall=wall,
        cpu=used.ru_utime + used.ru_stime,
        memory=used.ru_maxrss / 1024,
        output=output.stat().st_size,
    )


def calls_since(url: str) -> dict[str, int]:
    """How many calls the server got since the last look."""
    with urllib.request.urlopen(f"{url}/calls") as answer:  # noqa: S310 - http, ours
        found: dict[str, int] = json.load(answer)
    return found


def compare(case: Case, rounds: int) -> tuple[list[Cost], list[Cost]]:
    """Run the tap and the loop in turn."""
    taps, loops = [], []
    regions = REGIONS[: case.scopes]
    with served(case) as url, tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        config, state = folder / "config.json", folder / "state.json"
        settings: dict[str, Any] = {"aws_endpoint_url": url, "regions": regions}
        config.write_text(json.dumps(settings), encoding="utf-8")
        tap = [TAP, "--config", str(config)]
        if case.again:
            measured(tap, url, folder / "first")
            state.write_text(last_state(folder / "first"), encoding="utf-8")
            tap += ["--state", str(state)]
        mode = "adaptive" if case.rate else "standard"
        loop = [sys.executable, "-m", "benchmarks.loop", url, ",".join(regions), mode]
        for _ in range(rounds):
            loops.append(measured(loop, url, folder / "loop"))
            taps.append(measured(tap, url, folder / "tap"))
    return taps, loops


def last_state(output: Path) -> str:
    """The value of the last STATE of an output."""
    with output.open(encoding="utf-8") as lines:
        states = [line for line in lines if line.startswith('{"type":"STATE"')]
    return json.dumps(json.loads(states[-1])["value"])


def row(case: Case, taps: list[Cost], loops: list[Cost]) -> str:
    """One line of the table: the tap's figure, and its ratio to the loop's."""

    def median(costs: list[Cost], what: str) -> float:
        return float(statistics.median(getattr(cost, what) for cost in costs))

    cells = [case.name.ljust(22)]
    for what, form in (
        ("calls", "{:,.0f}"),
        ("throttled", "{:,.0f}"),
        ("wall", "{:.2f} s"),
        ("cpu", "{:.2f} s"),
        ("memory", "{:.0f} MiB"),
        ("output", "{:,.0f} B"),
    ):
        ours, theirs = median(taps, what), median(loops, what)
        ratio = f"{ours / theirs:.2f}" if theirs else "-"
        cells.append(f"{form.format(ours)} ({ratio})".rjust(20))
    return " | ".join(cells)


def main() -> None:
    """Run the cases that were asked for."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--rounds", type=int, default=3, help="pairs of runs a case")
    parser.add_argument("--only", default="", help="cases whose name contains this")
    parser.add_argument("--large", action="store_true", help="1M trials as well")
    options = parser.parse_args()
    heads = ["calls", "throttled", "wall", "CPU", "peak memory", "output"]
    print(" | ".join(["".ljust(22)] + [head.rjust(20) for head in heads]))  # noqa: T201
    for case in [*CASES, *([LARGE] if options.large else [])]:
        if options.only in case.name:
            taps, loops = compare(case, 1 if case is LARGE else options.rounds)
            print(row(case, taps, loops), flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
