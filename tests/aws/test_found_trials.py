"""What Search is asked, and which of its records are used."""

from __future__ import annotations

import json
import math
import re
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sagemaker_tuning_emulator import (
    Definition,
    Home,
    Index,
    Trial,
    TuningJob,
    descriptions,
    wire,
)
from tap_sagemaker_tuning.aws.found_trials import (
    consistent_with_listing,
    expression,
    is_useless,
)
from tap_sagemaker_tuning.streams.training_job_details import record_of
from tests import recorded
from tests.case_files import KEYS, LISTED
from tests.strategies import SOME, parsed

if TYPE_CHECKING:
    from collections.abc import Sequence

NAMES = st.from_regex("[a-zA-Z0-9](-?[a-zA-Z0-9]){0,31}", fullmatch=True)
MEASURED = {
    **LISTED,
    "FinalHyperParameterTuningJobObjectiveMetric": {"MetricName": "auc", "Value": 0.5},
}
METRIC = {
    "MetricName": "auc",
    "Value": 0.5,
    "Timestamp": "2026-03-02T09:09:00.000Z",
}
FOUND: dict[str, Any] = {
    **{name: LISTED[name] for name in LISTED if name != "TrainingJobArn"},
    "AlgorithmSpecification": {},
    "BillableTimeInSeconds": 540,
    "EnableInterContainerTrafficEncryption": False,
    "EnableManagedSpotTraining": False,
    "EnableNetworkIsolation": False,
    "FinalMetricDataList": [METRIC],
    "HyperParameters": {"_tuning_objective_metric": "auc"},
    "InputDataConfig": [],
    "LastModifiedTime": "2026-03-02T09:11:00.000Z",
    "ModelArtifacts": {},
    "OutputDataConfig": {},
    "ResourceConfig": {},
    "RoleArn": "arn:aws:iam::111122223333:role/Tuning",
    "SecondaryStatus": "Completed",
    "StoppingCondition": {},
    "TrainingTimeInSeconds": 540,
}
"""The complete record of `MEASURED` in Search."""

NAME = FOUND["TrainingJobName"]
IN_2019 = {
    "CreationTime": "2019-07-02T09:00:00.000Z",
    "TrainingStartTime": "2019-07-02T09:01:00.000Z",
    "TrainingEndTime": "2019-07-02T09:10:00.000Z",
}
RUNS = {"TrainingJobStatus": "InProgress", "TrainingEndTime": None}
UNMEASURED = {"FinalHyperParameterTuningJobObjectiveMetric": None}


def without(*members: str) -> dict[str, None]:
    """Changes that each remove one of these members."""
    return dict.fromkeys(members)


