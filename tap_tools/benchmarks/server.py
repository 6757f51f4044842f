"""A fast static server of the API, so that a client's own cost is seen.

`python -m tap_tools.benchmarks.server` prints the port it listens on; `GET /calls`
returns the number of calls since the last `GET /calls`.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import time
from typing import Any

from tap_tools.benchmarks.data import JOB, NOW, Data

JSON = b"application/x-amz-json-1.1"
IDENTITY = (
    b'<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">'
    b"<GetCallerIdentityResult><Arn>arn:aws:iam::123456789012:user/bench</Arn>"
    b"<UserId>AIDA</UserId><Account>123456789012</Account></GetCallerIdentityResult>"
    b"<ResponseMetadata><RequestId>0</RequestId></ResponseMetadata>"
    b"</GetCallerIdentityResponse>"
)


class Limit:
    """A token bucket: so many calls a second, and as many at once."""

    def __init__(self, rate: float) -> None:
        """Begin with a full bucket; a rate of 0 lets everything pass."""
        self.rate = rate
        self.left = rate
        self.at = time.monotonic()

    def passes(self) -> bool:
        """Whether a call may come now."""
        if not self.rate:
            return True
        now = time.monotonic()
        self.left = min(self.rate, self.left + (now - self.at) * self.rate)
        self.at = now
        if self.left < 1:
            return False
        self.left -= 1
        return True


class Server(asyncio.Protocol):
    """One connection."""

    data: Data
    limits: dict[bytes, Limit]
    rate: float
    latency: float
    calls = 0
    throttled = 0

    def __init__(self) -> None:
        """Begin with nothing received."""
        self.received = b""

    def connection_made(self, transport: Any) -> None:
        """Keep the transport, to write responses to."""
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        """Answer the request once all of it is there."""
        self.received += data
        head, blank_line, body = self.received.partition(b"\r\n\r\n")
        if not blank_line:
            return
        low = head.lower()
        length = 0
        if (at := low.find(b"content-length:")) >= 0:
            length = int(low[at + 15 :].split(b"\r\n", 1)[0])
        if len(body) < length:
            return
        self.received = body[length:]
        status, kind, answer = self.answer(head, body[:length])
        stamp = time.strftime("%a, %d %b %Y %H:%M:%S GMT", time.gmtime(NOW)).encode()
        whole = (
            b"HTTP/1.1 %s\r\ncontent-type: %s\r\ndate: %s\r\ncontent-length: %d\r\n\r\n"
            % (
                status,
                kind,
                stamp,
                len(answer),
            )
        )
        if Server.latency:
            asyncio.get_running_loop().call_later(
                Server.latency, self.transport.write, whole + answer
            )
        else:
            self.transport.write(whole + answer)

    def answer(self, head: bytes, body: bytes) -> tuple[bytes, bytes, bytes]:
        """Answer one request: status, content type and body."""
        if head.startswith(b"GET /calls"):
            counts = {"calls": Server.calls, "throttled": Server.throttled}
            Server.calls = Server.throttled = 0
            return b"200 OK", b"application/json", json.dumps(counts).encode()
        if b"GetCallerIdentity" in body:
            return b"200 OK", b"text/xml", IDENTITY
        Server.calls += 1
        region = head[head.find(b"/20") : head.find(b"/sagemaker/")]
        limit = Server.limits.setdefault(region, Limit(Server.rate))
        if not limit.passes():
            Server.throttled += 1
            refused = b'{"__type":"ThrottlingException","message":"Rate exceeded"}'
            return b"400 Bad Request", JSON, refused
        target = head.lower().partition(b"x-amz-target: ")[2].partition(b"\r\n")[0]
        operation = target.rpartition(b".")[2].decode()
        return b"200 OK", JSON, self.result(operation, json.loads(body))

    def result(self, operation: str, asked: dict[str, Any]) -> bytes:
        """Return the body of an operation's response."""
        name, at = asked.get("HyperParameterTuningJobName", ""), asked.get("NextToken")
        match operation:
            case "listhyperparametertuningjobs":
                body = self.data.listing[int(at or 0)]
            case "listtrainingjobsforhyperparametertuningjob":
                body = self.data.pages[int(at or 0)].replace(JOB, name.encode())
            case "describehyperparametertuningjob":
                body = self.data.description(int(name.rpartition("-")[2])).encode()
            case "search":
                body = self.data.searched(asked["SearchExpression"])
            case "describetrainingjob":
                body = self.data.details(asked["TrainingJobName"])
            case "getmetricdata":
                queries = asked["MetricDataQueries"]
                body = self.data.metric_data(queries, int(at or 0))
            case "getproducts":
                body = b'{"FormatVersion":"aws_v1","PriceList":[]}'
            case _:
                raise ValueError(operation)
        return body


async def serve(options: argparse.Namespace) -> None:
    """Serve until killed."""
    Server.data = Data(options.jobs, options.trials, options.running, options.minutes)
    Server.limits, Server.rate = {}, options.rate
    Server.latency = options.latency / 1000
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Server, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)  # noqa: T201 - its answer
    await server.serve_forever()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--jobs", type=int, default=300)
    parser.add_argument("--trials", type=int, default=100)
    parser.add_argument("--running", type=int, default=0)
    parser.add_argument("--minutes", type=int, default=9, help="of a trial")
    parser.add_argument("--latency", type=float, default=0, help="milliseconds")
    parser.add_argument("--rate", type=float, default=0, help="calls a second")
    asyncio.run(serve(parser.parse_args()))
