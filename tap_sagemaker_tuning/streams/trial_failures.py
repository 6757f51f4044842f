"""Trials of one visit that could not be described: each costs its own row only."""

from __future__ import annotations

from tap_sagemaker_tuning.aws.errors import code, is_transient

_MOST_BEFORE_ANY = 10
"""Trials that fail before any was described, after which no more are described."""

_MOST_TRANSIENT = 3
"""Likewise, trials in a row that the service fails: each takes a minute of tries."""


class TrialFailures:
    """The trials of a visit that could not be described, and when to stop trying.

    Attributes:
        last: The last error, once describing more of them is not worth the calls.
    """

    def __init__(self) -> None:
        """Start with none."""
        self.last: Exception | None = None
        self._failed: list[tuple[str, Exception]] = []
        self._transient = 0
        self._has_described = False

    def described(self) -> None:
        """Note that a trial could be described."""
        self._transient = 0
        self._has_described = True

    def note(self, name: str, error: Exception) -> None:
        """Note that a trial could not be described."""
        self._failed.append((name, error))
        self._transient = self._transient + 1 if is_transient(error) else 0
        is_none = not self._has_described and len(self._failed) >= _MOST_BEFORE_ANY
        if is_none or self._transient >= _MOST_TRANSIENT:
            self.last = error

    def end(self) -> None:
        """End the visit.

        Raises:
            Exception: That of the first trial that failed, with a note that names it
                and says how many failed alike.
        """
        if not self._failed:
            return
        name, first = self._failed[0]
        kind = type(first), code(first)
        more = sum((type(e), code(e)) == kind for _, e in self._failed) - 1
        first.add_note(f"trials {name} and {more} more" if more else f"trial {name}")
        raise first
