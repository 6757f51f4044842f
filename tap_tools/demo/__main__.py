"""`make demo`: two syncs, two hours apart, and what the models and the report show.

Everything is written to `.demo/`, or to the folder given as an argument.
"""

from __future__ import annotations

import os
import shutil
import sys
import time
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path

from tap_sagemaker_tuning.cli import terminal
from tap_tools import ROOT
from tap_tools.demo import emulated, postgres, processes, queries, truth
from tap_tools.demo.curve import curve
from tap_tools.demo.project import LOAD, LOAD_AND_BUILD, Project
from tap_tools.demo.tables import table

REPORT = Path(sys.executable).parent / "sagemaker-tuning-report"

LATE, PARENT = "pricing-gbm-late", "price-linear-260302-0847-03"
"""A tuning job that somebody starts between the syncs, and what it warm-starts from."""


def main() -> int:
    """Run the demo, and return the exit code."""
    folder = Path(sys.argv[1] if sys.argv[1:] else ROOT / ".demo").resolve()
    processes.end_on_signals()
    began = time.monotonic()
    try:
        _show(folder)
    except processes.Failed as failure:
        sys.stdout.flush()
        sys.stderr.write(f"\nThe demo failed: {failure}\n")
        return 1
    except SystemExit:
        _say("\nStopped; everything that the demo started has ended.")
        raise
    seconds = time.monotonic() - began
    _say(f"\nDone in {seconds:.0f} s. Everything it created is in {folder}")
    return 0


def _show(folder: Path) -> None:
    folder.mkdir(exist_ok=True)
    for log in folder.glob("*.log"):
        log.unlink()
    project = Project(ROOT, folder)
    with ExitStack() as stack:
        _say(
            "Installing Meltano, the tap, target-postgres and dbt; log:",
            str(project.log),
        )
        project.install()
        _say("Starting an emulated SageMaker, its clock at", emulated.START)
        sagemaker = stack.enter_context(emulated.serving(ROOT, folder / "emulator.log"))
        _say("Starting an empty Postgres")
        data = folder / "postgres"
        stack.callback(shutil.rmtree, data, ignore_errors=True)
        warehouse = stack.enter_context(postgres.serving(data, folder / "postgres.log"))
        settings = _settings(sagemaker, warehouse)

        _sync("First sync", project, LOAD, sagemaker, settings)
        before = sagemaker.truth()
        first = _ask(warehouse, "What is there?", queries.COUNTS)
        truth.agree("counts", warehouse=first, emulator=[truth.counts(before)])
        _ask(warehouse, "Save this to compare with later:", queries.REMEMBER)

        _begin("Two hours pass. ", "Someone starts the tuning job", LATE)
        sagemaker.move(minutes=90)
        sagemaker.plan(LATE, trials=12, parallel=3, parents=[PARENT])
        clock = sagemaker.move(minutes=30)
        _say("The clock is at", clock)
        _sync("Second sync", project, LOAD_AND_BUILD, sagemaker, settings)
        _look(warehouse, before, sagemaker.truth())
        page = _picture(folder, warehouse, clock)
        _say(f"\nThe same results as charts, to open in a browser: {page}")


def _settings(
    sagemaker: emulated.Emulated, warehouse: postgres.Warehouse
) -> dict[str, str]:
    """What a user would put into `.env`."""
    aws = sagemaker.environment()
    own = {
        "AWS_ACCESS_KEY_ID": aws["AWS_ACCESS_KEY_ID"],
        "AWS_SECRET_ACCESS_KEY": aws["AWS_SECRET_ACCESS_KEY"],
        "AWS_SESSION_TOKEN": aws["AWS_SESSION_TOKEN"],
        "AWS_ENDPOINT_URL": sagemaker.url,
        "REGIONS": f'["{emulated.REGION}"]',
        "_SELECT": '["*.*"]',  # the streams of details and prices as well
    }
    tap = {f"TAP_SAGEMAKER_TUNING_{name}": value for name, value in own.items()}
    nowhere_else = ("CONFIG_FILE", "SHARED_CREDENTIALS_FILE", "EC2_METADATA_DISABLED")
    chain = {f"AWS_{name}": aws[f"AWS_{name}"] for name in nowhere_else}
    return {**chain, **tap, **warehouse.environment()}


def _sync(
    title: str,
    project: Project,
    plugins: tuple[str, ...],
    sagemaker: emulated.Emulated,
    settings: dict[str, str],
) -> None:
    _begin(f"{title}: ", "meltano run", *plugins)
    began = time.monotonic()
    project.sync(settings, plugins)
    took = time.monotonic() - began
    _say(f"{title} done: {sagemaker.calls()} API calls, {took:.1f} s")


