"""The parts of the documents that are generated from the code are up to date."""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import fields
from itertools import chain
from typing import TYPE_CHECKING

import pytest

from tap_sagemaker_tuning import schemas_root
from tap_sagemaker_tuning.aws.operations import (
    ASSUME_ROLE,
    GET_CALLER_IDENTITY,
    OPERATIONS,
)
from tap_sagemaker_tuning.replication.completeness import UNFINISHED
from tap_sagemaker_tuning.replication.state import OpenJob
from tap_tools import ROOT
from tap_tools.generated import lineage, pages, policies, reference, settings
from tap_tools.generated.__main__ import GENERATORS
from tap_tools.generated.marks import marked
from tap_tools.generated.marts import MODELS, Mart, marts
from tests.docs.documents import (
    PAGES,
    POLICIES,
    QUESTIONS,
    README,
    STATES,
    headings,
)

if TYPE_CHECKING:
    from types import ModuleType

    from tap_sagemaker_tuning.streams.base import TapStream

NAMES = [stream.name for stream in policies.streams()]
WAY_IN = {ASSUME_ROLE.name, GET_CALLER_IDENTITY.name}


def page_of(part: str) -> str:
    """The page of a generated part; a stream's parts belong in its own page."""
    stream = part.rpartition(" of ")[2]
    return f"docs/streams/{stream}.md" if stream in NAMES else "a page"


@pytest.mark.parametrize("generator", GENERATORS, ids=lambda each: each.__name__)
def test_generated_files_are_fresh(generator: ModuleType) -> None:
    """Every generated file is up to date."""
    stale = [
        str(file.relative_to(ROOT))
        for file, text in generator.files().items()
        if not file.exists() or text != file.read_text(encoding="utf-8")
    ]
    assert stale == [], "run `make generated`"


def test_generated_parts_are_all_there() -> None:
    """Each generated part is in the pages once."""
    texts = [text for text in PAGES.values() if text != README]
    placed = Counter(chain.from_iterable(map(marked, texts)))
    missing = [
        f"put <!-- {part}: generated --> and <!-- end --> into {page_of(part)}"
        for part in pages.parts()
        if part not in placed
    ]
    assert missing == []
    assert placed == Counter(pages.parts().keys())


def test_every_stream_has_a_page() -> None:
    """Every stream has a page with its name and title."""
    schemas = [file.name.removesuffix(".json") for file in schemas_root().iterdir()]
    assert set(schemas) - set(NAMES) == set(), "schemas/ has a schema of no stream"
    for name in NAMES:
        page = f"docs/streams/{name}.md"
        assert page in PAGES, f"write {page}, as CONTRIBUTING.md says"
        assert headings(PAGES[page])[0] == f"`{name}`"


@pytest.mark.parametrize("name", NAMES)
def test_every_column_is_there(name: str) -> None:
    """A stream's page has a row for each column, at every depth."""
    schema = json.loads(schemas_root().joinpath(f"{name}.json").read_text("utf-8"))
    schemas = [schema]
    for each in schemas:
        schemas += each.get("properties", {}).values()
        schemas += [each["items"]] if "items" in each else []
    expected = [column for each in schemas for column in each.get("properties", {})]
    table = PAGES[f"docs/streams/{name}.md"].split("## Columns")[1]
    rows = re.findall(r"^\| `(\S+)` \|", table, re.MULTILINE)
    assert sorted(row.rsplit(".")[-1] for row in rows) == sorted(expected)


def test_every_mart_is_described() -> None:
    """The dbt project's YAML, from which the pages are generated, has every mart, and
    each has a page."""
    models = (MODELS / "marts").glob("*.sql")
    assert {mart.name for mart in marts()} == {model.stem for model in models}
    pages = {page.stem for page in reference.FOLDER.glob("*.md")}
    assert pages == {mart.short_name for mart in marts()} | {"index"}


@pytest.mark.parametrize("mart", marts(), ids=lambda mart: mart.short_name)
def test_every_mart_answers_a_question(mart: Mart) -> None:
    """Each mart is linked from a page of questions, and its page has each column."""
    link = f"](marts/{mart.short_name}.md)"
    assert any(link in PAGES[page] for page in QUESTIONS)
    page = PAGES[f"docs/models/marts/{mart.short_name}.md"]
    rows = re.findall(r"^\| `(\w+)` \| .+ \|$", page, re.MULTILINE)
    assert rows == list(mart.columns)


def test_every_mart_is_in_the_lineage() -> None:
    """The diagram has each mart."""
    assert {mart for mart, _, _ in lineage.lineage()} == {m.name for m in marts()}


def test_every_setting_is_named() -> None:
    """Each setting of the tap and of the SDK is in the tables once."""
    names = [*settings.own(), *pages.sdk_settings()]
    rows = re.findall(r"^\| `(\w+)` \|", PAGES["docs/settings.md"], re.MULTILINE)
    assert [name for name in names if rows.count(name) != 1] == []


@pytest.mark.parametrize("stream", policies.streams(), ids=NAMES)
def test_policy_of_a_stream(stream: TapStream) -> None:
    """A stream's policy allows exactly the operations that it calls."""
    allowed = {
        (action, statement["Resource"].rsplit(":", 1)[-1])
        for statement in policies.policy([stream])["Statement"]
        for action in statement["Action"]
    }
    assert allowed == {(call.iam_action, call.resource) for call in stream.operations}


def test_policies_name_what_is_called() -> None:
    """A page's policies allow only operations that a stream calls, and deny none."""
    statements = [
        statement
        for _, policy in POLICIES
        for statement in policy["Statement"]
        if statement["Action"] != "sts:AssumeRole"
    ]
    actions = {action for each in statements for action in each["Action"]}
    assert actions == {
        call.iam_action for name, call in OPERATIONS.items() if name not in WAY_IN
    }
    assert {each["Effect"] for each in statements} == {"Allow"}


def test_operations_are_ours() -> None:
    """Each operation in the text is one that the tap calls."""
    text = "\n".join(PAGES.values())
    named = set(
        re.findall(r"`(?:\w+:)?((?:List|Describe|Get|Search|Assume)\w*)`", text)
    )
    assert set(OPERATIONS) - WAY_IN <= named <= set(OPERATIONS)


def test_fields_of_the_state_are_named() -> None:
    """The table has each field of a scope's state and of an open tuning job."""
    ((_, state),) = STATES
    (bookmark,) = state["bookmarks"].values()
    table = PAGES["docs/replication.md"].split("| Field | Meaning |")[1]
    rows = re.findall(r"^\| (`.+`) \|", table.split("\n\n")[0], re.MULTILINE)
    parts = [field.name for field in fields(OpenJob) if field.name != "name"]
    expected = [f"`{name}`" for name in bookmark["partitions"][0]]
    expected += [f"`open` `{name}`" for name in parts] + [f"`{UNFINISHED}`"]
    assert sorted(rows) == sorted(expected)
