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

NAMES = 16
"""Names in a filter of Search, which takes 1,024 characters: of the longest ones."""


def main() -> None:
    """Write every tuning job and every trial, one JSON object a line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("endpoint")
    parser.add_argument("regions", type=lambda text: text.split(","))
    parser.add_argument("--adaptive", action="store_true", help="retry adaptively")
    parser.add_argument("--details", action="store_true", help="Describe and Search")
    options = parser.parse_args()
    for region in options.regions:
        retries: Any = {
            "mode": "adaptive" if options.adaptive else "standard",
            "total_max_attempts": 10,
        }
        client = boto3.client(
            "sagemaker",
            endpoint_url=options.endpoint,
            region_name=region,
            config=Config(retries=retries),
        )
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
                found = part["TrainingJobSummaries"]
                for trial in found:
                    write(trial)
                if with_details:
                    search(client, [trial["TrainingJobName"] for trial in found])


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
    found = client.search(
        Resource="TrainingJob", SearchExpression=expression, MaxResults=100
    )
    for result in found["Results"]:
        write(result["TrainingJob"])


def write(item: Any) -> None:
    """Write an object as a line."""
    sys.stdout.write(json.dumps(item, default=str) + "\n")


if __name__ == "__main__":
    main()
