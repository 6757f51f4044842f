"""The state format: what one stream remembers about one scope between syncs.

In a Singer state it is an entry of the stream's `partitions`, next to its `context`
(`account_id` and `region`), with strings and integers only:

    {"replication_key": "creation_time",
     "replication_key_value": "2026-03-02T09:00:00.123Z",   the high-water mark
     "version": 1,
     "filters": {"name_contains": "churn"},                 the settings it holds for
     "open": {"churn-7": {"created": "2026-03-02T08:10:00.500Z",
                          "arn": "arn:aws:sagemaker:…/churn-7", as first listed
                          "since": "2026-03-02T08:55:00.000Z",
                          "rows": 12}},                     12 trials before `since`
     "settled": {"churn-6": "2026-03-02T08:05:00.000Z"}}    in the lookback window

The package's docstring says what these mean and why they are enough. Pure: no I/O.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, fields, replace
from typing import TYPE_CHECKING, Any

from tap_sagemaker_tuning.exceptions import StateError
from tap_sagemaker_tuning.values import timestamp

if TYPE_CHECKING:
    from tap_sagemaker_tuning.settings import Settings

VERSION = 1
"""Version of the format."""

Entry = Mapping[str, Any]
"""A Singer state's entry for one stream in one scope."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """The settings that limit a sync; state is valid for these, and see `follow`."""

    start_date: str | None = None
    tuning_job_names: tuple[str, ...] | None = None
    name_contains: str | None = None
    status_equals: str | None = None

    @classmethod
    def of(cls, settings: Settings) -> Filters:
        """Take the filters from the settings, normalized for comparison."""
        names = settings.tuning_job_names
        start = settings.start_date
        return cls(
            start_date=start and timestamp(start),
            tuning_job_names=names and tuple(sorted(name.lower() for name in names)),
            name_contains=settings.name_contains,
            status_equals=settings.status_equals,
        )

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> Filters:
        """Parse what `to_json` wrote.

        Raises:
            TypeError, ValueError: It is malformed.
        """
        filters = cls(**raw)
        names = filters.tuning_job_names
        return replace(
            filters,
            start_date=saved_time_or_none(filters.start_date),
            tuning_job_names=None if names is None else tuple(names),
        )

    def to_json(self) -> dict[str, Any]:
        """Serialize the filters that are set."""
        return {
            name: list(value) if isinstance(value, tuple) else value
            for name, value in _members(self)
            if value is not None
        }

    def follow(self, before: Filters) -> bool:
        """Whether state made under earlier filters is valid under these.

        They must be the same, except that `start_date` may be later: many compute it
        daily. It takes effect once everything the earlier one let in is read.
        """
        is_later = (self.start_date or "") >= (before.start_date or "")
        return is_later and replace(self, start_date=before.start_date) == before


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadOnce:
    """Which trials of a tuning job have been read by a stream that reads each once.

    A time alone would not do: the API can show a trial's end late, or with a time that
    lies before the last visit, and one response can have a wrong time.

    Attributes:
        until: The service's time of the last visit.
        newest: The creation time of the newest trial that was listed; empty: none was.
        unread: Names of the trials that were listed but not read, such as those that
            were running: no more than run in parallel.
        refused: Names of the metrics that CloudWatch refuses.
    """

    until: str
    newest: str = ""
    unread: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()

    def has_read(self, name: str, created: str, complete_at: str) -> bool:
        """Whether a listed trial has been read.

        Args:
            name: The trial's name.
            created: Its creation time.
            complete_at: The first time at which it could be read.
        """
        was_listed = created <= self.newest and name not in self.unread
        # A listing can skip a trial, which is then not among the unread ones.
        return was_listed and complete_at <= self.until

    @classmethod
    def from_json_or_none(cls, raw: Mapping[str, Any] | None) -> ReadOnce | None:
        """Parse what `to_json` wrote, if there is anything.

        Raises:
            AttributeError, KeyError, TypeError, ValueError: It is malformed.
        """
        if raw is None:
            return None
        return cls(
            until=saved_time(raw["until"]),
            newest=saved_time_or_none(raw.get("newest")) or "",
            unread=_saved_texts(raw.get("unread", [])),
            refused=_saved_texts(raw.get("refused", [])),
        )

    def to_json(self) -> dict[str, Any]:
        """Serialize what is set."""
        return {
            part: list(value) if isinstance(value, tuple) else value
            for part, value in _members(self)
            if value
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenJob:
    """A tuning job that can still change.

    Attributes:
        name: Its name, as the API returned it.
        created: Its creation time.
        arn: Its ARN, as first listed; None: unknown.
        since: Trials created at or after this are read again; None: all.
        rows: How many trials were created before `since`, all of them final.
        checked: 0 until counters and trials disagree; 1 once that has led to a full
            re-read, 2 once the next mismatch abandons it.
        ended: When it was first seen to have ended; None: not yet.
        failed: When it first could not be read or was not listed, for the same kind of
            failure (`denied`) as last; None: the last visit succeeded.
        asked: When it was last asked for in vain; None: the last visit succeeded.
        denied: 1 if AWS then denied access to this tuning job but not to others.
        read_once: Which trials have been read, for a stream that reads each only once;
            None: not visited yet, or everything is read again.
    """

    name: str
    created: str
    arn: str | None = None
    since: str | None = None
    rows: int = 0
    checked: int = 0
    ended: str | None = None
    failed: str | None = None
    asked: str | None = None
    denied: int = 0
    read_once: ReadOnce | None = None

    @classmethod
    def from_json(cls, name: str, raw: Mapping[str, Any]) -> OpenJob:
        """Parse what `to_json` wrote.

        Raises:
            AttributeError, KeyError, OverflowError, TypeError, ValueError: It is
                malformed.
        """
        return cls(
            name=name,
            created=saved_time(raw["created"]),
            arn=_saved_text(raw.get("arn")),
            since=saved_time_or_none(raw.get("since")),
            rows=int(raw.get("rows", 0)),
            checked=int(raw.get("checked", 0)),
            ended=saved_time_or_none(raw.get("ended")),
            failed=saved_time_or_none(raw.get("failed")),
            asked=saved_time_or_none(raw.get("asked")),
            denied=int(raw.get("denied", 0)),
            read_once=ReadOnce.from_json_or_none(raw.get("read_once")),
        )

    def to_json(self) -> dict[str, Any]:
        """Serialize what is set, without the name."""
        members = {
            part: value for part, value in _members(self) if value and part != "name"
        }
        if self.read_once:
            members["read_once"] = self.read_once.to_json()
        return members


@dataclass(slots=True)
class ScopeState:
    """What one stream remembers about one scope.

    Attributes:
        filters: The filters that it holds for.
        high_water_mark: Every tuning job created before this has been visited; None:
            none was seen yet.
        open: The tuning jobs that can still change, by name in lower case.
        settled: Creation times of the settled tuning jobs in the lookback window, by
            name in lower case.
    """

    filters: Filters
    high_water_mark: str | None = None
    open: dict[str, OpenJob] = field(default_factory=dict)
    settled: dict[str, str] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """Serialize the state, without its `context`."""
        high_water_mark = {
            "replication_key": "creation_time",
            "replication_key_value": self.high_water_mark,
        }
        return {
            **(high_water_mark if self.high_water_mark else {}),
            "version": VERSION,
            "filters": self.filters.to_json(),
            "open": {job.name: job.to_json() for job in self.open.values()},
            "settled": dict(self.settled),
        }

    @classmethod
    def from_json(cls, raw: Entry, filters: Filters) -> tuple[ScopeState, str | None]:
        """Parse the state.

        Args:
            raw: What `to_json` wrote, or an empty mapping.
            filters: The filters of this sync.

        Returns:
            The state; and, if the saved one is unusable and everything is read again,
            a sentence that says why.

        Raises:
            StateError: The state is damaged, or its version is unknown.
        """
        nothing = cls(filters)
        if "version" not in raw:
            if "replication_key_value" not in raw:
                return nothing, None
            return nothing, (
                "its state is a plain Singer bookmark, which cannot show how trials "
                "ended: everything is read again"
            )
        check_version(raw)
        with undamaged():
            state = cls(
                filters=Filters.from_json(raw.get("filters", {})),
                high_water_mark=saved_time_or_none(raw.get("replication_key_value")),
                open={
                    name.lower(): OpenJob.from_json(name, job)
                    for name, job in raw.get("open", {}).items()
                },
                settled={
                    name: saved_time(created)
                    for name, created in raw.get("settled", {}).items()
                },
            )
        if filters.follow(state.filters):
            return state, None
        if state.high_water_mark is None:
            return nothing, None
        return nothing, "the filters have changed: everything is read again"


def saved_time(value: Any) -> str:
    """Return a time from the state, checked.

    Raises:
        ValueError: It is not a time in the format of `values.timestamp`.
    """
    if not isinstance(value, str) or timestamp(value) != value:
        msg = f"{value!r} is not a time"
        raise ValueError(msg)
    return value


def saved_time_or_none(value: Any) -> str | None:
    """Return a time from the state that may be missing, checked."""
    return None if value is None else saved_time(value)


def _members(part: Filters | ReadOnce | OpenJob) -> Iterator[tuple[str, Any]]:
    """Each member of a part of the state, which `asdict` would copy."""
    for each in fields(part):
        yield each.name, getattr(part, each.name)


def _saved_text(value: Any) -> str | None:
    """Return text from the state that may be missing, checked."""
    if value is not None and not isinstance(value, str):
        msg = f"{value!r} is not text"
        raise TypeError(msg)
    return value


def _saved_texts(value: Any) -> tuple[str, ...]:
    """Return a list of text from the state, checked."""
    if not isinstance(value, list) or not all(isinstance(text, str) for text in value):
        msg = f"{value!r} is not a list of text"
        raise TypeError(msg)
    return tuple(value)


def check_version(raw: Entry) -> None:
    """Check that a state's version is known.

    Raises:
        StateError: It is unknown.
    """
    if raw["version"] != VERSION:
        msg = f"version {raw['version']!r} is unknown, expected {VERSION}"
        raise StateError(msg)


@contextmanager
def undamaged() -> Iterator[None]:
    """Report a damaged state as a StateError.

    Raises:
        StateError: The block could not parse it.
    """
    try:
        yield
    except (
        AttributeError,
        KeyError,
        OverflowError,
        TypeError,
        ValueError,
    ) as error:
        msg = f"it is damaged ({type(error).__name__}: {error})"
        raise StateError(msg) from error
