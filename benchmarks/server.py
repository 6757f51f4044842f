"""A fast static server of the two listings, so that a client's own cost is seen.

Pages are rendered once, and only names are filled in. `python -m benchmarks.server`
prints the port it listens on; `GET /calls` gives the number of calls so far.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import time
from dataclasses import dataclass
from typing import Any

PAGE = 100
CREATED = 1.7724e9  # seconds since 1970; a tuning job a minute
JOB, NUMBER = b"@JOB@", b"@NUMBER@"

IDENTITY = (
    b'<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">'
    b"<GetCallerIdentityResult><Arn>arn:aws:iam::123456789012:user/bench</Arn>"
    b"<UserId>AIDA</UserId><Account>123456789012</Account></GetCallerIdentityResult>"
    b"<ResponseMetadata><RequestId>0</RequestId></ResponseMetadata>"
    b"</GetCallerIdentityResponse>"
)


def number(seconds: float) -> str:
    """A time as the wire has it: 1.7724E9."""
    return f"{seconds / 1e9!r}E9"


def trial(index: int) -> str:
    """A trial of the tuning job @JOB@, as wire text."""
    item = {
        "TrainingJobName": f"@JOB@-{index:05}-4f9a1c22",
        "TrainingJobArn": "arn:aws:sagemaker:us-east-1:123456789012:training-job/"
        f"@JOB@-{index:05}-4f9a1c22",
        "CreationTime": "@C@",
        "TrainingStartTime": "@S@",
        "TrainingEndTime": "@E@",
        "TrainingJobStatus": "Completed",
        "TunedHyperParameters": {
            "alpha": "0.671831959528788",
            "batch-size": '"256"',
            "eta": "0.37772700838669704",
            "gamma": "1.909270228253972",
            "max_depth": "8",
            "min_child_weight": "0.9382415600275175",
        },
        "FinalHyperParameterTuningJobObjectiveMetric": {
            "MetricName": "validation:rmse",
            "Value": 3.531749963760376 + index,
        },
        "ObjectiveStatus": "Succeeded",
    }
    text = json.dumps(item, separators=(",", ":"))
    for mark, offset in (("@C@", 0), ("@S@", 60), ("@E@", 600)):
        text = text.replace(f'"{mark}"', number(CREATED + 3600 + index + offset))
    return text


@dataclass
class Data:
    """What is served.

    Attributes:
        jobs: Tuning jobs.
        trials: Trials of each.
        running: How many of the tuning jobs, the oldest, still run.
    """

    jobs: int
    trials: int
    running: int = 0

    def __post_init__(self) -> None:
        """Render the pages of a tuning job's trials, newest first."""
        pages = [
            [
                trial(self.trials - 1 - i)
                for i in range(start, min(start + PAGE, self.trials))
            ]
            for start in range(0, self.trials, PAGE)
        ] or [[]]
        self.pages = [
            self._page("TrainingJobSummaries", items, at, len(pages))
            for at, items in enumerate(pages)
        ]
        self.listing = [
            self._page(
                "HyperParameterTuningJobSummaries",
                [
                    self.job(self.jobs - 1 - i)
                    for i in range(at, min(at + PAGE, self.jobs))
                ],
                at // PAGE,
                -(-self.jobs // PAGE),
            )
            for at in range(0, self.jobs, PAGE)
        ] or [b'{"HyperParameterTuningJobSummaries":[]}']

    @staticmethod
    def _page(member: str, items: list[str], at: int, pages: int) -> bytes:
        token = "" if at + 1 == pages else f',"NextToken":"{at + 1}"'
        return f'{{"{member}":[{",".join(items)}]{token}}}'.encode()

    def job(self, index: int) -> str:
        """A tuning job as wire text, in a listing and in a Describe alike."""
        name = f"bench-{index:06}"
        runs = index < self.running
        item: dict[str, Any] = {
            "HyperParameterTuningJobName": name,
            "HyperParameterTuningJobArn": "arn:aws:sagemaker:us-east-1:123456789012:"
            f"hyper-parameter-tuning-job/{name}",
            "HyperParameterTuningJobStatus": "InProgress" if runs else "Completed",
            "Strategy": "Bayesian",
            "CreationTime": "@C@",
            "LastModifiedTime": "@E@",
            "TrainingJobStatusCounters": {
                "Completed": self.trials,
                "InProgress": 0,
                "NonRetryableError": 0,
                "RetryableError": 0,
                "Stopped": 0,
            },
            "ObjectiveStatusCounters": {
                "Succeeded": self.trials,
                "Pending": 0,
                "Failed": 0,
            },
            "ResourceLimits": {
                "MaxNumberOfTrainingJobs": self.trials,
                "MaxParallelTrainingJobs": 10,
            },
            "HyperParameterTuningJobConfig": {"Strategy": "Bayesian"},
        }
        if not runs:
            item["HyperParameterTuningEndTime"] = "@E@"
        created = CREATED + 60 * index
        text = json.dumps(item, separators=(",", ":"))
        return text.replace('"@C@"', number(created)).replace(
            '"@E@"', number(created + 9000)
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
        """Keep the way back."""
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        """Answer the request once all of it is there."""
        self.received += data
        head, found, body = self.received.partition(b"\r\n\r\n")
        if not found:
            return
        low = head.lower()
        length = 0
        if (at := low.find(b"content-length:")) >= 0:
            length = int(low[at + 15 :].split(b"\r\n", 1)[0])
        if len(body) < length:
            return
        self.received = body[length:]
        status, kind, answer = self.answer(head, body[:length])
        stamp = time.strftime("%a, %d %b %Y %H:%M:%S GMT", time.gmtime()).encode()
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
            told = {"calls": Server.calls, "throttled": Server.throttled}
            Server.calls = Server.throttled = 0
            return b"200 OK", b"application/json", json.dumps(told).encode()
        if b"GetCallerIdentity" in body:
            return b"200 OK", b"text/xml", IDENTITY
        Server.calls += 1
        region = head[head.find(b"/20") : head.find(b"/sagemaker/")]
        limit = Server.limits.setdefault(region, Limit(Server.rate))
        if not limit.passes():
            Server.throttled += 1
            refused = b'{"__type":"ThrottlingException","message":"Rate exceeded"}'
            return b"400 Bad Request", b"application/x-amz-json-1.1", refused
        asked = json.loads(body)
        at = int(asked.get("NextToken", 0))
        name = asked.get("HyperParameterTuningJobName")
        if name is None:
            page = self.data.listing[at]
        elif b"Describe" in head:
            page = self.data.job(int(name.rpartition("-")[2])).encode()
        else:
            page = self.data.pages[at].replace(JOB, name.encode())
        return b"200 OK", b"application/x-amz-json-1.1", page


async def serve(options: argparse.Namespace) -> None:
    """Serve until killed."""
    Server.data = Data(options.jobs, options.trials, options.running)
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
    parser.add_argument("--latency", type=float, default=0, help="milliseconds")
    parser.add_argument("--rate", type=float, default=0, help="calls a second")
    asyncio.run(serve(parser.parse_args()))
