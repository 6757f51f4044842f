"""Text from others is shown without its secrets, in one short line, everywhere.

The tests plant a secret and search for it at every log level, in rows and in messages.
"""

from __future__ import annotations

import json
import logging
from typing import TYPE_CHECKING, Any

import pytest
from botocore.parsers import ResponseParserError

from tap_sagemaker_tuning.cli import log
from tap_sagemaker_tuning.exceptions import TapError
from tap_sagemaker_tuning.tap import TapSageMakerTuning
from tests.configurations import SECRET
from tests.conftest import ACCOUNT, REGION
from tests.planted import CUT, LIST, ODD, PLANTS, ROLE, XML, Plant

if TYPE_CHECKING:
    from tests.conftest import TapHere, TapProcess

NAMES = [plant.name for plant in PLANTS]


@pytest.mark.parametrize("options", [(), ("--test",)], ids=["sync", "test"])
@pytest.mark.parametrize("plant", PLANTS, ids=NAMES)
def test_of_the_tap(here: TapHere, options: tuple[str, ...], plant: Plant) -> None:
    """The secret is neither in the log, even at DEBUG and with tracebacks, nor in a
    row, and the line about the failure says what to do."""
    here.variables["LOGLEVEL"] = "DEBUG"
    config = plant.put(here)
    run = here(*options, config=config, catalog=here.catalog("tuning_jobs", "scopes"))
    assert run.returncode == 1
    assert plant.said in run.error
    assert SECRET not in run.stderr + run.stdout
    assert [plant.said in r["error"] for r in run.records("scopes")] in ([], [True])


STRUCTURED = """
version: 1
disable_existing_loggers: false
formatters: {structured: {(): singer_sdk.logging.StructuredFormatter}}
handlers:
  own: {class: logging.StreamHandler, formatter: structured, stream: ext://sys.stderr}
loggers: {tap-sagemaker-tuning: {level: DEBUG, handlers: [own], propagate: true}}
"""


def test_of_the_process(tap: TapProcess) -> None:
    """The same holds for the SDK's log handler, and for those of a logging
    configuration."""
    path = tap.folder / "logging.yaml"
    path.write_text(STRUCTURED, encoding="utf-8")
    tap.variables["SINGER_SDK_LOG_CONFIG"] = str(path)
    tap.variables["LOGLEVEL"] = "DEBUG"
    (plant,) = (plant for plant in PLANTS if plant.name == "signature")
    run = tap(config=plant.put(tap))
    assert run.returncode == 1
    assert "Traceback (most recent call last):" in run.stderr
    assert SECRET not in run.stderr + run.stdout
    lines = [line for line in run.stderr.splitlines() if line.startswith("{")]
    exceptions: list[Any] = [json.loads(line).get("exception") for line in lines]
    messages = [exception["message"] for exception in exceptions if exception]
    assert [message for message in messages if plant.said in message]


@pytest.fixture
def record() -> logging.LogRecord:
    """A log record of an error caused by another one with a secret."""
    error = TapError("it cannot be read")
    error.__cause__ = ValueError(SECRET)
    caught = TapError, error, None
    message = "%s\nfailed: %s"
    return logging.LogRecord("x", 40, "x.py", 1, message, ("a", "b"), caught)


def test_a_record_that_two_handlers_write(record: logging.LogRecord) -> None:
    """A record is made printable once, with its traceback, even if an unprotected
    handler has formatted it before."""
    logging.Formatter().format(record)
    assert SECRET in str(record.exc_text)
    lines = []
    for _ in range(2):
        assert log.make_printable(record)
        lines.append(logging.Formatter().format(record))
    assert lines[0] == lines[1]
    written = lines[0].splitlines()
    assert written[0] == "a failed: b"
    assert [line for line in written if line.startswith("ValueError")] == ["ValueError"]
    assert written[-1] == "tap_sagemaker_tuning.exceptions.TapError: it cannot be read"
    assert SECRET not in lines[0]


def test_counts_and_seconds_are_the_sdks(record: logging.LogRecord) -> None:
    """The arguments of metrics are unchanged, because the SDK's formatter reads
    them."""
    record.name = log.METRICS
    assert log.make_printable(record)
    assert (record.msg, record.args) == ("%s\nfailed: %s", ("a", "b"))


def test_of_what_nobody_foresaw(caplog: pytest.LogCaptureFixture) -> None:
    """An exception that ends the process is reported through `explain`, with its
    traceback."""
    command: Any = TapSageMakerTuning.get_singer_command()
    TapSageMakerTuning(config={})
    error = ResponseParserError(SECRET)
    command.excepthook(type(error), error, None)
    assert "ResponseParserError: the response cannot be parsed" in caplog.text
    assert SECRET not in caplog.text


@pytest.mark.parametrize("body", [CUT, "", "<html>Sign in</html>", "\xff", "<Answer/>"])
@pytest.mark.parametrize(
    ("operation", "roles"), [("AssumeRole", True), ("GetCallerIdentity", False)]
)
def test_what_sts_left_unsaid_is_asked_again(
    here: TapHere,
    operation: str,
    roles: bool,  # noqa: FBT001
    body: str,
) -> None:
    """A response of STS that is truncated, empty or a proxy's page is retried."""
    broken = (200, XML, body.encode("latin-1"))
    here.emulator.serve(operation, [broken])
    config = {"assume_roles": [{"role_arn": ROLE}]} if roles else {}
    run = here(config=config)
    assert run.returncode == 0
    assert SECRET not in run.stderr
    (scope,) = run.records("scopes")
    assert scope["status"] == "complete"


@pytest.mark.parametrize("text", ["message", "__type"])
@pytest.mark.parametrize(("given", "expected"), ODD.values(), ids=[*ODD])
def test_odd_words_of_the_service(
    here: TapHere, given: str, expected: str, text: str
) -> None:
    """The service's message or code is shown as one short line that is safe for a
    terminal, a log and a warehouse."""
    here.variables["LOGLEVEL"] = "DEBUG"
    answer = {"__type": "OddException", "message": "odd", text: given}
    for _ in range(2):
        here.emulator.serve(LIST, [(400, {}, json.dumps(answer))])
    catalog = here.catalog("tuning_jobs", "scopes")
    run = here(config={}, catalog=catalog)
    assert expected in run.error
    assert len(run.error) < 1400
    (scope,) = run.records("scopes")
    assert f"Error: account {ACCOUNT}, {REGION}: {scope['error']}" == run.error
    shown = [scope["error"], scope["error_code"], *run.stderr.splitlines()]
    assert max(map(len, shown)) < 2200
    assert [line for line in shown if not line.isprintable()] == []
    assert expected in here("--test", config={}, catalog=catalog).error
