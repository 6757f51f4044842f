"""`--test` reports the truth about every scope, with few calls and a line each."""

from __future__ import annotations

import json
from collections import Counter
from operator import attrgetter
from typing import TYPE_CHECKING, Any

import pytest

from sagemaker_tuning_emulator import Fault
from tap_sagemaker_tuning.streams import STREAMS
from tests.conftest import ACCOUNT
from tests.expected import KEYS

if TYPE_CHECKING:
    from sagemaker_tuning_emulator import Emulator
    from tap_sagemaker_tuning.aws.operations import Operation
    from tap_sagemaker_tuning.streams.base import TapStream
    from tests.conftest import Run, TapHere, TapProcess

LIST = "ListHyperParameterTuningJobs"
TRIALS = "ListTrainingJobsForHyperParameterTuningJob"
DESCRIBE = "DescribeHyperParameterTuningJob"
NAME = attrgetter("name")
OTHERS = ["222222222222", "333333333333"]
REGIONS = ["us-east-1", "eu-west-1"]
ALL = [(account, region) for account in OTHERS for region in REGIONS]


def role(account: str) -> dict[str, str]:
    """An entry of assume_roles."""
    return {"role_arn": f"arn:aws:iam::{account}:role/reader"}


FOUR: dict[str, Any] = {
    "assume_roles": [role(account) for account in OTHERS],
    "regions": REGIONS,
}
"""Settings for two accounts in two regions."""


def fill(emulator: Emulator, jobs: int = 3) -> None:
    """Give each of the four scopes some tuning jobs."""
    for scope in ALL:
        for number in range(jobs):
            created = f"2026-03-01T0{number}:00:00Z"
            emulator.scope(*scope).plan(f"job-{number}", trials=4, created=created)


def lines(run: Run) -> dict[str, list[str]]:
    """The lines about each scope; standard output stays empty."""
    assert run.stdout == ""
    assert "Traceback" not in run.stderr
    by_place: dict[str, list[str]] = {}
    for line in run.stderr.splitlines():
        if line.startswith("account "):
            where, _, said = line.removeprefix("account ").partition(": ")
            by_place.setdefault(where, []).append(said)
    return by_place


def calls(emulator: Emulator) -> Counter[tuple[str, str]]:
    """How many calls each scope took; those for prices count for their account's
    scopes."""
    return Counter(
        (call.account, call.region)
        for call in emulator.calls
        if call.operation not in {"AssumeRole", "GetProducts"}
    )


TESTED = {call for stream in STREAMS for call in stream.operations if call.probe}
OF_A_SCOPE = {call.name for call in TESTED if call.name != "GetProducts"}
CHURN = "OK, newest tuning job churn of 2026-03-01"
NEWEST = "OK, newest tuning job job-2 of 2026-03-01"
EMPTY = "OK, no tuning job"


@pytest.mark.parametrize(
    ("jobs", "said"), [(3, NEWEST), (0, EMPTY)], ids=["full", "empty"]
)
def test_all_is_well(here: TapHere, emulator: Emulator, jobs: int, said: str) -> None:
    """Each scope has a line, in the order of the settings, and makes one call per
    operation, even if it is empty. The line has the newest tuning job, so that a wrong
    region shows."""
    fill(emulator, jobs)
    run = here("--test", config=FOUR, catalog=here.catalog(*KEYS))
    assert run.returncode == 0
    assert list(lines(run).items()) == [
        (f"{account}, {region}", [said]) for account, region in ALL
    ]
    assert calls(emulator) == dict.fromkeys(ALL, len(OF_A_SCOPE))
    asked = Counter(call.operation for call in emulator.calls)
    assert asked["GetProducts"] == 4
    assert asked["AssumeRole"] == 2
    sizes = {c.operation: c.params.get("MaxResults") for c in emulator.calls}
    assert {sizes[operation] for operation in (LIST, TRIALS, "GetProducts")} == {1}


@pytest.mark.parametrize(
    ("streams", "wanted", "said"),
    [
        ((), {LIST, DESCRIBE, TRIALS}, CHURN),
        (("tuning_jobs",), {LIST, DESCRIBE}, CHURN),
        (
            ("training_job_details",),
            {LIST, DESCRIBE, TRIALS, "Search", "DescribeTrainingJob"},
            CHURN,
        ),
        (("training_instance_prices",), {"GetProducts"}, "OK"),
        (("scopes",), set(), "OK"),
    ],
    ids=["default", "jobs", "details", "prices", "scopes"],
)
def test_only_what_the_selected_streams_need(
    here: TapHere, streams: tuple[str, ...], wanted: set[str], said: str
) -> None:
    """A call that no selected stream makes is not made."""
    here.emulator.scope().plan("churn", trials=2, created="2026-03-01T09:00:00Z")
    catalog = here.catalog(*streams)
    run = here("--test", config={}, catalog=catalog)
    assert run.returncode == 0
    assert lines(run) == {f"{ACCOUNT}, us-east-1": [said]}
    assert {call.operation for call in here.emulator.calls} == wanted


