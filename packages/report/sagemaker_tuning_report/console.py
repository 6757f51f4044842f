"""Addresses in the AWS console, in every partition. They are links, never requests."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sagemaker_tuning_report.warehouse import Row

LOGS = "$252Faws$252Fsagemaker$252FTrainingJobs"
"""The log group /aws/sagemaker/TrainingJobs, encoded as the console does it."""
DOMAINS = {
    "cn-": "amazonaws.cn",
    "us-gov-": "amazonaws-us-gov.com",
    "eusc-": "amazonaws-eusc.eu",
    "us-iso-": "c2shome.ic.gov",
    "us-isob-": "sc2shome.sgov.gov",
    "us-isof-": "csphome.hci.ic.gov",
    "eu-isoe-": "csphome.adc-e.uk",
}
"""The domain of the console by the beginning of a region's name; else AWS's own."""


def console(region: str) -> Row:
    """Return the console's addresses in a region.

    Each has {name} for a name. For an object in S3 these are {bucket} and {key}.

    Args:
        region: The name of the region, in any partition.
    """
    own = [domain for start, domain in DOMAINS.items() if region.startswith(start)]
    home = f"https://{region}.console.{(own or ['aws.amazon.com'])[0]}"
    sagemaker = f"{home}/sagemaker/home?region={region}#"
    return {
        "tuning_job": f"{sagemaker}/hyper-tuning-jobs/{{name}}",
        "training_job": f"{sagemaker}/jobs/{{name}}",
        "logs": f"{home}/cloudwatch/home?region={region}#logsV2:log-groups/log-group/"
        f"{LOGS}$3FlogStreamNameFilter$3D{{name}}",
        "object": f"{home}/s3/object/{{bucket}}?region={region}&prefix={{key}}",
    }
