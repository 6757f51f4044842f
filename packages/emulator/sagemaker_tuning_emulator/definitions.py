"""Training job definitions: ranges, image, instances. Pure."""

from __future__ import annotations

import math
import random
from collections.abc import Mapping
from dataclasses import field
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import AfterValidator, Field
from pydantic.dataclasses import dataclass

from sagemaker_tuning_emulator.given import CHECKED

if TYPE_CHECKING:
    from sagemaker_tuning_emulator.homes import Home

RANGES: Mapping[str, Any] = {
    "ContinuousParameterRanges": [
        {
            "Name": "learning-rate",
            "MinValue": "0.0001",
            "MaxValue": "0.3",
            "ScalingType": "Logarithmic",
        }
    ],
    "IntegerParameterRanges": [
        {"Name": "max_depth", "MinValue": "2", "MaxValue": "12", "ScalingType": "Auto"}
    ],
    "CategoricalParameterRanges": [
        {"Name": "batch-size", "Values": ['"64"', '"128"', '"256"']},
        {"Name": "order", "Values": ['"depth"', '"loss"']},
    ],
}
"""`ParameterRanges` of a planned job, with hyphens, an SQL keyword, quoted values."""

STATIC: Mapping[str, str] = {"num_round": "100", "objective": "binary:logistic"}
"""`StaticHyperParameters` of a planned job, without the objective's name."""

MAX_RUNTIME_SECONDS = 86_400
VOLUME_GB = 30


def drawn(ranges: Mapping[str, Any], rng: random.Random) -> dict[str, str]:
    """Return hyperparameters of a trial, as text, drawn from `ParameterRanges`."""
    hyperparameters = {}
    for item in ranges.get("ContinuousParameterRanges", ()):
        low, high = float(item["MinValue"]), float(item["MaxValue"])
        if item.get("ScalingType") == "Logarithmic" and low > 0:
            value = math.exp(rng.uniform(math.log(low), math.log(high)))
        else:
            value = rng.uniform(low, high)
        hyperparameters[item["Name"]] = repr(value)
    for item in ranges.get("IntegerParameterRanges", ()):
        hyperparameters[item["Name"]] = str(
            rng.randint(int(item["MinValue"]), int(item["MaxValue"]))
        )
    for item in ranges.get("CategoricalParameterRanges", ()):
        hyperparameters[item["Name"]] = rng.choice(item["Values"])
    return hyperparameters


def _drawable(ranges: Mapping[str, Any]) -> Mapping[str, Any]:
    """Refuse ranges from which nothing can be drawn."""
    try:
        drawn(ranges, random.Random(0))  # noqa: S311 - a try
    except (AttributeError, KeyError, IndexError, TypeError) as error:
        message = f"not `ParameterRanges` of the API: {error!r}"
        raise ValueError(message) from error
    return ranges


def _complete(objective: Mapping[str, str]) -> Mapping[str, str]:
    """Refuse an objective without type or name."""
    types = ("Maximize", "Minimize")
    if objective.get("Type") not in types or not objective.get("MetricName"):
        message = f"give Type ({' or '.join(types)}) and MetricName"
        raise ValueError(message)
    return objective


