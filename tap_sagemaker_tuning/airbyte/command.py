"""The source's command line: `spec`, `check`, `discover` and `read`.

Standard output has only messages, so failures are messages too.
"""

from __future__ import annotations

import json
import logging
import os
import signal
import traceback
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Literal

import click
import msgspec

from tap_sagemaker_tuning.airbyte.messages import AirbyteWriter, LogHandler
from tap_sagemaker_tuning.airbyte.source import (
    CONFIG_ERROR,
    SYSTEM_ERROR,
    AirbyteTap,
)
from tap_sagemaker_tuning.airbyte.spec import in_airbytes_words, specification
from tap_sagemaker_tuning.aws.errors import explain
from tap_sagemaker_tuning.cli.command import json_object, json_text, require
from tap_sagemaker_tuning.cli.log import explained
from tap_sagemaker_tuning.exceptions import SettingsError, StateError, TapError
from tap_sagemaker_tuning.printable import MOST_OF_A_LINE, printable
from tap_sagemaker_tuning.tap import ATTEMPTS_OF_A_TEST

if TYPE_CHECKING:
    from collections.abc import Iterator


class _JSONSchema(msgspec.Struct):
    properties: dict[str, Any] = {}


class _Stream(msgspec.Struct):
    name: str
    json_schema: _JSONSchema = msgspec.field(default_factory=_JSONSchema)


class _ConfiguredStream(msgspec.Struct):
    stream: _Stream
    sync_mode: Literal["full_refresh", "incremental"]


class _ConfiguredCatalog(msgspec.Struct):
    """The parts of a ConfiguredAirbyteCatalog that the source reads."""

    streams: list[_ConfiguredStream]


class _Descriptor(msgspec.Struct):
    name: str


class _StreamState(msgspec.Struct):
    stream_descriptor: _Descriptor
    stream_state: dict[str, Any] | None = None


class _StateMessage(msgspec.Struct):
    """The parts of an AirbyteStateMessage that the source reads."""

    type: Literal["STREAM"]
    stream: _StreamState


_config = click.option("--config", required=True, help="A file with the settings.")


@click.group(context_settings={"help_option_names": ["--help"]})
@click.version_option(package_name="tap-sagemaker-tuning")
@click.pass_context
def cli(ctx: click.Context) -> None:
    """Amazon SageMaker hyperparameter tuning, as an Airbyte source."""
    ctx.obj = AirbyteWriter()


def main() -> None:
    """Run the command; if a signal stopped it, die from that signal.

    PyAirbyte expects this when it stops the source, and treats an exit code as a
    failure.
    """
    try:
        cli()
    except SystemExit as stopped:
        number = stopped.code - 128 if isinstance(stopped.code, int) else 0
        if number > 0:
            signal.signal(number, signal.SIG_DFL)
            os.kill(os.getpid(), number)
        raise  # the first process of a container survives the signal


@cli.command()
@click.pass_obj
def spec(writer: AirbyteWriter) -> None:
    """Print the settings as a connector specification."""
    writer.send("SPEC", "spec", specification())


@cli.command()
@_config
@click.pass_obj
def check(writer: AirbyteWriter, config: str) -> None:
    """Test whether the source can read everything it needs."""
    with _telling(writer):
        settings = {"max_attempts": ATTEMPTS_OF_A_TEST, **_settings(config)}
        try:
            tap = AirbyteTap(config=settings, message_writer=writer, setup_mapper=False)
            problems = tap.check()
        except SettingsError as error:
            problems = [_line(error)]
        status = {"status": "FAILED" if problems else "SUCCEEDED"}
        if problems:
            status["message"] = "\n".join(problems)
        writer.send("CONNECTION_STATUS", "connectionStatus", status)


@cli.command()
@_config
@click.pass_obj
def discover(writer: AirbyteWriter, config: str) -> None:
    """Print the streams as a catalog."""
    with _telling(writer):
        tap = AirbyteTap(
            config=_settings(config), message_writer=writer, setup_mapper=False
        )
        writer.send("CATALOG", "catalog", tap.describe())


@cli.command()
@_config
@click.option("--catalog", required=True, help="A file with the streams to read.")
@click.option("--state", help="A file with the states of the last read.")
@click.pass_obj
def read(writer: AirbyteWriter, config: str, catalog: str, state: str | None) -> None:
    """Read the streams of a catalog."""
    with _telling(writer):
        tap = AirbyteTap(
            config=_settings(config),
            chosen=_chosen(catalog),
            states=_states(state) if state else None,
            message_writer=writer,
        )
        problems = tap.read()
        for kind, line in problems:
            writer.error(kind, line)
        if problems:
            raise SystemExit(1)


@contextmanager
def _telling(writer: AirbyteWriter) -> Iterator[None]:
    """Write log lines, and an error that ends the command, as messages.

    Raises:
        SystemExit: With 1, after an error.
    """
    root = logging.getLogger()
    level = os.environ.get("LOGLEVEL") or os.environ.get("LOG_LEVEL") or "INFO"
    root.setLevel(logging.getLevelNamesMapping().get(level.upper(), logging.INFO))
    root.handlers[:] = [LogHandler(writer)]
    logging.captureWarnings(capture=True)
    try:
        yield
    except (TapError, click.ClickException) as error:
        is_users = isinstance(error, SettingsError | StateError | click.ClickException)
        writer.error(CONFIG_ERROR if is_users else SYSTEM_ERROR, _line(error))
        raise SystemExit(1) from error
    except Exception as error:
        trace = "".join(traceback.format_exception(explained(error)))
        writer.error(SYSTEM_ERROR, in_airbytes_words(explain(error)), trace)
        raise SystemExit(1) from error
    finally:
        writer.write_log()


def _line(error: Exception) -> str:
    said = error.message if isinstance(error, click.ClickException) else str(error)
    return in_airbytes_words(printable(said, MOST_OF_A_LINE))


def _settings(path: str) -> dict[str, Any]:
    config: dict[str, Any] = json.loads(json_object(path, "--config"))
    return config


def _chosen(path: str) -> dict[str, dict[str, Any]]:
    """Load the streams of a ConfiguredAirbyteCatalog, by name."""
    catalog = json.loads(json_object(path, "--catalog"))
    require(
        _ConfiguredCatalog, catalog, f"--catalog: {path} is not a configured catalog"
    )
    return {stream["stream"]["name"]: stream for stream in catalog["streams"]}


def _states(path: str) -> dict[str, Any]:
    """Load each stream's state from a list of AirbyteStateMessages, by name."""
    # Older platforms pass an empty object for no state.
    kinds: dict[type, str] = {list: "array", dict: "object"}
    messages = json.loads(json_text(path, "--state", kinds)) or []
    require(
        list[_StateMessage],
        messages,
        f"--state: {path} is not a list of stream states",
    )
    states = [message["stream"] for message in messages]
    return {
        state["stream_descriptor"]["name"]: state.get("stream_state")
        for state in states
    }
