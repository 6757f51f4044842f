"""A recording becomes a test case when it is put into `recordings/`."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

from sagemaker_tuning_contract import recordings
from sagemaker_tuning_contract.exchanges import TOKEN
from sagemaker_tuning_contract.verdicts import broken, judged
from sagemaker_tuning_contract.vocabulary import is_allowed
from sagemaker_tuning_emulator import Emulator
from tap_sagemaker_tuning.aws.operations import (
    DESCRIBE_TRIAL,
    DESCRIBE_TUNING_JOB,
    GET_PRODUCTS,
    LIST_TRIALS,
    LIST_TUNING_JOBS,
    SEARCH,
)
from tap_sagemaker_tuning.settings import Settings
from tap_sagemaker_tuning.streams import (
    training_instance_prices,
    training_job_details,
    training_job_summaries,
    tuning_job_details,
    tuning_jobs,
)
from tap_sagemaker_tuning.sync.discovery import discover
from tap_tools.generated.confirmations import RECORDINGS
from tests.case_files import ASKED, KEYS, LISTED
from tests.conftest import ACCOUNT, REGION
from tests.schema_checks import assert_fits

from .test_redaction import texts

if TYPE_CHECKING:
    from pathlib import Path

    from sagemaker_tuning_contract.exchanges import Recording
    from tap_sagemaker_tuning.aws.client import Client

FOLDERS = sorted(path for path in RECORDINGS.iterdir() if path.is_dir())
every_folder = pytest.mark.parametrize("folder", FOLDERS, ids=lambda path: path.name)


@pytest.fixture(scope="module")
def emulator_and_client() -> Iterator[tuple[Emulator, Client]]:
    """A server of the recorded responses, and the tap's client that reads them."""
    with (
        Emulator(start="2026-03-02T09:00:00Z") as emulator,
        pytest.MonkeyPatch.context() as patch,
    ):
        for name, value in emulator.environment(ACCOUNT, REGION).items():
            patch.setenv(name, value)
        (client,) = discover(Settings(max_attempts=1), lambda: None).clients
        client.open()
        yield emulator, client
        client.close()


Made = Iterator[tuple[str, Any]]
DETAILS = "training_job_details"


def jobs(client: Client) -> Made:
    """Rows of a page of tuning jobs."""
    for page in client.tuning_jobs():
        for item in page.items:
            yield "tuning_jobs", tuning_jobs.record_of(item, client.scope)


def trials(client: Client) -> Made:
    """Rows of a page of trials."""
    for page in client.trials("any"):
        for item in page.items:
            keys = {**client.scope.context, **ASKED}
            record = training_job_summaries.record_of(item, keys)
            yield "training_job_summaries", record


def job(client: Client) -> Made:
    """The row of a described tuning job."""
    description, _ = client.tuning_job("any")
    yield "tuning_job_details", tuning_job_details.record_of(description or {}, KEYS)


def trial(client: Client) -> Made:
    """The row of a described trial."""
    description = client.trial("any")
    yield DETAILS, training_job_details.record_of(description or {}, LISTED, KEYS)


def searched(client: Client) -> Made:
    """Rows of what Search found."""
    for record in client.search_trials({}):
        yield DETAILS, training_job_details.record_of(record, LISTED, KEYS)


def prices(client: Client) -> Made:
    """Rows of a price list."""
    products = client.prices.training(REGION)
    records, odd = training_instance_prices.records_of(products)
    assert odd == []
    for price in records:
        yield "training_instance_prices", price


READERS = {
    LIST_TUNING_JOBS: jobs,
    LIST_TRIALS: trials,
    DESCRIBE_TUNING_JOB: job,
    DESCRIBE_TRIAL: trial,
    SEARCH: searched,
    GET_PRODUCTS: prices,
}
"""What the tap reads from the response of each operation."""


def records(recording: Recording, emulator: Emulator, client: Client) -> Made:
    """Each recorded response, read over HTTP: stream and record."""
    for operation, read in READERS.items():
        for exchange in recording.answers(operation):
            answer = {name: v for name, v in exchange.answer.items() if name != TOKEN}
            emulator.serve(operation.name, [(200, {}, json.dumps(answer))])
            yield from read(client)


@every_folder
def test_from_http_to_a_record(
    folder: Path, emulator_and_client: tuple[Emulator, Client]
) -> None:
    """Every item of every response becomes a record that fits its stream's schema."""
    made = [
        each
        for recording in recordings.read(folder)
        for each in records(recording, *emulator_and_client)
    ]
    assert len(made) > 0
    for stream, record in made:
        assert_fits(stream, record)


@every_folder
def test_facts_hold_in_it(folder: Path) -> None:
    """A recording breaks no fact; if it does, the service differs from what the tap
    expects."""
    assert broken(judged(recordings.read(folder))) == []


@every_folder
def test_it_has_no_text_of_anyone_s(folder: Path) -> None:
    """A recording has only words of the service, and pseudonyms."""
    for path in folder.rglob("*"):
        assert path.is_dir() or path.suffix == ".json"
    for path in folder.glob("scope-*/*.json"):
        every_text = texts(json.loads(path.read_text(encoding="utf-8")))
        assert [
            text for text in every_text if not is_allowed(text) and text[:1] != "{"
        ] == []