@dataclass(frozen=True, slots=True, kw_only=True, config=CHECKED)
class Definition:
    """A training job definition: `HyperParameterTrainingJobDefinition`.

    Attributes:
        definition_name: `DefinitionName`; None to omit it.
        ranges: `ParameterRanges` from which hyperparameters are drawn.
        static: `StaticHyperParameters`, without `_tuning_objective_metric`.
        objective: Its own `TuningObjective`; None for the tuning job's.
        instance_type: The instance type of a trial, such as `ml.m5.xlarge`.
        instance_count: The number of instances of a trial.
        instance_groups: `InstanceGroups` instead of a single type: the number of
            instances by type; empty for none.
        spot: `EnableManagedSpotTraining`.
        metric_definitions: Names in `MetricDefinitions` other than the objective's.
        environment: `Environment`; empty to omit it.
        more: Additional members: `VpcConfig`, `RetryStrategy`, …
    """

    definition_name: str | None = None
    ranges: Annotated[Mapping[str, Any], AfterValidator(_drawable)] = field(
        default_factory=lambda: RANGES
    )
    static: Mapping[str, str] = field(default_factory=lambda: STATIC)
    objective: Annotated[Mapping[str, str], AfterValidator(_complete)] | None = None
    instance_type: str = "ml.m5.xlarge"
    instance_count: Annotated[int, Field(ge=1)] = 1
    instance_groups: Mapping[str, int] = field(default_factory=dict)
    spot: bool = False
    metric_definitions: tuple[str, ...] = ("train:loss",)
    environment: Mapping[str, str] = field(default_factory=dict)
    more: Mapping[str, Any] = field(default_factory=dict)

    def view(
        self, home: Home, objective: Mapping[str, str], *, alone: bool
    ) -> dict[str, Any]:
        """Return the definition as the API shows it.

        Args:
            home: The account and region of the tuning job.
            objective: The tuning job's objective, used unless it has its own.
            alone: Whether it is the tuning job's only definition, so that the tuning
                job's config has the ranges.
        """
        own = self.objective or objective
        bucket = f"s3://tuning-{home.region}-{home.account}"
        shown: dict[str, Any] = {}
        if self.definition_name is not None:
            shown["DefinitionName"] = self.definition_name
        if not alone:
            shown["TuningObjective"] = dict(own)
            shown["HyperParameterRanges"] = self.ranges
        shown |= {
            "StaticHyperParameters": {
                "_tuning_objective_metric": own["MetricName"],
                **self.static,
            },
            "AlgorithmSpecification": {
                "TrainingImage": _image(home),
                "TrainingInputMode": "File",
                "MetricDefinitions": [
                    {"Name": name, "Regex": rf".*\[[0-9]+\].*#011{name}:(\S+)"}
                    for name in (own["MetricName"], *self.metric_definitions)
                ],
            },
            "RoleArn": f"arn:{home.partition}:iam::{home.account}:role/Tuning",
            "InputDataConfig": [_channel(bucket, name) for name in ("train", "test")],
            "OutputDataConfig": {"S3OutputPath": f"{bucket}/output/"},
            "ResourceConfig": self._resources(),
            "StoppingCondition": {"MaxRuntimeInSeconds": MAX_RUNTIME_SECONDS},
            "EnableNetworkIsolation": False,
            "EnableInterContainerTrafficEncryption": False,
            "EnableManagedSpotTraining": self.spot,
        }
        if self.spot:
            shown["StoppingCondition"]["MaxWaitTimeInSeconds"] = MAX_RUNTIME_SECONDS
            shown["CheckpointConfig"] = {"S3Uri": f"{bucket}/checkpoints/"}
        if self.environment:
            shown["Environment"] = dict(self.environment)
        return {**shown, **self.more}

    def _resources(self) -> dict[str, Any]:
        if not self.instance_groups:
            return {
                "InstanceType": self.instance_type,
                "InstanceCount": self.instance_count,
                "VolumeSizeInGB": VOLUME_GB,
            }
        groups = [
            {"InstanceType": kind, "InstanceCount": count, "InstanceGroupName": name}
            for name, (kind, count) in zip(
                "abcde", self.instance_groups.items(), strict=False
            )
        ]
        return {"InstanceGroups": groups, "VolumeSizeInGB": VOLUME_GB}


def _image(home: Home) -> str:
    domain = "amazonaws.com.cn" if home.partition == "aws-cn" else "amazonaws.com"
    registry = f"{home.account}.dkr.ecr.{home.region}.{domain}"
    return f"{registry}/sagemaker-xgboost:1.7-1"


def _channel(bucket: str, name: str) -> dict[str, Any]:
    source = {
        "S3DataType": "S3Prefix",
        "S3Uri": f"{bucket}/{name}/",
        "S3DataDistributionType": "FullyReplicated",
    }
    return {
        "ChannelName": name,
        "DataSource": {"S3DataSource": source},
        "ContentType": "text/csv",
    }
