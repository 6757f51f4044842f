"""`python -m emulator`: a small living account on a local port.

Prints one line of JSON with its URL when it is ready, and ends on SIGTERM or SIGINT.
"""

from __future__ import annotations

import argparse
import json
import logging
import random
import signal
import sys
import threading
from datetime import timedelta

from emulator import Emulator, Scope

NAMES = ("churn-xgb", "fraud-lgbm", "ranking-bert", "price-linear", "intent-cnn")
OLDEST = timedelta(days=4)


def parser() -> argparse.ArgumentParser:
    """The command line."""
    made = argparse.ArgumentParser(
        prog="python -m emulator",
        description=(
            "Serve SageMaker's hyperparameter tuning operations, what CloudWatch "
            "knows of their trials, and STS, on 127.0.0.1. When ready, one line of "
            "JSON with the URL is printed."
        ),
        epilog=(
            "Send AWS_ENDPOINT_URL there with any access key. See and steer it under "
            "/_emulator/: GET state, calls, truth, details, metrics; POST clock, "
            "faults, plan, environment; DELETE faults, calls."
        ),
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    made.add_argument("--port", type=int, default=0, help="port; 0: a free one")
    made.add_argument(
        "--account", default="123456789012", help="account of the planned tuning jobs"
    )
    made.add_argument(
        "--region", default="us-east-1", help="region of the planned tuning jobs"
    )
    made.add_argument(
        "--tuning-jobs", type=int, default=6, help="tuning jobs to plan at the start"
    )
    made.add_argument("--trials", type=int, default=20, help="trials of each")
    made.add_argument("--parallel", type=int, default=4, help="trials at once in each")
    made.add_argument("--seed", type=int, default=7, help="seed of all schedules")
    made.add_argument(
        "--start",
        default=None,
        help="start of the clock, such as 2026-03-02T09:00:00Z; None: real time",
    )
    made.add_argument(
        "--rate",
        type=float,
        default=1.0,
        help="emulated seconds a real second; 0: the clock stands still",
    )
    return made


def populate(
    scope: Scope, *, tuning_jobs: int, trials: int, parallel: int, seed: int
) -> None:
    """Plan tuning jobs of different ages: ended, running, and just created.

    Args:
        scope: Where they live.
        tuning_jobs: How many.
        trials: Trials of each.
        parallel: Trials at once in each.
        seed: Names and ages depend on it.
    """
    rng = random.Random(seed)  # noqa: S311 - a schedule
    now = scope.clock.now
    for index in range(tuning_jobs):
        if index == 0:
            age = timedelta(seconds=rng.uniform(20, 90))
        elif index % 3 == 0:
            age = timedelta(minutes=rng.uniform(10, 50))
        else:
            age = OLDEST * rng.uniform(0.1, 1.0)
        created = now - age
        name = f"{NAMES[index % len(NAMES)]}-{created:%y%m%d-%H%M}-{index:02d}"
        scope.plan(name, trials=trials, parallel=parallel, created=created)


def main(arguments: list[str] | None = None) -> int:
    """Serve until a signal comes; gives the exit code."""
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING)
    options = parser().parse_args(arguments)
    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    emulator = Emulator(
        options.start, rate=options.rate, seed=options.seed, port=options.port
    )
    populate(
        emulator.scope(options.account, options.region),
        tuning_jobs=options.tuning_jobs,
        trials=options.trials,
        parallel=options.parallel,
        seed=options.seed,
    )
    with emulator:
        sys.stdout.write(json.dumps({"url": emulator.url}) + "\n")
        sys.stdout.flush()
        ended.wait()
    return 0


if __name__ == "__main__":
    sys.exit(main())
