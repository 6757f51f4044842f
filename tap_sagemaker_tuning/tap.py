"""The tap: settings, streams, and how a run starts, stops and ends."""

from __future__ import annotations

import sys
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

import click
from singer_sdk import Tap
from singer_sdk.helpers.capabilities import PluginCapabilities, TapCapabilities
from singer_sdk.tap_base import CliTestOptionValue

from tap_sagemaker_tuning import checks, settings
from tap_sagemaker_tuning.aws import errors
from tap_sagemaker_tuning.command import TapCommand, json_object
from tap_sagemaker_tuning.output import BlockWriter
from tap_sagemaker_tuning.replication.state import Filters, StateError, check
from tap_sagemaker_tuning.streams.base import (
    TrainingJobSummaries,
    TuningJobs,
    TuningStream,
)
from tap_sagemaker_tuning.sync.run import Sync

if sys.version_info >= (3, 12):
    from typing import override
else:
    from typing_extensions import override

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import FrameType

    from singer_sdk.helpers.capabilities import CapabilitiesEnum


class TapSageMakerTuning(Tap):
    """Singer tap for Amazon SageMaker hyperparameter tuning."""

    name = "tap-sagemaker-tuning"
    package_name = "tap-sagemaker-tuning"
    config_jsonschema: ClassVar[dict[str, Any]] = settings.schema()
    message_writer_class = BlockWriter
    message_writer: BlockWriter

    # Not ACTIVATE_VERSION: it tells a target to delete what a read did not bring, and
    # a filtered, capped or half-failed read would wipe the table. Not BATCH: the SDK
    # writes STATE before the batch that holds its records.
    capabilities: ClassVar[list[CapabilitiesEnum]] = [
        TapCapabilities.CATALOG,
        TapCapabilities.STATE,
        TapCapabilities.DISCOVER,
        PluginCapabilities.ABOUT,
        PluginCapabilities.STREAM_MAPS,
        PluginCapabilities.FLATTENING,
        PluginCapabilities.STRUCTURED_LOGGING,
    ]

    _signal: int | None = None

    @override
    def discover_streams(self) -> Sequence[TuningStream]:
        return [TuningJobs(self), TrainingJobSummaries(self)]

    @property
    def selected_streams(self) -> list[TuningStream]:
        """The streams to read, in the order that the SDK reads them."""
        return [
            stream
            for stream in self.streams.values()
            if isinstance(stream, TuningStream) and stream.selected
        ]

    @cached_property
    def filters(self) -> Filters:
        """What this run is limited by."""
        return Filters.of(self.config)

    @cached_property
    def run(self) -> Sync:
        """What the streams share. Made by the first that reads."""
        return Sync(self)

    # Before the first call

    @override
    def __init__(self, **options: Any) -> None:
        try:
            super().__init__(**options)
        except ValueError as error:
            # The SDK reads numbers and JSON from the environment unguarded.
            schema = self.config_jsonschema["properties"]
            problem = checks.environment_problem(schema, self._env_var_prefix)
            if not options.get("parse_env_config") or problem is None:
                raise
            raise click.ClickException(problem) from error

    @classmethod
    @override
    def cb_config(cls, ctx: click.Context, param: click.Option, value: Any) -> Any:
        for path in value:
            if path != "ENV":
                json_object(path, "--config")
        return super().cb_config(ctx, param, value)

    @override
    def _validate_config(self, *, raise_errors: bool = True) -> list[str]:
        # Private in the SDK, whose own says which value was wrong: of a secret too.
        # tests/test_settings.py fails when the SDK stops calling it.
        self.append_builtin_config(self.config_jsonschema)
        problems = checks.problems(self._config, self.config_jsonschema)
        if problems and raise_errors:
            raise click.ClickException("; ".join(problems))
        for problem in problems:
            self.logger.warning(problem)
        return problems

    @override
    def setup_mapper(self) -> None:
        # Called once the catalog is known, and not in discovery.
        super().setup_mapper()
        problems = checks.catalog_problems(
            self.config,
            self.streams[TrainingJobSummaries.name].replication_method,
            self.streams[TuningJobs.name].replication_method,
        )
        if problems:
            raise click.ClickException("; ".join(problems))

    @override
    def load_state(self, state: dict[str, Any]) -> None:
        try:
            check(state, [TuningJobs.name, TrainingJobSummaries.name], self.filters)
        except StateError as error:
            msg = (
                f"state: {error}. Give back the state that this tap wrote, or clear "
                "it (meltano state clear) to read all again"
            )
            raise click.ClickException(msg) from error
        super().load_state(state)

    # Stops and ends

    @override
    def _handle_termination(self, signum: int, frame: FrameType | None) -> None:
        # Private in the SDK, whose own writes STATE from within the signal handler,
        # which can tear a line, and ends with 0, which a scheduler takes for success.
        # Here the signal is noted only. tests/test_signals.py fails when the SDK stops
        # calling this.
        self._signal = signum

    def check_signal(self) -> None:
        """Stop, between two records, if a signal asked for it.

        Raises:
            SystemExit: With 128 and the signal's number, as a shell would say it.
        """
        if self._signal is not None:
            self.logger.warning("stopped by signal %d", self._signal)
            raise SystemExit(128 + self._signal)

    def finish(self) -> None:
        """Say what was not read.

        Raises:
            ClickException: Something was not.
        """
        if "run" not in self.__dict__:
            return
        self.message_writer.flush()
        lines = errors.report(self.run.failures, len(self.run.clients))
        if not lines:
            return
        if len(lines) == 1:
            raise click.ClickException(lines[0])
        for line in lines:
            self.logger.error(line)
        msg = (
            f"{len(lines)} accounts and regions or tuning jobs were not read, see "
            "above: a later sync reads them once it can"
        )
        raise click.ClickException(msg)

    # Command line

    @classmethod
    @override
    def get_singer_command(cls) -> click.Command:
        return TapCommand.of(super().get_singer_command(), cls.logger)

    @classmethod
    @override
    def cb_test(cls, ctx: click.Context, param: click.Option, value: str) -> None:
        # The SDK's own, and then what was not read: it has no hook after its test.
        if value != CliTestOptionValue.All.value:
            super().cb_test(ctx, param, value)
            return
        config = ctx.params["config"]
        tap = cls(config=config.config, parse_env_config=config.parse_env)
        for stream in tap.streams.values():
            # It stops each stream after a record, and logs that as an error.
            stream.logger.addFilter(lambda record: "unhandled" not in str(record.msg))
        tap.run_connection_test()
        tap.finish()
        ctx.exit()
