"""The AWS operations that the tap calls, with their results and permissions."""

from __future__ import annotations

from dataclasses import dataclass

from botocore import xform_name


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """An AWS operation.

    Attributes:
        name: Its name in the API.
        result: The member that every response has. A proxy's error page with status 200
            lacks it, and would otherwise look like an empty listing.
        resource: The resource in an IAM policy, as it follows the account in an ARN;
            `*`: the action has no resource-level permissions.
        service: The prefix of its IAM action.
        page_limit: The most items per call: the API's limit of MaxResults, or of the
            metrics in a GetMetricData call. None: it is not paginated.
        most_pages: The most pages to read before it fails, since it may not end.
    """

    name: str
    result: str
    resource: str
    service: str = "sagemaker"
    page_limit: int | None = None
    most_pages: int = 100_000

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
    page_limit=100,  # fact 7
)
LIST_TRIALS = Operation(
    name="ListTrainingJobsForHyperParameterTuningJob",
    result="TrainingJobSummaries",
    resource="hyper-parameter-tuning-job/*",
    page_limit=100,
)
DESCRIBE_TUNING_JOB = Operation(
    name="DescribeHyperParameterTuningJob",
    result="HyperParameterTuningJobName",
    resource="hyper-parameter-tuning-job/*",
)
DESCRIBE_TRIAL = Operation(
    name="DescribeTrainingJob", result="TrainingJobName", resource="training-job/*"
)
SEARCH = Operation(
    name="Search",
    result="Results",
    resource="*",
    page_limit=100,
    # A page of trials needs one, apart from empty ones.
    most_pages=50,
)
GET_PRODUCTS = Operation(
    name="GetProducts",
    result="PriceList",
    resource="*",
    service="pricing",
    page_limit=100,
)
GET_METRIC_DATA = Operation(
    name="GetMetricData",
    result="MetricDataResults",
    resource="*",
    service="cloudwatch",
    page_limit=500,
    # A call needs one, apart from empty ones, and CloudWatch bills each.
    most_pages=10,
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

OPERATIONS = {
    operation.name: operation
    for operation in (
        LIST_TUNING_JOBS,
        LIST_TRIALS,
        DESCRIBE_TUNING_JOB,
        DESCRIBE_TRIAL,
        SEARCH,
        GET_PRODUCTS,
        GET_METRIC_DATA,
        GET_CALLER_IDENTITY,
        ASSUME_ROLE,
        LIST_ACCOUNTS,
        LIST_ACCOUNTS_FOR_PARENT,
        LIST_UNITS_FOR_PARENT,
        LIST_REGIONS,
    )
}
"""All operations, by name."""
