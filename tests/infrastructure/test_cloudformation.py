"""The CloudFormation template, created in moto, and its role read back."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import boto3
import pytest
import yaml
from botocore.exceptions import ClientError
from moto import mock_aws
from moto.core.authorization import enable_iam_authentication
from moto.iam.access_control import IAMPolicy, PermissionResult

from tap_sagemaker_tuning.aws.operations import OPERATIONS
from tap_tools.generated import infrastructure
from tests.infrastructure.expected import (
    ALL,
    CHOICES,
    DEFAULT,
    called,
    grants,
    stated,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

ACCOUNT = "123456789012"
LOADER = f"arn:aws:iam::{ACCOUNT}:role/warehouse-loader"
OTHER = "arn:aws:iam::210987654321:user/someone"
BODY = infrastructure.TEMPLATE.read_text(encoding="utf-8")


class Loader(yaml.SafeLoader):
    """Reads a template, in which short functions are tags."""


Loader.add_multi_constructor("!", lambda *_: "a function")
Loader.add_constructor("!Sub", lambda _, node: f"Sub {node.value}")
TEMPLATE: dict[str, Any] = yaml.load(BODY, Loader)  # noqa: S506 - a safe loader


@pytest.fixture(autouse=True)
def moto() -> Iterator[None]:
    """AWS in this process, empty."""
    with mock_aws():
        yield


def client(service: Any, keys: Mapping[str, str] | None = None) -> Any:
    """A client of one service, with the given or default keys."""
    given = keys or {}
    return boto3.client(
        service,
        region_name="us-east-1",
        aws_access_key_id=given.get("AccessKeyId"),
        aws_secret_access_key=given.get("SecretAccessKey"),
        aws_session_token=given.get("SessionToken"),
    )


def listed(parameters: Mapping[str, str]) -> list[dict[str, str]]:
    """Parameters as CloudFormation takes them, with a principal if none is given."""
    given = {"Principals": LOADER, **parameters}
    return [{"ParameterKey": k, "ParameterValue": v} for k, v in given.items()]


def deploy(**parameters: str) -> dict[str, str]:
    """Create a stack from the template, and return its outputs."""
    cloudformation = client("cloudformation")
    cloudformation.create_stack(
        StackName="tuning-reader",
        TemplateBody=BODY,
        Capabilities=["CAPABILITY_NAMED_IAM"],
        Parameters=listed(parameters),
    )
    (stack,) = cloudformation.describe_stacks(StackName="tuning-reader")["Stacks"]
    assert stack["StackStatus"] == "CREATE_COMPLETE"
    return {each["OutputKey"]: each["OutputValue"] for each in stack["Outputs"]}


def policies(iam: Any, role: str = "tuning-reader") -> dict[str, Any]:
    """The documents of a role's inline policies, by name; it must have no other
    policies."""
    assert iam.list_attached_role_policies(RoleName=role)["AttachedPolicies"] == []
    names = iam.list_role_policies(RoleName=role)["PolicyNames"]
    return {
        name: iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"]
        for name in names
    }


def allowed(iam: Any, role: str = "tuning-reader") -> set[tuple[str, str]]:
    """The actions that a role's policies allow, each with its resource."""
    documents = policies(iam, role).values()
    assert {document["Version"] for document in documents} <= {"2012-10-17"}
    return {grant for document in documents for grant in stated(document["Statement"])}


def trust(iam: Any, role: str = "tuning-reader") -> dict[str, Any]:
    """The only statement of a role's trust policy."""
    document = iam.get_role(RoleName=role)["Role"]["AssumeRolePolicyDocument"]
    (statement,) = document["Statement"]
    trusted: dict[str, Any] = statement
    return trusted


def test_template_fits_a_stack_set() -> None:
    """The template has no macro and no nested stack, which service-managed StackSets
    refuse, and one parameter without a default. IAM resources do not depend on the
    region."""
    assert set(TEMPLATE) == {
        "AWSTemplateFormatVersion",
        "Description",
        "Parameters",
        "Conditions",
        "Resources",
        "Outputs",
    }
    kinds = {resource["Type"] for resource in TEMPLATE["Resources"].values()}
    assert kinds == {"AWS::IAM::Role", "AWS::IAM::Policy"}
    parameters = TEMPLATE["Parameters"].items()
    assert [name for name, each in parameters if "Default" not in each] == [
        "Principals"
    ]
    assert len(BODY) < 51_200, "too large for a CreateStack request"


def test_default_role() -> None:
    """With only a principal, the role is named tuning-reader, trusts it
    unconditionally, and allows what the default streams call and listing regions."""
    outputs = deploy()
    iam = client("iam")
    assert outputs == {"RoleArn": f"arn:aws:iam::{ACCOUNT}:role/tuning-reader"}
    assert "PermissionsBoundary" not in iam.get_role(RoleName="tuning-reader")["Role"]
    assert trust(iam) == {
        "Effect": "Allow",
        "Principal": {"AWS": [LOADER]},
        "Action": "sts:AssumeRole",
    }
    expected = called(DEFAULT, list_regions=True, list_accounts=False)
    assert allowed(iam) == grants(expected, ACCOUNT)


