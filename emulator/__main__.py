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


DESCRIPTION = """\
A small AWS account on 127.0.0.1: SageMaker's hyperparameter tuning, its price list,
what CloudWatch knows of its trials, and STS. Some tuning jobs have ended, some run.

It prints one line of JSON with its URL when it is ready, and serves until it is
stopped (Ctrl-C, SIGTERM)."""
EPILOG = """\
To lead the tap, or any AWS SDK, there:

  export AWS_ENDPOINT_URL=http://127.0.0.1:PORT AWS_DEFAULT_REGION=us-east-1
  export AWS_ACCESS_KEY_ID=any AWS_SECRET_ACCESS_KEY=key

To see and steer it, over HTTP with JSON:

  GET    /_emulator/state    its clock, its URL, how many calls it has answered
  GET    /_emulator/calls    the calls; DELETE forgets them
  GET    /_emulator/truth    what an exact read would show; details, metrics: likewise
  POST   /_emulator/clock    {"seconds": 3600} moves its time on
  POST   /_emulator/plan     {"account", "region", "name", "trials"} adds a tuning job
  POST   /_emulator/faults   {"kind": "throttle"} lets calls fail; DELETE ends that
  POST   /_emulator/environment   {"account", "region"} gives variables with a key
"""


class _Help(
    argparse.ArgumentDefaultsHelpFormatter, argparse.RawDescriptionHelpFormatter
):
    """Help with defaults, its texts as they are."""


def parser() -> argparse.ArgumentParser:
    """The command line."""
    made = argparse.ArgumentParser(
        prog="python -m emulator",
        description=DESCRIPTION,
        epilog=EPILOG,
        formatter_class=_Help,
    )
    made.add_argument(
        "--port", type=int, default=0, help="port to listen on; 0: a free one"
    )
    made.add_argument(
        "--account", default="123456789012", help="account of the tuning jobs"
    )
    made.add_argument("--region", default="us-east-1", help="region of the tuning jobs")
    made.add_argument(
        "--tuning-jobs", type=int, default=6, help="how many tuning jobs there are"
    )
    made.add_argument(
        "--trials", type=int, default=20, help="how many trials each launches"
    )
    made.add_argument(
        "--parallel", type=int, default=4, help="how many run at once in each"
    )
    made.add_argument(
        "--seed", type=int, default=7, help="another seed gives other tuning jobs"
    )
    made.add_argument(
        "--start",
        default=argparse.SUPPRESS,
        help="where its clock starts, such as 2026-03-02T09:00:00Z (default: now)",
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
        vars(options).get("start"),
        rate=options.rate,
        seed=options.seed,
        port=options.port,
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
