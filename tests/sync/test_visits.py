"""One visit of a tuning job: what its calls say about whether it exists."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

from tap_sagemaker_tuning.aws.operations import DESCRIBE_TUNING_JOB, LIST_TRIALS
from tap_sagemaker_tuning.aws.pages import Page
from tap_sagemaker_tuning.exceptions import UnreadableError
from tap_sagemaker_tuning.replication.listing import ListedJob
from tap_sagemaker_tuning.replication.plan import Visit
from tap_sagemaker_tuning.sync.interfaces import TrialRows
from tap_sagemaker_tuning.sync.outcomes import Failed, Gone, Read, Records, Visited
from tap_sagemaker_tuning.sync.visits import read_tuning_job
from tests.laws.service import at
from tests.replication.plans import job
from tests.sync.factories import answer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tap_sagemaker_tuning.sync.outcomes import Outcome

MISSING = answer("ResourceNotFound", LIST_TRIALS)
DENIED = answer("AccessDeniedException", DESCRIBE_TUNING_JOB)
CREATED = 0.123


@dataclass
class Service:
    """A scripted service.

    Attributes:
        described: What each description returns or raises, in turn; the last repeats.
        pages: The pages of trials, or the error of listing them.
        calls: The calls, in order.
    """

    described: list[Any] = field(default_factory=list)
    pages: list[Any] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)

    def tuning_job(self, _: str) -> tuple[Any, str]:
        """Describe the tuning job."""
        self.calls.append("describe")
        answer = self.described.pop(0) if len(self.described) > 1 else self.described[0]
        if isinstance(answer, Exception):
            raise answer
        return answer, at(99)

    def trials(self, _: str) -> Iterator[Page]:
        """List the trials."""
        self.calls.append("list")
        for page in self.pages:
            if isinstance(page, Exception):
                raise page
            yield Page(page, at(99))


@dataclass(frozen=True)
class Trials:
    """A stream of trials; as `details` it describes the tuning job at its start.

    Attributes:
        missing: Names of the trials that do not exist when described.
    """

    name: str = "trials"
    describes: bool = False
    missing: tuple[str, ...] = ()
    of_trials: bool = True

    def start(self, _: Any, __: Visit, describe: Any) -> Trials:
        """Start, with a description if needed."""
        if self.describes:
            describe()
        return self

    def rows(self, page: Page) -> Iterator[TrialRows]:
        """Yield the page."""
        yield TrialRows(page.items, (), self.missing)

    def end(self) -> Iterator[TrialRows]:
        """Hold nothing back."""
        yield from ()


TRIALS, DETAILS = Trials(), Trials("details", describes=True)


def trial(created: float) -> dict[str, Any]:
    """A trial that has ended."""
    return {
        "TrainingJobName": f"trial-{created}",
        "CreationTime": at(created),
        "TrainingJobStatus": "Completed",
        "ObjectiveStatus": "Succeeded",
    }


def described(created: Any) -> dict[str, Any]:
    """A description with this creation time."""
    return {"HyperParameterTuningJobName": "job", "CreationTime": created}


def visit_of(since: float | None = None) -> Visit:
    """A visit of a tuning job, whose creation time has milliseconds."""
    return Visit(job=job(created=CREATED), since=None if since is None else at(since))


def read(service: Service, *readers: Any, **since: float) -> list[Any]:
    """Read the tuning job for these streams."""
    client: Any = service
    visits = {reader.name: visit_of(since.get(reader.name)) for reader in readers}
    return [*read_tuning_job(client, visits, {of.name: of for of in readers})]


def outcomes(events: list[Any]) -> dict[str, Outcome]:
    """How each stream's visit ended."""
    return {end.stream: end.outcome for end in events if isinstance(end, Visited)}


def rows_of(events: list[Any]) -> list[tuple[str, str]]:
    """The streams and names of the trials that were read, in order."""
    return [
        (event.stream, record["TrainingJobName"])
        for event in events
        if isinstance(event, Records)
        for record in event.records
    ]


