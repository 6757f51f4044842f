"""A recording appears whole, with an archive that does not reveal when it was made, and
is checked before it is read."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import zipfile
from hashlib import sha256
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from sagemaker_tuning_contract import recordings
from sagemaker_tuning_contract.command import main
from sagemaker_tuning_contract.exchanges import Exchange
from sagemaker_tuning_contract.recordings import ARCHIVE, MANIFEST

from .world import Layer, run

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from click.testing import Result

    from sagemaker_tuning_emulator import Emulator

NOW = 1_772_442_000.0
FIRST = "scope-1/001-Search.json"


def contents() -> dict[int, list[str]]:
    """The files of two scopes."""
    made = Exchange("Search", {"SearchExpression": {}}, 400, {"__type": "No"}, NOW)
    texts = recordings.redacted([made, made], with_metrics=False)
    return {1: texts, 10: texts}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A small recording."""
    recordings.save(tmp_path / "new", contents())
    return tmp_path / "new"


def check(path: Path) -> Result:
    """Check a recording from the command line."""
    return CliRunner().invoke(main, ["--check", str(path)])


def test_the_archive_has_neutral_names_and_times(folder: Path) -> None:
    """The archive has every file but itself, under names and with times that are the
    same in every recording."""
    with zipfile.ZipFile(folder / ARCHIVE) as archive:
        entries = archive.infolist()
    names = {entry.filename for entry in entries}
    assert names == {
        *(FIRST, "scope-1/002-Search.json", MANIFEST),
        *("scope-10/001-Search.json", "scope-10/002-Search.json"),
    }
    assert {entry.date_time for entry in entries} == {(1980, 1, 1, 0, 0, 0)}
    assert {entry.extra + entry.comment for entry in entries} == {b""}
    assert {entry.create_system for entry in entries} == {3}


def test_equal_recordings_have_equal_archives(folder: Path, tmp_path: Path) -> None:
    """An archive depends on its contents only."""
    scopes = recordings.read(folder)
    assert [len(scope.exchanges) for scope in scopes] == [2, 2]
    texts = [path.read_text("utf-8") for path in sorted(folder.glob("scope-1/*"))]
    recordings.save(tmp_path / "other", {1: texts, 10: texts})
    other = tmp_path / "other" / ARCHIVE
    assert other.read_bytes() == (folder / ARCHIVE).read_bytes()


def test_files_have_constant_times(folder: Path) -> None:
    """tar, zip and cp -p keep a file's time, so all files and folders have the same."""
    times = {path.stat().st_mtime for path in (folder, *folder.rglob("*"))}
    assert times == {315_532_800.0}


def test_nobody_else_can_read_it(folder: Path) -> None:
    """The folder and its files are private."""
    modes = {path.stat().st_mode & 0o077 for path in (folder, *folder.rglob("*"))}
    assert modes == {0}


@pytest.mark.parametrize("wanted", ["folder", "archive"])
def test_it_can_be_checked(folder: Path, wanted: str) -> None:
    """Both the folder and its archive can be checked."""
    result = check({"folder": folder, "archive": folder / ARCHIVE}[wanted])
    assert result.exit_code == 0, result.output
    assert "hold" in result.stdout


def test_an_empty_folder_becomes_the_recording(tmp_path: Path) -> None:
    """The folder may exist if it is empty."""
    recordings.save(tmp_path, contents())
    assert len(recordings.read(tmp_path)) == 2


@pytest.mark.parametrize("error", [OSError, KeyboardInterrupt])
def test_a_recording_that_fails_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: type[BaseException]
) -> None:
    """If a file cannot be written, none is kept."""

    def write(*_: object) -> None:
        raise error

    monkeypatch.setattr(zipfile.ZipFile, "writestr", write)
    with pytest.raises(error):
        recordings.save(tmp_path / "new", contents())
    assert list(tmp_path.iterdir()) == []


def test_a_kill_leaves_no_recording(tmp_path: Path) -> None:
    """A process that is killed while it writes leaves no folder under the recording's
    name, and what it leaves is not taken for a recording."""
    program = f"""
import os, signal, zipfile
from pathlib import Path
from sagemaker_tuning_contract import recordings
text = '{{"operation": "Search"}}'
written = zipfile.ZipFile.writestr
def write(archive, entry, content):
    written(archive, entry, content)
    if entry.filename.startswith("scope-1/005"):
        os.kill(os.getpid(), signal.SIGKILL)
zipfile.ZipFile.writestr = write
recordings.save(Path({str(tmp_path / "new")!r}), {{1: [text] * 9}})
"""
    done = subprocess.run([sys.executable, "-c", program], check=False, timeout=60)  # noqa: S603 - this Python itself
    assert done.returncode == -signal.SIGKILL
    (left,) = tmp_path.iterdir()
    assert left.name != "new"
    assert check(left).exit_code == 3


