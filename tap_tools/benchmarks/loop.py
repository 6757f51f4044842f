"""What a user would write instead of the tap: boto3's paginators and json.dumps."""

from __future__ import annotations

import argparse
import json
import sys
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config

if TYPE_CHECKING:
    from collections.abc import Sequence

HOSTS = ("CPUUtilization", "MemoryUtilization", "DiskUtilization")
METRICS = 500
"""Metrics in a call of GetMetricData."""

NAMES = 16
"""Names per Search filter: the longest ones fill its 1,024 characters."""


def main() -> None:
    """Write every tuning job and every trial, one JSON object per line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("endpoint")
    parser.add_argument("regions", type=lambda text: text.split(","))
    parser.add_argument("--adaptive", action="store_true", help="retry adaptively")
    parser.add_argument("--details", action="store_true", help="Describe and Search")
    parser.add_argument("--metrics", action="store_true", help="GetMetricData only")
    options = parser.parse_args()
    for region in options.regions:
        retries: Any = {
            "mode": "adaptive" if options.adaptive else "standard",
            "total_max_attempts": 10,
        }
        client, cloudwatch = (
            boto3.client(
                service,
                endpoint_url=options.endpoint,
                region_name=region,
                config=Config(retries=retries),
            )
            for service in ("sagemaker", "cloudwatch")
        )
        if options.metrics:
            read_metrics(client, cloudwatch)
        else:
            read(client, with_details=options.details)


def read(client: Any, *, with_details: bool) -> None:
    """Read one region."""
    jobs = client.get_paginator("list_hyper_parameter_tuning_jobs")
    trials = client.get_paginator("list_training_jobs_for_hyper_parameter_tuning_job")
    for page in jobs.paginate(PaginationConfig={"PageSize": 100}):
        for job in page["HyperParameterTuningJobSummaries"]:
            write(job)
            name = {"HyperParameterTuningJobName": job["HyperParameterTuningJobName"]}
            if with_details:
                write(client.describe_hyper_parameter_tuning_job(**name))
            for part in trials.paginate(**name, PaginationConfig={"PageSize": 100}):
                listed = part["TrainingJobSummaries"]
                for trial in listed:
                    write(trial)
                if with_details:
                    search(client, [trial["TrainingJobName"] for trial in listed])


def search(client: Any, names: Sequence[str]) -> None:
    """Write the details of a page's trials."""
    filters = [
        {
            "Name": "TrainingJobName",
            "Operator": "In",
            "Value": ",".join(names[start : start + NAMES]),
        }
        for start in range(0, len(names), NAMES)
    ]
    expression = {"Filters": filters, "Operator": "Or"}
    answer = client.search(
        Resource="TrainingJob", SearchExpression=expression, MaxResults=100
    )
    for result in answer["Results"]:
        write(result["TrainingJob"])


def read_metrics(client: Any, cloudwatch: Any) -> None:
    """Write the metrics of one region's trials, one series per line."""
    jobs = client.get_paginator("list_hyper_parameter_tuning_jobs")
    trials = client.get_paginator("list_training_jobs_for_hyper_parameter_tuning_job")
    for page in jobs.paginate(PaginationConfig={"PageSize": 100}):
        for job in page["HyperParameterTuningJobSummaries"]:
            name = {"HyperParameterTuningJobName": job["HyperParameterTuningJobName"]}
            described = client.describe_hyper_parameter_tuning_job(**name)
            made_of = described["TrainingJobDefinition"]["AlgorithmSpecification"]
            names = [metric["Name"] for metric in made_of["MetricDefinitions"]]
            listed = [
                trial
                for part in trials.paginate(**name, PaginationConfig={"PageSize": 100})
                for trial in part["TrainingJobSummaries"]
            ]
            wanted = [
                (trial, metric, dimension)
                for trial in listed
                for dimension, metrics in (("TrainingJobName", names), ("Host", HOSTS))
                for metric in metrics
            ]
            for start in range(0, len(wanted), METRICS):
                write_metrics(cloudwatch, wanted[start : start + METRICS])


def write_metrics(
    cloudwatch: Any, wanted: Sequence[tuple[dict[str, Any], str, str]]
) -> None:
    """Ask for metrics, at most 500, and write them."""
    series: dict[str, dict[str, Any]] = {}
    queries = []
    for number, (trial, metric, dimension) in enumerate(wanted):
        name = trial["TrainingJobName"]
        value = f"{name}/algo-1" if dimension == "Host" else name
        series[f"m{number}"] = {"trial": name, "metric": metric, "points": []}
        stat = {
            "Metric": {
                "Namespace": "/aws/sagemaker/TrainingJobs",
                "MetricName": metric,
                "Dimensions": [{"Name": dimension, "Value": value}],
            },
            "Period": 60,
            "Stat": "Average",
        }
        queries.append({"Id": f"m{number}", "MetricStat": stat})
    for page in cloudwatch.get_paginator("get_metric_data").paginate(
        MetricDataQueries=queries,
        StartTime=min(trial["TrainingStartTime"] for trial, _, _ in wanted),
        EndTime=max(trial["TrainingEndTime"] for trial, _, _ in wanted),
        ScanBy="TimestampAscending",
    ):
        for result in page["MetricDataResults"]:
            points = zip(result["Timestamps"], result["Values"], strict=True)
            series[result["Id"]]["points"] += points
    for row in series.values():
        write(row)


def write(item: Any) -> None:
    """Write an object as a line."""
    sys.stdout.write(json.dumps(item, default=str) + "\n")


if __name__ == "__main__":
    main()
