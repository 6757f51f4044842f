"""The first stage: the tap, piped to target-duckdb.

State is kept only once the target has loaded the rows that it is about, so that a run
can be killed at any moment without losing any.
"""

from __future__ import annotations

import json
import re
import threading
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sagemaker_tuning_report.pipeline.database import RAW_SCHEMA, loaded_until
from sagemaker_tuning_report.pipeline.failures import StageError
from sagemaker_tuning_report.pipeline.folder import replace
from sagemaker_tuning_report.pipeline.programs import started
from sagemaker_tuning_report.pipeline.progress import counted

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from sagemaker_tuning_report.pipeline.folder import Folder
    from sagemaker_tuning_report.pipeline.programs import Program
    from sagemaker_tuning_report.pipeline.progress import Progress
    from sagemaker_tuning_report.pipeline.session import Session

METRICS = "training_job_metrics"
STREAMS = (
    "tuning_jobs",
    "training_job_summaries",
    "scopes",
    "tuning_job_details",
    "training_job_details",
    "training_instance_prices",
)
"""All streams but the one that CloudWatch bills."""

_BATCH = 10_000
"""The most rows of a stream in the target's memory; a flush acknowledges the state."""

_RECORD = re.compile(rb'\{"type":"RECORD","stream":"(\w+)"')
_TOTALS = re.compile(r"calls: (\d+), (\d+) of them throttled; (?:CloudWatch)?")
_ASKED = re.compile(r"CloudWatch metrics: (\d+) requested")
_SEVERAL = "Error: Sync incomplete: see the "


@dataclass
class Read:
    """What was read.

    Attributes:
        records: The records of each stream.
        errors: What was not read, in one line per cause.
        calls: The API calls, including retries.
        throttled: The throttled ones among them.
        metrics: The metrics that were requested from CloudWatch.
    """

    records: Counter[str] = field(default_factory=Counter)
    errors: list[str] = field(default_factory=list)
    calls: int = 0
    throttled: int = 0
    metrics: int = 0

    def add(self, other: Read) -> None:
        """Add what was read later."""
        self.records += other.records
        self.errors += other.errors
        self.calls += other.calls
        self.throttled += other.throttled
        self.metrics += other.metrics


@dataclass(frozen=True, kw_only=True)
class Source:
    """What the tap reads, and how it is configured.

    Attributes:
        config: The user's settings of the tap; None for the defaults.
        streams: The streams to read.
        regions: The regions; None for those of the settings.
        environment: The tap's environment variables; None for those of this process.
    """

    config: Path | None
    streams: tuple[str, ...]
    regions: list[str] | None
    environment: Mapping[str, str] | None = None

    def settings(self) -> dict[str, Any]:
        """The settings that replace the user's."""
        settings: dict[str, Any] = {"streams": list(self.streams)}
        if self.regions:
            settings["regions"] = self.regions
        return settings


def read(source: Source, session: Session) -> Read:
    """Load what is new or can still change.

    Args:
        source: What to read.
        session: The session. A signal ends the tap; what it has read is loaded.

    Raises:
        StageError: Nothing was read, or it could not be loaded.
        Stopped: A signal asked to stop.
    """
    folder, signals, done = session.folder, session.signals, Read()
    loads, reads = configured(source, session)
    with (
        started("target-duckdb", loads, session) as target,
        signals.passed_on(target.process, ends_by_itself=True),
        started(
            "tap-sagemaker-tuning", reads, session, environment=source.environment
        ) as tap,
        signals.passed_on(tap.process),
    ):
        states = _States(target, folder.state)
        _pass_on(tap, target, done, session.show)
        failed = target.wait()
        states.wait()
        code = tap.wait()
    if not failed and (until := loaded_until(folder.database)):
        folder.note(loaded_until=until)
    signals.check()
    if states.error:
        message = f"the state cannot be saved: {states.error.strerror}"
        raise StageError(message) from states.error
    if failed:
        raise StageError(_not_loaded(target, folder))
    _take_totals(tap, done)
    if code:
        done.errors += errors_of(tap.said) or [f"the tap ended with {code}"]
    if code and not done.records:
        raise StageError("; ".join(done.errors))
    return done


