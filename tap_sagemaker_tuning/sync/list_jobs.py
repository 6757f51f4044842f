"""Lists the tuning jobs of a scope, with as few calls as the state allows.

A listing goes from the newest down through the lookback window. Open tuning jobs that
no page shows are described by name.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from botocore.exceptions import BotoCoreError, ClientError

from tap_sagemaker_tuning.aws.errors import is_denied
from tap_sagemaker_tuning.exceptions import TapError, UnreadableError, readable
from tap_sagemaker_tuning.replication.listing import (
    ListedJob,
    Listing,
    Unreadable,
    needs_more,
)
from tap_sagemaker_tuning.replication.tally import creation_time
from tap_sagemaker_tuning.values import OddError, items, members, required

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tap_sagemaker_tuning.aws.pages import Page
    from tap_sagemaker_tuning.replication.listing import Wanted
    from tap_sagemaker_tuning.replication.state import Filters
    from tap_sagemaker_tuning.values import Summary

_HOPELESS = 3
"""Calls that fail one after the other before the scope fails."""

_SUMMARY = {
    "HyperParameterTuningJobName",
    "HyperParameterTuningJobArn",
    "HyperParameterTuningJobStatus",
    "Strategy",
    "CreationTime",
    "HyperParameterTuningEndTime",
    "LastModifiedTime",
    "TrainingJobStatusCounters",
    "ObjectiveStatusCounters",
    "ResourceLimits",
}


class Source(Protocol):
    """The calls that a listing makes: see `aws.client.Client`."""

    def tuning_jobs(self, name_contains: str | None) -> Iterator[Page]:
        """Yield pages of tuning jobs, newest first."""

    def tuning_job(self, name: str) -> tuple[Summary | None, str]:
        """Describe a tuning job, None if it does not exist; with the service's time."""


def list_tuning_jobs(source: Source, wanted: Wanted, filters: Filters) -> Listing:
    """List the tuning jobs of a scope.

    Args:
        source: Makes the calls.
        wanted: What the streams need the listing to show.
        filters: The filters of this sync. With `tuning_job_names`, each is described
            and nothing is listed, which needs no account-wide permission.

    Returns:
        The listing, which includes the tuning jobs that could not be read.

    Raises:
        ClientError: A call failed, other than a denied Describe of some tuning jobs; or
            all of several `tuning_job_names` were denied.
    """
    listing = Listing()
    if filters.tuning_job_names is not None:
        names = filters.tuning_job_names
        denied = _ask_for(source, names, listing, wanted, most=len(names))
        unread = [*denied, *listing.failed]
        if listing.failed and len(unread) == len(names):
            raise listing.failed[0][1]
        if len(denied) == len(names) > 1:
            raise denied[0][1]
        listing.unread += unread
        listing.failed.clear()
        return listing
    pages = source.tuning_jobs(filters.name_contains)
    for page in pages:
        jobs = _add(listing, page, wanted)
        if not needs_more(listing, jobs, wanted):
            break
    else:
        listing.is_whole = not listing.unread  # fact 10
    denied = _ask_for(source, listing.unmet(wanted), listing, wanted, most=1)
    if not denied:
        return listing
    # IAM does not allow describing them, so look for them further down the listing.
    for page in pages:
        _add(listing, page, wanted)
        if not listing.unmet(wanted):
            return listing
    listing.is_whole = not listing.unread
    asked = {name for name, _ in denied}
    left = [name for name in listing.unmet(wanted) if name not in asked]
    denied += _ask_for(source, left, listing, wanted, most=len(left))
    unmet = listing.unmet(wanted)
    listing.denied = [(name, why) for name, why in denied if name in unmet]
    return listing


def _add(listing: Listing, page: Page, wanted: Wanted) -> list[ListedJob]:
    """Add a page to the listing; returns its tuning jobs that could be read."""
    listing.began = min(listing.began or page.seen, page.seen)
    jobs = [_parsed(item, page.seen) for item in page.items]
    listing.add_page(jobs, wanted.boundary)
    return [job for job in jobs if isinstance(job, ListedJob)]


def _parsed(item: Any, seen: str) -> ListedJob | Unreadable:
    try:
        with readable("the tuning job"):
            return ListedJob.of(item, seen)
    except UnreadableError as error:
        return Unreadable(_name(item), error, _created(item))


def _created(item: Any) -> str | None:
    """An item's creation time; None: it cannot be read."""
    try:
        return creation_time(item)
    except OddError:
        return None


def _name(item: Any) -> str:
    """An item's name, or a stand-in."""
    known = isinstance(item, dict) and item.get("HyperParameterTuningJobName")
    return str(known or "without a name")


def _ask_for(
    source: Source,
    names: Sequence[str],
    listing: Listing,
    wanted: Wanted,
    *,
    most: int,
) -> list[tuple[str, Exception]]:
    """Describe tuning jobs by name and add them; stop after `most` denials.

    Returns:
        The names of the denied ones, each with its error.

    Raises:
        BotoCoreError, ClientError, TapError: The first calls failed for another reason.
    """
    denied: list[tuple[str, Exception]] = []
    has_answer = False
    for name in names:
        try:
            description, seen = source.tuning_job(name)  # fact 25
        except UnreadableError as error:
            listing.unread.append((name, error))
            continue
        except (BotoCoreError, ClientError, TapError) as error:
            kind = denied if is_denied(error) else listing.failed
            kind.append((name, error))
            if len(denied) == most:
                break
            if not has_answer and len(listing.failed) == _HOPELESS:
                raise
            continue
        has_answer = True
        listing.began = listing.began or seen
        if description is None:
            listing.gone.add(name.lower())
        else:
            _add_described(listing, name, description, seen, wanted)
    return denied


def _add_described(
    listing: Listing, name: str, description: Summary, seen: str, wanted: Wanted
) -> None:
    """Add a tuning job that was described, or record that it cannot be read."""
    try:
        with readable("the tuning job"):
            job = _described(name, description, seen, wanted)
    except UnreadableError as error:
        listing.unread.append((name, error))
        return
    listing.add([job])
    if wanted.has_later(name, job.created):
        listing.corrected.add(job.key)


def _described(name: str, description: Summary, seen: str, wanted: Wanted) -> ListedJob:
    """Make a listed tuning job of a description, with its key as first listed.

    Raises:
        OddError: The description is malformed.
    """
    summary = summary_of(description)
    created = wanted.created(name, creation_time(summary))
    summary["CreationTime"] = created
    arn = wanted.arn(name.lower(), created)
    if arn is not None:
        summary["HyperParameterTuningJobArn"] = arn
    return ListedJob.of(summary, seen, without_secrets(description))


def summary_of(description: Summary) -> Summary:
    """Build a HyperParameterTuningJobSummary from a description, which has it all."""
    config = members(required(description, "HyperParameterTuningJobConfig"))
    whole = {**description, **config}  # facts 40, 41
    return {member: whole[member] for member in _SUMMARY & whole.keys()}


def without_secrets(description: Summary) -> Summary:
    """Remove the environments from a description: people put API keys there."""
    hidden = {"Environment", "ResponseMetadata"}
    parts = members(description).items()
    kept = {name: part for name, part in parts if name not in hidden}
    if "TrainingJobDefinition" in kept:
        kept["TrainingJobDefinition"] = without_secrets(kept["TrainingJobDefinition"])
    if "TrainingJobDefinitions" in kept:
        several = items(kept["TrainingJobDefinitions"] or [])
        kept["TrainingJobDefinitions"] = [without_secrets(each) for each in several]
    return kept
