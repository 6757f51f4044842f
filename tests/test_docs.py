"""The documents say what is true: each table, example and command is checked here."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tomllib
from dataclasses import fields
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest
import yaml

from emulator import Emulator
from emulator.__main__ import main as emulate
from emulator.__main__ import populate
from tap_sagemaker_tuning import checks, schemas_root
from tap_sagemaker_tuning.aws.client import IAM_ACTIONS
from tap_sagemaker_tuning.replication.state import Filters, OpenJob, ScopeState, check
from tap_sagemaker_tuning.settings import SETTINGS
from tap_sagemaker_tuning.streams.base import TrainingJobSummaries, TuningJobs
from tests import readme

if TYPE_CHECKING:
    from tests.conftest import TapProcess

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
IS_CHECKOUT = (ROOT / ".ci").is_dir()
CONTRIBUTING = ROOT / "CONTRIBUTING.md"
GUIDE = CONTRIBUTING.read_text(encoding="utf-8") if IS_CHECKOUT else ""
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))

checkout_only = pytest.mark.skipif(not IS_CHECKOUT, reason="not a checkout")

Json = dict[str, Any]

BY_HAND = "by hand: it installs for the user, or needs what that installed"
"""Why no test runs a command. All were run in November 2026: uv 0.13, pipx 1.18."""

COMMANDS = {
    "make demo": "tests/test_demo.py",
    "make test": "Makefile",
    "uv tool install .": BY_HAND,
    "uv build": "Makefile",
    "pipx install dist/tap_sagemaker_tuning-0.1.0-py3-none-any.whl": BY_HAND,
    "uv tool install 'meltano>=4.4'": BY_HAND,
    "cp .env.example .env": BY_HAND,
    "meltano install extractor tap-sagemaker-tuning": "demo/project.py",
    "meltano install loader target-postgres": "demo/project.py",
    "meltano config test tap-sagemaker-tuning": BY_HAND,
    "meltano run tap-sagemaker-tuning target-postgres": "demo/project.py",
    "meltano run --full-refresh tap-sagemaker-tuning target-postgres": BY_HAND,
    "make setup": ".ci/run",
    "make check": ".ci/run",
    ".venv/bin/python -m emulator --help": "tests/test_docs.py",
}
"""The commands that `test_commands_work` does not run, and what runs each instead."""

RUN = re.compile(r"tap-sagemaker-tuning |grep |export TAP_SAGEMAKER_TUNING_")
"""The commands that `test_commands_work` runs."""

MACHINE = re.compile(r"(?<![\w.])/(work|root|home|Users)/[\w.]")
REGISTRIES = ("pypi.org" + "/simple", "files." + "pythonhosted.org")


class Block(NamedTuple):
    """A block of code."""

    section: str
    language: str
    text: str


def blocks(text: str, language: str) -> list[Block]:
    """The blocks of code in one language, each with the heading that it is under."""
    found = re.compile(
        r"^#+ (?P<heading>[^\n]+)$|^```(?P<language>\w+)\n(?P<text>.*?)^```$",
        re.MULTILINE | re.DOTALL,
    )
    section, made = "", []
    for each in found.finditer(text):
        section = each["heading"] or section
        made.append(Block(section, each["language"] or "", each["text"] or ""))
    return [block for block in made if block.language == language]


def commands(text: str) -> list[str]:
    """The commands of all console blocks, in order."""
    lines = [line for block in blocks(text, "console") for line in block[2].split("\n")]
    return [line.removeprefix("$ ") for line in lines if line]


def documents(key: str) -> list[tuple[str, Json]]:
    """The JSON examples of a kind, each with its section: by a key that only it has."""
    every = [
        (block.section, json.loads(block.text)) for block in blocks(README, "json")
    ]
    kind = {"regions": "config", "Statement": "policy", "bookmarks": "state"}
    return [
        (section, document)
        for section, document in every
        for known, name in kind.items()
        if known in document and name == key
    ]


CONFIGS = documents("config")
POLICIES = documents("policy")


def headings(text: str) -> list[str]:
    """The headings, without marks."""
    outside = re.sub(r"^```.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL)
    return re.findall(r"^#+ (.+)$", outside, re.MULTILINE)


def anchor(heading: str) -> str:
    """The name by which a heading is linked to."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def project_files() -> list[str]:
    """What is in the repository, or will be."""
    told = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],  # noqa: S607
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return [name for name in told.stdout.splitlines() if (ROOT / name).is_file()]


# Generated parts


def test_generated_parts_are_fresh() -> None:
    """Tables and policy are those of the code: else run `python -m tests.readme`."""
    assert readme.rendered(README) == README


