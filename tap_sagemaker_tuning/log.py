"""The log: no line of it shows a secret or a control character."""

from __future__ import annotations

import logging

from tap_sagemaker_tuning.aws.errors import explain
from tap_sagemaker_tuning.printable import MOST_OF_A_LINE, printable

METRICS = "singer_sdk.metrics"
"""The SDK's logger of counts and seconds: formatters need its records as they are."""

_NOISE = (
    "Parsing env var for settings config...",
    "Skipping parse of env var settings...",
)
"""What the SDK logs first in every run."""


class Explained(Exception):  # noqa: N818 - it has the name of what it copies
    """A copy of an exception, fit to be shown."""


def protect(logger: logging.Logger) -> None:
    """Make every handler of the process write printable lines only.

    Args:
        logger: The SDK's logger of the tap. Its lines about environment variables,
            which came first in every log, are dropped.
    """
    logger.addFilter(_is_news)
    for each in (logging.root, *logging.root.manager.loggerDict.values()):
        for handler in getattr(each, "handlers", ()):
            handler.addFilter(make_printable)


def _is_news(record: logging.LogRecord) -> bool:
    return record.msg not in _NOISE


def make_printable(record: logging.LogRecord) -> bool:
    """Make a record's message and its exception printable (a handler's filter)."""
    if record.name != METRICS:
        record.msg = printable(record.getMessage(), MOST_OF_A_LINE)
        record.args = ()
        if record.exc_info and (error := record.exc_info[1]):
            told = explained(error)
            record.exc_info = type(told), told, told.__traceback__
            record.exc_text = None
    return True


def explained(error: BaseException) -> BaseException:
    """Copy an exception, and those that led to it, for a traceback that is shown.

    Args:
        error: Its own words can be a service's whole answer, credentials included.

    Returns:
        One of the same name and traceback, with the words of `explain`. Those that
        led to it have no words.
    """
    # Several handlers can get the same record.
    return error if isinstance(error, Explained) else _copy(error, explain(error))


def _copy(error: BaseException, *words: str) -> BaseException:
    kind = type(error)
    names = {"__module__": kind.__module__}
    copy: Explained = type(kind.__name__, (Explained,), names)(*words)
    copy.__cause__ = error.__cause__ and _copy(error.__cause__)
    copy.__context__ = error.__context__ and _copy(error.__context__)
    copy.__suppress_context__ = error.__suppress_context__
    return copy.with_traceback(error.__traceback__)
