"""What could not be read, or was not understood, is never taken for an answer.

Each schedule once lost rows for good, with exit code 0 and a complete scope.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from sagemaker_tuning_emulator import Fault
from tests import expected
from tests.tables import Tables
from tests.test_exactness import DAY, LIST, START, TRIALS, at

if TYPE_CHECKING:
    from sagemaker_tuning_emulator import Emulator
    from tests.conftest import TapHere

DESCRIBE = "DescribeHyperParameterTuningJob"
DESCRIBE_TRIAL = "DescribeTrainingJob"
NEEDED = {
    "training_job_summaries": [TRIALS],
    "training_job_metrics": ["GetMetricData"],
    "tuning_job_details": [DESCRIBE],
    "training_job_details": [DESCRIBE_TRIAL, "Search"],
}
"""What is missing for each stream: it has no other way to read its rows."""
WEEKS = (0.0, 7.2)
DAYS = tuple(range(9))


def assert_truth(here: TapHere, tables: Tables, stream: str) -> None:
    """A stream has exactly the rows of the service."""
    wanted = expected.truth(here.emulator, stream)
    assert expected.alike(tables.rows[stream]) == expected.alike(wanted)
    assert wanted


def sync(here: TapHere, tables: Tables, *streams: str) -> tuple[int, dict[str, Any]]:
    """Sync some streams; returns the exit code and the row of the scope."""
    catalog = here.catalog(*streams, "scopes")
    run = here(config={"max_attempts": 1}, state=tables.state, catalog=catalog)
    assert "Traceback" not in run.stderr
    tables.take(run.messages)
    (row,) = tables.rows["scopes"].values()
    return run.returncode, row


def move_to(emulator: Emulator, days: float) -> None:
    """Move the clock to this many days after the start."""
    emulator.clock.move(START + timedelta(days=days) - emulator.clock.now)


@pytest.mark.parametrize(
    ("kind", "at_days"),
    [("deny", WEEKS), ("error", WEEKS), ("deny", DAYS[::2])],
    ids=["denied-weekly", "down-weekly", "denied-often"],
)
@pytest.mark.parametrize(
    "stream",
    [
        "training_job_summaries",
        "training_job_metrics",
        "tuning_job_details",
        "training_job_details",
    ],
)
def test_outage_of_more_than_a_week_loses_nothing(
    here: TapHere,
    emulator: Emulator,
    stream: str,
    kind: Any,
    at_days: tuple[float, ...],
) -> None:
    """While a call is denied or fails in a whole scope, each sync fails, and neither
    the state nor `complete_as_of` moves; once it works, the next sync reads all."""
    emulator.scope().plan("churn", trials=3, created=at(-3600))
    emulator.scope().plan("fraud", trials=2, created=at(-1800))
    for operation in NEEDED[stream]:
        emulator.faults.add(Fault(kind, operation=operation))
    tables, states = Tables(), []
    for days in at_days:
        move_to(emulator, days)
        code, row = sync(here, tables, stream)
        assert (code, row["complete_as_of"], row["status"]) == (1, None, "incomplete")
        states.append(tables.state["bookmarks"][stream])
    assert states == states[:1] * len(states)
    emulator.faults.clear()
    emulator.clock.move(seconds=1)
    code, row = sync(here, tables, stream)
    assert (code, row["status"], row["tuning_jobs_failed"]) == (0, "complete", 0)
    assert_truth(here, tables, stream)


def test_permission_lost_while_a_tuning_job_runs(
    here: TapHere, emulator: Emulator
) -> None:
    """A tuning job that was read while it ran, and then could not be for nine days, has
    all its trials once the permission is back."""
    scope = emulator.scope()
    scope.plan("churn", trials=30, parallel=2, created=at(-600))
    tables = Tables()
    sync(here, tables, "training_job_summaries")
    emulator.faults.add(Fault("deny", operation=TRIALS))
    for days in DAYS:
        move_to(emulator, days + 0.5)
        scope.plan(f"new-{days}", trials=1, created=at(days * DAY + 60))
        assert sync(here, tables, "training_job_summaries")[0] == 1
    emulator.faults.clear()
    assert sync(here, tables, "training_job_summaries")[0] == 0
    assert_truth(here, tables, "training_job_summaries")


def test_tuning_job_denied_by_itself(here: TapHere, emulator: Emulator) -> None:
    """A tuning job that is denied while others can be read fails the sync for seven
    days; then it counts as denied, is retried once a day, and is read once allowed."""
    scope = emulator.scope()
    for name in ("secret", "churn"):
        scope.plan(name, trials=3, created=at(-7200))
    emulator.faults.add(Fault("deny", operation=TRIALS, tuning_job="secret"))
    tables, seen = Tables(), []
    for days in (0, 6, 7.2, 7.3, 8.3):
        move_to(emulator, days)
        calls = len(emulator.calls)
        code, row = sync(here, tables, "training_job_summaries")
        asked = sum(call.operation == TRIALS for call in emulator.calls[calls:])
        columns = ("status", "tuning_jobs_failed", "tuning_jobs_denied")
        seen.append((code, *(row[name] for name in columns), bool(asked)))
    assert seen == [
        (1, "incomplete", 1, 0, True),
        (1, "incomplete", 1, 0, True),
        (0, "complete", 0, 1, True),
        (0, "complete", 0, 1, False),
        (0, "complete", 0, 1, True),
    ]
    assert row["complete_as_of"] > at(8 * DAY).isoformat()
    emulator.faults.clear()
    move_to(emulator, 9.4)
    assert sync(here, tables, "training_job_summaries")[1]["tuning_jobs_denied"] == 0
    assert_truth(here, tables, "training_job_summaries")


@pytest.mark.parametrize(
    ("operation", "code", "message"),
    [
        (TRIALS, "ResourceNotFound", "Hyperparameter tuning job not found."),
        (DESCRIBE, "ResourceNotFound", "Hyperparameter tuning job not found."),
        (DESCRIBE_TRIAL, "ValidationException", "Requested resource not found."),
    ],
)
def test_one_answer_is_no_deletion(
    here: TapHere, emulator: Emulator, operation: str, code: str, message: str
) -> None:
    """A single answer that a listed tuning job or trial does not exist is logged, does
    not move `complete_as_of`, and is mended by the next sync."""
    emulator.scope().plan("churn", trials=3, created=at(-DAY))
    emulator.scope().plan("fraud", trials=3, created=at(-DAY))
    emulator.faults.add(Fault("deny", operation="Search"))
    streams = ("training_job_summaries", "training_job_details", "tuning_job_details")
    tables = Tables()
    lie = Fault("error", operation=operation, status=400, code=code, message=message)
    fault = emulator.faults.add(lie)
    run = here(config={}, catalog=here.catalog(*streams, "scopes"))
    emulator.faults.remove(fault)
    tables.take(run.messages)
    (row,) = tables.rows["scopes"].values()
    assert row["complete_as_of"] is None
    assert "exist" in run.stderr or "not find" in run.stderr or code in run.stderr
    assert sync(here, tables, *streams)[1]["complete_as_of"] is not None
    for stream in streams:
        assert_truth(here, tables, stream)


@pytest.mark.parametrize("odd", [None, "soon", "absent"])
@pytest.mark.parametrize("stream", ["tuning_job_details", "training_job_metrics"])
def test_description_without_a_creation_time(
    here: TapHere, emulator: Emulator, odd: Any, stream: str
) -> None:
    """A description without a readable CreationTime fails its tuning job, which is read
    once the description is right."""
    emulator.scope().plan("churn", trials=2, created=at(-DAY))

    def without_time(answer: dict[str, Any]) -> None:
        answer["CreationTime"] = odd
        if odd == "absent":
            del answer["CreationTime"]

    emulator.alter(DESCRIBE, without_time)
    tables = Tables()
    code, row = sync(here, tables, stream)
    assert (code, row["status"], row["complete_as_of"]) == (1, "incomplete", None)
    emulator.alter(DESCRIBE, None)
    assert sync(here, tables, stream)[0] == 0
    assert_truth(here, tables, stream)


@pytest.mark.parametrize("stream", ["tuning_job_details", "training_job_metrics"])
def test_description_cut_to_the_second(
    here: TapHere, emulator: Emulator, stream: str
) -> None:
    """A description whose CreationTime is cut to the second is the tuning job's, and
    its row has the time as listed."""
    emulator.scope().plan("churn", trials=2, created=at(-DAY + 0.789))

    def cut(answer: dict[str, Any]) -> None:
        answer["CreationTime"] = answer["CreationTime"].replace(microsecond=0)

    emulator.alter(DESCRIBE, cut)
    tables = Tables()
    assert sync(here, tables, stream)[0] == 0
    assert_truth(here, tables, stream)


def test_creation_time_ahead_hides_nothing(here: TapHere, emulator: Emulator) -> None:
    """A tuning job whose CreationTime lies five days ahead does not hide those created
    in the meantime."""
    scope = emulator.scope()
    scope.plan("ahead", trials=1, created=at(-DAY))

    def shift(answer: dict[str, Any]) -> None:
        summaries = answer["HyperParameterTuningJobSummaries"]
        for job in summaries:
            if job["HyperParameterTuningJobName"] == "ahead":
                job["CreationTime"] = at(5 * DAY)
        summaries.sort(key=lambda job: job["CreationTime"], reverse=True)

    emulator.alter(LIST, shift)
    tables = Tables()
    for days in range(7):
        move_to(emulator, days)
        scope.plan(f"job-{days}", trials=1, created=at(days * DAY - 7200))
        assert sync(here, tables, "training_job_summaries")[0] == 0
    assert_truth(here, tables, "training_job_summaries")


@pytest.mark.parametrize("shift", [timedelta(seconds=10), timedelta(days=1)])
def test_creation_time_that_was_once_too_late(
    here: TapHere, emulator: Emulator, shift: timedelta
) -> None:
    """A running tuning job that one page shows with a later CreationTime is followed to
    its end."""
    emulator.scope().plan("churn", trials=20, parallel=1, created=at(-600))

    def later(answer: dict[str, Any]) -> None:
        for job in answer["HyperParameterTuningJobSummaries"]:
            job["CreationTime"] += shift

    tables, stream = Tables(), "training_job_summaries"
    emulator.alter(LIST, later)
    sync(here, tables, stream)
    emulator.alter(LIST, None)
    for days in (0.1, 1.2, 9, 10):
        move_to(emulator, days)
        code, row = sync(here, tables, stream)
        assert (code, row["status"]) == (0, "complete")
    assert_truth(here, tables, stream)


@pytest.mark.parametrize("member", ["CreationTime", "HyperParameterTuningEndTime"])
def test_time_in_1970_hides_nothing(
    here: TapHere, emulator: Emulator, member: str
) -> None:
    """A tuning job that a page shows once with a time in 1970, the last of the page,
    fails that sync and hides neither itself nor what follows."""
    scope = emulator.scope()
    for number in range(30):
        scope.plan(f"job-{number:02}", trials=1, created=at(-7200 + number))

    def odd(answer: dict[str, Any]) -> None:
        answer["HyperParameterTuningJobSummaries"][-1][member] = 1_772_442.0

    here_page = {"page_size": 10, "start_date": "2026-03-01T00:00:00Z"}
    tables, stream = Tables(), "training_job_summaries"
    emulator.alter(LIST, odd)
    catalog = here.catalog(stream, "scopes")
    run = here(config=here_page, catalog=catalog)
    tables.take(run.messages)
    assert run.returncode == 1
    emulator.alter(LIST, None)
    tables.load(here(config=here_page, state=tables.state, catalog=catalog))
    assert_truth(here, tables, stream)


def test_one_that_cannot_be_described_hides_no_other(
    here: TapHere, emulator: Emulator
) -> None:
    """An open tuning job whose description fails does not keep the others from being
    read."""
    scope = emulator.scope()
    hour = (3600, 3600)
    scope.plan("old", created=at(-3600), trials=100, parallel=1, trial_seconds=hour)
    for number in range(120):
        scope.plan(f"new-{number}", trials=1, created=at(DAY + number))
    tables, stream = Tables(), "training_job_summaries"
    move_to(emulator, 1.5)
    sync(here, tables, stream)
    for number in range(2):
        scope.plan(f"last-{number}", trials=1, created=at((1.6 + number) * DAY))
        move_to(emulator, 2.5)
        sync(here, tables, stream)
    emulator.faults.add(Fault("error", operation=DESCRIBE, tuning_job="old"))
    move_to(emulator, 3)
    code, row = sync(here, tables, stream)
    assert (code, row["tuning_jobs_failed"], row["tuning_jobs_open"]) == (1, 1, 1)
    emulator.faults.clear()
    move_to(emulator, 30)
    assert sync(here, tables, stream)[0] == 0
    assert_truth(here, tables, stream)
