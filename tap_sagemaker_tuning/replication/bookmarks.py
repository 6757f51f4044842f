"""Checks a Singer state before it is used.

Pure: no I/O.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tap_sagemaker_tuning.exceptions import StateError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tap_sagemaker_tuning.replication.state import Entry


def check(
    state: Mapping[str, Any], readers: Mapping[str, Callable[[Entry], object]]
) -> None:
    """Check a Singer state before it is used.

    Args:
        state: What the tap was given.
        readers: By the stream's name, what reads its state of a scope.

    Raises:
        StateError: The state cannot be read.
    """
    if state and "bookmarks" not in state:
        msg = "is not a Singer state: pass the value of the last STATE message"
        raise StateError(msg)
    try:
        bookmarks = state.get("bookmarks", {})
        for bookmark in bookmarks.values():
            bookmark.items()
        for stream, read in readers.items():
            _check_stream(stream, bookmarks.get(stream, {}), read)
    except (AttributeError, TypeError) as error:
        msg = "is not a Singer state"
        raise StateError(msg) from error


def contexts(state: Mapping[str, Any]) -> list[dict[str, str]]:
    """Find the scopes that a state knows.

    Args:
        state: A Singer state that was checked.

    Returns:
        The `account_id` and `region` of each that any stream has a state of, sorted.
    """
    found = set()
    for bookmark in state.get("bookmarks", {}).values():
        entries = bookmark.get("partitions", [])
        for entry in entries if isinstance(entries, list) else []:
            match entry:
                case {"context": {"account_id": str(account), "region": str(region)}}:
                    found.add((account, region))
                case _:
                    pass
    return [{"account_id": account, "region": name} for account, name in sorted(found)]


def _check_stream(
    stream: str, bookmark: Mapping[str, Any], read: Callable[[Entry], object]
) -> None:
    entries = bookmark.get("partitions", [])
    if not isinstance(entries, list):
        raise TypeError
    contexts = []
    for entry in entries:
        contexts.append(_context(stream, entry))
        where = f"{stream}, {', '.join(contexts[-1])}"
        if contexts[-1] in contexts[:-1]:
            msg = f"{where}: is listed twice"
            raise StateError(msg)
        try:
            read(entry)
        except StateError as error:
            msg = f"{where}: {error}"
            raise StateError(msg) from error


def _context(stream: str, entry: Entry) -> tuple[str, str]:
    """The account and region that an entry is about."""
    match entry.get("context"):
        case {"account_id": str(account), "region": str(region), **rest} if not rest:
            return account, region
        case other:
            msg = f"{stream}: {other!r} is not an account_id and a region"
            raise StateError(msg)
