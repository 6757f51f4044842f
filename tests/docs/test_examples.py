"""The tap accepts the settings, policies, states and catalogs in the documents."""

from __future__ import annotations

import json
import re
from functools import partial
from typing import TYPE_CHECKING

import pytest
import yaml

from sagemaker_tuning_emulator import Emulator
from sagemaker_tuning_emulator.__main__ import populate
from tap_sagemaker_tuning import catalog_checks
from tap_sagemaker_tuning.replication.bookmarks import check
from tap_sagemaker_tuning.replication.state import Filters, ScopeState
from tap_sagemaker_tuning.settings import Settings, checks
from tap_sagemaker_tuning.streams.training_job_summaries import TrainingJobSummaries
from tap_tools.generated import policies
from tests.configurations import all_settings
from tests.docs.documents import (
    AIRBYTE_STATES,
    CONFIGS,
    PAGES,
    POLICIES,
    README,
    STATES,
    TARGETS,
    blocks,
    read,
)

if TYPE_CHECKING:
    from tests.conftest import TapHere
    from tests.docs.documents import Json

FULL_TABLE = "FULL_TABLE"
METHODS = {True: FULL_TABLE, False: "INCREMENTAL"}
NAMES = [stream.name for stream in policies.streams()]
LOADERS = {
    loader["name"]: {setting["name"] for setting in loader["settings"]}
    for loader in yaml.safe_load(read("meltano.yml"))["plugins"]["loaders"]
}


@pytest.mark.parametrize(
    ("where", "config"),
    CONFIGS,
    ids=[f"{where}, {', '.join(config)}" for where, config in CONFIGS],
)
def test_settings_are_accepted(where: str, config: Json) -> None:
    """The tap accepts each example of settings."""
    method = METHODS[FULL_TABLE in where]
    chosen = {TrainingJobSummaries.name: method}
    allowed = {TrainingJobSummaries.name: TrainingJobSummaries.methods}
    assert checks.problems(config, all_settings()) == []
    assert catalog_checks.method_problems(Settings.of(config), chosen, allowed) == []


@pytest.mark.parametrize(("where", "config"), TARGETS, ids=[w for w, _ in TARGETS])
def test_settings_of_the_target(where: str, config: Json) -> None:
    """Each example of the target's settings uses only settings that are in
    meltano.yml."""
    assert where
    assert set(config) <= LOADERS["target-postgres"]


def test_every_example_is_of_a_known_kind() -> None:
    """Each JSON example is of a kind that a test checks."""
    kinds = (CONFIGS, TARGETS, POLICIES, STATES)
    known = sum(map(len, kinds)) + len(AIRBYTE_STATES)
    assert known == len(blocks("json"))
    assert min(map(len, kinds)) >= 1


def test_airbyte_states_name_streams() -> None:
    """The examples of Airbyte's states name streams."""
    names = [
        each["stream"]["stream_descriptor"]["name"]
        for state in AIRBYTE_STATES
        for each in state
    ]
    assert set(names) <= set(NAMES)


def test_variables_are_settings() -> None:
    """Each variable in the examples is a setting of the tap, a loader or dbt."""
    project = yaml.safe_load(read("meltano.yml"))
    known = {
        f"{plugin['namespace']}_{setting['name']}".upper()
        for kind in ("extractors", "loaders", "utilities")
        for plugin in project["plugins"][kind]
        for setting in plugin["settings"]
    }
    lines = "\n".join(block.text for block in blocks("sh"))
    used = re.findall(r"^ *(\w+)=", lines, re.MULTILINE)
    assert used
    assert set(used) <= known


def test_meltano_snippets_name_streams() -> None:
    """Snippets for meltano.yml are about streams, and of a known kind."""
    settings: dict[str, object] = {}
    for block in blocks("yaml"):
        settings |= yaml.safe_load(block.text)
    metadata = settings["metadata"]
    assert metadata == {TrainingJobSummaries.name: {"replication-method": FULL_TABLE}}
    assert settings["select"] == [f"{name}.*" for name in NAMES]


def test_roles_and_external_id_agree() -> None:
    """The cross-account policies match the roles in the example settings."""
    page = "docs/accounts.md: Several accounts"
    (config,) = [config for where, config in CONFIGS if where == page]
    trust, caller = [
        policy["Statement"][0] for where, policy in POLICIES if where == page
    ]
    roles = config["assume_roles"]
    external_id = {"sts:ExternalId": roles[0]["external_id"]}
    assert trust["Condition"] == {"StringEquals": external_id}
    assert caller["Resource"] == [role["role_arn"] for role in roles]
    assert trust["Action"] == caller["Action"] == "sts:AssumeRole"


def test_state_is_a_state() -> None:
    """The tap accepts the example and writes it in exactly this form."""
    ((_, state),) = STATES
    ((stream, bookmark),) = state["bookmarks"].items()
    (entry,) = bookmark["partitions"]
    filters = Filters.of(Settings.of(entry["filters"]))
    check(state, {stream: partial(ScopeState.from_json, filters=filters)})
    kept, note = ScopeState.from_json(entry, filters)
    assert note is None
    assert {**kept.to_json(), "context": entry["context"]} == entry


def test_full_table_example(here: TapHere) -> None:
    """The example returns the three best completed trials of each tuning job."""
    scope = here.emulator.scope()
    populate(scope, tuning_jobs=3, trials=20, parallel=4, seed=7)
    (config,) = [config for where, config in CONFIGS if FULL_TABLE in where]
    catalog = here.catalog(training_job_summaries=FULL_TABLE)
    run = here(config=config, catalog=catalog)
    assert run.returncode == 0, run.stderr
    metric = "final_hyper_parameter_tuning_job_objective_metric"
    values: dict[str, list[float]] = {}
    for record in run.records("training_job_summaries"):
        job = values.setdefault(record["tuning_job_name"], [])
        job.append(record[metric]["value"])
        assert record["training_job_status"] == "Completed"
    truth = scope.truth()["trials"]
    assert values == {
        name: sorted(
            (
                trial["FinalHyperParameterTuningJobObjectiveMetric"]["Value"]
                for trial in truth[name]
                if trial["TrainingJobStatus"] == "Completed"
            ),
            reverse=True,
        )[:3]
        for name in values
    }
    assert len(values) == 2


def test_excerpt_of_the_demo_is_real() -> None:
    """The README's table is what the emulator's seed returns after two hours."""
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
    block, *_ = blocks("text", {"README.md": README})
    shown = [line.split()[:4] for line in block.text.splitlines()[2:]]
    assert shown == [
        [str(place), name[-12:], status, f"{value:.4f}"]
        for place, (value, name, status) in enumerate(best, start=1)
    ]


def test_policies_are_policies() -> None:
    """Each policy is in IAM's format."""
    keys = {"Effect", "Action", "Resource", "Principal", "Condition"}
    for _, policy in POLICIES:
        assert policy["Version"] == "2012-10-17"
        assert set().union(*policy["Statement"]) <= keys
    assert json.dumps(PAGES["docs/accounts.md"]).count("2012-10-17") == 6
