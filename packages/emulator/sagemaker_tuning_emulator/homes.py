"""Accounts and regions, and the ARNs of jobs in them."""

from __future__ import annotations

from dataclasses import dataclass

PARTITIONS = {
    "cn-": "aws-cn",
    "us-gov-": "aws-us-gov",
    "us-iso-": "aws-iso",
    "us-isob-": "aws-iso-b",
    "eu-isoe-": "aws-iso-e",
    "eu-isof-": "aws-iso-f",
    "us-isof-": "aws-iso-f",
    "eusc-": "aws-eusc",
}
"""Partitions by the prefix of a region's name, as in botocore's partitions.json."""


@dataclass(frozen=True, slots=True)
class Home:
    """The account and region of jobs, which determine their ARNs."""

    account: str = "123456789012"
    region: str = "us-east-1"

    @property
    def partition(self) -> str:
        """The ARN partition of the region; `aws` unless its prefix has another."""
        return next(
            (
                name
                for prefix, name in PARTITIONS.items()
                if self.region.startswith(prefix)
            ),
            "aws",
        )

    def arn(self, kind: str, name: str) -> str:
        """Return the ARN of a SageMaker resource, such as of kind `training-job`."""
        return (
            f"arn:{self.partition}:sagemaker:{self.region}:{self.account}:{kind}/{name}"
        )
