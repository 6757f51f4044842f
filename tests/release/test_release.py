"""`make release-check` reports each thing that a release lacks."""

from __future__ import annotations

import subprocess
import sys
import tarfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tap_tools.release import package, versions

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).resolve().parent.parent.parent
CHANGELOG = "# Changelog\n\n## 1.2.0 - 2026-11-25\n\n- A row.\n"
FILES = {
    "pyproject.toml": '[project]\nname = "tap"\nversion = "1.2.0"\n',
    "CHANGELOG.md": CHANGELOG,
    "README.md": "install tap_sagemaker_tuning-1.2.0-py3-none-any.whl\n",
    "changes/template.md": "",
    "docs/index.md": "# Tap\n",
    "registries/meltano/tap.yml": "pip_url: ${PACKAGE}\n",
}


def git(root: Path, *arguments: str) -> None:
    """Run git with a name and an email address."""
    somebody = ["-c", "user.name=a", "-c", "user.email=a@example.com"]
    command = ["git", *somebody, *arguments]
    subprocess.run(command, cwd=root, check=True, capture_output=True)  # noqa: S603


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A complete project with a tag."""
    root = tmp_path / "project"
    for name, text in FILES.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, encoding="utf-8")
    git(tmp_path, "init", "--quiet", str(root))
    git(root, "add", "--all")
    git(root, "commit", "--quiet", "--message", "All")
    git(root, "tag", "v1.2.0")
    return root


def write(name: str, text: str) -> Callable[[Path], None]:
    """A change that gives a file another text."""

    def change(root: Path) -> None:
        (root / name).write_text(text, encoding="utf-8")

    return change


def untag(root: Path) -> None:
    """A change that removes the tag."""
    git(root, "tag", "--delete", "v1.2.0")


def leave_in_fragments(root: Path) -> None:
    """A change that has not collected the fragments of the version yet."""
    write("CHANGELOG.md", CHANGELOG.partition("## 1.2.0")[0])(root)
    write("changes/+row.added.md", "A row.")(root)


CHANGES = {
    "choose the next version": write("changes/+more.added.md", "More."),
    "towncrier build --yes --version 1.2.0": leave_in_fragments,
    "no entry": write("CHANGELOG.md", CHANGELOG.partition("## 1.2.0")[0]),
    "no date": write("CHANGELOG.md", CHANGELOG.replace(" - 2026-11-25", "")),
    "an empty entry": write("CHANGELOG.md", CHANGELOG.replace("- A row.\n", "")),
    "no tag v1.2.0": untag,
    "has a release 1.1.0 that has no tag v1.1.0": write(
        "CHANGELOG.md", f"{CHANGELOG}\n## 1.1.0 - 2026-10-01\n\n- A row.\n"
    ),
    "names a wheel of 1.1.0": write(
        "README.md", "tap_sagemaker_tuning-1.1.0-py3-none-any.whl"
    ),
}


def test_nothing_is_missing(checkout: Path) -> None:
    """If everything matches, nothing is reported."""
    assert [*versions.missing(checkout), *package.unclean(checkout)] == []


@pytest.mark.parametrize("words", CHANGES)
def test_says_what_does_not_agree(checkout: Path, words: str) -> None:
    """Anything that does not match the version is reported in one line."""
    CHANGES[words](checkout)
    (line,) = versions.missing(checkout)
    assert words in line


def test_says_what_is_not_committed(checkout: Path) -> None:
    """Uncommitted changes are reported, because they are in no release."""
    (checkout / "new.py").touch()
    (line,) = package.unclean(checkout)
    assert line == "uncommitted changes: 1 paths in git status"


def test_says_what_a_person_decides(checkout: Path) -> None:
    """A person has to decide the repository's address, the package's name on PyPI and
    its trusted publisher."""
    decisions = "\n".join(versions.to_decide(checkout))
    assert "[project.urls]" in decisions
    assert "pip_url" in decisions
    assert "release.yml" in decisions


def test_says_what_the_sdist_lacks(checkout: Path, tmp_path: Path) -> None:
    """Files that are in git but not in the sdist are named."""
    unpacked = tmp_path / "unpacked"
    (unpacked / "docs").mkdir(parents=True)
    (unpacked / "docs" / "index.md").touch()
    assert package.not_held(checkout, unpacked) == sorted(
        FILES.keys() - {"docs/index.md"}
    )


@pytest.mark.slow
@pytest.mark.skipif(not (ROOT / ".git").exists(), reason="not a git checkout")
def test_the_sdist_holds_all(tmp_path: Path) -> None:
    """Our own sdist has every file in git."""
    uv = Path(sys.executable).with_name("uv")
    build = [str(uv), "build", "--quiet", "--sdist", "--out-dir", str(tmp_path)]
    subprocess.run(build, cwd=ROOT, check=True)  # noqa: S603 - ours
    (sdist,) = tmp_path.glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        archive.extractall(tmp_path / "unpacked", filter="data")
    (unpacked,) = (tmp_path / "unpacked").iterdir()
    known = [
        name for name in package.not_held(ROOT, unpacked) if (ROOT / name).exists()
    ]
    assert known == []
