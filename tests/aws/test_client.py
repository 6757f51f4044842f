"""The client and its way in, over real HTTP against the emulator."""

from __future__ import annotations

import os
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from functools import cache, partial
from itertools import chain
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import botocore.exceptions as aws
import pytest
from botocore.loaders import JSONFileLoader

from emulator import Emulator, Fault, Trial, TuningJob
from tap_sagemaker_tuning.aws.client import Page
from tap_sagemaker_tuning.aws.errors import code
from tap_sagemaker_tuning.aws.scope import Scope
from tap_sagemaker_tuning.aws.sessions import open_clients
from tap_sagemaker_tuning.exceptions import NoResultError
from tests.conftest import ACCOUNT, REGION

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from tap_sagemaker_tuning.aws.client import Client

    Open = Callable[..., list[Client]]

LIST_TUNING_JOBS = "ListHyperParameterTuningJobs"
LIST_TRIALS = "ListTrainingJobsForHyperParameterTuningJob"
DESCRIBE = "DescribeHyperParameterTuningJob"
START = datetime(2026, 3, 2, 9, tzinfo=UTC)  # the emulator's clock
ROLE = "arn:aws:iam::222222222222:role/team/tuning-reader"
OTHER_ROLE = "arn:aws:iam::333333333333:role/tuning-reader"
BASE = {"page_size": 10, "max_attempts": 3, "concurrency": 4}


load_once = cache(partial(JSONFileLoader.load_file, JSONFileLoader()))
"""Reads a file of botocore's, the API's model above all, once for this module."""


