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
import time
from datetime import timedelta
from textwrap import fill
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field, TypeAdapter, ValidationError

from sagemaker_tuning_emulator import Emulator, Scope
from sagemaker_tuning_emulator.admin import ENDPOINTS, PREFIX
from sagemaker_tuning_emulator.clock import instant
from sagemaker_tuning_emulator.faults import KINDS
from sagemaker_tuning_emulator.given import Account, Count, Region

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

NAMES = ("churn-xgb", "fraud-lgbm", "ranking-bert", "price-linear", "intent-cnn")
OLDEST = timedelta(days=4)


DESCRIPTION = """\
Emulate a small AWS account on 127.0.0.1: SageMaker's hyperparameter tuning,
the metrics of its trials in CloudWatch, the price list, and STS. Some of its
tuning jobs have ended, others are running.

When it is ready, it prints one line of JSON with its URL. Stop it with Ctrl-C
or SIGTERM."""
POINTING = """\
To point the tap or any AWS SDK to it:

  export AWS_ENDPOINT_URL=http://127.0.0.1:PORT AWS_DEFAULT_REGION=us-east-1
  export AWS_ACCESS_KEY_ID=any AWS_SECRET_ACCESS_KEY=key
"""
_WIDTH, _INDENT = 80, 26


class _Help(
    argparse.ArgumentDefaultsHelpFormatter, argparse.RawDescriptionHelpFormatter
):
    """Help with default values, and without reflowing text."""


def epilog() -> str:
    """Return the end of the help: how to reach it, and its own HTTP interface."""
    return "\n".join(
        [
            POINTING,
            f"To inspect and control it with JSON over HTTP, under {PREFIX}:",
            "",
            *_endpoints(),
            "",
            "The kinds of faults, and the fields that only some of them have:",
            "",
            *(
                _entry(f"  {kind}", effect.text, *effect.fields)
                for kind, effect in KINDS.items()
            ),
        ]
    )


def _endpoints() -> Iterator[str]:
    for endpoint in ENDPOINTS:
        yield _entry(f"  {endpoint.method} {endpoint.name}", endpoint.meaning)
        for field in endpoint.form.fields():
            default = f"default {field.default}" if field.default else ""
            need = "required" if field.required else default
            facts = [fact for fact in (field.form, need) if fact]
            yield _entry(f"    {field.name}", field.meaning.removesuffix("."), *facts)


def _entry(name: str, text: str, *facts: str) -> str:
    """Return a name with its text beside it, and facts in brackets."""
    return fill(
        (f"{text} ({'; '.join(facts)})" if facts else text).replace("`", ""),
        _WIDTH,
        initial_indent=f"{name:<{_INDENT - 1}} ",
        subsequent_indent=" " * _INDENT,
        break_on_hyphens=False,
    )


def checked(kind: Any) -> Callable[[str], Any]:
    """Return the check of an option's value, which says what the value must be."""
    adapter = TypeAdapter(kind)

    def check(text: str) -> Any:
        try:
            return adapter.validate_python(text)
        except ValidationError as error:
            told = error.errors()[0]["msg"].replace("Input should", "should")
            message = f"{text}: {told}"
            raise argparse.ArgumentTypeError(message) from error

    return check


def start(text: str) -> Any:
    """Check the start time.

    Raises:
        ArgumentTypeError: It is not a time with a zone.
    """
    try:
        return instant(text)
    except ValueError as error:
        message = f"{text}: should be a time such as 2026-03-02T09:00:00Z"
        raise argparse.ArgumentTypeError(message) from error


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    made = argparse.ArgumentParser(
        prog="sagemaker-tuning-emulator",
        description=DESCRIPTION,
        epilog=epilog(),
        formatter_class=_Help,
    )
    made.add_argument(
        "--port",
        type=checked(Annotated[int, Field(ge=0, le=65535)]),
        default=0,
        help="port to listen on; 0 for a free one",
    )
    made.add_argument(
        "--account",
        type=checked(Account),
        default="123456789012",
        help="account of the tuning jobs",
    )
    made.add_argument(
        "--region",
        type=checked(Region),
        default="us-east-1",
        help="region of the tuning jobs",
    )
    made.add_argument(
        "--tuning-jobs", type=checked(Count), default=6, help="number of tuning jobs"
    )
    made.add_argument(
        "--trials",
        type=checked(Count),
        default=20,
        help="number of trials of each tuning job",
    )
    made.add_argument(
        "--parallel",
        type=checked(Annotated[int, Field(ge=1)]),
        default=4,
        help="number of trials that run at once in each tuning job",
    )
    made.add_argument(
        "--seed", type=int, default=7, help="seed of the tuning jobs' random schedules"
    )
    made.add_argument(
        "--start",
        type=start,
        default=argparse.SUPPRESS,
        help="start time of its clock, such as 2026-03-02T09:00:00Z (default: now)",
    )
    made.add_argument(
        "--rate",
        type=checked(Annotated[float, Field(ge=0, allow_inf_nan=False)]),
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
    caught: list[int] = []
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda signal_number, _: caught.append(signal_number))
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
    while not caught:  # an Event has a lock, which its own signal handler can wait for
        time.sleep(0.1)
    emulator.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
