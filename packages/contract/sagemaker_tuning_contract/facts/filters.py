"""Facts about listings: filters, and tokens from other requests."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from sagemaker_tuning_contract.exchanges import JOB, NAMES
from sagemaker_tuning_contract.fact import ASSUMED, DOCS, Calls, fact
from sagemaker_tuning_contract.facts.values import METRIC, has_ended, seconds
from tap_sagemaker_tuning.aws.operations import LIST_TRIALS, LIST_TUNING_JOBS
from tap_sagemaker_tuning.values import finite

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sagemaker_tuning_contract.exchanges import Item, Recording

_NEW = 120.0  # seconds: anything younger can be missing from a listing
_OURS = (LIST_TUNING_JOBS, LIST_TRIALS)


@fact(
    13,
    "A NextToken sent with parameters other than its own fails with "
    "ValidationException.",
    source=ASSUMED,
    needs={Calls.SMALL_PAGES, Calls.FOREIGN_TOKEN},
    breaks="A starting_token that you set for another request would list something "
    "else, without an error. The tap uses a token from state only with the request "
    "it belongs to.",
)
def foreign_tokens(seen: Recording) -> Iterator[bool]:
    """Pages requested with such a token."""
    for exchange in seen.foreign:
        yield exchange.error_code == "ValidationException"


@fact(
    14,
    "NameContains finds all names that contain the text, regardless of case, and no "
    "others.",
    source=ASSUMED,
    needs={Calls.JOBS, Calls.NAME},
    breaks="With name_contains, tuning jobs whose names have another case would be "
    "missing.",
)
def name_contains(seen: Recording) -> Iterator[bool]:
    """Each name that was found or should have been."""
    known = {item[JOB]: seconds(item["CreationTime"]) for item, _ in seen.jobs}
    for listing in seen.listings(LIST_TUNING_JOBS):
        part = listing.request.get("NameContains")
        if part is None:
            continue
        for name in listing.names:
            yield part.lower() in name.lower()
        if listing.has_ended:
            for name, created in known.items():
                if part.lower() in name.lower() and created < listing.at - _NEW:
                    yield name in listing.names


@fact(
    15,
    "A listing with StatusEquals has only items with that status.",
    source=DOCS,
    needs={Calls.STATUS},
    breaks="A FULL_TABLE read with status_equals would have rows with other statuses.",
)
def status_only(seen: Recording) -> Iterator[bool]:
    """Each item of such a listing."""
    for listing in seen.listings(*_OURS):
        wanted = listing.request.get("StatusEquals")
        if wanted is not None:
            for item in listing.items:
                yield _status(item) == wanted


@fact(
    16,
    "A listing with StatusEquals has all items with that status, even if its pages are "
    "short.",
    source=ASSUMED,
    needs={Calls.JOBS, Calls.STATUS, Calls.TRIALS},
    breaks="A FULL_TABLE read with status_equals would miss rows.",
)
def status_all(seen: Recording) -> Iterator[bool]:
    """Each item that another listing shows as ended with that status."""
    for listing in seen.listings(*_OURS):
        wanted = listing.request.get("StatusEquals")
        if wanted is None or not listing.has_ended:
            continue
        names = listing.names
        for other in seen.listings(*_OURS):
            if other.target != listing.target or "StatusEquals" in other.request:
                continue
            for item in other.items:
                if _status(item) == wanted and has_ended(item):
                    yield item[NAMES[listing.operation]] in names


def _status(item: Item) -> str:
    status = item.get("TrainingJobStatus") or item["HyperParameterTuningJobStatus"]
    return str(status)


@fact(
    17,
    "SortBy FinalObjectiveMetricValue leaves out trials without a metric, and sorts "
    "the others by it.",
    source=DOCS,
    needs={Calls.TRIALS, Calls.METRIC},
    breaks="A FULL_TABLE read with this sort_by would differ from the setting's "
    "documentation in its rows or their order.",
)
def sorted_by_metric(seen: Recording) -> Iterator[bool]:
    """Each item, and each item against the next one."""
    for listing in seen.listings(LIST_TRIALS):
        if not listing.asks(SortBy="FinalObjectiveMetricValue", SortOrder="Descending"):
            continue
        for item in listing.items:
            yield METRIC in item
        values = [item[METRIC]["Value"] for item in listing.items if METRIC in item]
        numbers = [value for each in values if (value := finite(each)[0]) is not None]
        for better, other in pairwise(numbers):
            yield better >= other