@pytest.fixture
def environment(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody's own AWS settings: only what leads to the emulator."""
    own = [name for name in os.environ if name.startswith("AWS_")]
    for name in own:
        monkeypatch.delenv(name)
    for name, value in emulator.environment(ACCOUNT, REGION).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(JSONFileLoader, "load_file", lambda _, path: load_once(path))


@pytest.fixture
def connect(environment: None) -> Iterator[Open]:  # noqa: ARG001 - it sets variables
    """Opens the clients of a configuration, and closes them in the end."""
    opened: list[Client] = []

    def open_(**config: Any) -> list[Client]:
        clients = open_clients({**BASE, **config})
        opened.extend(clients)
        return clients

    yield open_
    for client in opened:
        vars(client)["_api"].close()


@pytest.fixture
def client(connect: Open) -> Client:
    """The client of the caller's own account, with pages of ten."""
    (only,) = connect()
    return only


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Retries wait for nothing; gives the seconds that they would have waited."""
    waits: list[float] = []
    clock = SimpleNamespace(sleep=waits.append, time=time.time)
    monkeypatch.setattr("botocore.endpoint.time", clock)
    return waits


def add_jobs(emulator: Emulator, number: int) -> list[str]:
    """Add tuning jobs, an hour apart, the last one an hour ago; gives their names."""
    scope = emulator.scope()
    for index in range(number):
        created = START - timedelta(hours=number - index)
        ended = created + timedelta(minutes=30)
        scope.add(TuningJob(name=f"job-{index:02}", created=created, ended=ended))
    return [f"job-{index:02}" for index in range(number)]


def add_trials(emulator: Emulator, number: int, job: str = "job") -> list[str]:
    """Add a tuning job with trials, a minute apart; gives the trials' names."""
    born = START - timedelta(days=1)
    trials = tuple(
        Trial(
            name=f"{job}-{index:03}",
            created=born + timedelta(minutes=index),
            ended=born + timedelta(minutes=index + 1),
            value=0.5,
        )
        for index in range(number)
    )
    emulator.scope().add(
        TuningJob(
            name=job, created=born, trials=trials, ended=born + timedelta(hours=20)
        )
    )
    return [trial.name for trial in trials]


def job_names(pages: Iterable[Page]) -> list[list[str]]:
    """Names of tuning jobs, page by page."""
    return [
        [job["HyperParameterTuningJobName"] for job in page.items] for page in pages
    ]


def trial_names(pages: Iterable[Page]) -> list[list[str]]:
    """Names of trials, page by page."""
    return [[trial["TrainingJobName"] for trial in page.items] for page in pages]


def flat(pages: Iterable[list[str]]) -> list[str]:
    """The items of all pages."""
    return list(chain.from_iterable(pages))


def statuses(emulator: Emulator) -> list[int]:
    """The HTTP statuses of all calls so far."""
    return [call.status for call in emulator.calls]


def roles_assumed(emulator: Emulator) -> list[str]:
    """The roles of the AssumeRole calls so far, in their order."""
    return [
        call.params["RoleArn"]
        for call in emulator.calls
        if call.operation == "AssumeRole"
    ]


# Pages


def test_tuning_jobs_come_newest_first_on_all_pages(
    emulator: Emulator, client: Client
) -> None:
    """Every tuning job comes once, newest first, over as many pages as there are."""
    newest_first = add_jobs(emulator, 25)[::-1]
    pages = job_names(client.tuning_jobs())
    assert pages == [newest_first[:10], newest_first[10:20], newest_first[20:]]
    assert [call.params["MaxResults"] for call in emulator.calls] == [10, 10, 10]
    assert {call.params["SortBy"] for call in emulator.calls} == {"CreationTime"}
    assert {call.params["SortOrder"] for call in emulator.calls} == {"Descending"}
    assert client.calls == 3


def test_trials_come_newest_first_on_all_pages(
    emulator: Emulator, client: Client
) -> None:
    """Every trial comes once, newest first, over as many pages as there are."""
    newest_first = add_trials(emulator, 31)[::-1]
    pages = trial_names(client.trials("job"))
    assert [len(page) for page in pages] == [10, 10, 10, 1]
    assert flat(pages) == newest_first
    assert {call.params["SortBy"] for call in emulator.calls} == {"CreationTime"}
    assert {call.params["SortOrder"] for call in emulator.calls} == {"Descending"}


def test_a_listing_is_read_no_further_than_asked_for(
    emulator: Emulator, client: Client
) -> None:
    """A page that nobody asks for is not fetched: each call is of a scarce quota."""
    add_jobs(emulator, 25)
    assert len(next(client.tuning_jobs()).items) == 10
    assert len(emulator.calls) == 1


def test_an_empty_listing_is_one_empty_page(client: Client) -> None:
    """No tuning jobs is an answer, not an error."""
    assert job_names(client.tuning_jobs()) == [[]]


def test_names_are_filtered_by_the_service(emulator: Emulator, client: Client) -> None:
    """Part of a name limits the listing."""
    add_jobs(emulator, 25)
    pages = job_names(client.tuning_jobs(name_contains="B-2"))
    assert pages == [["job-24", "job-23", "job-22", "job-21", "job-20"]]


def test_no_filter_on_modification(emulator: Emulator, client: Client) -> None:
    """LastModifiedTimeAfter walks empty pages into throttling: it is never sent."""
    add_jobs(emulator, 1)
    list(client.tuning_jobs())
    (call,) = emulator.calls
    assert set(call.params) == {"MaxResults", "SortBy", "SortOrder"}


@pytest.mark.parametrize("operation", [LIST_TUNING_JOBS, LIST_TRIALS])
def test_an_empty_page_with_a_token_is_no_end(
    emulator: Emulator, client: Client, operation: str
) -> None:
    """An empty page that carries a token is followed to the next one."""
    names = add_jobs(emulator, 24) + add_trials(emulator, 25)
    emulator.faults.add(Fault("empty_pages", operation=operation))
    jobs, trials = list(client.tuning_jobs()), list(client.trials("job"))
    found = flat(job_names(jobs)) + flat(trial_names(trials))
    assert sorted(found) == sorted([*names, "job"])
    assert sorted([len(jobs), len(trials)]) == [3, 6]


def test_times_are_text_in_utc(emulator: Emulator, client: Client) -> None:
    """Times come as the records' text, whatever this machine's zone is."""
    created = datetime(2026, 3, 1, 7, 0, 0, 123000, tzinfo=UTC)
    emulator.scope().add(TuningJob(name="job", created=created))
    ((job,), _) = next(client.tuning_jobs())
    assert job["CreationTime"] == "2026-03-01T07:00:00.123Z"


@pytest.mark.parametrize("tokens", ["AA", "ABA", "ABCB"])
def test_a_token_that_comes_again_is_an_error(
    emulator: Emulator, client: Client, tokens: str
) -> None:
    """A listing that goes in circles ends with an error, never without end."""
    emulator.serve(
        LIST_TRIALS,
        [(200, {}, {"TrainingJobSummaries": [], "NextToken": t}) for t in tokens],
    )
    with pytest.raises(aws.PaginationError, match="same"):
        list(client.trials("job"))
    assert len(emulator.calls) == len(tokens)


def test_a_service_that_repeats_its_token_is_an_error(
    emulator: Emulator, client: Client
) -> None:
    """So does one whose page gives the token back that it was asked with."""
    add_jobs(emulator, 35)
    emulator.faults.add(Fault("repeat_token"))
    with pytest.raises(aws.PaginationError):
        list(client.tuning_jobs())


# The paginator's own knobs


def paginated(client: Client, token: str | None, **config: Any) -> tuple[Any, Any]:
    """The pages of a paginated read, and the token to go on with."""
    *pages, (last, resume) = client.paginate_trials("job", config, token)
    assert last == []
    assert {token for _, token in pages} <= {None}
    return trial_names(Page(page, "") for page, _ in pages), resume


@pytest.mark.parametrize("most", [7, 10, 15])
def test_a_capped_read_goes_on_at_its_token(
    emulator: Emulator, client: Client, most: int
) -> None:
    """Read in two parts, cut on a page's boundary or off it, all trials come once."""
    names = add_trials(emulator, 20)
    first, token = paginated(client, None, max_items=most)
    rest, end = paginated(client, token)
    assert flat(first) == names[:most]
    assert flat(rest) == names[most:]
    assert end is None


def test_the_paginators_knobs_are_sent(emulator: Emulator, client: Client) -> None:
    """Order and status are the service's to apply."""
    names = add_trials(emulator, 12)
    knobs = {"sort_by": "Name", "sort_order": "Descending"}
    pages, token = paginated(client, None, status_equals="Completed", **knobs)
    assert flat(pages) == names[::-1]
    assert token is None
    assert emulator.calls[0].params == {
        "HyperParameterTuningJobName": "job",
        "MaxResults": 10,
        "SortBy": "Name",
        "SortOrder": "Descending",
        "StatusEquals": "Completed",
    }


# One tuning job by name


def test_a_description_has_what_a_summary_has(
    emulator: Emulator, client: Client
) -> None:
    """Asked for by name, a tuning job has each member that the listing shows of it."""
    emulator.scope().plan(
        "churn", trials=5, strategy="Random", created=START - timedelta(hours=3)
    )
    ((listed,), _) = next(client.tuning_jobs())
    found = client.tuning_job("churn")
    assert found is not None
    described = {**found[0], **found[0]["HyperParameterTuningJobConfig"]}
    assert {member: described.get(member) for member in listed} == listed
    assert listed["Strategy"] == "Random"
    assert "ResourceLimits" in listed


def test_a_name_matches_without_case(emulator: Emulator, client: Client) -> None:
    """A name in other letters finds the tuning job, and its own name comes back."""
    emulator.scope().plan("Churn-XGB", trials=1)
    described = client.tuning_job("churn-xgb")
    assert described is not None
    assert described[0]["HyperParameterTuningJobName"] == "Churn-XGB"


def test_a_name_that_nobody_has_gives_nothing(client: Client) -> None:
    """ResourceNotFound is the answer that there is none, not an error."""
    assert client.tuning_job("nobody") is None


@pytest.mark.parametrize("refused", ["AccessDeniedException", "ValidationException"])
def test_a_refused_description_is_no_missing_one(
    emulator: Emulator, client: Client, refused: str
) -> None:
    """Only ResourceNotFound says that a tuning job does not exist."""
    fault = Fault("error", operation=DESCRIBE, status=400, code=refused, message="No")
    emulator.faults.add(fault)
    with pytest.raises(aws.ClientError, match=refused):
        client.tuning_job("churn")


def test_trials_of_a_deleted_tuning_job(client: Client) -> None:
    """Its trials can not be listed either: that is said, not an empty listing."""
    with pytest.raises(aws.ClientError, match="ResourceNotFound"):
        list(client.trials("nobody"))


# Retries


@pytest.mark.usefixtures("at_once")
@pytest.mark.parametrize("kind", ["html", "drop", "error"])
def test_what_goes_wrong_for_a_while_loses_nothing(
    emulator: Emulator, client: Client, kind: Any
) -> None:
    """A proxy's page, a lost connection and HTTP 500 are tried again: no item lost."""
    names = add_jobs(emulator, 25)
    fault = emulator.faults.add(Fault(kind, times=2, after=1))
    pages = job_names(client.tuning_jobs())
    assert flat(pages) == names[::-1]
    assert emulator.faults.struck(fault) == 2


@pytest.mark.usefixtures("at_once")
@pytest.mark.parametrize(
    "read",
    [
        lambda client: list(client.tuning_jobs()),
        lambda client: list(client.trials("job")),
        lambda client: list(client.paginate_trials("job", {}, None)),
        lambda client: client.tuning_job("job"),
    ],
    ids=["tuning_jobs", "trials", "paginate_trials", "tuning_job"],
)
def test_a_proxys_page_is_never_an_empty_listing(
    emulator: Emulator, client: Client, read: Callable[[Client], object]
) -> None:
    """Status 200 without a list is an error, and says where to look."""
    add_trials(emulator, 3)
    emulator.faults.add(Fault("html"))
    with pytest.raises(NoResultError, match="aws_endpoint_url and HTTPS_PROXY"):
        read(client)
    assert statuses(emulator) == [200] * 3


@pytest.mark.usefixtures("at_once")
def test_a_proxys_page_in_the_middle_does_not_end_a_listing(
    emulator: Emulator, client: Client
) -> None:
    """A proxy's page in place of the second page is no last page."""
    add_jobs(emulator, 25)
    emulator.faults.add(Fault("html", after=1))
    with pytest.raises(NoResultError):
        list(client.tuning_jobs())


def test_more_failures_than_botocores_quota_lose_nothing(
    emulator: Emulator, connect: Open, at_once: list[float]
) -> None:
    """Retries go on to max_attempts, when botocore's own quota (35) has long ended."""
    (client,) = connect(max_attempts=60)
    names = add_jobs(emulator, 5)
    emulator.faults.add(Fault("error", times=55, status=503))
    assert job_names(client.tuning_jobs()) == [names[::-1]]
    assert len(at_once) == 55


@pytest.mark.usefixtures("at_once")
def test_calls_that_fail_together_lose_nothing(
    emulator: Emulator, connect: Open
) -> None:
    """With eight calls in flight, each of them outlives a time of failures."""
    (client,) = connect(max_attempts=20, concurrency=8)
    jobs = [f"job-{index}" for index in range(8)]
    names = {job: add_trials(emulator, 12, job) for job in jobs}
    for job in jobs:
        emulator.faults.add(Fault("error", tuning_job=job, times=8))
        emulator.faults.add(Fault("drop", tuning_job=job, times=2))
    with ThreadPoolExecutor(8) as pool:
        read = pool.map(lambda job: trial_names(client.trials(job)), jobs)
    found = {job: flat(pages)[::-1] for job, pages in zip(jobs, read, strict=True)}
    assert found == names
    assert statuses(emulator).count(200) == 16


@pytest.mark.usefixtures("at_once")
@pytest.mark.parametrize("most", [1, 2, 5])
@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (Fault("error", status=500), aws.ClientError),
        (Fault("drop"), aws.ConnectionClosedError),
        (Fault("html"), NoResultError),
    ],
    ids=["500", "drop", "html"],
)
def test_max_attempts_is_the_number_of_calls(
    emulator: Emulator, connect: Open, most: int, fault: Fault, error: type[Exception]
) -> None:
    """What fails every time is called max_attempts times, the first one included."""
    (client,) = connect(max_attempts=most)
    emulator.faults.add(fault)
    with pytest.raises(error):
        list(client.tuning_jobs())
    assert len(emulator.calls) == most


