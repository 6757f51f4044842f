"""What the emulator's README says: its examples run, and moto is as it says."""

from __future__ import annotations

import re
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

import boto3
import pytest
from moto import mock_aws

if TYPE_CHECKING:
    from .calling import Client

FOLDER = Path(__file__).resolve().parents[1]
CHECKOUT = FOLDER.parents[1]
README = (FOLDER / "README.md").read_text(encoding="utf-8")
TEST, PROGRAM = re.findall("```python\n(.*?)```", README, re.DOTALL)
UV = Path(sys.executable).with_name("uv")


def output_of(python: Path, folder: Path) -> str:
    """The output of pytest for the README's test, in an otherwise empty folder."""
    (folder / "test_toy.py").write_text(TEST, encoding="utf-8")
    done = subprocess.run(  # noqa: S603 - the document's own example
        [python, "-m", "pytest", "-W", "error", "test_toy.py"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    return done.stdout + done.stderr


@pytest.mark.process
def test_the_test_passes(tmp_path: Path) -> None:
    """The README's test of ten lines can be pasted into an empty folder, and passes."""
    assert len([line for line in TEST.splitlines() if line]) == 10
    assert "1 passed" in output_of(Path(sys.executable), tmp_path)


@pytest.mark.slow
def test_another_project_can_use_the_wheel(tmp_path: Path) -> None:
    """In a new environment with the built wheel and pytest, the README's test
    passes."""
    python = tmp_path / "venv" / "bin" / "python"
    pins = CHECKOUT / "constraints.txt"
    installed = ["pytest", "sagemaker-tuning-emulator", "--find-links", tmp_path]
    for command in (
        ["build", "--wheel", "--out-dir", tmp_path, FOLDER],
        ["venv", "--python", sys.executable, python.parents[1]],
        ["pip", "install", "--python", python, "--constraints", pins, *installed],
    ):
        arguments = [str(UV), "--quiet", *map(str, command)]
        subprocess.run(arguments, check=True, timeout=600)  # noqa: S603 - ours
    assert "1 passed" in output_of(python, tmp_path)


def test_the_program_runs() -> None:
    """The README's program can be pasted into a file, and prints its URL."""
    done = subprocess.run(  # noqa: S603 - the document's own example
        [sys.executable, "-c", PROGRAM],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("http://127.0.0.1:")


def test_moto_has_no_trials(monkeypatch: pytest.MonkeyPatch) -> None:
    """The installed moto, whose version the README names, cannot list trials."""
    assert f"version {version('moto')}," in README
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)  # moto mocks AWS's own
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    with mock_aws():
        # A session from before moto was imported is not mocked.
        client: Client = boto3.Session().client("sagemaker", "us-east-1")
        with pytest.raises(NotImplementedError):
            client.list_training_jobs_for_hyper_parameter_tuning_job(
                HyperParameterTuningJobName="churn"
            )


def test_the_fixture_replaces_all_variables(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Clients call the emulator only, regardless of the other variables of the test."""
    monkeypatch.setenv("AWS_PROFILE", "nobody")
    monkeypatch.setenv("AWS_REGION", "eu-west-1")
    monkeypatch.setenv("AWS_ENDPOINT_URL_SAGEMAKER", "http://127.0.0.1:1")
    emulator = request.getfixturevalue("emulated_aws")
    client: Client = boto3.client("sagemaker")
    assert (
        client.list_hyper_parameter_tuning_jobs()["HyperParameterTuningJobSummaries"]
        == []
    )
    client.close()
    assert [(call.operation, call.region) for call in emulator.calls] == [
        ("ListHyperParameterTuningJobs", "us-east-1")
    ]
