"""The stream `scopes`: how complete each account and region is, and as of when."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from tap_sagemaker_tuning.aws.errors import code, explain
from tap_sagemaker_tuning.exceptions import NotReadError
from tap_sagemaker_tuning.replication.bookmarks import contexts
from tap_sagemaker_tuning.replication.completeness import Completeness
from tap_sagemaker_tuning.streams.base import TapStream
from tap_sagemaker_tuning.sync.results import ScopeResult
from tap_sagemaker_tuning.sync.run import now

if sys.version_info >= (3, 12):
    from typing import override
else:
    from typing_extensions import override

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tap_sagemaker_tuning.aws.client import Client
    from tap_sagemaker_tuning.replication.state import Entry, Filters
    from tap_sagemaker_tuning.sync.run import Run
    from tap_sagemaker_tuning.values import Record

Verdict = tuple[str, Exception | None]
"""How a scope ended (complete, incomplete or failed), and the error that it had."""

_NOT_SELECTED = (
    "Nothing was read: no selected stream reads this account and region. Select "
    "tuning_jobs or training_job_summaries"
)
_NOT_IN_THE_SETTINGS = (
    "Nothing was read: the state knows this account and region, and they are not in "
    "the settings. Check regions, assume_roles and whose the credentials are"
)


class Scopes(TapStream):
    """Every account and region of the settings, and of the state: a row at each sync.

    It is read last, since it tells of all other streams. Its state holds until when
    each of them was read to its end; a row tells the earliest of those selected.
    """

    name = "scopes"
    primary_keys = ("account_id", "region")

    @classmethod
    @override
    def check_state(cls, entry: Entry, filters: Filters) -> None:
        Completeness.from_json(entry, filters)

    @override
    def read(self) -> Iterator[Record]:
        """Give a row per scope, also for one that failed or was never reached."""
        run = self.host.run
        for client in run.clients:
            as_of = self._complete_as_of(run, client)
            verdict, result = _verdict(run, client), run.results[client]
            yield record_of(client.scope.context, result, verdict, as_of, client)
        yield from self._left_out(run)
        self.write_state()

    def _complete_as_of(self, run: Run, client: Client) -> str | None:
        """Take into the state what was read to its end, and say until when all was."""
        result, context = run.results[client], client.scope.context
        known = Completeness.from_json(self.saved(context), run.filters)
        if result.began and not run.failures_of(client):
            whole = [stream.name for stream in run.streams if not stream.is_capped]
            known.note(whole, result.began)
        as_of = known.as_of(stream.name for stream in run.streams)
        self.save(context, known.to_json(as_of))
        return as_of

    def _left_out(self, run: Run) -> Iterator[Record]:
        """Give rows of the scopes that the state knows and the run does not."""
        error: Exception = NotReadError(_NOT_IN_THE_SETTINGS)
        if not run.clients:
            error = run.failures[0].error
        read = [client.scope.context for client in run.clients]
        for context in contexts(self.tap_state):
            if context not in read:
                known = Completeness.from_json(self.saved(context), run.filters)
                as_of = known.as_of(stream.name for stream in run.streams)
                result, verdict = ScopeResult(now()), ("failed", error)
                yield record_of(context, result, verdict, as_of, None)


def _verdict(run: Run, client: Client) -> Verdict:
    """Say how a scope ended, and why: its own error before a tuning job's."""
    status, failures = run.status_of(client), run.failures_of(client)
    if status == "not read":
        return "failed", NotReadError(_NOT_SELECTED)
    whole = [failure for failure in failures if failure.tuning_job is None]
    errors = [failure.error for failure in [*whole, *failures]]
    return status, next(iter(errors), None)


def record_of(
    context: Mapping[str, str],
    result: ScopeResult,
    verdict: Verdict,
    as_of: str | None,
    client: Client | None,
) -> Record:
    """Make the row of a scope.

    Args:
        context: Its `account_id` and `region`.
        result: What the run came to in it.
        verdict: Its status, and the error to tell of.
        as_of: Until when its tables are complete; None: they never were.
        client: Its client; None: it was not opened.
    """
    status, error = verdict
    return {
        **context,
        "status": status,
        "complete_as_of": as_of,
        "started_at": result.started_at,
        "ended_at": result.ended_at or now(),
        "error": error and explain(error),
        "error_code": error and (code(error) or type(error).__name__),
        "tuning_jobs_listed": result.listed,
        "tuning_jobs_read": result.read,
        "tuning_jobs_open": len(result.open),
        "tuning_jobs_failed": len(result.failed | result.unlisted),
        "trials_read": result.trials_read,
        "calls": client.calls if client else 0,
        "throttled_calls": client.throttled if client else 0,
    }