@pytest.mark.usefixtures("at_once")
@pytest.mark.parametrize("most", [1, 3])
def test_max_attempts_counts_throttled_calls(
    emulator: Emulator, connect: Open, most: int
) -> None:
    """Throttled every time, a call is made max_attempts times, and each is counted."""
    (client,) = connect(max_attempts=most)
    emulator.faults.add(Fault("throttle", rate=0, burst=0))
    with pytest.raises(aws.ClientError, match="ThrottlingException"):
        list(client.tuning_jobs())
    assert len(emulator.calls) == client.calls == client.throttled == most


@pytest.mark.usefixtures("at_once")
def test_throttled_calls_are_counted_apart(emulator: Emulator, client: Client) -> None:
    """Throttling for a while loses nothing; `throttled` says how often it was."""
    names = add_jobs(emulator, 5)
    # Once: after that, botocore's adaptive mode waits for two seconds a call.
    fault = Fault("error", status=400, times=1, code="ThrottlingException")
    emulator.faults.add(fault)
    assert job_names(client.tuning_jobs()) == [names[::-1]]
    assert (client.calls, client.throttled) == (2, 1)


@pytest.mark.parametrize(
    "refused", ["AccessDeniedException", "ValidationException", "ExpiredTokenException"]
)
def test_a_refusal_is_not_tried_again(
    emulator: Emulator, client: Client, refused: str
) -> None:
    """What the service refuses it refuses again: one call."""
    emulator.faults.add(Fault("error", status=400, code=refused, message="No"))
    with pytest.raises(aws.ClientError, match=refused):
        list(client.tuning_jobs())
    assert len(emulator.calls) == 1


