"""meltano.yml matches the tap's own description of itself."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tap_sagemaker_tuning.tap import TapSageMakerTuning
from tap_tools.git import git
from tests.environments import copy_checkout
from tests.expected import KEYS

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="module")
def project() -> dict[str, Any]:
    """The Meltano project."""
    text = (ROOT / "meltano.yml").read_text(encoding="utf-8")
    parsed: dict[str, Any] = yaml.safe_load(text)
    return parsed


@pytest.fixture(scope="module")
def extractor(project: dict[str, Any]) -> dict[str, Any]:
    """The tap's entry."""
    (entry,) = project["plugins"]["extractors"]
    return dict(entry)


@pytest.fixture(scope="module")
def about() -> dict[str, Any]:
    """The tap's description of itself."""
    tap = Path(sys.executable).with_name("tap-sagemaker-tuning")
    done = subprocess.run(  # noqa: S603 - the command is ours
        [str(tap), "--about", "--format=json"],
        capture_output=True,
        check=True,
        timeout=60,
    )
    parsed: dict[str, Any] = json.loads(done.stdout)
    return parsed


def test_capabilities(extractor: dict[str, Any], about: dict[str, Any]) -> None:
    """Meltano knows all capabilities of the tap; without `state`, each run would start
    over."""
    assert extractor["capabilities"] == about["capabilities"]
    assert "state" in extractor["capabilities"]


def test_nothing_is_set_for_the_user(project: dict[str, Any]) -> None:
    """Neither the project nor an environment configures a plugin."""
    plugins = [plugin for kind in project["plugins"].values() for plugin in kind]
    assert [plugin["name"] for plugin in plugins if "config" in plugin] == []
    assert [each for each in project["environments"] if set(each) != {"name"}] == []


def test_the_streams_of_the_default_are_selected(
    extractor: dict[str, Any],
) -> None:
    """Meltano selects the default streams; without `select`, it would select all of
    them."""
    tap = TapSageMakerTuning(setup_mapper=False)
    default = {name for name, each in tap.streams.items() if each.selected_by_default}
    assert {f"{name}.*" for name in default} == set(extractor["select"])


@pytest.mark.slow
def test_the_selection_in_the_docs_selects_all(tmp_path: Path) -> None:
    """The docs' `select` for all streams selects every column in Meltano."""
    from tests.examples.world import meltano  # noqa: PLC0415 - only in the checkout

    text = (ROOT / "docs" / "streams" / "index.md").read_text(encoding="utf-8")
    (example,) = re.findall("```yaml\n(select:.*?)```", text, re.DOTALL)
    project = yaml.safe_load((ROOT / "meltano.yml").read_text(encoding="utf-8"))
    (extractor,) = project["plugins"]["extractors"]
    extractor |= yaml.safe_load(example)
    copy_checkout(tmp_path)
    (tmp_path / "meltano.yml").write_text(yaml.safe_dump(project), encoding="utf-8")
    meltano(tmp_path, "install", "extractor", extractor["name"])
    listed = meltano(tmp_path, "select", extractor["name"], "--list", "--all")
    selected = re.findall(r"\[(\w+) *\] (\w+)\.", listed)
    assert {stream for _, stream in selected} == set(KEYS)
    assert {state for state, _ in selected} == {"selected", "automatic"}


def test_needs_no_hub(project: dict[str, Any]) -> None:
    """Every plugin is fully defined, and every loader has a fixed version."""
    plugins = [plugin for kind in project["plugins"].values() for plugin in kind]
    needed = {"name", "namespace", "pip_url", "executable", "settings"}
    assert [plugin["name"] for plugin in plugins if needed - set(plugin)] == []
    packages = [
        package
        for loader in project["plugins"]["loaders"]
        for package in loader["pip_url"].split()
    ]
    assert [package for package in packages if "==" not in package] == []


def test_tap_is_not_taken_from_an_index(extractor: dict[str, Any]) -> None:
    """The tap comes from the checkout, because it isn't on PyPI and anybody could
    register its name there."""
    assert extractor["pip_url"] == "-e ."
    text = (ROOT / "meltano.yml").read_text(encoding="utf-8")
    assert re.findall("pip_url: (.*tap-sagemaker.*)", text) == []


@pytest.mark.slow
@pytest.mark.skipif(not (ROOT / ".git").exists(), reason="not a git checkout")
def test_install_leaves_the_checkout_clean(tmp_path: Path) -> None:
    """meltano.yml is formatted as Meltano writes it, so `meltano install` changes or
    adds no file in git."""
    from tests.examples.world import meltano  # noqa: PLC0415 - only in the checkout

    copy_checkout(tmp_path)
    git(tmp_path, "init", "--quiet")
    git(tmp_path, "add", "--all")
    meltano(tmp_path, "install")
    others = git(tmp_path, "ls-files", "--others", "--exclude-standard")
    assert git(tmp_path, "diff", "--name-only") + others == ""


def test_loaders_secrets_are_sensitive(project: dict[str, Any]) -> None:
    """A loader's password, key, or URL with a password is sensitive."""
    secret = re.compile("password|passphrase|private_key$|url$")
    settings = [s for each in project["plugins"]["loaders"] for s in each["settings"]]
    assert {s["name"] for s in settings if s.get("sensitive")} == {
        s["name"] for s in settings if secret.search(s["name"])
    }


def test_schedules_run_jobs_of_known_plugins(project: dict[str, Any]) -> None:
    """Each hour, Meltano runs the tap into Postgres and builds the models; each day, it
    tests all of their rows."""
    jobs = {job["name"]: job["tasks"] for job in project["jobs"]}
    assert {each["interval"]: jobs[each["job"]] for each in project["schedules"]} == {
        "@hourly": ["tap-sagemaker-tuning target-postgres dbt-postgres:build"],
        "@daily": ["dbt-postgres:test"],
    }
