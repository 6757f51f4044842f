"""The connection test: one small call per operation that the selected streams need."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from tap_sagemaker_tuning.aws.error_table import Kind
from tap_sagemaker_tuning.aws.errors import explain, meaning
from tap_sagemaker_tuning.aws.operations import LIST_TUNING_JOBS, OPERATIONS
from tap_sagemaker_tuning.aws.probes import NOBODY, Sample
from tap_sagemaker_tuning.printable import printable
from tap_sagemaker_tuning.sync.interruptible import side_by_side

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Sequence

    from tap_sagemaker_tuning.aws.client import Client
    from tap_sagemaker_tuning.aws.operations import Operation
    from tap_sagemaker_tuning.settings import Settings
    from tap_sagemaker_tuning.sync.discovery import Discovered

_AT_ONCE = 16  # scopes tested concurrently


@dataclass(frozen=True, slots=True)
class Probed:
    """The result of testing one scope, or of finding the scopes.

    Attributes:
        where: The scope, or what AWS listed; empty if nothing is known.
        problems: What is wrong, one sentence per cause; empty if nothing is.
        tuning_job: Which tuning job there is, if any; empty if none was looked for.
    """

    where: str
    problems: Sequence[str] = ()
    tuning_job: str = ""

    @property
    def lines(self) -> list[str]:
        """One line per problem, or a line that says OK."""
        fine = ", ".join(["OK", self.tuning_job] if self.tuning_job else ["OK"])
        where = f"{self.where}: " if self.where else ""
        return [f"{where}{what}" for what in self.problems or [fine]]


def probe(
    discovered: Discovered,
    operations: Collection[Operation],
    settings: Settings,
    check_signal: Callable[[], None],
) -> Iterator[Probed]:
    """Test whether each scope can be read.

    Args:
        discovered: The accounts and regions, and failures to discover them.
        operations: The operations that the selected streams call.
        settings: The settings.
        check_signal: Raises SystemExit if the test should stop.

    Yields:
        First what AWS listed, then the result for each scope, in their order.
    """
    for sentence in discovered.listed:
        yield Probed(sentence)
    for failure in discovered.failures:
        yield Probed("", [str(failure)])
    # In the order of the table: the later calls use what the earlier ones returned.
    called = [known for known in OPERATIONS.values() if known in operations]
    test = partial(_tested, operations=called, settings=settings)
    for client, result in side_by_side(
        test, discovered.clients, _AT_ONCE, check_signal
    ):
        if isinstance(result, Exception):
            yield Probed(str(client.scope), [explain(result)])
        else:
            yield result


def _tested(
    client: Client, *, operations: Sequence[Operation], settings: Settings
) -> Probed:
    """Test one scope."""
    client.open()
    try:
        return _probed(client, operations, settings)
    finally:
        client.close()


def _probed(
    client: Client, operations: Sequence[Operation], settings: Settings
) -> Probed:
    """Test one scope through its open client."""
    sample = Sample(settings=settings, stand_in_arn=client.tuning_job_arn(NOBODY))
    problems: list[str] = []
    is_denied = False
    for operation in operations:
        try:
            if operation.probe:
                operation.probe(client, sample)
        except Exception as error:  # noqa: BLE001 - every failure is reported
            kind = meaning(error).kind
            if kind is Kind.MISSING:
                continue
            is_repeated = is_denied and kind is Kind.DENIED
            problems.append(explain(error, is_quoted=not is_repeated))
            if kind is not Kind.DENIED:
                break  # it would fail every call alike
            is_denied = True
    problems += map(explain, sample.failures)
    has_looked = LIST_TUNING_JOBS in operations
    tuning_job = _shown(sample, settings) if has_looked else ""
    return Probed(str(client.scope), problems, tuning_job)


def _shown(sample: Sample, settings: Settings) -> str:
    """Which tuning job there is, with its date, for people."""
    name = next(iter(settings.tuning_job_names or ()), "")
    if sample.tuning_job is None:
        return f"no tuning job {name}".rstrip()
    what = "tuning job" if name else "newest tuning job"
    created = sample.tuning_job.get("CreationTime")
    date = f" of {created[:10]}" if isinstance(created, str) else ""
    return f"{what} {printable(sample.name)}{date}"
