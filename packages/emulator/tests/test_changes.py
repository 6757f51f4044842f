"""Creating, stopping and deleting through the API itself."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from sagemaker_tuning_emulator.errors import ServiceError

from .calling import ACCOUNT, refused, trial, tuning_job

if TYPE_CHECKING:
    from sagemaker_tuning_emulator import Emulator, Scope

    from .calling import Client


class TestChanges:
    """Creating, stopping and deleting through the API itself."""

    def test_created_job_lives(
        self, emulator: Emulator, scope: Scope, client: Client
    ) -> None:
        """A created tuning job launches its trials and ends by itself."""
        config = {
            "Strategy": "Random",
            "ResourceLimits": {
                "MaxNumberOfTrainingJobs": 4,
                "MaxParallelTrainingJobs": 2,
            },
            "HyperParameterTuningJobObjective": {
                "Type": "Minimize",
                "MetricName": "validation:rmse",
            },
            "ParameterRanges": {
                "IntegerParameterRanges": [
                    {"Name": "depth", "MinValue": "2", "MaxValue": "9"}
                ]
            },
        }
        name = {"HyperParameterTuningJobName": "made"}
        created = client.create_hyper_parameter_tuning_job(
            **name, HyperParameterTuningJobConfig=config
        )
        emulator.clock.move(timedelta(days=1))
        described = client.describe_hyper_parameter_tuning_job(**name)
        arn = "HyperParameterTuningJobArn"
        assert described[arn] == created[arn]
        assert described["HyperParameterTuningJobStatus"] == "Completed"
        assert described["HyperParameterTuningJobConfig"] == config
        trials = scope.truth()["trials"]["made"]
        assert [set(each["TunedHyperParameters"]) for each in trials] == [{"depth"}] * 4
        again = {**name, "HyperParameterTuningJobConfig": config}
        code, _, _ = refused(client.create_hyper_parameter_tuning_job, **again)
        assert code == "ResourceInUse"

    def test_created_job_has_its_own_details(
        self, emulator: Emulator, scope: Scope, client: Client
    ) -> None:
        """A description shows what was requested, and so do the trials'
        descriptions."""
        definitions = [
            {
                "DefinitionName": name,
                "TuningObjective": {"Type": "Minimize", "MetricName": f"{name}:loss"},
                "HyperParameterRanges": {
                    "CategoricalParameterRanges": [{"Name": name, "Values": ["1"]}]
                },
                "StaticHyperParameters": {"fixed": name},
                "AlgorithmSpecification": {
                    "TrainingImage": f"{name}:latest",
                    "TrainingInputMode": "File",
                },
                "RoleArn": f"arn:aws:iam::{ACCOUNT}:role/tuning",
                "OutputDataConfig": {"S3OutputPath": "s3://out/"},
                "ResourceConfig": {
                    "InstanceType": "ml.m5.large",
                    "InstanceCount": count,
                    "VolumeSizeInGB": 5,
                },
                "StoppingCondition": {"MaxRuntimeInSeconds": 60},
                "EnableManagedSpotTraining": name == "two",
            }
            for count, name in enumerate(("one", "two"), 1)
        ]
        client.create_hyper_parameter_tuning_job(
            HyperParameterTuningJobName="made",
            HyperParameterTuningJobConfig={
                "Strategy": "Random",
                "ResourceLimits": {
                    "MaxNumberOfTrainingJobs": 2,
                    "MaxParallelTrainingJobs": 2,
                },
            },
            TrainingJobDefinitions=definitions,
            Autotune={"Mode": "Enabled"},
            Tags=[{"Key": "team", "Value": "growth"}],
        )
        emulator.clock.move(timedelta(days=1))
        (described,) = scope.details()["tuning_jobs"]
        trials = scope.details()["trials"]["made"]
        assert described["TrainingJobDefinitions"] == definitions
        assert described["Autotune"] == {"Mode": "Enabled"}
        assert [each["ResourceConfig"]["InstanceCount"] for each in trials] == [1, 2]
        assert [each["HyperParameters"] for each in trials] == [
            {"_tuning_objective_metric": f"{name}:loss", "fixed": name, name: "1"}
            for name in ("one", "two")
        ]
        found = client.search(Resource="TrainingJob")["Results"]
        tags = [each["TrainingJob"]["Tags"] for each in found]
        assert tags == [[{"Key": "team", "Value": "growth"}]] * 2

    def test_description_holds_the_summary(
        self, emulator: Emulator, scope: Scope, client: Client
    ) -> None:
        """A description has the summary's members, two of them inside its config."""
        scope.plan("churn", trials=8, parallel=4)
        emulator.clock.move(seconds=3000)
        described = client.describe_hyper_parameter_tuning_job(
            HyperParameterTuningJobName="CHURN"
        )
        summary = scope.truth()["tuning_jobs"][0]
        config = described["HyperParameterTuningJobConfig"]
        inside = {name: config[name] for name in ("Strategy", "ResourceLimits")}
        assert summary.items() <= {**described, **inside}.items()
        member = "FinalHyperParameterTuningJobObjectiveMetric"
        values = [
            each[member]["Value"]
            for each in scope.truth()["trials"]["churn"]
            if member in each
        ]
        assert described["BestTrainingJob"][member]["Value"] == max(values)

    def test_stop(self, emulator: Emulator, scope: Scope, client: Client) -> None:
        """A stopped job launches no more trials, and is Stopping before it is
        Stopped."""
        scope.plan("churn", trials=20, parallel=2)
        emulator.clock.move(seconds=1800)
        name = {"HyperParameterTuningJobName": "churn"}
        before = len(scope.truth()["trials"]["churn"])
        client.stop_hyper_parameter_tuning_job(**name)
        client.stop_hyper_parameter_tuning_job(**name)
        stopping = scope.job("churn").status_at(emulator.clock.now)
        emulator.clock.move(seconds=60)
        trials = scope.truth()["trials"]["churn"]
        job = scope.truth()["tuning_jobs"][0]
        assert (stopping, job["HyperParameterTuningJobStatus"]) == (
            "Stopping",
            "Stopped",
        )
        assert len(trials) == before
        assert {"InProgress", "Stopping"}.isdisjoint(
            each["TrainingJobStatus"] for each in trials
        )
        code, _, _ = refused(client.stop_hyper_parameter_tuning_job, **name)
        assert code == "ValidationException"

    def test_delete_and_create_anew(
        self, emulator: Emulator, scope: Scope, client: Client
    ) -> None:
        """A deleted job's name is free for a later one."""
        first = scope.plan("churn", trials=3)
        emulator.clock.move(timedelta(days=1))
        name = {"HyperParameterTuningJobName": "churn"}
        client.delete_hyper_parameter_tuning_job(**name)
        code, _, _ = refused(client.describe_hyper_parameter_tuning_job, **name)
        assert code == "ResourceNotFound"
        scope.plan("CHURN", trials=2)
        again = client.describe_hyper_parameter_tuning_job(**name)
        assert again["HyperParameterTuningJobName"] == "CHURN"
        assert again["CreationTime"] - first.created == timedelta(days=1)

    def test_deleting_takes_time(self, emulator: Emulator, scope: Scope) -> None:
        """A job is Deleting for a while before it is gone."""
        scope.plan("churn")
        scope.delete("churn", deleting_seconds=30)
        summary = scope.truth()["tuning_jobs"][0]
        emulator.clock.move(seconds=30)
        assert summary["HyperParameterTuningJobStatus"] == "Deleting"
        assert scope.truth()["tuning_jobs"] == []

    def test_deleted_trial_stays_counted(
        self, emulator: Emulator, scope: Scope, client: Client
    ) -> None:
        """A deleted trial is no longer listed but still counted."""
        scope.add(tuning_job(trial("t-001"), trial("t-002")))
        emulator.clock.move(seconds=50)
        running = refused(client.delete_training_job, TrainingJobName="t-001")
        emulator.clock.move(seconds=50)
        client.delete_training_job(TrainingJobName="T-001")
        truth = scope.truth()
        counters = truth["tuning_jobs"][0]["TrainingJobStatusCounters"]
        assert running[0] == "ResourceInUse"
        assert [each["TrainingJobName"] for each in truth["trials"]["tune"]] == [
            "t-002"
        ]
        assert counters["Completed"] == 2

    def test_names_are_taken_without_case(self, scope: Scope) -> None:
        """Two existing jobs cannot have names that differ only in case."""
        scope.plan("churn")
        with pytest.raises(ServiceError, match="ResourceInUse"):
            scope.plan("CHURN")