def test_generated_parts_are_all_there() -> None:
    """Each part that is made has its place, once."""
    assert sorted(readme.marked(README)) == sorted(readme.parts())


# Streams


def test_every_stream_has_a_section() -> None:
    """A section is named as the stream is, and no stream is forgotten."""
    streams = [Path(str(file)).stem for file in schemas_root().iterdir()]
    assert sorted(readme.STREAMS) == sorted(streams)
    assert {f"`{name}`" for name in streams} <= set(headings(README))


@pytest.mark.parametrize("stream", [TuningJobs, TrainingJobSummaries])
def test_keys_and_nested_columns_are_named(stream: Any) -> None:
    """A stream's section names its keys and its nested columns."""
    path = schemas_root().joinpath(f"{stream.name}.json")
    columns = json.loads(path.read_text(encoding="utf-8"))["properties"]
    nested = [name for name, column in columns.items() if "object" in column["type"]]
    section = README.split(f"### `{stream.name}`")[1].split("<!--")[0]
    (key,) = stream.primary_keys
    assert f"The key is `{key}`." in section
    assert f"The replication key is `{stream.replication_key}`." in section
    assert [name for name in nested if f"`{name}`" not in section] == []


# Settings


def test_every_setting_is_named() -> None:
    """The tap's settings and the SDK's are in the tables, each once."""
    names = [*SETTINGS.to_dict()["properties"], *readme.sdk_settings()]
    rows = re.findall(
        r"^\| `(\w+)` \|", README.split("\n## Settings\n")[1], re.MULTILINE
    )
    assert [name for name in names if rows.count(name) != 1] == []


@pytest.mark.parametrize(
    ("section", "config"),
    CONFIGS,
    ids=[f"{section}: {', '.join(config)}" for section, config in CONFIGS],
)
def test_config_examples_are_accepted(section: str, config: Json) -> None:
    """Each example of settings is one that the tap takes."""
    method = {True: "FULL_TABLE", False: "INCREMENTAL"}["FULL_TABLE" in section]
    assert checks.problems(dict(config), readme.all_settings()) == []
    assert checks.catalog_problems(config, method, "INCREMENTAL") == []


def test_there_are_config_examples() -> None:
    """An example of settings that is not found is not checked either."""
    assert len(CONFIGS) == 5
    assert len(CONFIGS) + len(POLICIES) + len(documents("state")) == len(
        blocks(README, "json")
    )


def test_variables_are_settings() -> None:
    """Each variable of the examples is a setting of the tap or of the loader."""
    project = yaml.safe_load((ROOT / "meltano.yml").read_text(encoding="utf-8"))
    known = {
        f"{plugin['namespace']}_{setting['name']}".upper()
        for kind in ("extractors", "loaders")
        for plugin in project["plugins"][kind]
        for setting in plugin["settings"]
    }
    lines = "\n".join([block.text for block in blocks(README, "sh")])
    used = re.findall(r"^(\w+)=", lines, re.MULTILINE)
    assert used
    assert set(used) <= known


def test_catalog_metadata_names_a_stream() -> None:
    """What is added to meltano.yml is about a stream, and chooses FULL_TABLE."""
    (block,) = blocks(README, "yaml")
    (added,) = yaml.safe_load(block.text)["metadata"].items()
    assert added == (TrainingJobSummaries.name, {"replication-method": "FULL_TABLE"})


# IAM policies


def test_policy_is_what_is_called() -> None:
    """The policy allows the operations that the tap calls, and nothing else."""
    (policy,) = [policy for section, policy in POLICIES if section == "One account"]
    arn = "arn:aws:sagemaker:*:123456789012:"
    allowed = {
        (action, statement["Resource"].removeprefix(arn))
        for statement in policy["Statement"]
        for action in statement["Action"]
    }
    assert allowed == {(f"sagemaker:{name}", IAM_ACTIONS[name]) for name in IAM_ACTIONS}
    assert {statement["Effect"] for statement in policy["Statement"]} == {"Allow"}


def test_roles_and_external_id_agree() -> None:
    """The policies across accounts are for the roles of the example of settings."""
    (config,) = [config for _, config in CONFIGS if "assume_roles" in config]
    trust, caller = [
        policy["Statement"][0]
        for section, policy in POLICIES
        if section == "Across accounts"
    ]
    roles = config["assume_roles"]
    assert trust["Condition"] == {
        "StringEquals": {"sts:ExternalId": roles[0]["external_id"]}
    }
    assert caller["Resource"] == [role["role_arn"] for role in roles]
    assert trust["Action"] == caller["Action"] == "sts:AssumeRole"


