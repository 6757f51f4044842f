"""What the static server serves: pages rendered once, with only names to fill in."""

from __future__ import annotations

import json
import random
from dataclasses import dataclass
from typing import Any

PAGE = 100
CREATED = 1.7724e9  # seconds since 1970; one tuning job per minute
NOW = CREATED + 14 * 86_400  # time of every response: CloudWatch has minutes
POINTS = 100_800
"""The most points in an answer of GetMetricData."""

JOB = b"@JOB@"
ACCOUNT = "123456789012"
ARN = f"arn:aws:sagemaker:us-east-1:{ACCOUNT}:"
SUFFIX = "-4f9a1c22"
METRIC = "validation:rmse"
TUNED = {
    "alpha": "0.671831959528788",
    "batch-size": '"256"',
    "eta": "0.37772700838669704",
    "gamma": "1.909270228253972",
    "max_depth": "8",
    "min_child_weight": "0.9382415600275175",
}
STATIC = {"_tuning_objective_metric": METRIC, "num_round": "100", "seed": "7"}
MADE_OF: dict[str, Any] = {
    "AlgorithmSpecification": {
        "TrainingImage": f"{ACCOUNT}.dkr.ecr.us-east-1.amazonaws.com/xgboost:1.7-1",
        "TrainingInputMode": "File",
        "MetricDefinitions": [
            {"Name": name, "Regex": rf".*\[[0-9]+\].*#011{name}:(\S+)"}
            for name in (METRIC, "train:rmse", "validation:mae", "train:mae")
        ],
    },
    "RoleArn": f"arn:aws:iam::{ACCOUNT}:role/Tuning",
    "InputDataConfig": [
        {
            "ChannelName": name,
            "DataSource": {
                "S3DataSource": {
                    "S3DataType": "S3Prefix",
                    "S3Uri": f"s3://tuning-us-east-1-{ACCOUNT}/{name}/",
                    "S3DataDistributionType": "FullyReplicated",
                }
            },
            "ContentType": "text/csv",
            "CompressionType": "None",
            "RecordWrapperType": "None",
        }
        for name in ("train", "validation")
    ],
    "OutputDataConfig": {"S3OutputPath": f"s3://tuning-us-east-1-{ACCOUNT}/output"},
    "ResourceConfig": {
        "InstanceType": "ml.m5.xlarge",
        "InstanceCount": 1,
        "VolumeSizeInGB": 30,
    },
    "StoppingCondition": {"MaxRuntimeInSeconds": 86400},
    "EnableNetworkIsolation": False,
    "EnableInterContainerTrafficEncryption": False,
    "EnableManagedSpotTraining": False,
}
"""Members that a training job and its definition share."""


def number(seconds: float) -> str:
    """A time as the wire has it: 1.7724E9."""
    return f"{seconds / 1e9!r}E9"


def rendered(item: dict[str, Any], **times: float) -> str:
    """Serialize an object, replacing each `@NAME@` in it with a time."""
    text = json.dumps(item, separators=(",", ":"))
    for name, seconds in times.items():
        text = text.replace(f'"@{name}@"', number(seconds))
    return text


def trial(index: int, minutes: int) -> str:
    """The summary of a trial of the tuning job @JOB@."""
    item = {
        **_names(index),
        "CreationTime": "@C@",
        "TrainingStartTime": "@S@",
        "TrainingEndTime": "@E@",
        "TrainingJobStatus": "Completed",
        "TunedHyperParameters": TUNED,
        "FinalHyperParameterTuningJobObjectiveMetric": {
            "MetricName": METRIC,
            "Value": 3.531749963760376 + index,
        },
        "ObjectiveStatus": "Succeeded",
    }
    return rendered(item, **_times(index, minutes))


def training_job(index: int, minutes: int) -> str:
    """The same trial as Search and DescribeTrainingJob show it."""
    steps = ("Starting", "Downloading", "Training", "Uploading", "Completed")
    item = {
        **_names(index),
        **MADE_OF,
        "TuningJobArn": f"{ARN}hyper-parameter-tuning-job/@JOB@",
        "CreationTime": "@C@",
        "TrainingStartTime": "@S@",
        "TrainingEndTime": "@E@",
        "LastModifiedTime": "@E@",
        "TrainingJobStatus": "Completed",
        "SecondaryStatus": "Completed",
        "SecondaryStatusTransitions": [
            {
                "Status": step,
                "StartTime": "@S@",
                "EndTime": "@E@",
                "StatusMessage": f"{step} the training job on the instances",
            }
            for step in steps
        ],
        "HyperParameters": {**STATIC, **TUNED},
        "FinalMetricDataList": [
            {"MetricName": name, "Value": 3.531749963760376 + index, "Timestamp": "@E@"}
            for name in (METRIC, "train:rmse", "validation:mae", "train:mae")
        ],
        "ModelArtifacts": {
            "S3ModelArtifacts": f"s3://tuning-us-east-1-{ACCOUNT}/output/@JOB@-"
            f"{index:05}{SUFFIX}/output/model.tar.gz"
        },
        "TrainingTimeInSeconds": 540,
        "BillableTimeInSeconds": 540,
        "Tags": [{"Key": "team", "Value": "forecasting"}],
    }
    return rendered(item, **_times(index, minutes))


def _names(index: int) -> dict[str, str]:
    name = f"@JOB@-{index:05}{SUFFIX}"
    return {"TrainingJobName": name, "TrainingJobArn": f"{ARN}training-job/{name}"}


