"""Short ways to write plans, states, listings and tallies."""

from __future__ import annotations

from typing import Any

from tap_sagemaker_tuning.replication.listing import ListedJob, Listing
from tap_sagemaker_tuning.replication.plan import Plan
from tap_sagemaker_tuning.replication.state import Filters, OpenJob, ScopeState
from tap_sagemaker_tuning.replication.tally import Tally
from tests.laws.service import at

MINUTE, HOUR, DAY, WEEK = 60, 3600, 86_400, 7 * 86_400
END = HOUR
RUNS: dict[str, Any] = {"status": "InProgress", "end": None}


def job(  # noqa: PLR0913 - a tuning job has that many members
    name: str = "job",
    created: float = 0,
    *,
    seen: float = 2 * HOUR,
    status: str | None = "Completed",
    end: float | None = END,
    counted: dict[str, int] | None = None,
    arn: str | None = None,
) -> ListedJob:
    """A tuning job as a listing page shows it."""
    members = {
        "HyperParameterTuningJobStatus": status,
        "HyperParameterTuningEndTime": None if end is None else at(end),
        "TrainingJobStatusCounters": counted,
        "HyperParameterTuningJobArn": arn,
    }
    summary = {name: value for name, value in members.items() if value is not None}
    key = {"HyperParameterTuningJobName": name, "CreationTime": at(created)}
    return ListedJob.of({**key, **summary}, at(seen))


def tally(of: ListedJob, *created: int, running: tuple[int, ...] = ()) -> Tally:
    """The tally of final trials created at these times, and of others still running."""
    counts = Tally(of.summary)
    for when in (*created, *running):
        status = "InProgress" if when in running else "Completed"
        counts.add(
            {
                "TrainingJobName": f"trial-{when}",
                "CreationTime": at(when),
                "TrainingJobStatus": status,
                "ObjectiveStatus": "Succeeded",
            }
        )
    return counts


def state(*known: OpenJob, mark: float | None = 0, **filters: Any) -> ScopeState:
    """A state in which these tuning jobs are open."""
    return ScopeState(
        filters=Filters(**filters),
        high_water_mark=None if mark is None else at(mark),
        open={each.name.lower(): each for each in known},
    )


def known(name: str = "job", created: float = 0, **more: Any) -> OpenJob:
    """An open tuning job; times in seconds."""
    times = {"since", "ended", "failed", "asked"}
    members: dict[str, Any] = {
        part: at(value) if part in times else value for part, value in more.items()
    }
    return OpenJob(name=name, created=at(created), **members)


def plan_of(
    before: ScopeState, *, of_trials: bool = True, filters: Filters | None = None
) -> Plan:
    """A plan from this state, by default with the state's own filters."""
    return Plan(before, filters or before.filters, of_trials=of_trials)


def listing_of(*jobs: ListedJob, **more: Any) -> Listing:
    """A listing that shows these tuning jobs."""
    listing = Listing()
    listing.add(jobs)
    listing.began = at(more.pop("began", 0))
    for name, value in more.items():
        setattr(listing, name, value)
    return listing
