"""`python -m report DATABASE_URL > tuning.html`: a page of pictures.

The exit code is 0 for a whole page, 1 for none, 2 for arguments that make no sense, and
3 for a page that lacks something because models are missing.
"""

from __future__ import annotations

import argparse
import os
import sys

from report.content import content
from report.warehouse import ADVICE, UnusableError, opened

MOST_TRIALS = 10_000
LACKING = 3
"""The exit code of a page that was written without some of the models."""


def main() -> int:
    """Write the page to standard output; gives the exit code."""
    given = _arguments()
    if not given.url:
        return _refused("no DATABASE_URL: give it, or set the variable of that name")
    try:
        html, missing = _made(given)
    except UnusableError as error:
        return _refused(str(error))
    sys.stdout.reconfigure(encoding="utf-8")  # type: ignore[union-attr]
    sys.stdout.write(html)
    if not missing:
        return 0
    sys.stderr.write(
        f"Warning: the page lacks what these models say: {', '.join(missing)};"
        " build transform/ with dbt\n"
    )
    return LACKING


def _made(given: argparse.Namespace) -> tuple[str, list[str]]:
    """The page, and the models that it lacks."""
    try:
        # Altair and vl-convert are needed here only, and may not be installed.
        from report.page import page  # noqa: PLC0415
    except ImportError as error:
        message = f"{error}: {ADVICE}"
        raise UnusableError(message) from error
    with opened(given.url, given.schema) as warehouse:
        read = content(warehouse, most_trials=given.most_trials, name=given.tuning_job)
        return page(read), warehouse.missing


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m report",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
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
        metavar="COUNT",
        type=_count,
        default=MOST_TRIALS,
        help="how many trials the page may carry, the newest tuning jobs first: at "
        "least 1 (%(default)s)",
    )
    return parser.parse_args()


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        message = f"{text} is not a whole number of at least 1"
        raise argparse.ArgumentTypeError(message)
    return int(text)


def _refused(message: str) -> int:
    sys.stderr.write(f"Error: {message}\n")
    return 1


if __name__ == "__main__":
    sys.exit(main())
