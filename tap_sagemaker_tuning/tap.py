"""The tap: checks its settings, state and catalog, runs a sync, and ends it."""

from __future__ import annotations

import json
import signal
from dataclasses import replace
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any, ClassVar, cast

from singer_sdk import Tap
from singer_sdk.helpers.capabilities import PluginCapabilities, TapCapabilities
from singer_sdk.tap_base import CliTestOptionValue
from typing_extensions import override

from tap_sagemaker_tuning import catalog_checks
from tap_sagemaker_tuning.cli import log, printing
from tap_sagemaker_tuning.cli.command import TapCommand, json_object
from tap_sagemaker_tuning.cli.output import BlockWriter
from tap_sagemaker_tuning.exceptions import IncompleteError, SettingsError, StateError
from tap_sagemaker_tuning.replication.bookmarks import check
from tap_sagemaker_tuning.replication.completeness import without_cleared
from tap_sagemaker_tuning.replication.state import Filters
from tap_sagemaker_tuning.settings import Settings, checks, environment
from tap_sagemaker_tuning.settings.schema import schema
from tap_sagemaker_tuning.streams import STREAMS
from tap_sagemaker_tuning.streams.scopes import Scopes
from tap_sagemaker_tuning.streams.sink import read_in_one_pass
from tap_sagemaker_tuning.streams.visiting import FULL_TABLE, JobStream, TrialStream
from tap_sagemaker_tuning.sync.probe import probe
from tap_sagemaker_tuning.sync.run import Run

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from types import FrameType

    import click
    from singer_sdk import Stream
    from singer_sdk.helpers.capabilities import CapabilitiesEnum

    from tap_sagemaker_tuning.streams.base import TapStream
    from tap_sagemaker_tuning.sync.probe import Probed


ATTEMPTS_OF_A_TEST = 3
"""Attempts per call in a connection test, unless max_attempts is set: few, because
someone is waiting for the result."""

_SIGNALS: dict[int, str] = {signal.SIGINT: "Ctrl-C (SIGINT)", signal.SIGTERM: "SIGTERM"}
_HELP_OF_TEST = (
    "Check credentials, accounts, regions and permissions with a few small calls, and "
    "print the result for each account and region. Use --test=schema to write the "
    "schemas without syncing."
)


