"""What a run came to in a scope, in numbers."""

from __future__ import annotations

from tap_sagemaker_tuning.sync.results import ScopeResult


def result() -> ScopeResult:
    """What there is at the beginning."""
    return ScopeResult("2026-03-02T09:00:00.000Z")


def test_nothing() -> None:
    """Nothing was read yet."""
    assert (result().read, result().trials_read) == (0, 0)


def test_streams_that_visit_others() -> None:
    """Streams may visit other tuning jobs each: those that one could not read are not
    taken off those that another did."""
    found = result()
    found.visited |= {"Churn-1", "Churn-2", "Churn-3"}
    found.failed |= {"churn-1", "churn-3"}
    assert found.read == 1


def test_trials() -> None:
    """Streams read the same trials: they do not add up."""
    found = result()
    found.trials.update({"training_job_summaries": 12, "training_job_details": 9})
    assert found.trials_read == 12
