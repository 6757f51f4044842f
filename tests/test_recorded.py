"""Recorded answers of the service, taken the whole way: HTTP, the tap, records.

They are not part of this project: the folder beside it, or the one that the environment
variable RECORDED_CASES names, holds them.
"""

from __future__ import annotations

import json
import os
import re
from collections import defaultdict
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import botocore.session
import pytest
from botocore import xform_name

from emulator import TuningJob
from emulator.clock import instant

if TYPE_CHECKING:
    from emulator import Emulator
    from tests.conftest import Run, TapProcess

BESIDE = Path(__file__).resolve().parent.parent.parent / "shared" / "cases"
FOLDER = Path(os.environ.get("RECORDED_CASES", BESIDE))
pytestmark = pytest.mark.skipif(
    not FOLDER.is_dir(),
    reason=f"no recorded cases: {FOLDER.name} is not there, see RECORDED_CASES",
)

LIST_TUNING_JOBS = "ListHyperParameterTuningJobs"
LIST_TRIALS = "ListTrainingJobsForHyperParameterTuningJob"
DESCRIBE = "DescribeHyperParameterTuningJob"
MODEL = botocore.session.get_session().get_service_model("sagemaker")
SCOPE = {"account_id": "123456789012", "region": "us-east-1"}  # the fixture's
NO_TRIALS: Any = (200, {}, {"TrainingJobSummaries": []})
TWINS = {"wire_reconstructed__describe_tuning_job": "unmodelled_fields"}
"""A wire body, and the print from which it was made: the same values in text."""

TOKENS = (
    "list_training_jobs__empty_page_with_next_token",
    "list_training_jobs__page_with_next_token",
    "list_transform_jobs__wire_empty_page_with_next_token",
)
LAST_PAGE = "list_training_jobs__empty_last_page"

CHECK_KEY = (
    "Check the access key (aws_access_key_id, or the chain's) and that the region is "
    "enabled for the account: the service says the same of both"
)
RENEW = "Renew the credentials: the session token has expired and cannot renew itself"
SLOWER = "Lower concurrency, or raise max_attempts"
ADVICE = {
    "access_denied_explicit_deny": "Lift the policy that denies sagemaker:"
    "ListHyperParameterTuningJobs",
    "access_denied_no_identity_policy_list": "Allow sagemaker:"
    "ListHyperParameterTuningJobs",
    "access_denied_service_control_policy": "Lift the policy that denies sagemaker:"
    "ListHyperParameterTuningJobs",
    "expired_token": RENEW,
    "internal_failure_empty_message": "The service failed at every try: a later sync "
    "reads what is missing",
    "throttling_describe_training_job": SLOWER,
    "throttling_from_last_modified_filter": SLOWER,
    "throttling_list_training_jobs": SLOWER,
    "throttling_search": SLOWER,
    "unrecognized_client": CHECK_KEY,
    "validation_requested_resource_not_found": "",
    "validation_two_errors_in_one_message": "",
    "wire_body_unrecognized_client": CHECK_KEY,
}
"""Recorded errors, and what the tap says is to be done about each."""

NO_SUCH_TUNING_JOB = "resource_not_found_tuning_job"


@cache
def responses() -> dict[str, dict[str, Any]]:
    """The recorded responses, by the name of their file."""
    return {
        path.stem: json.loads(path.read_text(encoding="utf-8"))["response"]
        for path in sorted(FOLDER.glob("*__*.json"))
    }


def starting(*prefixes: str) -> dict[str, dict[str, Any]]:
    """The recorded responses whose file name begins so."""
    return {
        name: response
        for name, response in responses().items()
        if name.startswith(prefixes)
    }


def has_all(printed: object, shape: str) -> bool:
    """Whether a print is whole: it has what the model requires of a summary."""
    required = MODEL.shape_for(shape).metadata["required"]
    return isinstance(printed, dict) and all(
        printed.get(member) is not None for member in required
    )


def listed_jobs() -> dict[str, dict[str, Any]]:
    """Recorded pages of tuning jobs, by case."""
    return starting("list_tuning_jobs__")


def described_jobs() -> dict[str, dict[str, Any]]:
    """Recorded descriptions of tuning jobs that are whole, by case."""
    shape = "HyperParameterTuningJobSummary"
    return {
        name: printed
        for name, printed in starting("describe_tuning_job__").items()
        if has_all(
            {**printed.get("HyperParameterTuningJobConfig", {}), **printed}, shape
        )
    }


