"""What the examples run with: four scopes, a Meltano project and a real Postgres."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from sagemaker_tuning_emulator import Emulator, Fault
from tap_tools.demo import postgres, truth
from tap_tools.demo.project import Project
from tests.conftest import ACCOUNT, REGION
from tests.environments import BUILD, CHECKOUT, made_from
from tests.postgres import serving

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from contextlib import AbstractContextManager
    from pathlib import Path

    from sagemaker_tuning_emulator.faults import Kind
    from sagemaker_tuning_emulator.scopes import Scope
    from tap_tools.demo.postgres import Row

ALL = {
    "222222222222": ("us-east-1", "eu-west-1"),
    "333333333333": ("us-east-1",),
    "444444444444": ("eu-west-1",),
}
"""The regions of each account; one load covers one account."""

SCOPES = [(account, region) for account, regions in ALL.items() for region in regions]

ROLE, EXTERNAL_ID = "tuning-reader", "warehouse"
SETTINGS = {
    "organization": {"role_name": ROLE, "external_id": EXTERNAL_ID},
    "regions": ["enabled"],
}
"""The tap's settings, with which it finds the accounts."""

FOREIGN = ("AWS_", "AIRFLOW", "DAGSTER", "MELTANO_", "TAP_", "TARGET_", "TUNING_")
TAP = "tap-sagemaker-tuning"
_PROGRAM = f"executable: {TAP}"

JOBS = """
select account_id, region, tuning_job_name, tuning_job_status from tuning_jobs
order by 1, 2, 3
"""
TRIALS = """
select
    account_id,
    region,
    training_job_name,
    training_job_status,
    objective_status,
    (final_hyper_parameter_tuning_job_objective_metric ->> 'value')::float8,
    tuned_hyper_parameters
from training_job_summaries
order by 1, 2, 3
"""
LOSE = """
delete from training_job_summaries where training_job_arn = (
    select min(training_job_arn) from training_job_summaries
    where tuning_job_name = '{tuning_job}'
)
"""


@dataclass
class World:
    """An emulator, a Postgres, and a Meltano project between them.

    Attributes:
        emulator: Four scopes, with different tuning jobs.
        warehouse: The database, empty at first.
        folder: A folder for everything that a test creates.
        given: The folder where the tap's processes save the states that they receive.
    """

    emulator: Emulator
    warehouse: postgres.Warehouse
    folder: Path
    given: Path = field(init=False)

    def __post_init__(self) -> None:
        """Create the Meltano project and the tap's settings."""
        self.given = self.folder / "given"
        self.given.mkdir()
        self.project = self.folder / "project"
        self.settings = self.folder / "tuning.json"
        self.settings.write_text(json.dumps(SETTINGS), encoding="utf-8")
        make_project(self.project)

    def environment(self, programs: Path, **more: str) -> dict[str, str]:
        """The environment of an orchestrator's process.

        Args:
            programs: The folder of the orchestrator's own programs.
            **more: Further variables.
        """
        inherited = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(FOREIGN)
        }
        meltano = BUILD / "meltano" / "venv" / "bin"
        return {
            **inherited,
            **self.emulator.environment(ACCOUNT, REGION),
            "PATH": f"{programs}:{meltano}:{os.environ['PATH']}",
            "MELTANO_CLI_DISABLE_VERSION_CHECK": "true",
            "MELTANO_HUB_URL": "http://127.0.0.1:9",
            "XDG_STATE_HOME": str(self.folder / "state"),
            "NO_COLOR": "1",
            "TAP_GIVEN": str(self.given),
            "TAP_SAGEMAKER_TUNING_MAX_ATTEMPTS": "1",
            "TUNING_PROJECT": str(self.project),
            "TUNING_SETTINGS": str(self.settings),
            **more,
        }

    def goes_on(self) -> None:
        """Let six hours pass, and start a tuning job in each scope that is then
        running."""
        self.emulator.clock.move(seconds=5 * 3600)
        enabled = [each for each in self.emulator.scopes() if self._is_enabled(each)]
        for number, scope in enumerate(enabled):
            scope.plan(f"{scope.clock.now:%d-%H}-{number}", trials=20, parallel=2)
        self.emulator.clock.move(seconds=3600)
        for path in self.given.iterdir():
            path.unlink()

    @contextmanager
    def organization_for_meltano(self) -> Iterator[None]:
        """Temporarily set an organization in Meltano's settings, too."""
        own = self.project / ".env"
        organization = json.dumps(SETTINGS["organization"])
        own.write_text(f"TAP_SAGEMAKER_TUNING_ORGANIZATION='{organization}'\n", "utf-8")
        yield
        own.unlink()

    def _is_enabled(self, scope: Scope) -> bool:
        """Whether a scope should be read: an enabled region of a member account."""
        of = self.emulator.organization
        account, region = scope.home.account, scope.home.region
        return account in of.accounts and of.opt_status(account)[region] == "ENABLED"

    def lose_a_trial(self, tuning_job: str) -> None:
        """Delete one of a tuning job's trials from the warehouse."""
        self.warehouse.ask(LOSE.format(tuning_job=tuning_job))

    def loaded(self) -> list[list[Row]]:
        """Tuning jobs and trials in the warehouse."""
        return compared(self.warehouse)

    def truth(self) -> list[list[Row]]:
        """Tuning jobs and trials in the emulator."""
        return compared(self.emulator)

    def states(self) -> dict[str, dict[str, Any]]:
        """The state that each load's last tap received."""
        return {
            path.stem: json.loads(path.read_text(encoding="utf-8"))
            for path in self.given.glob("*.json")
        }


