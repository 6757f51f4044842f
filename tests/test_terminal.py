"""What people see in a terminal of 80 columns, and what a pipe gets instead."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click
import pytest

from sagemaker_tuning_emulator import Fault
from tests.terminal import COLUMNS, in_terminal

if TYPE_CHECKING:
    from sagemaker_tuning_emulator import Emulator
    from tests.conftest import TapProcess

pytestmark = pytest.mark.process

BIN = Path(sys.executable).parent
LIST = "ListHyperParameterTuningJobs"
LONGEST = "churn-".ljust(32, "x")
"""A name of as many characters as AWS allows."""

REMEDY = f"Allow sagemaker:{LIST}"
RED, GREEN = (
    click.style("", fg="red", reset=False),
    click.style("", fg="green", reset=False),
)


@pytest.fixture
def terminal(tap: TapProcess) -> TapProcess:
    """The tap with two regions, where one is denied, and only TERM about colors."""
    tap.emulator.scope().plan(LONGEST, trials=3)
    tap.emulator.clock.move(seconds=600)
    tap.emulator.faults.add(Fault("deny", operation=LIST, region="eu-west-1"))
    tap.variables |= {"NO_COLOR": None, "FORCE_COLOR": None, "TERM": "xterm"}
    return tap


CONFIG = {"regions": ["us-east-1", "eu-west-1"]}


def shown(tap: TapProcess, *options: str, **variables: str) -> tuple[int, list[str]]:
    """Exit code, and the lines of a terminal, which fit if they can."""
    command = tap.command(*options, config=CONFIG)
    code, text = in_terminal(command, tap.folder, tap.environment(**variables))
    lines = text.splitlines()
    for line in map(click.unstyle, lines):
        assert len(line) <= COLUMNS or " " not in line.strip()
    return code, lines


def test_a_test_in_a_terminal(terminal: TapProcess) -> None:
    """--test has the results below each other, in color, and the remedy last."""
    code, lines = shown(terminal, "--test")
    plain = list(map(click.unstyle, lines))
    assert code == 1
    assert plain[:2] == [
        "OK     account 123456789012, us-east-1",
        f"       newest tuning job {LONGEST} of 2026-03-02",
    ]
    assert plain[2] == "FAILED account 123456789012, eu-west-1"
    assert plain[-1] == f"       {REMEDY}"
    assert lines[0].startswith(GREEN)
    assert lines[2].startswith(RED)


@pytest.mark.parametrize("option", ["--test", "--scopes"])
def test_a_pipe_gets_plain_lines(terminal: TapProcess, option: str) -> None:
    """Without a terminal, each result is one line without color."""
    done = terminal(option, config=CONFIG)
    assert "\x1b" not in done.stdout + done.stderr
    assert len((done.stdout + done.stderr).splitlines()) == 2


def test_no_color(terminal: TapProcess) -> None:
    """With NO_COLOR, a terminal gets no color, even with FORCE_COLOR."""
    _, lines = shown(terminal, "--test", NO_COLOR="1", FORCE_COLOR="1")
    assert "\x1b" not in "".join(lines)
    assert lines[-1] == f"       {REMEDY}"


def test_a_dumb_terminal(terminal: TapProcess) -> None:
    """A terminal that says that it is dumb gets lines that fit, without color."""
    _, lines = shown(terminal, "--test", TERM="dumb")
    assert "\x1b" not in "".join(lines)
    assert lines[-1] == f"       {REMEDY}"


@pytest.mark.parametrize("option", ["--scopes", "--discover", ""])
def test_a_closed_standard_error(terminal: TapProcess, option: str) -> None:
    """Without standard error, standard output is the same."""
    terminal.emulator.faults.clear()
    command = " ".join(terminal.command(*option.split(), config=CONFIG))
    results = [
        subprocess.run(  # noqa: S602 - ours
            f"exec {command} {closed}",
            shell=True,
            cwd=terminal.folder,
            env=terminal.environment(),
            capture_output=True,
            text=True,
            check=False,
        )
        for closed in ("", "2>&-")
    ]
    assert [done.returncode for done in results] == [0, 0]
    plain, closed = (
        [line for line in done.stdout.splitlines() if '"STATE"' not in line]
        for done in results
    )
    assert len(plain) == len(closed) > 0


def test_forced_color(terminal: TapProcess) -> None:
    """With FORCE_COLOR, a pipe gets color, and still one line per error."""
    terminal.variables["FORCE_COLOR"] = "1"
    done = terminal("--test", config={"regions": "x"})
    assert done.stderr.startswith(f"{RED}Error: ")
    assert done.stderr.count("\n") == 1


def test_scopes_are_for_machines(terminal: TapProcess) -> None:
    """--scopes prints the same JSON everywhere."""
    _, lines = shown(terminal, "--scopes", FORCE_COLOR="1")
    regions = [json.loads(line)["region"] for line in lines]
    assert sorted(regions) == ["eu-west-1", "us-east-1"]


def test_a_sync_in_a_terminal(terminal: TapProcess) -> None:
    """The log has one fact per line, aligned, and the remedy last."""
    script = [*terminal.command(config=CONFIG), ">", "out.jsonl"]
    command = ["sh", "-c", " ".join(script)]
    code, text = in_terminal(command, terminal.folder, terminal.environment())
    lines = click.unstyle(text).splitlines()
    assert code == 1
    assert max(map(len, lines)) <= COLUMNS
    assert lines[0][9:] == "INFO    tap-sagemaker-tuning v0.2.0, Meltano SDK v0.54.9"
    assert lines[1][9:] == "INFO    1 of 2 accounts and regions complete, 1 failed"
    assert lines[2] == f"{'':17}accounts: 1, regions: 2"
    assert lines[-1] == f"       {REMEDY}"
    assert RED in text


def test_the_contract_in_a_terminal(emulator: Emulator, terminal: TapProcess) -> None:
    """Its report is aligned and in color, and calls are counted as they are made."""
    command = [BIN / "tap-sagemaker-tuning-contract"]
    code, text = in_terminal(command, terminal.folder, terminal.environment())
    assert code == 0
    counted, _, report = click.unstyle(text).partition("\nscope 1: ")
    assert "scope 1 of 1: 1 of at most " in counted
    lines = report.splitlines()[1:]
    assert max(map(len, lines)) <= COLUMNS
    assert "holds" in next(line for line in text.splitlines() if GREEN in line)
    continued = [line for line in lines if line.startswith(" " * 20)]
    assert {len(line) - len(line.lstrip()) for line in continued} == {31}
    assert emulator.calls


def test_no_page_onto_a_terminal(tmp_path: Path, terminal: TapProcess) -> None:
    """A page without a file to write does not fill a terminal: the command refuses
    before it opens the warehouse, and says what to do; a pipe is asked for nothing."""
    command = [str(BIN / "sagemaker-tuning-report"), "duckdb:///nothing.duckdb"]
    environment = terminal.environment()
    code, text = in_terminal(command, tmp_path, environment)
    assert code == 2
    assert click.unstyle(text).splitlines() == [
        "Error: the page is too long for a terminal.",
        "       Name a file with --output FILE, or send it to a pipe",
    ]
    done = subprocess.run(  # noqa: S603 - ours
        command, cwd=tmp_path, env=environment, capture_output=True, check=False
    )
    assert done.returncode == 1
