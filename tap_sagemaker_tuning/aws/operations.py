"""The AWS operations that the tap calls, with their results and permissions.

The module of a stream can declare another, which only that stream calls.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from botocore import xform_name

from tap_sagemaker_tuning.aws import probes

Probe = Callable[[Any, probes.Sample], object]
"""Makes one small call of a connection test, given a scope's client. It can raise
anything."""

OPERATIONS: dict[str, Operation] = {}
"""All operations by name, those that streams declare last."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """An AWS operation, which becomes one of `OPERATIONS` when it is created.

    Attributes:
        name: Its name in the API.
        result: The member that every response has. A proxy's error page with status 200
            lacks it, and would otherwise look like an empty listing.
        resource: The resource in an IAM policy, as it follows the account in an ARN;
            `*`: the action has no resource-level permissions.
        service: The prefix of its IAM action.
        probe: Tests whether it may be called, with names from the probes before; None:
            other calls show it.
        page_minimum: The fewest items per call.
        page_limit: The most items per call: the API's limit of MaxResults, or of the
            metrics in a GetMetricData call. None: it is not paginated.
        most_pages: The most pages to read before it fails, since it may not end.
    """

    name: str
    result: str
    resource: str
    service: str = "sagemaker"
    probe: Probe | None = None
    page_minimum: int = 1
    page_limit: int | None = None
    most_pages: int = 100_000

    def __post_init__(self) -> None:
        """Add it to `OPERATIONS`, unless one of its name is there already."""
        OPERATIONS.setdefault(self.name, self)

    def page_size(self, wanted: int) -> int:
        """The number of items to request per call, within the API's bounds."""
        return max(self.page_minimum, min(wanted, self.page_limit or wanted))

    @property
    def method(self) -> str:
        """The name of its method and paginator in boto3."""
        return xform_name(self.name)

    @property
    def iam_action(self) -> str:
        """The IAM action that it requires."""
        return f"{self.service}:{self.name}"


LIST_TUNING_JOBS = Operation(
    name="ListHyperParameterTuningJobs",
    result="HyperParameterTuningJobSummaries",
    resource="*",
    probe=probes.list_tuning_jobs,
    page_limit=100,  # fact 7
)
DESCRIBE_TUNING_JOB = Operation(
    name="DescribeHyperParameterTuningJob",
    result="HyperParameterTuningJobName",
    resource="hyper-parameter-tuning-job/*",
    probe=probes.describe_tuning_job,
)
LIST_TRIALS = Operation(
    name="ListTrainingJobsForHyperParameterTuningJob",
    result="TrainingJobSummaries",
    resource="hyper-parameter-tuning-job/*",
    probe=probes.list_trials,
    page_limit=100,
)
SEARCH = Operation(
    name="Search",
    result="Results",
    resource="*",
    probe=probes.search,
    page_limit=100,
    # A page of trials needs one, apart from empty ones.
    most_pages=50,
)
DESCRIBE_TRIAL = Operation(
    name="DescribeTrainingJob",
    result="TrainingJobName",
    resource="training-job/*",
    probe=probes.describe_trial,
)
GET_METRIC_DATA = Operation(
    name="GetMetricData",
    result="MetricDataResults",
    resource="*",
    service="cloudwatch",
    probe=probes.get_metric_data,
    page_limit=500,
    # A call needs one, apart from empty ones, and CloudWatch bills each.
    most_pages=10,
)
GET_PRODUCTS = Operation(
    name="GetProducts",
    result="PriceList",
    resource="*",
    service="pricing",
    probe=probes.get_products,
    page_limit=100,
)
GET_CALLER_IDENTITY = Operation(
    name="GetCallerIdentity", result="Account", resource="*", service="sts"
)
ASSUME_ROLE = Operation(
    name="AssumeRole", result="Credentials", resource="role/*", service="sts"
)
LIST_ACCOUNTS = Operation(
    name="ListAccounts",
    result="Accounts",
    resource="*",
    service="organizations",
    page_limit=20,
)
LIST_ACCOUNTS_FOR_PARENT = Operation(
    name="ListAccountsForParent",
    result="Accounts",
    resource="*",
    service="organizations",
    page_limit=20,
)
LIST_UNITS_FOR_PARENT = Operation(
    name="ListOrganizationalUnitsForParent",
    result="OrganizationalUnits",
    resource="*",
    service="organizations",
    page_limit=20,
)
LIST_REGIONS = Operation(
    name="ListRegions",
    result="Regions",
    resource="*",
    service="account",
    page_limit=50,
)
