"""The content of the page, as the JSON object that its script reads."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING

from sagemaker_tuning_report import fleet
from sagemaker_tuning_report.console import console
from sagemaker_tuning_report.days import days
from sagemaker_tuning_report.failures import failures
from sagemaker_tuning_report.findings import findings
from sagemaker_tuning_report.tuning_job import Details
from sagemaker_tuning_report.warehouse import UnusableError

if TYPE_CHECKING:
    from sagemaker_tuning_report.warehouse import Row, Warehouse

MOST_FAILURES = 500
"""The most rows of failures that the page includes."""


def content(
    warehouse: Warehouse,
    *,
    most_trials: int,
    name: str | None = None,
    made: int | None = None,
) -> Row:
    """Read what the page shows.

    Args:
        warehouse: The warehouse with the models.
        most_trials: The most trials to include, from the newest tuning jobs first.
        name: Include only tuning jobs with this name, ignoring case.
        made: When the page is made, in milliseconds since 1970; None to leave it out.

    Raises:
        UnusableError: No tuning job has that name.
    """
    scopes = fleet.scopes(warehouse)
    every = _named(fleet.tuning_jobs(warehouse), name)
    jobs = every[: fleet.MOST_TUNING_JOBS]
    carried = _carried(jobs, most_trials)
    details = Details(warehouse, carried)
    # By SageMaker's clock, like the times of trials. The end of a sync is by the tap's.
    as_of = {
        (scope["account"], scope["region"]): scope["complete_as_of"] for scope in scopes
    }
    for job in carried:
        job["view"] = details.view(job, as_of.get((job["account"], job["region"])))
    listed = {job["key"] for job in jobs}
    failed = failures(warehouse, listed)
    machines = fleet.machines(warehouse, listed)
    first = findings(scopes, jobs, machines, failed)
    for job in jobs:
        for column in fleet.ONLY_FOR_FINDINGS:
            del job[column]
    return {
        "made": made,
        "missing": warehouse.missing,
        "only": name,
        "scopes": scopes,
        "jobs": jobs,
        "unlisted": len(every) - len(jobs),
        "failures": failed[:MOST_FAILURES],
        "other_failures": sum(row["trials"] for row in failed[MOST_FAILURES:]),
        # The model of days does not distinguish tuning jobs.
        "days": days(warehouse) if name is None else [],
        "machines": machines,
        "findings": first,
        "consoles": {job["region"]: console(job["region"]) for job in jobs},
    }


def _named(jobs: list[Row], name: str | None) -> list[Row]:
    """Return the tuning jobs with a name; None for all."""
    if name is None:
        return jobs
    named = [job for job in jobs if job["name"].lower() == name.lower()]
    if not named:
        names = sorted({job["name"] for job in jobs})
        near = get_close_matches(name, names, n=3)
        hint = (
            f"did you mean {' or '.join(near)}?"
            if near
            else f"it has {len(names)}, none similar"
        )
        message = f"the warehouse has no tuning job {name}: {hint}"
        raise UnusableError(message)
    return named


def _carried(jobs: list[Row], most_trials: int) -> list[Row]:
    """Return the newest tuning jobs within the limit on trials, but at least one."""
    carried: list[Row] = []
    trials = 0
    for job in jobs:
        trials += job["trials"]
        if carried and trials > most_trials:
            break
        carried.append(job)
    return carried
