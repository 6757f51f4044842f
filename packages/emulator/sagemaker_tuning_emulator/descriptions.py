"""Answers of the two Describe operations. Pure."""

from __future__ import annotations

import math
from datetime import timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from sagemaker_tuning_emulator.jobs import milliseconds
from sagemaker_tuning_emulator.trials import FAILURE_REASON_LIMIT, reached
from sagemaker_tuning_emulator.wire import EPOCH, widened

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from sagemaker_tuning_emulator.homes import Home
    from sagemaker_tuning_emulator.jobs import Trial, TuningJob

DOWNLOAD = timedelta(seconds=20)
UPLOAD = timedelta(seconds=5)
MESSAGES = {
    "Starting": "Preparing the instances for training",
    "Downloading": "Downloading input data",
    "Training": "Training image download completed. Training in progress.",
    "Uploading": "Uploading generated training model",
    "Stopping": "Stopping the training job",
    "Completed": "Training job completed",
    "Failed": "Training job failed",
    "Stopped": "Training job stopped",
}
"""`StatusMessage` of each secondary status."""


def tuning_job(
    job: TuningJob, at: datetime, home: Home, parents: Iterable[TuningJob] = ()
) -> dict[str, Any]:
    """Return the answer of DescribeHyperParameterTuningJob at `at`.

    Unlike in a summary, `Strategy` and `ResourceLimits` are inside its config.

    Args:
        job: A tuning job that exists at `at`.
        at: The time.
        home: Its account and region.
        parents: The tuning jobs that it was warm-started from.
    """
    summary = job.view(at, home) or {}
    config: dict[str, Any] = {
        "Strategy": summary.pop("Strategy"),
        "ResourceLimits": summary.pop("ResourceLimits"),
    }
    several = len(job.definitions) > 1
    if not several:
        config["HyperParameterTuningJobObjective"] = job.objective()
        config["ParameterRanges"] = job.definitions[0].ranges
    shown: dict[str, Any] = {
        **summary,
        "HyperParameterTuningJobArn": job.described_arn(home),
        "HyperParameterTuningJobConfig": {**config, **job.config},
    }
    views = _definitions(job, home)
    if several:
        shown["TrainingJobDefinitions"] = views
    else:
        shown["TrainingJobDefinition"] = views[0]
    best = _best([job], at)
    shown["TuningJobCompletionDetails"] = _completion(job, at, best and best[1])
    spent = min(at, job.ended or at) - job.created  # wall clock, as recorded
    shown["ConsumedResources"] = {"RuntimeInSeconds": int(spent.total_seconds())}
    if best is not None:
        shown["BestTrainingJob"] = best[1].view(at, home)
    if job.parents:
        names = [{"HyperParameterTuningJobName": name} for name in job.parents]
        shown["WarmStartConfig"] = {
            "ParentHyperParameterTuningJobs": names,
            "WarmStartType": job.warm_start_type,
        }
        overall = _best([job, *parents], at)
        if overall is not None and job.warm_start_type == "IdenticalDataAndAlgorithm":
            name = {"TuningJobName": overall[0].name}
            shown["OverallBestTrainingJob"] = {
                **(overall[1].view(at, home) or {}),
                **name,
            }
    ended = "HyperParameterTuningEndTime" in summary
    if ended and job.failure_reason is not None:
        shown["FailureReason"] = job.failure_reason
    return {**shown, **job.description}


def trial(
    job: TuningJob, trial: Trial, at: datetime, home: Home
) -> dict[str, Any] | None:
    """Return the answer of DescribeTrainingJob at `at`; None if there is no such trial.

    Times are truncated to milliseconds. A trial outlives its tuning job.
    """
    summary = trial.view(at, home)
    if summary is None:
        return None
    made_from = definition(job, trial, home)
    output = made_from["OutputDataConfig"]["S3OutputPath"].rstrip("/")
    shown: dict[str, Any] = {
        "TrainingJobName": trial.name,
        "TrainingJobArn": summary["TrainingJobArn"],
        "TuningJobArn": job.described_arn(home),
        "ModelArtifacts": {
            "S3ModelArtifacts": f"{output}/{trial.name}/output/model.tar.gz"
        },
        "TrainingJobStatus": summary["TrainingJobStatus"],
        "HyperParameters": {
            "_tuning_objective_metric": trial.metric_name,
            **made_from.get("StaticHyperParameters", {}),
            **trial.hyperparameters,
        },
        "OutputDataConfig": {"KmsKeyId": "", **made_from["OutputDataConfig"]},
        "CreationTime": milliseconds(trial.created),
        **_transitions(trial, at),
    }
    for name in (
        "AlgorithmSpecification",
        "RoleArn",
        "InputDataConfig",
        "VpcConfig",
        "ResourceConfig",
        "StoppingCondition",
        "EnableNetworkIsolation",
        "EnableInterContainerTrafficEncryption",
        "EnableManagedSpotTraining",
        "CheckpointConfig",
        "RetryStrategy",
        "Environment",
    ):
        if name in made_from:
            shown[name] = made_from[name]
    if reached(trial.started, at):
        shown["TrainingStartTime"] = milliseconds(trial.started)
    if reached(trial.ended, at):
        shown |= _ended(trial, trial.ended, at)
    return shown


