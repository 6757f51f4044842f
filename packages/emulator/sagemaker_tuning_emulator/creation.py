"""Tuning jobs created through the API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sagemaker_tuning_emulator.definitions import Definition

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sagemaker_tuning_emulator.jobs import TuningJob
    from sagemaker_tuning_emulator.scopes import Scope

DEFAULT_TRIALS = 20
"""Number of trials if the request has no `MaxNumberOfTrainingJobs`."""

KEPT = (
    "HyperParameterTuningJobConfig",
    "TrainingJobDefinition",
    "TrainingJobDefinitions",
    "WarmStartConfig",
    "Autotune",
)
"""Members of the request that the description repeats unchanged."""


def create(scope: Scope, params: Mapping[str, Any]) -> TuningJob:
    """Plan a tuning job from a CreateHyperParameterTuningJob request.

    Raises:
        ServiceError: ResourceInUse: the name is taken.
    """
    config = params["HyperParameterTuningJobConfig"]
    definitions = params.get("TrainingJobDefinitions") or [
        params.get("TrainingJobDefinition", {})
    ]
    objective = config.get("HyperParameterTuningJobObjective") or definitions[0].get(
        "TuningObjective", {"Type": "Maximize", "MetricName": "validation:auc"}
    )
    limits = config["ResourceLimits"]
    return scope.plan(
        params["HyperParameterTuningJobName"],
        trials=limits.get("MaxNumberOfTrainingJobs", DEFAULT_TRIALS),
        parallel=limits["MaxParallelTrainingJobs"],
        strategy=config["Strategy"],
        metric_name=objective["MetricName"],
        metric_type=objective["Type"],
        definitions=tuple(_definition(each, config) for each in definitions),
        max_trials=limits.get("MaxNumberOfTrainingJobs"),
        max_runtime_seconds=limits.get("MaxRuntimeInSeconds"),
        tags={tag["Key"]: tag["Value"] for tag in params.get("Tags", ())},
        description={name: params[name] for name in KEPT if name in params},
    )


def _definition(given: Mapping[str, Any], config: Mapping[str, Any]) -> Definition:
    return Definition(
        definition_name=given.get("DefinitionName"),
        ranges=given.get("HyperParameterRanges") or config.get("ParameterRanges", {}),
        static=given.get("StaticHyperParameters", {}),
        objective=given.get("TuningObjective"),
        spot=given.get("EnableManagedSpotTraining", False),
    )
