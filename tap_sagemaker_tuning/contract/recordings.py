"""Recordings: folders of redacted exchanges, one file each."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from tap_sagemaker_tuning.contract.exchanges import Exchange, Recording
from tap_sagemaker_tuning.contract.redaction import Redactor
from tap_sagemaker_tuning.contract.vocabulary import is_allowed, unknown, words

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

_TOKENS = re.compile(r"[^\W_]{4,}")
"""What counts as text of the original: four letters or digits in a row."""


class LeakError(Exception):
    """A file would have had something of the original text in it."""


def write(folder: Path, exchanges: Sequence[Exchange], *, with_metrics: bool) -> int:
    """Write a recording, one file per exchange, having looked through all of them.

    Args:
        folder: Where; it is made.
        exchanges: What was asked and answered in a scope.
        with_metrics: Keep the values of metrics.

    Returns:
        How many files there are.

    Raises:
        LeakError: Something of the original text was left; no file is.
        ArithmeticError, AttributeError, LookupError, TypeError, ValueError: An answer
            is so odd that it cannot be redacted; no file is left.
        OSError: A file cannot be written; none is left.
    """
    redactor = Redactor(exchanges, with_metrics=with_metrics)
    originals: set[str] = set()
    for one in exchanges:
        for text in _texts([one.request, one.answer]):
            originals.update(_TOKENS.findall(text.lower()))
    files: dict[Path, str] = {}
    for number, one in enumerate(exchanges, start=1):
        content = json.dumps(redactor.redacted(one), indent=1) + "\n"
        if _leaks(content, originals):
            msg = "text of the answers was left"
            raise LeakError(msg)
        files[folder / f"{number:03}-{one.operation}.json"] = content
    folder.mkdir(parents=True, exist_ok=True)
    try:
        for path, content in files.items():
            path.write_text(content, encoding="utf-8")
    except BaseException:
        for path in files:
            path.unlink(missing_ok=True)
        raise
    return len(files)


def _leaks(content: str, originals: set[str]) -> bool:
    """Whether a file would have a text that is neither known nor a pseudonym."""
    for text in _texts(json.loads(content)):
        if text in words():
            continue
        if not is_allowed(text) or originals & set(_TOKENS.findall(unknown(text))):
            return True
    return False


def _texts(value: Any) -> Iterator[str]:
    """All texts of an exchange: keys, and JSON within text, as well."""
    match value:
        case str():
            inner = _parsed(value)
            if isinstance(inner, dict | list):
                yield from _texts(inner)
            else:
                yield value
        case dict():
            for key, each in value.items():
                yield key
                yield from _texts(each)
        case list() | tuple():
            for each in value:
                yield from _texts(each)
        case _:
            pass


def _parsed(text: str) -> Any:
    try:
        return json.loads(text) if text[:1] in {"{", "["} else None
    except (RecursionError, ValueError):
        return None


def read(folder: Path) -> list[Recording]:
    """Read recordings.

    Args:
        folder: One, or a folder of them.

    Returns:
        One for each folder that has any, in order.
    """
    by_folder: dict[Path, list[Exchange]] = {}
    for path in sorted(folder.rglob("*.json")):
        found = json.loads(path.read_text(encoding="utf-8"))
        by_folder.setdefault(path.parent, []).append(Exchange(**found))
    return [Recording(exchanges) for exchanges in by_folder.values()]
