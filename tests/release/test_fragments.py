"""The fragments in `changes/` are valid, and a release collects them."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.docs.documents import PROJECT, ROOT, read

if TYPE_CHECKING:
    from pathlib import Path

pytest.importorskip("towncrier", reason="towncrier is not installed on the wheel")

KINDS = [kind["directory"] for kind in PROJECT["tool"]["towncrier"]["type"]]
FRAGMENTS = sorted((ROOT / "changes").glob("[!.t]*"))
NAME = re.compile(rf"\+[a-z0-9-]+\.({'|'.join(KINDS)})\.md")
ENTRY = re.compile(r"(- )?[^-#|\s].*[.:`]")
ROW = re.compile(r"\| [^|]+ \| [^|]+ \|")


def towncrier(folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """Build the notes of a release."""
    return subprocess.run(  # noqa: S603 - ours
        [sys.executable, "-m", "towncrier", "build", "--version", "9.9.9", *options],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A copy of what a release changes."""
    for name in ("pyproject.toml", "CHANGELOG.md"):
        shutil.copy(ROOT / name, tmp_path)
    shutil.copytree(ROOT / "changes", tmp_path / "changes")
    return tmp_path


@pytest.mark.parametrize("path", FRAGMENTS, ids=lambda path: path.name)
def test_a_fragment_is_valid(path: Path) -> None:
    """A fragment is named +SLUG.KIND.md; it has sentences or a list, or, if it is about
    upgrades, rows of their table."""
    assert NAME.fullmatch(path.name), f"name it +SLUG.KIND.md, KIND one of {KINDS}"
    form = ROW if path.name.endswith(".upgrade.md") else ENTRY
    lines = path.read_text(encoding="utf-8").splitlines()
    assert lines
    assert [line for line in lines if line and not form.fullmatch(line)] == []


def test_a_release_collects_all(project: Path) -> None:
    """A release puts each fragment under its heading, above the older releases, and
    removes it; a draft shows the same."""
    earlier = read("CHANGELOG.md")
    (project / "changes" / "+one.removed.md").write_text("Two.\nLines.\n")
    (project / "changes" / "+two.upgrade.md").write_text("| This | That |\n")
    draft = towncrier(project, "--draft", "--date", "2030-01-01")
    built = towncrier(project, "--yes", "--date", "2030-01-01")
    assert (draft.returncode, built.returncode) == (0, 0), built.stderr
    text = (project / "CHANGELOG.md").read_text(encoding="utf-8")
    intro, _, older = earlier.partition("\n## ")
    new = text.removeprefix(intro).removesuffix(older)
    assert new.startswith("\n## 9.9.9 - 2030-01-01\n\n| If you use | Do this |\n| ---")
    assert "\n| This | That |\n" in new
    assert new.endswith("\n\n### Removed\n\n- Two.\n  Lines.\n\n## ")
    assert "\n\n\n" not in new
    assert draft.stdout.strip() in text
    for path in FRAGMENTS:
        assert path.read_text(encoding="utf-8").strip() in new
    left = [path.name for path in (project / "changes").iterdir()]
    assert left == ["template.md"]


def test_another_name_is_refused(project: Path) -> None:
    """A file whose kind does not exist is an error, not left out."""
    (project / "changes" / "+one.changes.md").write_text("Something.\n")
    refused = towncrier(project, "--draft")
    assert refused.returncode == 1
    assert "Invalid news fragment name: +one.changes.md" in refused.stderr
