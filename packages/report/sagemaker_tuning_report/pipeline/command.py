"""The command `sagemaker-tuning`."""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
import webbrowser
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sagemaker_tuning_report import __main__ as report
from sagemaker_tuning_report.pipeline import demo, durations, folder
from sagemaker_tuning_report.pipeline.failures import (
    BusyError,
    StageError,
    Stopped,
    UsageError,
    stage,
)
from sagemaker_tuning_report.pipeline.progress import Progress
from sagemaker_tuning_report.pipeline.reading import METRICS, STREAMS, Source
from sagemaker_tuning_report.pipeline.session import Session
from sagemaker_tuning_report.pipeline.signals import Signals
from tap_sagemaker_tuning.cli import terminal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sagemaker_tuning_report.pipeline.folder import Folder

DESCRIPTION = """\
Read the tuning jobs of your AWS accounts, and show them as a page.

  sagemaker-tuning                  with your AWS credentials and region
  sagemaker-tuning --demo           with an emulated account, without AWS
  sagemaker-tuning page DATABASE_URL --output tuning.html
                                    with a warehouse that you load yourself

It only reads from AWS. The database, the state and the page stay in a private
folder, so the next run reads only what is new or can still change."""
EPILOG = """\
exit codes:
  0    The page is complete.
  1    There is no new page. Standard error says why.
  2    An argument is invalid.
  3    There is a new page, but it lacks something. Standard error says what.
  75   Another run uses the folder.
  130  Stopped by Ctrl-C (SIGINT). The next run resumes.
  143  Stopped by SIGTERM, likewise."""
