"""Pages of a listing, and the opaque tokens that lead from one to the next.

A token names the last item's place in the order, not an offset: so what is created
or deleted between two pages neither repeats nor hides anything else.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

from emulator.errors import invalid

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

Item = TypeVar("Item")
Place = tuple[str | float | int, ...]
_DIGEST_BYTES = 20


@dataclass(frozen=True, slots=True)
class Position:
    """Where a listing goes on.

    Attributes:
        after: The place of the last item that was given; None: from the start.
        passed_empty: The empty page before this one has been given.
    """

    after: Place | None = None
    passed_empty: bool = False


class Tokens:
    """Makes and reads NextTokens.

    Args:
        secret: Another emulator's tokens are foreign.
        seconds: For how long, in emulated seconds, a token is good; None: for ever.
    """

    def __init__(self, secret: bytes, seconds: float | None = None) -> None:
        self._secret = secret
        self.seconds = seconds

    def issue(self, bound: str, position: Position, now: datetime) -> str:
        """A token for `position`, good only with the request described by `bound`."""
        after = None if position.after is None else list(position.after)
        content = json.dumps([now.timestamp(), after, position.passed_empty]).encode()
        return base64.b64encode(self._digest(bound, content) + content).decode()

    def read(self, bound: str, token: str, now: datetime) -> Position:
        """The token's position.

        Raises:
            ServiceError: The token is damaged, foreign, expired, or was issued for
                other parameters.
        """
        try:
            raw = base64.b64decode(token, validate=True)
        except (binascii.Error, ValueError):
            raw = b""
        digest, content = raw[:_DIGEST_BYTES], raw[_DIGEST_BYTES:]
        if not hmac.compare_digest(digest, self._digest(bound, content)):
            message = "The NextToken is invalid or belongs to another request."
            raise invalid(message)
        issued, after, passed_empty = json.loads(content)
        if self.seconds is not None and now.timestamp() - issued > self.seconds:
            message = "The NextToken has expired."
            raise invalid(message)
        return Position(None if after is None else tuple(after), passed_empty)

    def _digest(self, bound: str, content: bytes) -> bytes:
        key = bound.encode() + b"\0" + content
        return hmac.new(self._secret, key, hashlib.sha256).digest()[:_DIGEST_BYTES]


@dataclass(frozen=True, slots=True)
class Page(Generic[Item]):
    """Some items of a listing, and the place of the last; `last` None: no more."""

    items: list[Item]
    last: Place | None


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which page of a listing.

    Attributes:
        after: The place after which it begins; None: from the start.
        descending: Whether places fall from page to page.
        size: Its most items.
    """

    after: Place | None
    descending: bool
    size: int


def cut(
    ordered: Sequence[Item],
    place: Callable[[Item], Place],
    kept: Callable[[Item], bool],
    wanted: Wanted,
) -> Page[Item]:
    """The next page of a listing.

    Args:
        ordered: All items, their places rising.
        place: An item's place in that order; no two items share one.
        kept: Whether the listing has an item at all.
        wanted: Which page.
    """
    rest = ordered
    if wanted.after is not None and wanted.descending:
        rest = ordered[: bisect_left(ordered, wanted.after, key=place)]
    elif wanted.after is not None:
        rest = ordered[bisect_right(ordered, wanted.after, key=place) :]
    items: list[Item] = []
    for item in reversed(rest) if wanted.descending else rest:
        if not kept(item):
            continue
        if len(items) == wanted.size:
            return Page(items, place(items[-1]))
        items.append(item)
    return Page(items, None)
