"""One run: read, build, page."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from dataclasses import replace as changed
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from sagemaker_tuning_report.content import content
from sagemaker_tuning_report.page import page
from sagemaker_tuning_report.pipeline import building, metrics_cost, reading
from sagemaker_tuning_report.pipeline.failures import stage
from sagemaker_tuning_report.pipeline.folder import replace
from sagemaker_tuning_report.pipeline.progress import counted
from sagemaker_tuning_report.pipeline.summary import summary
from sagemaker_tuning_report.warehouse import opened

if TYPE_CHECKING:
    from sagemaker_tuning_report.pipeline.folder import Folder
    from sagemaker_tuning_report.pipeline.reading import Read, Source
    from sagemaker_tuning_report.pipeline.session import Session

MOST_TRIALS = 10_000


@dataclass(frozen=True, kw_only=True)
class Result:
    """What a run has made.

    Attributes:
        lacking: What the page lacks and why, in one line each.
        summary: The run in three lines.
    """

    lacking: list[str]
    summary: list[str]


def run(source: Source, session: Session, *, reloads: bool) -> Result:
    """Read what is new, build the models, and replace the page.

    Args:
        source: What to read.
        session: The session.
        reloads: Whether the page reloads itself when a later run replaces it.

    Raises:
        StageError: There is no new page.
        Stopped: A signal asked to stop.
    """
    began = time.monotonic()
    with stage("read"):
        read = _read(source, session)
    lacking = [f"read: {error}" for error in read.errors]
    with stage("build"):
        session.show.begin("Build")
        lacking += [f"build: {error}" for error in building.build(session)]
    with stage("page"):
        session.show.begin("Page")
        missing, lines = _write_page(session.folder, read, began, reloads=reloads)
        session.show.end(str(session.folder.page))
    if missing:
        lacking.append(f"page: these models are missing: {', '.join(missing)}")
    session.signals.check()
    return Result(lacking=lacking, summary=lines)


def _read(source: Source, session: Session) -> Read:
    """Read CloudWatch's metrics last: what they cost depends on the trials."""
    show = session.show
    others = tuple(name for name in source.streams if name != reading.METRICS)
    show.begin("Read")
    first = changed(source, streams=others)
    read = reading.read(first, session)
    show.end(reading.read_so_far(read.records))
    if reading.METRICS in source.streams:
        now = f"{datetime.now(tz=UTC):%Y-%m-%dT%H:%M:%S}.000Z"
        metrics = metrics_cost.metrics_to_read(session.folder.database, now)
        show.say(f"Metrics: {metrics_cost.in_words(metrics)}")
        show.begin("Metrics")
        second = changed(source, streams=(reading.METRICS,))
        read.add(reading.read(second, session))
        show.end(counted(read.metrics, "metric") + " requested")
    return read


def _write_page(
    folder: Folder, read: Read, began: float, *, reloads: bool
) -> tuple[list[str], list[str]]:
    """Replace the page; return the names of missing models, and the summary."""
    with opened(str(folder.database)) as warehouse:
        now = datetime.now(tz=UTC)
        milliseconds = int(now.timestamp() * 1000)
        shown = content(warehouse, most_trials=MOST_TRIALS, made=milliseconds)
        missing = warehouse.missing
        made = now.isoformat()
        if reloads:
            shown["latest"] = {"script": folder.latest.name, "page": made}
        replace(folder.page, page(shown).encode())
        if reloads:
            latest = f"window.latestPage = {json.dumps(made)};\n"
            replace(folder.latest, latest.encode())
        return missing, summary(read, warehouse, time.monotonic() - began)
