"""The tap's exceptions, each with a one-line message for the person who runs it.

TapError
├── SettingsError    a setting or the catalog is invalid
├── StateError       the state cannot be read
├── NoResultError    a response with status 200 lacks the operation's result
├── UnboundedError   a response is too long, or has too many pages
├── UnreadableError  a response, or an item in it, is malformed
├── CallError        boto3 failed with an exception that is not its own
├── GoneError        a tuning job was deleted after it was listed
├── InternalError    the tap has a bug
├── NotReadError     there was nothing to read, though nothing failed
└── IncompleteError  something was not read; the rest is written

The command line turns them into `Error: …` and exit code 1.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from tap_sagemaker_tuning.values import OddError

if TYPE_CHECKING:
    from collections.abc import Iterator


class TapError(Exception):
    """An error that is reported in one line, without a traceback."""


class SettingsError(TapError):
    """A setting or the catalog is invalid."""


class StateError(TapError):
    """The state cannot be read; the message says why."""


class NoResultError(TapError):
    """A response with status 200 lacks the operation's result."""


class UnboundedError(TapError):
    """A response is too long, takes too long, or has too many pages."""


class UnreadableError(TapError):
    """A response, or an item in it, is malformed."""


class CallError(TapError):
    """boto3 failed with an exception that is not its own, such as a ValueError."""

    def __init__(self, error: Exception) -> None:
        """Keep the exception that boto3 raised."""
        super().__init__(error)
        self.error = error


class GoneError(TapError):
    """A tuning job was deleted after it was listed."""


class InternalError(TapError):
    """The tap has a bug; the log has its traceback."""


class NotReadError(TapError):
    """There was nothing to read, though nothing failed."""


class IncompleteError(TapError):
    """Something was not read; the rest is written, and covered by the state."""


@contextmanager
def readable(what: str) -> Iterator[None]:
    """Report a malformed item of the API as an UnreadableError.

    Other exceptions pass, since they are bugs.

    Args:
        what: The item, for the message, such as "a trial".

    Raises:
        UnreadableError: The block raised OddError.
    """
    try:
        yield
    except OddError as error:
        msg = f"{what} is malformed as AWS returned it: {error}"
        raise UnreadableError(msg) from error
