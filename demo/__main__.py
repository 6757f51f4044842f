"""`python -m demo`: two syncs, two hours apart, and what the warehouse then knows.

All that it makes goes into `.demo/`, or into the folder that is its argument.
"""

from __future__ import annotations

import shutil
import sys
import time
from contextlib import ExitStack
from pathlib import Path

from demo import emulated, postgres, processes, queries, truth
from demo.curve import curve
from demo.project import PLUGINS, Project
from demo.tables import table

CHECKOUT = Path(__file__).resolve().parent.parent
LATE = "pricing-gbm-late"
"""A tuning job that somebody starts between the syncs."""


def main() -> int:
    """Run the demo; gives the exit code."""
    folder = Path(sys.argv[1] if sys.argv[1:] else CHECKOUT / ".demo").resolve()
    processes.end_on_signals()
    began = time.monotonic()
    try:
        _show(folder)
    except processes.Failed as failure:
        sys.stdout.flush()
        sys.stderr.write(f"\nThe demo failed: {failure}\n")
        return 1
    except SystemExit:
        _say("\nStopped; all that the demo started has ended.")
        raise
    _say(f"\nDone in {time.monotonic() - began:.0f} s. All it made is in {folder}")
    return 0


def _show(folder: Path) -> None:
    folder.mkdir(exist_ok=True)
    for log in folder.glob("*.log"):
        log.unlink()
    project = Project(CHECKOUT, folder)
    with ExitStack() as stack:
        _say("Installing Meltano, the tap and target-postgres; log:", str(project.log))
        project.install()
        _say("Starting an emulated SageMaker, its clock at", emulated.START)
        sagemaker = stack.enter_context(
            emulated.serving(CHECKOUT, folder / "emulator.log")
        )
        _say("Starting an empty Postgres")
        data = folder / "postgres"
        stack.callback(shutil.rmtree, data, ignore_errors=True)
        warehouse = stack.enter_context(postgres.serving(data, folder / "postgres.log"))
        settings = _settings(sagemaker, warehouse)

        _sync("First sync", project, sagemaker, settings)
        before = sagemaker.truth()
        first = _ask(warehouse, "What is there?", queries.COUNTS)
        truth.agree("counts", warehouse=first, emulator=[truth.counts(before)])
        _ask(warehouse, "To compare with later:", queries.REMEMBER)

        _say("\nTwo hours pass. Somebody starts the tuning job", LATE)
        sagemaker.move(minutes=90)
        sagemaker.plan(LATE, trials=12, parallel=3)
        _say("The clock is at", sagemaker.move(minutes=30))
        _sync("Second sync", project, sagemaker, settings)
        _look(warehouse, before, sagemaker.truth())


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
    }
    tap = {f"TAP_SAGEMAKER_TUNING_{name}": value for name, value in own.items()}
    nowhere_else = ("CONFIG_FILE", "SHARED_CREDENTIALS_FILE", "EC2_METADATA_DISABLED")
    chain = {f"AWS_{name}": aws[f"AWS_{name}"] for name in nowhere_else}
    return {**chain, **tap, **warehouse.environment()}


def _sync(
    title: str,
    project: Project,
    sagemaker: emulated.Emulated,
    settings: dict[str, str],
) -> None:
    _say(f"\n{title}: meltano run", *PLUGINS)
    began = time.monotonic()
    project.sync(settings)
    took = time.monotonic() - began
    _say(f"{title} done: {sagemaker.calls()} API calls, {took:.1f} s")


def _look(warehouse: postgres.Warehouse, before: truth.Truth, now: truth.Truth) -> None:
    """Ask what a user came for, and compare each answer with the truth.

    Raises:
        Failed: One differs.
    """
    found = _ask(warehouse, "What is there now?", queries.COUNTS)
    truth.agree("counts", warehouse=found, emulator=[truth.counts(now)])

    found = _ask(warehouse, "What has changed since the first sync?", queries.CHANGES)
    truth.agree("changes", warehouse=found, emulator=[truth.changes(before, now)])

    jobs = _ask(warehouse, "How do the tuning jobs stand?", queries.TUNING_JOBS)
    best = next(str(row[0]) for row in jobs if row[1] == "Completed")
    found = _ask(
        warehouse,
        f"Which hyperparameters did best in {best}?",
        queries.LEADERBOARD.format(tuning_job=best),
    )
    leaders = [str(row[0]) for row in found]
    truth.agree("leaders", warehouse=leaders, emulator=truth.leaders(now, best))

    found = _ask(warehouse, "What failed, and why?", queries.FAILURES)
    failed = sorted((str(row[0]), str(row[2])) for row in found)
    truth.agree("failures", warehouse=failed, emulator=truth.failures(now))

    _look_deeper(warehouse, now, best)

    _, rows = warehouse.ask(queries.STATUSES)
    truth.agree("tuning jobs", warehouse=sorted(rows), emulator=truth.statuses(now))
    _, rows = warehouse.ask(queries.TRIALS)
    every = sorted(rows, key=lambda row: str(row[0]))
    truth.agree("trials", warehouse=every, emulator=truth.trials(now))
    _say(
        f"\nThe warehouse agrees with the emulator: {len(now['tuning_jobs'])} tuning "
        f"jobs, {len(every)} trials, in every status, metric and hyperparameter."
    )


def _look_deeper(warehouse: postgres.Warehouse, now: truth.Truth, best: str) -> None:
    """Ask two of the queries that come with the tap, for any warehouse.

    Raises:
        Failed: An answer differs from the truth.
    """
    _say("\nHow many seconds went into trials that failed or were stopped?")
    columns, spent = _file(warehouse, "time_spent")
    _say(f"\n{table(columns, spent)}")
    failed = {str(row[0]): float(row[3]) for row in spent}
    wanted = {name: truth.seconds_failed(now)[name] for name in failed}
    truth.agree("seconds", warehouse=failed, emulator=wanted)

    _say(f"\nHow did {best} get better?")
    _, points = _file(warehouse, "best_so_far", tuning_job=f"'{best}'")
    found = [(float(row[4]), float(row[5])) for row in points]
    truth.agree("curve", warehouse=found, emulator=truth.best_so_far(now, best))
    metrics, bests = zip(*found, strict=True)
    _say(f"\n{curve(metrics, bests)}")


def _file(
    warehouse: postgres.Warehouse, name: str, **parameters: str
) -> tuple[list[str], list[postgres.Row]]:
    file = CHECKOUT / "analysis" / f"{name}.sql"
    changed = "".join(f", with {value} as {name}" for name, value in parameters.items())
    _say(f"{file.relative_to(CHECKOUT)}{changed}")
    return warehouse.ask(queries.filled(file.read_text("utf-8"), **parameters))


def _ask(warehouse: postgres.Warehouse, question: str, sql: str) -> list[postgres.Row]:
    columns, rows = warehouse.ask(sql)
    _say(f"\n{question}\n{sql.rstrip()};")
    if columns:
        _say(f"\n{table(columns, rows)}")
    return rows


def _say(*words: str) -> None:
    sys.stdout.write(" ".join(words) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
