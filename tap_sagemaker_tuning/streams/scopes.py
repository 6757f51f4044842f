"""The stream `scopes`: how complete the data of each scope is, and as of when."""

from __future__ import annotations

from typing import TYPE_CHECKING

from typing_extensions import override

from tap_sagemaker_tuning.aws.errors import code, explain
from tap_sagemaker_tuning.exceptions import NotReadError
from tap_sagemaker_tuning.replication.bookmarks import contexts
from tap_sagemaker_tuning.replication.completeness import Completeness
from tap_sagemaker_tuning.streams.base import TapStream
from tap_sagemaker_tuning.sync.scope_run import now

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tap_sagemaker_tuning.replication.state import Entry, Filters
    from tap_sagemaker_tuning.sync.run import Run
    from tap_sagemaker_tuning.sync.scope_run import ScopeRun
    from tap_sagemaker_tuning.values import Record


_NOT_SELECTED = (
    "Nothing was read: no selected stream reads this account and region. Select "
    "tuning_jobs or training_job_summaries"
)
_NOT_IN_THE_SETTINGS = (
    "Nothing was read: this account and region are in the state, but not in the "
    "settings. Check regions, assume_roles, and whose credentials are used"
)
_LEFT = "left"
"""The member of the state that marks an account or region as no longer listed."""

_COUNTS = (
    "tuning_jobs_listed",
    "tuning_jobs_read",
    "tuning_jobs_open",
    "tuning_jobs_failed",
    "tuning_jobs_denied",
    "trials_read",
    "calls",
    "throttled_calls",
)


class Scopes(TapStream):
    """One row per scope in the settings or the state, rewritten by each sync.

    It is read last, since it reports on all other streams. Its state holds how far
    each of them is complete; a row shows the earliest time among the selected ones.
    """

    name = "scopes"
    is_read_last = True
    primary_keys = ("account_id", "region")

    @classmethod
    @override
    def check_state(cls, entry: Entry, filters: Filters) -> None:
        Completeness.from_json(entry, filters)

    @override
    def read(self) -> Iterator[Record]:
        """Yield one row per scope, including scopes that failed or were not reached."""
        run = self.host.run
        for scope in run.scopes:
            yield record_of(scope, self._complete_as_of(scope))
        yield from self._left_out(run)
        self.write_state()

    def _complete_as_of(self, scope: ScopeRun) -> str | None:
        """Update a scope's state; returns how far all selected streams are complete."""
        run, context = self.host.run, scope.scope.context
        known = Completeness.from_json(self.saved(context), run.filters)
        if scope.began:
            known.note(scope.whole, scope.began)
        as_of = known.as_of(reader.name for reader in run.readers)
        self.save(context, known.to_json(as_of))
        return as_of

    def _left_out(self, run: Run) -> Iterator[Record]:
        """Yield rows for scopes that are in the state but not in the run.

        A scope gets no row if its account left the organization or its region is no
        longer enabled: its last row stays in the table.
        """
        read = {(of.scope.account_id, of.scope.region) for of in run.scopes}
        for context in contexts(self.tap_state):
            account_id = context["account_id"]
            if (account_id, context["region"]) in read:
                continue
            failure = run.discovered.failure_in(account_id)
            entry = self.saved(context)
            if failure is None and run.discovered.has_left(account_id):
                self.save(context, {**entry, _LEFT: 1})
                continue
            if failure and _LEFT in entry:
                continue  # it left earlier, and now the listing itself has failed
            known = Completeness.from_json(entry, run.filters)
            as_of = known.as_of(reader.name for reader in run.readers)
            error = failure.error if failure else NotReadError(_NOT_IN_THE_SETTINGS)
            yield left_out(context, as_of, run.started_at, error)


def record_of(scope: ScopeRun, as_of: str | None) -> Record:
    """Make the row of a scope that the sync read or tried to read.

    Args:
        scope: The scope's part of the run.
        as_of: The time up to which its tables are complete; None if they never were.

    Returns:
        A record of the stream `scopes`.
    """
    failures = [*scope.failures.values()]
    whole = [failure for failure in failures if failure.tuning_job is None]
    errors = [failure.error for failure in [*whole, *failures]]
    if scope.status == "not read":
        errors = [NotReadError(_NOT_SELECTED)]
    return {
        **scope.scope.context,
        "status": "failed" if scope.status == "not read" else scope.status,
        "complete_as_of": as_of,
        "started_at": scope.started_at,
        "ended_at": scope.ended_at or now(),
        **_told(errors[0] if errors else None),
        "tuning_jobs_listed": scope.listed,
        "tuning_jobs_read": scope.counts.read,
        "tuning_jobs_open": scope.counts.open,
        "tuning_jobs_failed": scope.counts.failed,
        "tuning_jobs_denied": scope.counts.denied,
        "trials_read": scope.trials_read,
        "calls": scope.client.calls,
        "throttled_calls": scope.client.throttled,
    }


def left_out(
    context: Mapping[str, str], as_of: str | None, started_at: str, error: Exception
) -> Record:
    """Make the row of a scope that is in the state but was not reached.

    Args:
        context: The scope, as in the state: `account_id` and `region`.
        as_of: The time up to which its tables are complete; None if they never were.
        started_at: When the run started.
        error: Why the scope was not reached.

    Returns:
        A record of the stream `scopes`.
    """
    return {
        **context,
        "status": "failed",
        "complete_as_of": as_of,
        "started_at": started_at,
        "ended_at": now(),
        **_told(error),
        **dict.fromkeys(_COUNTS, 0),
    }


def _told(error: Exception | None) -> Record:
    """Make the columns that describe an error; null if there is none."""
    if error is None:
        return {"error": None, "error_code": None}
    error_code = code(error) or type(error).__name__
    return {"error": explain(error), "error_code": error_code}
