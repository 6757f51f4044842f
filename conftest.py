"""Fixtures for all tests: an emulator, a browser, and a block on other HTTP."""

from __future__ import annotations

import gc
import inspect
import logging
import signal
import sys
from functools import cache
from typing import TYPE_CHECKING, Any

import pytest
import requests_mock
from botocore import hooks
from botocore.compat import accepts_kwargs
from botocore.loaders import JSONFileLoader, Loader
from hypothesis import settings

from tap_sagemaker_tuning.aws import models
from tap_sagemaker_tuning.aws.models import _only_what_is_called
from tests import profiles, skips
from tests.browser import CHROMIUM, chromium

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator
    from typing import TypeVar

    from playwright.sync_api import Browser

    from sagemaker_tuning_emulator import Emulator

    Report = TypeVar("Report", pytest.CollectReport, pytest.TestReport)

# Unless the command line names another profile, as `make laws` does.
settings.load_profile(profiles.SAME)


LONG = ("orchestrator", "demo", "warehouse", "slow", "browser", "distributed")
"""Marks of tests that may take long, such as to install an orchestrator first. They run
in this order, the longest first, so that no worker is left alone with one of those."""
LONG_LIMIT = 1800  # seconds; that of all other tests is in pyproject.toml


def pytest_collection_modifyitems(
    config: pytest.Config, items: list[pytest.Item]
) -> None:
    """Begin with the long tests, and give long ones and searches a longer limit."""
    is_search = config.getoption("hypothesis_profile") == profiles.SEARCH

    def place(item: pytest.Item) -> int:
        marks = {mark.name for mark in item.iter_markers()}
        return next((n for n, mark in enumerate(LONG) if mark in marks), len(LONG))

    items.sort(key=place)
    for item in items:
        if is_search or place(item) < len(LONG):
            item.add_marker(pytest.mark.timeout(LONG_LIMIT))


def pytest_configure() -> None:
    """Let the garbage collector run less often.

    Otherwise it takes an eighth of the tests' time, because each run of the tap creates
    many objects that refer to each other, such as botocore's clients.
    """
    gc.set_threshold(100_000)


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, Report, Report]:
    """Let a module that is skipped fail in CI."""
    report = yield
    return failing_if_skipped(report)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, Report, Report]:
    """Let a test that is skipped fail in CI."""
    report = yield
    return failing_if_skipped(report)


def failing_if_skipped(report: Report) -> Report:
    """Turn a report about something that was skipped into a failure, in CI."""
    if report.outcome == "skipped" and not hasattr(report, "wasxfail"):
        message = skips.failure(str(report.longrepr))
        if message:
            report.outcome, report.longrepr = "failed", message
    return report


@pytest.fixture(autouse=True)
def no_stray_http() -> Iterator[None]:
    """Refuse any request that a test sends through requests, the SDK's HTTP library.

    The API is called through botocore, which has its own HTTP library and is pointed at
    the emulator only.
    """
    with requests_mock.Mocker():
        yield


@pytest.fixture(autouse=True)
def unchanged_process() -> Iterator[None]:
    """Undo what running the tap changes in this process."""
    handlers = {number: signal.getsignal(number) for number in (2, 15)}
    hook = sys.excepthook
    yield
    sys.excepthook = hook
    logging.captureWarnings(capture=False)
    for number, handler in handlers.items():
        signal.signal(number, handler)


@pytest.fixture(autouse=True, scope="session")
def botocore_set_up_once() -> Iterator[None]:
    """Read and reduce each model, and find the alias of each event, only once.

    Otherwise botocore and the tap do so for each client.
    """
    reduced: dict[int, Any] = {}  # by the model's identity: models are read only once

    def reduce_once(model: dict[str, Any]) -> Any:
        if id(model) not in reduced:
            reduced[id(model)] = _only_what_is_called(model)
        return reduced[id(model)]

    with pytest.MonkeyPatch.context() as patch:
        read_once = cache(JSONFileLoader().load_file)
        patch.setattr(JSONFileLoader, "load_file", lambda _, path: read_once(path))
        list_once = cache(Loader().list_available_services)
        listed = "list_available_services"
        patch.setattr(Loader, listed, lambda _, type_name: list_once(type_name))
        patch.setattr(models, _only_what_is_called.__name__, reduce_once)
        aliaser: Any = hooks.EventAliaser(hooks.HierarchicalEmitter())
        alias_once = cache(aliaser._alias_event_name)  # noqa: SLF001
        named = "_alias_event_name"
        patch.setattr(hooks.EventAliaser, named, lambda _, event: alias_once(event))
        patch.setattr(hooks, "accepts_kwargs", _accepts_kwargs)
        yield


def _accepts_kwargs(handler: Any) -> bool:
    """Whether a handler has `**kwargs`, without building its whole signature."""
    code = getattr(handler, "__code__", None)
    if code is None:
        return bool(accepts_kwargs(handler))
    return bool(code.co_flags & inspect.CO_VARKEYWORDS)


@pytest.fixture
def emulator(tuning_emulator: Emulator) -> Emulator:
    """An empty emulator on a port of its own, with a frozen clock."""
    return tuning_emulator


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Headless Chromium; skips the test if it is not installed."""
    if CHROMIUM is None:
        pytest.skip("Chromium is not installed: apt-get install chromium")
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 - not on the wheel

    with sync_playwright() as playwright, chromium(playwright) as started:
        yield started
