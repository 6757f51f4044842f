"""Pages of a listing, and the opaque tokens that lead from one to the next.

Nobody knows what is inside the service's own. By default a token names the last item's
place in the order, so what is created or deleted between two pages neither repeats nor
hides anything else. With `Tokens.offsets` it is a number of rows, and rows shift.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from itertools import islice
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
        after: The place of the last item that was given, or how many rows to leave
            out; None: from the start.
        passed_empty: The empty page before this one has been given.
    """

    after: Place | int | None = None
    passed_empty: bool = False


class Tokens:
    """Makes and reads NextTokens.

    Args:
        secret: Another emulator's tokens are foreign.

    Attributes:
        seconds: For how long, in emulated seconds, a token is good; None: for ever.
        offsets: Tokens are numbers of rows, not places.
    """

    def __init__(self, secret: bytes) -> None:
        self._secret = secret
        self.seconds: float | None = None
        self.offsets = False

    def issue(self, bound: str, position: Position, now: datetime) -> str:
        """A token for `position`, good only with the request described by `bound`."""
        told = [now.timestamp(), position.after, position.passed_empty]
        content = json.dumps(told).encode()
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
        return Position(
            tuple(after) if isinstance(after, list) else after, passed_empty
        )

    def _digest(self, bound: str, content: bytes) -> bytes:
        key = bound.encode() + b"\0" + content
        return hmac.new(self._secret, key, hashlib.sha256).digest()[:_DIGEST_BYTES]


@dataclass(frozen=True, slots=True)
class Page(Generic[Item]):
    """Some items of a listing, and what the next page begins after; None: no more."""

    items: list[Item]
    last: Place | int | None


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which page of a listing.

    Attributes:
        after: The place after which it begins, or how many rows come before it;
            None: from the start.
        descending: Whether places fall from page to page.
        size: Its most items.
    """

    after: Place | int | None
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
    if isinstance(wanted.after, tuple) and wanted.descending:
        rest = ordered[: bisect_left(ordered, wanted.after, key=place)]
    elif isinstance(wanted.after, tuple):
        rest = ordered[bisect_right(ordered, wanted.after, key=place) :]
    rows = filter(kept, reversed(rest) if wanted.descending else rest)
    first = wanted.after if isinstance(wanted.after, int) else 0
    items = list(islice(rows, first, first + wanted.size))
    more = next(rows, None) is not None
    return Page(items, place(items[-1]) if more else None)
