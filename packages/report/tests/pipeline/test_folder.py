"""The folder is private, used by one run at a time, and never someone else's."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from sagemaker_tuning_report.pipeline import folder
from sagemaker_tuning_report.pipeline.failures import (
    BusyError,
    StageError,
    Stopped,
    UsageError,
)
from sagemaker_tuning_report.pipeline.signals import Signals

if TYPE_CHECKING:
    from pathlib import Path

HOLDER = """
import fcntl, os, sys, time
lock = os.open(sys.argv[1], os.O_RDWR | os.O_CREAT)
fcntl.flock(lock, fcntl.LOCK_EX)
os.write(lock, sys.argv[2].encode())
print("ready", flush=True)
time.sleep(float(sys.argv[3]))
"""


def held(path: Path, pid: str, seconds: str) -> subprocess.Popen[str]:
    """Start a process that holds the lock of a folder, as the run of a process."""
    process = subprocess.Popen(  # noqa: S603 - ours
        [sys.executable, "-c", HOLDER, str(path / "lock"), pid, seconds],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process


def ended() -> str:
    """The ID of a process that has ended."""
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return str(process.pid)


def test_two_runs_are_kept_apart(tmp_path: Path) -> None:
    """While a run uses the folder, another one is refused at once."""
    with held(tmp_path, str(os.getpid()), "60") as other:
        with (
            pytest.raises(BusyError, match="another run"),
            folder.opened(tmp_path, Signals()),
        ):
            pass
        other.kill()


def test_programs_of_a_killed_run_are_awaited(tmp_path: Path) -> None:
    """If a run was killed, the next one waits until its programs have ended."""
    with (
        held(tmp_path, ended(), "1"),
        folder.opened(tmp_path, Signals()) as place,
    ):
        assert place.path == tmp_path


def test_a_stop_ends_that_wait(tmp_path: Path) -> None:
    """A signal ends the wait for the programs of a killed run."""
    with held(tmp_path, ended(), "60") as other:
        with Signals() as signals:
            signal.raise_signal(signal.SIGTERM)
            with pytest.raises(Stopped), folder.opened(tmp_path, signals):
                pass
        other.kill()


def test_programs_inherit_the_lock(tmp_path: Path) -> None:
    """The lock is never a standard stream, which a program has of its own."""
    program = (
        "import sys; from pathlib import Path\n"
        "from sagemaker_tuning_report.pipeline import folder, signals\n"
        "with folder.opened(Path(sys.argv[1]), signals.Signals()) as place:\n"
        "    print(place.lock)\n"
    )
    line = ["sh", "-c", 'exec "$@" <&-', "sh", sys.executable, "-c", program]
    done = subprocess.run(  # noqa: S603 - ours
        [*line, str(tmp_path)], stdout=subprocess.PIPE, check=True
    )
    assert int(done.stdout) > 2


def test_a_folder_with_other_files_is_refused(tmp_path: Path) -> None:
    """A folder of somebody else's files is left alone."""
    tmp_path.chmod(0o755)
    (tmp_path / "notes.txt").write_text("mine", encoding="utf-8")
    with (
        pytest.raises(UsageError, match="has other files"),
        folder.opened(tmp_path, Signals()),
    ):
        pass
    assert tmp_path.stat().st_mode & 0o777 == 0o755


def test_a_folder_of_a_newer_version_is_refused(tmp_path: Path) -> None:
    """What a newer version wrote is left alone, and the error says what to do."""
    with folder.opened(tmp_path, Signals()) as place:
        place.note()
    about = '{"format": 2}'
    (tmp_path / "about.json").write_text(about, encoding="utf-8")
    with (
        pytest.raises(StageError, match="newer version"),
        folder.opened(tmp_path, Signals()),
    ):
        pass
    assert (tmp_path / "about.json").read_text(encoding="utf-8") == about


def test_a_file_is_replaced_whole(tmp_path: Path) -> None:
    """If a file cannot be replaced, it stays as it was, without leftovers."""
    file = tmp_path / "state.json"
    folder.replace(file, b"before")
    file.with_name("state.json.new").mkdir()
    with pytest.raises(OSError, match="directory"):
        folder.replace(file, b"after")
    assert file.read_bytes() == b"before"


def test_a_folder_that_cannot_be_made_is_refused(tmp_path: Path) -> None:
    """A file in place of the folder is refused in one line."""
    (tmp_path / "file").touch()
    with (
        pytest.raises(UsageError, match="cannot be used: "),
        folder.opened(tmp_path / "file" / "tuning", Signals()),
    ):
        pass
