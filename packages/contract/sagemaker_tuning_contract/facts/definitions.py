"""Facts about descriptions of tuning jobs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sagemaker_tuning_contract.exchanges import JOB, TRIAL
from sagemaker_tuning_contract.fact import MODEL, READ, RECORDED, Calls, fact
from sagemaker_tuning_contract.facts.values import METRIC, has_ended, metric

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sagemaker_tuning_contract.exchanges import Recording


@fact(
    42,
    "A tuning job has either TrainingJobDefinition or TrainingJobDefinitions, each of "
    "them named. Objective and ranges are in the config in the first case, and in "
    "each definition in the second.",
    source=RECORDED,
    needs={Calls.JOBS, Calls.TRIALS},
    breaks="Objective, direction and ranges would be null, and so would places, "
    "importance and next ranges in the models.",
)
def definitions(seen: Recording) -> Iterator[bool]:
    """Each description."""
    for answer, _, _ in seen.described_jobs:
        several = answer.get("TrainingJobDefinitions")
        config = answer["HyperParameterTuningJobConfig"]
        if several:
            for each in several:
                objective = each["TuningObjective"]
                yield {"DefinitionName", "HyperParameterRanges"} <= each.keys()
                yield objective["Type"] in {"Maximize", "Minimize"}
            yield "TrainingJobDefinition" not in answer
        elif not answer.get("Autotune"):
            objective = config["HyperParameterTuningJobObjective"]
            yield "TrainingJobDefinition" in answer and "ParameterRanges" in config
            yield objective["Type"] in {"Maximize", "Minimize"}


@fact(
    43,
    "If a tuning job has several definitions, each trial names its own.",
    source=READ,
    needs={Calls.JOBS, Calls.TRIALS},
    breaks="Trials could not be joined to their objective and their ranges.",
)
def definition_names(seen: Recording) -> Iterator[bool]:
    """Each trial of such tuning jobs."""
    several = {
        answer[JOB].lower(): {
            each["DefinitionName"] for each in answer["TrainingJobDefinitions"]
        }
        for answer, _, _ in seen.described_jobs
        if answer.get("TrainingJobDefinitions")
    }
    for item, _, trials in seen.whole_jobs:
        if names := several.get(item[JOB].lower()):
            for trial in trials:
                yield trial.get("TrainingJobDefinitionName") in names


@fact(
    44,
    "BestTrainingJob is one of the tuning job's trials, with the same metric as in the "
    "listing and without TuningJobName. An ended tuning job has one if any of its "
    "trials has a metric.",
    source=READ,
    needs={Calls.JOBS, Calls.TRIALS},
    breaks="best_training_job_name could differ from the best trial on the "
    "leaderboard: the models rank by the trials' own metrics.",
)
def best(seen: Recording) -> Iterator[bool]:
    """Each description of an ended tuning job."""
    whole = {item[JOB].lower(): trials for item, _, trials in seen.whole_jobs}
    for answer, summary, _ in seen.described_jobs:
        winner = answer.get("BestTrainingJob")
        trials = whole.get(summary[JOB].lower())
        if trials is None or not has_ended(summary):
            continue
        values = [metric(each[METRIC])[1] for each in trials if METRIC in each]
        if any(value is not None for value in values):
            yield bool(winner)
        if not winner:
            continue
        yield "TuningJobName" not in winner
        own = [trial for trial in trials if trial[TRIAL] == winner[TRIAL]]
        yield [metric(each[METRIC]) for each in own] == [metric(winner[METRIC])]


_IN_DEFINITION = {
    "AlgorithmSpecification",
    "OutputDataConfig",
    "RoleArn",
    "StoppingCondition",
}
_RESOURCES = {"ResourceConfig", "HyperParameterTuningResourceConfig"}


@fact(
    85,
    "Each definition has an algorithm, an output, a role, a stopping condition and "
    "resources.",
    source=MODEL,
    needs={Calls.JOBS, Calls.TRIALS},
    breaks="Columns of tuning_job_details would be null.",
)
def in_definitions(seen: Recording) -> Iterator[bool]:
    """Each definition of each description."""
    for answer, _, _ in seen.described_jobs:
        several = answer.get("TrainingJobDefinitions")
        for each in several or [answer.get("TrainingJobDefinition", {})]:
            yield each.keys() >= _IN_DEFINITION
            yield bool(each.keys() & _RESOURCES)


@fact(
    87,
    "OverallBestTrainingJob of a warm-started tuning job has TuningJobName.",
    source=RECORDED,
    needs={Calls.JOBS, Calls.TRIALS},
    breaks="Nothing is lost: overall_best_training_job_name needs only the trial's "
    "name.",
)
def overall_best(seen: Recording) -> Iterator[bool]:
    """Each description that has one."""
    for answer, _, _ in seen.described_jobs:
        if winner := answer.get("OverallBestTrainingJob"):
            yield "TuningJobName" in winner
