"""Reports what was not read, and why, to the person who runs the tap."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from tap_sagemaker_tuning.aws.errors import code, explain
from tap_sagemaker_tuning.exceptions import TapError, UnreadableError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tap_sagemaker_tuning.aws.scope import Scope

_MOST_NAMES = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """What was not read, and why.

    Attributes:
        scope: The account and region; None: no scope was known yet.
        tuning_job: The tuning job that was not read; None: the whole scope.
        error: The exception.
        account_id: The account, if only that is known.
    """

    scope: Scope | None
    tuning_job: str | None
    error: Exception
    account_id: str | None = None

    @property
    def reason(self) -> str:
        """The error and what to do about it, in one line."""
        return explain(self.error)

    @property
    def cause(self) -> str:
        """A text that failures with the same cause share, in any scope and request."""
        if isinstance(self.error, ClientError):
            return f"{self.error.operation_name}: {code(self.error)}"
        kind = type(self.error).__name__
        # Messages of botocore's errors name the endpoint, which differs by region.
        return f"{kind}: {self.error}" if isinstance(self.error, TapError) else kind

    @property
    def what(self) -> str:
        """The tuning job, with the parts that were not read in parentheses."""
        return " ".join([str(self.tuning_job), *(f"({n})" for n in self._notes)])

    @property
    def _notes(self) -> list[str]:
        """The parts of the tuning job that were not read: the exception's notes."""
        return getattr(self.error, "__notes__", [])

    @property
    def key(self) -> tuple[Scope | None, str | None, str]:
        """A key that duplicate failures share, so that each is reported once.

        Two streams may describe the same unreadable item in different words.
        """
        is_odd = isinstance(self.error, UnreadableError)
        return self.scope, self.tuning_job, "odd" if is_odd else self.cause

    def __str__(self) -> str:
        """Say where, then why."""
        where = [str(self.scope)] if self.scope else []
        if self.account_id:
            where = [f"account {self.account_id}"]
        if self.tuning_job:
            where.append(f"tuning job {self.tuning_job}")
        what = [*self._notes, self.reason]
        return ": ".join([", ".join(where), *what] if where else what)


def report(failures: Sequence[Failure], scopes: int) -> list[str]:
    """Summarize failures, one line per cause and place, sorted by place.

    Args:
        failures: What was not read.
        scopes: How many scopes the sync has.

    Returns:
        The lines. One cause in several regions of an account, or in several tuning jobs
        of a scope, takes one line.
    """
    whole = [failure for failure in failures if failure.tuning_job is None]
    parts = [failure for failure in failures if failure.tuning_job is not None]
    causes = {failure.cause for failure in failures}
    places = scopes + sum(failure.account_id is not None for failure in whole)
    is_all = places > 1 and len(whole) == len(failures) == places
    have_place = all(failure.scope or failure.account_id for failure in whole)
    if is_all and have_place and len(causes) == 1:
        what = "accounts and regions" if scopes else "accounts"
        return [f"all {places} {what}: {failures[0].reason}"]
    return [
        *(_of_scopes(group) for group in _grouped(whole, by_account=True)),
        *(_of_tuning_jobs(group) for group in _grouped(parts, by_account=False)),
    ]


def _grouped(failures: Sequence[Failure], *, by_account: bool) -> list[list[Failure]]:
    """Group failures by cause and account, or by cause and scope."""

    def key(failure: Failure) -> tuple[str, str, str]:
        scope = failure.scope
        if scope is None:
            return failure.account_id or "", "", failure.cause
        return scope.account_id, "" if by_account else scope.region, failure.cause

    groups: dict[tuple[str, str, str], list[Failure]] = {}
    for failure in failures:
        groups.setdefault(key(failure), []).append(failure)
    return [groups[key] for key in sorted(groups)]


def _of_scopes(failures: Sequence[Failure]) -> str:
    first = failures[0]
    if first.scope is None or len(failures) == 1:
        return str(first)
    regions = sorted(failure.scope.region for failure in failures if failure.scope)
    return f"account {first.scope.account_id}, {', '.join(regions)}: {first.reason}"


def _of_tuning_jobs(failures: Sequence[Failure]) -> str:
    first = failures[0]
    if len(failures) == 1:
        return str(first)
    shown = some_of(sorted(failure.what for failure in failures))
    return f"{first.scope}, {len(failures)} tuning jobs ({shown}): {first.reason}"


def some_of(names: Sequence[str]) -> str:
    """List the first five names, and count the rest."""
    shown = ", ".join(names[:_MOST_NAMES])
    more = len(names) - _MOST_NAMES
    return f"{shown} and {more} more" if more > 0 else shown


def forget_frames(error: BaseException | None) -> None:
    """Drop an error's tracebacks, whose frames hold a page of trials or more."""
    while error is not None:
        error.__traceback__ = None
        error = error.__cause__ or error.__context__
