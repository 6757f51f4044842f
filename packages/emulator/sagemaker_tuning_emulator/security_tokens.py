"""AWS STS: moto answers, and this module decides who may assume which role."""

from __future__ import annotations

import re
import threading
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlencode
from xml.sax.saxutils import escape

from sagemaker_tuning_emulator.errors import ServiceError
from sagemaker_tuning_emulator.identities import Identity

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sagemaker_tuning_emulator.identities import Identities

OPERATIONS = frozenset({"AssumeRole", "GetCallerIdentity"})
"""Operations of STS that faults and queued responses can affect."""

_ROLE = re.compile(r"arn:[^:]+:iam::(\d{12}):role/(?:.*/)?([^/]+)")
_loading = threading.Lock()
_NAMESPACE = "https://sts.amazonaws.com/doc/2011-06-15/"


@dataclass(frozen=True, slots=True)
class Reply:
    """An HTTP answer.

    Attributes:
        status: The HTTP status.
        headers: The headers.
        body: The body.
        error: The error code in the body, if known.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes
    error: str | None = None


@cache
def _application() -> Any:
    """Return moto's server, imported late because it takes a second."""
    from moto.moto_server.werkzeug_app import (  # noqa: PLC0415 - see above
        DomainDispatcherApplication,
        create_backend_app,
    )

    return DomainDispatcherApplication(create_backend_app)


def moto(
    method: str, path: str, headers: Mapping[str, str], body: bytes, account: str
) -> Reply:
    """Return the answer of moto's server to a request of an account."""
    from werkzeug.test import EnvironBuilder, run_wsgi_app  # noqa: PLC0415 - as moto

    with _loading:
        application = _application()
    sent = {name: value for name, value in headers.items() if name.lower() != "host"}
    sent["x-moto-account-id"] = account
    builder = EnvironBuilder(
        path=path, method=method, headers=list(sent.items()), data=body or None
    )
    content, status, given = run_wsgi_app(
        application, builder.get_environ(), buffered=True
    )
    return Reply(int(status.split()[0]), dict(given), b"".join(content))


def form(body: bytes) -> dict[str, str]:
    """Return the parameters of a request in the query protocol."""
    return dict(parse_qsl(body.decode(), keep_blank_values=True))


def role_account(arn: str | None) -> str | None:
    """Return the account in a role's ARN; None if it is not such an ARN."""
    found = _ROLE.fullmatch(arn or "")
    return found[1] if found else None


def authorized(
    params: Mapping[str, str], identity: Identity, roles: Mapping[str, str | None]
) -> None:
    """Refuse AssumeRole if the role requires another external id.

    Args:
        params: The request's parameters.
        identity: The caller.
        roles: The external id that each role ARN requires; anyone can assume other
            roles.

    Raises:
        ServiceError: AccessDenied, like STS.
    """
    arn = params.get("RoleArn", "")
    wanted = roles.get(arn)
    if wanted is not None and params.get("ExternalId") != wanted:
        raise denied(identity, arn)


def denied(identity: Identity, arn: str) -> ServiceError:
    """Return STS's refusal of AssumeRole: the code has no suffix, the status is 403."""
    return ServiceError(
        "AccessDenied",
        f"User: {identity.arn} is not authorized to perform: sts:AssumeRole "
        f"on resource: {arn}",
        403,
    )


def assume(
    headers: Mapping[str, str],
    params: Mapping[str, str],
    identity: Identity,
    identities: Identities,
    seconds: int | None,
) -> Reply:
    """Return moto's answer to AssumeRole, and store the identity of the new key.

    Args:
        headers: The request's headers.
        params: The request's parameters.
        identity: The caller.
        identities: Where to store the identity of the new key.
        seconds: Lifetime of the new key in real seconds; None for the requested one.
    """
    sent = dict(params)
    if seconds is not None:
        sent["DurationSeconds"] = str(seconds)
    body = urlencode(sent).encode()
    kept = {name: value for name, value in headers.items() if name != "Content-Length"}
    reply = moto("POST", "/", kept, body, identity.account)
    text = reply.body.decode()
    key = _element(text, "AccessKeyId")
    if key:
        arn = _element(text, "Arn")
        expires = datetime.fromisoformat(_element(text, "Expiration")).timestamp()
        account = role_account(params.get("RoleArn")) or identity.account
        identities.learn(key, Identity(account, arn, expires))
    return replace(reply, error=_element(text, "Code") or None)


def error_reply(error: ServiceError, request_id: str) -> Reply:
    """Return an error in the query protocol."""
    body = (
        f'<ErrorResponse xmlns="{_NAMESPACE}"><Error><Type>Sender</Type>'
        f"<Code>{escape(error.code)}</Code><Message>{escape(error.message)}</Message>"
        f"</Error><RequestId>{request_id}</RequestId></ErrorResponse>"
    )
    return Reply(error.status, {"Content-Type": "text/xml"}, body.encode())


def _element(text: str, name: str) -> str:
    found = re.search(f"<{name}>([^<]*)</{name}>", text)
    return found[1] if found else ""
