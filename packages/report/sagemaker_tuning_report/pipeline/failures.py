"""Why a run ends early."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from sagemaker_tuning_report.warehouse import UnusableError

if TYPE_CHECKING:
    from collections.abc import Iterator


class StageError(Exception):
    """A stage failed. The message says in one line where, why and what to do."""


class UsageError(Exception):
    """The arguments cannot be used. The message says in one line why."""


class BusyError(Exception):
    """Another run uses the folder."""


class Stopped(Exception):  # noqa: N818 - not an error
    """A signal asked to stop.

    Attributes:
        number: The signal's number.
    """

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


@contextmanager
def stage(name: str) -> Iterator[None]:
    """Name the stage in its errors.

    Raises:
        StageError: The stage failed.
    """
    try:
        yield
    except (StageError, UnusableError) as error:
        message = f"{name}: {error}"
        raise StageError(message) from error
    except OSError as error:
        message = f"{name}: {error.strerror}: {error.filename}"
        raise StageError(message) from error
