"""The Terraform module, parsed and compared with the table and the template."""

from __future__ import annotations

import re
from typing import Any

import pytest

pytest.importorskip("hcl2", reason="python-hcl2 is needed: make setup")

import hcl2

from tap_tools.generated import infrastructure
from tests.infrastructure.expected import ALL, DEFAULT, called, grants, stated
from tests.infrastructure.test_cloudformation import TEMPLATE

ACCOUNT = "123456789012"


def plain(value: Any) -> Any:
    """A parsed value without the parser's markers and without quotes."""
    if isinstance(value, list):
        return [plain(each) for each in value]
    if isinstance(value, dict):
        pairs = ((plain(name), plain(each)) for name, each in value.items())
        return {name: each for name, each in pairs if not name.startswith("__")}
    if isinstance(value, str) and re.fullmatch(r'".*"', value, re.DOTALL):
        return value[1:-1].replace('\\"', '"')
    return value


def parsed() -> dict[str, list[Any]]:
    """The blocks in all files of the module, by kind."""
    files = sorted(infrastructure.MODULE.glob("*.tf"))
    assert len(files) == 5
    by_kind: dict[str, list[Any]] = {}
    for file in files:
        for kind, blocks in plain(hcl2.loads(file.read_text("utf-8"))).items():
            by_kind.setdefault(kind, []).extend(blocks)
    return by_kind


BLOCKS = parsed()
VARIABLES = {name: block for each in BLOCKS["variable"] for name, block in each.items()}
LOCALS = {name: value for each in BLOCKS["locals"] for name, value in each.items()}


def named(kind: str, of: str, name: str = "reader") -> dict[str, Any]:
    """The block of a resource or data source."""
    (body,) = [each[of][name] for each in BLOCKS[kind] if of in each]
    block: dict[str, Any] = body
    return block


def in_place(arn: str, partition: str) -> str:
    """An ARN with partition and account filled in for their data sources."""
    account = "${data.aws_caller_identity.current.account_id}"
    filled = arn.replace("${data.aws_partition.current.partition}", partition)
    return filled.replace(account, ACCOUNT)


@pytest.mark.parametrize("partition", ["aws", "aws-cn", "aws-us-gov"])
@pytest.mark.parametrize("name", LOCALS["statements"])
def test_statements(name: str, partition: str) -> None:
    """The statements of each stream and switch allow exactly what it calls."""
    statements = [
        {**each, "Resource": in_place(each["Resource"], partition)}
        for each in LOCALS["statements"][name]
    ]
    expected = called(
        [name],
        list_regions=name == "list_regions",
        list_accounts=name == "list_accounts",
    )
    assert stated(statements) == grants(expected, ACCOUNT, partition)
    assert expected


def test_no_policy_is_missing() -> None:
    """The module has the template's policies, with the same names."""
    resources = TEMPLATE["Resources"].values()
    made = {r["Properties"].get("PolicyName") for r in resources} - {None}
    assert set(LOCALS["statements"]) == made


def test_role_takes_the_chosen_policies() -> None:
    """The role has one policy per chosen stream and switch, and no others."""
    assert LOCALS["allowed"] == (
        "${concat(tolist(var.streams), "
        'var.list_regions ? ["list_regions"] : [], '
        'var.list_accounts ? ["list_accounts"] : [])}'
    )
    policy = named("resource", "aws_iam_role_policy")
    assert policy == {
        "for_each": (
            "${{for name, statements in local.statements : name => "
            'jsonencode({Version = "2012-10-17", Statement = statements}) '
            "if contains(local.allowed, name)}}"
        ),
        "name": "${each.key}",
        "role": "${aws_iam_role.reader.name}",
        "policy": "${each.value}",
    }
    assert {kind for each in BLOCKS["resource"] for kind in each} == {
        "aws_iam_role",
        "aws_iam_role_policy",
    }


