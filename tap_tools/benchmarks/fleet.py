"""How the tap's cost grows with the number of accounts and regions.

`python -m tap_tools.benchmarks.fleet 60 240 1200` syncs fleets of that size twice and
prints what each took. The exit code is 1 if a fleet exceeds its limit of memory or
threads, or takes more CPU per account and region than the smallest fleet.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from tap_tools.benchmarks.__main__ import BOUND, command_of
from tap_tools.benchmarks.cases import Case
from tap_tools.benchmarks.measuring import Cost, last_state, measured, served

HEAD = "scopes | memory | threads | CPU first, again | each | wall first, again | STATE"
STATE = b'{"type":"STATE"'

THREADS = 128
"""The most threads of any fleet."""

GROWTH = 1.3
"""The most CPU for each account and region, in multiples of the smallest fleet's."""


@dataclass(frozen=True)
class Fleet:
    """What two syncs of a fleet took.

    Attributes:
        size: How many accounts and regions it has.
        first: The first sync.
        again: The second, with nothing new.
        states: Bytes of STATE that the first one wrote.
    """

    size: int
    first: Cost
    again: Cost
    states: int

    @property
    def memory(self) -> float:
        """The most memory, in MiB."""
        return max(self.first.memory, self.again.memory)

    def cpu_each(self, start: float) -> float:
        """Milliseconds of CPU per scope, without the start-up time (in seconds)."""
        return 1000 * (self.first.cpu - start) / self.size


def sync(case: Case) -> Fleet:
    """Sync a fleet twice."""
    with served(case) as url, tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        command = command_of(case, url, folder)
        first = measured(command, url, folder / "first", case.pause)
        with (folder / "first").open("rb") as lines:
            states = sum(map(len, (of for of in lines if of.startswith(STATE))))
        state = folder / "state.json"
        state.write_text(last_state(folder / "first"), encoding="utf-8")
        again = measured([*command, "--state", str(state)], url, folder / "again")
    return Fleet(case.scopes, first, again, states)


def main() -> int:
    """Sync the chosen fleets, and return the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m tap_tools.benchmarks.fleet", description=__doc__
    )
    parser.add_argument("sizes", type=int, nargs="*", default=[60, 240, 600, 1200])
    parser.add_argument("--concurrency", type=int, default=0)
    parser.add_argument("--latency", type=int, default=0, help="milliseconds per call")
    parser.add_argument("--pause", type=float, default=0, help="of the target, seconds")
    options = parser.parse_args()
    more = {
        "concurrency": options.concurrency,
        "latency": options.latency,
        "pause": options.pause,
    }
    start = sync(Case("one", 5, 4)).first.cpu
    print(HEAD)  # noqa: T201
    fleets = []
    for size in options.sizes:
        fleet = sync(Case(f"{size} scopes", 5, 4, scopes=size, **more))
        fleets.append(fleet)
        print(  # noqa: T201
            f"{size:6} | {fleet.memory:4.0f} MiB | {fleet.first.threads:5} | "
            f"{fleet.first.cpu:6.1f} s, {fleet.again.cpu:6.1f} s | "
            f"{fleet.cpu_each(start):3.0f} ms | "
            f"{fleet.first.wall:5.1f} s, {fleet.again.wall:5.1f} s | "
            f"{fleet.states / 1e6:5.2f} MB",
            flush=True,
        )
    least = fleets[0].cpu_each(start)
    return int(
        any(
            fleet.memory > BOUND
            or fleet.first.threads > THREADS
            or fleet.cpu_each(start) > GROWTH * least
            for fleet in fleets
        )
    )


if __name__ == "__main__":
    sys.exit(main())
