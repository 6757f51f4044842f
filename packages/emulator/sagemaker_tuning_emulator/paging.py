"""Pages of a listing, and the opaque tokens that lead to the next page.

The content of the service's own tokens is unknown. By default, a token holds the last
item's sort key, so items that are created or deleted between two pages do not repeat or
hide others. With `Tokens.offsets` it is a row number, and rows can shift.
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

from sagemaker_tuning_emulator.errors import invalid

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

Item = TypeVar("Item")
Place = tuple[str | float | int, ...]
_DIGEST_BYTES = 20


@dataclass(frozen=True, slots=True)
class Position:
    """The position at which a listing continues.

    Attributes:
        after: The sort key of the last item returned, or the number of rows to skip;
            None for the start.
        passed_empty: Whether the empty page before this one was already returned.
    """

    after: Place | int | None = None
    passed_empty: bool = False


class Tokens:
    """Issues and reads NextTokens.

    Args:
        secret: The key that signs tokens; tokens signed with another key are rejected.

    Attributes:
        seconds: Lifetime of a token, in emulated seconds; None for unlimited.
        offsets: Whether tokens are row numbers instead of sort keys.
    """

    def __init__(self, secret: bytes) -> None:
        self._secret = secret
        self.seconds: float | None = None
        self.offsets = False

    def issue(self, bound: str, position: Position, now: datetime) -> str:
        """Return a token for `position`, valid only for the request `bound`."""
        told = [now.timestamp(), position.after, position.passed_empty]
        content = json.dumps(told).encode()
        return base64.b64encode(self._digest(bound, content) + content).decode()

    def read(self, bound: str, token: str, now: datetime) -> Position:
        """Return the token's position.

        Raises:
            ServiceError: The token is damaged, expired, from another emulator, or for
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
    """Some items of a listing, and what the next page starts after; None if last."""

    items: list[Item]
    last: Place | int | None


@dataclass(frozen=True, slots=True)
class Wanted:
    """The page of a listing to return.

    Attributes:
        after: The sort key after which it starts, or the number of rows before it; None
            for the start.
        descending: Whether the order is descending.
        size: The most items on the page.
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
    """Return a page of a listing.

    Args:
        ordered: All items, in ascending order.
        place: Returns an item's sort key, which must be unique.
        kept: Returns whether the listing includes an item.
        wanted: The page to return.
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
