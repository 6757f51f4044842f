"""The two Describe operations: a tuning job and a trial in full."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sagemaker_tuning_emulator import Chances, Definition, Emulator, Fault, Home
from sagemaker_tuning_emulator import descriptions as describe

from .calling import (
    ACCOUNT,
    START,
    after,
    raw,
    refused,
    trial,
    tuning_job,
)
from .conforming import flaws

if TYPE_CHECKING:
    from sagemaker_tuning_emulator import Scope, TuningJob

    from .calling import Client

HOME = Home(ACCOUNT, "us-east-1")
NAME = {"HyperParameterTuningJobName": "tune"}
DESCRIBE = "DescribeHyperParameterTuningJob"
DESCRIBE_TRIAL = "DescribeTrainingJob"
SECRET = "sk-planted-0123456789"  # noqa: S105 - planted, and searched for
RMSE = {"Type": "Minimize", "MetricName": "rmse"}
TWO = (
    Definition(definition_name="xgb", instance_type="ml.c5.xlarge", spot=True),
    Definition(
        definition_name="linear",
        objective=RMSE,
        ranges={"AutoParameters": [{"Name": "wd", "ValueHint": "0.1"}]},
        static={"mode": "fast"},
        instance_groups={"ml.m5.large": 2, "ml.g4dn.xlarge": 1},
        environment={"API_KEY": SECRET},
        more={"RetryStrategy": {"MaximumRetryAttempts": 3}},
    ),
)


def trial_at(seconds: float, job: TuningJob | None = None) -> dict[str, Any]:
    """The description of a tuning job's first trial, this long after the start."""
    job = job or tuning_job(trial())
    return describe.trial(job, job.trials[0], after(seconds), HOME) or {}


@st.composite
def jobs(draw: st.DrawFn) -> TuningJob:
    """Planned tuning jobs with all kinds of details."""
    return (
        Emulator(START, seed=draw(st.integers(0, 10_000)))
        .scope()
        .plan(
            "churn",
            trials=draw(st.integers(0, 5)),
            trial_seconds=(1.0, 900.0),
            chances=Chances(failed=0.2, stopped_early=0.2, non_finite=0.3),
            definitions=draw(st.sampled_from([TWO, TWO[:1], TWO[1:]])),
            parents=draw(st.sampled_from([(), ("parent", "other")])),
            metrics_in_1970=draw(st.booleans()),
            converged=draw(st.sampled_from([None, after(600)])),
            cased_arns=draw(st.booleans()),
            tags={"team": "growth"},
            config={"RandomSeed": 7, "TrainingJobEarlyStoppingType": "Off"},
            description={"Autotune": {"Mode": "Enabled"}},
        )
    )


@given(jobs(), st.integers(0, 4000).map(after))
def test_descriptions_conform(job: TuningJob, at: datetime) -> None:
    """Descriptions of any plan, at any time, conform to the service model."""
    summaries = {"HyperParameterTuningJobSummaries": [job.view(at, HOME)]}
    assert flaws("ListHyperParameterTuningJobs", summaries) == []
    views = [each.view(at, HOME) for each in job.trials if each.exists(at)]
    listed = {"TrainingJobSummaries": views}
    assert flaws("ListTrainingJobsForHyperParameterTuningJob", listed) == []
    parent = tuning_job(trial("best", value=5.0), name="parent")
    assert flaws(DESCRIBE, describe.tuning_job(job, at, HOME, [parent])) == []
    shown = [describe.trial(job, each, at, HOME) for each in job.trials]
    found = [each for each in shown if each is not None]
    assert [flaws(DESCRIBE_TRIAL, each) for each in found] == [[] for _ in found]


@given(jobs(), st.integers(0, 4000).map(after))
def test_a_description_agrees_with_its_summary(job: TuningJob, at: datetime) -> None:
    """A trial's description matches its summary at any time, with the milliseconds that
    the summary cuts off."""
    for each in job.trials:
        summary, shown = each.view(at, HOME), describe.trial(job, each, at, HOME)
        assert (summary is None) == (shown is None)
        for name in ("CreationTime", "TrainingStartTime", "TrainingEndTime"):
            exact = (shown or {}).get(name)
            assert (summary or {}).get(name) == (exact and exact.replace(microsecond=0))
        for name in ("TrainingJobName", "TrainingJobArn", "TrainingJobStatus"):
            assert (summary or {}).get(name) == (shown or {}).get(name)
        definition = (shown or {}).get("ResourceConfig", {}).get("InstanceGroups")
        assert (definition is not None) == (
            shown is not None and each.definition_name == "linear"
        )
        tuned = (summary or {}).get("TunedHyperParameters", {})
        assert tuned.items() <= (shown or {}).get("HyperParameters", {}).items()


