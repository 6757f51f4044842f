"""The command line: a user's mistake ends in one line that explains it."""

from __future__ import annotations

import io
import json
import traceback
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import click
import msgspec
from singer_sdk import mapper
from singer_sdk.exceptions import ConfigurationError, DiscoveryError, MappingError
from singer_sdk.plugin_base import SingerCommand
from typing_extensions import override

from tap_sagemaker_tuning.aws.errors import explain
from tap_sagemaker_tuning.cli.terminal import Failure
from tap_sagemaker_tuning.exceptions import TapError
from tap_sagemaker_tuning.printable import MOST_OF_A_LINE, printable

if TYPE_CHECKING:
    import logging
    from collections.abc import Callable, Iterator
    from types import TracebackType


_DEEPEST = 100  # levels of a JSON file
_TOO_DEEP = f"is nested more than {_DEEPEST} levels deep"
_ADVICE = {
    "--state": (
        ". Pass the last state that the target printed, or leave out --state to read "
        "everything again"
    )
}
_CATALOG_PATH = "tap_sagemaker_tuning.catalog"
_CATALOGS = "tap_sagemaker_tuning.catalogs"
"""Where a context keeps the catalog's path, and the catalogs loaded so far by path."""


class _Schema(msgspec.Struct):
    properties: dict[str, dict[str, Any]]


class _Metadata(msgspec.Struct):
    breadcrumb: list[Any]
    metadata: dict[str, Any]


class _Stream(msgspec.Struct):
    tap_stream_id: str
    schema: _Schema
    stream: str = ""
    metadata: list[_Metadata] = []


class _Catalog(msgspec.Struct):
    """The parts of a catalog that the SDK reads without checking them."""

    streams: Annotated[list[_Stream], msgspec.Meta(min_length=1)]


class TapCommand(SingerCommand):
    """The SDK's command, with one line instead of a traceback for a user's mistake."""

    @classmethod
    def of(cls, command: click.Command, logger: logging.Logger) -> TapCommand:
        """Build it from the SDK's command."""
        for option in command.params:
            if option.name in {"catalog", "state"}:
                option.type = JSONFile()
        return cls(
            name=command.name,
            callback=command.callback,
            context_settings=command.context_settings,
            params=command.params,
            help=command.help,
            logger=logger,
        )

    def explain(self, name: str, text: str) -> None:
        """Replace the help text of an option."""
        for option in self.params:
            if option.name == name and isinstance(option, click.Option):
                option.help = text

    def with_flag(
        self, flag: str, text: str, callback: Callable[..., None]
    ) -> TapCommand:
        """Add a flag whose callback does the work and exits."""
        option = click.Option(
            [flag], is_flag=True, expose_value=False, help=text, callback=callback
        )
        self.params.append(option)
        return self

    @override
    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        # --test runs while options are parsed, possibly before --catalog.
        options, _, _ = self.make_parser(ctx).parse_args(list(args))
        ctx.meta[_CATALOG_PATH] = options.get("catalog")
        ctx.meta[_CATALOGS] = {}
        return super().parse_args(ctx, args)

    @staticmethod
    def catalog_of(ctx: click.Context) -> dict[str, Any] | None:
        """Load the catalog from the file that --catalog names; None without the option.

        Raises:
            Failure: It is not a catalog.
        """
        path = ctx.meta[_CATALOG_PATH]
        return None if path is None else _catalog(ctx, path)

    @override
    def make_context(self, *args: Any, **kwargs: Any) -> click.Context:
        # --test and --discover run while options are parsed.
        with _one_line_errors():
            return super().make_context(*args, **kwargs)

    @override
    def invoke(self, ctx: click.Context) -> Any:
        with _one_line_errors():
            return super().invoke(ctx)

    @override
    def excepthook(
        self,
        exc_type: type[BaseException],
        exc_value: BaseException,
        exc_traceback: TracebackType | None,
    ) -> None:
        # The SDK's method logs the exception's message, which can hold credentials.
        if issubclass(exc_type, KeyboardInterrupt):
            super().excepthook(exc_type, exc_value, exc_traceback)
            return
        caught = exc_type, exc_value, exc_traceback
        self.logger.error("%s", explain(exc_value), exc_info=caught)