def test_operations_are_ours() -> None:
    """Each operation that the text names is one that the tap calls."""
    named = set(re.findall(r"`((?:List|Describe)\w+)`", README))
    assert named == set(IAM_ACTIONS)


# State


def test_state_example_is_a_state() -> None:
    """The example is taken by the tap, and is written by it in this very form."""
    ((_, state),) = documents("state")
    ((stream, bookmark),) = state["bookmarks"].items()
    (entry,) = bookmark["partitions"]
    filters = Filters.of(entry["filters"])
    check(state, [stream], filters)
    read, note = ScopeState.from_json(entry, filters)
    assert note is None
    assert {**read.to_json(), "context": entry["context"]} == entry


def test_every_field_of_the_state_is_named() -> None:
    """The table has each field of a scope's state and of an open tuning job."""
    ((_, state),) = documents("state")
    (bookmark,) = state["bookmarks"].values()
    table = README.split("| Field | Meaning |")[1].split("\n\n")[0]
    rows = re.findall(r"^\| (`.+`) \|", table, re.MULTILINE)
    parts = [field.name for field in fields(OpenJob) if field.name != "name"]
    expected = [f"`{name}`" for name in bookmark["partitions"][0]]
    expected += [f"`open` `{name}`" for name in parts]
    assert sorted(rows) == sorted(expected)


# Commands


def test_every_command_is_known() -> None:
    """Each command is run by a test, here or elsewhere, or it is said why not."""
    every = commands(README) + commands(GUIDE)
    assert [
        each for each in every if not RUN.match(each) and each not in COMMANDS
    ] == []


@checkout_only
def test_known_commands_are_used() -> None:
    """No command is known that no document has, nor by a file that is not there."""
    assert set(COMMANDS) <= {*commands(README), *commands(GUIDE)}
    files = set(COMMANDS.values()) - {BY_HAND}
    assert [name for name in files if not (ROOT / name).is_file()] == []


def test_commands_work(tap: TapProcess) -> None:
    """The tap's commands can be pasted, one after the other, and each ends with 0."""
    tap.emulator.scope().plan("churn-xgb-260302", trials=8, parallel=8)
    tap.emulator.clock.move(seconds=600)
    _, config = CONFIGS[0]
    (tap.folder / "config.json").write_text(json.dumps(config), encoding="utf-8")
    script = [each for each in commands(README) if RUN.match(each)]
    own = str(Path(sys.executable).parent)
    done = subprocess.run(  # noqa: S603 - the README's own commands
        ["bash", "-euo", "pipefail", "-c", "\n".join(script)],  # noqa: S607
        cwd=tap.folder,
        env=tap.environment(PATH=os.pathsep.join([own, os.environ["PATH"]])),
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    made = (tap.folder / "out.jsonl").read_text(encoding="utf-8").splitlines()
    types = [json.loads(line)["type"] for line in made]
    assert {"SCHEMA", "RECORD", "STATE"} <= set(types)
    state = json.loads((tap.folder / "state.json").read_text(encoding="utf-8"))
    assert set(state["bookmarks"]) == set(readme.STREAMS)


def test_full_table_example(tap: TapProcess) -> None:
    """The example gives the three best completed trials of each tuning job."""
    scope = tap.emulator.scope()
    populate(scope, tuning_jobs=3, trials=20, parallel=4, seed=7)
    (config,) = [config for section, config in CONFIGS if "FULL_TABLE" in section]
    run = tap(config=config, catalog=tap.catalog(training_job_summaries="FULL_TABLE"))
    assert run.returncode == 0, run.stderr
    metric = "final_hyper_parameter_tuning_job_objective_metric"
    found: dict[str, list[float]] = {}
    for record in run.records("training_job_summaries"):
        job = found.setdefault(record["tuning_job_name"], [])
        job.append(record[metric]["value"])
        assert record["training_job_status"] == "Completed"
    truth = scope.truth()["trials"]
    assert found == {
        name: sorted(
            (
                trial["FinalHyperParameterTuningJobObjectiveMetric"]["Value"]
                for trial in truth[name]
                if trial["TrainingJobStatus"] == "Completed"
            ),
            reverse=True,
        )[:3]
        for name in found
    }
    assert len(found) == 2


def test_excerpt_of_the_demo_is_real() -> None:
    """The table under «See it» is what the emulator's seed gives after two hours."""
    emulator = Emulator("2026-03-02T09:00:00Z", seed=7)
    scope = emulator.scope()
    populate(scope, tuning_jobs=6, trials=20, parallel=4, seed=7)
    emulator.clock.move(seconds=7200)
    metric = "FinalHyperParameterTuningJobObjectiveMetric"
    rated = [
        (trial[metric]["Value"], trial["TrainingJobName"], trial["TrainingJobStatus"])
        for trial in scope.truth()["trials"]["churn-xgb-260302-0859-00"]
        if metric in trial
    ]
    best = sorted(rated, reverse=True)[:5]
    (block,) = blocks(README, "text")
    shown = [line.split()[:3] for line in block.text.splitlines()[2:]]
    assert shown == [[name[-12:], status, f"{v:.4f}"] for v, name, status in best]


def test_emulator_shows_its_help(capsys: pytest.CaptureFixture[str]) -> None:
    """The emulator's command says how to lead the tap there."""
    with pytest.raises(SystemExit) as ended:
        emulate(["--help"])
    assert ended.value.code == 0
    assert "AWS_ENDPOINT_URL" in capsys.readouterr().out


def test_first_screen_shows_and_tests() -> None:
    """Who opens the README sees at once how to see it work, and how to test it."""
    first_screen = README.splitlines()[:60]
    assert {"$ make demo", "$ make test"} <= set(first_screen)


@checkout_only
def test_make_targets_exist() -> None:
    """Each target that a document names is one of the Makefile's."""
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z]+):", makefile, re.MULTILINE))
    gate = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    named = re.findall(
        r"(?:`|^\$ |^)make ([a-z]+)", README + GUIDE + gate, re.MULTILINE
    )
    assert set(named) <= targets
    assert {"setup", "test", "check", "demo"} <= set(named)


