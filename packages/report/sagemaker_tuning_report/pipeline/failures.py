"""Why a run ends early."""

from __future__ import annotations


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
