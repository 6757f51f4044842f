"""The command `sagemaker-tuning`, as users run it, with an emulated account."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import click
import pytest

from sagemaker_tuning_emulator import Fault
from tests.terminal import in_terminal

from .conftest import environment, loaded, truth

if TYPE_CHECKING:
    from sagemaker_tuning_emulator import Emulator

pytestmark = pytest.mark.demo

COMMAND = str(Path(sys.executable).with_name("sagemaker-tuning"))


def command(folder: Path, *options: str) -> list[str]:
    """The command line of a run in a folder, without a browser."""
    place = ["--folder", str(folder)] * ("page" not in options)
    return [COMMAND, *options, *place, *["--no-open"] * ("page" not in options)]


def run(
    folder: Path, emulator: Emulator, *options: str
) -> subprocess.CompletedProcess[str]:
    """Run the command to its end."""
    return subprocess.run(  # noqa: S603 - ours
        command(folder, *options),
        env=environment(emulator) | {"AWS_DEFAULT_REGION": "us-east-1"},
        capture_output=True,
        text=True,
        check=False,
        timeout=240,
    )


def started(folder: Path, emulator: Emulator, *options: str) -> subprocess.Popen[str]:
    """Start the command; its standard error can be read."""
    return subprocess.Popen(  # noqa: S603 - ours
        command(folder, *options),
        env=environment(emulator) | {"AWS_DEFAULT_REGION": "us-east-1"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )


def wait_until_it_says(process: subprocess.Popen[str], beginning: str) -> None:
    """Read its standard error up to a line that starts like this."""
    assert process.stderr is not None
    while not process.stderr.readline().startswith(beginning):
        assert process.poll() is None


def killed(folder: Path, emulator: Emulator, after: str, by: int) -> int:
    """Start the command, end it by a signal soon after it has said something.

    Returns:
        Its exit code.
    """
    with started(folder, emulator) as process:
        if after:
            wait_until_it_says(process, after)
        time.sleep(0.5 if after else 3)
        process.send_signal(by)
        return process.wait(120)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The folder of the runs, in a place with odd characters."""
    place = tmp_path / "it's #1, 100% {new}"
    place.mkdir()
    return place / "tuning"


def test_two_runs_show_the_truth(
    folder: Path, account: Emulator, tmp_path: Path
) -> None:
    """The page is there, private and complete; a second run reads what changed; and
    `page` writes the page of a warehouse that is loaded already."""
    first = run(folder, account)
    assert (first.returncode, first.stderr.count("Error")) == (0, 0)
    assert [line.partition(":")[0] for line in first.stdout.splitlines()] == [
        "Read",
        "Cost",
        "Look at",
    ]
    assert loaded(folder / "tuning.duckdb") == truth(account)
    account.clock.move(seconds=1800)
    second = run(folder, account)
    assert second.returncode == 0
    assert loaded(folder / "tuning.duckdb") == truth(account)
    page = (folder / "tuning.html").read_text(encoding="utf-8")
    assert re.search(r'"made": ?\d{13}', page), "the page does not say when it was made"
    assert '"name":"churn-xgb"' in page
    assert folder.stat().st_mode & 0o777 == 0o700
    other, url = tmp_path / "other.html", str(folder / "tuning.duckdb")
    done = run(folder, account, "page", url, "--output", str(other))
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert '"name":"churn-xgb"' in other.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "sent",
    [[signal.SIGKILL] * 3, [signal.SIGINT, signal.SIGTERM, signal.SIGINT]],
    ids=["killed", "stopped"],
)
def test_nothing_is_lost(
    folder: Path, account: Emulator, sent: list[signal.Signals]
) -> None:
    """Ended in each of its stages, each next run goes on, and the last one ends with
    the truth and a page."""
    account.faults.add(Fault("latency", seconds=0.3))
    for stage, by in zip(("", "Read: ", "Build: "), sent, strict=True):
        code = killed(folder, account, stage, by)
        assert code == (-by if by == signal.SIGKILL else 128 + by)
        account.faults.clear()
        account.clock.move(seconds=1800)
    done = run(folder, account)
    assert (done.returncode, done.stderr.count("Error")) == (0, 0)
    assert loaded(folder / "tuning.duckdb") == truth(account)
    assert (folder / "tuning.html").read_bytes().endswith(b"</html>\n")
    assert sorted(path.name for path in folder.glob("*.new")) == []


