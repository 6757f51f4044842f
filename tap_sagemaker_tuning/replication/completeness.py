"""How far a scope's tables are known to be complete: the state of `scopes`.

    {"version": 1,
     "filters": {},                                       the settings it holds for
     "complete_as_of": "2026-03-02T09:00:00.123Z",        for all selected streams
     "complete_streams": {"tuning_jobs": "2026-03-02T09:00:00.123Z"}}

Pure: no I/O.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tap_sagemaker_tuning.replication.state import (
    VERSION,
    Entry,
    Filters,
    check_version,
    saved_time,
    saved_time_or_none,
    undamaged,
)
from tap_sagemaker_tuning.values import shift

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping
    from datetime import timedelta


UNFINISHED = "unfinished"
"""The member of a stream's state in a scope that began from nothing, until the stream
has been read to its end there: what an earlier state said no longer holds."""


@dataclass(slots=True)
class Completeness:
    """How far each stream's table is known to be complete, in one scope.

    Attributes:
        filters: The only filters that it holds for.
        streams: The time until which each stream's table is complete, by name.
    """

    filters: Filters
    streams: dict[str, str] = field(default_factory=dict)

    def note(self, streams: Mapping[str, timedelta], began: str) -> None:
        """Record that a sync read these streams completely.

        Args:
            streams: Their lateness, by name: how long after its last change a row may
                still be missing.
            began: The service's time when the sync began to list.
        """
        self.streams |= {
            name: shift(began, -lateness) for name, lateness in streams.items()
        }

    def as_of(self, streams: Iterable[str]) -> str | None:
        """The time until which all these tables are complete; None: one never was.

        Without names, the time for all streams recorded here.
        """
        known = [self.streams.get(name, "") for name in [*streams] or self.streams]
        return min(known, default="") or None

    def to_json(self, as_of: str | None) -> dict[str, Any]:
        """Serialize it without its `context`, with `as_of` up front for people."""
        return {
            "version": VERSION,
            "filters": self.filters.to_json(),
            **({"complete_as_of": as_of} if as_of else {}),
            "complete_streams": dict(self.streams),
        }

    @classmethod
    def from_json(cls, raw: Entry, filters: Filters) -> Completeness:
        """Parse what `to_json` wrote; if the filters changed, nothing is complete.

        Args:
            raw: The entry, or an empty mapping.
            filters: The filters of this sync.

        Raises:
            StateError: The entry is damaged, or its version is unknown.
        """
        if "version" not in raw:
            return cls(filters)
        check_version(raw)
        with undamaged():
            saved_time_or_none(raw.get("complete_as_of"))
            before = Filters.from_json(raw.get("filters", {}))
            streams = {
                name: saved_time(time)
                for name, time in raw.get("complete_streams", {}).items()
            }
        return cls(filters, streams if filters.follow(before) else {})


def without_cleared(
    state: Mapping[str, Any], stream: str, stateless: Collection[str]
) -> dict[str, Any]:
    """Drop the completeness of streams whose own state was cleared.

    Clearing a stream's state goes with clearing its table, by hand or with Airbyte's
    "Clear data", and may leave the state of the stream `scopes` untouched.

    Args:
        state: A Singer state that passed `check`; it is not modified.
        stream: The name of the stream `scopes`.
        stateless: Names of the streams that keep no state of their own.

    Returns:
        The state, where a stream is complete in a scope only if it has state there,
        from a read to its end, or keeps none.
    """
    bookmarks = dict(state.get("bookmarks", {}))
    if "partitions" not in bookmarks.get(stream, {}):
        return dict(state)

    def without(entry: Entry) -> Entry:
        known = entry.get("complete_streams", {})
        kept = {
            name: time
            for name, time in known.items()
            if name in stateless or _has_state(bookmarks, name, entry["context"])
        }
        return {**entry, "complete_streams": kept} if kept != known else entry

    entries = [without(entry) for entry in bookmarks[stream]["partitions"]]
    bookmarks[stream] = {**bookmarks[stream], "partitions": entries}
    return {**state, "bookmarks": bookmarks}


def _has_state(bookmarks: Entry, stream: str, context: Mapping[str, str]) -> bool:
    entries = bookmarks.get(stream, {}).get("partitions", [])
    return any(
        "version" in entry and UNFINISHED not in entry
        for entry in entries
        if entry["context"] == context
    )
