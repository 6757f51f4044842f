"""What others print or configure is not repeated, if it can hold a secret."""

from __future__ import annotations

import json
import shlex
import sys
from typing import TYPE_CHECKING, Any

import pytest

from tap_sagemaker_tuning.airbyte.spec import specification
from tap_sagemaker_tuning.settings import environment
from tests.configurations import SECRET

if TYPE_CHECKING:
    from tests.conftest import TapProcess


def with_process(tap: TapProcess, script: str) -> None:
    """Take credentials from a `credential_process` that runs a Python script."""
    file = tap.folder / "process.py"
    file.write_text(script, encoding="utf-8")
    command = shlex.join([sys.executable, str(file)])
    config = tap.folder / "aws"
    config.write_text(f"[default]\ncredential_process = {command}\n", encoding="utf-8")
    tap.variables |= {
        "AWS_CONFIG_FILE": str(config),
        "AWS_ACCESS_KEY_ID": None,
        "AWS_SECRET_ACCESS_KEY": None,
        "AWS_SESSION_TOKEN": None,
        "LOGLEVEL": "DEBUG",
    }


@pytest.mark.process
def test_what_a_credential_process_prints(tap: TapProcess) -> None:
    """The standard error of a credential_process is not repeated."""
    with_process(tap, f"import sys; sys.exit('token {SECRET}')")
    run = tap(config={"max_attempts": 1})
    assert run.returncode == 1
    assert "credential_process failed: run its command to see why" in run.error
    assert SECRET not in run.stderr + run.stdout


@pytest.mark.process
def test_a_malformed_expiration(tap: TapProcess) -> None:
    """An Expiration that is not a time is not repeated."""
    keys = {"AccessKeyId": "A", "SecretAccessKey": SECRET, "SessionToken": SECRET}
    credentials = {"Version": 1, **keys, "Expiration": f"never {SECRET}"}
    with_process(tap, f"print({json.dumps(credentials)!r})")
    run = tap(config={"max_attempts": 1})
    assert run.returncode == 1
    assert "a time cannot be parsed, such as the Expiration of credentials" in run.error
    assert SECRET not in run.stderr + run.stdout


REMOTE = ["http://vpce.example:8080", "http://10.0.0.1", "HTTP://host", "http://[::2]"]
FINE = [
    "https://vpce.example",
    "http://localhost:5000",
    "http://127.0.0.1",
    "http://127.1.2.3:1",
    "http://[::1]:5000",
    "http://sagemaker.localhost",
    "http://[::1",
    "nonsense",
]


@pytest.mark.process
@pytest.mark.parametrize("url", REMOTE)
def test_an_unencrypted_endpoint_is_a_warning(
    tap: TapProcess, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """http:// to another machine is a warning, from the setting and the
    environment."""
    (warning,) = environment.unencrypted(url)
    assert warning.startswith("aws_endpoint_url: http:// sends session tokens")
    monkeypatch.setenv("AWS_ENDPOINT_URL_SAGEMAKER", url)
    (warning,) = environment.unencrypted(None)
    assert warning.startswith("AWS_ENDPOINT_URL_SAGEMAKER: http://")
    tap.variables["AWS_ENDPOINT_URL_SAGEMAKER"] = url
    assert warning in tap("--discover", config={}).stderr


@pytest.mark.parametrize("url", FINE)
def test_an_endpoint_on_this_machine_is_fine(url: str) -> None:
    """https://, and http:// to this machine, have no warning."""
    assert environment.unencrypted(url) == []


def test_external_ids_are_secret_in_airbyte() -> None:
    """Airbyte's form hides external IDs, and nothing else of a role."""
    settings = specification()["connectionSpecification"]["properties"]
    roles: dict[str, Any] = settings["assume_roles"]["items"]["properties"]
    organization: dict[str, Any] = settings["organization"]["properties"]
    for properties in (roles, organization):
        hidden = {n for n, each in properties.items() if each.get("airbyte_secret")}
        assert hidden == {"external_id"}
