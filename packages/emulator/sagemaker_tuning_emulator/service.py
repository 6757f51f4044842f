"""The emulated operations, which turn checked parameters into an answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sagemaker_tuning_emulator import (
    accounts,
    cloudwatch,
    creation,
    descriptions,
    prices,
    search,
    validation,
)
from sagemaker_tuning_emulator.errors import ServiceError, no_trial
from sagemaker_tuning_emulator.listings import list_trials, list_tuning_jobs

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sagemaker_tuning_emulator.request import Request

PREFIXES = {
    "SageMaker.": "sagemaker",
    "AWSPriceListService.": "pricing",
    "AWSOrganizationsV20161128.": "organizations",
    "GraniteServiceVersion20100801.": "cloudwatch",
}
"""Botocore's name of each service, by the prefix of `X-Amz-Target`."""

DEFAULT_TAGS = 50
"""The items on a page of ListTags, unless MaxResults is set; it is the least, too."""

PATHS = {"/listRegions": "ListRegions"}
"""Operations that are requested by path instead of `X-Amz-Target`."""


def named(target: str) -> str | None:
    """Return the emulated operation that an `X-Amz-Target` names, or None."""
    prefix, _, operation = target.partition(".")
    service = PREFIXES.get(f"{prefix}.")
    known = OPERATIONS.get(operation)
    return operation if known is not None and known[0] == service else None


def checked(operation: str, body: Mapping[str, Any]) -> dict[str, Any]:
    """Return the request's parameters, checked against the service model.

    Raises:
        ServiceError: The parameters are invalid.
    """
    return validation.checked(OPERATIONS[operation][0], operation, body)


def answer(request: Request) -> dict[str, Any]:
    """Return the members of the answer, with times as datetimes.

    Raises:
        ServiceError: The service would answer with an error.
    """
    return OPERATIONS[request.operation][1](request)


def describe_tuning_job(request: Request) -> dict[str, Any]:
    """DescribeHyperParameterTuningJob."""
    scope = request.scope
    job = scope.job(request.params["HyperParameterTuningJobName"], request.now)
    parents = scope.parents(job)
    return descriptions.tuning_job(job, request.now, scope.home, parents)


def describe_trial(request: Request) -> dict[str, Any]:
    """DescribeTrainingJob, of a trial."""
    job, trial = request.scope.trial(request.params["TrainingJobName"], request.now)
    shown = descriptions.trial(job, trial, request.now, request.scope.home)
    if shown is None:
        raise no_trial()
    return shown


def create_tuning_job(request: Request) -> dict[str, Any]:
    """CreateHyperParameterTuningJob: plans a tuning job that runs by its schedule."""
    job = creation.create(request.scope, request.params)
    return {"HyperParameterTuningJobArn": job.arn(request.scope.home)}


def stop_tuning_job(request: Request) -> dict[str, Any]:
    """StopHyperParameterTuningJob."""
    request.scope.stop(request.params["HyperParameterTuningJobName"])
    return {}


def delete_tuning_job(request: Request) -> dict[str, Any]:
    """DeleteHyperParameterTuningJob."""
    request.scope.delete(request.params["HyperParameterTuningJobName"])
    return {}


def delete_trial(request: Request) -> dict[str, Any]:
    """DeleteTrainingJob, of an ended trial only."""
    name = request.params["TrainingJobName"]
    job, trial = request.scope.trial(name, request.now)
    if trial.ended is None or trial.ended > request.now:
        code = "ResourceInUse"
        status = trial.status_at(request.now)
        message = f"Training job {trial.name} is in status {status}."
        raise ServiceError(code, message)
    request.scope.delete_trial(job.name, name)
    return {}


def list_tags(request: Request) -> dict[str, Any]:
    """ListTags, of a tuning job or a trial, which has the tags of its tuning job."""
    resource = request.params["ResourceArn"].rpartition(":")[2]
    kind, _, name = resource.partition("/")
    if kind == "training-job":
        job, _ = request.scope.trial(name, request.now)
    else:
        job = request.scope.job(name, request.now)
    size = request.params.get("MaxResults", DEFAULT_TAGS)
    page, token = request.rows(descriptions.tags(job), size)
    return {"Tags": page, **token}


OPERATIONS: Mapping[str, tuple[str, Callable[[Request], dict[str, Any]]]] = {
    "CreateHyperParameterTuningJob": ("sagemaker", create_tuning_job),
    "DeleteHyperParameterTuningJob": ("sagemaker", delete_tuning_job),
    "DeleteTrainingJob": ("sagemaker", delete_trial),
    "DescribeHyperParameterTuningJob": ("sagemaker", describe_tuning_job),
    "DescribeTrainingJob": ("sagemaker", describe_trial),
    "GetMetricData": ("cloudwatch", cloudwatch.metric_data),
    "GetProducts": ("pricing", prices.products),
    "ListAccounts": ("organizations", accounts.list_accounts),
    "ListAccountsForParent": ("organizations", accounts.list_accounts_for_parent),
    "ListHyperParameterTuningJobs": ("sagemaker", list_tuning_jobs),
    "ListOrganizationalUnitsForParent": (
        "organizations",
        accounts.list_units_for_parent,
    ),
    "ListRegions": ("account", accounts.list_regions),
    "ListTags": ("sagemaker", list_tags),
    "ListTrainingJobsForHyperParameterTuningJob": ("sagemaker", list_trials),
    "Search": ("sagemaker", search.training_jobs),
    "StopHyperParameterTuningJob": ("sagemaker", stop_tuning_job),
}
"""The service and handler of each operation."""