def test_what_is_denied_is_on_the_page(folder: Path, account: Emulator) -> None:
    """If a call is denied, there is a page, and one line names the IAM action."""
    account.faults.add(Fault("deny", operation="ListHyperParameterTuningJobs"))
    done = run(folder, account)
    (line,) = [line for line in done.stderr.splitlines() if "Error" in line]
    assert done.returncode == 3
    assert line.startswith("Error: read: account 123456789012, us-east-1: ")
    assert line.endswith("Allow sagemaker:ListHyperParameterTuningJobs")
    page = (folder / "tuning.html").read_text(encoding="utf-8")
    assert "Allow sagemaker:ListHyperParameterTuningJobs" in page


def test_a_full_disk_is_one_line(folder: Path, account: Emulator) -> None:
    """If nothing can be written, one line says so, and the next run makes the page."""
    limited = ["sh", "-c", 'ulimit -f 600 && exec "$@"', "sh", *command(folder)]
    done = subprocess.run(  # noqa: S603 - ours
        limited,
        env=environment(account) | {"AWS_DEFAULT_REGION": "us-east-1"},
        capture_output=True,
        text=True,
        check=False,
        timeout=240,
    )
    errors = [line for line in done.stderr.splitlines() if line.startswith("Error: ")]
    assert done.returncode == 1
    assert len(errors) >= 1
    assert "Traceback" not in done.stderr
    assert not (folder / "tuning.html").exists()
    assert run(folder, account).returncode == 0
    assert loaded(folder / "tuning.duckdb") == truth(account)


def test_metrics_have_a_price_first(
    folder: Path, account: Emulator, tmp_path: Path
) -> None:
    """With --metrics, the cost in dollars is said before CloudWatch is called. The
    tap's settings limit what is read."""
    config = tmp_path / "tap.json"
    config.write_text(json.dumps({"tuning_job_names": ["churn-xgb"]}), encoding="utf-8")
    where = ("--config", str(config), "--regions", "us-east-1")
    done = run(folder, account, "--metrics", *where)
    lines = done.stderr.splitlines()
    said = [line.partition(":")[0] for line in lines]
    assert done.returncode == 0, done.stderr
    assert said == ["Read", "Metrics", "Metrics", "Build", "Page"]
    assert "USD 0.01" in lines[1]
    assert "CloudWatch metrics" in done.stdout
    assert {name[:9] for name, *_ in loaded(folder / "tuning.duckdb")} == {"churn-xgb"}


def test_the_tap_checks_the_config(
    folder: Path, account: Emulator, tmp_path: Path
) -> None:
    """A setting that the tap does not know ends the run."""
    config = tmp_path / "tap.json"
    config.write_text('{"regoins": ["us-east-1"]}', encoding="utf-8")
    done = run(folder, account, "--config", str(config))
    assert done.returncode == 1
    assert "regoins" in done.stderr


def test_it_goes_on_until_stopped(folder: Path, account: Emulator) -> None:
    """With --every, a later run replaces the page, and a signal ends the pause."""
    with started(folder, account, "--every", "1s") as process:
        pages = set()
        for _ in range(2):
            wait_until_it_says(process, "The next run starts in ")
            pages.add((folder / "latest.js").read_text(encoding="utf-8"))
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == 130
    (latest,) = pages - {min(pages)}  # the times sort as text
    page = (folder / "tuning.html").read_text(encoding="utf-8")
    assert latest.partition('"')[2].partition('"')[0] in page


def test_a_demo_makes_way(folder: Path, account: Emulator) -> None:
    """`--demo` needs no AWS, and a terminal shows how far it is. It never mixes with
    real data: a real run deletes it, and it deletes nothing real."""
    variables = environment(account) | {"COLUMNS": "80"}
    code, shown = in_terminal(command(folder, "--demo"), folder.parent, variables)
    assert code == 0
    assert account.calls == []
    assert "Read … " in shown
    assert "Build … 1 of " in shown
    last = click.unstyle(shown.rstrip().splitlines()[-1])
    assert last.startswith("Look at: ")
    real = run(folder, account)
    assert real.returncode == 0
    assert real.stderr.startswith("Deleting the demo in ")
    assert loaded(folder / "tuning.duckdb") == truth(account)
    again = run(folder, account, "--demo")
    assert again.returncode == 2
    assert "holds real data" in again.stderr
    assert loaded(folder / "tuning.duckdb") == truth(account)
