"""Records of `training_job_summaries`, from cases, recorded responses and any possible
one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given

from tap_sagemaker_tuning.aws.operations import LIST_TRIALS
from tap_sagemaker_tuning.exceptions import UnreadableError, readable
from tap_sagemaker_tuning.streams.training_job_summaries import record_of
from tap_sagemaker_tuning.values import OddError
from tests import recorded
from tests.case_files import ASKED, KEYS, LISTED, assert_same, cases
from tests.schema_checks import assert_fits, schema_of
from tests.strategies import SOME, listed, odd, structures

if TYPE_CHECKING:
    from tap_sagemaker_tuning.aws.scope import Scope
    from tests.streams.conftest import Answers

STREAM = "training_job_summaries"
SHAPE = "HyperParameterTrainingJobSummary"
OBJECTIVE = "final_hyper_parameter_tuning_job_objective_metric"


@pytest.mark.parametrize("case", cases("training_job"))
def test_cases(case: dict[str, Any]) -> None:
    """A HyperParameterTrainingJobSummary becomes its record, member by member."""
    keys = dict(case["given"])
    assert_same(record_of(keys.pop("summary"), keys), case["expect"])


@SOME
@given(structures(SHAPE))
def test_any_trial_has_a_record(summary: dict[str, Any]) -> None:
    """Any summary that the model allows gives a record that fits, and is not modified,
    because replication uses it too."""
    before = repr(summary)
    assert_fits(STREAM, record_of(summary, KEYS))
    assert repr(summary) == before


@SOME
@given(structures(SHAPE).flatmap(odd))
def test_an_odd_one_fits_or_is_refused(item: Any) -> None:
    """A summary with a member missing or of another type fits or is refused."""
    try:
        with readable("it"):
            record = record_of(listed(LIST_TRIALS, item), KEYS)
    except UnreadableError:
        return
    assert_fits(STREAM, record)


def test_what_can_be_absent() -> None:
    """Everything except name, ARN and creation time can be absent, in the objective,
    too."""
    keys = {"TrainingJobName", "TrainingJobArn", "CreationTime"}
    bare = {name: LISTED[name] for name in keys}
    assert_fits(STREAM, record_of(bare, KEYS))
    objective: dict[str, Any] = {"FinalHyperParameterTuningJobObjectiveMetric": {}}
    record = record_of({**bare, **objective}, KEYS)
    assert_fits(STREAM, record)
    assert set(record[OBJECTIVE].values()) == {None}


@pytest.mark.parametrize("member", ["TrainingJobName", "TrainingJobArn"])
@pytest.mark.parametrize("value", [None, 7, ["a"]], ids=repr)
def test_a_key_has_to_be_text(member: str, value: Any) -> None:
    """A trial without a key is refused."""
    with pytest.raises(OddError, match="expected text"):
        record_of({**LISTED, member: value}, KEYS)


@recorded.needs_them
def test_recorded_trials(answers: Answers) -> None:
    """Recorded pages give records of their trials; an empty page is not the end."""
    trials = list(recorded.trials().values())
    third = len(trials) // 3
    empty, full = (recorded.responses()[name] for name in recorded.TOKENS[:2])
    other = recorded.responses()[recorded.TOKENS[2]]["body"]
    tokens = [empty["NextToken"], full["NextToken"], other["NextToken"]]
    pages = [
        recorded.wire(empty),
        {"TrainingJobSummaries": trials[:third], "NextToken": tokens[1]},
        {"NextToken": tokens[2], "TrainingJobSummaries": trials[third:]},
        recorded.wire(recorded.responses()[recorded.LAST_PAGE]),
    ]
    client = answers.to(LIST_TRIALS, *map(recorded.wire, pages))
    items = [item for page in client.trials("any") for item in page.items]
    asked = [call.params.get("NextToken") for call in answers.emulator.calls]
    assert asked[-4:] == [None, *tokens]
    for item, printed in zip(items, trials, strict=True):
        record = record_of(item, {**client.scope.context, **ASKED})
        assert_fits(STREAM, record)
        assert record == expected(printed, client.scope)


def expected(printed: dict[str, Any], scope: Scope) -> dict[str, Any]:
    """The record of a printed trial."""
    record = recorded.columns(SHAPE, printed, schema_of(STREAM))
    if record[OBJECTIVE]:
        record[OBJECTIVE]["non_finite"] = None
    return {**record, **scope.context, **ASKED}