def configured(source: Source, session: Session) -> tuple[list[str], list[str]]:
    """Write the programs' settings; return the target's arguments, and the tap's."""
    folder, load = session.folder, session.folder.load
    settings = {
        # Relative, since the target takes some characters of a path for a URL's.
        "path": folder.database.name,
        "temp_dir": str(load.relative_to(folder.path)),
        "default_target_schema": RAW_SCHEMA,
        "add_metadata_columns": True,
        "batch_size_rows": _BATCH,
        # Otherwise, its state can be ahead of the streams that it has not flushed.
        "flush_all_streams": True,
    }
    loads, own = load / "target.json", load / "tap.json"
    loads.write_text(json.dumps(settings), encoding="utf-8")
    own.write_text(json.dumps(source.settings()), encoding="utf-8")
    # Of several files, the last one that has a setting wins.
    reads = [f"--config={file}" for file in (source.config, own) if file]
    if _is_resumable(folder, session.show):
        reads.append(f"--state={folder.state}")
    return ["--config", str(loads)], reads


class _States:
    """Keeps each state that the target prints, since it prints what it has loaded.

    Attributes:
        error: Why a state could not be saved; the state on disk is the one before.
    """

    def __init__(self, target: Program, file: Path) -> None:
        self.error: OSError | None = None
        self._target = target
        self._file = file
        self._thread = threading.Thread(target=self._keep, daemon=True)
        self._thread.start()

    def wait(self) -> None:
        """Wait for the target's last state."""
        self._thread.join()

    def _keep(self) -> None:
        assert self._target.process.stdout is not None  # noqa: S101 - for mypy
        for line in self._target.process.stdout:
            if not line.endswith(b"\n"):
                return  # the target was killed
            try:
                if self.error is None:
                    replace(self._file, line)
            except OSError as error:
                self.error = error
                self._target.process.kill()  # more rows could not be acknowledged


def _pass_on(tap: Program, target: Program, done: Read, show: Progress) -> None:
    """Pass the tap's messages on to the target, until one of them ends."""
    output, into = tap.process.stdout, target.process.stdin
    assert output is not None  # noqa: S101 - for mypy
    assert into is not None  # noqa: S101 - for mypy
    # If the target has ended, closing the tap's output ends the tap as well.
    with suppress(BrokenPipeError), output, into:
        for line in output:
            if not line.endswith(b"\n"):
                return  # the tap was killed
            into.write(line)
            if match := _RECORD.match(line):
                done.records[match[1].decode()] += 1
                show.count(read_so_far(done.records))


def _is_resumable(folder: Folder, show: Progress) -> bool:
    """Whether the state belongs to the rows in the database."""
    if not folder.state.exists():
        return False
    loaded, known = loaded_until(folder.database), folder.about.get("loaded_until", "")
    if not folder.has_state:
        problem = f"{folder.state.name} is damaged"
    elif not folder.database.exists():
        problem = f"{folder.database.name} is missing"
    elif loaded is not None and loaded < known:
        problem = f"{folder.database.name} is older than {folder.state.name}"
    else:
        return True  # if the database cannot be read, the target will say why
    show.say(f"{problem}: reading everything again")
    folder.state.unlink()
    return False


def read_so_far(records: Counter[str]) -> str:
    """Say how many tuning jobs, trials and scopes have been read."""
    parts = [
        counted(records["tuning_jobs"], "tuning job"),
        counted(records["training_job_summaries"], "trial"),
    ]
    if records[METRICS]:
        parts.append(counted(records[METRICS], "metric"))
    if records["scopes"]:
        parts.append(f"{counted(records['scopes'], 'scope')} done")
    return ", ".join(parts)


def _take_totals(tap: Program, done: Read) -> None:
    """Take the number of calls from the tap's last line."""
    for line in tap.said:
        if match := _TOTALS.search(line):
            done.calls, done.throttled = int(match[1]), int(match[2])
        if match := _ASKED.search(line):
            done.metrics = int(match[1])


def errors_of(said: Iterable[str]) -> list[str]:
    """Find the errors in the tap's log.

    Args:
        said: Its lines.

    Returns:
        One line per error, without times and levels.
    """
    lines = []
    for line in said:
        parts = line.split(" | ", 3)
        if len(parts) > 3 and parts[1].strip() == "ERROR":  # noqa: PLR2004 - parts
            lines.append(parts[3])
        elif line.startswith("Error: ") and not line.startswith(_SEVERAL):
            lines.append(line.removeprefix("Error: "))
    return lines


def _not_loaded(target: Program, folder: Folder) -> str:
    """Say why the target failed, and what to do."""
    line = target.last_line
    if "lock" in line:
        advice = f"close what has {folder.database.name} open, and run again"
    elif "No space left" in line or "full" in line:
        advice = "free some space, and run again"
    elif "valid DuckDB" in line or "serializ" in line:
        advice = f"delete {folder.database}, and run again to read everything"
    else:
        advice = f"see {folder.log}"
    return f"target-duckdb cannot load the rows: {line.rstrip('.')}: {advice}"
