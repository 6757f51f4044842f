"""Records of `tuning_jobs`, from cases, recorded responses and any possible one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given

from tap_sagemaker_tuning.aws.operations import DESCRIBE_TUNING_JOB, LIST_TUNING_JOBS
from tap_sagemaker_tuning.aws.scope import Scope
from tap_sagemaker_tuning.exceptions import UnreadableError, readable
from tap_sagemaker_tuning.streams import tuning_jobs
from tap_sagemaker_tuning.streams.tuning_jobs import record_of
from tap_sagemaker_tuning.sync.list_jobs import summary_of
from tap_sagemaker_tuning.values import OddError
from tests import recorded
from tests.case_files import SCOPE, assert_same, cases
from tests.schema_checks import assert_fits, schema_of
from tests.strategies import SOME, listed, odd, structures

if TYPE_CHECKING:
    from tests.streams.conftest import Answers

STREAM = "tuning_jobs"
SHAPE = "HyperParameterTuningJobSummary"
WHOLE = next(
    case.values[0]["given"]["summary"]
    for case in cases("tuning_job")
    if case.id == "all_members"
)


@pytest.mark.parametrize("case", cases("tuning_job"))
def test_cases(case: dict[str, Any]) -> None:
    """A HyperParameterTuningJobSummary becomes its record, member by member."""
    given = case["given"]
    scope = Scope(given["account_id"], given["region"])
    assert_same(record_of(given["summary"], scope), case["expect"])


@SOME
@given(structures(SHAPE))
def test_any_tuning_job_has_a_record(summary: dict[str, Any]) -> None:
    """Any summary that the model allows gives a record that fits, and is not
    modified."""
    before = repr(summary)
    assert_fits(STREAM, record_of(summary, SCOPE))
    assert repr(summary) == before


@SOME
@given(structures(SHAPE).flatmap(odd))
def test_an_odd_one_fits_or_is_refused(item: Any) -> None:
    """A summary with a member missing or of another type fits or is refused."""
    try:
        with readable("it"):
            record = record_of(listed(LIST_TUNING_JOBS, item), SCOPE)
    except UnreadableError:
        return
    assert_fits(STREAM, record)


@pytest.mark.parametrize(
    "member",
    [
        "HyperParameterTuningJobStatus",
        "Strategy",
        "LastModifiedTime",
        "HyperParameterTuningEndTime",
        "TrainingJobStatusCounters",
        "ObjectiveStatusCounters",
        "ResourceLimits",
    ],
)
def test_what_can_be_absent(member: str) -> None:
    """Everything but name, ARN and creation time can be absent, alone or within
    limits."""
    summary = {**WHOLE}
    del summary[member]
    assert_fits(STREAM, record_of(summary, SCOPE))
    assert_fits(STREAM, record_of({**summary, "ResourceLimits": {}}, SCOPE))


@pytest.mark.parametrize(
    "member",
    ["HyperParameterTuningJobName", "HyperParameterTuningJobArn", "CreationTime"],
)
def test_what_cannot_be_absent(member: str) -> None:
    """A tuning job without a key is refused."""
    summary = {**WHOLE}
    del summary[member]
    with pytest.raises(OddError, match=f"^{member!r} is missing$"):
        record_of(summary, SCOPE)


def test_a_bug_is_not_the_services(monkeypatch: pytest.MonkeyPatch) -> None:
    """A bug while a record is made surfaces as itself, not as an odd response."""
    monkeypatch.setattr(tuning_jobs, "text_or_none", lambda value: value.strip_it())
    with pytest.raises(AttributeError, match="strip_it"), readable("the tuning job"):
        record_of(WHOLE, SCOPE)


def expected(printed: dict[str, Any], scope: Scope) -> dict[str, Any]:
    """The record of a printed tuning job."""
    whole = {**printed.get("HyperParameterTuningJobConfig", {}), **printed}
    record = recorded.columns(SHAPE, whole, schema_of(STREAM))
    counters = {
        name: {
            counter: (record[name] or {}).get(counter) or 0
            for counter in schema_of(STREAM)["properties"][name]["properties"]
        }
        for name in ("training_job_status_counters", "objective_status_counters")
    }
    return {**record, **counters, **scope.context}


@recorded.needs_them
@pytest.mark.parametrize("case", recorded.listed_jobs())
def test_recorded_listings(answers: Answers, case: str) -> None:
    """A recorded page of tuning jobs becomes records, even after an empty page."""
    page = recorded.responses()[case]
    empty = dict(recorded.responses()[recorded.TOKENS[2]]["body"])
    empty["HyperParameterTuningJobSummaries"] = empty.pop("TransformJobSummaries")
    client = answers.to(LIST_TUNING_JOBS, empty, recorded.wire(page))
    first, second = client.tuning_jobs()
    assert first.items == []
    assert answers.emulator.calls[-1].params["NextToken"] == empty["NextToken"]
    records = [record_of(item, client.scope) for item in second.items]
    for record in records:
        assert_fits(STREAM, record)
    assert records == [
        expected(printed, client.scope)
        for printed in page["HyperParameterTuningJobSummaries"]
    ]


@recorded.needs_them
@pytest.mark.parametrize("case", [*recorded.described_jobs(), *recorded.wire_bodies()])
def test_recorded_descriptions(answers: Answers, case: str) -> None:
    """A recorded description becomes a record like a listed one."""
    twin = recorded.TWINS.get(case)
    printed = recorded.described_jobs()[
        f"describe_tuning_job__{twin}" if twin else case
    ]
    body = recorded.wire_bodies()[case] if twin else recorded.wire(printed)
    client = answers.to(DESCRIBE_TUNING_JOB, body)
    description, _ = client.tuning_job("any")
    assert description is not None
    record = record_of(summary_of(description), client.scope)
    assert_fits(STREAM, record)
    assert record == expected(printed, client.scope)
