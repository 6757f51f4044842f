"""The log of a sync reports each failure once, and ends with a summary."""

from __future__ import annotations

import json
import re
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest

from sagemaker_tuning_emulator import Fault
from tests.conftest import ACCOUNT
from tests.expected import KEYS

if TYPE_CHECKING:
    from pathlib import Path

    from sagemaker_tuning_emulator import Emulator
    from tests.conftest import Run, TapHere, TapProcess

LIST = "ListHyperParameterTuningJobs"
TRIALS = "ListTrainingJobsForHyperParameterTuningJob"
ACCOUNTS = [f"{number:012}" for number in range(20)]
REGIONS = ["eu-west-1", "us-east-1", "us-west-2"]
FLEET: dict[str, Any] = {
    "assume_roles": [
        {"role_arn": f"arn:aws:iam::{account}:role/reader"} for account in ACCOUNTS
    ],
    "regions": REGIONS[::-1],
}
"""Settings with 60 scopes."""


def summary(run: Run) -> str:
    """The summary: the last line of the log, or the one before the error."""
    lines = [line for line in run.stderr.splitlines() if not line.startswith("Error: ")]
    return lines[-1].removeprefix("INFO | tap-sagemaker-tuning | ")


def errors(run: Run) -> list[str]:
    """The lines that report what was not read."""
    lines = run.stderr.splitlines()
    logged = [
        line for line in lines if line.startswith("ERROR | tap-sagemaker-tuning |")
    ]
    return [line.removeprefix("ERROR | tap-sagemaker-tuning | ") for line in logged]


def said_of(run: Run, account: str, region: str) -> list[str]:
    """All lines that name a scope."""
    lines = run.stderr.splitlines()
    return [line for line in lines if account in line and region in line]


def test_a_sync_of_60_scopes_of_which_three_fail(
    here: TapHere, emulator: Emulator
) -> None:
    """If three of 60 scopes fail, there are three lines and a summary, nothing about
    endpoints, and no failed scope looks like an empty one."""
    for account in ACCOUNTS:
        for region in REGIONS:
            emulator.scope(account, region).plan("churn", trials=2, parallel=2)
    emulator.clock.move(seconds=86_400)
    denied = [(ACCOUNTS[7], "us-east-1"), (ACCOUNTS[3], "us-west-2")]
    for account, region in denied:
        fault = Fault("deny", operation=LIST, account=account, region=region)
        emulator.faults.add(fault)
    away = ACCOUNTS[12], "eu-west-1"
    fault = Fault("region_disabled", account=away[0], region=away[1])
    emulator.faults.add(fault)
    run = here(config=FLEET)
    assert run.returncode == 1
    assert [line.partition(": ")[0] for line in errors(run)] == [
        f"account {account}, {region}" for account, region in sorted([*denied, away])
    ]
    assert run.error == "Error: Sync incomplete: see the 3 errors above"
    for scope in (*denied, away):
        assert len(said_of(run, *scope)) == 1
    calls = Counter(call.operation for call in emulator.calls)
    wanted = (
        "57 of 60 accounts and regions complete, 3 failed; accounts: 20, regions: 3; "
        "tuning jobs: 57 read, 0 still open; trials: 114 read; "
        f"calls: {calls[LIST] + calls[TRIALS]}, 0 of them throttled; "
    )
    assert summary(run).startswith(wanted)
    assert re.fullmatch(r"\d+\.\d s", summary(run).removeprefix(wanted))
    assert "botocore" not in run.stderr
    assert "0 listed" not in run.stderr
    assert "Traceback" not in run.stderr
    assert len(run.stderr.splitlines()) < 25


