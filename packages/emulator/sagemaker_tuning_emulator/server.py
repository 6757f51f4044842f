"""The HTTP server, with threads and keep-alive; independent of SageMaker."""

from __future__ import annotations

import contextlib
import logging
import socket
import sys
import threading
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

from sagemaker_tuning_emulator.replies import Dropped
from sagemaker_tuning_emulator.security_tokens import Reply
from sagemaker_tuning_emulator.wire import CONTENT_TYPE, error_body

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    Answer = Callable[[str, str, Mapping[str, str], bytes], Reply]

log = logging.getLogger("sagemaker_tuning_emulator")
_HOP_BY_HOP = frozenset({"connection", "content-length", "transfer-encoding"})


class Server(ThreadingHTTPServer):
    """A server on 127.0.0.1 in background threads.

    It keeps connections alive for botocore, as AWS does. Werkzeug's server, which moto
    uses, closes each connection after one answer.

    Args:
        answer: Takes method, path, headers (names in Title-Case) and body, and returns
            the reply.
        port: Port to listen on; 0 for a free one.
    """

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, answer: Answer, port: int = 0) -> None:
        super().__init__(("127.0.0.1", port), Handler)
        self.answer = answer
        self._open: set[socket.socket] = set()
        self._thread = threading.Thread(
            target=self.serve_forever,
            kwargs={"poll_interval": 0.02},
            name="emulator",
            daemon=True,
        )

    @property
    def url(self) -> str:
        """The URL on which it listens."""
        return f"http://127.0.0.1:{self.server_address[1]}"

    def start(self) -> None:
        """Serve in the background."""
        self._thread.start()

    def stop(self) -> None:
        """Close the port and all connections."""
        self.shutdown()
        self._thread.join()
        self.server_close()
        for connection in tuple(self._open):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def process_request(self, request: Any, client_address: Any) -> None:
        """Track the connection, and serve it in a thread."""
        self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        """Close the connection and stop tracking it."""
        self._open.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ARG002 - as the base class
        """Log an error of a connection, such as a client that disconnected."""
        log.debug("connection from %s failed: %r", client_address, sys.exception())


class Handler(BaseHTTPRequestHandler):
    """Serves the requests of one connection."""

    server: Server
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1  # buffered, so that head and body are sent at once

    def handle_one(self) -> None:
        """Read a request and write its answer at once."""
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length)
        headers = {name.title(): value for name, value in self.headers.items()}
        try:
            reply = self.server.answer(self.command, self.path, headers, body)
        except Dropped:
            self.close_connection = True
            return
        except Exception:
            log.exception("%s %s failed", self.command, self.path)
            body = error_body("InternalFailure", "").encode()
            reply = Reply(500, {"Content-Type": CONTENT_TYPE}, body)
        sent = {
            name: value
            for name, value in reply.headers.items()
            if name.lower() not in _HOP_BY_HOP
        }
        sent.setdefault("Date", formatdate(usegmt=True))
        self.send_response_only(reply.status)
        for name, value in sent.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(reply.body)))
        self.end_headers()
        self.wfile.write(reply.body)

    do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = handle_one  # noqa: N815 - http.server's

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - as the base class
        """Log at DEBUG instead of writing to stderr."""
        log.debug(format, *args)
