"""Facts about listings: orders, pages and tokens."""

from __future__ import annotations

from itertools import combinations, pairwise
from typing import TYPE_CHECKING

from tap_sagemaker_tuning.aws.operations import (
    GET_PRODUCTS,
    LIST_TRIALS,
    LIST_TUNING_JOBS,
    SEARCH,
)
from tap_sagemaker_tuning.contract.exchanges import NAMES
from tap_sagemaker_tuning.contract.fact import ASSUMED, DOCS, MODEL, RECORDED, fact
from tap_sagemaker_tuning.contract.facts.values import seconds

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tap_sagemaker_tuning.contract.exchanges import Item, Listing, Recording

_NEW = 120.0  # seconds: what is younger can be missing in the earlier of two listings
_MOST = 100
_DEFAULT = 10
_FILTERS = ("StatusEquals", "NameContains")
_ALL = (LIST_TUNING_JOBS, LIST_TRIALS, SEARCH, GET_PRODUCTS)
_OURS = (LIST_TUNING_JOBS, LIST_TRIALS)
_INVALID = "ValidationException"


def _falls(items: list[Item]) -> Iterator[bool]:
    for one, other in pairwise(items):
        yield seconds(one["CreationTime"]) >= seconds(other["CreationTime"])


@fact(
    1,
    "Tuning jobs sorted by CreationTime, Descending, come newest first.",
    source=DOCS,
    breaks="The tap stops listing at the first tuning job that is older than what it "
    "knows, so tuning jobs that come after it would never be read.",
)
def jobs_newest_first(seen: Recording) -> Iterator[bool]:
    """Each summary against the next one."""
    for listing in seen.listings(LIST_TUNING_JOBS):
        if listing.asks(SortBy="CreationTime", SortOrder="Descending"):
            yield from _falls(listing.items)


@fact(
    2,
    "Trials sorted by CreationTime, Descending, come newest first, ties in any order.",
    source=DOCS,
    breaks="The tap stops listing trials below its watermark, so trials that come "
    "after it would keep the status they had when they were first read.",
)
def trials_newest_first(seen: Recording) -> Iterator[bool]:
    """Each summary against the next one."""
    for listing in seen.listings(LIST_TRIALS):
        if listing.asks(SortBy="CreationTime", SortOrder="Descending"):
            yield from _falls(listing.items)


@fact(
    3,
    "With SortOrder Ascending the oldest come first.",
    source=DOCS,
    breaks="A FULL_TABLE read with sort_order, and a resumed one, would come in "
    "another order than it was asked for.",
)
def ascending(seen: Recording) -> Iterator[bool]:
    """Each summary against the one before."""
    for listing in seen.listings(*_OURS):
        if listing.asks(SortBy="CreationTime", SortOrder="Ascending"):
            yield from _falls(listing.items[::-1])


@fact(
    4,
    "Without SortBy and SortOrder the newest come first.",
    source=ASSUMED,
    breaks="Nothing: the tap always asks for an order. The emulator would be wrong.",
)
def default_order(seen: Recording) -> Iterator[bool]:
    """Each summary against the next one."""
    for listing in seen.listings(*_OURS):
        if listing.asks(SortBy=None, SortOrder=None, MaxResults=None):
            yield from _falls(listing.items)


@fact(
    5,
    "Without MaxResults a page has at most 10 items.",
    source=DOCS,
    breaks="Nothing: the tap always asks for a size. The emulator would be wrong.",
)
def default_size(seen: Recording) -> Iterator[bool]:
    """Pages that have more than 10, or that are not the last."""
    for listing in seen.listings(*_OURS):
        for page in listing.pages:
            count = len(page.items)
            if listing.asks(MaxResults=None) and (page.token or count > _DEFAULT):
                yield count <= _DEFAULT


@fact(
    6,
    "A page has at most MaxResults items.",
    source=MODEL,
    breaks="Search asks for the names of one page at a time, and memory is bounded by "
    "pages: more items than asked for can exceed the limits of both.",
)
def page_size(seen: Recording) -> Iterator[bool]:
    """Pages that are full, or that are not the last."""
    for listing in seen.listings(*_ALL):
        most = listing.request.get("MaxResults", 0)
        for page in listing.pages:
            count = len(page.items)
            if 0 < most <= _MOST and (page.token or count >= most):
                yield count <= most