def test_a_link_planted_during_the_calls(
    account: Emulator, tmp_path: Path, layer: Layer
) -> None:
    """A link that appears under the recording's name is not followed."""
    folder, target = tmp_path / "new", tmp_path / "target"
    (target / "scope-1").mkdir(parents=True)

    def plant(*_: object) -> None:
        if not folder.is_symlink():
            folder.symlink_to(target)

    layer.changes = {"Search": plant}
    result = run(account, "--record", str(folder))
    assert result.exit_code == 1
    assert "nothing was saved" in result.stderr
    assert [path.name for path in target.rglob("*")] == ["scope-1"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["new", "target"]


def test_a_link_is_not_a_folder(tmp_path: Path) -> None:
    """A link is refused before the first call."""
    (tmp_path / "new").symlink_to(tmp_path)
    result = CliRunner().invoke(main, ["--record", str(tmp_path / "new")])
    assert result.exit_code == 1
    assert "is not a folder" in result.stderr


def remove_the_last(folder: Path) -> None:
    """A file is missing."""
    (folder / "scope-10/002-Search.json").unlink()


def add(folder: Path) -> None:
    """A file that the manifest does not list."""
    shutil.copy(folder / FIRST, folder / "scope-1/003-Search.json")


def edit(folder: Path) -> None:
    """A file with another content."""
    (folder / FIRST).write_text("{}", encoding="utf-8")


def write(folder: Path, content: str) -> None:
    """Replace the first file, and its checksum in the manifest."""
    (folder / FIRST).write_text(content, encoding="utf-8")
    manifest = json.loads((folder / MANIFEST).read_text("utf-8"))
    manifest["files"][FIRST] = sha256(content.encode()).hexdigest()
    (folder / MANIFEST).write_text(json.dumps(manifest), encoding="utf-8")


def exchange(**members: object) -> Callable[[Path], None]:
    """Replace the first file with an exchange that has these members."""
    usual = {"operation": "Search", "request": {}, "status": 200, "answer": {}, "at": 1}
    return lambda folder: write(folder, json.dumps({**usual, **members}))


WRONG: dict[str, tuple[Callable[[Path], object], str]] = {
    "missing": (remove_the_last, "lacks scope-10/002-Search.json"),
    "added": (add, "has 'scope-1/003-Search.json', which manifest.json does not list"),
    "edited": (edit, f"{FIRST} was changed after it was recorded"),
    "no manifest": (lambda f: (f / MANIFEST).unlink(), "has no manifest.json"),
    "torn manifest": (lambda f: (f / MANIFEST).write_text('{"f'), "is malformed"),
    "no files": (lambda f: (f / MANIFEST).write_text('{"files": {}}'), "is malformed"),
    "outside": (
        lambda f: (f / MANIFEST).write_text('{"files": {"../a": ""}}'),
        "is malformed",
    ),
    "a list": (lambda f: write(f, "[]"), f"{FIRST} is not an exchange"),
    "not JSON": (lambda f: write(f, "{"), f"{FIRST} is not an exchange"),
    "deep": (lambda f: write(f, "[" * 100_000), f"{FIRST} is not an exchange"),
    "more members": (exchange(more=1), f"{FIRST} is not an exchange"),
    "status": (exchange(status="200"), f"{FIRST} has a malformed status"),
    "request": (exchange(request=None), f"{FIRST} has a malformed request"),
    "time": (exchange(at=True), f"{FIRST} has a malformed at"),
    "answer": (exchange(answer=[]), f"{FIRST} has a malformed answer"),
    "operation": (exchange(operation="No"), f"{FIRST} has an unknown operation"),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_no_recording_is_one_line(folder: Path, name: str) -> None:
    """A recording that is incomplete, changed or malformed ends with exit code 3 and a
    line that says what is wrong."""
    change, said = WRONG[name]
    change(folder)
    result = check(folder)
    assert result.exit_code == 3
    (line,) = result.stderr.splitlines()
    assert said in line
    assert result.stdout == ""


def test_an_empty_folder_is_no_recording(tmp_path: Path) -> None:
    """An empty folder does not count as a recording in which nothing was seen."""
    assert check(tmp_path).exit_code == 3


@pytest.mark.parametrize("length", [0, 100, -100])
def test_a_torn_archive_is_one_line(folder: Path, length: int) -> None:
    """An archive that was not copied in full ends with exit code 3 and one line."""
    archive = folder / ARCHIVE
    os.truncate(archive, length % archive.stat().st_size)
    result = check(archive)
    assert result.exit_code == 3
    assert len(result.stderr.splitlines()) == 1
