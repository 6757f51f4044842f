"""botocore's hooks that the package uses still exist, and botocore still calls them.

If a new version of botocore stopped emitting an event, the tap would silently change.
"""

from __future__ import annotations

import inspect
import re
from collections import Counter
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
import botocore.session
import pytest
from botocore.credentials import (
    AssumeRoleCredentialFetcher,
    DeferredRefreshableCredentials,
    RefreshableCredentials,
)
from botocore.exceptions import ClientError

from tap_sagemaker_tuning import aws
from tap_sagemaker_tuning.aws.operations import DESCRIBE_TRIAL, LIST_TUNING_JOBS

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from sagemaker_tuning_emulator import Emulator
    from tap_sagemaker_tuning.aws.operations import Operation
    from tests.aws.conftest import Open

SOURCE = "\n".join(
    path.read_text(encoding="utf-8")
    for path in sorted(Path(aws.__path__[0]).glob("*.py"))
)

EVENTS: dict[str, set[str]] = {
    "after-call": {"http_response", "parsed", "model"},
    "before-parse": {"response_dict", "customized_response_dict"},
    "before-send": {"request"},
    "needs-retry": {"attempts", "response", "caught_exception", "operation"},
    "response-received": {"response_dict", "parsed_response"},
}
"""The events with handlers in the package, and the arguments that these take."""

COMPONENTS = ("data_loader", "response_parser_factory")
"""The components of a session that the package replaces."""

CLASSES: dict[Any, set[str]] = {
    AssumeRoleCredentialFetcher: {
        "client_creator",
        "source_credentials",
        "role_arn",
        "extra_args",
    },
    DeferredRefreshableCredentials: {"refresh_using", "method"},
    RefreshableCredentials: set(),
}
"""The credential classes that the package uses, and the arguments that it passes."""


def test_these_are_all() -> None:
    """Each event and credential class that the package uses is in a table here."""
    registered = re.findall(r'register(?:_first)?\(\s*f?"([a-z-]+)', SOURCE)
    assert set(registered) == EVENTS.keys()
    imports = re.findall(
        r"^from botocore\.credentials import (?:\((.*?)\)|(.*?)$)",
        SOURCE,
        re.DOTALL | re.MULTILINE,
    )
    names = set(re.findall(r"\w+", " ".join(map("".join, imports))))
    assert names == {each.__name__ for each in CLASSES}


NOBODY = {"TrainingJobName": "nobody"}


@pytest.mark.parametrize(
    ("operation", "parameters", "outcome"),
    [
        (LIST_TUNING_JOBS, {}, nullcontext()),
        (DESCRIBE_TRIAL, NOBODY, pytest.raises(ClientError)),
    ],
    ids=["success", "error"],
)
def test_events(
    emulator: Emulator,
    operation: Operation,
    parameters: dict[str, str],
    outcome: AbstractContextManager[object],
) -> None:
    """Each event is emitted once per call, with the arguments that the handlers take,
    whether the call succeeds or not."""
    client = boto3.client(
        "sagemaker",
        region_name="us-east-1",
        endpoint_url=emulator.url,
        aws_access_key_id="any",
        aws_secret_access_key="key",  # noqa: S106 - no real key
    )
    emitted: Counter[str] = Counter()

    def note(event_name: str, **arguments: Any) -> None:
        event = event_name.partition(".")[0]
        emitted[event] += EVENTS[event] <= arguments.keys()

    for event in EVENTS:
        client.meta.events.register(f"{event}.sagemaker", note)
    with outcome:
        getattr(client, operation.method)(**parameters)
    assert emitted == dict.fromkeys(EVENTS, 1)


def test_components_are_all(connect: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    """The sessions of the package replace these components and no others."""
    replaced: list[str] = []
    register = botocore.session.Session.register_component

    def spy(session: botocore.session.Session, name: Any, component: Any) -> None:
        replaced.append(name)
        register(session, name, component)

    monkeypatch.setattr(botocore.session.Session, "register_component", spy)
    connect()
    assert sorted(replaced) == list(COMPONENTS)


@pytest.mark.parametrize("component", COMPONENTS)
def test_components(component: str) -> None:
    """A session has each component, and uses the one that replaces it."""
    session = botocore.session.Session()
    assert session.get_component(component) is not None
    mine = object()
    session.register_component(component, mine)
    assert session.get_component(component) is mine


@pytest.mark.parametrize("of", CLASSES, ids=lambda of: of.__name__)
def test_credential_classes(of: Any) -> None:
    """Each class takes the arguments that the package passes."""
    assert CLASSES[of] <= inspect.signature(of).parameters.keys()
