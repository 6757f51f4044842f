"""An item that differs from the documentation affects at most its own tuning job."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest

from sagemaker_tuning_emulator import Fault
from tests import expected
from tests.conftest import ACCOUNT
from tests.expected import VISITING
from tests.strategies import MODEL
from tests.tables import Tables

if TYPE_CHECKING:
    from collections.abc import Callable

    from sagemaker_tuning_emulator import Emulator
    from tests.conftest import Run, TapHere

    Change = Callable[[dict[str, Any]], object]

LIST = "ListHyperParameterTuningJobs"
TRIALS = "ListTrainingJobsForHyperParameterTuningJob"
DESCRIBE = "DescribeHyperParameterTuningJob"
DESCRIBE_TRIAL = "DescribeTrainingJob"
SEARCH = "Search"
ITEMS = {LIST: "HyperParameterTuningJobSummaries", TRIALS: "TrainingJobSummaries"}
OBJECTIVE = "FinalHyperParameterTuningJobObjectiveMetric"
REGIONS = ["us-east-1", "eu-west-1"]
DAY = 86_400
SHAPES = {
    LIST: "HyperParameterTuningJobSummary",
    TRIALS: "HyperParameterTrainingJobSummary",
    DESCRIBE: "DescribeHyperParameterTuningJobResponse",
    DESCRIBE_TRIAL: "DescribeTrainingJobResponse",
    SEARCH: "TrainingJob",
}
WRONG: list[Any] = [5, True, "x", [5], {"Name": 5}]
"""Values of every type of JSON; no member may be all of these."""


def put(member: str, value: Any) -> Change:
    """A change that sets a member."""
    return lambda item: item.update({member: value})


def leave_out(member: str) -> Change:
    """A change that removes a member."""
    return lambda item: item.pop(member, None)


def put_metric(**members: Any) -> Change:
    """A change that replaces the objective metric."""
    return put(OBJECTIVE, members)


# Oddities of an item of the tuning job "odd", and the columns with their values.
ABSENT: dict[str, tuple[str, Change, dict[str, Any]]] = {
    "trial without hyperparameters": (
        TRIALS,
        leave_out("TunedHyperParameters"),
        {"tuned_hyper_parameters": None},
    ),
    "trial without status": (
        TRIALS,
        leave_out("TrainingJobStatus"),
        {"training_job_status": None},
    ),
    "metric without name": (
        TRIALS,
        put_metric(Value=0.5),
        {
            "final_hyper_parameter_tuning_job_objective_metric": {
                "type": None,
                "metric_name": None,
                "value": 0.5,
                "non_finite": None,
            }
        },
    ),
    "metric of 400 digits": (
        TRIALS,
        put_metric(MetricName="auc", Value=10**400),
        {
            "final_hyper_parameter_tuning_job_objective_metric": {
                "type": None,
                "metric_name": "auc",
                "value": None,
                "non_finite": "Infinity",
            }
        },
    ),
    "failure reason that is not text": (
        TRIALS,
        put("FailureReason", {"Code": 5}),
        {"failure_reason": '{"Code": 5}'},
    ),
    "job without strategy": (LIST, leave_out("Strategy"), {"strategy": None}),
    "job without status": (
        LIST,
        leave_out("HyperParameterTuningJobStatus"),
        {"tuning_job_status": None},
    ),
    "job without limits": (
        LIST,
        leave_out("ResourceLimits"),
        {"resource_limits": None},
    ),
    "job without counters": (
        LIST,
        put("ObjectiveStatusCounters", None),
        {"objective_status_counters": {"succeeded": 0, "pending": 0, "failed": 0}},
    ),
    # Search only proposes.
    "found with odd resources": (SEARCH, put("ResourceConfig", "ml.m5.xlarge"), {}),
    "found without a name": (SEARCH, leave_out("TrainingJobName"), {}),
}

# What makes an item unreadable.
UNREADABLE: dict[str, tuple[str, Change]] = {
    "trial without creation": (TRIALS, leave_out("CreationTime")),
    "trial without ARN": (TRIALS, leave_out("TrainingJobArn")),
    "trial created in words": (TRIALS, put("CreationTime", "yesterday")),
    "metric that is a number": (TRIALS, put(OBJECTIVE, 0.5)),
    "job without creation": (LIST, leave_out("CreationTime")),
    "job with odd limits": (
        LIST,
        put("ResourceLimits", {"MaxNumberOfTrainingJobs": "many"}),
    ),
    "job with odd counters": (
        LIST,
        put("TrainingJobStatusCounters", {"Completed": "all"}),
    ),
    "described with odd definition": (DESCRIBE, put("TrainingJobDefinition", "one")),
    "trial with odd resources": (DESCRIBE_TRIAL, put("ResourceConfig", "ml.m5.xlarge")),
    "trial with odd metrics": (DESCRIBE_TRIAL, put("FinalMetricDataList", [5])),
}


@pytest.fixture
def emulator(emulator: Emulator) -> Emulator:
    """Two regions with some ended tuning jobs each, one of them named "odd"."""
    for region in REGIONS:
        scope = emulator.scope(ACCOUNT, region)
        for name in ("first", "odd", "last"):
            scope.plan(name, trials=2, created="2026-03-01T09:00:00Z")
    return emulator


def alter(emulator: Emulator, operation: str, change: Change) -> None:
    """Change the tuning job "odd" of the first region in the responses to a call."""

    def is_odd(item: dict[str, Any]) -> bool:
        arns = [v for k, v in item.items() if k.endswith(("JobArn", "JobArn"))]
        return any(f":{REGIONS[0]}:" in arn and "/odd" in arn for arn in arns)

    def alteration(answer: dict[str, Any]) -> None:
        items = answer.get("Results", answer.get(ITEMS.get(operation, ""), [answer]))
        for item in items:
            changed = item.get("TrainingJob", item)
            if is_odd(changed):
                change(changed)

    emulator.alter(operation, alteration)


def sync(here: TapHere, tables: Tables, **config: Any) -> Run:
    """Sync all streams of both regions."""
    config = {"regions": REGIONS, **config}
    run = here(
        config=config, state=tables.state, catalog=here.catalog(*VISITING, "scopes")
    )
    assert "Traceback" not in run.stderr
    tables.take(run.messages)
    return run


def is_of_odd(row: dict[str, Any]) -> bool:
    """Whether a row belongs to the odd tuning job."""
    name: str = row["tuning_job_name"]
    return row["region"] == REGIONS[0] and name.startswith("odd")


def assert_others_are_true(here: TapHere, tables: Tables) -> None:
    """All rows of other tuning jobs and of the other region are right."""
    for stream in VISITING:
        wanted = expected.alike(expected.truth(here.emulator, stream))
        written = expected.alike(tables.rows[stream])
        others = {key: row for key, row in wanted.items() if not is_of_odd(row)}
        assert {key: written.get(key) for key in others} == others


@pytest.mark.parametrize("what", ABSENT)
def test_what_can_be_absent(here: TapHere, emulator: Emulator, what: str) -> None:
    """A member that is missing or of another type becomes null or text, and nothing
    else changes."""
    operation, change, columns = ABSENT[what]
    stream = {LIST: "tuning_jobs", SEARCH: "training_job_details"}.get(
        operation, "training_job_summaries"
    )
    alter(emulator, operation, change)
    tables = Tables()
    assert sync(here, tables).returncode == 0
    assert_others_are_true(here, tables)
    written = expected.alike(tables.rows[stream]).values()
    wanted = expected.alike(expected.truth(emulator, stream)).values()
    assert [row for row in written if is_of_odd(row)] == [
        row | columns for row in wanted if is_of_odd(row)
    ]


@pytest.mark.parametrize("what", UNREADABLE)
def test_what_cannot_be_read(here: TapHere, emulator: Emulator, what: str) -> None:
    """An unreadable item is a failure of its tuning job, in one line, and the next sync
    reads it once it is well."""
    operation, change = UNREADABLE[what]
    if operation == DESCRIBE_TRIAL:
        emulator.scope(ACCOUNT, REGIONS[0]).index.missing = 1
    alter(emulator, operation, change)
    tables = Tables()
    run = sync(here, tables)
    run.assert_refused(f"account {ACCOUNT}, {REGIONS[0]}, tuning job odd: ")
    assert "malformed" in run.error
    assert_others_are_true(here, tables)
    by_region = {row["region"]: row for row in tables.rows["scopes"].values()}
    assert by_region[REGIONS[0]]["status"] == "incomplete"
    assert by_region[REGIONS[0]]["complete_as_of"] is None
    assert by_region[REGIONS[0]]["tuning_jobs_failed"] == 1
    assert by_region[REGIONS[1]]["status"] == "complete"
    emulator.alter(operation, None)
    assert sync(here, tables).returncode == 0
    for stream in VISITING:
        wanted = expected.truth(emulator, stream)
        assert expected.alike(tables.rows[stream]) == expected.alike(wanted)


@pytest.mark.parametrize("operation", SHAPES)
@pytest.mark.parametrize("value", WRONG, ids=repr)
def test_another_type_is_never_a_bug(
    here: TapHere, emulator: Emulator, operation: str, value: Any
) -> None:
    """A value of any other type, in any member, fails at most its own tuning job; it
    is not taken for a bug, and the next sync can start from the state."""
    shape: Any = MODEL.shape_for(SHAPES[operation])
    names = sorted(shape.members)
    for number in range(len(names)):
        name = f"odd{number:02}x"
        emulator.scope().plan(name, trials=1, created="2026-03-01T09:00:00Z")
    if operation == DESCRIBE_TRIAL:
        emulator.scope().index.missing = 1

    def alteration(answer: dict[str, Any]) -> None:
        items = answer.get("Results", answer.get(ITEMS.get(operation, ""), [answer]))
        for item in items:
            changed = item.get("TrainingJob", item)
            if found := re.search(r"/odd(\d\d)x", str(changed)):
                changed[names[int(found[1])]] = value

    emulator.alter(operation, alteration)
    tables = Tables()
    run = sync(here, tables)
    assert "bug" not in run.stderr
    assert_others_are_true(here, tables)
    emulator.alter(operation, None)
    assert sync(here, tables).returncode == 0
    assert_others_are_true(here, tables)


def test_what_is_odd_when_asked_by_name(here: TapHere, emulator: Emulator) -> None:
    """Of two named tuning jobs, only the odd one fails."""
    alter(emulator, DESCRIBE, put("HyperParameterTuningJobConfig", "none"))
    tables = Tables()
    run = sync(here, tables, tuning_job_names=["first", "odd"])
    run.assert_refused(f"account {ACCOUNT}, {REGIONS[0]}, tuning job odd: ")
    rows = tables.rows["tuning_jobs"].values()
    assert sorted((row["region"], row["tuning_job_name"]) for row in rows) == [
        (REGIONS[1], "first"),
        (REGIONS[1], "odd"),
        (REGIONS[0], "first"),
    ]


@pytest.mark.parametrize("operation", ITEMS)
def test_a_null_among_the_items(
    here: TapHere, emulator: Emulator, operation: str
) -> None:
    """A null among a page's items costs no other row."""

    def with_null(answer: dict[str, Any]) -> None:
        items = answer[ITEMS[operation]]
        if any("odd" in str(item) and REGIONS[0] in str(item) for item in items):
            items.insert(1, None)

    emulator.alter(operation, with_null)
    tables = Tables()
    run = sync(here, tables)
    run.assert_refused(f"account {ACCOUNT}, {REGIONS[0]}, tuning job ")
    assert_others_are_true(here, tables)


