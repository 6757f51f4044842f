"""Run the tap and a plain boto3 loop in turn on the same data, and print ratios.

Absolute times say little; the ratio of two runs in turn on one machine says what the
tap costs. Prints medians of `--rounds` pairs. The exit code is 1 if the tap exceeds its
memory bound.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tap_tools.benchmarks.cases import CASES, LARGE
from tap_tools.benchmarks.measuring import last_state, measured, served

if TYPE_CHECKING:
    from tap_tools.benchmarks.cases import Case
    from tap_tools.benchmarks.measuring import Cost

TAP = str(Path(sys.executable).parent / "tap-sagemaker-tuning")
METRICS = "training_job_metrics"
BOUND = 150
"""The most memory, in MiB, that the tap may take in a case without metrics."""

BOUND_WITH_METRICS = 200
"""The most memory, in MiB, that the tap may take in a case with metrics."""

COLUMNS = (
    ("calls", "calls", "{:,.0f}"),
    ("throttled", "throttled", "{:,.0f}"),
    ("wall", "wall", "{:.2f} s"),
    ("CPU", "cpu", "{:.2f} s"),
    ("peak memory", "memory", "{:.0f} MiB"),
    ("threads", "threads", "{:,.0f}"),
    ("output", "output", "{:,.0f} B"),
)
"""Each column's heading, its attribute of `Cost`, and its format."""


def compare(case: Case, rounds: int) -> tuple[list[Cost], list[Cost]]:
    """Run the tap and the loop in turn."""
    taps, loops = [], []
    with served(case) as url, tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        tap = command_of(case, url, folder)
        if case.again:
            measured(tap, url, folder / "first")
            state = folder / "state.json"
            state.write_text(last_state(folder / "first"), encoding="utf-8")
            tap += ["--state", str(state)]
        loop = [
            sys.executable,
            "-m",
            "tap_tools.benchmarks.loop",
            url,
            ",".join(case.regions),
        ]
        loop += ["--adaptive"] * bool(case.rate) + ["--details"] * case.all_streams
        loop += ["--metrics"] * case.metrics
        for _ in range(min(rounds, case.rounds)):
            loops.append(measured(loop, url, folder / "loop", case.pause))
            taps.append(measured(tap, url, folder / "tap", case.pause))
    return taps, loops


def command_of(case: Case, url: str, folder: Path) -> list[str]:
    """Write the tap's files, and return its command line."""
    settings: dict[str, Any] = {"aws_endpoint_url": url, "regions": case.regions}
    if case.concurrency:
        settings["concurrency"] = case.concurrency
    config = folder / "config.json"
    config.write_text(json.dumps(settings), encoding="utf-8")
    command = [TAP, "--config", str(config)]
    if case.all_streams or case.metrics:
        discovery = subprocess.run(  # noqa: S603 - ours
            [*command, "--discover"], capture_output=True, check=True
        )
        catalog = json.loads(discovery.stdout)
        for stream in catalog["streams"]:
            for entry in stream["metadata"]:
                is_wanted = stream["tap_stream_id"] == METRICS or case.all_streams
                entry["metadata"]["selected"] = is_wanted
        (folder / "catalog.json").write_text(json.dumps(catalog), encoding="utf-8")
        command += ["--catalog", str(folder / "catalog.json")]
    return command


def median(costs: list[Cost], what: str) -> float:
    """The median of one cost."""
    return float(statistics.median(getattr(cost, what) for cost in costs))


def row(case: Case, taps: list[Cost], loops: list[Cost]) -> str:
    """One line of the table: the tap's figure, and its ratio to the loop's."""
    cells = [case.name.ljust(24)]
    for _, what, form in COLUMNS:
        ours, theirs = median(taps, what), median(loops, what)
        ratio = f"{ours / theirs:.2f}" if theirs else "-"
        cells.append(f"{form.format(ours)} ({ratio})".rjust(18))
    return " | ".join(cells)


def main() -> int:
    """Run the chosen cases, and return the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m tap_tools.benchmarks", description=__doc__
    )
    parser.add_argument("--rounds", type=int, default=3, help="pairs of runs per case")
    parser.add_argument("--only", default="", help="cases whose name contains this")
    parser.add_argument("--large", action="store_true", help="1M trials as well")
    options = parser.parse_args()
    heads = [head.rjust(18) for head, _, _ in COLUMNS]
    print(" | ".join(["".ljust(24), *heads]))  # noqa: T201
    too_much = []
    for case in [*CASES, *([LARGE] if options.large else [])]:
        if options.only in case.name:
            taps, loops = compare(case, options.rounds)
            print(row(case, taps, loops), flush=True)  # noqa: T201
            bound = BOUND_WITH_METRICS if case.metrics else BOUND
            if median(taps, "memory") > bound:
                too_much.append(f"{case.name} (more than {bound} MiB)")
    if too_much:
        print(f"too much memory: {', '.join(too_much)}")  # noqa: T201
    return int(bool(too_much))


if __name__ == "__main__":
    sys.exit(main())
