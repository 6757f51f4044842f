"""Where jobs live: an account in a region of a partition."""

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
"""First part of a region's name to its partition, as in botocore's partitions.json."""


@dataclass(frozen=True, slots=True)
class Home:
    """The account and region in which jobs live; it makes their ARNs."""

    account: str = "123456789012"
    region: str = "us-east-1"

    @property
    def partition(self) -> str:
        """The ARN partition of the region; `aws` unless its prefix says otherwise."""
        return next(
            (
                name
                for prefix, name in PARTITIONS.items()
                if self.region.startswith(prefix)
            ),
            "aws",
        )

    def arn(self, kind: str, name: str) -> str:
        """The ARN of a SageMaker resource, e.g. of kind `training-job`."""
        return (
            f"arn:{self.partition}:sagemaker:{self.region}:{self.account}:{kind}/{name}"
        )
