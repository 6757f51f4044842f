"""The command makes few calls, only reads, prints no names, and reports what it could
not check."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner

from sagemaker_tuning_contract import command
from sagemaker_tuning_contract.calls import MOST_CALLS
from sagemaker_tuning_contract.command import main
from sagemaker_tuning_emulator import Emulator, Fault
from tap_tools.generated.confirmations import RECORDINGS

from .breaks import INVALID, JOBS, TRIALS
from .world import fill, numbers, run

if TYPE_CHECKING:
    from .world import Layer

READ_ONLY = ("List", "Describe", "Search", "GetProducts", "GetMetricData")
NAMES = ("churn", "two-kinds", "many-", "123456789012", "arn:", "us-east-1")


def test_few_calls_that_read(account: Emulator, layer: Layer) -> None:
    """The command makes at most 60 calls, including the one to STS, and all only
    read."""
    assert run(account).exit_code == 0
    assert 30 < len(layer.requests) <= MOST_CALLS
    assert MOST_CALLS <= 58
    assert all(operation.startswith(READ_ONLY) for operation, _ in layer.requests)


def test_no_name_is_printed(account: Emulator) -> None:
    """The output has numbers, words and counts but no names."""
    result = run(account)
    said = result.stdout + result.stderr
    assert [name for name in NAMES if name in said] == []
    assert re.search(r"^scope 1: \d+ calls$", result.stderr, re.MULTILINE)


@pytest.mark.parametrize("is_watched", [True, False])
def test_a_terminal_shows_progress(
    account: Emulator, monkeypatch: pytest.MonkeyPatch, *, is_watched: bool
) -> None:
    """Standard error counts the calls as they are made, but not into a file."""
    monkeypatch.setattr(command, "is_watched", lambda: is_watched)
    result = run(account)
    assert (f" of at most {MOST_CALLS} calls" in result.stderr) == is_watched


@pytest.mark.usefixtures("waits")
def test_the_budget_is_hard(emulator: Emulator, layer: Layer) -> None:
    """Retries count against the limit of calls, even if the service throttles half of
    them."""
    fill(emulator)
    emulator.faults.add(
        Fault("error", status=400, code="ThrottlingException", times=40)
    )
    result = run(emulator)
    assert len(layer.requests) <= MOST_CALLS
    assert 31 in numbers(result, "holds")


@pytest.mark.usefixtures("waits")
def test_a_service_that_only_throttles(emulator: Emulator) -> None:
    """If every call is throttled, the exit code is 1 and each action has a line."""
    emulator.faults.add(Fault("error", status=400, code="ThrottlingException"))
    result = run(emulator)
    assert result.exit_code == 1
    assert "could not be checked: sagemaker:ListHyperParameter" in result.stderr
    assert numbers(result, "does not hold") == set()


def test_a_missing_permission_is_a_line(emulator: Emulator) -> None:
    """A missing permission is a line that names the action; its facts were not seen,
    and others hold."""
    fill(emulator)
    for operation in ("Search", "GetProducts"):
        emulator.faults.add(Fault("deny", operation=operation))
    result = run(emulator)
    lines = [line for line in result.stderr.splitlines() if "sagemaker:Search" in line]
    (line,) = lines
    assert line == (
        "scope 1: could not be checked: sagemaker:Search: AccessDeniedException. "
        "Allow sagemaker:Search"
    )
    assert "could not be checked: pricing:GetProducts" in result.stderr
    assert {65, 66, 72, 76} <= numbers(result, "was not seen")
    assert 30 in numbers(result, "holds")
    assert result.exit_code == 0


def test_empty_pages_that_lead_on(emulator: Emulator) -> None:
    """Empty pages with a token confirm their fact and break no other."""
    fill(emulator)
    emulator.faults.add(Fault("empty_pages"))
    result = run(emulator)
    assert 12 in numbers(result, "holds")
    assert numbers(result, "does not hold") == set()


def test_a_refused_page_after_an_empty_one(account: Emulator, layer: Layer) -> None:
    """An empty page whose token is refused breaks the fact about empty pages."""

    def change(request: dict[str, Any], status: int, answer: dict[str, Any]) -> Any:
        if status == 200 and "NextToken" in answer:
            answer["TrainingJobSummaries"] = []
        return INVALID if "NextToken" in request else (status, answer)

    layer.changes = {TRIALS: change}
    assert 12 in numbers(run(account), "does not hold")


@pytest.mark.parametrize("date", ["2026-03-02T09:00:00Z", "Sun, 01 Mar 2015 0:0:0 GMT"])
def test_a_date_that_is_none(account: Emulator, layer: Layer, date: str) -> None:
    """A Date header that cannot be parsed, or is before a listed time, breaks a
    fact."""
    layer.headers = {"Date": date}
    assert 21 in numbers(run(account), "does not hold")


def test_two_scopes_at_a_time(layer: Layer) -> None:
    """Regions are numbered in the output, and at most two calls are in flight."""
    with Emulator(start="2026-03-02T09:00:00Z", seed=7) as emulator:
        for region in ("us-east-1", "eu-west-1", "us-west-2"):
            scope = emulator.scope("123456789012", region)
            scope.plan("churn", trials=4, created="2026-03-01T09:00:00Z")
        emulator.faults.add(Fault("latency", seconds=0.01))
        variables = emulator.environment()
        variables["TAP_SAGEMAKER_TUNING_REGIONS"] = (
            '["us-east-1", "eu-west-1", "us-west-2"]'
        )
        result = CliRunner().invoke(main, ["--config", "ENV"], env=variables)
    assert layer.most_at_once <= 2
    assert [f"scope {n}: " in result.stderr for n in (1, 2, 3)] == [True] * 3
    assert result.exit_code == 0


def test_only_the_tuning_jobs_of_the_settings(
    account: Emulator, layer: Layer, tmp_path: Path
) -> None:
    """Tuning jobs that the settings exclude are listed but not read."""
    config = tmp_path / "tap.json"
    config.write_text('{"name_contains": "TIES"}', encoding="utf-8")
    assert run(account, "--config", str(config)).exit_code == 0
    member = "HyperParameterTuningJobName"
    asked = {request.get(member) for op, request in layer.requests if op == TRIALS}
    assert asked == {"ties", "tap-sagemaker-tuning-contract"}


@pytest.mark.parametrize(
    ("content", "said"),
    [("{", "is not JSON"), ('{"regionz": []}', "regionz"), ("[]", "not a JSON object")],
)
def test_wrong_settings_are_a_line(tmp_path: Path, content: str, said: str) -> None:
    """Invalid settings are one line, as in a sync."""
    config = tmp_path / "tap.json"
    config.write_text(content, encoding="utf-8")
    result = CliRunner().invoke(main, ["--config", str(config)])
    assert result.exit_code == 1
    assert said in result.stderr
    assert len(result.stderr.splitlines()) == 1


def test_a_folder_with_something_in_it(account: Emulator, tmp_path: Path) -> None:
    """A recording needs a folder of its own."""
    (tmp_path / "a").touch()
    result = run(account, "--record", str(tmp_path))
    assert result.exit_code == 1
    assert "is not empty. Name a new folder" in result.stderr


def test_it_is_installed_as_a_command() -> None:
    """The command runs under its name, here on a recording."""
    command = Path(sys.executable).parent / "tap-sagemaker-tuning-contract"
    done = subprocess.run(  # noqa: S603 - ours
        [command, "--check", RECORDINGS / "emulator"],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    assert ", 0 do not hold" in done.stdout


def test_it_is_listed_first_what_is_asked(account: Emulator, layer: Layer) -> None:
    """The command lists tuning jobs first, so that a user without that permission
    learns it at once."""
    run(account)
    assert layer.requests[0][0] == JOBS