def test_waits_grow_and_have_a_cap(
    emulator: Emulator, connect: Open, at_once: list[float]
) -> None:
    """Between tries at a proxy's page the waits grow, with jitter, to 20 seconds."""
    (client,) = connect(max_attempts=12)
    emulator.faults.add(Fault("html"))
    with pytest.raises(NoResultError):
        list(client.tuning_jobs())
    assert len(at_once) == 11
    assert 0.15 <= at_once[0] <= 0.3
    assert all(10 <= wait <= 20 for wait in at_once[8:])
    assert len(set(at_once)) == 11


# The service's time


def test_a_page_says_when_it_was_given(emulator: Emulator, client: Client) -> None:
    """Each page has its own Date, by the service's clock."""
    assert next(client.tuning_jobs()).seen == "2026-03-02T09:00:00.000Z"
    emulator.clock.move(seconds=3661)
    assert next(client.tuning_jobs()).seen == "2026-03-02T10:01:01.000Z"


# The way in: the caller's own account


def test_the_chains_account_and_region(client: Client) -> None:
    """Without settings, the scope is the chain's: STS says whose credentials it has."""
    assert client.scope == Scope(ACCOUNT, REGION)
    assert str(client.scope) == f"account {ACCOUNT}, {REGION}"
    assert client.scope.context == {"account_id": ACCOUNT, "region": REGION}


