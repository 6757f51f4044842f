"""What the command says, and what it refuses."""

from __future__ import annotations

import os
import pty
import re
import subprocess
import sys
from argparse import ArgumentTypeError
from io import StringIO
from typing import TYPE_CHECKING

import click
import pytest

from sagemaker_tuning_report.pipeline import durations, metrics_cost
from sagemaker_tuning_report.pipeline.command import main, open_page
from sagemaker_tuning_report.pipeline.progress import Progress, counted
from sagemaker_tuning_report.pipeline.reading import errors_of
from tests.terminal import shown_on

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("text", "expected"), [("15m", 900), ("90s", 90), ("2h", 7200), ("1d", 86_400)]
)
def test_durations_are_understood(text: str, expected: int) -> None:
    """A duration is a number with its unit."""
    assert durations.seconds(text) == expected


@pytest.mark.parametrize("text", ["15", "m", "0m", "-1m", "1.5h", "1w", "", "1 m"])
def test_other_durations_are_refused(text: str) -> None:
    """A duration without a unit, or of nothing, is refused."""
    with pytest.raises(ArgumentTypeError, match="is not a duration such as 15m"):
        durations.seconds(text)


def test_the_taps_errors_are_found() -> None:
    """Each error of the tap's log is one line, without the one that counts them."""
    said = [
        "2026-12-01 06:37:38,492 | INFO     | tap-sagemaker-tuning | started",
        "2026-12-01 06:37:41,768 | ERROR    | tap-sagemaker-tuning | one | of two",
        "Error: Sync incomplete: see the 2 errors above",
        "Error: two",
    ]
    assert errors_of(said) == ["one | of two", "two"]


@pytest.mark.parametrize(
    ("metrics", "words"),
    [(5, "less than USD 0.01"), (1000, "USD 0.01"), (123_456_000, "USD 1,234.56")],
)
def test_costs_are_in_dollars(metrics: int, words: str) -> None:
    """Requesting a thousand metrics costs a cent."""
    assert f"bills {words} (" in metrics_cost.in_words(metrics)


def test_closed_streams_are_no_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without standard error, as some schedulers start a program, all stages run, and
    say nothing; a page that would have nowhere to go is refused."""
    with monkeypatch.context() as patch:
        patch.setattr("sys.stderr", None)
        show = Progress(None)
        show.begin("Read")
        show.count("1 of 2")
        show.end("2 tuning jobs")
        show.fail("It failed. Do this")
        assert main(["--config", str(tmp_path / "no-such-file")]) == 2
    with monkeypatch.context() as patch:
        patch.setattr("sys.stdout", None)
        assert main(["page", "any.duckdb"]) == 2
    assert "closed. Name a file with --output FILE" in capsys.readouterr().err


TWO_SIGNALS = """
import os, time
from sagemaker_tuning_report.pipeline.failures import Stopped
from sagemaker_tuning_report.pipeline.signals import Signals
for number in range(300):
    with Signals() as signals:
        sender = os.fork()
        if not sender:
            os.kill(os.getppid(), 15)
            end = time.perf_counter() + number % 30 * 5e-6
            while time.perf_counter() < end: pass
            os.kill(os.getppid(), 2)
            os._exit(0)
        try:
            while True: signals.check()
        except Stopped:
            os.waitpid(sender, 0)
