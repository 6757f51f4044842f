"""The stream `tuning_job_tags`: every tag of every tuning job."""

from __future__ import annotations

from typing import TYPE_CHECKING

from typing_extensions import override

from tap_sagemaker_tuning.aws.operations import Operation
from tap_sagemaker_tuning.exceptions import readable
from tap_sagemaker_tuning.streams.visiting import JobStream, keys_of
from tap_sagemaker_tuning.values import members, required_text, storable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tap_sagemaker_tuning.aws.client import Client
    from tap_sagemaker_tuning.replication.plan import Visit
    from tap_sagemaker_tuning.sync.interfaces import Describe
    from tap_sagemaker_tuning.values import Record, Summary

LIST_TAGS: Operation = Operation(
    name="ListTags",
    result="Tags",
    resource="hyper-parameter-tuning-job/*",
    probe=lambda client, sample: next(client.pages(LIST_TAGS, ResourceArn=sample.arn)),
    page_minimum=50,
    page_limit=100,
)


class TuningJobTags(JobStream):
    """Every tag of every tuning job, as ListTags returns it."""

    name = "tuning_job_tags"
    primary_keys = ("tuning_job_arn", "tag_key")
    operations = (*JobStream.operations, LIST_TAGS)

    @override
    def rows(
        self, client: Client, visit: Visit, describe: Describe
    ) -> Iterator[list[Record]]:
        """List the tags of the tuning job."""
        keys = {
            **keys_of(client, visit),
            "creation_time": storable(visit.job.created),
        }
        for page in client.pages(LIST_TAGS, ResourceArn=keys["tuning_job_arn"]):
            with readable("a tag"):
                yield [record_of(tag, keys) for tag in page.items]


def record_of(tag: Summary, keys: dict[str, str]) -> Record:
    """Make the record of a tag.

    Args:
        tag: A Tag.
        keys: The columns shared by all rows of its tuning job.

    Returns:
        A record of the stream `tuning_job_tags`.

    Raises:
        OddError: The tag has no key or no value.
    """
    return {
        **keys,
        "tag_key": storable(required_text(members(tag), "Key")),
        "tag_value": storable(required_text(tag, "Value")),
    }
