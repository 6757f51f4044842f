"""FULL_TABLE reads of trials, with the options of boto3's paginator."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError, PaginationError

from tap_sagemaker_tuning.aws.errors import code, explain
from tap_sagemaker_tuning.exceptions import CallError, UnreadableError

if TYPE_CHECKING:
    import logging
    from collections.abc import Iterator

    from tap_sagemaker_tuning.aws.client import Client
    from tap_sagemaker_tuning.aws.pages import Page
    from tap_sagemaker_tuning.replication.listing import ListedJob
    from tap_sagemaker_tuning.replication.plan import Visit
    from tap_sagemaker_tuning.settings import Settings

_OF_THE_TOKEN = (ClientError, PaginationError, CallError, UnreadableError)
"""Raised for a starting token that botocore cannot decode, or that AWS refuses."""

_PARTIAL_ORDERS = {"FinalObjectiveMetricValue", "Status"}
"""Sort orders that can miss trials: by metric, the service leaves out trials without
one; by status, trials move between pages during the read."""

_KNOBS = ("sort_by", "sort_order", "status_equals", "page_size")


class FullTable:
    """Reads tuning jobs' trials in FULL_TABLE, with the options of boto3's paginator.

    With one tuning job in one scope, the next sync resumes a read that `max_items`
    ended: the state keeps the token and the request that it belongs to.

    Attributes:
        is_read: Whether a tuning job was read to its end, or to `max_items`.
        has_resumed: Whether a read started at the token from the state. An earlier
            sync read the rows before it, and they may have changed since.
        resume: What the state keeps so that the next sync can resume; None if there
            is nothing to resume.
    """

    def __init__(self, settings: Settings, saved: Any, logger: logging.Logger) -> None:
        """Prepare to read.

        Args:
            settings: The settings.
            saved: `resume` from the last sync; None to read from the start.
            logger: Gets a warning if the service refuses the token, and a line with
                the token if `max_items` ends the read.
        """
        self._settings = settings
        self._saved = saved
        self._logger = logger
        self.is_read = False
        self.has_resumed = False
        self.resume: dict[str, Any] | None = None

    @property
    def is_partial(self) -> bool:
        """Whether it leaves out trials that the filters let in; known after a read."""
        settings = self._settings
        return (
            self.has_resumed
            or settings.sort_by in _PARTIAL_ORDERS
            or settings.max_items is not None
            or settings.starting_token is not None
        )

    def pages(self, client: Client, visit: Visit) -> Iterator[Page]:
        """Yield the trials of a tuning job, page by page.

        Args:
            client: The scope's client.
            visit: The tuning job.
        """
        name, request = visit.job.name, self._request(visit.job)
        token, is_saved = self._start(request)
        pages = client.paginate_trials(name, self._settings, token)
        try:
            first = next(pages)
            self.has_resumed = is_saved
        except _OF_THE_TOKEN as error:
            if not is_saved or (code(error) and code(error) != "ValidationException"):
                raise
            self._logger.warning(
                "%s, tuning job %s: the service refused the saved token; reading from "
                "the start: %s",
                client.scope,
                name,
                explain(error),
            )
            pages = client.paginate_trials(name, self._settings, None)
            first = next(pages)
        next_token = None
        for page, next_token in chain([first], pages):  # noqa: B007 - the last is used
            yield page
        self.is_read = True
        if next_token:
            self.resume = {"token": next_token, "request": request}
            self._logger.info(
                "%s, tuning job %s: max_items reached; to continue, set starting_token "
                "to %s",
                client.scope,
                name,
                next_token,
            )

    def _request(self, job: ListedJob) -> dict[str, Any]:
        """The request that a token is valid for."""
        knobs = {knob: getattr(self._settings, knob) for knob in _KNOBS}
        return {
            "tuning_job_name": job.name,
            "creation_time": job.created,
            **{knob: value for knob, value in knobs.items() if value is not None},
        }

    def _start(self, request: dict[str, Any]) -> tuple[str | None, bool]:
        """The token to start at, if any, and whether it comes from the state."""
        if self._settings.starting_token is not None:
            return self._settings.starting_token, False
        match self._saved:
            case {"token": str(token), "request": saved} if saved == request:  # fact 13
                return token, True
        return None, False