@checkout_only
def test_the_gate_runs_the_readmes_tests() -> None:
    """The gate calls `make check`, which calls `make test` among the rest."""
    gate = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    assert gate.splitlines()[-1] == "make check"
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    recipe = re.search(r"^check:.*\n((?:\t.*\n)+)", makefile, re.MULTILINE)
    assert recipe is not None
    called = re.findall(r"[\w.-]+", recipe[1])
    rest = {"lint", "types", "test", "long", "wheel", "lowest"}
    assert rest | {"python-3.12", "python-3.13"} <= set(called)


# Links


def test_links_within_the_readme_lead_somewhere() -> None:
    """Each link to a section has its heading, and no two headings have one name."""
    names = [anchor(heading) for heading in headings(README)]
    links = re.findall(r"\]\(#([^)]+)\)", README)
    assert links
    assert set(links) <= set(names)
    assert len(set(names)) == len(names)


@checkout_only
def test_links_to_files_lead_somewhere() -> None:
    """Each link to a file of the project has its file."""
    links = re.findall(r"\]\(([\w./-]+)\)", README + GUIDE)
    assert links
    assert [link for link in links if not (ROOT / link).is_file()] == []


# Versions, and what belongs to no project


def test_changelog_ends_at_this_version() -> None:
    """The changelog has Unreleased, then this version, and then ever lower ones."""
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    first, *released = re.findall(r"^## (\S+)", text, re.MULTILINE)
    assert first == "Unreleased"
    assert released[0] == PROJECT["project"]["version"]
    numbers = [[int(part) for part in version.split(".")] for version in released]
    assert all(newer > older for newer, older in pairwise(numbers))


def test_wheels_name_has_this_version() -> None:
    """The wheel that is installed in the README is the one that is built."""
    (wheel,) = set(re.findall(r"dist/(\S+\.whl)", README))
    version = PROJECT["project"]["version"]
    assert wheel == f"tap_sagemaker_tuning-{version}-py3-none-any.whl"


def test_python_versions_agree() -> None:
    """The classifiers are the versions from requires-python on, without a gap."""
    prefix = "Programming Language :: Python :: 3."
    minors = [
        int(classifier.removeprefix(prefix))
        for classifier in PROJECT["project"]["classifiers"]
        if classifier.startswith(prefix)
    ]
    oldest = PROJECT["project"]["requires-python"].removeprefix(">=3.")
    assert minors == list(range(int(oldest), int(oldest) + len(minors)))
    assert f"Python 3.{oldest} or later" in README


@checkout_only
def test_guide_is_short() -> None:
    """CONTRIBUTING.md has at most 80 lines."""
    assert len(GUIDE.splitlines()) <= 80


@pytest.mark.skipif(not (ROOT / ".git").exists(), reason="not a git checkout")
def test_no_file_knows_a_machine() -> None:
    """No file has a path of a developer's machine, or the host of a registry."""
    found = []
    for name in project_files():
        text = (ROOT / name).read_bytes().decode(errors="replace")
        found += [(name, path[0]) for path in MACHINE.finditer(text)]
        found += [(name, host) for host in REGISTRIES if host in text]
    assert found == []
