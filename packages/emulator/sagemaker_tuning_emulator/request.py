"""A call of an emulated operation, and the pages of its answers."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from sagemaker_tuning_emulator.paging import Page, Place, Position, Tokens

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime

    from sagemaker_tuning_emulator.organization import Organization
    from sagemaker_tuning_emulator.price_list import Price
    from sagemaker_tuning_emulator.scopes import Scope

Item = TypeVar("Item")


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A call of an emulated operation.

    Attributes:
        operation: The API's name of the operation.
        params: Its checked parameters, with timestamps as datetimes.
        scope: The account and region for which it was signed.
        prices: The emulator's price list.
        organization: The emulator's organization.
        now: The emulated time at which it is answered.
        tokens: Issues and reads NextTokens.
        page_fault: Returns whether a fault of a kind affects the current page.
        metric_fault: Returns whether a fault of a kind affects a metric, by name and
            training job.
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
        """Return the requested page's items, and its NextToken, if any, as a member.

        Args:
            cut: Returns the page that starts after a sort key or a number of rows; its
                `last` is what the next page starts after.

        Raises:
            ServiceError: The NextToken is not valid for this request.
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
        """Return a page of rows like `page`, with row numbers as tokens."""

        def cut(after: Place | int | None) -> Page[Item]:
            begun = after if isinstance(after, int) else 0
            end = begun + size
            return Page(list(rows[begun:end]), end if end < len(rows) else None)

        return self.page(cut)

    def _bound(self) -> str:
        """Return what a NextToken is bound to: everything in the request but itself."""
        params = {name: self.params[name] for name in sorted(self.params)}
        params.pop("NextToken", None)
        home = self.scope.home
        return json.dumps(
            [home.account, home.region, self.operation, params], default=str
        )
