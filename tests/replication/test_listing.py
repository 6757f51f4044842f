"""What a listing shows of a scope, and how far it has to go."""

from __future__ import annotations

from typing import Any

import pytest

from tap_sagemaker_tuning.replication.listing import (
    ListedJob,
    Listing,
    Wanted,
    needs_more,
)
from tap_sagemaker_tuning.values import OddError
from tests.laws.service import at


def job(name: str, created: float = 0, seen: float = 0, **members: Any) -> ListedJob:
    """A tuning job as a page shows it."""
    summary = {"HyperParameterTuningJobName": name, "CreationTime": at(created)}
    return ListedJob.of({**summary, **members}, at(seen))


def wanted(boundary: float | None, *jobs: ListedJob) -> Wanted:
    """What a plan wants whose open tuning jobs these are."""
    names = {(job.key, job.created): job.name for job in jobs}
    return Wanted("" if boundary is None else at(boundary), names)


def listing_of(*jobs: ListedJob) -> Listing:
    """A listing that showed these."""
    listing = Listing()
    listing.add(jobs)
    return listing


def test_job_is_what_its_summary_says() -> None:
    """Whatever the API says of it is kept, packed, and its key knows no case."""
    summary = {
        "HyperParameterTuningJobName": "Churn-7",
        "CreationTime": at(1.5),
        "HyperParameterTuningEndTime": at(60),
        "TrainingJobStatusCounters": {"Completed": 3},
        "Strategy": "Bayésian \U0001f525",
    }
    listed = ListedJob.of(summary, at(90))
    assert (listed.name, listed.key) == ("Churn-7", "churn-7")
    assert (listed.created, listed.end, listed.seen) == (at(1.5), at(60), at(90))
    assert listed.has_ended
    assert listed.summary == summary
    assert listed.description is None
    assert listed.arn is None
    assert job("a", HyperParameterTuningJobArn="arn:A").arn == "arn:A"
    described = ListedJob.of(summary, at(90), {**summary, "More": [1]})
    assert described.description == {**summary, "More": [1]}
    assert described.summary == summary


def test_running_job_has_no_end() -> None:
    """What the service does not tell is not made up."""
    listed = job("a", HyperParameterTuningJobStatus="InProgress")
    assert (listed.end, listed.has_ended) == (None, False)
    assert job("a", HyperParameterTuningJobStatus="Stopped").has_ended


@pytest.mark.parametrize(
    "item",
    [
        {"CreationTime": at(0)},
        {"HyperParameterTuningJobName": "a"},
        {"HyperParameterTuningJobName": "a", "CreationTime": None},
        {"HyperParameterTuningJobName": 7, "CreationTime": at(0)},
        {
            "HyperParameterTuningJobName": "a",
            "CreationTime": at(0),
            "HyperParameterTuningJobStatus": [],
        },
        {},
        None,
        "a",
    ],
)
def test_item_without_name_or_creation_time_is_odd(item: Any) -> None:
    """What cannot be told apart from others, or put in order, is refused."""
    with pytest.raises(OddError):
        ListedJob.of(item, at(0))


@pytest.mark.parametrize(
    ("shown", "kept"),
    [
        # the later creation is there, in whatever order they come
        ([("a", 5, 1), ("a", 9, 2)], (9, 2)),
        ([("a", 9, 1), ("a", 5, 2)], (9, 1)),
        ([("A", 9, 1), ("a", 5, 2)], (9, 1)),
        ([("a", 5, 1), ("A", 9, 2)], (9, 2)),
        # of one creation, the later view
        ([("a", 5, 1), ("a", 5, 2)], (5, 2)),
    ],
)
def test_of_one_name_the_later_is_there(
    shown: list[tuple[str, int, int]], kept: tuple[int, int]
) -> None:
    """A name is used again after a deletion; a row that shifts is shown twice."""
    listing = listing_of(*(job(*each) for each in shown))
    assert len(listing) == 1
    found = listing.find("A")
    assert found is listing.find("a")
    assert found is not None
    assert (found.created, found.seen) == (at(kept[0]), at(kept[1]))


