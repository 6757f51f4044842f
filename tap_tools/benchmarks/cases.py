"""What is measured."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Case:
    """One comparison.

    Attributes:
        name: What the table calls it.
        jobs: Tuning jobs in each region.
        trials: Trials of each.
        latency: Milliseconds of each answer.
        rate: Calls per second that a region allows; 0: any.
        scopes: Regions.
        running: Tuning jobs that still run, of the oldest.
        minutes: How long a trial trains.
        again: Whether to measure a second sync, from the first one's state.
        all_streams: Whether all streams are selected, and the loop asks for details.
        metrics: Whether metrics over time are read, and nothing else.
        concurrency: The tap's setting; 0: its default.
        pause: Seconds for which nobody reads the output, once a megabyte is read.
        rounds: The most rounds that are worth it.
    """

    name: str
    jobs: int
    trials: int
    latency: int = 0
    rate: int = 0
    scopes: int = 1
    running: int = 0
    minutes: int = 9
    again: bool = False
    all_streams: bool = False
    metrics: bool = False
    concurrency: int = 0
    pause: float = 0
    rounds: int = 9

    @property
    def regions(self) -> list[str]:
        """The regions that are read."""
        return [f"us-east-{number}" for number in range(1, self.scopes + 1)]


CASES = (
    Case("300 x 100", 300, 100),
    Case("200 x 500", 200, 500),
    Case("4,000 x 20", 4000, 20),
    Case("1 x 10,000", 1, 10_000),
    Case("300 x 20, 20 ms", 300, 20, latency=20),
    Case("300 x 20, 50 ms", 300, 20, latency=50),
    Case("60 x 20, 2 calls/s", 60, 20, rate=2, rounds=1),
    Case("200 x 20, 10 calls/s", 200, 20, rate=10, rounds=1),
    Case("6 scopes, 100 x 100", 100, 100, scopes=6),
    Case("40 scopes, 25 x 100", 25, 100, scopes=40),
    Case("no change, 500 x 100", 500, 100, again=True),
    Case("one runs, 500 x 100", 500, 100, running=1, again=True),
    Case("all streams, 300 x 100", 300, 100, all_streams=True),
    Case("all streams, 200 x 500", 200, 500, all_streams=True),
    Case("60 scopes, 10 x 100", 10, 100, scopes=60),
    Case("the same, slow target", 10, 100, scopes=60, pause=10, rounds=1),
    Case(
        "slow target, 64 at once",
        10,
        100,
        scopes=60,
        pause=10,
        concurrency=64,
        rounds=1,
    ),
    Case(
        "the same, all streams",
        10,
        100,
        scopes=60,
        all_streams=True,
        pause=10,
        concurrency=64,
        rounds=1,
    ),
    Case("metrics, 14 x 100", 14, 100, minutes=30, metrics=True, rounds=1),
    Case(
        "metrics, 8 scopes, long",
        1,
        72,
        scopes=8,
        minutes=300,
        metrics=True,
        concurrency=4,
        rounds=1,
    ),
    Case("6 scopes, 10,000 x 1", 10_000, 1, scopes=6, rounds=1),
)
LARGE = Case("10,000 x 100", 10_000, 100, rounds=1)
