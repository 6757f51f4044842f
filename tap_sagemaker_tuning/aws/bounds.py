"""Bounds the bytes and seconds of every response, through botocore's public events.

botocore bounds neither: its read timeout starts again with each byte, and it keeps a
body in memory until the end, if there is one.
"""

from __future__ import annotations

import os
import socket
import threading
import weakref
from functools import partial
from typing import TYPE_CHECKING, Any

import botocore.exceptions as aws
from botocore.awsrequest import AWSResponse
from botocore.httpsession import URLLib3Session
from botocore.utils import get_environ_proxies
from urllib3.exceptions import HTTPError, ReadTimeoutError

from tap_sagemaker_tuning.exceptions import UnboundedError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from botocore.awsrequest import AWSPreparedRequest

_MOST_SECONDS = 120
_MOST_BYTES = 32 * 2**20
"""The longest response of AWS, to a Search, has a few MiB."""


def bound(client: Any, ca_bundle: str | None) -> None:
    """Bound the responses to a client.

    It then sends its requests through an HTTP session like its own, but with bounds.

    Args:
        client: A boto3 client.
        ca_bundle: botocore's setting `ca_bundle`.
    """
    config = client.meta.config
    session_of: Any = URLLib3Session  # the stubs lack what botocore itself passes
    session = session_of(
        verify=ca_bundle or os.environ.get("REQUESTS_CA_BUNDLE") or True,
        proxies=get_environ_proxies(client.meta.endpoint_url),
        timeout=(config.connect_timeout, config.read_timeout),
        max_pool_connections=config.max_pool_connections,
        # As botocore sets it: without it, each call on an open connection takes 40 ms
        # longer (measured in December 2026).
        socket_options=[(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)],
        client_cert=config.client_cert,
        proxies_config=config.proxies_config,
    )
    client.meta.events.register("before-send", partial(_send, session))
    weakref.finalize(client, session.close)


def _send(
    session: URLLib3Session, request: AWSPreparedRequest, event_name: str, **_: Any
) -> AWSResponse:
    """Send a request in place of botocore (a handler of `before-send`).

    Raises:
        HTTPClientError: There is no response.
        UnboundedError: It is too long, or takes too long.
    """
    operation = event_name.rpartition(".")[2]
    received: list[AWSResponse] = []
    failed: list[Exception] = []

    def run() -> None:
        try:
            received.append(_received(session, request, operation))
        except Exception as error:  # noqa: BLE001 - raised below
            failed.append(error)

    # In a thread, because a header can come byte by byte as well.
    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(_MOST_SECONDS)
    for error in failed:
        raise error
    if not received:
        msg = f"{operation}: the response was not complete after {_MOST_SECONDS} s"
        raise UnboundedError(msg)
    return received[0]


def _received(
    session: URLLib3Session, request: AWSPreparedRequest, operation: str
) -> AWSResponse:
    """Send a request, and read its whole response."""
    request.stream_output = True  # the body is read below
    response = session.send(request)
    body = bytearray()
    try:
        for part in response.raw.stream():
            body += part
            if len(body) > _MOST_BYTES:
                response.raw.close()
                msg = f"{operation}: the response has more than {_MOST_BYTES} bytes"
                raise UnboundedError(msg)
    except ReadTimeoutError as error:
        raise aws.ReadTimeoutError(endpoint_url=request.url, error=error) from error
    except (HTTPError, OSError) as error:
        raise aws.ConnectionClosedError(
            endpoint_url=request.url, error=error
        ) from error
    headers: Any = response.headers
    return AWSResponse(response.url, response.status_code, headers, _Body(bytes(body)))


class _Body:
    """A body that has been read."""

    def __init__(self, content: bytes) -> None:
        self._content = content

    def stream(self) -> Iterator[bytes]:
        """Yield all of it, as botocore reads it."""
        yield self._content
