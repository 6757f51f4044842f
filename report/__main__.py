"""`python -m report DATABASE_URL > tuning.html`: a page of pictures."""

from __future__ import annotations

import argparse
import os
import sys

from report.content import content
from report.page import page
from report.warehouse import UnusableError, opened

MOST_TRIALS = 10_000


def main() -> int:
    """Write the page to standard output; gives the exit code."""
    given = _arguments()
    if not given.url:
        return _refused("no DATABASE_URL: give it, or set the variable of that name")
    try:
        with opened(given.url, given.schema) as warehouse:
            read = content(
                warehouse, most_trials=given.most_trials, name=given.tuning_job
            )
            if warehouse.missing:
                missing = ", ".join(warehouse.missing)
                sys.stderr.write(
                    f"Warning: no model {missing}: the page lacks what they say; "
                    "build transform/ with dbt\n"
                )
    except UnusableError as error:
        return _refused(str(error))
    sys.stdout.reconfigure(encoding="utf-8")  # type: ignore[union-attr]
    sys.stdout.write(page(read))
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m report", description=__doc__)
    parser.add_argument(
        "url",
        metavar="DATABASE_URL",
        nargs="?",
        default=os.environ.get("DATABASE_URL"),
        help="postgresql://…, snowflake://USER:PASSWORD@ACCOUNT/DATABASE?warehouse=…, "
        "duckdb:///FILE or just FILE; without it, the variable DATABASE_URL",
    )
    parser.add_argument("--schema", help="the schema with the models, if several have")
    parser.add_argument("--tuning-job", metavar="NAME", help="only this tuning job")
    parser.add_argument(
        "--most-trials",
        type=int,
        default=MOST_TRIALS,
        help="how many trials it may carry, the newest tuning jobs' (%(default)s)",
    )
    return parser.parse_args()


def _refused(message: str) -> int:
    sys.stderr.write(f"Error: {message}\n")
    return 1


if __name__ == "__main__":
    sys.exit(main())
