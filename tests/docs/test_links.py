"""Every link in the project's documents has a target."""

from __future__ import annotations

import re
from importlib.metadata import metadata

import pytest

from tap_tools.git import git
from tests.docs.documents import DOCUMENTS, PAGES, README, ROOT, anchor, headings

LINK = re.compile(r"\]\(([^)\s]+)\)")
ABSOLUTE = re.compile(r"https?://|mailto:")


def prose(text: str) -> str:
    """A document without its code blocks."""
    return re.sub(r"^ *```.*?^ *```$", "", text, flags=re.MULTILINE | re.DOTALL)


def leads_somewhere(link: str, name: str) -> bool:
    """Whether a link's file exists, and its heading if it names one."""
    path, _, heading = link.partition("#")
    target = (ROOT / name).parent / path if path else ROOT / name
    if not heading or not target.is_file():
        return target.exists()
    return heading in map(anchor, headings(target.read_text(encoding="utf-8")))


@pytest.mark.parametrize("name", DOCUMENTS)
def test_links_lead_somewhere(name: str) -> None:
    """Each relative link has an existing file, and an existing heading if it names
    one."""
    links = LINK.findall(prose(DOCUMENTS[name]))
    relative = [link for link in links if not ABSOLUTE.match(link)]
    assert [link for link in relative if not leads_somewhere(link, name)] == []


@pytest.mark.parametrize(
    "name",
    # A decision has a form of its own: see test_decisions.py.
    [name for name in PAGES if re.match(r"docs/(?!decisions/\d)", name)],
)
def test_a_page_starts_with_what_it_is_for(name: str) -> None:
    """Under its title, each page has a sentence, before any list, table or heading."""
    title, opening, *_ = PAGES[name].split("\n\n")
    assert title.startswith("# ")
    assert re.fullmatch(r"[A-Z`].{25,}?[.:]", opening, re.DOTALL)


def test_each_reason_has_a_source() -> None:
    """Each answer to *Why not…* says where it was read or measured."""
    _, *answers = PAGES["docs/why-not.md"].split("\n## ")
    assert [answer.split("\n", 1)[0] for answer in answers] == [
        "Why not `LastModifiedTime`?",
        "Why not EventBridge?",
        "Why not SageMaker Search alone?",
        "Why not SageMaker Experiments?",
        "Why not CloudTrail?",
    ]
    assert [answer for answer in answers if answer.count("](https://") < 2] == []


def test_documents_have_links() -> None:
    """The documents have links, so that the test above checks some."""
    assert sum(len(LINK.findall(text)) for text in DOCUMENTS.values()) > 60
    assert set(PAGES) <= set(DOCUMENTS)


@pytest.mark.parametrize("name", DOCUMENTS)
def test_no_two_headings_have_one_name(name: str) -> None:
    """No two headings of a page have the same anchor."""
    names = [anchor(heading) for heading in headings(DOCUMENTS[name])]
    repeated = {each for each in names if names.count(each) > 1}
    assert repeated - SECTIONS == set()


SECTIONS = {"added", "changed", "fixed", "removed"}
"""Headings that each version in the changelog can have."""


GROUPS = {
    name: [
        line
        for block in re.findall(r"```{toctree}\n(.*?)```", text, re.DOTALL)
        for line in block.splitlines()
        if line and not line.startswith(":")
    ]
    for name, text in PAGES.items()
    if "{toctree}" in text
}
"""The pages under each page that has pages under it, as its table of contents names
them."""


def test_every_page_is_in_the_table_of_contents() -> None:
    """Every page but the first is in the table of contents once."""
    listed = [
        (ROOT / name).parent / f"{entry}.md"
        for name, entries in GROUPS.items()
        for entry in entries
    ]
    pages = {ROOT / name for name in PAGES if name.startswith("docs/")}
    assert sorted([*listed, ROOT / "docs" / "index.md"]) == sorted(pages)


@pytest.mark.parametrize(
    "name", sorted(GROUPS.keys() - {"docs/index.md", "docs/decisions/index.md"})
)
def test_a_group_describes_its_pages(name: str) -> None:
    """The first page of a group links each page of it, and says what that has; the
    title of a decision says enough."""
    described = re.findall(
        r"^(?:- |\| )\[[^\]]+\]\((\S+)\.md\)(?::| \|) \S.{20,}$",
        PAGES[name],
        re.MULTILINE,
    )
    assert set(GROUPS[name]) <= set(described)


def test_the_first_page_has_three_doors() -> None:
    """The first page leads to its three doors, each with a sentence, and leaves the
    list of all pages to the sidebar."""
    doors = re.findall(
        r"^- \*\*\[.+\]\((\S+)\.md\)\*\*: ", PAGES["docs/index.md"], re.MULTILINE
    )
    assert doors == ["see-my-tuning-jobs", "load-a-warehouse", "run-a-fleet"]
    assert set(doors) < set(GROUPS["docs/index.md"])
    assert ":hidden:" in PAGES["docs/index.md"]


def test_an_index_shows_no_dead_link() -> None:
    """On PyPI, the README has only absolute links and no picture from the
    repository."""
    shown = metadata("tap-sagemaker-tuning")["Description"]
    assert "# tap-sagemaker-tuning" in shown
    assert [link for link in LINK.findall(shown) if not ABSOLUTE.match(link)] == []
    assert "<img" in README
    assert "<img" not in shown
    assert len(LINK.findall(README)) > len(LINK.findall(shown)) > 0


@pytest.mark.skipif(not (ROOT / ".git").exists(), reason="not a git checkout")
def test_no_document_is_left_out() -> None:
    """Each document in git is checked."""
    listing = git(ROOT, "ls-files", "*.md").splitlines()
    known = [name for name in listing if (ROOT / name).is_file()]
    assert set(known) <= set(DOCUMENTS)
