"""A FULL_TABLE read of trials: boto3's paginator, with its own knobs."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError, PaginationError

from tap_sagemaker_tuning.aws.errors import code, explain
from tap_sagemaker_tuning.replication.state import VERSION

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tap_sagemaker_tuning.aws.client import Client
    from tap_sagemaker_tuning.replication.plan import Visit
    from tap_sagemaker_tuning.streams.base import TrainingJobSummaries
    from tap_sagemaker_tuning.values import Summary

FULL_TABLE = "FULL_TABLE"
"""Singer's name of the replication method."""

_KNOBS = ("sort_by", "sort_order", "status_equals", "page_size")


class FullRead:
    """Reads visits in FULL_TABLE, with the knobs of boto3's paginator.

    With one tuning job in one scope, a read that `max_items` ended goes on in the next
    sync: the state keeps the token, with the request that it belongs to.
    """

    def __init__(self, stream: TrainingJobSummaries) -> None:
        """Prepare to read, from the token that is configured or that the state has."""
        self._stream = stream
        self._config = stream.config
        clients = stream._tap.run.clients  # noqa: SLF001 - as the stream itself does
        names = self._config.get("tuning_job_names", ())
        self._scope = clients[0].scope if len(names) == len(clients) == 1 else None
        self._token: str | None = None
        self._is_read = False
        self._request: dict[str, Any] = {}

    def __call__(self, client: Client, visit: Visit) -> Iterator[list[Summary]]:
        """Read a visit's trials, page by page."""
        name = visit.job["HyperParameterTuningJobName"]
        token, is_saved = self._start(visit.job)
        pages = client.paginate_trials(name, self._config, token)
        try:
            first = next(pages)
        except (
            *(ClientError, PaginationError),
            *(AttributeError, TypeError, ValueError),  # of botocore's token decoder
        ) as error:
            if not is_saved or (code(error) and code(error) != "ValidationException"):
                raise
            self._stream.logger.warning(
                "%s, tuning job %s: the state's token to go on with is refused, so it "
                "is read from the start: %s",
                client.scope,
                name,
                explain(error),
            )
            pages = client.paginate_trials(name, self._config, None)
            first = next(pages)
        resume = None
        for page, resume in chain([first], pages):  # noqa: B007 - the last is used
            yield [t for t in page if t["CreationTime"] >= (visit.since or "")]
        self._token, self._is_read = resume, True
        if resume:
            self._stream.logger.info(
                "%s, tuning job %s: max_items reached; starting_token to go on: %s",
                client.scope,
                name,
                resume,
            )

    def _start(self, job: Summary) -> tuple[str | None, bool]:
        """Where to start, and whether it was the state that said so."""
        self._request = {
            "tuning_job_name": job["HyperParameterTuningJobName"],
            "creation_time": job["CreationTime"],
            **{knob: self._config[knob] for knob in _KNOBS if knob in self._config},
        }
        if "starting_token" in self._config:
            return self._config["starting_token"], False
        if self._scope is None:
            return None, False
        match self._stream.saved(self._scope).get("resume"):
            case {"token": str(token), "request": request} if request == self._request:
                return token, True
        return None, False

    def save_token(self) -> None:
        """Keep the token to go on with, or forget the last one once it has served."""
        if self._scope is None or not self._is_read:
            return
        entry = self._stream.get_context_state(self._scope.context)
        if self._token:
            resume = {"token": self._token, "request": self._request}
            if "replication_key_value" not in entry:
                entry["version"] = VERSION
            entry["resume"] = resume
        else:
            entry.pop("resume", None)
        self._stream.write_state()
