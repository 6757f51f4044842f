"""What a run came to in each scope: for the table `scopes`, and for the last line."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field


@dataclass
class ScopeResult:
    """What all streams together came to in one scope.

    Attributes:
        started_at: This machine's time when it was begun with.
        began: The service's time when its tuning jobs were listed; None: they were not.
        ended_at: This machine's time when it was done with; None: not yet.
        listed: How many tuning jobs were listed.
        visited: Names of the tuning jobs that some stream visited.
        failed: Keys of those that a stream could not read.
        unlisted: Keys of those that could not be listed, or asked for.
        open: Keys of those that can still change.
        trials: How many trials each stream of trials read, by its name.
    """

    started_at: str
    began: str | None = None
    ended_at: str | None = None
    listed: int = 0
    visited: set[str] = field(default_factory=set)
    failed: set[str] = field(default_factory=set)
    unlisted: set[str] = field(default_factory=set)
    open: set[str] = field(default_factory=set)
    trials: Counter[str] = field(default_factory=Counter)

    @property
    def read(self) -> int:
        """How many tuning jobs were visited, and read by every stream that did."""
        return len(self.visited) - len(self.failed)

    @property
    def trials_read(self) -> int:
        """How many trials the stream read that read most: they read the same ones."""
        return max(self.trials.values(), default=0)
