"""Many accounts and regions are read side by side, and each fails alone, with a
message."""

from __future__ import annotations

import json
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest

from sagemaker_tuning_emulator import Fault
from tests import expected
from tests.conftest import ACCOUNT, REGION

if TYPE_CHECKING:
    from sagemaker_tuning_emulator import Emulator
    from tests.conftest import Run, TapHere, TapProcess

OTHERS = ["222222222222", "333333333333"]
REGIONS = ["us-east-1", "eu-west-1"]
LIST = "ListHyperParameterTuningJobs"
TRIALS = "ListTrainingJobsForHyperParameterTuningJob"
DESCRIBE = "DescribeHyperParameterTuningJob"


def role(account: str, **more: Any) -> dict[str, Any]:
    """An entry of assume_roles."""
    return {"role_arn": f"arn:aws:iam::{account}:role/reader", **more}


def fill(emulator: Emulator, account: str, region: str, jobs: int = 2) -> None:
    """Give a scope some ended tuning jobs with three trials each."""
    scope = emulator.scope(account, region)
    for number in range(jobs):
        name = f"job-{account[:1]}-{region[:2]}-{number}"
        scope.plan(name, trials=3, parallel=3, trial_seconds=(60, 90))


@pytest.fixture
def four(emulator: Emulator) -> dict[str, Any]:
    """Two accounts in two regions, and settings that cover them."""
    for account in OTHERS:
        for region in REGIONS:
            fill(emulator, account, region)
    emulator.clock.move(seconds=86_400)
    roles = [role(OTHERS[0], external_id="shared-secret"), role(OTHERS[1])]
    emulator.roles[roles[0]["role_arn"]] = "shared-secret"
    return {"assume_roles": roles, "regions": REGIONS}


def scopes_of(run: Run) -> dict[tuple[str, str], int]:
    """How many trials were read from each scope."""
    counts: dict[tuple[str, str], int] = {}
    for record in run.records("training_job_summaries"):
        scope = record["account_id"], record["region"]
        counts[scope] = counts.get(scope, 0) + 1
    return counts


ALL = {(account, region): 6 for account in OTHERS for region in REGIONS}


def errors(run: Run) -> list[str]:
    """The lines that report what was not read."""
    return [
        line
        for line in run.stderr.splitlines()
        if line.startswith("Error:") or "| ERROR" in line
    ]


def test_a_clock_that_is_ahead(
    emulator: Emulator, here: TapHere, four: dict[str, Any]
) -> None:
    """If the local clock is hours ahead, new credentials of a role have expired
    already: one line says to check the clock."""
    emulator.role_seconds = -2 * 3600
    run = here(config=four)
    run.assert_refused("all 4 accounts and regions: ", "Check this machine's clock")


def test_roles_and_regions(
    emulator: Emulator, here: TapHere, four: dict[str, Any]
) -> None:
    """Each role is assumed once and read in each region, with its own state; the
    caller's own account is not read."""
    fill(emulator, ACCOUNT, REGION)
    run = here(config=four)
    assert run.returncode == 0, run.stderr
    assert scopes_of(run) == ALL
    assumed = [call for call in emulator.calls if call.operation == "AssumeRole"]
    assert len(assumed) == 2
    for stream in ("tuning_jobs", "training_job_summaries"):
        contexts = [
            (entry["context"]["account_id"], entry["context"]["region"])
            for entry in run.state["bookmarks"][stream]["partitions"]
        ]
        assert sorted(contexts) == sorted(ALL)


def test_role_has_its_own_regions(here: TapHere, four: dict[str, Any]) -> None:
    """A role's own regions replace the general ones."""
    four["assume_roles"][1]["regions"] = ["eu-west-1"]
    run = here(config=four)
    assert (OTHERS[1], "us-east-1") not in scopes_of(run)
    assert len(scopes_of(run)) == 3