def wire_bodies() -> dict[str, str]:
    """Descriptions of tuning jobs as the bytes of the wire, by case."""
    return {
        name: response["body_text"]
        for name, response in responses().items()
        if name in TWINS
    }


def trials() -> dict[str, dict[str, Any]]:
    """Recorded trials that are whole, by case and member."""
    return {
        f"{name}.{member}": printed
        for name, response in starting("best_trial__", "describe_tuning_job__").items()
        for member, printed in response.items()
        if member.endswith("BestTrainingJob")
        and has_all(printed, "HyperParameterTrainingJobSummary")
    }


def errors() -> dict[str, dict[str, Any]]:
    """Recorded errors, by what they are."""
    return {
        name.partition("__")[2]: response
        for name, response in starting("error__").items()
    }


def wire(printed: Any, member: str = "") -> Any:
    """What was printed as it was on the wire: times are numbers, maps are maps.

    Nulls stay, and so do members that the model does not know.
    """
    match printed:
        case dict():
            return {
                name: wire(value, name)
                for name, value in printed.items()
                if name != "ResponseMetadata"  # boto3's own
            }
        case [{"Name": _, "Value": _}, *_] if member == "TunedHyperParameters":
            return {pair["Name"]: str(pair["Value"]) for pair in printed}
        case list():
            return [wire(value) for value in printed]
        case str() if member.endswith("Time"):
            return moment(printed)
        case _:
            return printed


def moment(printed: str) -> datetime:
    """A printed time; without an offset it was UTC."""
    parsed = datetime.fromisoformat(printed)
    return instant(parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC))


def column(shape: Any, printed: Any) -> Any:
    """What a record has for a printed member of a shape."""
    match shape.type_name, printed:
        case _, None:
            return None
        case "timestamp", str():
            shown = moment(printed).strftime("%Y-%m-%dT%H:%M:%S.%f")
            return f"{shown[:-3]}Z"
        case "structure", dict():
            return {
                xform_name(member): column(shape.members[member], printed.get(member))
                for member in shape.members
            }
        case "map", list():
            return wire(printed, "TunedHyperParameters")
        case _:
            return printed


def job_record(printed: dict[str, Any]) -> dict[str, Any]:
    """The record of a printed tuning job."""
    shape = MODEL.shape_for("HyperParameterTuningJobSummary")
    whole = {**printed.get("HyperParameterTuningJobConfig", {}), **printed}
    return {
        **SCOPE,
        **{
            name.removeprefix("hyper_parameter_"): value
            for name, value in column(shape, whole).items()
        },
    }


def trial_record(printed: dict[str, Any], job: TuningJob) -> dict[str, Any]:
    """The record of a printed trial of a tuning job."""
    shape = MODEL.shape_for("HyperParameterTrainingJobSummary")
    record = column(shape, printed)
    metric = record["final_hyper_parameter_tuning_job_objective_metric"]
    arn = "arn:aws:sagemaker:us-east-1:123456789012:hyper-parameter-tuning-job/"
    return {
        **record,
        **SCOPE,
        "tuning_job_name": job.name,
        "tuning_job_arn": arn + job.name,
        "final_hyper_parameter_tuning_job_objective_metric": {
            **metric,
            "non_finite": None,
        },
    }


def assert_read(run: Run, stream: str, expected: dict[str, dict[str, Any]]) -> None:
    """The run read without a failure, and a record of each case has its values."""
    key = {"tuning_jobs": "tuning_job_arn"}.get(stream, "training_job_arn")
    of_case = {record[key]: name for name, record in expected.items()}
    found = {of_case[record[key]]: record for record in run.records(stream)}
    assert run.returncode == 0, run.error
    assert found == expected
    assert len(run.records(stream)) == len(expected)