def test_trust() -> None:
    """Each principal is trusted, on the condition of the external ID."""
    deploy(Principals=f"{LOADER},{OTHER}", ExternalId="warehouse", RoleName="reader")
    assert trust(client("iam"), "reader") == {
        "Effect": "Allow",
        "Principal": {"AWS": [LOADER, OTHER]},
        "Action": "sts:AssumeRole",
        "Condition": {"StringEquals": {"sts:ExternalId": "warehouse"}},
    }


def test_path_and_boundary() -> None:
    """A role can have a path and a permissions boundary; by default, it has neither."""
    boundary = "arn:aws:iam::aws:policy/ReadOnlyAccess"
    outputs = deploy(Path="/data/readers/", PermissionsBoundary=boundary)
    role = client("iam").get_role(RoleName="tuning-reader")["Role"]
    assert outputs["RoleArn"].endswith(":role/data/readers/tuning-reader")
    assert role["Path"] == "/data/readers/"
    assert role["PermissionsBoundary"]["PermissionsBoundaryArn"] == boundary


@pytest.mark.parametrize("streams", CHOICES, ids=",".join)
def test_streams(streams: list[str]) -> None:
    """The role allows only what its streams call, with one policy per stream."""
    deploy(Streams=",".join(streams), ListRegions="no")
    iam = client("iam")
    expected = called(streams, list_regions=False, list_accounts=False)
    assert allowed(iam) == grants(expected, ACCOUNT)
    assert set(policies(iam)) <= set(streams)


@pytest.mark.parametrize("list_regions", [False, True])
@pytest.mark.parametrize("list_accounts", [False, True])
def test_switches(*, list_regions: bool, list_accounts: bool) -> None:
    """The switches allow listing regions and accounts, for any streams."""
    words = {True: "yes", False: "no"}
    deploy(
        Streams="scopes",
        ListRegions=words[list_regions],
        ListAccounts=words[list_accounts],
    )
    expected = called([], list_regions=list_regions, list_accounts=list_accounts)
    assert allowed(client("iam")) == grants(expected, ACCOUNT)


def test_every_partition() -> None:
    """The ARNs have the stack's partition and account; they are filled in here, because
    moto uses the partition aws for every stack."""
    documents = [
        resource["Properties"]["PolicyDocument"]
        for resource in TEMPLATE["Resources"].values()
        if resource["Type"] == "AWS::IAM::Policy"
    ]
    granted = stated(
        {
            **statement,
            "Resource": statement["Resource"]
            .removeprefix("Sub ")
            .replace("${AWS::Partition}", "aws-cn")
            .replace("${AWS::AccountId}", ACCOUNT),
        }
        for document in documents
        for statement in document["Statement"]
    )
    expected = called(ALL, list_regions=True, list_accounts=True)
    assert granted == grants(expected, ACCOUNT, "aws-cn")


@pytest.mark.parametrize("streams", CHOICES, ids=",".join)
def test_call_by_call(streams: list[str]) -> None:
    """Each operation that a stream calls is allowed on the account's own resources, and
    no other operation is."""
    deploy(Streams=",".join(streams), ListRegions="no")
    documents = [json.dumps(each) for each in policies(client("iam")).values()]

    def permitted(account: str) -> set[str]:
        return {
            call.name
            for call in OPERATIONS.values()
            for document in documents
            if IAMPolicy(document).is_action_permitted(
                call.iam_action,
                f"arn:aws:{call.service}:eu-west-1:{account}:"
                + call.resource.replace("*", "churn-xgb-260302"),
            )
            is PermissionResult.PERMITTED
        }

    expected = called(streams, list_regions=False, list_accounts=False)
    assert permitted(ACCOUNT) == {call.name for call in expected}
    unbound = {call.name for call in expected if call.resource == "*"}
    assert permitted("210987654321") == unbound


def test_only_the_callers_policy_and_external_id_assume_the_role() -> None:
    """With the README's policy and the external ID, the principal can assume the role,
    but not with another ID, and nobody else can; moto accepts a missing ID."""
    readme = infrastructure.README.read_text(encoding="utf-8")
    blocks = re.findall(r"```json\n(.*?)```", readme, re.DOTALL)
    iam = client("iam")
    users = {}
    for name in ("warehouse-loader", "somebody"):
        iam.create_user(UserName=name)
        iam.put_user_policy(UserName=name, PolicyName="tap", PolicyDocument=blocks[0])
        key = iam.create_access_key(UserName=name)["AccessKey"]
        users[name] = client("sts", key)
    principal = f"arn:aws:iam::{ACCOUNT}:user/warehouse-loader"
    role = deploy(Principals=principal, ExternalId="warehouse")["RoleArn"]

    def code(user: str, role: str = role, **more: str) -> str:
        try:
            users[user].assume_role(RoleArn=role, RoleSessionName="tap", **more)
        except ClientError as error:
            return str(error.response["Error"]["Code"])
        return "assumed"

    with enable_iam_authentication():
        assert code("warehouse-loader", ExternalId="warehouse") == "assumed"
        assert code("warehouse-loader", ExternalId="else") == "AccessDenied"
        assert code("somebody", ExternalId="warehouse") == "AccessDenied"


