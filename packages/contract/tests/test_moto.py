"""The facts against moto, an independent model of AWS: each difference has a reason."""

from __future__ import annotations

from typing import TYPE_CHECKING

import boto3
import pytest
from click.testing import CliRunner
from moto.server import ThreadedMotoServer

from sagemaker_tuning_contract.command import main
from sagemaker_tuning_emulator.definitions import RANGES
from tap_tools.generated.confirmations import MOTO, MOTO_DIFFERS

from .world import numbers

if TYPE_CHECKING:
    from collections.abc import Iterator

KEYS = {
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "AWS_DEFAULT_REGION": "us-east-1",
}


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    """A moto server with a dozen tuning jobs."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    address = f"http://{host}:{port}"
    client = boto3.client(
        "sagemaker",
        endpoint_url=address,
        region_name="us-east-1",
        aws_access_key_id="testing",
        aws_secret_access_key="testing",  # noqa: S106 - moto's
    )
    for number in range(12):
        client.create_hyper_parameter_tuning_job(
            HyperParameterTuningJobName=f"Churn-{number:02d}",
            HyperParameterTuningJobConfig={
                "Strategy": "Bayesian",
                "ResourceLimits": {"MaxParallelTrainingJobs": 1},
                "HyperParameterTuningJobObjective": {
                    "Type": "Maximize",
                    "MetricName": "auc",
                },
                "ParameterRanges": RANGES,
            },
            TrainingJobDefinition={
                "AlgorithmSpecification": {"TrainingInputMode": "File"},
                "RoleArn": "arn:aws:iam::123456789012:role/trains-models",
                "OutputDataConfig": {"S3OutputPath": "s3://bucket"},
                "StoppingCondition": {"MaxRuntimeInSeconds": 60},
                "ResourceConfig": {"VolumeSizeInGB": 1},
            },
        )
    yield address
    server.stop()


@pytest.mark.slow
def test_what_holds_against_moto(url: str) -> None:
    """Each fact holds against moto, differs for a known reason, or cannot be seen
    there."""
    environment = {**KEYS, "AWS_ENDPOINT_URL": url}
    result = CliRunner().invoke(main, [], env=environment)
    assert numbers(result, "does not hold") == set(MOTO_DIFFERS)
    assert numbers(result, "holds") == set(MOTO)
