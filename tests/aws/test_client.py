"""The client, over real HTTP to the emulator."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import botocore.exceptions as aws
import pytest

from sagemaker_tuning_emulator import Definition, Fault, Index, TuningJob
from tap_sagemaker_tuning.aws.found_trials import expression
from tap_sagemaker_tuning.aws.operations import (
    DESCRIBE_TRIAL,
    DESCRIBE_TUNING_JOB,
    LIST_TRIALS,
    LIST_TUNING_JOBS,
    SEARCH,
)
from tap_sagemaker_tuning.settings import Settings
from tests.aws.account import START, add_jobs, add_trials, flat, job_names, trial_names

if TYPE_CHECKING:
    from sagemaker_tuning_emulator import Emulator
    from tap_sagemaker_tuning.aws.client import Client
    from tests.aws.conftest import Open

# Pages


def test_tuning_jobs_come_newest_first_on_all_pages(
    emulator: Emulator, client: Client
) -> None:
    """Every tuning job comes once, newest first, over any number of pages."""
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
    """Every trial comes once, newest first, over any number of pages."""
    newest_first = add_trials(emulator, 31)[::-1]
    pages = trial_names(client.trials("job"))
    assert [len(page) for page in pages] == [10, 10, 10, 1]
    assert flat(pages) == newest_first
    assert {call.params["SortBy"] for call in emulator.calls} == {"CreationTime"}
    assert {call.params["SortOrder"] for call in emulator.calls} == {"Descending"}


def test_a_listing_is_read_no_further_than_asked_for(
    emulator: Emulator, client: Client
) -> None:
    """A page is fetched only when it is needed, because calls count against a small
    quota."""
    add_jobs(emulator, 25)
    assert len(next(client.tuning_jobs()).items) == 10
    assert len(emulator.calls) == 1


def test_an_empty_listing_is_one_empty_page(client: Client) -> None:
    """An empty listing is a valid response, not an error."""
    assert job_names(client.tuning_jobs()) == [[]]


def test_names_are_filtered_by_the_service(emulator: Emulator, client: Client) -> None:
    """The service filters by a part of the name."""
    add_jobs(emulator, 25)
    pages = job_names(client.tuning_jobs(name_contains="B-2"))
    assert pages == [["job-24", "job-23", "job-22", "job-21", "job-20"]]


def test_no_filter_on_modification(emulator: Emulator, client: Client) -> None:
    """LastModifiedTimeAfter is never sent, because it causes empty pages and
    throttling."""
    add_jobs(emulator, 1)
    list(client.tuning_jobs())
    (call,) = emulator.calls
    assert set(call.params) == {"MaxResults", "SortBy", "SortOrder"}


@pytest.mark.parametrize("operation", [LIST_TUNING_JOBS.name, LIST_TRIALS.name])
def test_an_empty_page_with_a_token_is_no_end(
    emulator: Emulator, client: Client, operation: str
) -> None:
    """An empty page with a token leads to the next page."""
    names = add_jobs(emulator, 24) + add_trials(emulator, 25)
    emulator.faults.add(Fault("empty_pages", operation=operation))
    jobs, trials = list(client.tuning_jobs()), list(client.trials("job"))
    listed = flat(job_names(jobs)) + flat(trial_names(trials))
    assert sorted(listed) == sorted([*names, "job"])
    assert sorted([len(jobs), len(trials)]) == [3, 6]


def test_times_are_text_in_utc(emulator: Emulator, client: Client) -> None:
    """Times are text in the format of records, in any time zone of this machine."""
    created = datetime(2026, 3, 1, 7, 0, 0, 123000, tzinfo=UTC)
    emulator.scope().add(TuningJob(name="job", created=created))
    ((job,), _) = next(client.tuning_jobs())
    assert job["CreationTime"] == "2026-03-01T07:00:00.123Z"


@pytest.mark.parametrize("tokens", ["AA", "ABA", "ABCB"])
def test_a_token_that_comes_again_is_an_error(
    emulator: Emulator, client: Client, tokens: str
) -> None:
    """A listing that goes in circles ends with an error instead of going on forever."""
    emulator.serve(
        LIST_TRIALS.name,
        [(200, {}, {"TrainingJobSummaries": [], "NextToken": t}) for t in tokens],
    )
    with pytest.raises(aws.PaginationError, match="same"):
        list(client.trials("job"))
    assert len(emulator.calls) == len(tokens)


def test_a_service_that_repeats_its_token_is_an_error(
    emulator: Emulator, client: Client
) -> None:
    """A page that returns the token of its own request is an error, too."""
    add_jobs(emulator, 35)
    emulator.faults.add(Fault("repeat_token"))
    with pytest.raises(aws.PaginationError):
        list(client.tuning_jobs())


# The paginator's own options


def paginated(client: Client, token: str | None, **config: Any) -> tuple[Any, Any]:
    """The pages of a paginated read, and the token to resume from."""
    *pages, (last, resume) = client.paginate_trials("job", Settings(**config), token)
    assert last.items == []
    assert {token for _, token in pages} <= {None}
    return trial_names(page for page, _ in pages), resume


@pytest.mark.parametrize("most", [7, 10, 15])
def test_a_partial_read_goes_on_at_its_token(
    emulator: Emulator, client: Client, most: int
) -> None:
    """Two partial reads return all trials once, whether the cut is at a page boundary
    or not."""
    names = add_trials(emulator, 20)
    first, token = paginated(client, None, max_items=most)
    rest, end = paginated(client, token)
    assert flat(first) == names[:most]
    assert flat(rest) == names[most:]
    assert end is None


def test_the_paginators_knobs_are_sent(emulator: Emulator, client: Client) -> None:
    """The service itself applies order and status."""
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
    """The description of a tuning job has each member that its listing has."""
    emulator.scope().plan(
        "churn", trials=5, strategy="Random", created=START - timedelta(hours=3)
    )
    ((listed,), _) = next(client.tuning_jobs())
    description, _ = client.tuning_job("churn")
    assert description is not None
    described = {**description, **description["HyperParameterTuningJobConfig"]}
    assert {member: described.get(member) for member in listed} == listed
    assert listed["Strategy"] == "Random"
    assert "ResourceLimits" in listed


def test_a_name_matches_without_case(emulator: Emulator, client: Client) -> None:
    """A name in another case finds the tuning job, and its own name is returned."""
    emulator.scope().plan("Churn-XGB", trials=1)
    described, _ = client.tuning_job("churn-xgb")
    assert described is not None
    assert described["HyperParameterTuningJobName"] == "Churn-XGB"


def test_a_name_that_nobody_has_gives_nothing(client: Client) -> None:
    """ResourceNotFound means that there is no such tuning job; it is not an error, and
    it has a time, too."""
    assert client.tuning_job("nobody") == (None, "2026-03-02T09:00:00.000Z")


@pytest.mark.parametrize("refused", ["AccessDeniedException", "ValidationException"])
def test_a_refused_description_is_no_missing_one(
    emulator: Emulator, client: Client, refused: str
) -> None:
    """Only ResourceNotFound means that a tuning job does not exist."""
    fault = Fault(
        "error",
        operation=DESCRIBE_TUNING_JOB.name,
        status=400,
        code=refused,
        message="No",
    )
    emulator.faults.add(fault)
    with pytest.raises(aws.ClientError, match=refused):
        client.tuning_job("churn")


def test_trials_of_a_deleted_tuning_job(client: Client) -> None:
    """Listing a deleted tuning job's trials reports the deletion, not an empty
    listing."""
    with pytest.raises(aws.ClientError, match="ResourceNotFound"):
        list(client.trials("nobody"))


def test_what_has_passed(emulator: Emulator, client: Client) -> None:
    """A call passes for its own tuning job: for another one, it proves something only
    about others. A call that names none passes for all, and a refused one for none."""
    names = add_jobs(emulator, 3)
    list_trials, describe = LIST_TRIALS.name, DESCRIBE_TUNING_JOB.name
    for call in (list_trials, describe, LIST_TUNING_JOBS.name):
        assert not client.has_passed(call, names[0])
    next(client.trials(names[0].upper()))
    assert not client.has_passed(list_trials, names[0])
    assert client.has_passed(list_trials, names[1])
    emulator.faults.add(Fault("deny", tuning_job=names[1]))
    with pytest.raises(aws.ClientError, match="AccessDenied"):
        next(client.trials(names[1]))
    assert not client.has_passed(list_trials, names[0])
    next(client.trials(names[2]))
    assert client.has_passed(list_trials, names[0])
    assert client.tuning_job("nobody")[0] is None
    assert not client.has_passed(describe, names[0])
    client.tuning_job(names[0])
    assert client.has_passed(describe, names[1])
    next(client.tuning_jobs())
    assert client.has_passed(LIST_TUNING_JOBS.name, names[0])


# One trial by name, and many by Search


def test_a_trial_is_described(emulator: Emulator, client: Client) -> None:
    """The description of a trial has what its listing lacks, with times as text."""
    (name, _) = add_trials(emulator, 2)
    description = client.trial(name)
    assert description is not None
    assert description["TrainingJobName"] == name
    assert description["ResourceConfig"]["InstanceType"] == "ml.m5.xlarge"
    assert description["CreationTime"] == "2026-03-01T09:00:00.000Z"


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("ValidationException", "Requested resource not found."),
        ("ValidationException", "Requested resource not found"),
        ("ResourceNotFound", "any"),
        ("ResourceNotFoundException", ""),
    ],
)
def test_a_trial_that_nobody_has_gives_nothing(
    emulator: Emulator, client: Client, code: str, message: str
) -> None:
    """Unlike a missing tuning job, a missing trial is a ValidationException."""
    assert client.trial("nobody") is None
    fault = Fault(
        "error", operation=DESCRIBE_TRIAL.name, status=400, code=code, message=message
    )
    emulator.faults.add(fault)
    assert client.trial("nobody") is None


@pytest.mark.parametrize("message", ["", "not found", "2 validation errors detected"])
def test_an_invalid_trial_is_no_missing_one(
    emulator: Emulator, client: Client, message: str
) -> None:
    """Any other ValidationException is an error."""
    fault = Fault(
        "error",
        operation=DESCRIBE_TRIAL.name,
        status=400,
        code="ValidationException",
        message=message,
    )
    emulator.faults.add(fault)
    with pytest.raises(aws.ClientError, match="ValidationException"):
        client.trial("nobody")


def test_a_refused_trial_is_no_missing_one(emulator: Emulator, client: Client) -> None:
    """A trial whose description is denied is an error."""
    emulator.faults.add(Fault("deny"))
    with pytest.raises(aws.ClientError, match="AccessDenied"):
        client.trial("nobody")


def test_search_finds_all_of_a_page(emulator: Emulator, client: Client) -> None:
    """A hundred trials come with one call of the largest page size."""
    names = add_trials(emulator, 100)
    records = client.search_trials(expression(names))
    assert {each["TrainingJobName"] for each in records} == set(names)
    (call,) = emulator.calls
    assert (call.params["MaxResults"], call.params["Resource"]) == (100, "TrainingJob")


def test_search_is_followed_through_empty_pages(
    emulator: Emulator, client: Client
) -> None:
    """Duplicates make two pages, with an empty page and its token before each."""
    names = add_trials(emulator, 60)
    emulator.scope().index = Index(duplicated=1.0)
    emulator.faults.add(Fault("empty_pages", operation=SEARCH.name))
    records = client.search_trials(expression(names))
    assert len(records) == 2 * len(names)
    assert len(emulator.calls) == 4


def test_search_passes_over_what_is_no_trial(
    emulator: Emulator, client: Client
) -> None:
    """A null among the results is skipped."""
    other = {"Experiment": {"ExperimentName": "e"}}
    record = {"TrainingJob": {"TrainingJobName": "t"}}
    results = [None, {"TrainingJob": None}, other, record]
    emulator.serve(SEARCH.name, [(200, {}, {"Results": results})])
    assert client.search_trials({}) == [{"TrainingJobName": "t"}]


def test_a_secret_is_in_no_log(
    emulator: Emulator, connect: Open, caplog: pytest.LogCaptureFixture
) -> None:
    """Nothing in a definition's environment is logged, even at DEBUG."""
    for logger in (None, "botocore"):
        caplog.set_level("DEBUG", logger)
    (client,) = connect()
    definition = Definition(environment={"API_KEY": "planted-s3cr3t"})
    job = TuningJob(name="job", created=START, definitions=(definition,))
    emulator.scope().add(job)
    answer = client.tuning_job("job")
    assert "planted-s3cr3t" in str(answer)
    assert "planted-s3cr3t" not in caplog.text


