"""What a user would write instead of the tap: two boto3 paginators and json.dumps."""

from __future__ import annotations

import json
import sys
from typing import Literal

import boto3
from botocore.config import Config


def main(
    endpoint: str, regions: list[str], mode: Literal["standard", "adaptive"]
) -> None:
    """Write every tuning job and every trial, one JSON object a line."""
    for region in regions:
        client = boto3.client(
            "sagemaker",
            endpoint_url=endpoint,
            region_name=region,
            config=Config(retries={"mode": mode, "total_max_attempts": 10}),
        )
        jobs = client.get_paginator("list_hyper_parameter_tuning_jobs")
        trials = client.get_paginator(
            "list_training_jobs_for_hyper_parameter_tuning_job"
        )
        for page in jobs.paginate(PaginationConfig={"PageSize": 100}):
            for job in page["HyperParameterTuningJobSummaries"]:
                sys.stdout.write(json.dumps(job, default=str) + "\n")
                for part in trials.paginate(
                    HyperParameterTuningJobName=job["HyperParameterTuningJobName"],
                    PaginationConfig={"PageSize": 100},
                ):
                    for trial in part["TrainingJobSummaries"]:
                        sys.stdout.write(json.dumps(trial, default=str) + "\n")


if __name__ == "__main__":
    main(
        sys.argv[1],
        sys.argv[2].split(","),
        "adaptive" if "adaptive" in sys.argv else "standard",
    )
