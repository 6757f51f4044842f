"""Facts about listings: sort orders, pages and tokens."""

from __future__ import annotations

from itertools import combinations, pairwise
from typing import TYPE_CHECKING

from sagemaker_tuning_contract.exchanges import NAMES
from sagemaker_tuning_contract.fact import ASSUMED, DOCS, MODEL, RECORDED, Calls, fact
from sagemaker_tuning_contract.facts.values import seconds
from tap_sagemaker_tuning.aws.operations import (
    GET_PRODUCTS,
    LIST_TRIALS,
    LIST_TUNING_JOBS,
    SEARCH,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sagemaker_tuning_contract.exchanges import Item, Listing, Recording

_NEW = 120.0  # seconds: anything younger can be missing from the earlier listing
_MOST = 100
_DEFAULT = 10
_FILTERS = ("StatusEquals", "NameContains")
_ALL = (LIST_TUNING_JOBS, LIST_TRIALS, SEARCH, GET_PRODUCTS)
_OURS = (LIST_TUNING_JOBS, LIST_TRIALS)
_INVALID = "ValidationException"


def _falls(items: list[Item]) -> Iterator[bool]:
    for newer, other in pairwise(items):
        yield seconds(newer["CreationTime"]) >= seconds(other["CreationTime"])


@fact(
    1,
    "Tuning jobs sorted by CreationTime, Descending, come newest first.",
    source=DOCS,
    needs={Calls.JOBS},
    breaks="Some tuning jobs would never be read: the tap stops listing at the first "
    "one that is older than the lookback window.",
)
def jobs_newest_first(seen: Recording) -> Iterator[bool]:
    """Each summary against the next one."""
    for listing in seen.listings(LIST_TUNING_JOBS):
        if listing.asks(SortBy="CreationTime", SortOrder="Descending"):
            yield from _falls(listing.items)


@fact(
    2,
    "Trials sorted by CreationTime, Descending, come newest first, with ties in any "
    "order.",
    source=DOCS,
    needs={Calls.TRIALS},
    breaks="Some trials would keep the status they had when first read: the tap stops "
    "listing at the first trial older than the tuning job's watermark.",
)
def trials_newest_first(seen: Recording) -> Iterator[bool]:
    """Each summary against the next one."""
    for listing in seen.listings(LIST_TRIALS):
        if listing.asks(SortBy="CreationTime", SortOrder="Descending"):
            yield from _falls(listing.items)


@fact(
    3,
    "With SortOrder Ascending, the oldest come first.",
    source=DOCS,
    needs={Calls.OLDEST},
    breaks="A FULL_TABLE read with sort_order, and a resumed one, would not come in "
    "the order you set.",
)
def ascending(seen: Recording) -> Iterator[bool]:
    """Each summary against the one before."""
    for listing in seen.listings(*_OURS):
        if listing.asks(SortBy="CreationTime", SortOrder="Ascending"):
            yield from _falls(listing.items[::-1])


@fact(
    4,
    "Without SortBy and SortOrder, the newest come first.",
    source=ASSUMED,
    needs={Calls.DEFAULTS},
    breaks="Nothing: the tap always sets an order. The emulator would be wrong.",
)
def default_order(seen: Recording) -> Iterator[bool]:
    """Each summary against the next one."""
    for listing in seen.listings(*_OURS):
        if listing.asks(SortBy=None, SortOrder=None, MaxResults=None):
            yield from _falls(listing.items)


@fact(
    5,
    "Without MaxResults, a page has at most 10 items.",
    source=DOCS,
    needs={Calls.DEFAULTS},
    breaks="Nothing: the tap always sets a page size. The emulator would be wrong.",
)
def default_size(seen: Recording) -> Iterator[bool]:
    """Each page that has more than 10 items or is not the last."""
    for listing in seen.listings(*_OURS):
        for page in listing.pages:
            count = len(page.items)
            if listing.asks(MaxResults=None) and (page.token or count > _DEFAULT):
                yield count <= _DEFAULT


@fact(
    6,
    "A page has at most MaxResults items.",
    source=MODEL,
    needs={Calls.SMALL_PAGES},
    breaks="Larger pages could exceed the limits of Search, which takes the names of "
    "one page at a time, and of memory, which is bounded by pages.",
)
def page_size(seen: Recording) -> Iterator[bool]:
    """Each page that is full or not the last."""
    for listing in seen.listings(*_ALL):
        most = listing.request.get("MaxResults", 0)
        for page in listing.pages:
            count = len(page.items)
            if 0 < most <= _MOST and (page.token or count >= most):
                yield count <= most


@fact(
    7,
    "MaxResults above 100 fails with ValidationException.",
    source=MODEL,
    needs={Calls.TOO_LARGE},
    breaks="Nothing is lost. Larger pages would be possible, and a sync could take "
    "fewer calls.",
)
def largest_size(seen: Recording) -> Iterator[bool]:
    """Calls that requested more."""
    for operation in _OURS:
        for exchange in seen.of(operation):
            if exchange.request.get("MaxResults", 0) > _MOST and exchange.is_answer:
                yield exchange.error_code == _INVALID


@fact(
    8,
    "No NextToken occurs twice in a listing.",
    source=DOCS,
    needs={Calls.SMALL_PAGES},
    breaks="A listing that goes in circles never ends. The tap stops listing; the "
    "tuning job or the scope counts as failed, and its rows go stale.",
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
    "A listing has no item twice.",
    source=ASSUMED,
    needs={Calls.JOBS, Calls.TRIALS},
    breaks="No duplicates are kept, since rows are upserted by key. But if one trial "
    "is listed twice, another can be missing; the counters reveal that, and the tuning "
    "job is read again.",
)
def nothing_twice(seen: Recording) -> Iterator[bool]:
    """Each item against those before it."""
    for listing in seen.listings(*_OURS):
        names = listing.names
        for number, name in enumerate(names):
            yield name not in names[:number]


def _alike(seen: Recording) -> Iterator[tuple[Listing, Listing]]:
    """Pairs of unfiltered listings with the same target."""
    plain = [
        listing
        for listing in seen.listings(*_OURS)
        if not set(_FILTERS) & listing.request.keys()
        and listing.request.get("SortBy") in {None, "CreationTime"}
    ]
    for listing, other in combinations(plain, 2):
        if listing.target == other.target:
            yield listing, other


def _old(listing: Listing, before: float) -> list[str]:
    """The names of items created early enough to be in both of two listings."""
    return [
        item[NAMES[listing.operation]]
        for item in listing.items
        if seconds(item["CreationTime"]) < before
    ]


def _order(listing: Listing) -> str:
    return str(listing.request.get("SortOrder", "Descending"))


@fact(
    10,
    "A listing ends with the first page without NextToken, empty or not, and is "
    "complete then, for any page size.",
    source=DOCS,
    needs={Calls.JOBS, Calls.DEFAULTS, Calls.SMALL_PAGES},
    breaks="Trials and tuning jobs would be missing from the tables. For trials, the "
    "counters reveal that, and the tuning job is read again for a day.",
)
def nothing_missing(seen: Recording) -> Iterator[bool]:
    """Each pair of alike listings: they are equal, or one begins with the other."""
    for listing, other in _alike(seen):
        before = min(listing.at, other.at) - _NEW
        names, others = _old(listing, before), _old(other, before)
        if listing.has_ended and other.has_ended:
            yield set(names) == set(others)
        elif _order(listing) == _order(other):
            if listing.has_ended or other.has_ended:
                whole, part = (names, others) if listing.has_ended else (others, names)
                yield set(part) <= set(whole)
            fewer = min(len(names), len(others))
            yield set(names[:fewer]) == set(others[:fewer])


@fact(
    11,
    "Items created in the same second come in the same order in every call.",
    source=ASSUMED,
    needs={Calls.JOBS, Calls.SMALL_PAGES, Calls.TRIALS},
    breaks="Where one page ends and the next begins, a trial could be listed twice and "
    "its neighbor never. The counters reveal that, and the tuning job is read again.",
)
def ties(seen: Recording) -> Iterator[bool]:
    """Each pair of listings in the same order, up to the end of the shorter one."""
    for listing, other in _alike(seen):
        before = min(listing.at, other.at) - _NEW
        names, others = _old(listing, before), _old(other, before)
        fewer = min(len(names), len(others))
        if fewer and _order(listing) == _order(other):
            yield names[:fewer] == others[:fewer]


@fact(
    12,
    "The NextToken of an empty page leads to another page.",
    source=RECORDED,
    needs={Calls.SMALL_PAGES},
    breaks="Items after an empty page would not be read: the tap reaches them only "
    "through that page's token.",
)
def empty_pages(seen: Recording) -> Iterator[bool]:
    """Each empty page whose next page was requested."""
    for listing in seen.listings(*_ALL):
        for page, following in pairwise(listing.pages):
            if not page.items:
                yield following.is_fine
