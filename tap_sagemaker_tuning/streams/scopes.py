"""The stream `scopes`: how complete each account and region is, and as of when."""

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
    "Nothing was read: the state knows this account and region, and they are not in "
    "the settings. Check regions, assume_roles and whose the credentials are"
)
_LEFT = "left"
"""In the state: the account, or the region of it, was not listed any more."""

_COUNTS = (
    "tuning_jobs_listed",
    "tuning_jobs_read",
    "tuning_jobs_open",
    "tuning_jobs_failed",
    "trials_read",
    "calls",
    "throttled_calls",
)


class Scopes(TapStream):
    """Every account and region of the settings, and of the state: a row at each sync.

    It is read last, since it reports on all other streams. Its state holds until when
    each of them was read to its end; a row tells the earliest of those selected.
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
        """Give a row per scope, also for one that failed or was never reached."""
        run = self.host.run
        for scope in run.scopes:
            yield record_of(scope, self._complete_as_of(scope))
        yield from self._left_out(run)
        self.write_state()

    def _complete_as_of(self, scope: ScopeRun) -> str | None:
        """Take into the state what was read to its end, and say until when all was."""
        run, context = self.host.run, scope.scope.context
        known = Completeness.from_json(self.saved(context), run.filters)
        if scope.began:
            known.note(scope.whole, scope.began)
        as_of = known.as_of(reader.name for reader in run.readers)
        self.save(context, known.to_json(as_of))
        return as_of

    def _left_out(self, run: Run) -> Iterator[Record]:
        """Give rows of the scopes that the state knows and the run does not.

        One that has left the organization, or is not enabled any more, keeps its last
        row.
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
                continue  # it had left before; since then its listing has failed
            known = Completeness.from_json(entry, run.filters)
            as_of = known.as_of(reader.name for reader in run.readers)
            error = failure.error if failure else NotReadError(_NOT_IN_THE_SETTINGS)
            yield left_out(context, as_of, run.started_at, error)


def record_of(scope: ScopeRun, as_of: str | None) -> Record:
    """Make the row of a scope that the sync has read, or tried to.

    Args:
        scope: What became of it.
        as_of: Until when its tables are complete; None: they never were.
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
        "trials_read": scope.trials_read,
        "calls": scope.client.calls,
        "throttled_calls": scope.client.throttled,
    }


def left_out(
    context: Mapping[str, str], as_of: str | None, started_at: str, error: Exception
) -> Record:
    """Make the row of a scope that the state knows, and the sync did not reach."""
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
    """Describe an error, if there is one."""
    if error is None:
        return {"error": None, "error_code": None}
    error_code = code(error) or type(error).__name__
    return {"error": explain(error), "error_code": error_code}
