"""The stream `tuning_job_details`: a tuning job's details beyond its summary."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from typing_extensions import override

from tap_sagemaker_tuning.exceptions import readable
from tap_sagemaker_tuning.shapes import shape_of
from tap_sagemaker_tuning.streams.visiting import JobStream, keys_of
from tap_sagemaker_tuning.values import items, members, required_text, storable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tap_sagemaker_tuning.aws.client import Client
    from tap_sagemaker_tuning.replication.plan import Visit
    from tap_sagemaker_tuning.sync.interfaces import Describe
    from tap_sagemaker_tuning.values import Record


class TuningJobDetails(JobStream):
    """Every tuning job, as DescribeHyperParameterTuningJob returns it."""

    name = "tuning_job_details"
    primary_keys = ("tuning_job_arn",)

    @override
    def rows(
        self, client: Client, visit: Visit, describe: Describe
    ) -> Iterator[list[Record]]:
        """Describe the tuning job."""
        described = describe()
        with readable("its description"):
            created = storable(visit.job.created)
            keys = {**keys_of(client, visit), "creation_time": created}
            record = record_of(described, keys)
        yield [record]


def record_of(described: dict[str, Any], keys: dict[str, str]) -> Record:
    """Make the record of a tuning job in detail.

    Args:
        described: An answer from DescribeHyperParameterTuningJob.
        keys: `account_id`, `region`, `tuning_job_name`, `tuning_job_arn` and, if
            known, `creation_time` of the tuning job as listed, so that tables join:
            they can differ in `described`, by case or precision.

    Returns:
        A record of the stream `tuning_job_details`; absent members are null.

    Raises:
        OddError: The creation time is missing, or a member is malformed.
    """
    config = members(described.get("HyperParameterTuningJobConfig") or {})
    definitions = _definitions(described, config)
    # A single definition's objective and ranges are also the tuning job's own.
    only = definitions[0] if len(definitions) == 1 else _for_all(config)
    whole = {
        **config,
        **described,  # facts 35, 85
        "TuningJobStatus": described.get("HyperParameterTuningJobStatus"),
        "Objective": only["Objective"],
        "ParameterRanges": only["ParameterRanges"],
        "TrainingJobDefinitions": definitions,
        "TuningJobCompletionCriteria": _criteria(config),
        "TuningJobCompletionDetails": _completion(described),
        "BestTrainingJobName": _name(described.get("BestTrainingJob")),  # fact 44
        # Fact 87.
        "OverallBestTrainingJobName": _name(described.get("OverallBestTrainingJob")),
    }
    created = {"creation_time": storable(required_text(described, "CreationTime"))}
    return {**shape_of("tuning_job_details")(whole), **created, **keys}


def _definitions(described: dict[str, Any], config: dict[str, Any]) -> list[Any]:
    """List the definitions, each with its objective and ranges."""
    single = described.get("TrainingJobDefinition")
    several = items(described.get("TrainingJobDefinitions") or [])  # fact 42
    for_all = _for_all(config)
    return [
        {
            **definition,
            "Objective": definition.get("TuningObjective") or for_all["Objective"],
            "ParameterRanges": definition.get("HyperParameterRanges")
            or for_all["ParameterRanges"],
        }
        for definition in map(members, filter(None, [single, *several]))
    ]


def _for_all(config: dict[str, Any]) -> dict[str, Any]:
    """Get the tuning job's own objective and ranges, for definitions without any."""
    return {
        "Objective": config.get("HyperParameterTuningJobObjective"),
        "ParameterRanges": config.get("ParameterRanges"),
    }


def _criteria(config: dict[str, Any]) -> dict[str, Any] | None:
    """Flatten the completion criteria, so that column names fit 63 characters."""
    criteria = config.get("TuningJobCompletionCriteria")
    if criteria is None:
        return None
    criteria = members(criteria)
    not_improving = members(criteria.get("BestObjectiveNotImproving") or {})
    convergence = members(criteria.get("ConvergenceDetected") or {})
    return {
        **criteria,
        "MaxTrainingJobsNotImproving": not_improving.get(
            "MaxNumberOfTrainingJobsNotImproving"
        ),
        "CompleteOnConvergence": convergence.get("CompleteOnConvergence"),
    }


def _completion(described: dict[str, Any]) -> dict[str, Any] | None:
    """Shorten a member's name, so that the column's name fits 63 characters."""
    details = described.get("TuningJobCompletionDetails")
    if details is None:
        return None
    count = members(details).get("NumberOfTrainingJobsObjectiveNotImproving")
    return {**details, "TrainingJobsNotImproving": count}


def _name(trial: Any) -> Any:
    """Get a best trial's name; the trial itself is a row of other streams."""
    return None if trial is None else members(trial).get("TrainingJobName")
