"""Writes for people: a terminal gets color, and lines that fit; a pipe gets neither."""

from __future__ import annotations

import os
import sys
from textwrap import wrap
from typing import IO, TYPE_CHECKING, Any, TypeGuard

import click
from typing_extensions import override

if TYPE_CHECKING:
    from collections.abc import Iterable

_WIDTH = 80  # columns of a terminal that does not say
_LEAST = 20  # columns of text beside a long head


class Failure(click.ClickException):
    """An error of the command, whose last sentence says what to do."""

    @override
    def show(self, file: IO[Any] | None = None) -> None:
        error(self.message)


def error(line: str) -> None:
    """Write an error to standard error; its last sentence says what to do."""
    tell("Error: ", *with_remedy(line), hue="red")


def with_remedy(line: str) -> list[str]:
    """Split an error into what happened, and its last sentence: what to do."""
    said, stop, remedy = line.rpartition(". ")
    return [f"{said}.", remedy] if stop else [line]


def tell(head: str, *parts: str, hue: str | None = None, err: bool = True) -> None:
    """Write one fact, to standard error unless `err` is False; see `laid_out`."""
    stream = sys.stderr if err else sys.stdout
    click.echo(laid_out(stream, head, parts, hue), err=err, color=True)


def laid_out(
    stream: IO[str] | None, head: str, parts: Iterable[str], hue: str | None = None
) -> str:
    """Return one fact as a stream shows it.

    Args:
        stream: The stream; None if it is closed.
        head: Its first words, in color if the stream gets color.
        parts: The rest. A terminal gets each part on lines of its own, which fit and
            are aligned with the first; any other stream gets all on one line.
        hue: The color of the head; None for bold.
    """
    room = max(_columns(stream) - len(head), _LEAST) if is_terminal(stream) else 0
    if room:
        parts = [
            line
            for part in parts
            for line in wrap(part, room, break_long_words=False, break_on_hyphens=False)
        ]
    if head and is_colored(stream):
        shown = click.style(head, fg=hue, bold=hue is None or None)
    else:
        shown = head
    return shown + (f"\n{' ' * len(head)}" if room else " ").join(parts)


def is_terminal(stream: IO[str] | None) -> TypeGuard[IO[str]]:
    """Whether a stream is a terminal; one that was closed at the start is None."""
    return stream is not None and stream.isatty()


def is_colored(stream: IO[str] | None) -> bool:
    """Whether to color: NO_COLOR and FORCE_COLOR decide, otherwise terminals do.

    A terminal that says that it is dumb gets none.
    """
    if os.environ.get("NO_COLOR"):
        return False
    is_able = is_terminal(stream) and os.environ.get("TERM") != "dumb"
    return bool(os.environ.get("FORCE_COLOR")) or is_able


def _columns(stream: IO[str]) -> int:
    return os.get_terminal_size(stream.fileno()).columns or _WIDTH
