"""A response has bounds: its bytes, its seconds, and the pages of a listing."""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager
from dataclasses import replace
from socketserver import StreamRequestHandler, ThreadingTCPServer
from typing import TYPE_CHECKING, Any

import botocore.exceptions as aws
import pytest
from botocore.httpsession import URLLib3Session

from sagemaker_tuning_emulator import Fault
from tap_sagemaker_tuning.aws import bounds
from tap_sagemaker_tuning.aws.operations import GET_METRIC_DATA, LIST_TUNING_JOBS
from tap_sagemaker_tuning.aws.series import probe_of
from tap_sagemaker_tuning.exceptions import UnboundedError
from tests.aws.account import add_jobs

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sagemaker_tuning_emulator import Emulator
    from tests.aws.conftest import Open

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
MEBIBYTE = 2**20


@contextmanager
def server(answer: Callable[[Callable[[bytes], Any]], None]) -> Iterator[str]:
    """A service that sends what `answer` writes; yields its URL."""
    sent = []

    class Handler(StreamRequestHandler):
        """Reads the beginning of a request, and answers it."""

        def handle(self) -> None:
            """Answer, until the caller is gone."""
            self.request.recv(65_536)
            try:
                answer(lambda part: sent.append(self.wfile.write(part)))
            except OSError:
                return

    class Server(ThreadingTCPServer):
        """A server that does not wait for its threads."""

        allow_reuse_address = True
        daemon_threads = True

    with Server(("127.0.0.1", 0), Handler) as serving:
        threading.Thread(target=serving.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{serving.server_address[1]}"
        serving.shutdown()


def without_end(send: Callable[[bytes], Any]) -> None:
    """A body that never ends."""
    send(HEAD + b'\r\n{"x": "')
    while True:
        send(b"x" * MEBIBYTE)


def chunks_without_end(send: Callable[[bytes], Any]) -> None:
    """A body in chunks that never ends."""
    send(HEAD + b"Transfer-Encoding: chunked\r\n\r\n")
    while True:
        send(b"%x\r\n%s\r\n" % (MEBIBYTE, b"x" * MEBIBYTE))


def byte_by_byte(send: Callable[[bytes], Any]) -> None:
    """A body that comes so slowly that no read times out."""
    send(HEAD + b"Content-Length: 1000\r\n\r\n")
    for _ in range(1000):
        send(b" ")
        time.sleep(0.05)


def header_byte_by_byte(send: Callable[[bytes], Any]) -> None:
    """A header that comes so slowly that no read times out."""
    for number in range(len(HEAD)):
        send(HEAD[number : number + 1])
        time.sleep(0.05)


@pytest.mark.parametrize(
    ("answer", "seconds", "said"),
    [
        (without_end, 60, "GetMetricData: the response has more than 33554432 bytes"),
        (chunks_without_end, 60, "GetMetricData: the response has more than 33554432"),
        (byte_by_byte, 0.5, "GetMetricData: the response was not complete after 0.5 s"),
        (header_byte_by_byte, 0.5, "GetMetricData: the response was not complete"),
    ],
)
def test_a_response_has_bounds(
    connect: Open,
    monkeypatch: pytest.MonkeyPatch,
    answer: Callable[[Callable[[bytes], Any]], None],
    seconds: float,
    said: str,
) -> None:
    """A response that is too long or too slow is an error, without a second attempt."""
    monkeypatch.setattr(bounds, "_MOST_SECONDS", seconds)
    with server(answer) as url:
        monkeypatch.setenv("AWS_ENDPOINT_URL_CLOUDWATCH", url)
        (client,) = connect(max_attempts=5)
        began = time.monotonic()
        with pytest.raises(UnboundedError, match=said):
            client.metric_data.points([probe_of("trial")])
        assert time.monotonic() - began < 10


def test_the_session_is_like_the_clients_own(
    connect: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Proxies, certificates, timeouts and socket options are those of botocore."""
    sessions: list[dict[str, Any]] = []
    begin = URLLib3Session.__init__

    def recorded(self: URLLib3Session, **options: Any) -> None:
        if "max_pool_connections" in options:  # others ask for credentials
            sessions.append(options)
        begin(self, **options)

    monkeypatch.setattr(URLLib3Session, "__init__", recorded)
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example:3128")
    connect()
    own, *bounded = sessions
    assert bounded
    assert all(options == own for options in bounded)


def test_a_body_that_ends_early(
    connect: Open, monkeypatch: pytest.MonkeyPatch, waits: list[float]
) -> None:
    """A connection that breaks within a body is retried like any other."""

    def broken(send: Callable[[bytes], Any]) -> None:
        send(HEAD + b"Transfer-Encoding: chunked\r\n\r\n5\r\n{")

    with server(broken) as url:
        monkeypatch.setenv("AWS_ENDPOINT_URL_CLOUDWATCH", url)
        (client,) = connect(max_attempts=3)
        with pytest.raises(aws.ConnectionClosedError):
            client.metric_data.points([probe_of("trial")])
    assert len(waits) == 2


def test_pages_of_metrics_have_an_end(emulator: Emulator, connect: Open) -> None:
    """CloudWatch bills each page, so ten are the most; only the metric whose points do
    not end has failed."""
    emulator.faults.add(Fault("partial_data", metric="loss"))
    (client,) = connect(max_attempts=1)
    whole = probe_of("trial")
    endless = replace(whole, metric_name="loss")
    answers = client.metric_data.points([endless, whole])
    assert (answers.complete, list(answers.failed)) == (1, [endless])
    assert "PartialData (GetMetricData: more than 10 pages) for loss of" in str(
        answers.failed[endless]
    )
    operations = [call.operation for call in emulator.calls]
    assert operations.count(GET_METRIC_DATA.name) == 10


def test_pages_that_contradict_their_status(emulator: Emulator, connect: Open) -> None:
    """If the pages do not end although every metric is complete, none is read."""
    whole = {"Id": "m0", "Timestamps": [], "Values": [], "StatusCode": "Complete"}
    pages: list[Any] = [
        (200, {}, {"MetricDataResults": [whole], "NextToken": f"page-{number}"})
        for number in range(20)
    ]
    emulator.serve(GET_METRIC_DATA.name, pages)
    (client,) = connect()
    with pytest.raises(UnboundedError, match="GetMetricData: more than 10 pages"):
        client.metric_data.points([probe_of("trial")])


def test_pages_of_a_listing_have_an_end(
    emulator: Emulator, connect: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A listing fails after its most pages, but not if the last of them is its end."""
    add_jobs(emulator, 30)
    (client,) = connect(page_size=10)
    operation = "tap_sagemaker_tuning.aws.client.LIST_TUNING_JOBS"
    monkeypatch.setattr(operation, replace(LIST_TUNING_JOBS, most_pages=3))
    assert len(list(client.tuning_jobs())) == 3
    monkeypatch.setattr(operation, replace(LIST_TUNING_JOBS, most_pages=2))
    with pytest.raises(UnboundedError, match="TuningJobs: more than 2 pages"):
        list(client.tuning_jobs())