@pytest.mark.parametrize(
    ("answers", "gone"),
    [
        ([None], True),
        ([described(at(9))], True),  # a later one took its name
        ([described(at(CREATED))], False),
        ([described(at(0))], False),  # cut to the second
        ([described(None)], False),
        ([DENIED], False),
    ],
    ids=["missing", "later", "there", "cut", "odd", "denied"],
)
def test_missing_is_deleted_only_if_a_description_agrees(
    answers: list[Any], *, gone: bool
) -> None:
    """A listing of trials that does not find its tuning job is a failure, unless a
    description does not find it either. One description serves all streams."""
    service = Service(answers, [MISSING])
    other = Trials("others")
    ends = outcomes(read(service, TRIALS, other))
    assert ends == dict.fromkeys(
        ("trials", "others"), Gone() if gone else Failed(MISSING)
    )
    # A call that failed is not cached: each stream makes its own.
    assert service.calls[:2] == ["list", "describe"]


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        (described(at(CREATED)), Read),
        (described(at(0)), Read),
        (None, Gone),
        (described(at(9)), Gone),
        (described(at(-9)), Failed),
        (described(None), Failed),
        ({}, Failed),
        (DENIED, Failed),
    ],
    ids=["same", "cut", "missing", "later", "earlier", "odd", "absent", "denied"],
)
def test_whose_description_it_is(answer: Any, outcome: type[Outcome]) -> None:
    """A description counts only if it is of the tuning job that was listed: not one of
    a namesake, nor one whose creation time cannot be read."""
    end = outcomes(read(Service([answer], [[trial(1)]]), DETAILS))["details"]
    assert type(end) is outcome


def test_odd_description_says_what_is_wrong() -> None:
    """A description of an earlier creation time names both times."""
    end = outcomes(read(Service([described(at(-9))], [[]]), DETAILS))["details"]
    assert isinstance(end, Failed)
    assert isinstance(end.error, UnreadableError)
    assert f"{at(CREATED)}, but described with {at(-9)}" in str(end.error)


def test_missing_trials_keep_the_tuning_job_open() -> None:
    """A listed trial that another call does not find can still change."""
    reader = Trials(missing=("trial-1",))
    end = outcomes(read(Service([], [[trial(1)]]), reader))["trials"]
    assert isinstance(end, Read)
    assert (end.tally.missing, end.tally.all_final) == (["trial-1"], False)


def test_each_stream_gets_the_trials_since_its_own_watermark() -> None:
    """The pages are shared, down to the earliest watermark; each stream's visit ends
    with the page that reaches back past its own."""
    pages = [[trial(9), trial(8)], [trial(7), trial(6)], [trial(5), trial(4)]]
    service = Service([], pages)
    events = read(service, TRIALS, Trials("others"), trials=8, others=6)
    assert rows_of(events) == [
        *[("trials", "trial-9"), ("trials", "trial-8")],
        *[("others", "trial-9"), ("others", "trial-8")],
        *[("others", "trial-7"), ("others", "trial-6")],
    ]
    ends = [event.stream for event in events if isinstance(event, Visited)]
    assert (ends, service.calls) == (["trials", "others"], ["list"])


def test_trial_at_the_watermark_is_read() -> None:
    """Times are cut to the second, so ties with the watermark are read again."""
    events = read(
        Service([], [[trial(9), trial(8)], [trial(8), trial(7)]]), TRIALS, trials=8
    )
    names = [
        r["TrainingJobName"]
        for e in events
        if isinstance(e, Records)
        for r in e.records
    ]
    assert names == ["trial-9", "trial-8", "trial-8"]


def test_one_without_a_watermark_reads_all() -> None:
    """If one of the streams has no watermark, all pages are listed for it."""
    pages = [[trial(9), trial(8)], [trial(7), trial(6)]]
    events = read(Service([], pages), TRIALS, Trials("others"), trials=9)
    names = [name for stream, name in rows_of(events) if stream == "others"]
    assert names == ["trial-9", "trial-8", "trial-7", "trial-6"]


def test_visit_ends_once() -> None:
    """A stream that fails at a page gets no other page, and ends once; the others are
    read on."""

    class Failing(Trials):
        """A stream that cannot make its records."""

        def rows(self, _: Page) -> Iterator[TrialRows]:
            """Fail."""
            raise DENIED

    failing: Any = Failing("failing")
    pages = [[trial(9)], [trial(8)]]
    events = read(Service([], pages), failing, TRIALS)
    ends = [event for event in events if isinstance(event, Visited)]
    assert [end.stream for end in ends] == ["failing", "trials"]
    assert [type(end.outcome) for end in ends] == [Failed, Read]


def test_listed_by_description_is_described_once() -> None:
    """A tuning job that the listing had to describe is not described again."""
    listed = job(created=CREATED)
    known = ListedJob.of(listed.summary, listed.seen, described(at(CREATED)))
    service = Service([], [[trial(1)]])
    client: Any = service
    readers: Any = {"details": DETAILS}
    visits = {"details": Visit(job=known, since=None)}
    events = [*read_tuning_job(client, visits, readers)]
    assert isinstance(outcomes(events)["details"], Read)
    assert service.calls == ["list"]
