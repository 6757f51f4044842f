"""The stream `training_job_summaries`: every trial, as its tuning job lists it."""

from __future__ import annotations

import sys
from functools import cached_property
from typing import TYPE_CHECKING

from tap_sagemaker_tuning.aws.client import Page
from tap_sagemaker_tuning.aws.operations import LIST_TRIALS
from tap_sagemaker_tuning.exceptions import readable
from tap_sagemaker_tuning.replication.state import VERSION
from tap_sagemaker_tuning.streams.full_table import FullTable
from tap_sagemaker_tuning.streams.visiting import FULL_TABLE, VisitingStream
from tap_sagemaker_tuning.values import as_text, finite, text_map, text_or_none

if sys.version_info >= (3, 12):
    from typing import override
else:
    from typing_extensions import override

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tap_sagemaker_tuning.aws.client import Client
    from tap_sagemaker_tuning.aws.scope import Scope
    from tap_sagemaker_tuning.replication.plan import Visit
    from tap_sagemaker_tuning.replication.tally import Tally
    from tap_sagemaker_tuning.values import Record, Summary

_PARTIAL_ORDERS = {"FinalObjectiveMetricValue", "Status"}
"""Orders in which a read can miss trials: by metric, the service leaves out those
without one; by status, they move from page to page while they are read."""


class TrainingJobSummaries(VisitingStream):
    """Every trial, as a HyperParameterTrainingJobSummary tells of it."""

    name = "training_job_summaries"
    primary_keys = ("training_job_arn",)
    operations = (*VisitingStream.operations, LIST_TRIALS)
    of_trials = True

    @property
    @override
    def is_capped(self) -> bool:
        return self._full is not None and (
            self._full.has_resumed
            or self.config.get("sort_by") in _PARTIAL_ORDERS
            or bool({"max_items", "starting_token"} & self.config.keys())
        )

    @override
    def fetch(
        self, client: Client, visit: Visit, tally: Tally
    ) -> Iterator[list[Record]]:
        """Read the tuning job's trials, newest first, down to the visit's time."""
        # The watermark needs all trials, so the service is not asked for some only.
        only = None if self._full else self.config.get("status_equals")
        for page in self._pages(client, visit):
            with readable("a trial"):
                for trial in page:
                    tally.add(trial)
                arn = visit.job.summary["HyperParameterTuningJobArn"]
                records = [
                    record_of(trial, client.scope, visit.job.name, arn)
                    for trial in page
                    if only in {None, trial.get("TrainingJobStatus")}
                ]
            yield records

    def _pages(self, client: Client, visit: Visit) -> Iterator[list[Summary]]:
        if self._full:
            return self._full.pages(client, visit)
        return (page.items for page in since(client, visit))

    @override
    def read(self) -> Iterator[Record]:
        """Give the trials; then keep the token to go on with, if that can be."""
        full, scope = self._full, self._resumed_scope
        yield from super().read()
        if full and full.is_read and scope:
            entry = self.get_context_state(scope.context)
            entry.pop("resume", None)
            if full.resume:
                if "replication_key_value" not in entry:
                    entry["version"] = VERSION
                entry["resume"] = full.resume
            self.write_state()

    @property
    def _resumed_scope(self) -> Scope | None:
        """Where a capped read goes on: only with one tuning job in one scope."""
        names, clients = self.config.get("tuning_job_names", ()), self.host.run.clients
        return clients[0].scope if len(names) == len(clients) == 1 else None

    @cached_property
    def _full(self) -> FullTable | None:
        """What reads in FULL_TABLE; None in incremental replication."""
        if self.replication_method != FULL_TABLE:
            return None
        scope = self._resumed_scope
        saved = self.saved(scope.context).get("resume") if scope else None
        return FullTable(self.config, saved, self.logger)


def since(client: Client, visit: Visit) -> Iterator[Page]:
    """Read a tuning job's trials, newest first, down to the time that a visit says."""
    for page in client.trials(visit.job.name):
        if visit.since is None:
            yield page
            continue
        with readable("a trial"):
            found = [t for t in page.items if t["CreationTime"] >= visit.since]
            is_end = bool(page.items) and page.items[-1]["CreationTime"] < visit.since
        yield Page(found, page.seen)
        if is_end:
            return


def record_of(
    summary: Summary, scope: Scope, tuning_job_name: str, tuning_job_arn: str
) -> Record:
    """Make the record of a trial.

    Args:
        summary: A HyperParameterTrainingJobSummary.
        scope: Where it was listed.
        tuning_job_name: The tuning job that was asked for its trials: the API leaves
            it out of the items.
        tuning_job_arn: That tuning job's ARN.

    Returns:
        The record; absent members are null.

    Raises:
        Exception: It lacks its keys, or is odd; see `exceptions.readable`.
    """
    metric = summary.get("FinalHyperParameterTuningJobObjectiveMetric")
    tuned = summary.get("TunedHyperParameters")
    return {
        "account_id": scope.account_id,
        "region": scope.region,
        "tuning_job_name": tuning_job_name,
        "tuning_job_arn": tuning_job_arn,
        "training_job_definition_name": text_or_none(
            summary.get("TrainingJobDefinitionName")
        ),
        "training_job_name": as_text(summary["TrainingJobName"]),
        "training_job_arn": as_text(summary["TrainingJobArn"]),
        "training_job_status": text_or_none(summary.get("TrainingJobStatus")),
        "creation_time": as_text(summary["CreationTime"]),
        "training_start_time": summary.get("TrainingStartTime"),
        "training_end_time": summary.get("TrainingEndTime"),
        "tuned_hyper_parameters": None if tuned is None else text_map(tuned),
        "final_hyper_parameter_tuning_job_objective_metric": None
        if metric is None
        else _objective(metric),
        "objective_status": text_or_none(summary.get("ObjectiveStatus")),
        "failure_reason": text_or_none(summary.get("FailureReason")),
    }


def _objective(metric: Summary) -> Record:
    """Make the objective metric."""
    value, non_finite = finite(metric.get("Value"))
    return {
        "type": text_or_none(metric.get("Type")),
        "metric_name": text_or_none(metric.get("MetricName")),
        "value": value,
        "non_finite": non_finite,
    }
