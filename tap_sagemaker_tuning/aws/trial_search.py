"""Finds details of a scope's trials with Search, until it fails or proves useless."""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING, Any

from tap_sagemaker_tuning.aws.error_table import Kind
from tap_sagemaker_tuning.aws.errors import DATA, explain, meaning
from tap_sagemaker_tuning.aws.found_trials import (
    consistent_with_listing,
    expression,
    is_useless,
)
from tap_sagemaker_tuning.aws.operations import SEARCH
from tap_sagemaker_tuning.exceptions import UnreadableError, readable

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tap_sagemaker_tuning.aws.scope import Scope
    from tap_sagemaker_tuning.values import Summary

_LOGGER = logging.getLogger("tap-sagemaker-tuning")


class TrialSearch:
    """Finds details of trials with Search, and logs once if it cannot.

    Thread-safe.
    """

    def __init__(
        self, scope: Scope, search: Callable[[Mapping[str, Any]], list[Summary]]
    ) -> None:
        """Prepare to search.

        Args:
            scope: The account and region.
            search: Makes the calls; see `Client.search_trials`.
        """
        self._scope = scope
        self._search = search
        self._is_over = False
        self._has_warned = False
        self._lock = threading.Lock()

    def find(self, trials: list[Summary]) -> dict[str, dict[str, Any]]:
        """Search for the trials of a page.

        Args:
            trials: Their summaries, as listed.

        Returns:
            Search's records of those where it agrees with the listing, by name. Empty
            if Search fails: the trials can still be described.
        """
        if self._is_over or not trials:
            return {}
        names = [trial["TrainingJobName"] for trial in trials]
        try:
            records = self._search(expression(names))
            with readable("Search's response"):
                if is_useless(records, trials):
                    self._stop()
                return consistent_with_listing(records, trials)
        except UnreadableError as error:  # later pages can still be fine
            self._warn(error)
        except DATA as error:  # Describe replaces it
            self._is_over = True
            self._warn(error)
        return {}

    def _stop(self) -> None:
        with self._lock:
            is_new, self._is_over = not self._is_over, True
        if is_new:
            _LOGGER.info(
                "%s: Search does not know the trials yet, so this sync describes them "
                "one by one",
                self._scope,
            )

    def _warn(self, error: Exception) -> None:
        with self._lock:
            is_new, self._has_warned = not self._has_warned, True
        if is_new:
            _LOGGER.warning(
                "%s: Search (%s) is %s, so trials are described one by one: %s",
                self._scope,
                SEARCH.iam_action,
                _how(error),
                explain(error),
            )


def _how(error: Exception) -> str:
    """What is wrong with Search, in one word."""
    words = {Kind.DENIED: "denied", Kind.THROTTLED: "throttled"}
    return words.get(meaning(error).kind, "failing")