class TapSageMakerTuning(Tap):
    """Singer tap for Amazon SageMaker hyperparameter tuning."""

    name = "tap-sagemaker-tuning"
    package_name = "tap-sagemaker-tuning"
    config_jsonschema: ClassVar[dict[str, Any]] = schema()
    message_writer_class = BlockWriter
    message_writer: BlockWriter

    # Not ACTIVATE_VERSION: it makes a target delete all rows that a read left out,
    # so a filtered, partial or failed read would wipe the table. Not BATCH: the SDK
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

    _run: Run | None = None
    _signal: int | None = None
    _has_read = False
    _has_finished = False

    @override
    def discover_streams(self) -> Sequence[TapStream]:
        return [stream(self) for stream in STREAMS]

    @cached_property
    @override
    def streams(self) -> dict[str, Stream]:
        by_name = cast("dict[str, TapStream]", super().streams)
        order = sorted(by_name.values(), key=lambda stream: stream.is_read_last)
        return {stream.name: stream for stream in order}

    @cached_property
    def settings(self) -> Settings:
        """The settings."""
        return Settings.of(self.config)

    @cached_property
    def filters(self) -> Filters:
        """The settings that limit what this run reads."""
        return Filters.of(self.settings)

    @property
    def run(self) -> Run:
        """The run that all streams share; its first use discovers the scopes."""
        if self._run is None:
            self.message_writer.check_signal = self.check_signal
            run = Run(self.settings, self.filters, self.logger, self.check_signal)
            run.discover()
            self._run = run
        return self._run

    @property
    def _own(self) -> list[TapStream]:
        """The streams, typed as this package's."""
        return cast("list[TapStream]", list(self.streams.values()))

    # Before the first call

    @override
    def __init__(self, **options: Any) -> None:
        log.protect(self.logger)
        self._misspelled: list[str] = []  # sentences about environment variables
        try:
            super().__init__(**options)
        except (RecursionError, ValueError) as error:
            # The SDK parses JSON from the environment unguarded.
            schema = self.config_jsonschema["properties"]
            problem = environment.problem(schema, self._env_var_prefix)
            if not options.get("parse_env_config") or problem is None:
                raise
            raise SettingsError(problem) from error

    @classmethod
    @override
    def cb_config(cls, ctx: click.Context, param: click.Option, value: Any) -> Any:
        # The SDK's method opens each file, which can be a pipe, for a second time.
        given = super().cb_config(ctx, param, ("ENV",) if "ENV" in value else ())
        for path in value:
            if path != "ENV":
                given.config |= json.loads(json_object(path, "--config"))
        return given

    @property
    @override
    def _env_var_config(self) -> dict[str, Any]:
        # Private in the SDK, whose method does not accept 2.0 as an integer.
        # tests/test_hooks.py fails if the SDK stops reading it.
        self.append_builtin_config(self.config_jsonschema)
        config = environment.read(self.config_jsonschema, self._env_var_prefix)
        self._misspelled, others = environment.unknown_variables(
            self.config_jsonschema["properties"], self._env_var_prefix
        )
        for sentence in others:
            self.logger.warning(sentence)
        return config

    @override
    def _validate_config(self, *, raise_errors: bool = True) -> list[str]:
        # Private in the SDK, whose method shows invalid values, even of secrets.
        # tests/test_hooks.py fails if the SDK stops calling it.
        self.append_builtin_config(self.config_jsonschema)
        self._config = checks.normalized(self._config, self.config_jsonschema)
        problems = self._misspelled + checks.problems(
            self._config, self.config_jsonschema
        )
        if problems and raise_errors:
            raise SettingsError("; ".join(problems))
        urls = environment.unencrypted(self._config.get("aws_endpoint_url"))
        for problem in (*problems, *urls):
            self.logger.warning(problem)
        return problems

    @override
    def setup_mapper(self) -> None:
        # Called once the catalog is known, but not in discovery.
        super().setup_mapper()
        problems = catalog_checks.problems(self.settings, self._own, self.input_catalog)
        if problems:
            raise SettingsError("; ".join(problems))

    @override
    def load_state(self, state: dict[str, Any]) -> None:
        readers = {
            stream.name: partial(stream.check_state, filters=self.filters)
            for stream in self._own
        }
        try:
            check(state, readers)
        except StateError as error:
            msg = (
                f"state: {error}. Pass the state that this tap wrote, or clear it "
                "(meltano state clear) to read everything again"
            )
            raise StateError(msg) from error
        for name in sorted(state.get("bookmarks", {}).keys() - self.streams.keys()):
            self.logger.warning(
                "state: %s: unknown stream. Its bookmark is kept but not used. Is this "
                "the state of another tap?",
                name,
            )
        stateless = [
            each.name for each in self._own if each.replication_method == FULL_TABLE
        ]
        super().load_state(without_cleared(state, Scopes.name, stateless))

    # Stops and ends

    @override
    def _handle_termination(self, signum: int, frame: FrameType | None) -> None:
        # Private in the SDK, whose method writes STATE in the signal handler, which can
        # tear a line, and exits with 0, which a scheduler takes for success. This one
        # only records the signal. tests/test_hooks.py fails if the SDK stops calling
        # it.
        self._signal = signum

    def check_signal(self) -> None:
        """Exit if a signal asked for it; called between records.

        Raises:
            SystemExit: With 128 plus the signal's number, as shells report it.
        """
        if self._signal is not None:
            stopped = _SIGNALS.get(self._signal, f"signal {self._signal}")
            if self._has_read:
                stopped += ". The next run resumes from the last state written"
            self.logger.warning("Stopped by %s", stopped)
            raise SystemExit(128 + self._signal)

    def read_all(self) -> None:
        """Read all selected streams of the commit loop, unless that is done."""
        if self._has_read:
            return
        self._has_read = True
        kinds = JobStream | TrialStream
        streams = [stream for stream in self._own if isinstance(stream, kinds)]
        read_in_one_pass([stream for stream in streams if stream.selected], self)

    def flush(self) -> None:
        """Write the buffered records."""
        self.message_writer.flush()

    def finish(self) -> None:
        """Report what was not read, once.

        Raises:
            IncompleteError: Something was not read.
        """
        if self._run is None or self._has_finished:
            return
        self._has_finished = True
        self.flush()
        lines = self.run.report()
        if len(lines) > 1:
            for line in lines:
                self.logger.error(line)
            lines = [f"Sync incomplete: see the {len(lines)} errors above"]
        if self.run.scopes:
            self.logger.info(self.run.summary())
        if lines:
            raise IncompleteError(lines[0])

    # Command line

    @classmethod
    @override
    def get_singer_command(cls) -> click.Command:
        log.format_for_terminal()
        command = TapCommand.of(super().get_singer_command(), cls.logger)
        command.explain("test", _HELP_OF_TEST)
        return command.with_flag("--scopes", printing.HELP_OF_SCOPES, cls.cb_scopes)

    @classmethod
    @override
    def cb_test(cls, ctx: click.Context, param: click.Option, value: str) -> None:
        # The SDK's method reads each stream until its first record, however long.
        if value != CliTestOptionValue.All.value:
            super().cb_test(ctx, param, value)
            return
        config = ctx.params["config"]
        tap = cls(
            config={"max_attempts": ATTEMPTS_OF_A_TEST, **config.config},
            parse_env_config=config.parse_env,
            catalog=TapCommand.catalog_of(ctx),
        )
        ctx.exit(printing.print_test(tap.probe()))

    @classmethod
    def cb_scopes(cls, ctx: click.Context, _: click.Parameter, value: object) -> None:
        """Handle --scopes."""
        if value:
            config = ctx.params["config"]
            tap = cls(
                config=config.config,
                parse_env_config=config.parse_env,
                catalog=TapCommand.catalog_of(ctx),
            )
            ctx.exit(printing.print_scopes(tap.run))

    def probe(self) -> Iterator[Probed]:
        """Test whether the selected streams can read what they need."""
        # One item shows as much as a page of them.
        self.settings = replace(self.settings, page_size=1)
        selected = [stream for stream in self._own if stream.selected]
        operations = {call for stream in selected for call in stream.operations}
        discovered = self.run.discovered
        return probe(discovered, operations, self.settings, self.check_signal)
