"""A run in three lines: what was read, what it cost, and what deserves a look."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sagemaker_tuning_report.pipeline.progress import counted
from sagemaker_tuning_report.values import number, text

if TYPE_CHECKING:
    from sagemaker_tuning_report.pipeline.reading import Read
    from sagemaker_tuning_report.warehouse import Row, Warehouse

_LONGEST = 100


def summary(read: Read, warehouse: Warehouse, seconds: float) -> list[str]:
    """Say in three lines what a run was about.

    Args:
        read: What was read.
        warehouse: The open database, after the build.
        seconds: How long the run took.
    """
    return [
        f"Read: {_was_read(warehouse.read('scopes'), warehouse)}",
        f"Cost: {_cost(read, seconds)}",
        f"Look at: {_look_at(warehouse)}",
    ]


def _was_read(scopes: list[Row], warehouse: Warehouse) -> str:
    scopes = [scope for scope in scopes if scope["status"] != "removed"]
    complete = sum(scope["status"] == "complete" for scope in scopes)
    jobs, trials = (
        sum(int(scope[column]) for scope in scopes)
        for column in ("tuning_jobs_read", "trials_read")
    )
    every = warehouse.read("tuning_job_summary")
    all_trials = sum(int(job["trials"] or 0) for job in every)
    return (
        f"{counted(jobs, 'tuning job')} and {counted(trials, 'trial')}, of "
        f"{len(every):,} and {all_trials:,} in all; {complete} of {len(scopes)} "
        "accounts and regions complete"
    )


def _cost(read: Read, seconds: float) -> str:
    billed = f", {counted(read.metrics, 'CloudWatch metric')}" if read.metrics else ""
    return (
        f"{counted(read.calls, 'API call')}, {read.throttled} of them throttled"
        f"{billed}; {seconds:.0f} s"
    )


def _look_at(warehouse: Warehouse) -> str:
    """The most urgent of: unread scopes, the most frequent failure, the best trial."""
    unread = [
        f"account {scope['account_id']}, {scope['region']} is {scope['status']}: "
        f"{_advice(text(scope['error']) or '')}"
        for scope in warehouse.read("scopes")
        if scope["status"] in {"failed", "incomplete"}
    ]
    if unread:
        more = f" ({len(unread) - 1} more)" if unread[1:] else ""
        return unread[0] + more
    failed = [row for row in warehouse.read("failures") if row["failure"]]
    if failed:
        worst = max(failed, key=lambda row: (row["trials"], str(row["failure"])))
        return f"{counted(worst['trials'], 'failed trial')}: {_short(worst['failure'])}"
    ranked = [job for job in warehouse.read("tuning_job_summary") if job["best_value"]]
    if ranked:
        newest = max(ranked, key=lambda job: str(job["created_at"]))
        value = number(newest["best_value"])
        return f"{newest['tuning_job_name']}, its best value {value}"
    return "nothing yet: no trial has a metric"


def _advice(error: str) -> str:
    """The last sentence of an error of the tap, which says what to do."""
    return _short(error.rpartition(". ")[2])


def _short(words: str) -> str:
    line = " ".join(words.split())
    return line if len(line) <= _LONGEST else f"{line[: _LONGEST - 1]}…"
