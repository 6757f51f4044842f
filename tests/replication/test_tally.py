"""What a visit counts: which trials can still change, and where to resume."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from tap_sagemaker_tuning.replication.tally import Tally, has_ended
from tap_sagemaker_tuning.values import OddError
from tests.laws.service import at

Trial = tuple[str, int, str | None, str | None]
"""A trial's name, creation time, status and objective status."""

DONE, RUNS = "Completed", "InProgress"
MINUTE = 60


def tally_of(trials: tuple[Trial, ...], job_status: str | None = RUNS) -> Tally:
    """The tally of a visit that saw these trials."""
    tally = Tally(job_of(status=job_status))
    for name, created, status, objective in trials:
        members = {"TrainingJobStatus": status, "ObjectiveStatus": objective}
        shown = {name: value for name, value in members.items() if value}
        tally.add({"TrainingJobName": name, "CreationTime": at(created), **shown})
    return tally


def job_of(
    status: str | None = RUNS, end: str | None = None, **counters: Any
) -> dict[str, Any]:
    """A tuning job's summary, without the absent members."""
    members = {
        "HyperParameterTuningJobStatus": status,
        "HyperParameterTuningEndTime": end,
        "TrainingJobStatusCounters": counters.get("trials"),
        "ObjectiveStatusCounters": counters.get("objectives"),
    }
    return {name: value for name, value in members.items() if value is not None}


@pytest.mark.parametrize(
    ("status", "objective", "job_status", "is_final"),
    [
        # status and objective status, each by itself
        ("Completed", "Succeeded", RUNS, True),
        ("Failed", "Failed", RUNS, True),
        ("Stopped", "Succeeded", RUNS, True),
        ("Completed", "Pending", RUNS, False),
        ("Completed", "Pending", DONE, False),
        ("InProgress", "Succeeded", RUNS, False),
        ("InProgress", "Succeeded", DONE, False),
        ("Stopping", "Failed", RUNS, False),
        ("Frozen", "Succeeded", DONE, False),
        (None, "Succeeded", DONE, False),
        ("Completed", "Unheard", RUNS, True),
        # without an objective status, final only once the tuning job has ended
        ("Completed", None, RUNS, False),
        ("Completed", None, "Stopping", False),
        ("Completed", None, None, False),
        ("Completed", None, DONE, True),
        ("Failed", None, "Failed", True),
        ("Stopped", None, "Stopped", True),
        ("Stopped", None, "Deleting", True),
        ("Stopped", None, "DeleteFailed", True),
        ("InProgress", None, DONE, False),
        (None, None, DONE, False),
    ],
)
def test_which_trial_is_final(
    status: str | None, objective: str | None, job_status: str | None, *, is_final: bool
) -> None:
    """A trial can change until both its status and its objective status are final."""
    tally = tally_of((("a", 5, status, objective),), job_status)
    assert tally.all_final is is_final


def test_trial_may_change_beyond_its_listing() -> None:
    """A trial's details can still change after its status is final."""
    tally = Tally(job_of())
    trial = {
        "TrainingJobName": "a",
        "CreationTime": at(5),
        "TrainingJobStatus": DONE,
        "ObjectiveStatus": "Succeeded",
    }
    tally.add(trial)
    assert tally.all_final
    tally.keep_open("a")
    assert not tally.all_final


OLD = ("old", 0, DONE, "Succeeded")
OPEN = ("open", 3 * MINUTE, RUNS, None)
LATER = ("later", 4 * MINUTE, DONE, "Pending")
NEW = ("new", 10 * MINUTE, DONE, "Succeeded")


@pytest.mark.parametrize(
    ("trials", "since"),
    [
        ((), None),
        # never later than a minute before the newest trial
        ((NEW,), 9 * MINUTE),
        ((OLD, NEW), 9 * MINUTE),
        ((OLD, ("newest", 10 * MINUTE, RUNS, None)), 9 * MINUTE),
        # and never later than the earliest trial that can change
        ((OLD, OPEN, NEW), 3 * MINUTE),
        ((OLD, LATER, OPEN, NEW), 3 * MINUTE),
        ((("oldest", 0, RUNS, None), OPEN, NEW), 0),
    ],
)
def test_from_when_on_to_read_again(
    trials: tuple[Trial, ...], since: int | None
) -> None:
    """The watermark does not depend on the order of the trials."""
    for shown in itertools.permutations(trials):
        tally = tally_of(shown)
        assert tally.since == (None if since is None else at(since))


def test_watermark_of_the_earliest_time() -> None:
    """The watermark of a trial can lie before the first one that there can be."""
    tally = Tally(job_of())
    tally.add({"TrainingJobName": "a", "CreationTime": "2017-01-01T00:00:10.000Z"})
    assert tally.since == "2016-12-31T23:59:10.000Z"


