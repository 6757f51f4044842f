"""What the tap raises of its own: each is one line for the person who runs it.

TapError
├── SettingsError    a setting, or the catalog, asks for what cannot be
├── StateError       a state that cannot be read
├── NoResultError    an answer with status 200 that lacks what its operation returns
├── UnreadableError  an item of an answer lacks what is needed to read it
├── GoneError        a tuning job does not exist any more
├── NotReadError     nothing of a scope was asked for, and nothing failed
└── IncompleteError  something was not read; what was, is written

The command line turns them into `Error: …` and exit code 1.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from tap_sagemaker_tuning.values import OddError

if TYPE_CHECKING:
    from collections.abc import Iterator


class TapError(Exception):
    """Anything that is told in one line, without a traceback."""


class SettingsError(TapError):
    """A setting, or the catalog, asks for what cannot be."""


class StateError(TapError):
    """A state that cannot be read; the text says why."""


class NoResultError(TapError):
    """An answer with status 200 that lacks what its operation returns."""


class UnreadableError(TapError):
    """An item of an answer lacks what is needed to read it."""


class GoneError(TapError):
    """A tuning job that was listed does not exist any more."""


class NotReadError(TapError):
    """Nothing of a scope was asked for, though nothing failed."""


class IncompleteError(TapError):
    """Something was not read; what was, is written, and the state says so."""


@contextmanager
def readable(what: str) -> Iterator[None]:
    """Take an item of the API's apart: what the service got wrong is told in words.

    Only that: a bug of the tap's passes as it is.

    Args:
        what: What the item is, in words.

    Raises:
        UnreadableError: It is not of the form that the API documents.
    """
    try:
        yield
    except OddError as error:
        msg = f"{what} cannot be read as the service sent it: {error}"
        raise UnreadableError(msg) from error