def test_its_own_first_page_does_not_excuse_a_tuning_job(
    here: TapHere, emulator: Emulator
) -> None:
    """If the only tuning job's second page is denied for more than a week, the sync
    never counts as complete: nothing shows that others can be read."""
    emulator.scope(ACCOUNT, "eu-north-1").plan("only", trials=15)
    emulator.clock.move(seconds=DAY)
    tables = Tables()
    for _ in range(3):
        emulator.faults.clear()
        emulator.faults.add(Fault("deny", operation=TRIALS, after=1))
        run = sync(here, tables, regions=["eu-north-1"], page_size=10)
        run.assert_refused(f"account {ACCOUNT}, eu-north-1, tuning job only: ")
        (row,) = tables.rows["scopes"].values()
        assert (row["status"], row["tuning_jobs_denied"]) == ("incomplete", 0)
        emulator.clock.move(seconds=8 * DAY)
    emulator.faults.clear()
    assert sync(here, tables, regions=["eu-north-1"], page_size=10).returncode == 0
    assert len(tables.rows["training_job_summaries"]) == 15


def test_three_that_cannot_be_read_hide_no_others(
    here: TapHere, emulator: Emulator
) -> None:
    """If the first three tuning jobs of a scope are denied, the others are read; the
    three fail the sync for a week, then count as denied, and are read once allowed."""
    for number in range(8):
        emulator.scope().plan(f"job-{number}", trials=2, created="2026-03-01T08:00:00Z")
    denied = [f"job-{number}" for number in range(3)]
    for name in denied:
        emulator.faults.add(Fault("deny", operation=TRIALS, tuning_job=name))
    tables = Tables()
    for days in (0, 1, 3, 3):
        emulator.clock.move(seconds=days * DAY)
        run = sync(here, tables)
        assert run.returncode == 1
        assert f"3 tuning jobs ({', '.join(denied)}): " in run.error
    trials = tables.rows["training_job_summaries"].values()
    assert len({row["tuning_job_name"] for row in trials}) == 3 + 8 - 3
    emulator.clock.move(seconds=DAY)
    run = sync(here, tables)
    assert run.returncode == 0
    assert [name for name in denied if f"tuning job {name} (" not in run.stderr] == []
    rows = tables.rows["scopes"].values()
    assert {row["status"] for row in rows} == {"complete"}
    assert sum(row["tuning_jobs_denied"] for row in rows) == 3
    emulator.faults.clear()
    emulator.clock.move(seconds=DAY + 1)
    assert sync(here, tables).returncode == 0
    assert len({row["tuning_job_name"] for row in trials}) == 3 + 8
