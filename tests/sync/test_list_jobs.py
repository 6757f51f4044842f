"""Which calls a listing makes, what it shows, and what it could not read."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from tap_sagemaker_tuning.aws.pages import Page
from tap_sagemaker_tuning.exceptions import UnreadableError
from tap_sagemaker_tuning.replication.listing import Wanted
from tap_sagemaker_tuning.replication.state import Filters
from tap_sagemaker_tuning.sync.list_jobs import (
    list_tuning_jobs,
    summary_of,
    without_secrets,
)
from tests.laws.service import answer, at, denied

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tap_sagemaker_tuning.replication.listing import Listing

ALL = Wanted()
BROKEN = answer("InternalFailure", "DescribeHyperParameterTuningJob")
DENIED = denied("DescribeHyperParameterTuningJob")


def item(name: str, created: float, **more: Any) -> dict[str, Any]:
    """A tuning job as a listing page shows it."""
    return {
        "HyperParameterTuningJobName": name,
        "CreationTime": at(created),
        **more,
    }


def described(name: str, created: float, **more: Any) -> dict[str, Any]:
    """A tuning job as its description shows it."""
    config = {"Strategy": "Grid", "ResourceLimits": {"MaxParallelTrainingJobs": 2}}
    return item(name, created, HyperParameterTuningJobConfig=config, **more)


@dataclass
class Script:
    """A scripted service that returns each page one second after the previous one.

    Attributes:
        pages: The pages of the listing.
        known: What DescribeHyperParameterTuningJob returns, by name; other names do not
            exist.
        calls: The calls, in order.
    """

    pages: list[list[Any]] = field(default_factory=list)
    known: dict[str, Any] = field(default_factory=dict)
    calls: list[str] = field(default_factory=list)

    def tuning_jobs(self, name_contains: str | None) -> Iterator[Page]:
        """Pages of tuning jobs."""
        for number, page in enumerate(self.pages):
            self.calls.append(f"list {name_contains or ''}".strip())
            yield Page(page, at(1000 + number))

    def tuning_job(self, name: str) -> tuple[dict[str, Any] | None, str]:
        """Describe a tuning job."""
        self.calls.append(name)
        answer = self.known.get(name)
        if isinstance(answer, Exception):
            raise answer
        return answer, at(2000 + len(self.calls))


def wanted(boundary: float, **created: float) -> Wanted:
    """What a plan with open tuning jobs of these creation times wants from a
    listing."""
    names = {(name.lower(), at(when)): name for name, when in created.items()}
    return Wanted(at(boundary), names)


def listed(source: Script, what: Wanted = ALL, **filters: Any) -> Listing:
    """List with these filters."""
    return list_tuning_jobs(source, what, Filters(**filters))


def names(listing: Listing) -> list[str]:
    """Names of the tuning jobs in a listing, oldest first."""
    return [job.name for job in listing.jobs()]


THREE_PAGES = [
    [item("f", 60), item("e", 50)],
    [item("d", 40), item("c", 30)],
    [item("b", 20), item("a", 10)],
]


@pytest.mark.parametrize(
    ("what", "known", "calls", "shown", "is_whole"),
    [
        # back to the boundary
        (Wanted(), {}, ["list"] * 3, "abcdef", True),
        (wanted(50), {}, ["list"] * 2, "cdef", False),
        (wanted(55), {}, ["list"], "ef", False),
        (wanted(1), {}, ["list"] * 3, "abcdef", True),
        # further while pages show open tuning jobs and others are still missing
        (wanted(55, e=50, d=40), {}, ["list"] * 2, "cdef", False),
        (wanted(55, e=50), {}, ["list"], "ef", False),
        # only the missing one is described by name
        (
            wanted(55, e=50, a=10),
            {"a": described("a", 10)},
            ["list"] * 2 + ["a"],
            "acdef",
            False,
        ),
        (wanted(55, a=10, b=20), {}, ["list", "a", "b"], "ef", False),
        # if Describe is denied, the listing continues until all are found
        (
            wanted(55, a=10, b=20, c=30),
            {"a": DENIED, "b": DENIED},
            ["list", "a", "list", "list"],
            "abcdef",
            False,
        ),
        (wanted(55, d=40), {"d": DENIED}, ["list", "d", "list"], "cdef", False),
        (
            wanted(55, a=10, c=30),
            {"a": described("a", 10), "c": DENIED},
            ["list", "a", "c", "list"],
            "acdef",
            False,
        ),
        # or to its end, which covers the whole scope
        (wanted(55, z=1), {"z": DENIED}, ["list", "z", *["list"] * 2], "abcdef", True),
        (wanted(1, z=1), {"z": DENIED}, [*["list"] * 3, "z"], "abcdef", True),
        # a deleted one is no longer searched for
        (
            wanted(55, a=10, d=40),
            {"d": DENIED},
            ["list", "a", "d", "list"],
            "cdef",
            False,
        ),
    ],
)
def test_as_few_calls_as_the_state_allows(
    what: Wanted,
    known: dict[str, Any],
    calls: list[str],
    shown: str,
    *,
    is_whole: bool,
) -> None:
    """A listing goes back to the boundary, newest first, and further only for open
    tuning jobs."""
    source = Script(THREE_PAGES, known)
    listing = listed(source, what)
    assert source.calls == calls
    assert names(listing) == list(shown)
    assert listing.is_whole is is_whole
    assert listing.unread == []
    assert listing.began == at(1000)


def test_empty_scope_is_whole() -> None:
    """An empty scope was seen completely, at the time of its page."""
    listing = listed(Script([[]]), wanted(50))
    assert (names(listing), listing.is_whole, listing.began) == ([], True, at(1000))


def test_name_contains_is_the_service_s_to_filter() -> None:
    """The service itself filters by `name_contains`."""
    source = Script(THREE_PAGES)
    listed(source, name_contains="churn")
    assert source.calls == ["list churn"] * 3


def test_gone_is_the_service_s_word() -> None:
    """A tuning job counts as deleted only if it was described and does not exist."""
    listing = listed(Script(THREE_PAGES), wanted(55, Old=1))
    assert listing.gone == {"old"}
    assert listing.find("old") is None


def test_one_that_cannot_be_described_fails_alone() -> None:
    """An error other than a denial is that of its tuning job, and the others are
    described."""
    known = {"a": BROKEN, "b": described("b", 20)}
    listing = listed(Script(THREE_PAGES, known), wanted(55, a=10, b=20))
    assert listing.failed == [("a", BROKEN)]
    assert [names(listing), listing.unread] == [["b", "e", "f"], []]
    listing = listed(Script(known=known), tuning_job_names=("b", "a"))
    assert (listing.unread, listing.failed) == ([("a", BROKEN)], [])
    assert names(listing) == ["b"]


def test_descriptions_that_all_fail_end_the_listing() -> None:
    """If the first three descriptions fail, or those of all named tuning jobs, the
    scope does."""
    known = dict.fromkeys("abcd", BROKEN)
    with pytest.raises(ClientError) as raised:
        listed(source := Script(THREE_PAGES, known), wanted(55, a=1, b=2, c=3, d=4))
    assert raised.value is BROKEN
    assert source.calls == ["list", "a", "b", "c"]
    with pytest.raises(ClientError):
        listed(Script(known=known), tuning_job_names=("a", "b"))


def test_description_with_an_earlier_time_corrects_the_listing() -> None:
    """An open tuning job that was once listed with a later creation time is corrected
    by a description, whether a page shows it now or not; its ARN stays."""
    what = wanted(55, A=99)
    what.arns["a", at(99)] = "arn:A"
    source = Script(THREE_PAGES, {"A": described("A", 10)})
    listing = listed(source, what)
    assert listing.corrected == {"a"}
    job = listing.find("a")
    assert job is not None
    assert (job.created, job.arn) == (at(10), "arn:A")


@pytest.mark.parametrize(
    ("what", "known", "calls", "denied_names", "gone"),
    [
        (wanted(55, z=1), {"z": DENIED}, ["z"], "z", ""),
        (wanted(1, z=1), {"z": DENIED}, ["z"], "z", ""),
        # found further down, so it is read
        (wanted(55, a=10, z=1), {"a": DENIED, "z": DENIED}, ["a", "z"], "z", ""),
        # each remaining one is described: a permission can cover a single one
        (wanted(55, y=1, z=2), {"y": DENIED, "z": DENIED}, ["y", "z"], "yz", ""),
        (
            wanted(55, x=3, y=1, z=2),
            dict.fromkeys("xyz", DENIED),
            ["x", "y", "z"],
            "xyz",
            "",
        ),
        (wanted(55, y=1, z=2), {"y": DENIED}, ["y", "z"], "y", "z"),
        (
            wanted(55, y=1, z=2),
            {"y": DENIED, "z": described("z", 2)},
            ["y", "z"],
            "y",
            "",
        ),
        (wanted(55, y=1, z=2), {"y": DENIED, "z": item("z", 2)}, ["y", "z"], "y", ""),
    ],
)
def test_neither_listed_nor_described(
    what: Wanted, known: dict[str, Any], calls: list[str], denied_names: str, gone: str
) -> None:
    """An open tuning job that is neither listed nor described is reported with its
    error; each is described once, after the listing."""
    source = Script(THREE_PAGES, known)
    listing = listed(source, what)
    assert [call for call in source.calls if call != "list"] == calls
    assert listing.denied == [(name, DENIED) for name in denied_names]
    assert listing.gone == set(gone)
    assert listing.is_whole


@pytest.mark.parametrize(
    ("asked", "known", "shown", "gone", "unreadable"),
    [
        ("ab", {"a": described("a", 1), "b": described("B", 2)}, "aB", "", ""),
        ("ab", {"b": described("b", 2)}, "b", "a", ""),
        ("abc", {"a": DENIED, "b": described("b", 2)}, "b", "c", "a"),
        ("abc", {"a": described("a", 1), "b": DENIED, "c": DENIED}, "a", "", "bc"),
        ("ab", {"a": DENIED}, "", "b", "a"),
        ("a", {"a": DENIED}, "", "", "a"),
        ("ab", {"a": item("a", 1), "b": described("b", 2)}, "b", "", "a"),
    ],
)
def test_named_jobs_are_asked_for_each(
    asked: str, known: dict[str, Any], shown: str, gone: str, unreadable: str
) -> None:
    """With names in the settings, each is described and nothing is listed, so no
    permission for the whole account is needed."""
    source = Script(THREE_PAGES, known)
    listing = listed(source, wanted(55, z=1), tuning_job_names=tuple(asked))
    assert source.calls == list(asked)
    assert names(listing) == list(shown)
    assert listing.gone == set(gone)
    assert [name for name, _ in listing.unread] == list(unreadable)
    assert not listing.is_whole


def test_all_named_ones_denied_is_one_error() -> None:
    """If every named tuning job is denied, the sync has one error, not one per name."""
    source = Script([], {"a": DENIED, "b": denied("another")})
    with pytest.raises(ClientError) as raised:
        listed(source, tuning_job_names=("a", "b"))
    assert raised.value is DENIED


def test_now_is_when_each_was_shown() -> None:
    """Each tuning job is dated by the response that showed it, however long the listing
    takes."""
    source = Script(THREE_PAGES, {"z": described("z", 1)})
    listing = listed(source, wanted(35, z=1))
    assert {job.name: job.seen for job in listing.jobs()} == {
        "f": at(1000),
        "e": at(1000),
        "d": at(1001),
        "c": at(1001),
        "z": at(2003),
    }
    named = listed(
        Script([], {"a": described("a", 1), "b": described("b", 2)}),
        tuning_job_names=("a", "b"),
    )
    assert {job.name: job.seen for job in named.jobs()} == {
        "a": at(2001),
        "b": at(2002),
    }
    assert named.began == at(2001)


ODD = [
    (None, "without a name"),
    ({}, "without a name"),
    ({"CreationTime": at(3)}, "without a name"),
    ({"HyperParameterTuningJobName": "odd"}, "odd"),
    ({"HyperParameterTuningJobName": "odd", "CreationTime": None}, "odd"),
    ({"HyperParameterTuningJobName": 7, "CreationTime": at(3)}, "7"),
    (item("odd", 3, HyperParameterTuningJobStatus={}), "odd"),
    ("text", "without a name"),
]


@pytest.mark.parametrize(("odd", "name"), ODD)
@pytest.mark.parametrize("place", [0, 1])
def test_odd_item_costs_no_other(odd: Any, name: str, place: int) -> None:
    """An odd item is reported by its name, if it has one; the items beside it are
    listed, and the scope does not count as seen completely."""
    page = [item("d", 40)]
    page.insert(place, odd)
    source = Script([THREE_PAGES[0], page, THREE_PAGES[2]])
    listing = listed(source, wanted(1))
    assert names(listing) == list("abdef")
    ((reported, error),) = listing.unread
    assert reported == name
    assert isinstance(error, UnreadableError)
    assert str(error).startswith("the tuning job is malformed as AWS returned it")
    assert not listing.is_whole
    denied_too = Script([*source.pages, [item("z", 0)]], {"y": DENIED})
    assert not listed(denied_too, wanted(15, y=1)).is_whole


def test_page_of_odd_items_is_not_the_end() -> None:
    """A page without any creation time does not mean that the boundary was reached."""
    source = Script([[None, {}], *THREE_PAGES])
    listing = listed(source, wanted(55))
    assert names(listing) == ["e", "f"]
    assert len(listing.unread) == 2


def test_odd_description_costs_no_other() -> None:
    """An odd description is reported by the requested name and does not affect
    others."""
    known = {
        "a": described("a", 1, HyperParameterTuningJobStatus=[]),
        "b": {**described("b", 2), "HyperParameterTuningJobConfig": None},
        "c": described("c", 3),
        "d": {**described("d", 4), "CreationTime": None},
    }
    listing = listed(Script(THREE_PAGES[:1], known), wanted(55, a=1, b=2, c=3, d=4))
    assert names(listing) == ["c", "e", "f"]
    said = {name: str(error) for name, error in listing.unread}
    assert list(said) == ["a", "b", "d"]
    assert all(each.startswith("the tuning job is malformed") for each in said.values())
    assert listing.gone == set()


def test_answer_of_an_odd_kind_costs_no_other() -> None:
    """A response that is not a description at all does not affect others either."""
    broken = UnreadableError("no description")
    known = {"a": broken, "b": described("b", 2)}
    listing = listed(Script(THREE_PAGES[:1], known), wanted(55, a=1, b=2))
    assert names(listing) == ["b", "e", "f"]
    assert listing.unread == [("a", broken)]


def test_arn_is_the_one_that_was_listed() -> None:
    """The ARN from the listing is kept, because it is the row's key and a description
    can show it in another case; a later creation with the same name has its own."""
    known = {
        "a": described("a", 1, HyperParameterTuningJobArn="arn:a"),
        "b": described("b", 2, HyperParameterTuningJobArn="arn:b"),
        "c": described("c", 3, HyperParameterTuningJobArn="arn:c"),
    }
    what = wanted(55, A=1, b=2, c=3)
    what.arns.update({("a", at(1)): "arn:A", ("b", at(1)): "arn:B"})
    known["A"] = known["a"]
    listing = listed(Script(THREE_PAGES[:1], known), what)
    arns = [job.summary.get("HyperParameterTuningJobArn") for job in listing.jobs()]
    assert arns == ["arn:A", "arn:b", "arn:c", None, None]


def test_description_has_all_of_a_summary() -> None:
    """A row is the same whether its tuning job was listed or described."""
    summary = {
        "HyperParameterTuningJobName": "a",
        "HyperParameterTuningJobArn": "arn",
        "HyperParameterTuningJobStatus": "Completed",
        "Strategy": "Grid",
        "CreationTime": at(1),
        "HyperParameterTuningEndTime": at(9),
        "LastModifiedTime": at(10),
        "TrainingJobStatusCounters": {"Completed": 1},
        "ObjectiveStatusCounters": {"Succeeded": 1},
        "ResourceLimits": {"MaxParallelTrainingJobs": 2},
    }
    config = {
        "Strategy": "Grid",
        "ResourceLimits": {"MaxParallelTrainingJobs": 2},
        "RandomSeed": 5,
    }
    more = {
        "FailureReason": "no",
        "HyperParameterTuningJobConfig": config,
        "ResponseMetadata": {"RequestId": "x"},
    }
    description = {**summary, **more}
    del description["Strategy"], description["ResourceLimits"]
    assert summary_of(description) == summary
    (job,) = listed(Script([], {"a": description}), tuning_job_names=("a",)).jobs()
    assert job.summary == summary
    assert job.description == {
        name: part for name, part in description.items() if name != "ResponseMetadata"
    }
    assert summary_of(described("a", 1)).keys() == {
        "HyperParameterTuningJobName",
        "CreationTime",
        "Strategy",
        "ResourceLimits",
    }


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        (
            {"Environment": {"API_KEY": "secret"}, "ResponseMetadata": {}, "A": 1},
            {"A": 1},
        ),
        (
            {"TrainingJobDefinition": {"Environment": {"API_KEY": "secret"}, "B": 2}},
            {"TrainingJobDefinition": {"B": 2}},
        ),
        (
            {
                "TrainingJobDefinitions": [
                    {"Environment": {"API_KEY": "secret"}, "C": 3},
                    {"DefinitionName": "d", "Environment": None},
                ]
            },
            {"TrainingJobDefinitions": [{"C": 3}, {"DefinitionName": "d"}]},
        ),
        ({"TrainingJobDefinitions": None}, {"TrainingJobDefinitions": []}),
        ({}, {}),
    ],
)
def test_no_one_keeps_an_environment(
    given: dict[str, Any], kept: dict[str, Any]
) -> None:
    """The tap keeps no environment, of a tuning job or any definition, because people
    put API keys there."""
    before = repr(given)
    assert without_secrets(given) == kept
    assert repr(given) == before


def test_names_that_nobody_has_are_seen_at_a_time() -> None:
    """If no named tuning job exists, the listing still has the time at which it
    began."""
    filters = Filters(tuning_job_names=("one", "two"))
    listing = list_tuning_jobs(Script(), ALL, filters)
    assert (listing.began, listing.gone) == (at(2001), {"one", "two"})


def test_earliest_page_says_when_it_began() -> None:
    """A page whose time is behind that of the first one shows when the listing
    began."""

    class Behind(Script):
        """A service whose second page has an earlier time."""

        def tuning_jobs(self, name_contains: str | None) -> Iterator[Page]:
            """Pages of tuning jobs."""
            for number, page in enumerate(super().tuning_jobs(name_contains)):
                yield Page(page.items, at(1000 - number))

    listing = list_tuning_jobs(Behind(pages=THREE_PAGES), ALL, Filters())
    assert listing.began == at(998)