def _times(index: int, minutes: int) -> dict[str, float]:
    created = CREATED + 3600 + index
    return {"C": created, "S": created + 60, "E": created + 60 + 60 * minutes}


def series(minutes: int) -> str:
    """The points of a metric of any trial, a minute each, in an answer."""
    first = CREATED + 3660
    rng = random.Random(minutes)  # noqa: S311 - a curve
    times = ",".join(number(first + 60 * minute) for minute in range(minutes))
    values = ",".join(repr(rng.uniform(0, 400)) for _ in range(minutes))
    return f'"Timestamps":[{times}],"Values":[{values}]'


@dataclass
class Data:
    """What is served.

    Attributes:
        jobs: Tuning jobs.
        trials: Trials of each.
        running: How many of the tuning jobs, the oldest, still run.
        minutes: How long a trial trains.
    """

    jobs: int
    trials: int
    running: int = 0
    minutes: int = 9

    def __post_init__(self) -> None:
        """Render the pages, newest first, and the details of each trial."""
        newest = list(range(self.trials - 1, -1, -1))
        parts = [newest[at : at + PAGE] for at in range(0, self.trials, PAGE)] or [[]]
        self.pages = [
            self._page(
                "TrainingJobSummaries",
                [trial(index, self.minutes) for index in part],
                at,
                len(parts),
            )
            for at, part in enumerate(parts)
        ]
        newest = list(range(self.jobs - 1, -1, -1))
        parts = [newest[at : at + PAGE] for at in range(0, self.jobs, PAGE)] or [[]]
        self.listing = [
            self._page(
                "HyperParameterTuningJobSummaries", map(self.job, part), at, len(parts)
            )
            for at, part in enumerate(parts)
        ]
        self.training_jobs = [
            training_job(index, self.minutes).encode() for index in range(self.trials)
        ]
        self.series = series(self.minutes)

    @staticmethod
    def _page(member: str, items: Any, at: int, pages: int) -> bytes:
        token = "" if at + 1 == pages else f',"NextToken":"{at + 1}"'
        return f'{{"{member}":[{",".join(items)}]{token}}}'.encode()

    def job(self, index: int) -> str:
        """The summary of a tuning job."""
        return self._job(index)

    def description(self, index: int) -> str:
        """The same tuning job as a Describe shows it."""
        ranges = [
            {"Name": name, "MinValue": "0", "MaxValue": "10", "ScalingType": "Auto"}
            for name in TUNED
        ]
        return self._job(
            index,
            HyperParameterTuningJobConfig={
                "Strategy": "Bayesian",
                "HyperParameterTuningJobObjective": {
                    "Type": "Minimize",
                    "MetricName": METRIC,
                },
                "ResourceLimits": self._limits(),
                "ParameterRanges": {"ContinuousParameterRanges": ranges},
            },
            TrainingJobDefinition={"StaticHyperParameters": STATIC, **MADE_OF},
        )

    def details(self, name: str) -> bytes:
        """A trial as Search and DescribeTrainingJob show it."""
        job, index = name.removesuffix(SUFFIX).rsplit("-", 1)
        return self.training_jobs[int(index)].replace(JOB, job.encode())

    def searched(self, expression: dict[str, Any]) -> bytes:
        """Search's response for the trials that the filters name."""
        names = [
            name
            for asked in expression["Filters"]
            for name in asked["Value"].split(",")
        ]
        results = [b'{"TrainingJob":%s}' % self.details(name) for name in names]
        return b'{"Results":[%s]}' % b",".join(results)

    def metric_data(self, queries: list[dict[str, Any]], at: int) -> bytes:
        """Points of the metrics that a call asks for, as many as an answer holds.

        Args:
            queries: The queries of the request.
            at: The index of the first query to answer.
        """
        end = at + max(1, POINTS // self.minutes)
        results = [
            f'{{"Id":"{query["Id"]}","Label":"m","StatusCode":"Complete",{self.series}}}'
            for query in queries[at:end]
        ]
        token = f',"NextToken":"{end}"' if end < len(queries) else ""
        return f'{{"MetricDataResults":[{",".join(results)}]{token}}}'.encode()

    def _limits(self) -> dict[str, int]:
        return {
            "MaxNumberOfTrainingJobs": self.trials,
            "MaxParallelTrainingJobs": 10,
        }

    def _job(self, index: int, **more: Any) -> str:
        name, runs = f"bench-{index:06}", index < self.running
        item: dict[str, Any] = {
            "HyperParameterTuningJobName": name,
            "HyperParameterTuningJobArn": f"{ARN}hyper-parameter-tuning-job/{name}",
            "HyperParameterTuningJobStatus": "InProgress" if runs else "Completed",
            "Strategy": "Bayesian",
            "CreationTime": "@C@",
            "LastModifiedTime": "@E@",
            "TrainingJobStatusCounters": {
                "Completed": self.trials,
                "InProgress": 0,
                "NonRetryableError": 0,
                "RetryableError": 0,
                "Stopped": 0,
            },
            "ObjectiveStatusCounters": {
                "Succeeded": self.trials,
                "Pending": 0,
                "Failed": 0,
            },
            "ResourceLimits": self._limits(),
            **more,
        }
        if not runs:
            item["HyperParameterTuningEndTime"] = "@E@"
        created = CREATED + 60 * index
        return rendered(item, C=created, E=created + 9000)
