"""`sagemaker-tuning-emulator`: serve a small AWS account on a local port.

Prints one line of JSON with its URL when it is ready, and exits on SIGTERM or SIGINT.
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

from sagemaker_tuning_emulator import Emulator, Scope

NAMES = ("churn-xgb", "fraud-lgbm", "ranking-bert", "price-linear", "intent-cnn")
OLDEST = timedelta(days=4)


DESCRIPTION = """\
Emulate a small AWS account on 127.0.0.1: SageMaker's hyperparameter tuning, the
metrics of its trials in CloudWatch, the price list, and STS. Some of its tuning jobs
have ended, others are running.

When it is ready, it prints one line of JSON with its URL. Stop it with Ctrl-C or
SIGTERM."""
EPILOG = """\
To point the tap or any AWS SDK to it:

  export AWS_ENDPOINT_URL=http://127.0.0.1:PORT AWS_DEFAULT_REGION=us-east-1
  export AWS_ACCESS_KEY_ID=any AWS_SECRET_ACCESS_KEY=key

To inspect and control it with JSON over HTTP:

  GET    /_emulator/state    its clock, its URL and the number of calls so far
  GET    /_emulator/calls    the calls so far; DELETE clears them
  GET    /_emulator/truth    what a full read should find; also details and metrics
  POST   /_emulator/clock    {"seconds": 3600} advances its clock
  POST   /_emulator/plan     {"account", "region", "name", "trials"} adds a tuning job
  POST   /_emulator/faults   {"kind": "throttle"} makes calls fail; DELETE stops it
  POST   /_emulator/environment   {"account", "region"} returns variables with a key
"""


class _Help(
    argparse.ArgumentDefaultsHelpFormatter, argparse.RawDescriptionHelpFormatter
):
    """Help with default values, and without reflowing text."""


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    made = argparse.ArgumentParser(
        prog="sagemaker-tuning-emulator",
        description=DESCRIPTION,
        epilog=EPILOG,
        formatter_class=_Help,
    )
    made.add_argument(
        "--port", type=int, default=0, help="port to listen on; 0 for a free one"
    )
    made.add_argument(
        "--account", default="123456789012", help="account of the tuning jobs"
    )
    made.add_argument("--region", default="us-east-1", help="region of the tuning jobs")
    made.add_argument(
        "--tuning-jobs", type=int, default=6, help="number of tuning jobs"
    )
    made.add_argument(
        "--trials", type=int, default=20, help="number of trials of each tuning job"
    )
    made.add_argument(
        "--parallel",
        type=int,
        default=4,
        help="number of trials that run at once in each tuning job",
    )
    made.add_argument(
        "--seed", type=int, default=7, help="seed of the tuning jobs' random schedules"
    )
    made.add_argument(
        "--start",
        default=argparse.SUPPRESS,
        help="start time of its clock, such as 2026-03-02T09:00:00Z (default: now)",
    )
    made.add_argument(
        "--rate",
        type=float,
        default=1.0,
        help="emulated seconds per real second; 0 stops the clock",
    )
    return made


def populate(
    scope: Scope, *, tuning_jobs: int, trials: int, parallel: int, seed: int
) -> None:
    """Plan tuning jobs of different ages: ended, running, and just created.

    Args:
        scope: The scope to add them to.
        tuning_jobs: The number of tuning jobs.
        trials: The number of trials of each.
        parallel: The number of trials that run at once in each.
        seed: Seed of their ages.
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
    """Serve until SIGTERM or SIGINT, and return the exit code."""
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
    try:
        emulator.start()
    except OSError as error:
        sys.stderr.write(f"Error: port {options.port}: {error.strerror}\n")
        return 1
    sys.stdout.write(json.dumps({"url": emulator.url}) + "\n")
    sys.stdout.flush()
    ended.wait()
    emulator.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
