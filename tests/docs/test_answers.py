"""The answers under the documentation's queries are those of the demo's account."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

pytest.importorskip("psycopg", reason="the demo's packages are needed: make setup")

from tap_tools.demo.tables import table
from tests import demo_account
from tests.conftest import REGION, TapProcess
from tests.docs.documents import PAGES, QUESTIONS
from tests.targets.syncing import sync
from tests.targets.warehouses import postgres
from tests.transform import building

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

pytestmark = pytest.mark.warehouse

ANSWERED = [
    pytest.param(query, answer, id=f"{page}-{number}")
    for page, text in PAGES.items()
    if page != "README.md"  # which `test_demo.py` compares with what the demo prints
    for number, (query, answer) in enumerate(
        re.findall(r"```sql\n([^`]*)```\n\n```text\n([^`]*)```", text)
    )
]


@pytest.fixture(scope="module")
def ask(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], str]]:
    """Asks a Postgres with every stream and every model of the demo's account."""
    folder = tmp_path_factory.mktemp("answers")
    with demo_account.at_first_sync() as emulator, postgres(folder) as warehouse:
        demo_account.two_hours_later(emulator)
        tap = TapProcess(emulator, folder)
        names = [entry["stream"] for entry in tap.catalog()["streams"]]
        sync(tap, warehouse, config={"regions": [REGION]}, catalog=tap.catalog(*names))
        building.build(warehouse, folder, "sagemaker_tuning", {}, "run")
        yield lambda sql: table(*warehouse.answer(sql))


@pytest.mark.parametrize(("query", "answer"), ANSWERED)
def test_the_answer_is_that_of_the_query(
    ask: Callable[[str], str], query: str, answer: str
) -> None:
    """A reader who asks the demo's warehouse gets what the page shows."""
    assert ask(query) == answer.rstrip("\n")


@pytest.mark.parametrize("page", QUESTIONS)
def test_every_question_of_the_models_is_answered(page: str) -> None:
    """Each query of a page of questions has its answer under it."""
    queries = re.findall(r"```sql\n[^`]*```", PAGES[page])
    answered = [param for param in ANSWERED if str(param.id).startswith(page)]
    assert len(answered) == len(queries) > 1