def tags(job: TuningJob) -> list[dict[str, str]]:
    """Return a tuning job's `Tags`, which its trials inherit and only Search shows."""
    return [{"Key": key, "Value": value} for key, value in job.tags.items()]


def definition(job: TuningJob, trial: Trial, home: Home) -> dict[str, Any]:
    """Return the definition of a trial, as the API shows it."""
    shown: list[dict[str, Any]] = (
        job.description.get("TrainingJobDefinitions")
        or [each for each in [job.description.get("TrainingJobDefinition")] if each]
        or _definitions(job, home)
    )
    name = trial.definition_name
    return next(
        (each for each in shown if each.get("DefinitionName") == name), shown[0]
    )


def _ended(trial: Trial, ended: datetime, at: datetime) -> dict[str, Any]:
    """Return the members that a description has once the trial has ended."""
    shown: dict[str, Any] = {"TrainingEndTime": milliseconds(ended)}
    if trial.failure_reason is not None:
        shown["FailureReason"] = trial.failure_reason[:FAILURE_REASON_LIMIT]
    if trial.started is not None:
        seconds = int((ended - trial.started).total_seconds())
        shown["TrainingTimeInSeconds"] = seconds
        shown["BillableTimeInSeconds"] = int(seconds * trial.billable_fraction)
        metrics = _metrics(trial, ended)
        if metrics:
            shown["FinalMetricDataList"] = metrics
    if trial.touched_after_seconds is not None:
        touched = ended + timedelta(seconds=trial.touched_after_seconds)
        if touched <= at:
            shown["LastModifiedTime"] = milliseconds(touched)
    return shown


def _metrics(trial: Trial, ended: datetime) -> list[dict[str, Any]]:
    """Return the `FinalMetricDataList`, including the objective, sorted by name."""
    values = dict(trial.metrics)
    if trial.value is not None:
        values[trial.metric_name] = trial.value
    seen = ended.replace(microsecond=0)
    if trial.metrics_in_1970:  # milliseconds, sent as if they were seconds
        seen = EPOCH + (seen - EPOCH) / 1000
    return [
        {
            "MetricName": name,
            "Value": widened(value) if isinstance(value, float) else value,
            "Timestamp": seen,
        }
        for name, value in sorted(values.items())
    ]


def _transitions(trial: Trial, at: datetime) -> dict[str, Any]:
    """Return the secondary status at `at`, its transitions and last change."""
    steps = [("Starting", trial.created)]
    if trial.started is not None:
        training = trial.started + DOWNLOAD
        if trial.ended is not None:
            training = min(training, trial.started + (trial.ended - trial.started) / 4)
        steps += [("Downloading", trial.started), ("Training", training)]
    if trial.stopping is not None:
        steps.append(("Stopping", trial.stopping))
    if trial.ended is not None:
        uploading = trial.ended - UPLOAD
        if trial.status == "Completed" and uploading > steps[-1][1]:
            steps.append(("Uploading", uploading))
        steps.append((trial.status, trial.ended))
    seen = sorted(
        ((status, milliseconds(since)) for status, since in steps if since <= at),
        key=lambda step: step[1],
    )
    shown = [
        {
            "Status": status,
            "StartTime": since,
            "EndTime": until,
            "StatusMessage": MESSAGES.get(status, status),
        }
        for (status, since), (_, until) in pairwise(seen)
    ]
    status, since = seen[-1]
    last = {"Status": status, "StartTime": since}
    if reached(trial.ended, at):
        last["EndTime"] = since
    shown.append({**last, "StatusMessage": MESSAGES.get(status, status)})
    return {
        "SecondaryStatus": status,
        "SecondaryStatusTransitions": shown,
        "LastModifiedTime": since,
    }


def _definitions(job: TuningJob, home: Home) -> list[dict[str, Any]]:
    """Return a tuning job's definitions, as the API shows them."""
    alone = len(job.definitions) == 1
    return [each.view(home, job.objective(), alone=alone) for each in job.definitions]


def _best(jobs: Iterable[TuningJob], at: datetime) -> tuple[TuningJob, Trial] | None:
    """Return the trial with the best finite objective so far, and its tuning job."""
    rated = [
        (float(value), job, trial)
        for job in jobs
        for trial in job.trials
        if trial.exists(at)
        and (value := trial.metric_at(at)) is not None
        and math.isfinite(float(value))
    ]
    if not rated:
        return None
    pick = min if rated[0][1].metric_type == "Minimize" else max
    return pick(rated, key=lambda each: each[0])[1:]


def _completion(job: TuningJob, at: datetime, best: Trial | None) -> dict[str, Any]:
    """Return `TuningJobCompletionDetails`: trials since the best, and convergence."""
    since = [
        each
        for each in job.trials
        if best is not None
        and best.settled is not None
        and reached(each.settled, at)
        and each.settled > best.settled
    ]
    shown: dict[str, Any] = {"NumberOfTrainingJobsObjectiveNotImproving": len(since)}
    if reached(job.converged, at):
        shown["ConvergenceDetectedTime"] = milliseconds(job.converged)
    return shown
