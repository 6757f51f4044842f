"""The stream `scopes`: how complete each account and region is, and as of when."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from tap_sagemaker_tuning.aws.errors import code, explain
from tap_sagemaker_tuning.replication.completeness import Completeness
from tap_sagemaker_tuning.streams.base import TapStream
from tap_sagemaker_tuning.sync.run import now

if sys.version_info >= (3, 12):
    from typing import override
else:
    from typing_extensions import override

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tap_sagemaker_tuning.aws.client import Client
    from tap_sagemaker_tuning.replication.state import Entry, Filters
    from tap_sagemaker_tuning.sync.run import Run
    from tap_sagemaker_tuning.values import Record


class Scopes(TapStream):
    """Every account in every region of the settings: a row at each sync.

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
            yield record_of(run, client, as_of)
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


def record_of(run: Run, client: Client, as_of: str | None) -> Record:
    """Make the row of a scope.

    Args:
        run: The run that read it.
        client: Its client.
        as_of: Until when its tables are complete.
    """
    result, failures = run.results[client], run.failures_of(client)
    whole = [failure for failure in failures if failure.tuning_job is None]
    first = next(iter([*whole, *failures]), None)
    return {
        **client.scope.context,
        "status": "failed" if whole else "incomplete" if failures else "complete",
        "complete_as_of": as_of,
        "started_at": result.started_at,
        "ended_at": result.ended_at or now(),
        "error": first and explain(first.error),
        "error_code": first and (code(first.error) or type(first.error).__name__),
        "tuning_jobs_listed": result.listed,
        "tuning_jobs_read": result.read,
        "tuning_jobs_open": len(result.open),
        "tuning_jobs_failed": len(result.failed | result.unlisted),
        "trials_read": result.trials_read,
        "calls": client.calls,
        "throttled_calls": client.throttled,
    }
