"""Missing or broken credentials and regions are reported to the user in one line."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.conftest import ACCOUNT

if TYPE_CHECKING:
    from tests.conftest import TapHere, TapProcess

KEYS = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")
SSO = """[profile sso]
region = us-east-1
sso_start_url = https://example.awsapps.com/start
sso_region = us-east-1
sso_account_id = 123456789012
sso_role_name = reader
"""


class TestAccess:
    """Credentials or a region are missing or broken."""

    def test_no_credentials(self, here: TapHere) -> None:
        """Without any credentials, the last line says how to provide some."""
        here.variables |= dict.fromkeys(KEYS)
        run = here(config={})
        run.assert_refused("AWS_PROFILE", "AWS_ACCESS_KEY_ID")
        assert here.emulator.calls == []

    def test_no_region(self, here: TapHere) -> None:
        """Without any region, the last line names the setting and the variable."""
        here.variables["AWS_DEFAULT_REGION"] = None
        run = here(config={})
        run.assert_refused("regions", "AWS_DEFAULT_REGION")
        assert here.emulator.calls == []

    @pytest.mark.parametrize(
        ("removed", "line"),
        [
            (KEYS, "Unable to locate credentials. Set AWS_PROFILE, or AWS_ACCESS_KEY"),
            (["AWS_DEFAULT_REGION"], "You must specify a region. Set regions, or AWS"),
        ],
        ids=["credentials", "region"],
    )
    def test_in_a_connection_test(
        self, here: TapHere, removed: list[str], line: str
    ) -> None:
        """A connection test reports the same, and fails."""
        here.variables |= dict.fromkeys(removed)
        run = here("--test", config={})
        assert run.returncode == 1
        assert run.error.startswith(line)
        assert here.emulator.calls == []

    def test_unknown_profile(self, here: TapHere) -> None:
        """A profile that does not exist is named along with the setting."""
        run = here(config={"aws_profile": "nobody"})
        run.assert_refused("nobody", "aws_profile")

    def test_unknown_profile_of_the_environment(self, here: TapHere) -> None:
        """A profile in the environment that does not exist is named, too."""
        here.variables["AWS_PROFILE"] = "nobody"
        run = here(config={})
        run.assert_refused("nobody", "AWS_PROFILE")

    def test_no_credentials_for_a_role(self, here: TapHere) -> None:
        """Without credentials to assume a role with, the last line is the same."""
        here.variables |= dict.fromkeys(KEYS)
        role = {"role_arn": f"arn:aws:iam::{ACCOUNT}:role/reader"}
        run = here(config={"assume_roles": [role]})
        run.assert_refused("AWS_PROFILE", "AWS_ACCESS_KEY_ID")

    def test_half_a_key_in_the_environment(self, here: TapHere) -> None:
        """Half of a key in the environment is reported as such."""
        here.variables |= dict.fromkeys(KEYS[1:])
        run = here(config={})
        run.assert_refused("AWS_SECRET_ACCESS_KEY")

    def test_broken_configuration_file(self, here: TapHere) -> None:
        """An unreadable AWS configuration file is named."""
        path = here.folder / "aws-config"
        path.write_text("no section = here\n", encoding="utf-8")
        here.variables["AWS_CONFIG_FILE"] = str(path)
        run = here(config={})
        run.assert_refused("aws-config")

    def test_single_sign_on(self, here: TapHere) -> None:
        """A user who has to sign in first learns how."""
        path = here.folder / "aws-config"
        path.write_text(SSO, encoding="utf-8")
        here.variables |= dict.fromkeys(KEYS)
        here.variables |= {
            "AWS_CONFIG_FILE": str(path),
            "HOME": str(here.folder),
        }
        run = here(config={"aws_profile": "sso"})
        run.assert_refused("aws sso login")

    def test_as_a_process(self, tap: TapProcess) -> None:
        """As a process, the tap ends with exit code 1, one last line, no traceback and
        no record."""
        tap.variables |= dict.fromkeys(KEYS)
        run = tap(config={})
        run.assert_refused("AWS_PROFILE", "AWS_ACCESS_KEY_ID")
        assert "RECORD" not in {each["type"] for each in run.messages}
