"""What a listing shows of a scope, and how far back it has to go."""

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
    """A tuning job as a listing page shows it."""
    summary = {"HyperParameterTuningJobName": name, "CreationTime": at(created)}
    return ListedJob.of({**summary, **members}, at(seen))


def wanted(boundary: float | None, *jobs: ListedJob) -> Wanted:
    """What a plan with these open tuning jobs wants from a listing."""
    names = {(job.key, job.created): job.name for job in jobs}
    return Wanted("" if boundary is None else at(boundary), names)


def listing_of(*jobs: ListedJob) -> Listing:
    """A listing that shows these tuning jobs."""
    listing = Listing()
    listing.add(jobs)
    return listing


def test_job_is_what_its_summary_says() -> None:
    """A listed tuning job keeps its whole summary, packed, and its key ignores case."""
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
    """A running tuning job has no end time."""
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
    """An item without a name or a creation time is odd: it cannot be identified or
    sorted."""
    with pytest.raises(OddError):
        ListedJob.of(item, at(0))


@pytest.mark.parametrize(
    ("shown", "kept"),
    [
        # the one created later, in either order
        ([("a", 5, 1), ("a", 9, 2)], (9, 2)),
        ([("a", 9, 1), ("a", 5, 2)], (9, 1)),
        ([("A", 9, 1), ("a", 5, 2)], (9, 1)),
        ([("a", 5, 1), ("A", 9, 2)], (9, 2)),
        # the later view of one creation
        ([("a", 5, 1), ("a", 5, 2)], (5, 2)),
    ],
)
def test_of_one_name_the_later_is_there(
    shown: list[tuple[str, int, int]], kept: tuple[int, int]
) -> None:
    """Of two tuning jobs with one name, the later one counts: a name can be reused
    after a deletion, and a shifted row comes twice."""
    listing = listing_of(*(job(*each) for each in shown))
    assert len(listing) == 1
    latest = listing.find("A")
    assert latest is listing.find("a")
    assert latest is not None
    assert (latest.created, latest.seen) == (at(kept[0]), at(kept[1]))


def test_jobs_come_oldest_first() -> None:
    """Tuning jobs come oldest first, then by name, so the order is always the same."""
    listing = listing_of(job("c", 5), job("b", 5), job("D", 5), job("a", 9))
    assert [job.name for job in listing.jobs()] == ["b", "c", "D", "a"]
    assert listing.find("e") is None


OPEN = job("Old", 0)
OTHER = job("older", -9)


@pytest.mark.parametrize(
    ("shown", "gone", "unmet"),
    [
        ([], [], ["Old", "older"]),
        ([job("old", 0)], [], ["older"]),
        ([job("old", 50)], [], ["older"]),  # deleted, so it need not be described
        ([job("other", 0)], ["old"], ["older"]),
        ([OPEN, OTHER], [], []),
        ([], ["old", "older"], []),
    ],
)
def test_open_job_is_met_or_gone_or_unmet(
    shown: list[ListedJob], gone: list[str], unmet: list[str]
) -> None:
    """Only an open tuning job that was neither listed nor found deleted is
    described."""
    listing = listing_of(*shown)
    listing.gone.update(gone)
    assert listing.unmet(wanted(None, OTHER, OPEN)) == unmet


@pytest.mark.parametrize(
    ("page", "before", "boundary", "is_needed"),
    [
        # back to the boundary, which is included; a page may be empty
        ([], [], 100, True),
        ([("n", 101)], [], 100, True),
        ([("n", 100)], [], 100, True),
        ([("n", 101), ("m", 100)], [], 100, True),
        ([("n", 101), ("m", 99)], [], 100, False),
        ([("n", 99)], [], 100, False),
        ([("n", 99)], [], None, True),
        # further while pages show open tuning jobs and others are still missing
        ([("n", 99), ("old", 0)], [], 100, True),
        ([("Old", 0), ("n", -1)], [], 100, True),
        ([("n", 99), ("old", 0), ("older", -9)], [], 100, False),
        ([("older", -9)], [("old", 0)], 100, False),
        ([("n", 99), ("old", 1)], [], 100, False),  # only its name, reused
    ],
)
def test_how_far_a_listing_goes(
    page: list[tuple[str, int]],
    before: list[tuple[str, int]],
    boundary: float | None,
    *,
    is_needed: bool,
) -> None:
    """A listing goes back to the lookback window, and further only through pages with
    open tuning jobs."""
    shown = [job(*each) for each in page]
    listing = listing_of(*shown, *(job(*each) for each in before))
    assert needs_more(listing, shown, wanted(boundary, OPEN, OTHER)) is is_needed


def test_one_listing_serves_all_streams() -> None:
    """The shared listing starts where the stream furthest behind needs it, and covers
    the open tuning jobs of all streams."""
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
    """A listed tuning job takes less than a kilobyte, since ten thousand of a scope are
    held at once."""
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


def test_description_is_matched_to_the_second() -> None:
    """A creation time that is cut to the second is that of the open tuning job of this
    name, in any case; any other is its own."""
    open_jobs = Wanted("", {("job", at(5.25)): "Job", ("other", at(7)): "other"})
    assert open_jobs.created("JOB", at(5)) == at(5.25)
    assert open_jobs.created("job", at(7)) == at(7)
    assert open_jobs.created("nobody", at(5)) == at(5)


def test_open_tuning_job_that_was_listed_with_a_later_time() -> None:
    """A creation time is earlier than that of an open tuning job of this name by a
    second or more; its ARN is still the one that was listed."""
    names = {("job", at(5.25)): "Job", ("job", at(9)): "Job"}
    open_jobs = Wanted("", names, {("job", at(9)): "arn:Job"})
    assert open_jobs.has_later("JOB", at(8.9))
    assert not open_jobs.has_later("job", at(9))
    assert not open_jobs.has_later("nobody", at(4))
    assert open_jobs.arn("job", at(4)) == open_jobs.arn("job", at(9)) == "arn:Job"
    assert open_jobs.arn("job", at(10)) is open_jobs.arn("nobody", at(9)) is None


def test_older_namesake_does_not_meet_what_is_wanted() -> None:
    """A listing that shows only an earlier tuning job of an open one's name does not
    show the open one; one that shows a later one does."""
    open_jobs = Wanted("", {("job", at(5)): "Job"})
    for created, unmet in ((4, ["Job"]), (5, []), (5.5, []), (6, [])):
        listing = Listing()
        listing.add([job("job", CreationTime=at(created))])
        assert listing.unmet(open_jobs) == unmet
