"""The queries of `analysis/`, and what they must answer, from the emulator's truth."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime
from typing import TYPE_CHECKING, Any

from demo import queries
from tests.targets.environments import CHECKOUT

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tests.targets.columns import Row
    from tests.targets.expected import Tables

FOLDER = CHECKOUT / "analysis"
METRIC = "final_hyper_parameter_tuning_job_objective_metric"
FINAL = ("Completed", "Failed", "Stopped")


def query(name: str, warehouse: str, **parameters: str) -> str:
    """The text for a warehouse, with other parameters at its top.

    Args:
        name: The file's.
        warehouse: Its own folder comes before what serves all.
        **parameters: SQL by the parameter's name.
    """
    own = FOLDER / warehouse / f"{name}.sql"
    file = own if own.exists() else FOLDER / f"{name}.sql"
    return queries.filled(file.read_text("utf-8"), **parameters)


def leaderboard(tables: Tables, sign: int, places: int) -> list[list[Any]]:
    """Tuning job, place, trial, metric and two hyperparameters."""
    return [
        [
            trial["tuning_job_name"],
            place,
            trial["training_job_name"],
            trial[METRIC]["value"],
            _bare(trial, "learning-rate"),
            _bare(trial, "order"),
        ]
        for of_job in _rated(tables)
        for place, trial in enumerate(
            sorted(
                of_job,
                key=lambda t: (
                    -sign * t[METRIC]["value"],
                    t["creation_time"],
                    t["training_job_name"],
                ),
            )[:places],
            start=1,
        )
    ]


def best_so_far(tables: Tables, sign: int, tuning_job: str) -> list[list[Any]]:
    """Trial number, trial, metric and the best up to it, of one tuning job."""
    (of_job,) = [
        each for each in _rated(tables) if each[0]["tuning_job_name"] == tuning_job
    ]
    ended = sorted(
        of_job, key=lambda t: (t["training_end_time"], t["training_job_name"])
    )
    values = [sign * trial[METRIC]["value"] for trial in ended]
    return [
        [
            number,
            trial["training_job_name"],
            trial[METRIC]["value"],
            sign * max(values[:number]),
        ]
        for number, trial in enumerate(ended, start=1)
    ]


def failures(tables: Tables) -> dict[str, int]:
    """How many trials failed for a reason."""
    counted: defaultdict[str, int] = defaultdict(int)
    for trial in _trials(tables):
        if trial["training_job_status"] == "Failed":
            lines = trial["failure_reason"].split("\n")
            said = next(line for line in lines if line.startswith("ErrorMessage "))
            counted[said.removeprefix("ErrorMessage ")] += 1
    return dict(counted)


def time_spent(tables: Tables) -> dict[str, list[float]]:
    """By tuning job: trials, and seconds in all, failed, stopped with and without."""
    spent: defaultdict[str, list[float]] = defaultdict(lambda: [0, 0, 0, 0, 0])
    for trial in _trials(tables):
        if trial["training_start_time"] and trial["training_end_time"]:
            end, start = (trial[f"training_{of}_time"] for of in ("end", "start"))
            took = datetime.fromisoformat(end) - datetime.fromisoformat(start)
            stopped = trial["training_job_status"] == "Stopped"
            rated = trial["objective_status"] == "Succeeded"
            kinds = (
                True,
                trial["training_job_status"] == "Failed",
                stopped and rated,
                stopped and not rated,
            )
            of_job = spent[trial["tuning_job_name"]]
            of_job[0] += 1
            for index, counts in enumerate(kinds, start=1):
                of_job[index] += took.total_seconds() * counts
    return dict(spent)


def freshness(tables: Tables, now: str) -> dict[str, list[Any]]:
    """By tuning job: trials not final, the oldest's creation, and its age."""
    jobs = tables["tuning_jobs"]
    waiting: defaultdict[str, list[str]] = defaultdict(list)
    for trial in _trials(tables):
        ended = jobs[trial["tuning_job_arn"]]["tuning_end_time"] is not None
        objective = trial["objective_status"] or ("Ended" if ended else "Pending")
        if trial["training_job_status"] not in FINAL or objective == "Pending":
            waiting[trial["tuning_job_name"]].append(trial["creation_time"])
    moment = datetime.fromisoformat(now)
    return {
        name: [
            len(times),
            min(times),
            (moment - datetime.fromisoformat(min(times))).total_seconds() // 60,
        ]
        for name, times in waiting.items()
    }


def _trials(tables: Tables) -> Iterable[Row]:
    return tables["training_job_summaries"].values()


def _rated(tables: Tables) -> list[list[Row]]:
    """Trials with a finite metric, by tuning job, in the order of the jobs' names."""
    by_job: defaultdict[str, list[Row]] = defaultdict(list)
    for trial in _trials(tables):
        if trial[METRIC] is not None and trial[METRIC]["value"] is not None:
            by_job[trial["tuning_job_name"]].append(trial)
    return [by_job[name] for name in sorted(by_job)]


def _bare(trial: Row, name: str) -> str | None:
    value = trial["tuned_hyper_parameters"].get(name)
    return None if value is None else value.strip('"')
