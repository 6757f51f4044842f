"""FULL_TABLE of training_job_summaries, compared with boto3's paginator."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from sagemaker_tuning_emulator import Trial, TuningJob
from tests.conftest import ACCOUNT, REGION

if TYPE_CHECKING:
    import boto3

    from sagemaker_tuning_emulator import Emulator
    from tests.conftest import Run, TapHere

START = datetime.fromisoformat("2026-03-02T09:00:00+00:00")
CONTEXT = {"account_id": ACCOUNT, "region": REGION}
TRIALS = "training_job_summaries"
LIST_TRIALS = "ListTrainingJobsForHyperParameterTuningJob"
PAGE = 7

JSON = dict[str, Any]


def before(seconds: float) -> datetime:
    """A time before the emulator's clock."""
    return START - timedelta(seconds=seconds)


def tuning_job(name: str, **fields: Any) -> TuningJob:
    """A running tuning job of 24 trials of all kinds, three per second."""
    statuses = ("Completed", "Failed", "Stopped", "Completed", "Deleting")
    trials = [
        Trial(
            name=f"{name}-{index * 5 % 24:03d}",
            created=before(3600 - index // 3),
            started=before(3500),
            stopping=[None, before(60)][index >= 22],
            ended=[before(3000), None][index >= 20],
            status=statuses[index % 5],
            objective_status=["Succeeded", "Failed"][index % 5 == 1],
            value=[(index * 11 % 24) / 16, None][index % 5 == 1],
        )
        for index in range(24)
    ]
    fields = {"created": before(4000), **fields}
    return TuningJob(name=name, trials=tuple(trials), **fields)


@dataclass
class Reader:
    """The tap's command in this process, with boto3 to compare."""

    tap: TapHere
    catalog: JSON
    session: boto3.Session

    def sync(self, state: JSON | None = None, **config: Any) -> Run:
        """Run the tap with these settings and seven items per page."""
        config = {"page_size": PAGE, **config}
        return self.tap(config=config, state=state, catalog=self.catalog)

    def incremental(self, state: JSON | None = None, **config: Any) -> Run:
        """Run the tap without a catalog, so both streams are incremental."""
        return self.tap(config=config, state=state)

    def boto3(
        self,
        max_items: int | None = None,
        starting_token: str | None = None,
        tuning_job: str = "churn",
        **request: str,
    ) -> tuple[list[str], str]:
        """The names of trials from boto3's paginator, and the token to resume from."""
        client = self.session.client("sagemaker", endpoint_url=self.tap.emulator.url)
        pages = client.get_paginator(
            "list_training_jobs_for_hyper_parameter_tuning_job"
        ).paginate(
            HyperParameterTuningJobName=tuning_job,
            PaginationConfig={
                "PageSize": PAGE,
                "MaxItems": max_items,
                "StartingToken": starting_token,
            },
            **{"SortBy": "CreationTime", "SortOrder": "Ascending", **request},
        )
        names = [
            str(item["TrainingJobName"])
            for page in pages
            for item in page["TrainingJobSummaries"]
        ]
        client.close()
        return names, pages.resume_token or ""


def names(run: Run) -> list[str]:
    """The names of the trials that a successful run wrote."""
    assert run.returncode == 0, run.stderr
    return [record["training_job_name"] for record in run.records(TRIALS)]


def saved(run: Run) -> JSON:
    """The scope's part of the last state."""
    partitions = run.state["bookmarks"].get(TRIALS, {}).get("partitions", [])
    entries = [entry for entry in partitions if entry["context"] == CONTEXT]
    return dict(entries[0]) if entries else {}


def resume(run: Run) -> JSON:
    """Where the last state resumes, or empty."""
    return dict(saved(run).get("resume", {}))


def asked(emulator: Emulator) -> list[JSON]:
    """The parameters of all calls for trials."""
    return [call.params for call in emulator.calls if call.operation == LIST_TRIALS]
