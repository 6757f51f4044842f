"""ListTags: the tags of tuning jobs and trials."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from sagemaker_tuning_emulator import TuningJob

from .calling import START, refused, trial

if TYPE_CHECKING:
    from sagemaker_tuning_emulator import Emulator

    from .calling import Client

NOBODY = "arn:aws:sagemaker:us-east-1:123456789012:hyper-parameter-tuning-job/nobody"
TAGS = {f"team-{number:02}": "churn" for number in range(60)}


def add(emulator: Emulator) -> tuple[str, str]:
    """Add a tuning job with sixty tags and a trial; returns their ARNs."""
    job = TuningJob(name="tune", created=START, trials=(trial(),), tags=TAGS)
    scope = emulator.scope()
    scope.add(job)
    emulator.clock.move(seconds=3600)
    return job.arn(scope.home), scope.home.arn("training-job", job.trials[0].name)


@pytest.mark.parametrize("place", [0, 1], ids=["tuning job", "trial"])
def test_all_pages(emulator: Emulator, client: Client, place: int) -> None:
    """All pages together are the tags of the tuning job, which its trials inherit."""
    arn = add(emulator)[place]
    paginator = client.get_paginator("list_tags")
    pages = [page["Tags"] for page in paginator.paginate(ResourceArn=arn)]
    assert list(map(len, pages)) == [50, 10]
    assert {tag["Key"]: tag["Value"] for page in pages for tag in page} == TAGS


def test_no_resource(client: Client) -> None:
    """A tuning job that does not exist is refused as by the other operations."""
    assert refused(client.list_tags, ResourceArn=NOBODY)[0] == "ResourceNotFound"