@given(jobs(), st.integers(0, 4000).map(after))
def test_transitions_are_one_history(job: TuningJob, at: datetime) -> None:
    """Each status begins where the previous one ended, and the last is the current
    one."""
    for each in job.trials:
        shown = describe.trial(job, each, at, HOME) or {}
        steps = shown.get("SecondaryStatusTransitions", [])
        for one, other in pairwise(steps):
            assert one["StartTime"] <= one["EndTime"] == other["StartTime"] <= at
        for step in steps[-1:]:
            assert step["Status"] == shown["SecondaryStatus"]
            assert ("EndTime" in step) == ("TrainingEndTime" in shown)


class TestTrial:
    """DescribeTrainingJob of a trial."""

    def test_it_is_what_was_foretold(
        self, emulator: Emulator, scope: Scope, client: Client
    ) -> None:
        """Over HTTP, each trial's description is the expected one."""
        scope.plan("churn", trials=6, parallel=3, definitions=TWO, tags={"a": "b"})
        emulator.clock.move(seconds=2000)
        foretold = scope.details()["trials"]["churn"]
        found = [
            client.describe_training_job(TrainingJobName=each["TrainingJobName"])
            for each in foretold
        ]
        for each in found:
            del each["ResponseMetadata"]
        assert found == foretold
        assert scope.details()["tags"] == {"churn": [{"Key": "a", "Value": "b"}]}

    def test_life(self) -> None:
        """A trial starts, downloads, trains, uploads and ends, and is then modified
        again."""
        job = tuning_job(trial(touched_after_seconds=30.0))
        seen = [
            (shown["SecondaryStatus"], shown["LastModifiedTime"])
            for shown in (trial_at(n, job) for n in (6, 15, 40, 97, 100, 129, 131))
        ]
        assert seen == [
            ("Starting", after(5.75)),
            ("Downloading", after(10)),
            ("Training", after(30)),
            ("Uploading", after(95)),
            ("Completed", after(100)),
            ("Completed", after(100)),
            ("Completed", after(130)),
        ]

    def test_hyperparameters(self) -> None:
        """The hyperparameters are the static and the tuned ones, plus the objective's
        name."""
        job = tuning_job(trial(hyperparameters={"eta": "0.1"}))
        assert trial_at(200, job)["HyperParameters"] == {
            "_tuning_objective_metric": "validation:auc",
            "num_round": "100",
            "objective": "binary:logistic",
            "eta": "0.1",
        }

    def test_seconds_are_wall_clock(self) -> None:
        """Seconds are not multiplied by instances; spot trials are billed for fewer."""
        spot = Definition(spot=True, instance_count=4)
        cheap = trial(ended=after(100.9), billable_fraction=0.4)
        shown = trial_at(200, tuning_job(cheap, definitions=(spot,)))
        assert shown["ResourceConfig"]["InstanceCount"] == 4
        assert shown["EnableManagedSpotTraining"] is True
        assert shown["StoppingCondition"].keys() >= {"MaxWaitTimeInSeconds"}
        seconds = ("TrainingTimeInSeconds", "BillableTimeInSeconds")
        assert [shown[name] for name in seconds] == [90, 36]
        assert trial_at(50).keys().isdisjoint(seconds)

    def test_final_metrics(self) -> None:
        """The objective is one of several metrics, each a widened float32 or "NaN"."""
        metrics = {"a:loss": 0.1, "z:loss": "NaN"}
        job = tuning_job(trial(value=0.2, metrics=metrics))
        shown = trial_at(100, job)["FinalMetricDataList"]
        assert [(each["MetricName"], each["Value"]) for each in shown] == [
            ("a:loss", 0.10000000149011612),
            ("validation:auc", 0.20000000298023224),
            ("z:loss", "NaN"),
        ]
        assert {each["Timestamp"] for each in shown} == {after(100)}
        assert "FinalMetricDataList" not in trial_at(99, job)

    def test_metrics_of_1970(self) -> None:
        """A metric's time can be milliseconds that were sent as seconds."""
        job = tuning_job(trial(metrics_in_1970=True))
        (metric,) = trial_at(100, job)["FinalMetricDataList"]
        epoch = datetime(1970, 1, 1, tzinfo=UTC)
        assert metric["Timestamp"].year == 1970
        assert epoch + (metric["Timestamp"] - epoch) * 1000 == after(100)

    def test_never_started(self) -> None:
        """A trial that never started has neither seconds nor metrics."""
        shown = trial_at(200, tuning_job(trial(started=None, status="Stopped")))
        assert shown["SecondaryStatus"] == "Stopped"
        missing = {"TrainingStartTime", "BillableTimeInSeconds", "FinalMetricDataList"}
        assert missing.isdisjoint(shown)

    def test_missing(self, emulator: Emulator, scope: Scope, client: Client) -> None:
        """A missing or deleted trial is a ValidationException."""
        scope.add(tuning_job(trial()))
        emulator.clock.move(seconds=200)
        client.describe_training_job(TrainingJobName="T-001")
        client.delete_training_job(TrainingJobName="t-001")
        found = refused(client.describe_training_job, TrainingJobName="t-001")
        assert found == ("ValidationException", "Requested resource not found.", 400)

    def test_it_outlives_its_tuning_job(
        self, emulator: Emulator, scope: Scope, client: Client
    ) -> None:
        """Trials survive their tuning job's deletion, and can be deleted separately."""
        scope.add(tuning_job(trial()))
        emulator.clock.move(seconds=200)
        name = {"TrainingJobName": "t-001"}
        before = client.describe_training_job(**name)["TuningJobArn"]
        client.delete_hyper_parameter_tuning_job(**NAME)
        assert client.describe_training_job(**name)["TuningJobArn"] == before
        client.delete_training_job(**name)
        assert refused(client.describe_training_job, **name)[2] == 400

    def test_a_stopped_jobs_future_is_gone(
        self, emulator: Emulator, scope: Scope, client: Client
    ) -> None:
        """A trial that a stopped tuning job will never launch cannot be described."""
        job = scope.plan("tune", trials=9, parallel=1)
        emulator.clock.move(seconds=60)
        scope.stop("tune")
        emulator.clock.move(timedelta(days=1))
        name = {"TrainingJobName": job.trials[-1].name}
        assert refused(client.describe_training_job, **name)[2] == 400

    def test_denied(self, emulator: Emulator, client: Client) -> None:
        """A denial names the action and the training job."""
        emulator.faults.add(Fault("deny", operation=DESCRIBE_TRIAL))
        _, message, _ = refused(client.describe_training_job, TrainingJobName="T-1")
        assert "sagemaker:DescribeTrainingJob on resource" in message
        assert "training-job/t-1 because" in message


