"""The form of the state: what one stream remembers of one scope between syncs.

In a Singer state it is an entry of the stream's `partitions`, beside its `context`
(`account_id` and `region`), with strings and integers only:

    {"replication_key": "creation_time",
     "replication_key_value": "2026-03-02T09:00:00.123Z",   the frontier
     "version": 1,
     "filters": {"name_contains": "churn"},                 made under these settings
     "open": {"churn-7": {"created": "2026-03-02T08:10:00.500Z",
                          "since": "2026-03-02T08:55:00.000Z",
                          "rows": 12}},                     12 trials before `since`
     "settled": {"churn-6": "2026-03-02T08:05:00.000Z"}}    created in the overlap

What these mean, and why they are enough, is in `replication`. Pure: no I/O.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from tap_sagemaker_tuning.values import timestamp

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

VERSION = 1
"""Version of the form."""


class StateError(ValueError):
    """A state that can not be read; the text says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """The settings that a sync was limited by: under others, state says nothing."""

    start_date: str | None = None
    tuning_job_names: tuple[str, ...] | None = None
    name_contains: str | None = None
    status_equals: str | None = None

    @classmethod
    def of(cls, config: Mapping[str, Any]) -> Filters:
        """Take the filters from the settings, each in one form only."""
        names = config.get("tuning_job_names")
        start = config.get("start_date")
        return cls(
            start_date=start and timestamp(start),
            tuning_job_names=names and tuple(sorted(name.lower() for name in names)),
            name_contains=config.get("name_contains"),
            status_equals=config.get("status_equals"),
        )

    def to_json(self) -> dict[str, Any]:
        """Write the filters that are set."""
        return {
            name: list(value) if isinstance(value, tuple) else value
            for name, value in asdict(self).items()
            if value is not None
        }

    def keep(self, made_under: Mapping[str, Any]) -> bool:
        """Whether state made under those filters holds under these.

        It does if they are the same but for a later `start_date`, which many compute
        anew each day: whatever that leaves out was read already.
        """
        old, new = dict(made_under), self.to_json()
        was, start = old.pop("start_date", ""), new.pop("start_date", "")
        return old == new and bool(was <= start)


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenJob:
    """A tuning job that can still change.

    Attributes:
        name: Its name, as the API returned it.
        created: Its creation time.
        since: Trials created at or after this are read again; None: all.
        rows: How many trials were created before `since`, all of them final.
        checked: How often it is read whole because counters and trials disagree.
        failed: Since when it could not be read; None: the last time it could.
    """

    name: str
    created: str
    since: str | None = None
    rows: int = 0
    checked: int = 0
    failed: str | None = None


@dataclass(slots=True)
class ScopeState:
    """What one stream remembers of one scope.

    Attributes:
        filters: What it was made under.
        frontier: Tuning jobs created before this have been visited; None: none.
        open: The tuning jobs that can still change, by name in lower case.
        settled: Creation times of those in the overlap that can not, likewise.
    """

    filters: Filters
    frontier: str | None = None
    open: dict[str, OpenJob] = field(default_factory=dict)
    settled: dict[str, str] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """Write the state, without its `context`."""
        frontier = {
            "replication_key": "creation_time",
            "replication_key_value": self.frontier,
        }
        return {
            **(frontier if self.frontier else {}),
            "version": VERSION,
            "filters": self.filters.to_json(),
            "open": {
                job.name: {
                    part: value
                    for part, value in asdict(job).items()
                    if value and part != "name"
                }
                for job in self.open.values()
            },
            "settled": dict(self.settled),
        }

    @classmethod
    def from_json(
        cls, raw: Mapping[str, Any], filters: Filters
    ) -> tuple[ScopeState, str | None]:
        """Read the state.

        Args:
            raw: What `to_json` wrote, or an empty mapping.
            filters: What this sync is limited by.

        Returns:
            The state, and a sentence if the one given can not serve and all is read
            from the start.

        Raises:
            StateError: The state is damaged, or of a version that is not known.
        """
        nothing = cls(filters)
        if "version" not in raw:
            if "replication_key_value" not in raw:
                return nothing, None
            return nothing, (
                "its state is a plain Singer bookmark, which can not tell how the "
                "trials ended: all is read again"
            )
        if raw["version"] != VERSION:
            msg = f"version {raw['version']!r} is not known, only {VERSION} is"
            raise StateError(msg)
        try:
            state = cls(
                filters=filters,
                frontier=_time_or_none(raw.get("replication_key_value")),
                open={
                    name.lower(): OpenJob(
                        name=name,
                        created=_time(job["created"]),
                        since=_time_or_none(job.get("since")),
                        rows=int(job.get("rows", 0)),
                        checked=int(job.get("checked", 0)),
                        failed=_time_or_none(job.get("failed")),
                    )
                    for name, job in raw.get("open", {}).items()
                },
                settled={
                    name: _time(created)
                    for name, created in raw.get("settled", {}).items()
                },
            )
            is_kept = filters.keep(raw.get("filters", {}))
        except (
            AttributeError,
            KeyError,
            OverflowError,
            TypeError,
            ValueError,
        ) as error:
            msg = f"it is damaged ({type(error).__name__}: {error})"
            raise StateError(msg) from error
        if is_kept or state.frontier is None:
            return state, None
        return nothing, "the filters have changed: all is read again"


def _time(value: Any) -> str:
    """Check a time of the state."""
    if not isinstance(value, str) or timestamp(value) != value:
        msg = f"{value!r} is not a time"
        raise ValueError(msg)
    return value


def _time_or_none(value: Any) -> str | None:
    """Check a time of the state that may be missing."""
    return None if value is None else _time(value)


def check(state: Mapping[str, Any], streams: Sequence[str], filters: Filters) -> None:
    """Check a Singer state before it is used.

    Args:
        state: What the tap was given.
        streams: The streams whose state is looked at.
        filters: What this sync is limited by.

    Raises:
        StateError: The state can not be read.
    """
    if state and "bookmarks" not in state:
        msg = (
            "is not a Singer state, which has bookmarks (of a STATE message the value)"
        )
        raise StateError(msg)
    try:
        bookmarks = state.get("bookmarks", {})
        for bookmark in bookmarks.values():
            bookmark.items()
        for stream in streams:
            contexts = []
            for entry in _entries(bookmarks.get(stream, {})):
                contexts.append(_context(stream, entry))
                where = f"{stream}, {', '.join(contexts[-1])}"
                if contexts[-1] in contexts[:-1]:
                    msg = f"{where}: is there twice"
                    raise StateError(msg)
                try:
                    ScopeState.from_json(entry, filters)
                except StateError as error:
                    msg = f"{where}: {error}"
                    raise StateError(msg) from error
    except (AttributeError, TypeError) as error:
        msg = "is not a Singer state"
        raise StateError(msg) from error


def _entries(bookmark: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The entries of a stream's state, a scope each."""
    entries = bookmark.get("partitions", [])
    if not isinstance(entries, list):
        raise TypeError
    return entries


def _context(stream: str, entry: Mapping[str, Any]) -> tuple[str, str]:
    """The account and region that an entry is about."""
    match entry.get("context"):
        case {"account_id": str(account), "region": str(region), **rest} if not rest:
            return account, region
        case other:
            msg = f"{stream}: {other!r} is not an account_id and a region"
            raise StateError(msg)
