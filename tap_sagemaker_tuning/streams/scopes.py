"""The stream `scopes`: how complete the data of each scope is, and as of when."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from typing_extensions import override

from tap_sagemaker_tuning.aws.errors import code_or_kind, explain
from tap_sagemaker_tuning.aws.scope import Scope
from tap_sagemaker_tuning.exceptions import NotReadError
from tap_sagemaker_tuning.replication.bookmarks import contexts
from tap_sagemaker_tuning.replication.completeness import Completeness
from tap_sagemaker_tuning.streams.base import TapStream
from tap_sagemaker_tuning.sync.failures import some_of
from tap_sagemaker_tuning.sync.scope_run import now

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from singer_sdk.helpers.types import Context

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
_LEFT = (
    "Nothing was read: the account has left the organization or its chosen units, or "
    "is excluded, or the region is no longer enabled in it"
)
_NOBODY_STAYED = (
    "organization: none of the accounts in the state are among its accounts to read. "
    "Check whose credentials are used, list_role_arn, organizational_units and "
    "exclude_accounts"
)
_REMOVED = "left"
"""The member of the state that marks a scope as out of reach, once that is logged."""

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
    def get_records(self, context: Context | None) -> Iterator[Record]:
        """Yield one row per scope, including scopes that failed or were not reached."""
        run = self.host.run
        before = {account_id for account_id, _ in self._places}  # of earlier syncs
        for scope in run.scopes:
            yield record_of(scope, self._complete_as_of(scope))
        yield from self._left_out(run, before)
        self.write_state()

    def _complete_as_of(self, scope: ScopeRun) -> str | None:
        """Update a scope's state; returns how far all selected streams are complete."""
        run, context = self.host.run, scope.scope.context
        known = Completeness.from_json(self.saved(context), run.filters)
        if scope.began:
            whole = [reader for reader in run.readers if reader.name in scope.whole]
            known.note({reader.name: reader.lateness for reader in whole}, scope.began)
        as_of = known.as_of(reader.name for reader in run.readers)
        self.save(context, known.to_json(as_of))
        return as_of

    def _left_out(self, run: Run, before: Collection[str]) -> Iterator[Record]:
        """Yield rows for scopes in the state, or undecided, that are not in the run.

        A scope that the settings no longer reach is removed, and logged once. It stays
        so while a failure hides what there is to read.
        """
        read = {scope.scope for scope in run.scopes}
        removed: dict[str, list[Scope]] = {}  # those not logged yet, by reason
        known = {Scope(**context) for context in contexts(self.tap_state)}
        for scope in sorted(known | run.discovered.undecided.keys()):
            if scope in read:
                continue
            entry = self.saved(scope.context)
            completeness = Completeness.from_json(entry, run.filters)
            as_of = completeness.as_of(reader.name for reader in run.readers)
            error = run.discovered.error_in(scope)
            if error and _REMOVED not in entry:
                yield left_out(scope, "failed", as_of, run.started_at, error)
                continue
            has_left = run.discovered.has_left(scope.account_id)
            reason = _LEFT if has_left else _NOT_IN_THE_SETTINGS
            if _REMOVED not in entry:
                removed.setdefault(reason, []).append(scope)
                self.save(scope.context, {**entry, _REMOVED: 1})
            run.removed += 1
            error = NotReadError(reason)
            yield left_out(scope, "removed", as_of, run.started_at, error)
        self._log_removed(removed)
        if removed and before and run.discovered.has_none_of(before):
            self.logger.warning(_NOBODY_STAYED)

    def _log_removed(self, removed: Mapping[str, Sequence[Scope]]) -> None:
        """Log scopes that the settings no longer reach, in one line per reason."""
        for reason, scopes in removed.items():
            # An organization is expected to change; the settings may be mistaken.
            level = logging.INFO if reason == _LEFT else logging.WARNING
            self.logger.log(level, "%s: %s", some_of([*map(str, scopes)]), reason)


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
    scope: Scope, status: str, as_of: str | None, started_at: str, error: Exception
) -> Record:
    """Make the row of a scope that is in the state but was not reached.

    Args:
        scope: The scope.
        status: `failed` or `removed`.
        as_of: The time up to which its tables are complete; None if they never were.
        started_at: When the run started.
        error: Why the scope was not reached.

    Returns:
        A record of the stream `scopes`.
    """
    return {
        **scope.context,
        "status": status,
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
    return {"error": explain(error), "error_code": code_or_kind(error)}