def test_within_a_scope_records_come_in_visit_order(
    emulator: Emulator, here: TapHere, four: dict[str, Any]
) -> None:
    """A scope's tuning jobs come oldest first, and the trials of each newest first."""
    for account, region in ALL:
        for name in ("b-older", "a-newer"):
            scope = emulator.scope(account, region)
            scope.plan(name, trials=3, parallel=1, trial_seconds=(60, 90))
            emulator.clock.move(seconds=3600)
    run = here(config=four)
    for account, region in ALL:
        written = [
            record
            for record in run.records("training_job_summaries")
            if (record["account_id"], record["region"]) == (account, region)
        ]
        wanted = expected.trials(emulator.scope(account, region), newest_first=True)
        assert written == wanted
        names = [record["tuning_job_name"] for record in written[-6:]]
        assert names == ["b-older"] * 3 + ["a-newer"] * 3
        newer = [record["creation_time"] for record in written[-3:]]
        assert newer == sorted(set(newer), reverse=True)


FAILING = [
    (
        Fault("deny", operation=LIST, account=OTHERS[0], region="us-east-1"),
        ["AccessDeniedException", f"Allow sagemaker:{LIST}"],
    ),
    (
        Fault("deny", operation=TRIALS, account=OTHERS[0], region="us-east-1"),
        ["AccessDeniedException", f"Allow sagemaker:{TRIALS}"],
    ),
    (
        Fault("region_disabled", account=OTHERS[0], region="us-east-1"),
        ["UnrecognizedClientException", "access key", "the region is enabled"],
    ),
    (
        Fault("expired", account=OTHERS[0], region="us-east-1"),
        ["ExpiredTokenException", "Renew the credentials"],
    ),
    (
        Fault("html", account=OTHERS[0], region="us-east-1"),
        ["status 200 without", "HTTPS_PROXY"],
    ),
    (
        Fault("drop", account=OTHERS[0], region="us-east-1"),
        ["Connection was closed", "network"],
    ),
    (
        Fault(
            "error",
            account=OTHERS[0],
            region="us-east-1",
            status=400,
            code="InvalidSignatureException",
            message="The request signature does not match.",
        ),
        ["InvalidSignatureException", "this machine's clock", "secret key"],
    ),
    (
        Fault("error", account=OTHERS[0], region="us-east-1"),
        ["InternalFailure", "a later sync"],
    ),
    (
        Fault("repeat_token", account=OTHERS[0], region="us-east-1"),
        ["same", "oken", "twice"],
    ),
]


@pytest.mark.parametrize(
    ("fault", "said"),
    FAILING,
    ids=[f"{f.kind}-{f.code}-{f.operation}" for f, _ in FAILING],
)
def test_scope_fails_alone(
    emulator: Emulator,
    here: TapHere,
    four: dict[str, Any],
    fault: Fault,
    said: list[str],
) -> None:
    """A scope that cannot be read fails alone, with one line; the others are read
    completely and save their state; and the next sync reads what is missing."""
    config = {**four, "max_attempts": 2, "page_size": 1}
    emulator.faults.add(fault)
    run = here(config=config)
    (line,) = errors(run)
    assert run.returncode == 1
    assert line.startswith(f"Error: account {OTHERS[0]}, us-east-1")
    assert [words for words in said if words not in line] == []
    assert "Traceback" not in run.stderr
    assert {key: rows for key, rows in scopes_of(run).items() if rows == 6} == {
        key: 6 for key in ALL if key != (OTHERS[0], "us-east-1")
    }
    emulator.faults.clear()
    second = here(config=config, state=run.state)
    assert second.returncode == 0, second.stderr
    missing = {
        record["training_job_arn"]
        for sync in (run, second)
        for record in sync.records("training_job_summaries")
    }
    assert len(missing) == 4 * 6


def test_role_that_can_not_be_assumed(here: TapHere, four: dict[str, Any]) -> None:
    """A wrong external ID fails the role's scopes, and the line says what to check."""
    four["assume_roles"][0]["external_id"] = "wrong-one"
    run = here(config=four)
    assert run.returncode == 1
    assert set(scopes_of(run)) == {(OTHERS[1], region) for region in REGIONS}
    said = " ".join(errors(run))
    assert "AssumeRole" in said
    assert "external_id" in said
    assert "Traceback" not in run.stderr
    assert "wrong-one" not in run.stderr