def test_each_region_is_a_scope(emulator: Emulator, connect: Open) -> None:
    """Each region has a client, in the order of the settings, that calls it alone."""
    regions = ["eu-west-1", "us-east-1", "cn-north-1"]
    clients = connect(regions=regions)
    assert [client.scope for client in clients] == [
        Scope(ACCOUNT, region) for region in regions
    ]
    for client in clients:
        list(client.tuning_jobs())
    assert [call.region for call in emulator.calls] == regions


def test_static_keys(emulator: Emulator, connect: Open) -> None:
    """Keys in the settings count before those of the environment."""
    keys = emulator.credentials("444455556666")
    (client,) = connect(**{name.lower(): value for name, value in keys.items()})
    list(client.tuning_jobs())
    assert client.scope == Scope("444455556666", REGION)
    assert emulator.calls[0].account == "444455556666"


@pytest.fixture
def profile(
    emulator: Emulator,
    environment: None,  # noqa: ARG001 - it sets variables, of which two are set anew
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> str:
    """A profile with a key of another account, and a region of its own."""
    keys = emulator.credentials("777788889999")
    lines = [f"{name.lower()} = {value}" for name, value in keys.items()]
    text = "\n".join(["[readers]", *lines, ""])
    (tmp_path / "credentials").write_text(text, encoding="utf-8")
    text = "[profile readers]\nregion = ap-south-1\n"
    (tmp_path / "config").write_text(text, encoding="utf-8")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    return "readers"


def test_a_profile(
    emulator: Emulator, profile: str, connect: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A profile in the settings counts before the environment's keys."""
    monkeypatch.delenv("AWS_DEFAULT_REGION")
    (client,) = connect(aws_profile=profile)
    list(client.tuning_jobs())
    assert client.scope == Scope("777788889999", "ap-south-1")
    assert emulator.calls[0].account == "777788889999"


def test_a_profile_that_does_not_exist(connect: Open) -> None:
    """A profile that nobody wrote down is refused by its name."""
    with pytest.raises(aws.ProfileNotFound, match="nobody"):
        connect(aws_profile="nobody")


@pytest.mark.parametrize("more", [{}, {"assume_roles": [{"role_arn": ROLE}]}])
def test_no_region(
    emulator: Emulator,
    connect: Open,
    monkeypatch: pytest.MonkeyPatch,
    more: dict[str, Any],
) -> None:
    """Neither settings nor chain name a region: that is said before any call."""
    monkeypatch.delenv("AWS_DEFAULT_REGION")
    with pytest.raises(aws.NoRegionError):
        connect(**more)
    assert emulator.calls == []


@pytest.mark.parametrize("more", [{}, {"assume_roles": [{"role_arn": ROLE}]}])
def test_no_credentials(
    connect: Open, monkeypatch: pytest.MonkeyPatch, more: dict[str, Any]
) -> None:
    """No credentials anywhere: that is said, and not at some later call."""
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    with pytest.raises(aws.NoCredentialsError):
        connect(**more)


def test_an_endpoint_in_the_settings(
    emulator: Emulator, connect: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    """aws_endpoint_url leads both SageMaker and STS."""
    monkeypatch.delenv("AWS_ENDPOINT_URL")
    (client,) = connect(aws_endpoint_url=emulator.url)
    list(client.tuning_jobs())
    assert client.scope == Scope(ACCOUNT, REGION)
    assert statuses(emulator) == [200]


# The way in: roles


def test_a_roles_account_is_in_its_arn(emulator: Emulator, connect: Open) -> None:
    """A role's scope is of the role's account, and no call is made to know that."""
    (client,) = connect(assume_roles=[{"role_arn": ROLE}])
    assert client.scope == Scope("222222222222", REGION)
    assert emulator.calls == []
    list(client.tuning_jobs())
    assert [(call.operation, call.account) for call in emulator.calls] == [
        ("AssumeRole", ACCOUNT),
        (LIST_TUNING_JOBS, "222222222222"),
    ]


def test_regions_of_a_role_share_one_assume_role(
    emulator: Emulator, connect: Open
) -> None:
    """A role is assumed once, however many regions and calls it serves."""
    clients = connect(
        assume_roles=[{"role_arn": ROLE}, {"role_arn": OTHER_ROLE}],
        regions=["us-east-1", "eu-west-1"],
    )
    for client in [*clients, *clients]:
        list(client.tuning_jobs())
    assert [client.scope for client in clients] == [
        Scope("222222222222", "us-east-1"),
        Scope("222222222222", "eu-west-1"),
        Scope("333333333333", "us-east-1"),
        Scope("333333333333", "eu-west-1"),
    ]
    assert roles_assumed(emulator) == [ROLE, OTHER_ROLE]
    assert [
        (call.account, call.region)
        for call in emulator.calls
        if call.operation == LIST_TUNING_JOBS
    ] == [(client.scope.account_id, client.scope.region) for client in clients] * 2


def test_a_roles_own_regions(connect: Open) -> None:
    """A role's own regions count before the settings'."""
    roles = [{"role_arn": ROLE, "regions": ["sa-east-1"]}, {"role_arn": OTHER_ROLE}]
    clients = connect(assume_roles=roles, regions=["us-east-1"])
    assert [client.scope.region for client in clients] == ["sa-east-1", "us-east-1"]


def test_an_external_id_is_sent(emulator: Emulator, connect: Open) -> None:
    """With the external id that it wants, a role is assumed."""
    emulator.roles[ROLE] = "their-secret"
    role = {"role_arn": ROLE, "external_id": "their-secret"}
    (client,) = connect(assume_roles=[role])
    assert job_names(client.tuning_jobs()) == [[]]
    assert emulator.calls[0].params["ExternalId"] == "their-secret"
    assert emulator.calls[0].params["RoleSessionName"] == "tap-sagemaker-tuning"


@pytest.mark.parametrize("more", [{}, {"external_id": "another"}])
def test_a_wrong_external_id(
    emulator: Emulator,
    connect: Open,
    caplog: pytest.LogCaptureFixture,
    more: dict[str, str],
) -> None:
    """A role that can not be assumed is AssumeRole's error, and logs no traceback."""
    emulator.roles[ROLE] = "their-secret"
    (client,) = connect(assume_roles=[{"role_arn": ROLE, **more}])
    with pytest.raises(aws.ClientError) as caught:
        list(client.tuning_jobs())
    assert caught.value.operation_name == "AssumeRole"
    assert code(caught.value) == "AccessDenied"
    assert [record.exc_info for record in caplog.records if record.exc_info] == []


def test_one_role_that_fails_leaves_the_others(
    emulator: Emulator, connect: Open
) -> None:
    """Each role is assumed for itself."""
    emulator.roles[ROLE] = "their-secret"
    first, second = connect(assume_roles=[{"role_arn": ROLE}, {"role_arn": OTHER_ROLE}])
    with pytest.raises(aws.ClientError):
        list(first.tuning_jobs())
    assert job_names(second.tuning_jobs()) == [[]]


def test_credentials_are_renewed(emulator: Emulator, connect: Open) -> None:
    """A role is assumed anew before its key expires: no call is made with the old."""
    emulator.role_seconds = 2
    add_jobs(emulator, 1)
    (client,) = connect(assume_roles=[{"role_arn": ROLE}])
    list(client.tuning_jobs())
    time.sleep(2.1)
    list(client.tuning_jobs())
    assert roles_assumed(emulator) == [ROLE, ROLE]
    assert [call.error for call in emulator.calls] == [None] * 4


def test_long_lived_credentials_are_kept(emulator: Emulator, connect: Open) -> None:
    """A key that lives for an hour is not renewed at every call."""
    (client,) = connect(assume_roles=[{"role_arn": ROLE}])
    for _ in range(4):
        list(client.tuning_jobs())
    assert roles_assumed(emulator) == [ROLE]


def test_an_expired_key_that_can_not_renew_itself(
    emulator: Emulator, connect: Open
) -> None:
    """A session token of the caller's own ends, and that is said."""
    (client,) = connect()
    emulator.faults.add(Fault("expired"))
    with pytest.raises(aws.ClientError, match="ExpiredTokenException"):
        list(client.tuning_jobs())


@pytest.mark.parametrize(
    ("partition", "regions", "asked"),
    [
        ("aws", ["eu-west-1", "us-west-2"], REGION),
        ("aws-cn", ["cn-northwest-1", "cn-north-1"], "cn-northwest-1"),
        ("aws-us-gov", ["us-gov-east-1"], "us-gov-east-1"),
    ],
)
def test_where_a_role_is_assumed(
    emulator: Emulator, connect: Open, partition: str, regions: list[str], asked: str
) -> None:
    """STS is called in the chain's region, if it is of the role's partition."""
    role = f"arn:{partition}:iam::222222222222:role/reader"
    clients = connect(assume_roles=[{"role_arn": role}], regions=regions)
    for client in clients:
        list(client.tuning_jobs())
    assert [call.region for call in emulator.calls] == [asked, *regions]


def test_the_api_model_is_loaded_once(
    connect: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However many clients and roles: the model, 20 MB of memory, is there once."""
    loaded: list[str] = []
    load = JSONFileLoader.load_file

    def counted(self: JSONFileLoader, file_path: str) -> Any:
        loaded.append(file_path)
        return load(self, file_path)

    monkeypatch.setattr(JSONFileLoader, "load_file", counted)
    roles = [{"role_arn": ROLE}, {"role_arn": OTHER_ROLE}]
    clients = connect(assume_roles=roles, regions=["us-east-1", "eu-west-1"])
    assert len(clients) == 4
    ours = [Path(path) for path in loaded if "sagemaker" in Path(path).parts]
    assert [path.name for path in ours].count("service-2") == 1


def test_the_tap_says_who_it_is(client: Client) -> None:
    """Each call carries the tap's name: CloudTrail shows who used up the quota."""
    seen: list[str] = []
    vars(client)["_api"].meta.events.register(
        "before-send.sagemaker",
        lambda request, **_: seen.append(str(request.headers["User-Agent"])),
    )
    list(client.tuning_jobs())
    assert len(seen) == 1
    assert "tap-sagemaker-tuning/" in seen[0]
