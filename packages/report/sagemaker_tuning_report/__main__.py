"""Write an HTML report on tuning jobs.

  sagemaker-tuning-report > tuning.html

DATABASE_URL can hold a password, and others on the machine can see arguments:
set the environment variable instead.

exit codes:
  0  The page is complete.
  1  There is no page. Standard error says why.
  2  An argument is invalid, or the page would fill a terminal.
  3  The page is incomplete: models are missing. Standard error names them.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from sagemaker_tuning_report.content import content
from sagemaker_tuning_report.pipeline.folder import replace
from sagemaker_tuning_report.warehouse import ADVICE, UnusableError, opened
from tap_sagemaker_tuning.cli import terminal

if TYPE_CHECKING:
    from collections.abc import Sequence

MOST_TRIALS = 10_000
NOTHING, INVALID = 1, 2
LACKING = 3
"""The exit code for a page that is incomplete because models are missing."""


def main(
    arguments: Sequence[str] | None = None, prog: str = "sagemaker-tuning-report"
) -> int:
    """Write the page, and return the exit code.

    Args:
        arguments: The arguments; None for those of this process.
        prog: The command that the help shows.
    """
    given = _arguments(prog, arguments)
    if not given.url:
        return _refused(
            "no DATABASE_URL: pass one, or set the environment variable of that name"
        )
    if not given.output and (not sys.stdout or terminal.is_terminal(sys.stdout)):
        why = "standard output is closed"
        if sys.stdout:
            why = "the page is too long for a terminal"
        to_do = "Name a file with --output FILE, or send it to a pipe"
        return _refused(f"{why}. {to_do}", INVALID)
    try:
        html, missing = _made(given)
    except UnusableError as error:
        return _refused(str(error))
    if given.output:
        try:
            replace(given.output, html.encode())
        except OSError as error:
            return _refused(f"{given.output} cannot be written: {error.strerror}")
    else:
        sys.stdout.reconfigure(encoding="utf-8")  # type: ignore[union-attr]
        sys.stdout.write(html)
    if not missing:
        return 0
    terminal.tell(
        "Warning: ",
        "the page is incomplete, because these models are missing: "
        f"{', '.join(missing)};",
        "build transform/ with dbt",
        hue="yellow",
    )
    return LACKING


def _made(given: argparse.Namespace) -> tuple[str, list[str]]:
    """Return the page and the names of missing models."""
    try:
        # Only this import needs Altair and vl-convert, which may not be installed.
        from sagemaker_tuning_report.page import page  # noqa: PLC0415
    except ImportError as error:
        message = f"{error}: {ADVICE}"
        raise UnusableError(message) from error
    with opened(given.url, given.schema) as warehouse:
        read = content(
            warehouse,
            most_trials=given.most_trials,
            name=given.tuning_job,
            made=_now(),
        )
        return page(read), warehouse.missing


def _now() -> int:
    """Return the time in milliseconds since 1970, which reproducible builds can set."""
    fixed = os.environ.get("SOURCE_DATE_EPOCH", "")
    return 1000 * (int(fixed) if fixed.isdecimal() else int(time.time()))


def _arguments(prog: str, arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog=prog,
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "url",
        metavar="DATABASE_URL",
        nargs="?",
        default=os.environ.get("DATABASE_URL"),
        help="postgresql://…, snowflake://USER:PASSWORD@ACCOUNT/DATABASE?warehouse=…, "
        "duckdb:///FILE or just FILE; default: the environment variable DATABASE_URL",
    )
    parser.add_argument(
        "--schema", help="the schema with the models, if several schemas have them"
    )
    parser.add_argument(
        "--tuning-job", metavar="NAME", help="report on this tuning job only"
    )
    parser.add_argument(
        "--most-trials",
        metavar="COUNT",
        type=_count,
        default=MOST_TRIALS,
        help="how many trials the page may include, from the newest tuning jobs first; "
        "at least 1 (default: %(default)s)",
    )
    parser.add_argument(
        "--output",
        metavar="FILE",
        type=Path,
        help="the file to write, replaced once the page is whole "
        "(default: standard output)",
    )
    given, others = parser.parse_known_args(arguments)
    if others:  # argparse would repeat them, even parts of an unquoted URL
        parser.error("too many arguments, or an unknown option: quote the URL")
    return given


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        message = f"{text} is not a whole number of at least 1"
        raise argparse.ArgumentTypeError(message)
    return int(text)


def _refused(message: str, code: int = NOTHING) -> int:
    terminal.error(message)
    return code


if __name__ == "__main__":
    sys.exit(main())