def rounds() -> list[dict[str, Any]]:
    """The descriptions in as few groups as have no tuning job twice."""
    grouped: list[dict[str, Any]] = []
    seen: dict[str, int] = defaultdict(int)
    expected = {name: job_record(job) for name, job in described_jobs().items()}
    twins = {
        wire_name: expected[f"describe_tuning_job__{print_name}"]
        for wire_name, print_name in TWINS.items()
        if wire_name in responses()
    }
    for name, record in {**expected, **twins}.items():
        # Two prints of one account were given the same ARN under two names.
        key = record["tuning_job_arn"]
        grouped.extend([{}] * (seen[key] == len(grouped)))
        grouped[seen[key]] = {**grouped[seen[key]], name: record}
        seen[key] += 1
    return grouped


@pytest.mark.parametrize("case", listed_jobs())
def test_a_recorded_listing(emulator: Emulator, tap: TapProcess, case: str) -> None:
    """A recorded page of tuning jobs, after a recorded empty one, becomes records."""
    page = responses()[case]
    empty = dict(responses()[TOKENS[2]]["body"])
    empty["HyperParameterTuningJobSummaries"] = empty.pop("TransformJobSummaries")
    emulator.serve(LIST_TUNING_JOBS, [(200, {}, empty), (200, {}, wire(page))])
    (job,) = page["HyperParameterTuningJobSummaries"]
    emulator.serve(LIST_TRIALS, [NO_TRIALS])
    run = tap()
    assert_read(run, "tuning_jobs", {case: job_record(job)})
    asked = [
        call.params.get("NextToken")
        for call in emulator.calls
        if call.operation == LIST_TUNING_JOBS
    ]
    assert asked == [None, empty["NextToken"]]


@pytest.mark.parametrize("expected", rounds(), ids=lambda cases: f"{len(cases)}-jobs")
def test_recorded_descriptions(
    emulator: Emulator, tap: TapProcess, expected: dict[str, dict[str, Any]]
) -> None:
    """Recorded descriptions, asked for by name, become records of tuning jobs."""
    bodies = {name: wire(job) for name, job in described_jobs().items()} | wire_bodies()
    emulator.serve(DESCRIBE, [(200, {}, bodies[name]) for name in expected])
    emulator.serve(LIST_TRIALS, [NO_TRIALS] * len(expected))
    # The names are the emulator's to ignore: some recorded ones are longer than the
    # service allows.
    names = [f"recorded-{number}" for number in range(len(expected))]
    run = tap(config={"tuning_job_names": names})
    assert_read(run, "tuning_jobs", expected)


def test_recorded_trials(emulator: Emulator, tap: TapProcess) -> None:
    """Recorded trials become records, over recorded pages: empty ones are no end."""
    job = TuningJob(
        name="recorded",
        created=instant("2026-03-01T00:00:00Z"),
        ended=instant("2026-03-01T01:00:00Z"),
    )
    emulator.scope().add(job)
    newest_first = sorted(
        (wire(trial) for trial in trials().values()),
        key=lambda trial: str(trial["CreationTime"]),
        reverse=True,
    )
    half = len(newest_first) // 2
    empty, full = responses()[TOKENS[0]], responses()[TOKENS[1]]
    tokens = [empty["NextToken"], full["NextToken"]]
    tokens.append(responses()[TOKENS[2]]["body"]["NextToken"])
    pages = [
        wire(empty),
        {"TrainingJobSummaries": newest_first[:half], "NextToken": tokens[1]},
        {"NextToken": tokens[2], "TrainingJobSummaries": newest_first[half:]},
        wire(responses()[LAST_PAGE]),
    ]
    emulator.serve(LIST_TRIALS, [(200, {}, page) for page in pages])
    run = tap()
    expected = {name: trial_record(trial, job) for name, trial in trials().items()}
    assert_read(run, "training_job_summaries", expected)
    asked = [
        call.params.get("NextToken")
        for call in emulator.calls
        if call.operation == LIST_TRIALS
    ]
    assert asked == [None, *tokens]


def body_of(error: dict[str, Any]) -> dict[str, str]:
    """A recorded error as the wire's body."""
    printed = {"__type": error.get("Code"), "message": error.get("Message")}
    body: dict[str, str] = error.get("body", printed)
    return body


def answer_of(error: dict[str, Any]) -> Any:
    """A recorded error as the emulator serves it."""
    body = body_of(error)
    return {"InternalFailure": 500}.get(body["__type"], 400), {}, body


def line_of(name: str) -> str:
    """What the tap has to say of a recorded error, after where, without request ids."""
    body = body_of(errors()[name])
    said = " ".join(body["message"].split()).rstrip(".")
    return ": ".join([LIST_TUNING_JOBS, body["__type"], *([said] if said else [])])


