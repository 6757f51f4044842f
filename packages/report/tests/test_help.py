"""`--help` of the report and of the one command fits into a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from sagemaker_tuning_report import __main__ as report
from sagemaker_tuning_report.pipeline import command

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.mark.parametrize(
    "main", [report.main, command.main], ids=["report", "sagemaker-tuning"]
)
def test_help_fits(
    main: Callable[[list[str]], int],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """No line has more than 80 columns."""
    monkeypatch.setenv("COLUMNS", "80")
    with pytest.raises(SystemExit):
        main(["--help"])
    lines = capsys.readouterr().out.splitlines()
    assert "exit codes:" in lines
    assert [line for line in lines if len(line) > 80] == []