@pytest.mark.parametrize(
    ("created", "end"),
    [
        ("1970-01-21T12:34:56.789Z", None),
        ("2016-12-31T23:59:59.999Z", None),
        ("2026-03-02T09:00:01.000Z", "1970-01-21T12:34:56.789Z"),
    ],
)
def test_times_that_cannot_be(created: str, end: str | None) -> None:
    """A trial that was created or ended before SageMaker existed is malformed: the
    service can send thousandths of seconds."""
    trial = {"TrainingJobName": "a", "CreationTime": created, "TrainingEndTime": end}
    with pytest.raises(OddError):
        Tally(job_of()).add(trial)


def test_trial_shown_twice_counts_once() -> None:
    """A trial that comes twice, as with offset tokens, counts once."""
    tally = tally_of((NEW, OPEN, OPEN, OLD, NEW))
    assert tally.rows == 3
    assert tally.rows_before(at(10 * MINUTE)) == 2
    assert tally.rows_before(at(3 * MINUTE)) == 1
    assert tally.rows_before(at(0)) == 0


@pytest.mark.parametrize(
    ("counters", "is_quiet", "counted"),
    [
        ({}, True, 0),
        ({"trials": {}, "objectives": {}}, True, 0),
        ({"trials": {"Completed": 3, "Stopped": 2}, "objectives": {}}, True, 5),
        (
            {"trials": {"RetryableError": 1, "NonRetryableError": 2, "Completed": 4}},
            True,
            7,
        ),
        ({"trials": {"Completed": 2, "InProgress": 0}}, True, 2),
        ({"trials": {"Completed": 2, "InProgress": 1}}, False, 3),
        ({"trials": {"Completed": 2}, "objectives": {"Pending": 1}}, False, 2),
        ({"trials": {"Completed": 2}, "objectives": {"Pending": 0}}, True, 2),
        ({"trials": {"Completed": 2}, "objectives": {"Succeeded": 2}}, True, 2),
        ({"trials": {"Completed": None, "Stopped": 1}}, True, 1),
    ],
)
def test_what_the_counters_tell(
    counters: dict[str, Any], *, is_quiet: bool, counted: int
) -> None:
    """An absent counter is 0, and only a running or pending trial can still change."""
    tally = Tally(job_of(**counters))
    assert (tally.is_quiet, tally.counted) == (is_quiet, counted)


@pytest.mark.parametrize(
    ("status", "end", "is_ended"),
    [
        ("InProgress", None, False),
        ("Stopping", None, False),
        ("Frozen", None, False),
        (None, None, False),
        ("Completed", None, True),
        ("Failed", None, True),
        ("Stopped", None, True),
        ("Deleting", None, True),
        ("DeleteFailed", None, True),
        ("InProgress", at(0), True),
        ("Frozen", at(0), True),
        (None, at(0), True),
    ],
)
def test_end_time_or_status_means_ended(
    status: str | None, end: str | None, *, is_ended: bool
) -> None:
    """A tuning job has ended if it has an end time, with any status, or a final
    status."""
    assert has_ended(job_of(status, end)) is is_ended


@pytest.mark.parametrize("status", ["Deleting", "DeleteFailed", "Completed", None])
def test_only_what_is_being_deleted_may_yet_fail_to_be(status: str | None) -> None:
    """Only a tuning job in status `Deleting` can still become `DeleteFailed`."""
    assert Tally(job_of(status)).is_deleting is (status == "Deleting")


@pytest.mark.parametrize(
    "trial",
    [
        {"TrainingJobName": "a"},
        {"CreationTime": at(0)},
        {
            "TrainingJobName": "a",
            "CreationTime": None,
            "TrainingJobStatus": "Completed",
            "ObjectiveStatus": "Succeeded",
        },
        {"TrainingJobName": 5, "CreationTime": at(0)},
        {},
        None,
        "a",
    ],
)
def test_trial_without_name_or_creation_time_is_odd(trial: Any) -> None:
    """A trial without a name or a creation time fails its tuning job, since it can be
    neither counted nor passed by the watermark."""
    tally = Tally(job_of())
    with pytest.raises(OddError):
        tally.add(trial)


@pytest.mark.parametrize(
    "job",
    [
        {"TrainingJobStatusCounters": 3},
        {"TrainingJobStatusCounters": {"Completed": "many"}},
        {"TrainingJobStatusCounters": {"Completed": [1]}},
        {"ObjectiveStatusCounters": ["Pending"]},
        {"ObjectiveStatusCounters": "Pending"},
    ],
)
def test_odd_counters_show_nothing(job: Any) -> None:
    """With odd counters a tuning job can still change, however it has ended."""
    assert not Tally(job).is_quiet
    assert Tally({}).is_quiet
