"""Recordings: folders of redacted exchanges, one file per exchange."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from sagemaker_tuning_contract.exchanges import Exchange, Recording
from sagemaker_tuning_contract.redaction import Redactor
from sagemaker_tuning_contract.vocabulary import is_allowed, unknown, words

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

_TOKENS = re.compile(r"[^\W_]{4,}")
"""Text that must not leak from the answers: four letters or digits in a row."""


class LeakError(Exception):
    """A file would have contained text from the original answers."""


def write(folder: Path, exchanges: Sequence[Exchange], *, with_metrics: bool) -> int:
    """Write a recording, one file per exchange, after checking all of them for leaks.

    Args:
        folder: The folder to create and write to.
        exchanges: The calls to one scope and their answers.
        with_metrics: Keep the values of metrics.

    Returns:
        The number of files.

    Raises:
        LeakError: Redaction left some of the original text; no file was written.
        ArithmeticError, AttributeError, LookupError, TypeError, ValueError: An answer
            is too malformed to redact; no file was written.
        OSError: A file cannot be written; all files were removed.
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
            msg = "redaction left text from the answers"
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
    """Whether a file has text that is neither a known word nor a pseudonym."""
    for text in _texts(json.loads(content)):
        if text in words():
            continue
        if not is_allowed(text) or originals & set(_TOKENS.findall(unknown(text))):
            return True
    return False


def _texts(value: Any) -> Iterator[str]:
    """Yield all texts of an exchange, including keys and texts in embedded JSON."""
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
        folder: A recording, or a folder of recordings.

    Returns:
        A recording for each folder that has JSON files, in order of their paths.
    """
    by_folder: dict[Path, list[Exchange]] = {}
    for path in sorted(folder.rglob("*.json")):
        found = json.loads(path.read_text(encoding="utf-8"))
        by_folder.setdefault(path.parent, []).append(Exchange(**found))
    return [Recording(exchanges) for exchanges in by_folder.values()]