def test_stack_set() -> None:
    """A service-managed StackSet creates the role in the accounts of an organization,
    and each allows what the streams call in its own account."""
    organizations = client("organizations")
    organizations.create_organization(FeatureSet="ALL")
    accounts = [
        organizations.create_account(AccountName=name, Email=f"{name}@tuning.example")
        for name in ("research", "production")
    ]
    members = [each["CreateAccountStatus"]["AccountId"] for each in accounts]
    (root,) = organizations.list_roots()["Roots"]
    cloudformation = client("cloudformation")
    cloudformation.create_stack_set(
        StackSetName="tuning-reader",
        TemplateBody=BODY,
        Capabilities=["CAPABILITY_NAMED_IAM"],
        PermissionModel="SERVICE_MANAGED",
        AutoDeployment={"Enabled": True, "RetainStacksOnAccountRemoval": False},
        Parameters=listed({"ExternalId": "warehouse", "Streams": ",".join(ALL)}),
    )
    cloudformation.create_stack_instances(
        StackSetName="tuning-reader",
        DeploymentTargets={"OrganizationalUnitIds": [root["Id"]]},
        Regions=["us-east-1"],
    )
    for account in members:
        keys = client("sts").assume_role(
            RoleArn=f"arn:aws:iam::{account}:role/OrganizationAccountAccessRole",
            RoleSessionName="test",
        )["Credentials"]
        iam = client("iam", keys)
        role = iam.get_role(RoleName="tuning-reader")["Role"]
        assert role["Arn"] == f"arn:aws:iam::{account}:role/tuning-reader"
        condition = {"StringEquals": {"sts:ExternalId": "warehouse"}}
        assert trust(iam)["Condition"] == condition
        expected = called(ALL, list_regions=True, list_accounts=False)
        assert allowed(iam) == grants(expected, account)


@pytest.mark.parametrize(
    ("parameter", "value"),
    [
        ("Principals", "*"),
        ("Principals", "123456789012"),
        ("Principals", "arn:aws:iam::12345:role/warehouse-loader"),
        ("Principals", "arn:aws:iam::123456789012:role/"),
        ("Principals", "arn:aws:iam::123456789012:root"),
        ("Principals", "arn:aws:iam::123456789012:role/*"),
        ("Principals", "arn:aws:iam::123456789012:role/load?r"),
        ("Path", "reader"),
        ("Path", "/reader"),
        ("Path", "//"),
        ("PermissionsBoundary", "limits"),
        ("PermissionsBoundary", "arn:aws:iam::123456789012:role/limits"),
        ("ExternalId", "a"),
        ("ExternalId", "two words"),
        ("RoleName", ""),
        ("RoleName", "path/reader"),
        ("RoleName", 65 * "r"),
    ],
)
def test_bad_values_are_refused(parameter: str, value: str) -> None:
    """A value that IAM would refuse, or that would trust more than roles and users by
    name, is refused at once."""
    assert not re.search(TEMPLATE["Parameters"][parameter]["AllowedPattern"], value)


@pytest.mark.parametrize(
    ("parameter", "value"),
    [
        ("Principals", LOADER),
        ("Principals", "arn:aws-us-gov:iam::123456789012:user/path/some@one"),
        ("Path", "/"),
        ("Path", "/data/readers/"),
        ("PermissionsBoundary", ""),
        ("PermissionsBoundary", "arn:aws:iam::aws:policy/ReadOnlyAccess"),
        ("PermissionsBoundary", "arn:aws-cn:iam::123456789012:policy/a/limits"),
        ("Principals", "arn:aws-cn:sts::123456789012:assumed-role/loader/session"),
        ("ExternalId", ""),
        ("ExternalId", "3f0e:warehouse/1"),
        ("RoleName", "tuning-reader"),
    ],
)
def test_good_values_are_taken(parameter: str, value: str) -> None:
    """A value that IAM accepts is accepted."""
    assert re.search(TEMPLATE["Parameters"][parameter]["AllowedPattern"], value)


def test_streams_are_those_of_the_tap() -> None:
    """The default streams are the tap's; an unknown stream, a space and an empty list
    are refused."""
    parameter = TEMPLATE["Parameters"]["Streams"]
    assert parameter["Default"] == ",".join(DEFAULT)
    taken = re.compile(parameter["AllowedPattern"])
    assert all(taken.search(",".join(streams)) for streams in CHOICES)
    bad = ["", "tuning_job", "tuning_jobs, scopes", "tuning_jobs,", "scopes;scopes"]
    assert [value for value in bad if taken.search(value)] == []