class TestTuningJob:
    """DescribeHyperParameterTuningJob, beyond the summary."""

    def test_it_is_what_was_foretold(
        self, emulator: Emulator, scope: Scope, client: Client
    ) -> None:
        """Over HTTP, a description is the expected one."""
        scope.plan("tune", trials=4, definitions=TWO)
        emulator.clock.move(timedelta(days=1))
        found = client.describe_hyper_parameter_tuning_job(**NAME)
        del found["ResponseMetadata"]
        assert [found] == scope.details()["tuning_jobs"]

    def test_one_definition(self) -> None:
        """With one definition, the config has the objective and the ranges."""
        job = tuning_job(metric_type="Minimize", config={"RandomSeed": 3})
        shown = describe.tuning_job(job, after(1), HOME)
        config = shown["HyperParameterTuningJobConfig"]
        objective = {"Type": "Minimize", "MetricName": "validation:auc"}
        assert config["HyperParameterTuningJobObjective"] == objective
        assert config["ParameterRanges"] == job.definitions[0].ranges
        assert config["RandomSeed"] == 3
        alone = shown["TrainingJobDefinition"]
        assert "TuningObjective" not in alone
        assert "TrainingJobDefinitions" not in shown
        assert alone["EnableManagedSpotTraining"] is False

    def test_several_definitions(self, scope: Scope) -> None:
        """Each of several definitions has its own objective, ranges, instances and
        trials."""
        job = scope.plan("tune", trials=4, definitions=TWO)
        shown = describe.tuning_job(job, after(1), HOME)
        first, second = shown["TrainingJobDefinitions"]
        assert second["TuningObjective"] == RMSE
        assert second["HyperParameterRanges"] == TWO[1].ranges
        assert second["StaticHyperParameters"] == {
            "_tuning_objective_metric": "rmse",
            "mode": "fast",
        }
        counts = [
            g["InstanceCount"] for g in second["ResourceConfig"]["InstanceGroups"]
        ]
        assert counts == [2, 1]
        assert second["RetryStrategy"] == {"MaximumRetryAttempts": 3}
        assert first["ResourceConfig"]["InstanceType"] == "ml.c5.xlarge"
        config = shown["HyperParameterTuningJobConfig"]
        assert {"ParameterRanges", "HyperParameterTuningJobObjective"}.isdisjoint(
            config
        )
        names = [(each.definition_name, each.metric_name) for each in job.trials]
        assert names == [("xgb", "validation:auc"), ("linear", "rmse")] * 2
        assert all(each.billable_fraction < 1 for each in job.trials[::2])
        assert all(each.billable_fraction == 1 for each in job.trials[1::2])
        resources = describe.trial(job, job.trials[1], job.trials[1].created, HOME)
        assert resources is not None
        assert resources["ResourceConfig"] == second["ResourceConfig"]

    def test_environment_is_shown(self, emulator: Emulator, scope: Scope) -> None:
        """A secret in the environment is in both descriptions but in no listing."""
        job = scope.plan("tune", trials=2, definitions=TWO)
        emulator.clock.move(timedelta(days=1))
        body = json.dumps({**NAME, "TrainingJobName": job.trials[1].name})
        shown = [
            SECRET in raw(emulator, operation, body)[2]
            for operation in (
                DESCRIBE,
                DESCRIBE_TRIAL,
                "ListHyperParameterTuningJobs",
                "ListTrainingJobsForHyperParameterTuningJob",
            )
        ]
        assert shown == [True, True, False, False]

    def test_warm_start(self, emulator: Emulator, scope: Scope, client: Client) -> None:
        """With identical data, the overall best trial can be a parent's, and names that
        parent."""
        scope.add(tuning_job(trial("old-best", value=0.9), name="parent"))
        scope.add(tuning_job(trial(value=0.5), parents=("Parent",)))
        emulator.clock.move(seconds=200)
        shown = client.describe_hyper_parameter_tuning_job(**NAME)
        parents = [{"HyperParameterTuningJobName": "Parent"}]
        assert shown["WarmStartConfig"] == {
            "ParentHyperParameterTuningJobs": parents,
            "WarmStartType": "IdenticalDataAndAlgorithm",
        }
        overall = shown["OverallBestTrainingJob"]
        best = (overall["TrainingJobName"], overall["TuningJobName"])
        assert best == ("old-best", "parent")
        assert shown["BestTrainingJob"]["TrainingJobName"] == "t-001"

    def test_transfer_learning(self) -> None:
        """With other data, there is no overall best trial."""
        job = tuning_job(trial(), parents=("p",), warm_start_type="TransferLearning")
        assert "OverallBestTrainingJob" not in describe.tuning_job(
            job, after(200), HOME, [tuning_job(trial(), name="p")]
        )

    @pytest.mark.parametrize(
        ("metric_type", "best", "since"), [("Maximize", "b", 1), ("Minimize", "a", 2)]
    )
    def test_best_and_those_since(
        self, metric_type: str, best: str, since: int
    ) -> None:
        """The best trial depends on the objective's direction, and trials launched
        since it are counted."""
        values = {"a": 0.1, "b": 0.9, "c": "NaN"}
        trials = [
            trial(name, value=value, objective_settled=after(100 + number))
            for number, (name, value) in enumerate(values.items())
        ]
        job = tuning_job(*trials, metric_type=metric_type, converged=after(150))
        shown = describe.tuning_job(job, after(200), HOME)
        assert shown["BestTrainingJob"]["TrainingJobName"] == best
        assert shown["TuningJobCompletionDetails"] == {
            "NumberOfTrainingJobsObjectiveNotImproving": since,
            "ConvergenceDetectedTime": after(150),
        }
        early = describe.tuning_job(job, after(99), HOME)["TuningJobCompletionDetails"]
        assert early == {"NumberOfTrainingJobsObjectiveNotImproving": 0}

    @pytest.mark.parametrize(("seconds", "spent"), [(0, 0), (73.2, 73), (500, 103)])
    def test_resources_are_wall_clock(self, seconds: float, spent: int) -> None:
        """The consumed resources are the time from its creation to its end."""
        job = tuning_job(trial("a"), trial("b"))
        shown = describe.tuning_job(job, after(seconds), HOME)
        assert shown["ConsumedResources"] == {"RuntimeInSeconds": spent}

    def test_failure_reason(self) -> None:
        """A failed tuning job has a failure reason from its end on."""
        job = tuning_job(status="Failed", failure_reason="All failed.")
        shown = describe.tuning_job(job, after(103), HOME)
        assert shown["FailureReason"] == "All failed."
        assert "FailureReason" not in describe.tuning_job(job, after(102), HOME)

    def test_arns_differ_in_case(self) -> None:
        """An ARN in a description can keep the upper case that a summary's loses."""
        job = tuning_job(trial(), name="Tune", cased_arns=True)
        shown = describe.tuning_job(job, after(9), HOME)["HyperParameterTuningJobArn"]
        assert shown == trial_at(9, job)["TuningJobArn"]
        summary = (job.view(after(9), HOME) or {})["HyperParameterTuningJobArn"]
        assert (shown != summary, shown.lower()) == (True, summary)
