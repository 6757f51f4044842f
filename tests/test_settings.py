"""The settings: their declarations, and the sources of their values."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING, Any

import pytest

from tap_sagemaker_tuning.settings import (
    DEFAULT_STREAMS,
    Organization,
    RoleToAssume,
    Settings,
    checks,
    environment,
)
from tap_sagemaker_tuning.settings.schema import schema
from tap_sagemaker_tuning.tap import TapSageMakerTuning
from tests.configurations import (
    DECLARED,
    NUMBERS,
    ROLE,
    SECRET,
    SECRETS,
    all_settings,
)

if TYPE_CHECKING:
    from tests.conftest import Run, TapHere


PREFIX = "TAP_SAGEMAKER_TUNING_"
TEXT = {"type": ["string"], "minLength": 1}


class TestDeclarations:
    """The declaration of each setting."""

    def test_all_settings(self) -> None:
        """Each field of the settings is a setting, in the same order, and no setting
        is required."""
        declared = schema()
        assert [*declared["properties"]] == [each.name for each in fields(Settings)]
        assert declared["additionalProperties"] is False
        assert "required" not in declared

    @pytest.mark.parametrize(
        ("name", "of"),
        [
            ("aws_session_token", {"type": ["string"], "minLength": 1}),
            ("regions", {"type": ["array"], "items": TEXT}),
            ("sort_order", {"type": ["string"], "enum": ["Ascending", "Descending"]}),
            ("max_items", {"type": ["integer"], "minimum": 1}),
            (
                "concurrency",
                {"type": ["integer"], "minimum": 1, "maximum": 64, "default": 4},
            ),
        ],
    )
    def test_type(self, name: str, of: dict[str, Any]) -> None:
        """The type and the bounds of a field are those of its setting."""
        explanations = {"title", "description", "examples", "secret", "writeOnly"}
        declared = schema()["properties"][name].items()
        assert {
            part: value for part, value in declared if part not in explanations
        } == of

    @pytest.mark.parametrize("name", ["assume_roles", "organization"])
    def test_objects(self, name: str) -> None:
        """An object has its own members only, and its required ones."""
        of = schema()["properties"][name]
        of = of.get("items", of)
        kind = {"assume_roles": RoleToAssume, "organization": Organization}[name]
        assert [*of["properties"]] == [each.name for each in fields(kind)]
        assert (of["type"], of["additionalProperties"]) == (["object"], False)
        assert of["required"] == [next(iter(of["properties"]))]

    @pytest.mark.parametrize("name", DECLARED)
    def test_title_and_description(self, name: str) -> None:
        """Each setting has its own title and description, in sentences."""
        declared = schema()["properties"]
        assert declared[name]["title"][0].isupper()
        assert declared[name]["description"].endswith(".")
        others = [declared[other]["title"] for other in declared if other != name]
        assert declared[name]["title"] not in others

    def test_the_setting_streams_names_the_default(self) -> None:
        """The description of `streams` lists those that a tap without settings
        reads."""
        described = schema()["properties"]["streams"]["description"]
        streams: Any = TapSageMakerTuning(config={}).streams.values()
        by_default = {stream.name for stream in streams if stream.selected_by_default}
        assert described.endswith(f"Default: {', '.join(DEFAULT_STREAMS)}.")
        assert by_default == set(DEFAULT_STREAMS)

    @pytest.mark.parametrize("name", ["role_arn", "external_id", "regions"])
    def test_title_and_description_in_a_role(self, name: str) -> None:
        """Each key of an entry of assume_roles is documented, and no other key is."""
        entry = schema()["properties"]["assume_roles"]["items"]
        assert set(entry["properties"]) == {"role_arn", "external_id", "regions"}
        assert entry["properties"][name]["title"][0].isupper()
        assert entry["properties"][name]["description"].endswith(".")
        assert entry["additionalProperties"] is False

    def test_secrets(self) -> None:
        """The three parts of an access key are secret, and nothing else is."""
        declared = schema()["properties"]
        assert {n for n in declared if declared[n].get("secret")} == set(SECRETS)
        assert {n for n in declared if declared[n].get("writeOnly")} == set(SECRETS)

    def test_defaults(self) -> None:
        """Each documented default is what a tap without settings uses."""
        declared = schema()["properties"]
        taken = vars(TapSageMakerTuning(config={}).settings)
        assert taken == {name: declared[name].get("default") for name in declared}
        assert (Settings.page_size, Settings.max_attempts) == (100, 10)

    def test_secrets_are_not_in_the_repr(self) -> None:
        """Neither secrets nor external IDs are in the repr of the settings."""
        role = RoleToAssume(role_arn=ROLE, external_id=SECRET)
        secrets = dict.fromkeys(SECRETS, SECRET)
        settings = Settings(**secrets, assume_roles=(role,))  # type: ignore[arg-type]
        assert SECRET not in repr(settings)
        assert ROLE in repr(settings)

    @pytest.mark.parametrize("name", [n for n in DECLARED if "examples" in DECLARED[n]])
    def test_examples_are_valid(self, name: str) -> None:
        """The tap accepts each setting's example, which .env.example shows."""
        (example,) = schema()["properties"][name]["examples"]
        assert checks.problems({name: example}, all_settings()) == []

    def test_no_setting_is_nullable(self) -> None:
        """No setting may be null; it can be left out instead."""
        declared = schema()["properties"]
        assert [n for n in declared if "null" in declared[n]["type"]] == []


