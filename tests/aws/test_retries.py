"""Which calls are retried, and after which delay: as a unit and over HTTP."""

from __future__ import annotations

import socket
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import botocore.exceptions as aws
import pytest
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders

from sagemaker_tuning_emulator import Fault
from tap_sagemaker_tuning.aws.error_table import CODES, Kind
from tap_sagemaker_tuning.aws.operations import (
    GET_PRODUCTS,
    LIST_TRIALS,
    LIST_TUNING_JOBS,
)
from tap_sagemaker_tuning.aws.retries import Retries, empty_if_not_text
from tap_sagemaker_tuning.exceptions import NoResultError
from tap_sagemaker_tuning.settings import Settings
from tests.aws.account import (
    ROLE,
    add_jobs,
    add_trials,
    flat,
    job_names,
    roles_assumed,
    statuses,
    trial_names,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from sagemaker_tuning_emulator import Emulator
    from tap_sagemaker_tuning.aws.client import Client
    from tests.aws.conftest import Open

MOST = Settings.max_attempts
HALF_A_MINUTE = 30.0

# As a unit


def delay(
    attempts: int,
    *,
    error: Exception | None = None,
    status: int = 200,
    answer: dict[str, Any] | None = None,
    retries: Retries | None = None,
) -> float | bool | None:
    """The delay after a failed call, from its error or its response."""
    response = (SimpleNamespace(status_code=status), answer or {})
    return (retries or Retries(MOST)).delay(
        attempts=attempts,
        response=None if error else response,
        caught_exception=error,
        operation=SimpleNamespace(name=LIST_TRIALS.name),
        endpoint=None,
    )


def refused(code: str) -> dict[str, Any]:
    """A response that refuses the call."""
    return {"Error": {"Code": code}}


@pytest.mark.parametrize(
    "code", ["ThrottlingException", "Throttling", "TooManyRequestsException"]
)
def test_throttling_is_tried_again(code: str) -> None:
    """A throttled call is retried, under any of the service's names for it."""
    assert delay(1, status=400, answer=refused(code))


@pytest.mark.parametrize("status", [408, 500, 502, 503, 504, 599])
def test_a_server_error_is_tried_again(status: int) -> None:
    """Any 5xx is retried, and so is a timed out request, even if the service does not
    say so."""
    assert delay(1, status=status)
    assert delay(1, status=status, answer=refused("InternalFailure"))


@pytest.mark.parametrize(
    "code", ["AccessDeniedException", "ResourceNotFound", "ValidationException", ""]
)
def test_a_refusal_waits_for_nothing(code: str) -> None:
    """A 4xx other than throttling is final."""
    assert delay(1, status=400, answer=refused(code)) is None


@pytest.mark.parametrize("code", ["InternalServerError", "ServiceUnavailable"])
def test_an_outage_by_its_code_is_tried_again(code: str) -> None:
    """A code that says that the service failed is retried with any status."""
    assert delay(1, status=400, answer=refused(code))


def test_an_answer_waits_for_nothing() -> None:
    """A page is not retried, but a page without its list is, and so is an empty
    response."""
    assert delay(1, answer={LIST_TRIALS.result: []}) is None
    assert delay(1, answer={"NextToken": "x"})
    assert delay(1, answer={})


@pytest.mark.parametrize(
    "error",
    [
        aws.EndpointConnectionError(endpoint_url="https://x"),
        aws.ConnectionClosedError(endpoint_url="https://x"),
        aws.ConnectTimeoutError(endpoint_url="https://x"),
        aws.ReadTimeoutError(endpoint_url="https://x"),
        aws.ProxyConnectionError(proxy_url="http://p"),
        aws.HTTPClientError(error=OSError("reset")),
    ],
    ids=lambda error: type(error).__name__,
)
def test_a_network_error_is_tried_again(error: Exception) -> None:
    """A network error is retried."""
    assert delay(1, error=error)


@pytest.mark.parametrize(
    "error",
    [
        aws.SSLError(endpoint_url="https://x", error=OSError("certificate")),
        aws.HTTPClientError(error=ValueError("Invalid header value")),
        aws.NoCredentialsError(),
        ValueError("a bug"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_no_other_error_is(error: Exception) -> None:
    """An untrusted certificate, a key with a line break and a bug are not retried,
    because they would fail again."""
    assert not delay(1, error=error)


def test_a_header_that_cannot_be_sent(
    emulator: Emulator,
    connect: Open,
    waits: list[float],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A session token with a line break is reported at once, because it would fail
    again."""
    monkeypatch.setenv("AWS_SESSION_TOKEN", "token\nx")
    with pytest.raises(aws.HTTPClientError):
        connect()
    assert emulator.calls == []
    assert waits == []


@pytest.mark.parametrize(
    "code", [code for code, means in CODES.items() if means.kind is Kind.EXPIRED]
)
def test_expired_is_tried_again_if_it_can_be_renewed(code: str) -> None:
    """Expired credentials that renew themselves are worth a retry, because each attempt
    is signed again."""
    answer = refused(code)
    assert delay(1, status=400, answer=answer) is None
    assert delay(1, status=400, answer=answer, retries=Retries(MOST, renews=True))


@pytest.mark.parametrize("most", [1, 2, 10])
def test_max_attempts_ends_it(most: int) -> None:
    """There are no more attempts than max_attempts."""
    tries = [bool(delay(n, status=500, retries=Retries(most))) for n in range(1, 12)]
    assert tries == [n < most for n in range(1, 12)]


def test_delays_grow_to_twenty_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    """Delays double up to 20 seconds, and jitter reduces them by at most half."""
    many = Retries(30)
    bounds = {}
    for drawn in (0.0, 1.0):
        monkeypatch.setattr("random.random", lambda drawn=drawn: drawn)
        bounds[drawn] = [delay(n, status=500, retries=many) for n in range(1, 12)]
    growing = [0.3, 0.6, 1.2, 2.4, 4.8, 9.6, 19.2, 20.0, 20.0, 20.0, 20.0]
    assert bounds[1.0] == pytest.approx(growing)
    assert bounds[0.0] == pytest.approx([longest / 2 for longest in growing])


def test_delays_differ() -> None:
    """Calls that failed together do not retry together."""
    assert len({delay(3, status=500) for _ in range(20)}) == 20


@pytest.mark.parametrize(
    ("body", "left"),
    [
        (b'{"a": "\xc3\xa9"}', b'{"a": "\xc3\xa9"}'),
        (b'{"a": "\xe9"}', b"{}"),
        (b"", b""),
    ],
)
def test_bytes_that_are_no_text_are_an_empty_answer(body: bytes, left: bytes) -> None:
    """A response that botocore cannot decode counts as one without a result."""
    response = {"body": body}
    empty_if_not_text(response)
    assert response == {"body": left}


# An outage of everything


@dataclass
class Outage:
    """A service that cannot be reached for a while, on a clock of its own."""

    seconds: float
    answer: Callable[[], AWSResponse]
    now: float = 0.0
    calls: int = 0
    waits: list[float] = field(default_factory=list)

    def sleep(self, seconds: float) -> None:
        """Let time pass."""
        self.now += seconds

    def before_send(self, **_: Any) -> AWSResponse | None:
        """Stand in for the service during the outage (botocore's event)."""
        self.calls += 1
        return self.answer() if self.now < self.seconds else None


def answered(status: int, body: bytes) -> AWSResponse:
    """A response as botocore's HTTP session returns it."""
    raw: Any = SimpleNamespace(stream=lambda **_: iter([body]))
    return AWSResponse("https://x", status, HTTPHeaders(), raw)


def refuse_the_connection() -> AWSResponse:
    """Refuse the connection."""
    raise aws.EndpointConnectionError(endpoint_url="https://x")


OUTAGES: dict[str, Callable[[], AWSResponse]] = {
    "HTTP 500": lambda: answered(500, b"{}"),
    "throttling": lambda: answered(400, b'{"__type": "ThrottlingException"}'),
    "refused": refuse_the_connection,
    "not text": lambda: answered(200, b"\xff"),
}


@pytest.mark.usefixtures("waits")
@pytest.mark.parametrize("drawn", [0.0, 0.999], ids=["no luck", "luck"])
@pytest.mark.parametrize("kind", OUTAGES)
def test_half_a_minute_is_survived(
    emulator: Emulator,
    connect: Open,
    monkeypatch: pytest.MonkeyPatch,
    kind: str,
    drawn: float,
) -> None:
    """By default, no call fails in an outage of half a minute, with any jitter."""
    (client,) = connect(max_attempts=MOST)
    names = add_jobs(emulator, 3)
    outage = Outage(HALF_A_MINUTE, OUTAGES[kind])
    monkeypatch.setattr("random.random", lambda: drawn)
    monkeypatch.setattr("botocore.endpoint.time.sleep", outage.sleep)
    vars(client)["_api"].meta.events.register_first(
        "before-send.sagemaker", outage.before_send
    )
    assert job_names(client.tuning_jobs()) == [names[::-1]]
    assert outage.now >= HALF_A_MINUTE
    assert 1 < outage.calls <= MOST


@pytest.mark.usefixtures("waits")
def test_prices_survive_it_too(emulator: Emulator, client: Client) -> None:
    """The price list is retried like any other call."""
    fault = Fault("error", operation=GET_PRODUCTS.name, times=2)
    emulator.faults.add(fault)
    assert client.prices.training("us-east-1")
    assert emulator.faults.struck(fault) == 2


BROKEN: tuple[Any, ...] = ("error", "html", "gateway", "latin1", "drop")
WAYS: list[tuple[Fault, dict[str, Any]]] = [
    (Fault(kind, operation=operation, times=MOST - 1), config)
    for operation, config in (
        ("AssumeRole", {"assume_roles": [{"role_arn": ROLE}]}),
        ("GetCallerIdentity", {}),
    )
    for kind in BROKEN
]


@pytest.mark.parametrize(
    "way", WAYS, ids=[f"{fault.operation}, {fault.kind}" for fault, _ in WAYS]
)
def test_the_way_in_survives_it_too(
    emulator: Emulator,
    connect: Open,
    waits: list[float],
    monkeypatch: pytest.MonkeyPatch,
    way: tuple[Fault, dict[str, Any]],
) -> None:
    """STS is retried for as long when it is down together with the rest."""
    fault, config = way
    monkeypatch.setattr("random.random", lambda: 0.0)
    emulator.faults.add(fault)
    (client,) = connect(**config, max_attempts=MOST)
    assert job_names(client.tuning_jobs()) == [[]]
    assert emulator.faults.struck(fault) == MOST - 1
    assert sum(waits) >= HALF_A_MINUTE


# Over HTTP


@pytest.mark.usefixtures("waits")
@pytest.mark.parametrize("kind", ["html", "drop", "error", "gateway", "latin1"])
def test_what_goes_wrong_for_a_while_loses_nothing(
    emulator: Emulator, client: Client, kind: Any
) -> None:
    """A proxy's page, a lost connection, HTTP 500, a gateway's page and undecodable
    bytes are retried, and no item is lost."""
    names = add_jobs(emulator, 25)
    fault = emulator.faults.add(Fault(kind, times=2, after=1))
    pages = job_names(client.tuning_jobs())
    assert flat(pages) == names[::-1]
    assert emulator.faults.struck(fault) == 2


@pytest.mark.usefixtures("waits")
@pytest.mark.parametrize(
    "read",
    [
        lambda client: list(client.tuning_jobs()),
        lambda client: list(client.trials("job")),
        lambda client: list(client.paginate_trials("job", Settings(), None)),
        lambda client: client.tuning_job("job"),
    ],
    ids=["tuning_jobs", "trials", "paginate_trials", "tuning_job"],
)
def test_a_proxys_page_is_never_an_empty_listing(
    emulator: Emulator, client: Client, read: Callable[[Client], object]
) -> None:
    """A response with status 200 but without a list is an error that says where to
    look."""
    add_trials(emulator, 3)
    emulator.faults.add(Fault("html"))
    with pytest.raises(NoResultError, match="aws_endpoint_url and HTTPS_PROXY"):
        read(client)
    assert statuses(emulator) == [200] * 3


@pytest.mark.usefixtures("waits")
def test_a_proxys_page_in_the_middle_does_not_end_a_listing(
    emulator: Emulator, client: Client
) -> None:
    """A proxy's page in place of the second page does not end a listing."""
    add_jobs(emulator, 25)
    emulator.faults.add(Fault("html", after=1))
    with pytest.raises(NoResultError):
        list(client.tuning_jobs())


def test_more_failures_than_botocores_quota_lose_nothing(
    emulator: Emulator, connect: Open, waits: list[float]
) -> None:
    """Retries continue up to max_attempts, past botocore's own retry quota (35)."""
    (client,) = connect(max_attempts=60)
    names = add_jobs(emulator, 5)
    emulator.faults.add(Fault("error", times=55, status=503))
    assert job_names(client.tuning_jobs()) == [names[::-1]]
    assert len(waits) == 55


@pytest.mark.usefixtures("waits")
def test_calls_that_fail_together_lose_nothing(
    emulator: Emulator, connect: Open
) -> None:
    """With eight calls in flight, each survives a series of failures."""
    (client,) = connect(max_attempts=20, concurrency=8)
    jobs = [f"job-{index}" for index in range(8)]
    names = {job: add_trials(emulator, 12, job) for job in jobs}
    for job in jobs:
        emulator.faults.add(Fault("error", tuning_job=job, times=8))
        emulator.faults.add(Fault("drop", tuning_job=job, times=2))
    with ThreadPoolExecutor(8) as pool:
        read = pool.map(lambda job: trial_names(client.trials(job)), jobs)
    listed = {job: flat(pages)[::-1] for job, pages in zip(jobs, read, strict=True)}
    assert listed == names
    assert statuses(emulator).count(200) == 16


@pytest.mark.usefixtures("waits")
@pytest.mark.parametrize("most", [1, 2, 5])
@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (Fault("error", status=500), aws.ClientError),
        (Fault("drop"), aws.ConnectionClosedError),
        (Fault("html"), NoResultError),
    ],
    ids=["500", "drop", "html"],
)
def test_max_attempts_is_the_number_of_calls(
    emulator: Emulator, connect: Open, most: int, fault: Fault, error: type[Exception]
) -> None:
    """A call that always fails is made max_attempts times, including the first."""
    (client,) = connect(max_attempts=most)
    emulator.faults.add(fault)
    with pytest.raises(error):
        list(client.tuning_jobs())
    assert len(emulator.calls) == most


@pytest.mark.usefixtures("waits")
@pytest.mark.parametrize("most", [1, 3])
def test_max_attempts_counts_throttled_calls(
    emulator: Emulator, connect: Open, most: int
) -> None:
    """A call that is always throttled is made max_attempts times, and each counts."""
    (client,) = connect(max_attempts=most)
    emulator.faults.add(Fault("throttle", rate=0, burst=0))
    with pytest.raises(aws.ClientError, match="ThrottlingException"):
        list(client.tuning_jobs())
    assert len(emulator.calls) == client.calls == client.throttled == most


@pytest.mark.parametrize(
    "refused", ["AccessDeniedException", "ValidationException", "ExpiredTokenException"]
)
def test_a_refusal_is_not_tried_again(
    emulator: Emulator, client: Client, refused: str
) -> None:
    """A refused call is made only once."""
    emulator.faults.add(Fault("error", status=400, code=refused, message="No"))
    with pytest.raises(aws.ClientError, match=refused):
        list(client.tuning_jobs())
    assert len(emulator.calls) == 1


@pytest.mark.usefixtures("waits")
def test_expired_credentials_are_renewed(emulator: Emulator, connect: Open) -> None:
    """A call refused with expired credentials is retried after assuming the role
    again."""
    emulator.role_seconds = 1
    (client,) = connect(assume_roles=[{"role_arn": ROLE}])
    emulator.faults.add(Fault("expired", times=1))
    assert job_names(client.tuning_jobs()) == [[]]
    assert roles_assumed(emulator) == [ROLE, ROLE]
    calls = [c.error for c in emulator.calls if c.operation == LIST_TUNING_JOBS.name]
    assert calls == ["ExpiredTokenException", None]


@pytest.mark.parametrize("most", [1, 4])
def test_a_connection_that_is_refused(
    connect: Open, waits: list[float], monkeypatch: pytest.MonkeyPatch, most: int
) -> None:
    """A refused connection is attempted max_attempts times."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    monkeypatch.setenv("AWS_ENDPOINT_URL_SAGEMAKER", f"http://127.0.0.1:{port}")
    (client,) = connect(max_attempts=most)
    with pytest.raises(aws.EndpointConnectionError):
        list(client.tuning_jobs())
    assert len(waits) == most - 1


def test_a_certificate_that_is_none(
    emulator: Emulator,
    connect: Open,
    waits: list[float],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A TLS error is reported at once, because it would fail again."""
    url = emulator.url.replace("http:", "https:")
    monkeypatch.setenv("AWS_ENDPOINT_URL_SAGEMAKER", url)
    (client,) = connect()
    with pytest.raises(aws.SSLError):
        list(client.tuning_jobs())
    assert waits == []


@pytest.mark.usefixtures("waits")
@pytest.mark.parametrize("kind", ["gateway", "html", "latin1"])
def test_a_gateways_clock_counts_for_nothing(
    emulator: Emulator, client: Client, kind: Any
) -> None:
    """A page's time comes from its own response, not from a gateway's error before
    it."""
    date = "Thu, 01 Jan 2037 00:00:00 GMT"
    fault = emulator.faults.add(Fault(kind, times=1, date=date))
    assert next(client.tuning_jobs()).seen == "2026-03-02T09:00:00.000Z"
    assert emulator.faults.struck(fault) == 1
