"""Implements --test and --scopes: where the tap can read, and what it cannot."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

import click

from tap_sagemaker_tuning.cli import terminal

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from tap_sagemaker_tuning.sync.discovery import Discovered
    from tap_sagemaker_tuning.sync.probe import Probed
    from tap_sagemaker_tuning.sync.run import Run


HELP_OF_SCOPES = "Print the accounts and regions to read, one JSON object per line."


def scopes(discovered: Discovered) -> Iterator[dict[str, Any]]:
    """Yield the accounts and regions, each with the role that it is read through.

    Args:
        discovered: The accounts and regions.

    Yields:
        `account_id` and `region`; and, except for the caller's own account, `role_arn`
        and any `external_id`, as in an entry of `assume_roles`.
    """
    for client in discovered.clients:
        role = discovered.roles.get(client.scope)
        entry = client.scope.context
        if role:
            entry["role_arn"] = role.role_arn
            if role.external_id:
                entry["external_id"] = role.external_id
        yield entry


def print_scopes(run: Run) -> int:
    """Print the accounts and regions, one JSON object per line, and any errors.

    Returns:
        The exit code: 0 if discovery succeeded, else 1.
    """
    for scope in scopes(run.discovered):
        click.echo(json.dumps(scope))
    for line in run.report():
        terminal.error(line)
    return 1 if run.failures else 0


def print_test(tested: Iterable[Probed]) -> int:
    """Print the results of a test to standard error: a terminal shows OK first.

    Args:
        tested: What `TapSageMakerTuning.probe` yields.

    Returns:
        The exit code: 0 if there are no problems, else 1.
    """
    is_well = True
    for result in tested:
        if terminal.is_terminal(sys.stderr):
            _show(result)
        else:
            for line in result.lines:
                click.echo(line, err=True)
        is_well = is_well and not result.problems
    return 0 if is_well else 1


def _show(result: Probed) -> None:
    """Show a result in a terminal."""
    where = [result.where] if result.where else []
    if not result.problems:
        terminal.tell("OK     ", *where, result.tuning_job, hue="green")
    for problem in result.problems:
        said, *remedy = terminal.with_remedy(problem)
        terminal.tell("FAILED ", *where, said, *remedy, hue="red")