class JSONFile(click.ParamType[io.StringIO]):
    """A file with a JSON object, passed to the SDK as a text stream."""

    name = "filename"

    @override
    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> io.StringIO:
        option = param.opts[0] if param else "file"
        if option == "--catalog" and ctx:
            return io.StringIO(json.dumps(_catalog(ctx, value)))
        return io.StringIO(json_object(value, option))


def _catalog(ctx: click.Context, path: str) -> dict[str, Any]:
    """Load a catalog, once: the file can be a pipe."""
    catalogs: dict[str, dict[str, Any]] = ctx.meta[_CATALOGS]
    if path not in catalogs:
        catalog: dict[str, Any] = json.loads(json_object(path, "--catalog"))
        require(
            _Catalog, catalog, f"--catalog: {path} is not a catalog from --discover"
        )
        catalogs[path] = catalog
    return catalogs[path]


def require(kind: type, parsed: Any, problem: str) -> None:
    """Check the structure of parsed JSON.

    Args:
        kind: The expected type, as msgspec converts it.
        parsed: The parsed JSON.
        problem: The message if it does not fit.

    Raises:
        Failure: It does not fit; the message adds where.
    """
    try:
        msgspec.convert(parsed, kind)
    except msgspec.ValidationError as error:
        msg = f"{problem}: {error}"
        raise Failure(msg) from error


def json_object(path: str, option: str) -> str:
    """Read a file that must hold a JSON object.

    Args:
        path: The file.
        option: The option that names it, for the message.

    Returns:
        Its text.

    Raises:
        Failure: It cannot be read, is not a JSON object, or is nested more than
            100 levels deep.
    """
    return json_text(path, option, {dict: "object"})


def json_text(path: str, option: str, kinds: dict[type, str]) -> str:
    """Read a file that must hold JSON of one of these types, as `json_object` does.

    Args:
        path: The file.
        option: The option that names it, for the message.
        kinds: The Python types that it may parse to, with their names in JSON.
    """
    text = ""
    try:
        text = Path(path).read_text(encoding="utf-8")
        parsed = json.loads(text, parse_constant=_refuse)
        is_fine = isinstance(parsed, tuple(kinds))
        wrong = None if is_fine else f"is not a JSON {' or '.join(kinds.values())}"
        if is_fine and _is_deep(parsed):
            wrong = _TOO_DEEP
    except RecursionError:
        wrong = _TOO_DEEP
    except OSError as error:
        wrong = f"cannot be read: {error.strerror}"
    except UnicodeDecodeError:
        wrong = "is not UTF-8 text"
    except ValueError as error:
        wrong = f"is not JSON: {error}" if text.strip() else "is empty"
    if wrong:
        msg = f"{option}: {path} {wrong}{_ADVICE.get(option, '')}"
        raise Failure(msg)
    return text


def _is_deep(parsed: list[Any] | dict[str, Any]) -> bool:
    """Whether JSON is nested deeper than later readers support."""
    level = [parsed]
    for _ in range(_DEEPEST):
        parts = [part.values() if isinstance(part, dict) else part for part in level]
        level = [
            item for part in parts for item in part if isinstance(item, dict | list)
        ]
        if not level:
            return False
    return True


def _refuse(constant: str) -> None:
    msg = f"{constant} is not valid JSON"
    raise ValueError(msg)


@contextmanager
def _one_line_errors() -> Iterator[None]:
    """Turn errors about settings, the catalog and stream maps into one line each."""
    try:
        yield
    except (ConfigurationError, DiscoveryError, MappingError, TapError) as error:
        raise Failure(_line(error)) from error
    except Exception as error:
        # An expression of a stream map can raise anything.
        files = [frame.filename for frame in traceback.extract_tb(error.__traceback__)]
        if mapper.__file__ not in files:
            raise
        msg = f"stream_maps: {type(error).__name__}: {_line(error)}"
        raise Failure(msg) from error


def _line(error: Exception) -> str:
    return printable(str(error), MOST_OF_A_LINE)