"""


def test_a_signal_can_interrupt_another() -> None:
    """A second signal that arrives while the first is handled blocks nothing."""
    subprocess.run([sys.executable, "-c", TWO_SIGNALS], check=True, timeout=60)  # noqa: S603 - ours


def test_numbers_have_a_noun() -> None:
    """One is singular, everything else plural."""
    assert [counted(n, "trial") for n in (0, 1, 1200)] == [
        "0 trials",
        "1 trial",
        "1,200 trials",
    ]


def test_without_a_terminal_lines_are_rare() -> None:
    """Without a terminal, a long stage says how far it is every 30 seconds."""
    times = iter([0.0, 0.0, 10.0, 31.0, 40.0, 45.0])
    stream = StringIO()
    show = Progress(stream, clock=lambda: next(times))
    show.begin("Read")
    for text in ("1 trial", "2 trials", "3 trials"):
        show.count(text)
    show.end("3 trials")
    assert stream.getvalue() == "Read … 2 trials\nRead: 3 trials (45.0 s)\n"


def test_a_terminal_shows_how_long_it_may_take(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A terminal counts, estimates the time left from the share that is done, and ends
    with a line in color for each stage; the remedy of an error is on the last line."""
    monkeypatch.delenv("NO_COLOR", raising=False)
    times = iter([0.0, 0.0, 1.0, 10.0, 40.0])
    ours, its = pty.openpty()
    with os.fdopen(its, "w", encoding="utf-8") as stream:
        show = Progress(stream, clock=lambda: next(times))
        show.begin("Build")
        show.count("1 of 60 models", 1 / 60)
        show.count("15 of 60 models", 15 / 60)
        show.end("60 models")
        show.fail("page: the disk is full. Free some space")
    shown = re.split(r"\r(?:\n|\x1b\[2K)", shown_on(ours))
    parts = [part for part in shown if part]
    assert [click.unstyle(part) for part in parts] == [
        "Build …",
        "Build … 1 of 60 models",
        "Build … 15 of 60 models, about 30 s left",
        "Build: 60 models (40.0 s)",
        "Error: page: the disk is full.",
        "       Free some space",
    ]
    assert [click.unstyle(part) != part for part in parts] == [
        *[False] * 3,
        True,
        True,
        False,
    ]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--demo", "--regions", "us-east-1"], "--demo reads an emulated account"),
        (["--config", "/no/such/file"], "cannot be read: No such file"),
        (["--config", "{wrong}"], "is not JSON"),
        (["--config", "{list}"], "is not an object with the tap's settings"),
        (["--config", "{odd}"], "is not an object with the tap's settings"),
        (["--folder", "{wrong}"], "cannot be used"),
        (["--folder", "{here}"], "has other files"),
        (["--folder", "{here}/new?"], "DuckDB allows no ? in a path"),
    ],
)
def test_wrong_usage_is_one_line(
    options: list[str], words: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What cannot be used ends with 2, before anything is read."""
    wrong, others = tmp_path / "wrong.json", tmp_path / "list.json"
    wrong.write_text("{", encoding="utf-8")
    others.write_text("[]", encoding="utf-8")
    odd = tmp_path / "odd.json"
    odd.write_text('{"streams": [{}]}', encoding="utf-8")
    names = {"wrong": wrong, "list": others, "odd": odd, "here": tmp_path}
    given = [option.format(**names) for option in options]
    assert main(["--folder", str(tmp_path / "new"), *given]) == 2
    error = capsys.readouterr().err
    assert words in error
    assert error.count("\n") == 1


def test_a_disk_error_is_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """If the log cannot be opened, one line says why."""
    place = tmp_path / "tuning"
    (place / "run.log").mkdir(parents=True)
    (place / "lock").touch()
    assert main(["--folder", str(place)]) == 1
    error = capsys.readouterr().err
    assert error == f"Error: [Errno 21] Is a directory: '{place / 'run.log'}'\n"


@pytest.mark.parametrize(
    ("is_terminal", "screen", "expected"),
    [(True, ":0", 1), (True, "", 0), (False, ":0", 0)],
    ids=["both", "no screen", "no terminal"],
)
def test_the_page_is_opened_for_somebody(
    is_terminal: bool,  # noqa: FBT001 - a parameter of the test
    screen: str,
    expected: int,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A browser opens only if there are a terminal and a screen."""
    opened: list[str] = []
    monkeypatch.setattr("webbrowser.open", opened.append)
    monkeypatch.setattr("sys.platform", "linux")
    monkeypatch.setattr("sys.stdout.isatty", lambda: is_terminal)
    monkeypatch.setenv("DISPLAY", screen)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    open_page(tmp_path / "tuning.html")
    assert opened == [(tmp_path / "tuning.html").as_uri()] * expected