def make_project(project: Path) -> None:
    """Create a Meltano project with the installed plugins and a tap that saves its
    state."""
    installed = BUILD / "meltano" / "project"
    text = (installed / "meltano.yml").read_text(encoding="utf-8")
    assert text.count(_PROGRAM) == 1
    own = project / ".meltano"
    own.mkdir(parents=True)
    for kind in ("extractors", "loaders", "utilities"):
        (own / kind).symlink_to(installed / ".meltano" / kind)
    shutil.copy(installed / ".meltano" / "meltano.db", own)
    program = project / "tap"
    (project / "meltano.yml").write_text(
        text.replace(_PROGRAM, f"executable: {program}"), encoding="utf-8"
    )
    tap = own / "extractors" / TAP / "venv" / "bin" / TAP
    script = (CHECKOUT / "tests" / "examples" / "telling_tap.py").read_text("utf-8")
    program.write_text(f"#!{sys.executable}\n{script}", encoding="utf-8")
    program.chmod(0o755)
    (project / "real-tap").symlink_to(tap)
    (project / "transform").symlink_to(CHECKOUT / "transform")


@contextmanager
def world(
    folder: Path, server: AbstractContextManager[postgres.Warehouse] | None = None
) -> Iterator[World]:
    """Run a world.

    Args:
        folder: A folder for everything that a test creates.
        server: The warehouse, or None for one like the demo's.
    """
    install_meltano()
    start = datetime.now(UTC) - timedelta(days=3)
    with (
        Emulator(start=start, seed=7) as emulator,
        server or serving() as warehouse,
    ):
        for number, home in enumerate(SCOPES):
            scope = emulator.scope(*home)
            for job in range(number + 1):
                scope.plan(f"job-{number}-{job}", trials=5 + number, parallel=3)
        for account, regions in ALL.items():
            join(emulator, account, *regions)
        emulator.clock.move(seconds=86_400)
        for number, scope in enumerate(emulator.scopes()):
            scope.plan(f"open-{number}", trials=6, parallel=2)
        emulator.clock.move(seconds=900)
        yield World(emulator, warehouse, folder)


def join(emulator: Emulator, account: str, *regions: str) -> None:
    """Let an account join the organization with only these regions."""
    emulator.organization.join(account)
    emulator.organization.regions[account] = {
        region: "ENABLED" if region in regions else "DISABLED"
        for region in emulator.organization.opt_status(account)
    }
    emulator.roles[f"arn:aws:iam::{account}:role/{ROLE}"] = EXTERNAL_ID


def compared(held_by: postgres.Warehouse | Emulator) -> list[list[Row]]:
    """All tuning jobs and all trials, by account, region and name."""
    if isinstance(held_by, postgres.Warehouse):
        return [held_by.ask(sql)[1] for sql in (JOBS, TRIALS)]
    jobs: list[Row] = []
    trials: list[Row] = []
    for name, scope in sorted(held_by.truth().items()):
        home = tuple(name.split("/"))
        jobs += [home + row for row in truth.statuses(scope)]
        trials += [home + row for row in truth.trials(scope)]
    return [jobs, trials]


def fault(kind: Kind, scope: str, times: int | None = None) -> Fault:
    """A fault of one scope."""
    account, region = scope.split("-", 1)
    return Fault(kind, account=account, region=region, times=times)


def rows_without(scope: str, rows: Sequence[Row]) -> list[Row]:
    """The rows of all scopes except one."""
    return [row for row in rows if f"{row[0]}-{row[1]}" != scope]


def scopes_in(state: Mapping[str, Any]) -> set[str]:
    """The scopes in a state of the tap."""
    return {
        f"{entry['context']['account_id']}-{entry['context']['region']}"
        for stream in state.get("bookmarks", {}).values()
        for entry in stream.get("partitions", [])
    }


def install_meltano() -> None:
    """Meltano and its plugins, under `build/meltano`."""
    folders = (CHECKOUT / "tap_tools" / "demo", CHECKOUT / "transform")
    pins = [folder / "constraints.txt" for folder in folders]
    files = [CHECKOUT / "meltano.yml", CHECKOUT / "pyproject.toml", *pins]
    with made_from("meltano", *files) as is_new:
        if is_new:
            Project(CHECKOUT, BUILD / "meltano").install()


def meltano(project: Path, *arguments: str) -> str:
    """Run Meltano in a project, without a hub, and return its output; it must
    succeed."""
    install_meltano()
    inherited = {k: v for k, v in os.environ.items() if not k.startswith(FOREIGN)}
    environment = {
        **inherited,
        "MELTANO_CLI_DISABLE_VERSION_CHECK": "true",
        "MELTANO_HUB_URL": "http://127.0.0.1:9",
        "XDG_STATE_HOME": str(project / ".meltano" / "state"),
    }
    program = BUILD / "meltano" / "venv" / "bin" / "meltano"
    done = run([program, *arguments], environment, cwd=project)
    assert done.returncode == 0, done.stdout
    return done.stdout


def run(
    command: Sequence[str | Path], environment: Mapping[str, str], **options: Any
) -> subprocess.CompletedProcess[str]:
    """Run a command to its end, with both outputs combined."""
    return subprocess.run(  # noqa: S603 - the command is ours
        [*map(str, command)],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        timeout=300,
        **options,
    )