# Counts, and the service's time


@pytest.mark.usefixtures("waits")
def test_calls_are_counted(emulator: Emulator, client: Client) -> None:
    """Every response counts, even an error; throttled calls count separately."""
    add_jobs(emulator, 1)
    emulator.faults.add(Fault("error", status=400, code="ThrottlingException", times=1))
    emulator.faults.add(Fault("deny", after=1))
    with pytest.raises(aws.ClientError, match="AccessDenied"):
        list(client.tuning_jobs())
    assert (client.calls, client.throttled) == (len(emulator.calls), 1) == (2, 1)


def test_a_page_says_when_it_was_given(emulator: Emulator, client: Client) -> None:
    """Each page has its own Date, unless it is ahead of the earlier ones."""
    assert next(client.tuning_jobs()).seen == "2026-03-02T09:00:00.000Z"
    emulator.clock.move(seconds=30)
    assert next(client.tuning_jobs()).seen == "2026-03-02T09:00:30.000Z"
    emulator.clock.move(seconds=3600)
    assert next(client.tuning_jobs()).seen < "2026-03-02T09:01:00.000Z"


@pytest.mark.parametrize(
    "date",
    [
        "once upon a time",
        "Fri, 31 Dec 9999 00:00:00 GMT",
        "Fri, 31 Dec 9999 23:59:59 -2359",
    ],
)
def test_without_a_date_it_is_this_machines_time(
    emulator: Emulator, client: Client, date: str
) -> None:
    """If a proxy removes the Date or sends an absurd one, this machine's time is
    used."""
    page: dict[str, Any] = {"HyperParameterTuningJobSummaries": []}
    emulator.serve(LIST_TUNING_JOBS.name, [(200, {"Date": date}, page)])
    seen = datetime.fromisoformat(next(client.tuning_jobs()).seen)
    assert abs(datetime.now(tz=UTC) - seen) < timedelta(minutes=1)