def test_jobs_come_oldest_first() -> None:
    """Of one creation time, by name: a visit's order is always the same."""
    listing = listing_of(job("c", 5), job("b", 5), job("D", 5), job("a", 9))
    assert [found.name for found in listing.jobs()] == ["b", "c", "D", "a"]
    assert listing.find("e") is None


OPEN = job("Old", 0)
OTHER = job("older", -9)


@pytest.mark.parametrize(
    ("shown", "gone", "unmet"),
    [
        ([], [], ["Old", "older"]),
        ([job("old", 0)], [], ["older"]),
        ([job("old", 50)], [], ["older"]),  # it was deleted: it cannot be asked for
        ([job("other", 0)], ["old"], ["older"]),
        ([OPEN, OTHER], [], []),
        ([], ["old", "older"], []),
    ],
)
def test_open_job_is_met_or_gone_or_unmet(
    shown: list[ListedJob], gone: list[str], unmet: list[str]
) -> None:
    """Only one that was neither listed nor found gone has to be asked for."""
    listing = listing_of(*shown)
    listing.gone.update(gone)
    assert listing.unmet(wanted(None, OTHER, OPEN)) == unmet


@pytest.mark.parametrize(
    ("page", "before", "boundary", "is_needed"),
    [
        # down to the boundary, which is listed itself; a page may be empty
        ([], [], 100, True),
        ([("n", 101)], [], 100, True),
        ([("n", 100)], [], 100, True),
        ([("n", 101), ("m", 100)], [], 100, True),
        ([("n", 101), ("m", 99)], [], 100, False),
        ([("n", 99)], [], 100, False),
        ([("n", 99)], [], None, True),
        # and on as long as a page shows an open one, while others are unmet
        ([("n", 99), ("old", 0)], [], 100, True),
        ([("Old", 0), ("n", -1)], [], 100, True),
        ([("n", 99), ("old", 0), ("older", -9)], [], 100, False),
        ([("older", -9)], [("old", 0)], 100, False),
        ([("n", 99), ("old", 1)], [], 100, False),  # its name alone, used again
    ],
)
def test_how_far_a_listing_goes(
    page: list[tuple[str, int]],
    before: list[tuple[str, int]],
    boundary: float | None,
    *,
    is_needed: bool,
) -> None:
    """Down to the lookback window; further only where open tuning jobs are dense."""
    shown = [job(*each) for each in page]
    listing = listing_of(*shown, *(job(*each) for each in before))
    assert needs_more(listing, shown, wanted(boundary, OPEN, OTHER)) is is_needed


def test_one_listing_serves_all_streams() -> None:
    """It goes back to where the furthest behind has to begin, for the open of all."""
    parts = [wanted(100, OPEN), wanted(50, OTHER), wanted(70)]
    parts[0].arns["old", at(0)] = "arn:Old"
    parts[2].arns["older", at(-9)] = "arn:older"
    together = Wanted.of_all(parts)
    assert together == Wanted(
        at(50),
        wanted(None, OPEN, OTHER).open,
        {("old", at(0)): "arn:Old", ("older", at(-9)): "arn:older"},
    )
    assert parts[0] == Wanted(
        at(100), wanted(None, OPEN).open, {("old", at(0)): "arn:Old"}
    )
    assert Wanted.of_all([wanted(100), wanted(None)]).boundary == ""


def test_listed_job_takes_less_than_a_kilobyte() -> None:
    """A whole scope of ten thousand is held at once."""
    members: dict[str, Any] = {
        "HyperParameterTuningJobArn": "arn:aws:sagemaker:us-east-1:123456789012:"
        "hyper-parameter-tuning-job/" + "x" * 32,
        "HyperParameterTuningJobStatus": "InProgress",
        "Strategy": "Bayesian",
        "LastModifiedTime": at(5),
        "TrainingJobStatusCounters": dict.fromkeys(
            ("Completed", "InProgress", "RetryableError", "Stopped"), 100
        ),
        "ObjectiveStatusCounters": {"Succeeded": 100, "Pending": 100, "Failed": 100},
        "ResourceLimits": {"MaxNumberOfTrainingJobs": 500},
    }
    listed = job("x" * 32, **members)
    assert len(listed.packed) < 500
    assert listed.packed_description is None