@fact(
    7,
    "MaxResults above 100 is refused with ValidationException.",
    source=MODEL,
    breaks="Nothing is lost. Larger pages would be possible, and a sync would take "
    "fewer calls.",
)
def largest_size(seen: Recording) -> Iterator[bool]:
    """Calls that asked for more."""
    for operation in _OURS:
        for one in seen.of(operation):
            if one.request.get("MaxResults", 0) > _MOST and one.is_answer:
                yield one.error_code == _INVALID


@fact(
    8,
    "No NextToken comes twice in a listing.",
    source=DOCS,
    breaks="A listing that goes in a circle never ends; the tap fails such a tuning "
    "job, and its rows go stale.",
)
def tokens(seen: Recording) -> Iterator[bool]:
    """Each token against those before it."""
    for listing in seen.listings(*_ALL):
        known: set[str] = set()
        for page in listing.pages:
            if page.token is not None:
                yield page.token not in known
                known.add(page.token)


@fact(
    9,
    "A listing shows nothing twice.",
    source=ASSUMED,
    breaks="Rows are upserted on their key, so no duplicate is kept. But where one "
    "comes twice another can be missing; the counters tell that, and the tuning job "
    "is read again.",
)
def nothing_twice(seen: Recording) -> Iterator[bool]:
    """Each item against those before it."""
    for listing in seen.listings(*_OURS):
        names = listing.names
        for number, name in enumerate(names):
            yield name not in names[:number]


def _alike(seen: Recording) -> Iterator[tuple[Listing, Listing]]:
    """Pairs of unfiltered listings of the same."""
    plain = [
        listing
        for listing in seen.listings(*_OURS)
        if not set(_FILTERS) & listing.request.keys()
        and listing.request.get("SortBy") in {None, "CreationTime"}
    ]
    for one, other in combinations(plain, 2):
        if one.target == other.target:
            yield one, other


def _old(listing: Listing, before: float) -> list[str]:
    """Names of what was created early enough to be in both of two listings."""
    return [
        item[NAMES[listing.operation]]
        for item in listing.items
        if seconds(item["CreationTime"]) < before
    ]


def _order(listing: Listing) -> str:
    return str(listing.request.get("SortOrder", "Descending"))


@fact(
    10,
    "A listing ends with the first page without NextToken, empty or not, and has shown "
    "everything then, in pages of any size.",
    source=DOCS,
    breaks="Trials and tuning jobs would be missing from the tables. For trials the "
    "counters tell that, and the tuning job is read again for a day.",
)
def nothing_missing(seen: Recording) -> Iterator[bool]:
    """Two listings of the same: one is the beginning of the other, or both are all."""
    for one, other in _alike(seen):
        before = min(one.at, other.at) - _NEW
        names, others = _old(one, before), _old(other, before)
        if one.has_ended and other.has_ended:
            yield set(names) == set(others)
        elif _order(one) == _order(other):
            if one.has_ended or other.has_ended:
                whole, part = (names, others) if one.has_ended else (others, names)
                yield set(part) <= set(whole)
            fewer = min(len(names), len(others))
            yield set(names[:fewer]) == set(others[:fewer])


@fact(
    11,
    "Items of the same second come in the same order in every call.",
    source=ASSUMED,
    breaks="At the border of two pages a trial could be shown twice and its "
    "neighbour never. The counters tell that, and the tuning job is read again.",
)
def ties(seen: Recording) -> Iterator[bool]:
    """Two listings in the same order, up to the end of the shorter one."""
    for one, other in _alike(seen):
        before = min(one.at, other.at) - _NEW
        names, others = _old(one, before), _old(other, before)
        fewer = min(len(names), len(others))
        if fewer and _order(one) == _order(other):
            yield names[:fewer] == others[:fewer]


@fact(
    12,
    "An empty page with a NextToken leads on.",
    source=RECORDED,
    breaks="The tap follows empty pages; what stands behind them would not be read.",
)
def empty_pages(seen: Recording) -> Iterator[bool]:
    """Each empty page whose next one was asked for."""
    for listing in seen.listings(*_ALL):
        for page, following in pairwise(listing.pages):
            if not page.items:
                yield following.is_fine
