"""Everything shown is a function of the schedule and the clock."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sagemaker_tuning_emulator import Chances, Emulator

from .calling import START, after, trial, tuning_job

if TYPE_CHECKING:
    from sagemaker_tuning_emulator import Scope

    from .calling import Client


class TestTime:
    """Everything shown is a function of the schedule and the clock."""

    def test_a_trial_over_time(
        self, emulator: Emulator, scope: Scope, client: Client
    ) -> None:
        """A trial starts, ends, and then settles, each at its own time."""
        scope.add(tuning_job(trial()))
        seen = []
        for seconds in (5, 6, 10, 100, 105):
            emulator.clock.move(after(seconds) - emulator.clock.now)
            page = client.list_training_jobs_for_hyper_parameter_tuning_job(
                HyperParameterTuningJobName="tune"
            )
            seen += [
                (item["TrainingJobStatus"], item["ObjectiveStatus"], len(item))
                for item in page["TrainingJobSummaries"]
            ]
        assert seen == [
            ("InProgress", "Pending", 6),
            ("InProgress", "Pending", 7),
            ("Completed", "Pending", 8),
            ("Completed", "Succeeded", 9),
        ]

    def test_counters_lag(self) -> None:
        """Lagging counters show the past; the status does not."""
        job = tuning_job(trial(), counters_lag_seconds=30.0)
        shown = job.view(after(104)) or {}
        assert shown["HyperParameterTuningJobStatus"] == "Completed"
        assert shown["TrainingJobStatusCounters"]["InProgress"] == 1
        assert set(shown["TrainingJobStatusCounters"].values()) == {0, 1}
        assert len(shown["ObjectiveStatusCounters"]) == 3

    def test_counters_can_be_sparse(self) -> None:
        """Sparse counters leave out zeros."""
        job = tuning_job(trial(), sparse_counters=True)
        shown = job.view(after(200)) or {}
        assert shown["TrainingJobStatusCounters"] == {"Completed": 1}

    def test_same_seed_same_schedule(self) -> None:
        """The same seed gives the same schedule, and another seed gives another."""
        one, same, other = (
            Emulator(START, seed=seed).scope().plan("churn", trials=9)
            for seed in (7, 7, 8)
        )
        assert one == same
        assert one != other

    def test_all_can_fail(self) -> None:
        """A tuning job whose trials all fail has failed itself."""
        chances = Chances(failed=1.0)
        job = Emulator(START).scope().plan("churn", trials=3, chances=chances)
        assert [job.status, *(each.status for each in job.trials)] == ["Failed"] * 4