NOTHING, WRONG, LACKING, BUSY = 1, 2, 3, 75
MOST_ERRORS = 10


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command, and return the exit code."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    if given[:1] == ["page"]:
        return report.main(given[1:], prog="sagemaker-tuning page")
    try:
        return _run(parser().parse_args(given))
    except UsageError as error:
        return _failed(WRONG, str(error))
    except (StageError, OSError) as error:  # such as a full disk
        return _failed(NOTHING, str(error))
    except BusyError as error:
        return _failed(BUSY, str(error))
    except Stopped as stopped:
        terminal.tell("", "Stopped. The next run resumes from here")
        return 128 + stopped.number


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command line, except for `page`."""
    made = argparse.ArgumentParser(
        prog="sagemaker-tuning",
        description=DESCRIPTION,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    made.add_argument(
        "--demo",
        action="store_true",
        help="read an emulated account, whose clock goes on between runs",
    )
    made.add_argument(
        "--config",
        metavar="FILE",
        type=Path,
        help="settings of tap-sagemaker-tuning, as JSON: roles, an organization, …",
    )
    made.add_argument(
        "--regions",
        metavar="REGION",
        nargs="+",
        type=lambda text: [name for name in text.split(",") if name],
        help="the regions to read, or `enabled` for all that an account has enabled "
        "(default: those of --config, or your AWS region)",
    )
    made.add_argument(
        "--folder",
        metavar="DIR",
        type=Path,
        default=Path("sagemaker-tuning"),
        help="the folder for everything (default: %(default)s)",
    )
    made.add_argument(
        "--metrics",
        action="store_true",
        help="also read learning curves and utilization from CloudWatch, which bills "
        "USD 0.01 per 1,000 metrics; says the cost first",
    )
    made.add_argument(
        "--every",
        metavar="DURATION",
        type=durations.seconds,
        help="run again, this long after each start, such as 15m, until you stop it; "
        "the open page reloads itself",
    )
    made.add_argument(
        "--no-open", action="store_true", help="do not open the page in a browser"
    )
    return made


def _run(given: argparse.Namespace) -> int:
    """Run once, or again and again with `--every`; return the last exit code."""
    source = _source(given)
    show = Progress(sys.stderr)
    with ExitStack() as stack:
        stack.callback(show.clear)
        signals = stack.enter_context(Signals())
        place = stack.enter_context(folder.opened(given.folder, signals))
        _keep_demos_apart(place, show, is_demo=given.demo)
        log = stack.enter_context(place.log.open("ab", buffering=0))
        session = Session(place, log, signals, show)
        if given.demo:
            with stage("demo"):
                environment = stack.enter_context(demo.serving(session))
            source = replace(source, environment=environment)
        began = time.monotonic()
        code = _once(source, session, reloads=bool(given.every))
        if code != NOTHING and not given.no_open:
            open_page(place.page)
        while given.every:
            pause = max(began + given.every - time.monotonic(), 0)
            show.say(f"The next run starts in {pause:.0f} s. Stop with Ctrl-C")
            signals.wait(pause)
            began = time.monotonic()
            code = _once(source, session, reloads=True)
    return code


def _once(source: Source, session: Session, *, reloads: bool) -> int:
    """Run once, print the summary, and return the exit code.

    Raises:
        Stopped: A signal asked to stop.
    """
    # Importing the charts takes seconds, in which a signal must not cause a traceback.
    from sagemaker_tuning_report.pipeline.run import run  # noqa: PLC0415

    session.log.truncate(0)
    try:
        result = run(source, session, reloads=reloads)
    except StageError as error:
        session.show.fail(str(error))
        return NOTHING
    for lacking in result.lacking[:MOST_ERRORS]:
        session.show.fail(lacking)
    if more := result.lacking[MOST_ERRORS:]:
        session.show.fail(f"{len(more)} more: see {session.folder.log}")
    try:
        for line in result.summary:
            head, _, text = line.partition(": ")
            terminal.tell(f"{head}: ", text, err=False)
    except OSError:  # nobody reads it; the page is there
        sys.stdout = None
    return LACKING if result.lacking else 0


def _source(given: argparse.Namespace) -> Source:
    """Return what to read.

    Raises:
        UsageError: The arguments contradict each other, or the file is unusable.
    """
    regions = [name for names in given.regions or () for name in names]
    if given.demo and (given.config or regions):
        message = "--demo reads an emulated account, without --config and --regions"
        raise UsageError(message)
    streams = _config(given.config).get("streams") or list(STREAMS)
    if given.metrics:
        streams = [*streams, METRICS]
    return Source(
        config=given.config and given.config.absolute(),
        streams=tuple(dict.fromkeys([*streams, "scopes"])),
        regions=[demo.REGION] if given.demo else regions,
    )


def _config(file: Path | None) -> dict[str, Any]:
    """Read the user's settings of the tap, which checks them itself.

    Raises:
        UsageError: The file cannot be read, or is not a JSON object.
    """
    if file is None:
        return {}
    try:
        settings: Any = json.loads(file.read_bytes())
    except OSError as error:
        message = f"--config: {file} cannot be read: {error.strerror}"
        raise UsageError(message) from error
    except (ValueError, RecursionError) as error:
        message = f"--config: {file} is not JSON: {error}"
        raise UsageError(message) from error
    streams: Any = settings.get("streams", []) if isinstance(settings, dict) else None
    if not isinstance(streams, list) or not all(isinstance(it, str) for it in streams):
        message = f"--config: {file} is not an object with the tap's settings"
        raise UsageError(message)
    return dict(settings)


def _keep_demos_apart(place: Folder, show: Progress, *, is_demo: bool) -> None:
    """Never mix an emulated account with real ones.

    Raises:
        UsageError: A demo was asked for in a folder with real data.
    """
    if is_demo and place.database.exists() and not demo.is_of_demo(place):
        message = f"{place.path} holds real data: pass another --folder for the demo"
        raise UsageError(message)
    if not is_demo and demo.is_of_demo(place):
        show.say(f"Deleting the demo in {place.path}")
        place.empty()


def open_page(page: Path) -> None:
    """Open the page in a browser, if there are a terminal and a screen."""
    has_screen = sys.platform == "darwin" or any(
        os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY")
    )
    if has_screen and terminal.is_terminal(sys.stdout):
        webbrowser.open(page.as_uri())


def _failed(code: int, message: str) -> int:
    terminal.error(message)
    return code


if __name__ == "__main__":
    sys.exit(main())
