"""One call of a modelled operation, and the pages of its answers."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from emulator.paging import Page, Place, Position, Tokens

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime

    from emulator.organization import Organization
    from emulator.price_list import Price
    from emulator.scopes import Scope

Item = TypeVar("Item")


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One call of a modelled operation.

    Attributes:
        operation: The API's name of it.
        params: Its checked parameters, timestamps as datetimes.
        scope: The account and region that it was signed for.
        prices: The emulator's price list.
        organization: The emulator's organization.
        now: The emulated instant at which it is answered.
        tokens: What makes and reads NextTokens.
        page_fault: Whether a fault of that kind strikes the page being made.
        metric_fault: Whether a fault of that kind strikes a metric of that name, of
            that training job.
    """

    operation: str
    params: Mapping[str, Any]
    scope: Scope
    prices: Sequence[Price]
    organization: Organization
    now: datetime
    tokens: Tokens
    page_fault: Callable[[str], bool]
    metric_fault: Callable[[str, str, str], bool]

    def page(
        self, cut: Callable[[Place | int | None], Page[Item]]
    ) -> tuple[list[Item], dict[str, str]]:
        """The items of the page asked for, and its NextToken, if any, as a member.

        Args:
            cut: The page that begins after a place, or after a number of rows; its
                `last` is what the next one begins after.

        Raises:
            ServiceError: The NextToken is not good for this request.
        """
        asked = self.params.get("NextToken")
        bound = self._bound()
        position = Position()
        if asked:
            position = self.tokens.read(bound, asked, self.now)

        def token(next_position: Position) -> dict[str, str]:
            return {"NextToken": self.tokens.issue(bound, next_position, self.now)}

        if not position.passed_empty and self.page_fault("empty_pages"):
            return [], token(Position(position.after, passed_empty=True))
        page = cut(position.after)
        if asked and self.page_fault("repeat_token"):
            return page.items, {"NextToken": asked}
        return page.items, {} if page.last is None else token(Position(page.last))

    def rows(
        self, rows: Sequence[Item], size: int
    ) -> tuple[list[Item], dict[str, str]]:
        """A page, as `page` gives it, of rows that a token counts."""

        def cut(after: Place | int | None) -> Page[Item]:
            begun = after if isinstance(after, int) else 0
            end = begun + size
            return Page(list(rows[begun:end]), end if end < len(rows) else None)

        return self.page(cut)

    def _bound(self) -> str:
        """What a NextToken is bound to: everything but itself."""
        params = {name: self.params[name] for name in sorted(self.params)}
        params.pop("NextToken", None)
        home = self.scope.home
        return json.dumps(
            [home.account, home.region, self.operation, params], default=str
        )