def without_request(line: str) -> str:
    """A line without the id of the request."""
    return re.sub(r" \(request [0-9a-f-]{36}\)", "", line)


@pytest.mark.parametrize(
    "name", ["access_denied_no_identity_policy_list", "internal_failure_empty_message"]
)
def test_a_recorded_error(emulator: Emulator, tap: TapProcess, name: str) -> None:
    """A recorded error ends the run in one line: code, words, and what to do."""
    emulator.serve(LIST_TUNING_JOBS, [answer_of(errors()[name])])
    run = tap(config={"max_attempts": 1})
    assert run.returncode == 1
    assert run.error.startswith("Error: account 123456789012, us-east-1: ")
    assert f"us-east-1: {line_of(name)}" in run.error
    assert run.error.endswith(ADVICE[name])
    assert "Traceback" not in run.stderr
    assert run.stderr.count(body_of(errors()[name])["__type"]) == 1


def test_recorded_errors(emulator: Emulator, tap: TapProcess) -> None:
    """Each recorded error, one a region, is a line: code, words, and what to do."""
    emulator.serve(LIST_TUNING_JOBS, [answer_of(errors()[name]) for name in ADVICE])
    regions = [f"us-east-{number + 1}" for number in range(len(ADVICE))]
    run = tap(config={"max_attempts": 1, "regions": regions})
    assert run.returncode == 1
    assert "Traceback" not in run.stderr
    where = r"account 123456789012, us-east-\d+: "
    lines = re.findall(f"{where}({LIST_TUNING_JOBS}: .*)", run.stderr)
    expected = [
        f"{line_of(name)}{advice and '. '}{advice}" for name, advice in ADVICE.items()
    ]
    assert sorted(without_request(line) for line in lines) == sorted(expected)
    assert run.error.startswith(f"Error: {len(ADVICE)} accounts and regions")


def test_one_reason_for_all_is_said_once(emulator: Emulator, tap: TapProcess) -> None:
    """What fails all accounts and regions alike is said once, whatever the requests."""
    answer = answer_of(errors()["expired_token"])
    emulator.serve(LIST_TUNING_JOBS, [answer] * 3)
    regions = ["us-east-1", "us-west-2", "eu-west-1"]
    run = tap(config={"max_attempts": 1, "regions": regions})
    assert run.returncode == 1
    assert run.error.startswith(
        f"Error: all 3 accounts and regions: {LIST_TUNING_JOBS}"
    )
    assert run.stderr.count("ExpiredTokenException") == 1


def test_each_recorded_error_is_known() -> None:
    """Each recorded error is among those whose advice is written down here."""
    assert sorted(errors()) == sorted([*ADVICE, NO_SUCH_TUNING_JOB])


def test_a_recorded_missing_tuning_job(emulator: Emulator, tap: TapProcess) -> None:
    """A name that the service does not know is a warning, and no failure."""
    body = body_of(errors()[NO_SUCH_TUNING_JOB])
    emulator.serve(DESCRIBE, [(400, {}, body)])
    run = tap(config={"tuning_job_names": ["DEMO-hpo-mxnet"]})
    assert run.returncode == 0
    assert "tuning_job_names: no scope has DEMO-hpo-mxnet" in run.stderr
    assert "Traceback" not in run.stderr


def taken() -> set[str]:
    """Names of the recorded cases that tests take the whole way."""
    names = {name.partition(".")[0] for name in trials()}
    names |= {*listed_jobs(), *described_jobs(), *wire_bodies(), *TOKENS, LAST_PAGE}
    return names | {f"error__{name}" for name in errors()}


def test_how_many_were_taken(capsys: pytest.CaptureFixture[str]) -> None:
    """Most recorded cases are taken the whole way; the rest are facts to design by."""
    facts = sorted(responses().keys() - taken())
    with capsys.disabled():
        print(  # noqa: T201 - to be seen in every run
            f"\nrecorded cases: {len(responses())}, of which {len(taken())} were taken "
            f"the whole way and {len(facts)} serve as facts only"
        )
    assert taken() <= responses().keys()
    assert len(taken()) >= 40
    assert len(trials()) >= 14
    assert len(described_jobs()) >= 15
