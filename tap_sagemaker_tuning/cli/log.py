"""Keeps secrets and control characters out of the log, and fits it to a terminal."""

from __future__ import annotations

import logging
from typing import IO

from singer_sdk.logging import ConsoleFormatter
from typing_extensions import override

from tap_sagemaker_tuning.aws.errors import explain
from tap_sagemaker_tuning.cli.terminal import is_terminal, laid_out, with_remedy
from tap_sagemaker_tuning.printable import MOST_OF_A_LINE, printable

METRICS = "singer_sdk.metrics"
"""The SDK's logger of counts and durations, whose records must stay as they are."""

_ROUTINE = (
    "Parsing env var for settings config...",
    "Skipping parse of env var settings...",
    "Skipping deselected stream '%s'.",
)
"""Messages that the SDK logs in every run."""


_HUES = {"WARNING": "yellow", "ERROR": "red", "CRITICAL": "red"}


class TerminalFormatter(logging.Formatter):
    """Formats the log for a terminal: one fact per line, and the remedy last."""

    def __init__(self, stream: IO[str]) -> None:
        """Format for a terminal."""
        super().__init__("%(message)s", "%H:%M:%S")
        self._stream = stream

    @override
    def format(self, record: logging.LogRecord) -> str:
        message, *traceback = super().format(record).split("\n")
        is_routine = record.levelno <= logging.INFO
        head = f"{self.formatTime(record, self.datefmt)} {record.levelname:<7} "
        parts = message.split("; ") if is_routine else with_remedy(message)
        hue = _HUES.get(record.levelname, "cyan")
        return "\n".join([laid_out(self._stream, head, parts, hue), *traceback])


def format_for_terminal() -> None:
    """Format the log for a terminal, if it goes to one in the SDK's own format."""
    for handler in logging.root.handlers:
        if (
            isinstance(handler, logging.StreamHandler)
            and isinstance(handler.formatter, ConsoleFormatter)
            and is_terminal(handler.stream)
        ):
            handler.setFormatter(TerminalFormatter(handler.stream))


class Explained(Exception):  # noqa: N818 - copies take the name of their original
    """A copy of an exception that is safe to show."""


def protect(logger: logging.Logger) -> None:
    """Make every log handler of the process write only printable lines.

    Args:
        logger: The SDK's logger of the tap. Its routine lines are shown at DEBUG only,
            and so are the SDK's metrics, unless the logging configuration of the
            process has an entry for them.
    """
    logger.addFilter(_is_news)
    metrics = logging.getLogger(METRICS)
    if not (metrics.level or metrics.handlers):
        metrics.addFilter(_is_debugging)
    for each in (logging.root, *logging.root.manager.loggerDict.values()):
        for handler in getattr(each, "handlers", ()):
            handler.addFilter(make_printable)


def _is_news(record: logging.LogRecord) -> bool:
    return record.msg not in _ROUTINE or _is_debugging(record)


def _is_debugging(record: logging.LogRecord) -> bool:
    return logging.getLogger(record.name).isEnabledFor(logging.DEBUG)


def make_printable(record: logging.LogRecord) -> bool:
    """Make a record's message and exception printable (a filter for handlers)."""
    if record.name != METRICS:
        record.msg = printable(record.getMessage(), MOST_OF_A_LINE)
        record.args = ()
        if record.exc_info and (error := record.exc_info[1]):
            shown = explained(error)
            record.exc_info = type(shown), shown, shown.__traceback__
            record.exc_text = None
    return True


def explained(error: BaseException) -> BaseException:
    """Copy an exception and its causes for a traceback that is safe to show.

    Args:
        error: The exception. Its message can be a complete response, with credentials.

    Returns:
        A copy with the same name and traceback, and the message of `explain`. The
        copies of its causes have no message.
    """
    # The record may have passed another handler already.
    return error if isinstance(error, Explained) else _copy(error, explain(error))


def _copy(error: BaseException, *words: str) -> BaseException:
    kind = type(error)
    names = {"__module__": kind.__module__}
    copy: Explained = type(kind.__name__, (Explained,), names)(*words)
    copy.__cause__ = error.__cause__ and _copy(error.__cause__)
    copy.__context__ = error.__context__ and _copy(error.__context__)
    copy.__suppress_context__ = error.__suppress_context__
    return copy.with_traceback(error.__traceback__)