def test_trust() -> None:
    """Only the principals are trusted, on the condition of the external ID if there is
    one."""
    role = named("resource", "aws_iam_role")
    assert role["name"] == "${var.role_name}"
    assert role["path"] == "${var.path}"
    assert role["tags"] == "${var.tags}"
    assert role["permissions_boundary"] == (
        '${var.permissions_boundary == "" ? null : var.permissions_boundary}'
    )
    assert role["assume_role_policy"] == "${data.aws_iam_policy_document.trust.json}"
    (statement,) = named("data", "aws_iam_policy_document", "trust")["statement"]
    assert statement == {
        "actions": ["sts:AssumeRole"],
        "principals": [{"type": "AWS", "identifiers": "${var.principals}"}],
        "dynamic": [
            {
                "condition": {
                    "for_each": '${var.external_id == "" ? [] : [var.external_id]}',
                    "content": [
                        {
                            "test": "StringEquals",
                            "variable": "sts:ExternalId",
                            "values": ["${condition.value}"],
                        }
                    ],
                }
            }
        ],
    }


def test_variables_are_the_templates_parameters() -> None:
    """The module and the template have the same parameters, defaults and
    descriptions."""
    parameters = {
        re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower(): parameter
        for name, parameter in TEMPLATE["Parameters"].items()
    }
    assert set(VARIABLES) == {*parameters, "tags"}
    for name, parameter in parameters.items():
        assert VARIABLES[name]["description"] == f"{parameter['Description']}."
    words = {True: "yes", False: "no"}
    defaults = {
        name: words.get(default, default) if isinstance(default, bool) else default
        for name, variable in VARIABLES.items()
        if (default := variable.get("default")) is not None
    }
    assert defaults == {
        "external_id": parameters["external_id"]["Default"],
        "role_name": parameters["role_name"]["Default"],
        "path": parameters["path"]["Default"],
        "permissions_boundary": parameters["permissions_boundary"]["Default"],
        "tags": {},
        "streams": DEFAULT,
        "list_regions": parameters["list_regions"]["Default"],
        "list_accounts": parameters["list_accounts"]["Default"],
    }
    assert parameters["streams"]["Default"] == ",".join(DEFAULT)


@pytest.mark.parametrize(
    "name", ["principals", "external_id", "role_name", "path", "permissions_boundary"]
)
def test_values_are_validated_as_in_the_template(name: str) -> None:
    """The module refuses the values that the template's pattern refuses."""
    conditions = " ".join(each["condition"] for each in VARIABLES[name]["validation"])
    (pattern,) = re.findall(r'regex\("(.*?)",', conditions)
    parameter = "".join(word.capitalize() for word in name.split("_"))
    expected = TEMPLATE["Parameters"][parameter]["AllowedPattern"]
    if_long = "^[A-Za-z0-9_+=,.@:/-]*$"  # Go repeats a part at most 1,000 times
    assert pattern == (if_long if name == "external_id" else expected)


def test_length_of_external_ids() -> None:
    """An external ID has 2 to 1,224 characters, as in the template."""
    (length, _) = (each["condition"] for each in VARIABLES["external_id"]["validation"])
    assert ">= 2" in length
    assert "<= 1224" in length
    assert "{2,1224}" in TEMPLATE["Parameters"]["ExternalId"]["AllowedPattern"]


def test_streams_are_those_of_the_tap() -> None:
    """An unknown stream is refused."""
    (validation,) = VARIABLES["streams"]["validation"]
    names = re.findall(r'"(\w+)"', validation["condition"])
    assert names == ALL
    assert validation["condition"].startswith("${length(setsubtract(var.streams, [")
    assert validation["condition"].endswith("])) == 0}")


def test_what_is_referred_to_is_there() -> None:
    """Each variable, local value and data source in an expression exists, and each
    variable is used."""
    text = "\n".join(
        file.read_text(encoding="utf-8") for file in infrastructure.MODULE.glob("*.tf")
    )
    assert set(re.findall(r"\bvar\.(\w+)", text)) == set(VARIABLES)
    assert set(re.findall(r"\blocal\.(\w+)", text)) == set(LOCALS)
    sources = {
        f"{kind}.{name}"
        for each in BLOCKS["data"]
        for kind, blocks in each.items()
        for name in blocks
    }
    assert set(re.findall(r"\bdata\.(\w+\.\w+)", text)) == sources
