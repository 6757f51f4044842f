"""The small calls of a connection test, one per operation: see `Operation.probe`.

Their `client` is an open `Client`, which imports the table of operations.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tap_sagemaker_tuning.aws.found_trials import expression
from tap_sagemaker_tuning.aws.series import probe_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tap_sagemaker_tuning.settings import Settings
    from tap_sagemaker_tuning.values import Summary

NOBODY = "tap-sagemaker-tuning-test"
"""A stand-in if no name is known: AWS checks the permission before the name."""


@dataclass(slots=True, kw_only=True)
class Sample:
    """What a connection test calls with: the names that its earlier calls returned.

    Attributes:
        settings: The settings.
        stand_in_arn: The ARN of a tuning job that does not exist.
        tuning_job: The newest tuning job, or the first of `tuning_job_names`, as AWS
            returned it; None if there is none, or if none was requested.
        trial: The name of its newest trial, or a stand-in.
        failures: What failed within a successful response.
    """

    settings: Settings
    stand_in_arn: str
    tuning_job: Summary | None = None
    trial: str = NOBODY
    failures: list[Exception] = field(default_factory=list)

    @property
    def name(self) -> str:
        """The name of the tuning job to call with."""
        named = next(iter(self.settings.tuning_job_names or ()), NOBODY)
        return str((self.tuning_job or {}).get("HyperParameterTuningJobName", named))

    @property
    def arn(self) -> str:
        """The ARN of the tuning job to call with."""
        member = "HyperParameterTuningJobArn"
        return str((self.tuning_job or {}).get(member, self.stand_in_arn))


def list_tuning_jobs(client: Any, sample: Sample) -> None:
    """Find the newest tuning job, unless the settings name some."""
    if not sample.settings.tuning_job_names:
        pages = client.tuning_jobs(sample.settings.name_contains)
        sample.tuning_job = _first(pages, "HyperParameterTuningJobName")


def describe_tuning_job(client: Any, sample: Sample) -> None:
    """Describe the tuning job; the answer replaces what the listing returned."""
    description, _ = client.tuning_job(sample.name)
    sample.tuning_job = description or sample.tuning_job


def list_trials(client: Any, sample: Sample) -> None:
    """Find the tuning job's newest trial."""
    newest = _first(client.trials(sample.name), "TrainingJobName")
    if newest:
        sample.trial = str(newest["TrainingJobName"])


def search(client: Any, sample: Sample) -> None:
    """Search for the trial."""
    client.search_trials(expression([sample.trial]))


def describe_trial(client: Any, sample: Sample) -> None:
    """Describe the trial."""
    client.trial(sample.trial)


def get_metric_data(client: Any, sample: Sample) -> None:
    """Read one metric of the trial."""
    answers = client.metric_data.points([probe_of(sample.trial)])
    sample.failures += [*answers.failed.values(), *answers.refused.values()]


def get_products(client: Any, _: Sample) -> None:
    """List one product, if the partition has a price list."""
    if client.prices.is_available:
        client.prices.training(client.scope.region, at_most=1)


def _first(pages: Iterable[Any], member: str) -> Summary | None:
    """The first item with a name, on the first page that has items."""
    items: list[Any] = next((page.items for page in pages if page.items), [])
    named = (item for item in items if isinstance(item, dict) and item.get(member))
    return next(named, None)