def _look(warehouse: postgres.Warehouse, before: truth.Truth, now: truth.Truth) -> None:
    """Ask what a user came for, and compare each answer with the truth.

    Raises:
        Failed: One differs.
    """
    counts = _ask(warehouse, "What is there now?", queries.COUNTS)
    truth.agree("counts", warehouse=counts, emulator=[truth.counts(now)])

    changes = _ask(warehouse, "What has changed since the first sync?", queries.CHANGES)
    truth.agree("changes", warehouse=changes, emulator=[truth.changes(before, now)])

    completeness = _ask(
        warehouse, "Is everything loaded, and as of when?", queries.TUNING_JOBS
    )
    complete = [(str(row[0]), int(row[1]), bool(row[2])) for row in completeness]
    truth.agree("rows", warehouse=complete, emulator=truth.complete(now))

    still_running = _ask(
        warehouse, "What is still running, and since when?", queries.RUNNING
    )
    running = {str(row[0]): int(row[1]) for row in still_running}
    truth.agree("what runs", warehouse=running, emulator=truth.running(now))

    best = truth.first_completed(now)
    _look_into(warehouse, now, best)

    failures = _ask(warehouse, "What failed, and why?", queries.FAILURES)
    failed = {str(row[0]): int(row[1]) for row in failures}
    truth.agree("failures", warehouse=failed, emulator=truth.failures(now))

    spend = _ask(warehouse, "What did it cost, and what was wasted?", queries.SPEND)
    seconds = {str(row[0]): float(row[2] or 0) for row in spend}
    truth.agree("seconds", warehouse=seconds, emulator=truth.seconds(now))

    _ask(
        warehouse,
        "Which accounts and regions are complete, and as of when?",
        queries.SCOPES,
    )

    _, rows = warehouse.ask(queries.STATUSES)
    truth.agree("tuning jobs", warehouse=sorted(rows), emulator=truth.statuses(now))
    _, rows = warehouse.ask(queries.TRIALS)
    every = sorted(rows, key=lambda row: str(row[0]))
    truth.agree("trials", warehouse=every, emulator=truth.trials(now))
    _begin(
        "The warehouse agrees with the emulator: ",
        f"{len(now['tuning_jobs'])} tuning jobs, {len(every)} trials, in every status, "
        "metric and hyperparameter.",
    )


def _look_into(warehouse: postgres.Warehouse, now: truth.Truth, best: str) -> None:
    """Ask after one tuning job.

    Raises:
        Failed: An answer differs from the truth.
    """
    leaderboard = _ask(
        warehouse,
        f"Which trials did best in {best}?",
        queries.LEADERBOARD.format(tuning_job=best),
    )
    leaders = [str(row[1]) for row in leaderboard]
    truth.agree("leaders", warehouse=leaders, emulator=truth.leaders(now, best))

    question = "Which hyperparameters matter there?"
    _ask(warehouse, question, queries.EFFECTS.format(tuning_job=best))

    question = "What should the next tuning job try?"
    _ask(warehouse, question, queries.NEXT_RANGES.format(tuning_job=best))

    _, points = warehouse.ask(queries.PROGRESS.format(tuning_job=best))
    curves = [(float(row[0]), float(row[1])) for row in points]
    truth.agree("curve", warehouse=curves, emulator=truth.best_so_far(now, best))
    metrics, bests = zip(*curves, strict=True)
    _begin("How did it improve?")
    _say(f"\n{curve(metrics, bests)}")


def _picture(folder: Path, warehouse: postgres.Warehouse, clock: str) -> Path:
    """Write the report as of that time, and return its path."""
    path = folder / "tuning.html"
    command = [str(REPORT), warehouse.url]
    seconds = int(datetime.fromisoformat(clock).timestamp())
    environment = os.environ | {"SOURCE_DATE_EPOCH": str(seconds)}
    with path.open("w", encoding="utf-8") as page:
        log = folder / "report.log"
        processes.run(command, log, cwd=ROOT, environment=environment, stdout=page)
    return path


def _ask(warehouse: postgres.Warehouse, question: str, sql: str) -> list[postgres.Row]:
    columns, rows = warehouse.ask(sql)
    _begin(question)
    _say(f"{sql.rstrip()};")
    if columns:
        _say(f"\n{table(columns, rows)}")
    return rows


def _begin(title: str, *words: str) -> None:
    """Begin a part: a terminal shows its title in bold."""
    _say("")
    terminal.tell(title, *([" ".join(words)] if words else []), err=False)


def _say(*words: str) -> None:
    sys.stdout.write(" ".join(words) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