def test_names_need_no_list_permission(here: TapHere, emulator: Emulator) -> None:
    """With tuning_job_names, the account is not listed, and the line says whether the
    first of them is there."""
    emulator.scope().plan("churn", trials=2, created="2026-03-01T09:00:00Z")
    emulator.faults.add(Fault("deny", operation=LIST))
    for name, said in (
        ("Churn", "OK, tuning job churn of 2026-03-01"),
        ("other", "OK, no tuning job other"),
    ):
        run = here("--test", config={"tuning_job_names": [name]})
        assert run.returncode == 0
        assert lines(run) == {f"{ACCOUNT}, us-east-1": [said]}
    assert {call.operation for call in emulator.calls} == {DESCRIBE, TRIALS}


@pytest.mark.parametrize("stream", STREAMS, ids=lambda stream: stream.name)
def test_each_stream_alone(here: TapHere, stream: type[TapStream]) -> None:
    """The operations of a stream are tested, and no others; the later calls use the
    names that the earlier ones returned."""
    here.emulator.scope().plan("churn", trials=2, created="2026-03-01T09:00:00Z")
    run = here("--test", config={}, catalog=here.catalog(str(vars(stream)["name"])))
    assert run.returncode == 0
    asked = {call.operation: call.params for call in here.emulator.calls}
    assert asked.keys() == {call.name for call in stream.operations if call.probe}
    assert "tap-sagemaker-tuning-test" not in json.dumps(asked)


@pytest.mark.parametrize("operation", sorted(TESTED, key=NAME), ids=NAME)
def test_a_denied_call(here: TapHere, emulator: Emulator, operation: Operation) -> None:
    """An account with a denied call reports it with the action to allow, even if it is
    empty, and the other calls are still made."""
    denied, allowed = OTHERS
    emulator.faults.add(Fault("deny", operation=operation.name, account=denied))
    config = {"assume_roles": [role(account) for account in OTHERS]}
    run = here("--test", config=config, catalog=here.catalog(*KEYS))
    assert run.returncode == 1
    said = lines(run)
    (line,) = said[f"{denied}, us-east-1"]
    assert line.endswith(f"Allow {operation.iam_action}")
    assert said[f"{allowed}, us-east-1"] == [EMPTY]
    assert set(calls(emulator).values()) == {len(OF_A_SCOPE)}


def test_odd_items_are_passed_over(here: TapHere, emulator: Emulator) -> None:
    """The first item with a name is the newest tuning job."""
    emulator.scope().plan("churn", trials=2, created="2026-03-01T09:00:00Z")

    def spoil(answer: dict[str, Any]) -> None:
        """Put items without a name before the tuning job."""
        answer["HyperParameterTuningJobSummaries"][:0] = [None, 7, {}]

    emulator.alter(LIST, spoil)
    run = here("--test", config={}, catalog=here.catalog("tuning_jobs"))
    assert lines(run) == {f"{ACCOUNT}, us-east-1": [CHURN]}


def test_a_partition_without_a_price_list(here: TapHere) -> None:
    """In a partition without a price list, no price list is called."""
    config = {"regions": ["us-gov-east-1"]}
    run = here("--test", config=config, catalog=here.catalog(*KEYS))
    assert run.returncode == 0
    assert "GetProducts" not in {call.operation for call in here.emulator.calls}


def test_several_denied_calls(here: TapHere, emulator: Emulator) -> None:
    """Each missing action has a line, and only the first quotes AWS's message."""
    fill(emulator)
    denied = [LIST, TRIALS, "Search"]
    for operation in denied:
        emulator.faults.add(Fault("deny", operation=operation))
    run = here("--test", config={}, catalog=here.catalog(*KEYS))
    assert run.returncode == 1
    (said,) = lines(run).values()
    assert [line.rpartition(". ")[2] for line in said] == [
        f"Allow sagemaker:{operation}" for operation in denied
    ]
    assert ["is not authorized" in line for line in said] == [True, False, False]


@pytest.mark.parametrize("status", ["Forbidden", "InternalError", "PartialData"])
def test_metrics_that_cannot_be_read(
    here: TapHere, emulator: Emulator, status: str
) -> None:
    """CloudWatch reports the failure of a metric in a response with status 200; the
    price list is tested nevertheless."""
    fill(emulator)
    catalog = here.catalog("training_job_metrics", "training_instance_prices")

    def fail(answer: dict[str, Any]) -> None:
        """Let every metric fail."""
        for result in answer["MetricDataResults"]:
            result.update(StatusCode=status, Timestamps=[], Values=[])

    emulator.alter("GetMetricData", fail)
    run = here("--test", config={"max_attempts": 1}, catalog=catalog)
    assert run.returncode == 1
    ((line,),) = lines(run).values()
    assert line.startswith(f"GetMetricData: {status}")
    assert emulator.calls[-1].operation == "GetProducts"