def test_one_reason_for_all_is_said_once(
    emulator: Emulator, here: TapHere, four: dict[str, Any]
) -> None:
    """If all scopes fail for the same reason, it is reported once."""
    emulator.faults.add(Fault("deny"))
    run = here(config=four)
    assert run.returncode == 1
    (line,) = errors(run)
    assert line.startswith("Error: all 4 accounts and regions: ")
    assert scopes_of(run) == {}


def test_denied_tuning_job_fails_alone(emulator: Emulator, here: TapHere) -> None:
    """A tuning job that a policy denies is a failure, the rest of its scope is read,
    and the tuning job is read once it is allowed."""
    fill(emulator, ACCOUNT, REGION, jobs=5)
    emulator.clock.move(seconds=86_400)
    emulator.faults.add(Fault("deny", operation=TRIALS, tuning_job="job-1-us-2"))
    run = here(config={})
    assert run.returncode == 1
    assert "tuning job job-1-us-2" in run.error
    assert f"Allow sagemaker:{TRIALS}" in run.error
    assert scopes_of(run) == {(ACCOUNT, REGION): 12}
    emulator.faults.clear()
    second = here(config={}, state=run.state)
    assert second.returncode == 0
    assert scopes_of(second) == {(ACCOUNT, REGION): 3}


def test_failed_listing_keeps_no_state_of_other_filters(
    emulator: Emulator, here: TapHere
) -> None:
    """If a sync's filters have changed and its listing fails, the next sync still reads
    what the old filters left out."""
    fill(emulator, ACCOUNT, REGION, jobs=3)
    emulator.clock.move(seconds=86_400)
    only_last = here(config={"name_contains": "us-2"})
    assert len(only_last.records("tuning_jobs")) == 1
    emulator.faults.add(Fault("deny", operation=LIST))
    failed = here(config={}, state=only_last.state)
    assert failed.returncode == 1
    emulator.faults.clear()
    run = here(config={}, state=failed.state or only_last.state)
    assert len(run.records("tuning_jobs")) == 3
    assert scopes_of(run) == {(ACCOUNT, REGION): 9}


def test_region_without_the_named_tuning_job_is_complete(
    emulator: Emulator, here: TapHere
) -> None:
    """A region that has none of the names is complete, and has a complete_as_of."""
    fill(emulator, ACCOUNT, REGION, jobs=1)
    emulator.clock.move(seconds=86_400)
    config = {"regions": REGIONS, "tuning_job_names": ["job-1-us-0"]}
    rows = here(config=config).records("scopes")
    assert [row["tuning_jobs_listed"] for row in rows] == [1, 0]
    assert all(row["complete_as_of"] for row in rows)


@pytest.mark.parametrize(
    ("knobs", "is_whole"),
    [
        ({}, True),
        ({"max_items": 1}, False),
        ({"sort_by": "FinalObjectiveMetricValue"}, False),
        ({"sort_by": "Name"}, True),
    ],
)
def test_cut_full_read_makes_nothing_complete(
    emulator: Emulator, here: TapHere, *, knobs: dict[str, Any], is_whole: bool
) -> None:
    """A full read whose options leave out rows makes no table complete."""
    fill(emulator, ACCOUNT, REGION, jobs=1)
    emulator.clock.move(seconds=86_400)
    trials = "training_job_summaries"
    catalog = here.catalog(trials, "scopes", **{trials: "FULL_TABLE"})
    (row,) = here(config=knobs, catalog=catalog).records("scopes")
    assert (row["complete_as_of"] is not None) == is_whole


def test_some_denied_tuning_jobs_hold_nobody_back(
    emulator: Emulator, here: TapHere
) -> None:
    """If a policy denies the oldest and newest tuning jobs, the others are read."""
    fill(emulator, ACCOUNT, REGION, jobs=9)
    emulator.clock.move(seconds=86_400)
    for number in (0, 1, 2, 8):
        name = f"job-1-us-{number}"
        emulator.faults.add(Fault("deny", operation=TRIALS, tuning_job=name))
    run = here(config={})
    assert run.returncode == 1
    assert scopes_of(run) == {(ACCOUNT, REGION): 15}


