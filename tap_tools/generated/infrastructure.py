"""The generated parts of the role's templates and README in `infrastructure/`."""

from __future__ import annotations

import json
from textwrap import indent
from typing import TYPE_CHECKING

from tap_sagemaker_tuning.aws.operations import ASSUME_ROLE
from tap_tools import ROOT
from tap_tools.generated.marks import filled
from tap_tools.generated.policies import SWITCHES, statements, streams, summaries

if TYPE_CHECKING:
    from pathlib import Path

    from tap_sagemaker_tuning.aws.operations import Operation

FOLDER = ROOT / "infrastructure"
TEMPLATE = FOLDER / "cloudformation" / "tuning-reader.yaml"
MODULE = FOLDER / "terraform"
README = FOLDER / "README.md"
FILES = (TEMPLATE, MODULE / "policies.tf", MODULE / "variables.tf", README)
"""The files that have generated parts."""

ROLE = "tuning-reader"
"""The role's name, unless another is given."""


def files() -> dict[Path, str]:
    """The current text of the templates and the README.

    Raises:
        KeyError: A file marks a part that is not generated.
    """
    made = parts()
    return {file: filled(file.read_text(encoding="utf-8"), made) for file in FILES}


def parts() -> dict[str, str]:
    """Every generated part by its name."""
    return {
        "parameter of streams": _parameter(),
        "conditions of streams": _conditions(),
        "policies": _policies(),
        "statements": _statements(),
        "variable of streams": _variable(),
        "policy of the caller": _caller(),
    }


def granted() -> dict[str, tuple[Operation, ...]]:
    """What each policy of the role allows: one per stream that calls, and the switches.

    A stream without calls of its own, such as `scopes`, needs no policy.
    """
    calling = {each.name: each.operations for each in streams() if each.operations}
    return {**calling, **SWITCHES}


def camel(name: str) -> str:
    """A name as CloudFormation has them: without underscores."""
    return "".join(word.capitalize() for word in name.split("_"))


def _parameter() -> str:
    name = f"({'|'.join(stream.name for stream in streams())})"
    return f"""\
  Streams:
    Description: The streams that the tap reads; the role allows what they call
    Type: String
    Default: {",".join(stream.name for stream in summaries())}
    AllowedPattern: ^{name}(,{name})*$
    ConstraintDescription: names of streams, with commas between them and no spaces
"""


def _conditions() -> str:
    """Whether a stream is among those chosen: taking its name out changes the list.

    CloudFormation can look a value up in a list in `Rules`, but not in `Conditions`.
    """
    return "".join(
        f"""\
  Allow{camel(name)}: !Not
    - !Equals
      - !Sub ",${{Streams}},"
      - !Join ["", !Split [",{name},", !Sub ",${{Streams}},"]]
"""
        for name in granted()
        if name not in SWITCHES
    )


def _policies() -> str:
    made = []
    for name, calls in granted().items():
        lines = [
            f"{camel(name)}Policy:",
            "  Type: AWS::IAM::Policy",
            f"  Condition: Allow{camel(name)}",
            "  Properties:",
            f"    PolicyName: {name}",
            "    Roles:",
            "      - !Ref Role",
            "    PolicyDocument:",
            '      Version: "2012-10-17"',
            "      Statement:",
        ]
        for each in statements(
            calls, partition="${AWS::Partition}", account="${AWS::AccountId}"
        ):
            resource = each["Resource"]
            lines += [
                f"        - Effect: {each['Effect']}",
                "          Action:",
                *(f"            - {action}" for action in each["Action"]),
                "          Resource: "
                + ('"*"' if resource == "*" else f'!Sub "{resource}"'),
            ]
        made.append(indent("\n".join(lines), "  "))
    return "\n\n".join(made) + "\n"


def _statements() -> str:
    lines = ["statements = {"]
    for name, calls in granted().items():
        lines.append(f"  {name} = [")
        for each in statements(
            calls,
            partition="${data.aws_partition.current.partition}",
            account="${data.aws_caller_identity.current.account_id}",
        ):
            lines += [
                "    {",
                f'      Effect   = "{each["Effect"]}"',
                f"      Action   = {json.dumps(each['Action'])}",
                f'      Resource = "{each["Resource"]}"',
                "    },",
            ]
        lines.append("  ]")
    return indent("\n".join([*lines, "}"]), "  ") + "\n"


def _variable() -> str:
    every = "\n".join(f'      "{stream.name}",' for stream in streams())
    return f"""\
variable "streams" {{
  description = "The streams that the tap reads; the role allows what they call."
  type        = set(string)
  default     = {json.dumps([stream.name for stream in summaries()])}

  validation {{
    condition = length(setsubtract(var.streams, [
{every}
    ])) == 0
    error_message = "Each must be the name of a stream of the tap."
  }}
}}
"""


def _caller() -> str:
    role = f"arn:aws:iam::*:{ASSUME_ROLE.resource.replace('*', ROLE)}"
    assume = {
        "Effect": "Allow",
        "Action": [ASSUME_ROLE.iam_action],
        "Resource": role,
        # Only roles in the caller's own organization.
        "Condition": {
            "StringEquals": {"aws:ResourceOrgID": "${aws:PrincipalOrgID}"},
        },
    }
    find = statements(SWITCHES["list_accounts"], partition="aws", account="*")
    policy = {"Version": "2012-10-17", "Statement": [assume, *find]}
    return f"\n```json\n{json.dumps(policy, indent=2)}\n```\n\n"
