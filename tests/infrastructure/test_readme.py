"""The tables and commands in `infrastructure/README.md` match the templates."""

from __future__ import annotations

import json
import re
import shlex
from typing import TYPE_CHECKING

import pytest
import yaml
from moto import mock_aws

from tap_sagemaker_tuning.tap import TapSageMakerTuning
from tap_tools.generated import infrastructure
from tests.docs.documents import commands
from tests.infrastructure.expected import ALL, called, grants
from tests.infrastructure.test_cloudformation import (
    ACCOUNT,
    TEMPLATE,
    allowed,
    client,
    deploy,
    trust,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

README = infrastructure.README.read_text(encoding="utf-8")
COMMANDS = commands({"infrastructure/README.md": README})
MODULE = "\n".join(
    file.read_text(encoding="utf-8") for file in infrastructure.MODULE.glob("*.tf")
)


def given(command: str) -> dict[str, str]:
    """The parameters that a command passes to the template."""
    key, value = r"(?:ParameterKey=)?(\w+)", r"(?:,ParameterValue)?=(.+)"
    words = shlex.split(command)
    options = ("--parameters", "--parameter-overrides")
    (start,) = [number for number, word in enumerate(words) if word in options]
    pairs = [re.fullmatch(key + value, word) for word in words[start + 1 :]]
    return {pair[1]: pair[2].replace("\\,", ",") for pair in pairs if pair}


WITH_PARAMETERS = [command for command in COMMANDS if " --parameter" in command]


@pytest.fixture(autouse=True)
def moto() -> Iterator[None]:
    """AWS in this process, empty."""
    with mock_aws():
        yield


def test_table_has_each_parameter() -> None:
    """The table has the template's parameters and the module's variables."""
    rows = re.findall(r"^\| `(\w+)` \| `(\w+)` \|", README, re.MULTILINE)
    assert {parameter for parameter, _ in rows} == set(TEMPLATE["Parameters"])
    variables = re.findall(r'^variable "(\w+)"', MODULE, re.MULTILINE)
    # A stack's tags are tags of its role: the template needs no parameter for them.
    assert "| `--tags` of the stack | `tags` |" in README
    assert sorted(["tags", *(variable for _, variable in rows)]) == sorted(variables)
    assert all(
        parameter.lower() == variable.replace("_", "") for parameter, variable in rows
    )


@pytest.mark.parametrize("command", WITH_PARAMETERS)
def test_commands_make_the_role(command: str) -> None:
    """The template accepts each command's parameters, and creates the role in the text,
    with the command's principal, external ID and streams."""
    parameters = given(command)
    streams = parameters.get("Streams", TEMPLATE["Parameters"]["Streams"]["Default"])
    deploy(**parameters)
    iam = client("iam")
    expected = called(
        streams.split(","),
        list_regions=True,
        list_accounts=parameters.get("ListAccounts") == "yes",
    )
    assert set(streams.split(",")) <= set(ALL)
    assert allowed(iam) == grants(expected, ACCOUNT)
    assert trust(iam)["Principal"] == {"AWS": [parameters["Principals"]]}
    condition = trust(iam).get("Condition", {}).get("StringEquals", {})
    assert condition.get("sts:ExternalId") == parameters.get("ExternalId")
    assert set(parameters) <= set(TEMPLATE["Parameters"])


def test_every_role_has_the_external_id() -> None:
    """Each command sets the external ID in the settings."""
    every = [given(command).get("ExternalId") for command in WITH_PARAMETERS]
    assert every == ["warehouse"] * 3


def test_the_settings_are_taken() -> None:
    """The tap accepts the settings at the end of the page."""
    blocks = re.findall(r"```json\n(.*?)```", README, re.DOTALL)
    (config,) = [block for block in map(json.loads, blocks) if "organization" in block]
    assert TapSageMakerTuning(config=config).settings.organization is not None


def test_the_callers_policy_is_limited_to_its_organization() -> None:
    """The caller can assume roles in its own organization only."""
    policy = json.loads(re.findall(r"```json\n(.*?)```", README, re.DOTALL)[0])
    (assume,) = [
        each for each in policy["Statement"] if each["Action"] == ["sts:AssumeRole"]
    ]
    own = {"aws:ResourceOrgID": "${aws:PrincipalOrgID}"}
    assert assume["Condition"] == {"StringEquals": own}


def test_commands_name_the_template() -> None:
    """Each stack and StackSet uses the template, and is allowed to create a named
    role."""
    assert len(WITH_PARAMETERS) == 3
    path = infrastructure.TEMPLATE.relative_to(infrastructure.FOLDER.parent).as_posix()
    for command in WITH_PARAMETERS:
        assert path in command
        assert "--capabilities CAPABILITY_NAMED_IAM" in command


def test_module_block_gives_what_the_module_takes() -> None:
    """The example passes existing variables, its source is the module's folder, and its
    streams are the tap's."""
    (block,) = re.findall(r"```hcl\n(.*?)```", README, re.DOTALL)
    arguments = dict(re.findall(r"^  (\w+) += (.+)$", block, re.MULTILINE))
    folder = infrastructure.MODULE.relative_to(infrastructure.FOLDER.parent).as_posix()
    assert arguments.pop("source").endswith(f'.git//{folder}"')
    assert set(arguments) <= set(re.findall(r'^variable "(\w+)"', MODULE, re.MULTILINE))
    assert set(yaml.safe_load(arguments["streams"])) <= set(ALL)