def test_odd_credentials_are_one_line(emulator: Emulator, here: TapHere) -> None:
    """An error that botocore raises about the environment is one line, too."""
    fill(emulator, ACCOUNT, REGION)
    here.variables["AWS_ENDPOINT_URL_SAGEMAKER"] = "http://me:pass-word@not a url"
    run = here(config={})
    run.assert_refused("Invalid endpoint", "not a url", "Check the AWS configuration")
    assert "pass-word" not in run.stderr


def test_denied_describe_names_the_action(emulator: Emulator, here: TapHere) -> None:
    """A named tuning job whose Describe is denied is a failure that names the action;
    it is read once it is allowed, however old it is."""
    fill(emulator, ACCOUNT, REGION, jobs=2)
    emulator.clock.move(seconds=9 * 86_400)
    emulator.faults.add(Fault("deny", operation=DESCRIBE, tuning_job="job-1-us-0"))
    config = {"tuning_job_names": ["job-1-us-0", "job-1-us-1"]}
    run = here(config=config)
    assert run.returncode == 1
    assert f"Allow sagemaker:{DESCRIBE}" in run.error
    assert scopes_of(run) == {(ACCOUNT, REGION): 3}
    emulator.faults.clear()
    second = here(config=config, state=run.state)
    assert second.returncode == 0
    assert {r["tuning_job_name"] for r in second.records("tuning_jobs")} == {
        "job-1-us-0"
    }


def test_denied_assume_role_names_the_action(
    emulator: Emulator, here: TapHere, four: dict[str, Any]
) -> None:
    """A role that cannot be assumed is a failure that names the action."""
    emulator.faults.add(Fault("deny", operation="AssumeRole"))
    run = here(config=four)
    assert run.returncode == 1
    assert "sts:AssumeRole" in run.error
    assert "Traceback" not in run.stderr


def test_denied_scope_is_one_line(emulator: Emulator, here: TapHere) -> None:
    """If every visit of a scope is denied, that is one line; after 250 denials, a
    sample of the rest is enough."""
    fill(emulator, ACCOUNT, REGION, jobs=420)
    emulator.clock.move(seconds=86_400)
    emulator.faults.add(Fault("deny", operation=TRIALS))
    run = here(config={})
    assert run.returncode == 1
    (line,) = errors(run)
    assert line.startswith(f"Error: account {ACCOUNT}, {REGION}: ")
    assert f"Allow sagemaker:{TRIALS}" in line
    assert sum(call.operation == TRIALS for call in emulator.calls) < 350


def test_deleted_while_it_is_read_is_no_failure(
    emulator: Emulator, here: TapHere
) -> None:
    """A tuning job that is deleted between listing and visit is not a failure."""
    fill(emulator, ACCOUNT, REGION, jobs=3)
    emulator.clock.move(seconds=86_400)
    for operation in (TRIALS, "DescribeHyperParameterTuningJob"):
        emulator.faults.add(
            Fault(
                "error",
                operation=operation,
                tuning_job="job-1-us-1",
                status=400,
                code="ResourceNotFound",
                message="Amazon SageMaker can't find a tuning job called job-1-us-1.",
            )
        )
    run = here(config={})
    assert run.returncode == 0
    assert scopes_of(run) == {(ACCOUNT, REGION): 6}
    assert run.records("scopes")[0]["tuning_jobs_failed"] == 0


def test_denied_describe_lists_on(emulator: Emulator, here: TapHere) -> None:
    """If Describe is denied, the listing continues until it reaches the open tuning
    job."""
    scope = emulator.scope(ACCOUNT, REGION)
    scope.plan("old", trials=2000, parallel=1)
    run = here(config={})
    for _ in range(120):
        emulator.clock.move(seconds=3600)
        scope.plan(f"n-{emulator.clock.now:%d-%H}", trials=1, trial_seconds=(60, 90))
    emulator.clock.move(seconds=3600)
    run = here(config={}, state=run.state)
    emulator.faults.add(Fault("deny", operation=DESCRIBE))
    run = here(config={}, state=run.state)
    assert run.returncode == 0, run.stderr
    assert {r["tuning_job_name"] for r in run.records("training_job_summaries")} == {
        "old"
    }


