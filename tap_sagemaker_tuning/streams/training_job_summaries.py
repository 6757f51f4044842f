"""The stream `training_job_summaries`: every trial, as its tuning job lists it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from typing_extensions import override

from tap_sagemaker_tuning.exceptions import readable
from tap_sagemaker_tuning.replication.state import VERSION
from tap_sagemaker_tuning.streams.full_table import FullTable
from tap_sagemaker_tuning.streams.visiting import TrialStream, keys_of
from tap_sagemaker_tuning.sync.interfaces import OwnListing, TrialRows
from tap_sagemaker_tuning.values import (
    finite,
    members,
    required_text,
    storable,
    text_map,
    text_or_none,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tap_sagemaker_tuning.aws.client import Client
    from tap_sagemaker_tuning.aws.pages import Page
    from tap_sagemaker_tuning.aws.scope import Scope
    from tap_sagemaker_tuning.replication.plan import Visit
    from tap_sagemaker_tuning.sync.interfaces import Describe, TrialVisit
    from tap_sagemaker_tuning.values import Record, Summary


class TrainingJobSummaries(TrialStream):
    """Every trial, as its HyperParameterTrainingJobSummary describes it."""

    name = "training_job_summaries"
    primary_keys = ("training_job_arn",)
    _full_table: FullTable | None = None

    @override
    def before_pass(self) -> None:
        if not self.is_incremental:
            scope = self._resumed_scope
            saved = self.saved(scope.context).get("resume") if scope else None
            self._full_table = FullTable(self.settings, saved, self.logger)

    @override
    def start(
        self, client: Client, visit: Visit, describe: Describe
    ) -> TrialVisit | OwnListing:
        keys, full = keys_of(client, visit), self._full_table
        if full is None:
            # State needs all trials, so an incremental listing is not filtered.
            return _Trials(keys, self.settings.status_equals)
        trials = _Trials(keys, is_partial=lambda: full.is_partial)
        return OwnListing(full.pages(client, visit), trials)

    @override
    def after_pass(self) -> None:
        """Keep in the state the token to resume with, if the read can be resumed."""
        full, scope = self._full_table, self._resumed_scope
        if full and full.is_read and scope:
            entry = self.get_context_state(scope.context)
            entry.pop("resume", None)
            if full.resume:
                if "replication_key_value" not in entry:
                    entry["version"] = VERSION
                entry["resume"] = full.resume

    @property
    def _resumed_scope(self) -> Scope | None:
        """The scope of a read that can be resumed: one tuning job in one scope."""
        names, scopes = self.settings.tuning_job_names or (), self.host.run.scopes
        return scopes[0].scope if len(names) == len(scopes) == 1 else None


@dataclass(frozen=True, slots=True)
class _Trials:
    """Makes the records of one tuning job's trials.

    Attributes:
        keys: The columns shared by all of them.
        status: Make only those with this status; None: all.
        is_partial: Returns whether trials were left out, after the last page.
    """

    keys: dict[str, str]
    status: str | None = None
    is_partial: Callable[[], bool] = lambda: False

    def rows(self, page: Page) -> Iterator[TrialRows]:
        with readable("a trial"):
            records = [
                record_of(trial, self.keys)
                for trial in page.items
                if self.status in (None, trial.get("TrainingJobStatus"))
            ]
        yield TrialRows(records, ())

    def end(self) -> Iterator[TrialRows]:
        yield TrialRows([], (), is_partial=self.is_partial())


def record_of(summary: Summary, keys: dict[str, str]) -> Record:
    """Make the record of a trial.

    Args:
        summary: A HyperParameterTrainingJobSummary.
        keys: `account_id`, `region`, `tuning_job_name` and `tuning_job_arn` of the
            tuning job whose trials were listed: the items lack them.

    Returns:
        A record of the stream `training_job_summaries`; absent members are null.

    Raises:
        OddError: The trial lacks a key, or a member is malformed.
    """
    summary = members(summary)
    metric = summary.get("FinalHyperParameterTuningJobObjectiveMetric")
    tuned = summary.get("TunedHyperParameters")
    return {
        **keys,  # fact 26
        "training_job_definition_name": text_or_none(
            summary.get("TrainingJobDefinitionName")
        ),
        "training_job_name": storable(required_text(summary, "TrainingJobName")),
        "training_job_arn": storable(required_text(summary, "TrainingJobArn")),
        "training_job_status": text_or_none(summary.get("TrainingJobStatus")),
        "creation_time": storable(required_text(summary, "CreationTime")),
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
    metric = members(metric)
    value, non_finite = finite(metric.get("Value"))
    return {
        "type": text_or_none(metric.get("Type")),
        "metric_name": text_or_none(metric.get("MetricName")),
        "value": value,
        "non_finite": non_finite,
    }