def test_empty_pages_before_the_first(here: TapHere, emulator: Emulator) -> None:
    """An empty page with a token does not mean that there is no tuning job."""
    emulator.scope().plan("churn", trials=2, created="2026-03-01T09:00:00Z")
    emulator.faults.add(Fault("empty_pages", operation=LIST))
    run = here("--test", config={})
    assert lines(run) == {f"{ACCOUNT}, us-east-1": [CHURN]}


def test_the_newest_that_name_contains_lets_in(
    here: TapHere, emulator: Emulator
) -> None:
    """With name_contains, the line is about the tuning jobs that it lets in."""
    emulator.scope().plan("churn", trials=2, created="2026-03-01T09:00:00Z")
    emulator.scope().plan("other", trials=2, created="2026-03-01T10:00:00Z")
    for part, said in (("chu", CHURN), ("price", EMPTY)):
        run = here("--test", config={"name_contains": part})
        assert lines(run) == {f"{ACCOUNT}, us-east-1": [said]}


def test_denied_prices(here: TapHere, emulator: Emulator) -> None:
    """Denied prices are reported for the account's scopes."""
    fill(emulator)
    emulator.faults.add(Fault("deny", operation="GetProducts", account=OTHERS[0]))
    run = here("--test", config=FOUR, catalog=here.catalog(*KEYS))
    assert run.returncode == 1
    said = lines(run)
    for region in REGIONS:
        (line,) = said[f"{OTHERS[0]}, {region}"]
        assert line.endswith("Allow pricing:GetProducts")
        assert said[f"{OTHERS[1]}, {region}"] == [NEWEST]


def test_a_role_that_cannot_be_assumed(here: TapHere, emulator: Emulator) -> None:
    """A role that cannot be assumed is requested once, and reported for each of its
    scopes."""
    fill(emulator)
    emulator.roles[role(OTHERS[0])["role_arn"]] = "another"
    run = here("--test", config=FOUR, catalog=here.catalog(*KEYS))
    assert run.returncode == 1
    said = lines(run)
    for region in REGIONS:
        (line,) = said[f"{OTHERS[0]}, {region}"]
        assert "sts:AssumeRole" in line
        assert said[f"{OTHERS[1]}, {region}"] == [NEWEST]
    assumed = [c for c in emulator.calls if c.operation == "AssumeRole"]
    assert len([call for call in assumed if call.error]) == 1


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (Fault("region_disabled", region="us-east-1"), "the region is enabled"),
        (Fault("expired", region="us-east-1"), "Renew the credentials"),
        (Fault("drop", region="us-east-1"), "Connection was closed"),
        (Fault("html", region="us-east-1"), "status 200 without"),
        (
            Fault("throttle", region="us-east-1", rate=0.001, burst=0),
            "ThrottlingException",
        ),
        (Fault("error", region="us-east-1"), "InternalFailure"),
    ],
    ids=lambda value: getattr(value, "kind", ""),
)
def test_a_scope_out_of_reach(
    here: TapHere, emulator: Emulator, fault: Fault, said: str
) -> None:
    """If no call to a scope can succeed, one call is enough to find out why."""
    emulator.faults.add(fault)
    config = {"regions": REGIONS, "max_attempts": 1}
    run = here("--test", config=config, catalog=here.catalog(*KEYS))
    assert run.returncode == 1
    by_place = lines(run)
    (line,) = by_place[f"{ACCOUNT}, us-east-1"]
    assert said in line
    assert by_place[f"{ACCOUNT}, eu-west-1"] == [EMPTY]
    assert calls(emulator)[ACCOUNT, "us-east-1"] == 1


def test_one_of_twenty(here: TapHere, emulator: Emulator) -> None:
    """Of twenty accounts, the denied one is found, in any order."""
    accounts = [f"{number:012}" for number in range(20)]
    denied = accounts[13]
    emulator.faults.add(Fault("deny", operation=TRIALS, account=denied))
    run = here(
        "--test", config={"assume_roles": [role(account) for account in accounts]}
    )
    assert run.returncode == 1
    said = lines(run)
    assert list(said) == [f"{account}, us-east-1" for account in accounts]
    assert [where for where in said if said[where] != [EMPTY]] == [
        f"{denied}, us-east-1"
    ]


def test_no_way_in(here: TapHere) -> None:
    """If no scope is known at all, the test says why and fails."""
    here.variables["AWS_DEFAULT_REGION"] = None
    run = here("--test", config={})
    assert run.returncode == 1
    assert "Set regions, or AWS_DEFAULT_REGION" in run.stderr
    assert run.stdout == ""


def test_process(tap: TapProcess, emulator: Emulator) -> None:
    """The process that users run reports the same."""
    emulator.faults.add(Fault("deny", operation=LIST, region="us-east-1"))
    run = tap("--test", config={"regions": REGIONS})
    assert run.returncode == 1
    (line,) = lines(run)[f"{ACCOUNT}, us-east-1"]
    assert line.endswith(f"Allow sagemaker:{LIST}")
    assert lines(run)[f"{ACCOUNT}, eu-west-1"] == [EMPTY]
    assert "succeeded" not in run.stderr
    assert "failed" not in run.stderr
