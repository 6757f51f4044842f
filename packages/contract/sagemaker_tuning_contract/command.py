"""The command line of the contract: `tap-sagemaker-tuning-contract`."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sagemaker_tuning_contract import recordings
from sagemaker_tuning_contract.calls import MOST_ATTEMPTS, MOST_CALLS, Caller
from sagemaker_tuning_contract.exchanges import Recording
from sagemaker_tuning_contract.fact import ODD
from sagemaker_tuning_contract.survey import survey
from sagemaker_tuning_contract.verdicts import broken, judged, lines
from tap_sagemaker_tuning.aws.errors import explain
from tap_sagemaker_tuning.cli import terminal
from tap_sagemaker_tuning.cli.command import json_object
from tap_sagemaker_tuning.cli.terminal import Failure
from tap_sagemaker_tuning.exceptions import TapError
from tap_sagemaker_tuning.printable import MOST_OF_A_LINE, printable
from tap_sagemaker_tuning.sync.interruptible import side_by_side
from tap_sagemaker_tuning.tap import TapSageMakerTuning

if TYPE_CHECKING:
    from collections.abc import Callable

    from tap_sagemaker_tuning.aws.client import Client
    from tap_sagemaker_tuning.settings import Settings

_AT_ONCE = 2  # scopes, each with one call in flight


class _MalformedError(Failure):
    """The recording to check is incomplete or malformed."""

    exit_code = 3


@click.command(context_settings={"help_option_names": ["--help"]})
@click.option(
    "--config",
    "paths",
    multiple=True,
    metavar="FILE",
    help="Settings of a sync; ENV reads them from the environment. Without --config, "
    "boto3's defaults apply.",
)
@click.option(
    "--record",
    "folder",
    metavar="DIR",
    type=click.Path(path_type=Path),
    help="Write the responses to this new folder, anonymized so that its "
    f"{recordings.ARCHIVE} can be shared.",
)
@click.option("--metrics", is_flag=True, help="With --record, keep metric values.")
@click.option(
    "--check",
    "checked",
    metavar="PATH",
    type=click.Path(path_type=Path, exists=True),
    help="Check a recording, or its archive, instead of calling AWS.",
)
def main(
    paths: tuple[str, ...], folder: Path | None, checked: Path | None, *, metrics: bool
) -> None:
    """Check this tap's assumptions about AWS, in at most 60 read-only calls per scope.

    Each fact holds, does not hold, or was not seen. Prints counts and never names.
    Exits with 1 if a fact does not hold, if an account or region could not be checked
    at all, or if a recording could not be written; with 3 if the recording to check is
    incomplete or malformed.
    """
    if checked:
        recordings, problems = _read(checked), False
    else:
        recordings, problems = _surveyed(_tap(paths), folder, is_open=metrics)
    verdicts = judged(recordings)
    for head, text, hue in lines(verdicts):
        terminal.tell(head, text, hue=hue, err=False)
    sys.exit(1 if problems or broken(verdicts) else 0)


def _read(path: Path) -> list[Recording]:
    """Read the recording to check."""
    try:
        return recordings.read(path)
    except recordings.RecordingError as error:
        said = printable(f"--check: {path} {error}", MOST_OF_A_LINE)
        raise _MalformedError(said) from error


def _tap(paths: tuple[str, ...]) -> TapSageMakerTuning:
    """The tap with a sync's settings, and fewer attempts, since each one counts."""
    config: dict[str, Any] = {}
    for path in paths:
        if path != "ENV":
            config |= json.loads(json_object(path, "--config"))
    config["max_attempts"] = MOST_ATTEMPTS
    try:
        return TapSageMakerTuning(
            config=config, parse_env_config="ENV" in paths, setup_mapper=False
        )
    except TapError as error:
        raise Failure(printable(str(error), MOST_OF_A_LINE)) from error


def _surveyed(
    tap: TapSageMakerTuning, folder: Path | None, *, is_open: bool
) -> tuple[list[Recording], bool]:
    """Survey all scopes, and write recordings to `folder` if it is set.

    Returns:
        The recordings, and whether a scope could not be surveyed at all or a
        recording could not be written.
    """
    if folder:
        _refuse(folder)
    discovered = tap.run.discovered
    for failure in discovered.failures:
        terminal.error(str(failure))
    clients = discovered.clients
    has_failed = bool(discovered.failures)
    surveyed: list[Recording] = []
    contents: dict[int, list[str]] = {}
    look = _looker(clients, tap.settings)
    for number, (_, caller) in enumerate(
        side_by_side(look, clients, _AT_ONCE, tap.check_signal), start=1
    ):
        if isinstance(caller, Exception):
            said = terminal.with_remedy(explain(caller))
            click.echo(err=True)
            terminal.tell(f"scope {number}: ", *said, hue="red")
            has_failed = True
            continue
        click.echo(f"\nscope {number}: {MOST_CALLS - caller.left} calls", err=True)
        for action, why in caller.problems.items():
            said = terminal.with_remedy(f"could not be checked: {action}: {why}")
            terminal.tell(f"scope {number}: ", *said, hue="red")
        has_failed |= not any(
            exchange.is_fine
            for exchange in caller.exchanges
            if exchange.is_of_sagemaker
        )
        surveyed.append(Recording(caller.exchanges))
        if folder:
            try:
                contents[number] = recordings.redacted(
                    caller.exchanges, with_metrics=is_open
                )
            except (*ODD, recordings.LeakError) as error:
                # An error's own message could quote an answer.
                is_ours = isinstance(error, recordings.LeakError)
                what = error if is_ours else type(error).__name__
                terminal.error(f"--record: scope {number}: {what}; it was not recorded")
                has_failed = True
    if folder:
        has_failed |= not _save(folder, contents)
    return surveyed, has_failed


def _refuse(folder: Path) -> None:
    """Stop before the first call if the recording cannot become this folder."""
    try:
        why = recordings.refusal(folder)
    except OSError as error:
        why = f"cannot be read: {error.strerror}"
    if why:
        msg = f"--record: {folder} {why}. Name a new folder"
        raise Failure(msg)


def _save(folder: Path, contents: dict[int, list[str]]) -> bool:
    """Save the recording of all scopes, and say where it is; False if that fails."""
    try:
        if contents:
            recordings.save(folder, contents)
    except OSError as error:
        line = f"--record: {folder}: {error.strerror}; nothing was saved"
        terminal.error(printable(line, MOST_OF_A_LINE))
        return False
    if not contents:
        terminal.error("--record: no scope was recorded")
        return False
    count = sum(map(len, contents.values()))
    archive = folder / recordings.ARCHIVE
    click.echo(f"\n{count} responses recorded. To share them: {archive}", err=True)
    return True


def is_watched() -> bool:
    """Whether standard error is a terminal."""
    return terminal.is_terminal(sys.stderr)


def _looker(clients: list[Client], settings: Settings) -> Callable[[Client], Caller]:
    """Make a function that surveys a scope and shows its progress."""
    order = {id(client): number for number, client in enumerate(clients, start=1)}

    def look(client: Client) -> Caller:
        number = order[id(client)]

        def tell(calls: int) -> None:
            if is_watched():  # by a line that each call replaces
                scope = f"scope {number} of {len(clients)}"
                line = f"\r{scope}: {calls} of at most {MOST_CALLS} calls"
                click.echo(line, nl=False, err=True)

        caller = Caller(client, tell)
        try:
            survey(caller, settings, client.partition)
        finally:
            caller.close()
        return caller

    return look
