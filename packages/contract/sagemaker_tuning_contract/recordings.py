"""Recordings: folders of redacted exchanges, each with an archive of itself to share.

A recording appears whole or not at all. Its files have constant times and neutral
names, which do not reveal when or where it was made.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import tempfile
import zipfile
import zlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sagemaker_tuning_contract.exchanges import Exchange, Recording
from sagemaker_tuning_contract.redaction import Redactor
from sagemaker_tuning_contract.vocabulary import (
    is_allowed,
    operations,
    unknown,
    words,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

ARCHIVE = "recording.zip"
"""The file to share: it has all the other files of a recording."""

MANIFEST = "manifest.json"
"""The file that lists the others, each with its SHA-256."""

_TIME = 315_532_800  # 1980, where a zip file's times begin
_TOKENS = re.compile(r"[^\W_]{4,}")
"""Text that must not leak from the answers: four letters or digits in a row."""

_NAME = re.compile(r"(scope-\d{1,4})/\d{3}-[A-Za-z]{1,60}\.json")
_KINDS: Mapping[str, type | tuple[type, ...]] = {
    "operation": str,
    "request": dict,
    "status": int,
    "answer": (dict, type(None)),
    "at": (int, float, type(None)),
}
"""By member of an exchange, the types that it can have."""


_UNREADABLE = (
    *(EOFError, NotImplementedError, OSError, RuntimeError, zipfile.BadZipFile),
    zlib.error,
)


class LeakError(Exception):
    """A file would have contained text from the original answers."""


class RecordingError(Exception):
    """A recording is incomplete or malformed; the message says what is wrong."""


def redacted(exchanges: Sequence[Exchange], *, with_metrics: bool) -> list[str]:
    """Make the contents of a recording's files, and check all of them for leaks.

    Args:
        exchanges: The calls to one scope and their answers.
        with_metrics: Keep the values of metrics.

    Returns:
        One JSON text per exchange.

    Raises:
        LeakError: Redaction left some of the original text.
        ArithmeticError, AttributeError, LookupError, RecursionError, TypeError,
        ValueError: An answer is too malformed to redact.
    """
    redactor = Redactor(exchanges, with_metrics=with_metrics)
    originals: set[str] = set()
    for exchange in exchanges:
        for text in _texts([exchange.request, exchange.answer]):
            originals.update(_TOKENS.findall(text.lower()))
    contents = []
    for exchange in exchanges:
        content = json.dumps(redactor.redacted(exchange), indent=1) + "\n"
        if _leaks(content, originals):
            msg = "redaction left text from the answers"
            raise LeakError(msg)
        contents.append(content)
    return contents


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
    left = [value]
    while left:  # a stack: brackets in a text can be nested deeper than Python recurses
        value = left.pop()
        match value:
            case str():
                inner = _parsed(value)
                if isinstance(inner, dict | list):
                    left.append(inner)
                else:
                    yield value
            case dict():
                yield from value
                left += value.values()
            case list() | tuple():
                left += value
            case _:
                pass


def _parsed(text: str) -> Any:
    try:
        return json.loads(text) if text[:1] in {"{", "["} else None
    except (RecursionError, ValueError):
        return None


def refusal(folder: Path) -> str | None:
    """Why a recording cannot become this folder; None if it can.

    Raises:
        OSError: The folder cannot be read.
    """
    if folder.is_symlink() or (folder.exists() and not folder.is_dir()):
        return "is not a folder"
    return "is not empty" if folder.exists() and any(folder.iterdir()) else None


def save(folder: Path, scopes: Mapping[int, Sequence[str]]) -> None:
    """Write a recording and its archive: files in a private folder, renamed at the end.

    Args:
        folder: The folder to create; it may exist if it is empty.
        scopes: By number of a scope, the contents of its files.

    Raises:
        OSError: The recording cannot be written, or the folder is in use; no file is
            left.
    """
    files = {
        f"scope-{scope}/{number:03}-{json.loads(text)['operation']}.json": text
        for scope, contents in scopes.items()
        for number, text in enumerate(contents, start=1)
    }
    sums = {name: _sum(text.encode()) for name, text in files.items()}
    files[MANIFEST] = json.dumps({"files": sums}, indent=1) + "\n"
    folder.parent.mkdir(parents=True, exist_ok=True)
    draft = Path(tempfile.mkdtemp(prefix=".recording-", dir=folder.parent))
    try:
        with zipfile.ZipFile(draft / ARCHIVE, "x") as archive:
            for name, text in files.items():
                (draft / name).parent.mkdir(exist_ok=True)
                with (draft / name).open("x", encoding="utf-8", newline="") as file:
                    file.write(text)
                entry = zipfile.ZipInfo(name)  # of 1980, and of nobody
                entry.create_system, entry.external_attr = 3, 0o600 << 16
                entry.compress_type = zipfile.ZIP_DEFLATED
                archive.writestr(entry, text)
        for path in sorted((draft, *draft.rglob("*")), reverse=True):
            path.chmod(0o700 if path.is_dir() else 0o600)
            os.utime(path, (_TIME, _TIME))
        draft.rename(folder)
    except BaseException:
        shutil.rmtree(draft, ignore_errors=True)
        raise


def read(path: Path) -> list[Recording]:
    """Read a recording, and check that it is whole.

    Args:
        path: The folder, or its archive.

    Returns:
        The exchanges of each scope, in order of the scopes' numbers.

    Raises:
        RecordingError: It is incomplete, was changed, or is not a recording.
    """
    try:
        files = _files_of(path)
    except _UNREADABLE as error:
        msg = f"cannot be read: {getattr(error, 'strerror', None) or error}"
        raise RecordingError(msg) from error
    sums = _sums(files)
    if missing := sums.keys() - files.keys():
        msg = f"lacks {min(missing)}"
        raise RecordingError(msg)
    if added := files.keys() - sums.keys() - {MANIFEST, ARCHIVE}:
        msg = f"has {min(added)!r}, which {MANIFEST} does not list"
        raise RecordingError(msg)
    scopes: dict[str, list[Exchange]] = {}
    for name in sorted(sums, key=_place):
        if _sum(files[name]) != sums[name]:
            msg = f"{name} was changed after it was recorded"
            raise RecordingError(msg)
        scopes.setdefault(name.partition("/")[0], []).append(
            _exchange(name, files[name])
        )
    return [Recording(exchanges) for exchanges in scopes.values()]


def _files_of(path: Path) -> dict[str, bytes]:
    """The contents of all files in a folder or an archive, by relative path."""
    if path.is_dir():
        return {
            file.relative_to(path).as_posix(): file.read_bytes()
            for file in path.rglob("*")
            if file.is_file()
        }
    with zipfile.ZipFile(path) as archive:
        return {
            entry.filename: archive.read(entry)
            for entry in archive.infolist()
            if not entry.is_dir()
        }


def _sums(files: Mapping[str, bytes]) -> dict[str, str]:
    """The manifest: the checksum of each file."""
    if MANIFEST not in files:
        msg = f"has no {MANIFEST}: it is not a recording, or an incomplete one"
        raise RecordingError(msg)
    try:
        sums: dict[str, str] = json.loads(files[MANIFEST])["files"]
        is_fine = bool(sums) and all(_NAME.fullmatch(name) for name in sums)
    except (AttributeError, LookupError, RecursionError, TypeError, ValueError):
        is_fine = False
    if not (is_fine and isinstance(sums, dict)):
        msg = f"{MANIFEST} is malformed"
        raise RecordingError(msg)
    return sums


def _place(name: str) -> tuple[int, str]:
    """Where a file comes in a recording: scopes in order of their numbers."""
    scope, _, file = name.partition("/")
    return int(scope.removeprefix("scope-")), file


def _exchange(name: str, content: bytes) -> Exchange:
    """Parse a file of a recording."""
    try:
        members = json.loads(content)
        exchange = Exchange(**members)
    except (RecursionError, TypeError, ValueError) as error:
        msg = f"{name} is not an exchange"
        raise RecordingError(msg) from error
    for member, kinds in _KINDS.items():
        value = members[member]
        if not isinstance(value, kinds) or isinstance(value, bool):
            msg = f"{name} has a malformed {member}"
            raise RecordingError(msg)
    if exchange.operation not in operations():
        msg = f"{name} has an unknown operation"
        raise RecordingError(msg)
    return exchange


def _sum(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