def test_slow_scope_holds_nobody_back(
    emulator: Emulator, here: TapHere, four: dict[str, Any]
) -> None:
    """A slow scope does not delay the others, and comes last."""
    slow = OTHERS[0], "us-east-1"
    emulator.faults.add(Fault("latency", account=slow[0], region=slow[1], seconds=0.4))
    run = here(config=four)
    assert run.returncode == 0
    order = [
        (record["account_id"], record["region"])
        for record in run.records("training_job_summaries")
    ]
    assert order[-6:] == [slow] * 6


def test_outage_loses_nothing(emulator: Emulator, here: TapHere) -> None:
    """With 8 calls in flight, a sync survives one second of HTTP 500 to every call."""
    fill(emulator, ACCOUNT, REGION, jobs=20)
    emulator.clock.move(seconds=86_400)
    outage = Fault("error", after=3)
    emulator.faults.add(outage)

    def end_it() -> None:
        while not emulator.faults.struck(outage):
            time.sleep(0.01)
        time.sleep(1)
        emulator.faults.clear()

    end = threading.Thread(target=end_it, daemon=True)
    end.start()
    run = here(config={"concurrency": 8})
    end.join()
    assert run.returncode == 0, run.stderr
    assert scopes_of(run) == {(ACCOUNT, REGION): 60}
    assert sum(call.status == 500 for call in emulator.calls) > 3


def test_role_is_assumed_again_before_it_expires(
    emulator: Emulator, here: TapHere
) -> None:
    """A sync that outlasts a role session renews the role's credentials."""
    fill(emulator, OTHERS[0], REGION, jobs=2)
    emulator.clock.move(seconds=86_400)
    emulator.role_seconds = 60  # below ten minutes, it is renewed before each call
    run = here(config={"assume_roles": [role(OTHERS[0])]})
    assert run.returncode == 0, run.stderr
    assumed = [call for call in emulator.calls if call.operation == "AssumeRole"]
    assert len(assumed) > 1


def test_role_that_expired_is_assumed_again(emulator: Emulator, here: TapHere) -> None:
    """A call refused as expired is retried with a role's new credentials; a session
    token of the caller cannot be renewed, so its scope fails at once."""
    for account in (OTHERS[0], ACCOUNT):
        fill(emulator, account, REGION, jobs=2)
    emulator.clock.move(seconds=86_400)
    expired = Fault("expired", operation=TRIALS, times=1)
    emulator.faults.add(expired)
    run = here(config={"assume_roles": [role(OTHERS[0])]})
    assert run.returncode == 0, run.stderr
    assert scopes_of(run) == {(OTHERS[0], REGION): 6}
    emulator.faults.clear()
    emulator.faults.add(expired)
    run = here(config={})
    assert run.returncode == 1
    assert "Renew the credentials" in run.error


def test_no_secret_is_shown(
    emulator: Emulator, tap: TapProcess, four: dict[str, Any]
) -> None:
    """No credential is in the log, the output or the state, even at DEBUG, where
    botocore logs no more than how it found its endpoints."""
    tap.variables["LOGLEVEL"] = "DEBUG"
    keys = emulator.environment(ACCOUNT, REGION)
    secrets = [keys[n] for n in ("AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")]
    emulator.faults.add(Fault("deny", account=OTHERS[1]))
    run = tap(config=four)
    assert "a page of 2" in run.stderr
    assert "Found endpoint" in run.stderr
    assert "Signature" not in run.stderr
    text = run.stderr + json.dumps(run.messages)
    for secret in [*secrets, "shared-secret", "SecretAccessKey", "ecurity-token"]:
        assert secret not in text.replace("The security token", "")