def changed(whole: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    """A record or summary with changes; null removes a member."""
    both = {**whole, **changes}
    return {name: value for name, value in both.items() if value is not None}


def objective(value: Any) -> dict[str, Any]:
    """A change of the objective metric's value."""
    metric = {"MetricName": "auc", "Value": value}
    return {"FinalHyperParameterTuningJobObjectiveMetric": metric}


# Requests


@SOME
@given(st.lists(NAMES, min_size=1, max_size=100, unique=True))
def test_names_are_packed_into_filters(names: Sequence[str]) -> None:
    """Any page's names are requested once each, within the service's limits."""
    asked = expression(names)
    values = [each["Value"] for each in asked["Filters"]]
    assert [name for value in values for name in value.split(",")] == names
    assert max(map(len, values)) <= 1024
    assert asked["Operator"] == "Or"
    assert {(each["Name"], each["Operator"]) for each in asked["Filters"]} == {
        ("TrainingJobName", "In")
    }


def test_a_page_of_the_longest_names_is_seven_filters() -> None:
    """A hundred names of 63 characters need seven filters, and the last one is not
    full."""
    names = [f"{number:063}" for number in range(100)]
    filters = expression(names)["Filters"]
    assert [each["Value"].count(",") + 1 for each in filters] == [16] * 6 + [4]


def test_when_search_is_useless() -> None:
    """Search is useless if it knows none of ten ended trials; fewer may be too new."""
    running = changed(LISTED, RUNS)
    assert is_useless([], [LISTED] * 10)
    assert not is_useless([], [LISTED] * 9)
    assert not is_useless([LISTED], [LISTED] * 10)
    assert not is_useless([], [*[LISTED] * 10, running])


# Which records agree with the listing


@pytest.mark.parametrize(
    ("of_record", "of_summary"),
    [
        ({}, {}),
        ({"TrainingEndTime": "2026-03-02T09:10:00.900Z"}, {}),
        ({"TuningJobArn": "any", "New": 1}, {}),
        (RUNS | without("ModelArtifacts"), RUNS | UNMEASURED),
        (
            RUNS | without("BillableTimeInSeconds", "TrainingTimeInSeconds"),
            RUNS | UNMEASURED,
        ),
        (
            {"TrainingJobStatus": "Failed"}
            | without("FinalMetricDataList", "ModelArtifacts"),
            {"TrainingJobStatus": "Failed"} | UNMEASURED,
        ),
        (
            IN_2019
            | without("BillableTimeInSeconds", "TrainingTimeInSeconds")
            | without("EnableManagedSpotTraining", "EnableNetworkIsolation"),
            IN_2019,
        ),
        ({"FinalMetricDataList": [{"MetricName": "auc", "Value": 0.5}]}, {}),
        ({"FinalMetricDataList": [None, METRIC]}, {}),
        ({"FinalMetricDataList": [{**METRIC, "MetricName": "loss"}, METRIC]}, {}),
        ({"FinalMetricDataList": [{**METRIC, "Value": 0.7}, METRIC]}, {}),
        ({"FinalMetricDataList": [{**METRIC, "Value": math.nan}]}, objective("NaN")),
        ({"FinalMetricDataList": [{**METRIC, "Value": "NaN"}]}, objective(math.nan)),
        (
            {"FinalMetricDataList": [{**METRIC, "Value": "-Infinity"}]},
            objective("-inf"),
        ),
        ({"FinalMetricDataList": [{**METRIC, "Value": 1}]}, objective(1.0)),
        ({"FinalMetricDataList": [{**METRIC, "Value": 0.0}]}, objective(0)),
        (
            {"FinalMetricDataList": [{**METRIC, "Value": 0.10000000149011612}]},
            objective(0.1),
        ),
        ({"FinalMetricDataList": [{**METRIC, "Value": 1e300}]}, objective(1e300)),
    ],
    ids=[
        *("agrees", "to_the_second", "has_more", "runs", "runs_without_seconds"),
        *("failed_without_metrics", "in_2019", "metric_without_a_time", "null_metric"),
        *("among_others", "twice", "nan", "nan_as_text", "infinity", "whole", "zero"),
        *("not_widened", "beyond_float32"),
    ],
)
def test_consistent(of_record: dict[str, Any], of_summary: dict[str, Any]) -> None:
    """A record is used if it agrees with the listing and lacks nothing."""
    record = changed(FOUND, of_record)
    assert consistent_with_listing([record], [changed(MEASURED, of_summary)]) == {
        NAME: record
    }


@pytest.mark.parametrize(
    ("of_record", "of_summary"),
    [
        ({"CreationTime": "2026-03-01T09:00:00.000Z"}, {}),
        ({"TrainingStartTime": "2026-03-02T09:02:00.000Z"}, {}),
        ({"TrainingEndTime": "2026-03-02T09:10:01.000Z"}, {}),
        ({"TrainingJobStatus": "Stopped"}, {}),
        ({"TrainingJobStatus": "InProgress"}, {}),
        ({"TrainingJobName": "other"}, {}),
        (without("TrainingJobStatus"), without("TrainingJobStatus")),
        ({"FinalMetricDataList": []}, {}),
        (
            {"FinalMetricDataList": [], "TrainingJobStatus": "Stopped"},
            {"TrainingJobStatus": "Stopped"},
        ),
        (
            {
                "FinalMetricDataList": [
                    METRIC,
                    {**METRIC, "Timestamp": "1970-01-19T14:45:14.000Z"},
                ]
            },
            {},
        ),
        ({"FinalMetricDataList": [{**METRIC, "MetricName": "loss"}]}, {}),
        ({"FinalMetricDataList": [{**METRIC, "MetricName": "AUC"}]}, {}),
        ({"FinalMetricDataList": [{**METRIC, "Value": 0.4}]}, {}),
        ({"FinalMetricDataList": [{**METRIC, "Value": 0.5000001}]}, {}),
        ({"FinalMetricDataList": [{**METRIC, "Value": None}]}, objective(0)),
        ({"FinalMetricDataList": [{**METRIC, "Value": 1e300}]}, objective(1e299)),
        ({"FinalMetricDataList": [{**METRIC, "Value": math.nan}]}, {}),
        ({"FinalMetricDataList": [{**METRIC, "Value": math.inf}]}, objective("NaN")),
        (
            {
                "FinalMetricDataList": [
                    {**METRIC, "Value": 0.4},
                    {**METRIC, "MetricName": "loss"},
                ]
            },
            {},
        ),
    ],
    ids=[
        *("creation", "start", "end", "status", "lags", "name", "no_status_at_all"),
        *("no_metrics", "early_stopped_without_metrics", "metric_of_1970"),
        *("another_metric", "another_case", "another_value", "nearly", "no_value"),
        *("beyond_float32", "nan", "infinity", "value_of_another"),
    ],
)
def test_inconsistent(of_record: dict[str, Any], of_summary: dict[str, Any]) -> None:
    """A record that disagrees with the listing in a time, the status, the name or a
    metric, or that cannot be corrected, is not used."""
    record = changed(FOUND, of_record)
    assert consistent_with_listing([record], [changed(MEASURED, of_summary)]) == {}


@pytest.mark.parametrize("member", sorted(FOUND))
def test_no_member_may_be_missing(member: str) -> None:
    """A completed trial's record must have each of these members, because every
    description does."""
    for record in (changed(FOUND, without(member)), {**FOUND, member: None}):
        assert consistent_with_listing([record], [MEASURED]) == {}


OLDER = {**FOUND, "LastModifiedTime": "2026-03-02T09:10:30.000Z"}
FORMER = {**OLDER, "CreationTime": "2026-03-01T09:00:00.000Z", "LastModifiedTime": "3"}


@pytest.mark.parametrize(
    ("records", "expected"),
    [
        ([FOUND, OLDER], FOUND),
        ([FOUND, {**OLDER, "TrainingJobStatus": "InProgress"}], FOUND),
        ([{**FOUND, "TrainingJobStatus": "Failed"}, OLDER], None),
        ([FOUND, FORMER], FOUND),
        ([FOUND, changed(FOUND, without("LastModifiedTime"))], FOUND),
    ],
    ids=["older", "running", "newest_is_wrong", "former_life", "undated"],
)
def test_the_newest_of_duplicates(records: list[Any], expected: Any) -> None:
    """Of several records with one name, the newest is used, in any order, or none."""
    for order in (records, records[::-1]):
        assert consistent_with_listing(order, [MEASURED]).get(NAME) == expected


@recorded.needs_them
def test_each_name_of_a_recorded_search_is_found_once() -> None:
    """Thirteen recorded rows, with one duplicate, give twelve trials."""
    (table,) = recorded.starting("search_derived_table__").values()
    names = [row["model_name"] for row in table["rows"]]
    records = [{**FOUND, "TrainingJobName": name} for name in names]
    listed = [{**MEASURED, "TrainingJobName": name} for name in names]
    assert (len(records), len(consistent_with_listing(records, listed))) == (13, 12)


# Trials of every kind, with and without an index that drops members

BORN = datetime.fromisoformat("2026-03-01T09:00:00+00:00")
NOW = BORN + timedelta(days=1)
RAN: dict[str, Any] = {
    "created": BORN,
    "started": BORN + timedelta(minutes=1),
    "ended": BORN + timedelta(minutes=10),
}
KINDS: dict[str, dict[str, Any]] = {
    "completed": {**RAN, "value": 0.5, "metrics": {"loss": 0.1}},
    "nan": {**RAN, "value": "NaN"},
    "unmeasured": {**RAN, "objective_status": "Failed"},
    "early": {**RAN, "value": 0.25, "status": "Stopped"},
    "stopped": {**RAN, "status": "Stopped"},
    "never": {"created": BORN, "ended": RAN["ended"], "status": "Stopped"},
    "failed": {**RAN, "status": "Failed", "failure_reason": "AlgorithmError"},
    "runs": {"created": BORN, "started": RAN["started"]},
    "new": {"created": BORN},
    "stopping": {"created": BORN, "started": RAN["started"], "stopping": RAN["ended"]},
}
DEFINITIONS = {
    "plain": Definition(),
    "groups": Definition(instance_groups={"ml.c5.large": 2, "ml.m5.large": 1}),
    "rich": Definition(
        spot=True,
        environment={"API_KEY": "s3cr3t"},
        more={
            "VpcConfig": {"SecurityGroupIds": ["sg-1"], "Subnets": ["subnet-1"]},
            "RetryStrategy": {"MaximumRetryAttempts": 3},
        },
    ),
}
HOME = Home()


class Page:
    """A page of trials, two of each kind in a definition: listed, searched and
    described.

    Each shows what the other one's record lacks.
    """

    def __init__(self, definition: str, index: Index | None = None) -> None:
        """Parse it as a client does."""
        trials = [
            Trial(name=f"{kind}-{number}", **fields)
            for kind, fields in KINDS.items()
            for number in range(2)
        ]
        job = TuningJob(
            name="job",
            created=BORN,
            trials=tuple(trials),
            definitions=(DEFINITIONS[definition],),
            tags={"team": "churn"},
        )
        pairs = [(job, each) for each in trials]
        self.listed = [_read(LISTED_AS, trial.view(NOW, HOME)) for trial in trials]
        self.records = [
            _read("TrainingJob", record)
            for record in (index or Index()).records(pairs, NOW, HOME)
        ]
        self.described = [
            _read("DescribeTrainingJobResponse", descriptions.trial(*pair, NOW, HOME))
            for pair in pairs
        ]

    def is_wrong(self, number: int, records: list[dict[str, Any]]) -> bool:
        """Whether a trial's row would differ from one made from its description."""
        summary = self.listed[number]
        record = consistent_with_listing(records, self.listed).get(
            summary["TrainingJobName"]
        )
        return record is not None and _row(record, summary) != _row(
            self.described[number], summary
        )


LISTED_AS = "HyperParameterTrainingJobSummary"


def _read(shape: str, members: Any) -> dict[str, Any]:
    return parsed(shape, json.loads(wire.encode(members)))


def _row(record: dict[str, Any], summary: dict[str, Any]) -> str:
    """The row of a record, with times to the second and without tags, which only Search
    has."""
    row = {**record_of(record, summary, KEYS), "tags": None}
    return re.sub(r"(:\d\d)\.\d{3}Z", r"\1Z", json.dumps(row, sort_keys=True))


@pytest.mark.parametrize("definition", DEFINITIONS)
def test_an_index_that_is_kept_well_leaves_nothing_to_describe(definition: str) -> None:
    """Without lag and gaps, all records are used, and the rows match those from
    descriptions."""
    page = Page(definition)
    names = {each["TrainingJobName"] for each in page.listed}
    assert consistent_with_listing(page.records, page.listed).keys() == names
    wrong = [n for n in range(len(page.listed)) if page.is_wrong(n, page.records)]
    assert wrong == []


@pytest.mark.parametrize("definition", DEFINITIONS)
def test_no_dropped_member_makes_a_row_wrong(definition: str) -> None:
    """If any single member is missing from a record, the trial is described or the row
    is still right."""
    page = Page(definition)
    wrong, dropped = [], 0
    for number, record in enumerate(page.records):
        for member in record:
            thinned = [*page.records]
            thinned[number] = {name: record[name] for name in record if name != member}
            dropped += 1
            if page.is_wrong(number, thinned):
                wrong.append((record["TrainingJobName"], member))
    assert wrong == []
    assert dropped > 300


@pytest.mark.parametrize("definition", DEFINITIONS)
@pytest.mark.parametrize("kind", KINDS)
def test_a_lone_record_may_lack_what_some_trials_lack(
    definition: str, kind: str
) -> None:
    """Without another trial of its kind, a record may lack what is optional."""
    page = Page(definition)
    number = 2 * [*KINDS].index(kind)
    record, page.listed = page.records[number], [page.listed[number]]
    page.described = [page.described[number]]
    wrong = {
        member
        for member in record
        if page.is_wrong(0, [{n: record[n] for n in record if n != member}])
    }
    assert wrong <= {
        "CheckpointConfig",
        "ModelArtifacts",
        "RetryStrategy",
        "SecondaryStatusTransitions",
        "VpcConfig",
    }


@pytest.mark.parametrize(
    ("of_record", "of_summary"),
    [
        ({}, {"TrainingJobDefinitionName": "linear"}),
        ({"TrainingJobStatus": "Stopped"}, {"TrainingJobStatus": "Stopped"}),
        (RUNS, RUNS | UNMEASURED),
        (without("TrainingStartTime"), without("TrainingStartTime")),
        ({}, UNMEASURED),
        (IN_2019, IN_2019),
    ],
    ids=["definition", "status", "running", "started", "measured", "2019"],
)
def test_trials_of_another_kind_tell_nothing(
    of_record: dict[str, Any], of_summary: dict[str, Any]
) -> None:
    """A member in one trial's record is not expected in another's if they differ in a
    field that determines it."""
    in_vpc = {**FOUND, "VpcConfig": {}}
    record = changed(FOUND, {**of_record, "TrainingJobName": "other"})
    summary = changed(MEASURED, {**of_summary, "TrainingJobName": "other"})
    usable = consistent_with_listing([in_vpc, record], [MEASURED, summary])
    assert usable == {NAME: in_vpc, "other": record}


@pytest.mark.parametrize("member", ["Tags", "FailureReason"])
def test_what_describing_would_not_help(member: str) -> None:
    """Tags exist only in Search, and the failure reason is in no row of details."""
    fuller = {**FOUND, member: "any"}
    other = {**FOUND, "TrainingJobName": "other"}
    usable = consistent_with_listing(
        [fuller, other], [MEASURED, {**MEASURED, "TrainingJobName": "other"}]
    )
    assert usable == {NAME: fuller, "other": other}


def test_an_index_without_transitions_is_consistent() -> None:
    """A complete index without transitions is used, and its rows have null."""
    page = Page("plain", Index(without_transitions=True))
    usable = consistent_with_listing(page.records, page.listed)
    assert len(usable) == len(page.listed)
    record = record_of(page.records[0], page.listed[0], KEYS)
    assert record["secondary_status_transitions"] is None


@pytest.mark.parametrize("lag", [30.0, 9.5 * 60, 86_400.0 - 30])
def test_an_index_that_lags_is_consistent_where_nothing_has_changed(lag: float) -> None:
    """The records of a late index are right, except for what changes during a run,
    which is read again."""
    page = Page("plain", Index(lag_seconds=(lag, lag)))
    final = [n for n, each in enumerate(page.listed) if "TrainingEndTime" in each]
    assert [n for n in final if page.is_wrong(n, page.records)] == []


# Recorded descriptions, as an accurate index would have them


def of_listing(record: dict[str, Any]) -> dict[str, Any]:
    """The trial as a listing shows it."""
    names = ("TrainingJobStatus", "CreationTime", "TrainingStartTime")
    summary = {name: record[name] for name in names if name in record}
    summary |= {"TrainingJobName": NAME, "TrainingJobArn": LISTED["TrainingJobArn"]}
    if "TrainingEndTime" in record:
        summary["TrainingEndTime"] = record["TrainingEndTime"][:19] + ".000Z"
    for metric in record.get("FinalMetricDataList") or []:
        summary["FinalHyperParameterTuningJobObjectiveMetric"] = {
            name: metric[name] for name in ("MetricName", "Value")
        }
    return summary


UNMENDABLE = {"final_metric_timestamp_1970_debugger", "tuning_trial_full_2019"}
"""Their metrics are dated January 1970, so they have to be described."""


@recorded.needs_them
@pytest.mark.parametrize(
    "case",
    [
        case
        for case, printed in (
            recorded.described_trials() | recorded.searched_trials()
        ).items()
        if "CreationTime" in printed
    ],
)
def test_recorded_trials_need_no_description(case: str) -> None:
    """A record like any recorded trial, of any year and status, is used."""
    printed = recorded.described_trials() | recorded.searched_trials()
    record = _read("TrainingJob", recorded.wire(printed[case]))
    record["TrainingJobName"] = NAME
    is_consistent = NAME in consistent_with_listing([record], [of_listing(record)])
    assert is_consistent is (case.partition("__")[2] not in UNMENDABLE)