class TestSources:
    """A setting means the same in each source."""

    @pytest.mark.parametrize("name", NUMBERS)
    @pytest.mark.parametrize("text", ["2", "2.0"])
    def test_whole_numbers(self, here: TapHere, name: str, text: str) -> None:
        """2.0 is 2, both in a file and in the environment."""
        here.emulator.scope().plan("churn", created="2026-03-01T09:00:00Z")
        catalog = here.catalog(training_job_summaries="FULL_TABLE")
        for run in self.both(here, name, text, catalog=catalog):
            assert run.returncode == 0, run.stderr
            assert run.records("training_job_summaries")

    @pytest.mark.parametrize("name", NUMBERS)
    def test_fractions(self, here: TapHere, name: str) -> None:
        """2.5 is refused with the same message in a file and in the environment."""
        for run in self.both(here, name, "2.5"):
            run.assert_refused(f"Error: {name}: 2.5 is not a whole number")

    def both(
        self, here: TapHere, name: str, text: str, **files: dict[str, Any]
    ) -> tuple[Run, Run]:
        """Run with a setting from a file, and with it from the environment."""
        path = here.folder / "given.json"
        path.write_text(f'{{"{name}": {text}}}', encoding="utf-8")
        of_file = here("--config", str(path), **files)
        here.variables[f"TAP_SAGEMAKER_TUNING_{name.upper()}"] = text
        return of_file, here("--config=ENV", **files)

    @pytest.mark.parametrize("name", NUMBERS)
    def test_whole_numbers_of_python(self, here: TapHere, name: str) -> None:
        """2.0 is 2 for a tap created in Python, too."""
        catalog = here.catalog(training_job_summaries="FULL_TABLE")
        config = TapSageMakerTuning(config={name: 2.0}, catalog=catalog).config
        assert (config[name], type(config[name])) == (2, int)

    def test_the_environment_is_ignored_without_env(self, here: TapHere) -> None:
        """Without --config=ENV, the environment is ignored."""
        here.variables["TAP_SAGEMAKER_TUNING_PAGE_SIZE"] = "ten"
        run = here(config={})
        assert run.returncode == 0
        assert len(run.records("scopes")) == 1


class TestEnvironment:
    """Settings from environment variables."""

    @pytest.mark.parametrize(
        ("name", "text", "value"),
        [
            ("regions", "us-east-1,eu-west-1", ["us-east-1", "eu-west-1"]),
            ("regions", '["us-east-1", "eu-west-1"]', ["us-east-1", "eu-west-1"]),
            ("tuning_job_names", "churn", ["churn"]),
            ("page_size", "25", 25),
            ("max_items", "25.0", 25.0),
            ("page_size", "ten", "ten"),
            ("assume_roles", f'[{{"role_arn": "{ROLE}"}}]', [{"role_arn": ROLE}]),
            ("start_date", "2026-01-31", "2026-01-31"),
            ("name_contains", "2026", "2026"),
        ],
    )
    def test_value(
        self, monkeypatch: pytest.MonkeyPatch, name: str, text: str, value: Any
    ) -> None:
        """A value gets its setting's type if possible; lists may have commas."""
        monkeypatch.setenv(PREFIX + name.upper(), text)
        values = environment.read(all_settings(), PREFIX)
        assert (values[name], type(values[name])) == (value, type(value))

    @pytest.mark.parametrize("name", ["assume_roles", "stream_maps"])
    def test_broken_json(self, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
        """Broken JSON is reported without its value, but a comma-separated list is
        accepted."""
        monkeypatch.setenv(PREFIX + "REGIONS", "us-east-1,eu-west-1")
        monkeypatch.setenv(PREFIX + name.upper(), '[{"external_id": ')
        with pytest.raises(ValueError, match="Expecting value"):
            environment.read(all_settings(), PREFIX)
        problem = environment.problem(all_settings()["properties"], PREFIX)
        assert problem == f"{name}: {PREFIX}{name.upper()} is not JSON"
