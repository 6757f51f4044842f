"""Validates a Singer state, and lists the scopes in it.

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
    """Check that every stream can read its part of a Singer state.

    Args:
        state: The state, as the user passed it.
        readers: For each stream, by name, a function that parses its state of one
            scope and raises StateError if it cannot.

    Raises:
        StateError: The state is not a Singer state, or a stream cannot read its part.
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
    """List the scopes for which any stream has state.

    Args:
        state: A Singer state that passed `check`.

    Returns:
        Their `account_id` and `region`, sorted.
    """
    pairs = set()
    for bookmark in state.get("bookmarks", {}).values():
        entries = bookmark.get("partitions", [])
        for entry in entries if isinstance(entries, list) else []:
            match entry:
                case {"context": {"account_id": str(account), "region": str(region)}}:
                    pairs.add((account, region))
                case _:
                    pass
    return [{"account_id": account, "region": name} for account, name in sorted(pairs)]


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
    """The account and region of an entry."""
    match entry.get("context"):
        case {"account_id": str(account), "region": str(region), **rest} if not rest:
            return account, region
        case other:
            msg = f"{stream}: {other!r} is not an account_id and a region"
            raise StateError(msg)