def test_nineteen_roles_that_cannot_be_assumed(
    here: TapHere, emulator: Emulator
) -> None:
    """Each role that cannot be assumed is requested once, and reported once with its
    regions, in order."""
    for role in FLEET["assume_roles"][1:]:
        emulator.roles[role["role_arn"]] = "another"
    run = here(config=FLEET)
    assert run.returncode == 1
    assumed = Counter(
        call.params["RoleArn"]
        for call in emulator.calls
        if call.operation == "AssumeRole"
    )
    assert set(assumed.values()) == {1}
    assert len(assumed) == 20
    regions = ", ".join(REGIONS)
    assert [line.partition(": ")[0] for line in errors(run)] == [
        f"account {account}, {regions}" for account in ACCOUNTS[1:]
    ]
    assert "sts:AssumeRole" in errors(run)[0]
    assert summary(run).startswith("3 of 60 accounts and regions complete, 57 failed; ")
    assert "Traceback" not in run.stderr


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("region_disabled", "the region is enabled"),
        ("expired", "Renew the credentials"),
        ("drop", "Check the network"),
    ],
)
def test_a_cause_of_all_is_told_once(
    here: TapHere, emulator: Emulator, kind: Any, said: str
) -> None:
    """A cause that fails all scopes is one line."""
    emulator.faults.add(Fault(kind))
    run = here(config={"regions": REGIONS, "max_attempts": 1})
    run.assert_refused("all 3 accounts and regions: ", said)
    assert errors(run) == []
    assert summary(run).startswith("0 of 3 accounts and regions complete, 3 failed; ")


@pytest.mark.parametrize("kind", ["region_disabled", "expired"])
def test_a_cause_of_some_regions(here: TapHere, emulator: Emulator, kind: Any) -> None:
    """A cause that fails some regions of an account is one line that names them."""
    for region in REGIONS[:2]:
        emulator.faults.add(Fault(kind, region=region))
    run = here(config={"regions": REGIONS})
    run.assert_refused(f"account {ACCOUNT}, {REGIONS[0]}, {REGIONS[1]}: ")


def test_the_sdk_says_failed(here: TapHere, emulator: Emulator) -> None:
    """The SDK's metrics report success only for streams that were read completely."""
    here.variables["LOGLEVEL"] = "DEBUG"
    emulator.scope().plan("churn", trials=2, created="2026-03-01T09:00:00Z")
    emulator.faults.add(Fault("deny", operation=TRIALS))
    run = here(config={})
    timers = [line for line in run.stderr.splitlines() if '"sync_duration"' in line]
    by_stream = {
        stream: line for line in timers for stream in KEYS if f'"{stream}"' in line
    }
    assert '"status":"failed"' in by_stream["training_job_summaries"]
    assert '"status":"succeeded"' in by_stream["tuning_jobs"]
    assert "Beginning sync" not in run.stderr


ROUTINE = ("env var", "Skipping deselected stream", "METRIC")
"""Words of lines that the SDK logs in every run."""


@pytest.mark.process
@pytest.mark.parametrize(
    ("level", "shown"), [("INFO", ()), ("DEBUG", ROUTINE)], ids=["INFO", "DEBUG"]
)
def test_routine_lines(
    tap: TapProcess, emulator: Emulator, level: str, shown: tuple[str, ...]
) -> None:
    """The SDK's routine lines, which would outnumber all others, are shown at DEBUG
    only."""
    emulator.scope().plan("churn", trials=2)
    tap.variables["LOGLEVEL"] = level
    run = tap(config={})
    assert run.returncode == 0
    assert [words for words in ROUTINE if words in run.stderr] == [*shown]


@pytest.mark.process
def test_a_logging_configuration_that_has_metrics(
    tap: TapProcess, emulator: Emulator, tmp_path: Path
) -> None:
    """A configuration of the SDK's logging that has an entry for metrics shows them."""
    emulator.scope().plan("churn", trials=2)
    path = tmp_path / "logging.json"
    config = {"version": 1, "loggers": {"singer_sdk.metrics": {"level": "INFO"}}}
    path.write_text(
        json.dumps({**config, "disable_existing_loggers": False}), encoding="utf-8"
    )
    tap.variables["SINGER_SDK_LOG_CONFIG"] = str(path)
    assert "METRIC" in tap(config={}).stderr


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ("region", "regions"),
        ("aws_secret_key", "aws_secret_access_key"),
        ("tuning_job_name", "tuning_job_names"),
        ("max_attempt", "max_attempts"),
    ],
)
def test_a_setting_gets_a_suggestion(here: TapHere, given: str, meant: str) -> None:
    """An unknown setting that resembles a known one gets a suggestion."""
    run = here(config={given: "x"})
    run.assert_refused(f"{given}: no such setting", f"Did you mean {meant}?")
