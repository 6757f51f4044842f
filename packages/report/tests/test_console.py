"""Addresses in the AWS console, in every partition."""

from __future__ import annotations

import pytest

from sagemaker_tuning_report.console import console


@pytest.mark.parametrize(
    ("region", "home"),
    [
        ("eu-west-1", "https://eu-west-1.console.aws.amazon.com"),
        ("cn-north-1", "https://cn-north-1.console.amazonaws.cn"),
        ("us-gov-west-1", "https://us-gov-west-1.console.amazonaws-us-gov.com"),
        ("us-iso-east-1", "https://us-iso-east-1.console.c2shome.ic.gov"),
        ("us-isob-east-1", "https://us-isob-east-1.console.sc2shome.sgov.gov"),
        ("us-isof-south-1", "https://us-isof-south-1.console.csphome.hci.ic.gov"),
        ("eu-isoe-west-1", "https://eu-isoe-west-1.console.csphome.adc-e.uk"),
        ("eusc-de-east-1", "https://eusc-de-east-1.console.amazonaws-eusc.eu"),
    ],
)
def test_each_partition_has_a_console(region: str, home: str) -> None:
    """A region's console is in its partition's domain."""
    places = console(region)
    sagemaker = f"{home}/sagemaker/home?region={region}#"
    assert places == {
        "tuning_job": f"{sagemaker}/hyper-tuning-jobs/{{name}}",
        "training_job": f"{sagemaker}/jobs/{{name}}",
        "logs": f"{home}/cloudwatch/home?region={region}#logsV2:log-groups/log-group/"
        "$252Faws$252Fsagemaker$252FTrainingJobs$3FlogStreamNameFilter$3D{name}",
        "object": f"{home}/s3/object/{{bucket}}?region={region}&prefix={{key}}",
    }
