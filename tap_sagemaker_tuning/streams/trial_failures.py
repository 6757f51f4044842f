"""Trials of a tuning job that could not be read: each loses only its own rows."""

from __future__ import annotations

from tap_sagemaker_tuning.aws.errors import code, is_transient

_MOST_BEFORE_ANY = 10
"""Stop describing trials after this many failures without a single success."""

_MOST_TRANSIENT = 3
"""Stop after this many transient failures in a row: each takes a minute of retries."""


class TrialFailures:
    """Collects the trials of a tuning job that failed, and decides when to stop.

    Attributes:
        last: The last error, once describing more trials is not worth the calls; None
            until then.
    """

    def __init__(self) -> None:
        """Start without failures."""
        self.last: Exception | None = None
        self._failed: list[tuple[str, Exception]] = []
        self._transient = 0
        self._has_described = False

    def described(self) -> None:
        """Note that a trial was described."""
        self._transient = 0
        self._has_described = True

    def note(self, name: str, error: Exception) -> None:
        """Note that a trial could not be read.

        Args:
            name: The trial's name.
            error: Why.
        """
        self._failed.append((name, error))
        self._transient = self._transient + 1 if is_transient(error) else 0
        is_none = not self._has_described and len(self._failed) >= _MOST_BEFORE_ANY
        if is_none or self._transient >= _MOST_TRANSIENT:
            self.last = error

    def end(self) -> None:
        """Raise the first failure, if there is any.

        Raises:
            Exception: The error of the first trial that failed, with a note that has
                the trial's name and the number of trials that failed the same way.
        """
        if not self._failed:
            return
        name, first = self._failed[0]
        kind = type(first), code(first)
        more = sum((type(e), code(e)) == kind for _, e in self._failed) - 1
        first.add_note(f"trials {name} and {more} more" if more else f"trial {name}")
        raise first
