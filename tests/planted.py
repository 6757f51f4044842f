"""Secrets in all the places where AWS, a proxy or a user puts them, for tests to search
for."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tests.configurations import SECRET

if TYPE_CHECKING:
    from tests.conftest import TapProcess

ROLE = "arn:aws:iam::222222222222:role/tuning-reader"
LIST = "ListHyperParameterTuningJobs"
XML = {"Content-Type": "text/xml"}
NOWHERE = "127.0.0.1:1"
"""An address without a listener."""

ASSUMED = f"""<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
<AssumeRoleResult><Credentials>
<AccessKeyId>ASIA{SECRET}</AccessKeyId>
<SecretAccessKey>{SECRET}</SecretAccessKey>
<SessionToken>{SECRET}</SessionToken>
<Expiration>2099-03-02T10:00:00Z</Expiration>
</Credentials></AssumeRoleResult></AssumeRoleResponse>"""

MISMATCH = f"""The request signature we calculated does not match the signature you \
provided. Check your AWS Secret Access Key and signing method. Consult the service \
documentation for details.

The Canonical String for this request should have been
'POST
/

content-type:application/x-amz-json-1.1
host:api.sagemaker.us-east-1.amazonaws.com
x-amz-date:20260302T090000Z
x-amz-security-token:{SECRET}
x-amz-target:SageMaker.ListHyperParameterTuningJobs

content-type;host;x-amz-date;x-amz-security-token;x-amz-target
e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'
"""


def refused_by_sts(code: str, message: str) -> str:
    """An error response in the query protocol."""
    return (
        f"<ErrorResponse><Error><Code>{code}</Code><Message>{message}</Message>"
        "</Error><RequestId>id-1</RequestId></ErrorResponse>"
    )


@dataclass(frozen=True)
class Plant:
    """The place of a secret.

    Attributes:
        name: The name of its test.
        said: Words in the line that reports the failure.
        variables: Environment variables.
        roles: Whether a role is assumed.
        answers: The service's responses by operation: status, headers and body.
    """

    name: str
    said: str
    variables: dict[str, str | None] = field(default_factory=dict)
    roles: bool = False
    answers: dict[str, tuple[int, dict[str, str], Any]] = field(default_factory=dict)

    def put(self, tap: TapProcess) -> dict[str, Any]:
        """Put the secret in place, and return the settings to read with."""
        tap.variables.update(self.variables)
        for operation, answer in self.answers.items():
            tap.emulator.serve(operation, [answer])
        settings: dict[str, Any] = {"max_attempts": 1}
        if self.roles:
            settings["assume_roles"] = [{"role_arn": ROLE, "external_id": SECRET}]
        return settings


def _of_sts(name: str, said: str, status: int, body: str) -> Plant:
    return Plant(name, said, roles=True, answers={"AssumeRole": (status, XML, body)})


def _refusal(name: str, message: str, code: str = "OtherException") -> Plant:
    body = {"__type": code, "message": message}
    return Plant(name, "ListHyper", answers={LIST: (400, {}, body)})


def _proxy(url: str, said: str) -> Plant:
    variables = {"HTTPS_PROXY": url, "AWS_ENDPOINT_URL": None, "NO_PROXY": None}
    return Plant(f"proxy {url}", said, variables)


def _endpoint(url: str, said: str) -> Plant:
    return Plant(f"endpoint {url}", said, {"AWS_ENDPOINT_URL_SAGEMAKER": url})


LINE = " ".join(MISMATCH.split())
CUT = ASSUMED[:-20]
_MISSED = ASSUMED.replace("SessionToken>", "Token>")
_SIGNATURE = refused_by_sts("SignatureDoesNotMatch", MISMATCH)
_ADVICE = "Check HTTPS_PROXY, and the credentials for line breaks"

PLANTS = [
    _of_sts("cut", "status 200 without Credentials", 200, CUT),
    _of_sts("cut, 400", "AssumeRole: error", 400, CUT),
    _of_sts("cut, 500", "AssumeRole", 500, CUT),
    _of_sts("no token", "status 200 without Credentials", 200, _MISSED),
    _of_sts("signature of STS", "Check the secret key", 403, _SIGNATURE),
    _refusal("signature", MISMATCH, "InvalidSignatureException"),
    _refusal("signature in one line", LINE, "InvalidSignatureException"),
    _refusal("another code", MISMATCH),
    _refusal("JSON", f'{{"SessionToken": "{SECRET}"}}'),
    _refusal("XML", f"<SecretAccessKey>{SECRET}</SecretAccessKey>"),
    _refusal("a login", f"at me:{SECRET}@proxy:3128"),
    _proxy(f"http://me:{SECRET}@{NOWHERE}", "Check HTTPS_PROXY"),
    _proxy(f"http://me:a@{SECRET}@{NOWHERE}", "Check HTTPS_PROXY"),
    _proxy(f"me:{SECRET}@{NOWHERE}", "Check HTTPS_PROXY"),
    _proxy(f"http://me:{SECRET}@proxy:port", "Check HTTPS_PROXY"),
    _proxy(f"http://me:{SECRET}/@{NOWHERE}", "Check HTTPS_PROXY"),
    _endpoint(f"http://me:{SECRET}@{NOWHERE}", "Check the network"),
    _endpoint(f"http://me:a@{SECRET}@{NOWHERE}", "Check the network"),
    _endpoint(f"me:{SECRET}@host", "Check the AWS configuration"),
    _endpoint(f"http://me:{SECRET}/@host", "Check the AWS configuration"),
    _endpoint(f"http://{NOWHERE}/?token={SECRET}", "Check the network"),
    Plant("token with a line break", _ADVICE, {"AWS_SESSION_TOKEN": f"{SECRET}\nx"}),
    Plant("key with a line break", _ADVICE, {"AWS_ACCESS_KEY_ID": f"A{SECRET}\nx"}),
]

ODD = {
    "a NUL": ("a\0b", "a\ufffdb"),
    "half a pair": ("cut \ud83d", "cut \ufffd"),
    "an escape": (
        "\x1b]0;title\x07\x1b[31mred",
        "\ufffd]0;title\ufffd\ufffd[31mred",
    ),
    "lines": ("one\r\ntwo\u2028three", "one two three"),
    "a page of 300 kB": ("<p>" * 100_000, "…"),
}
"""What a service can send, and how it is shown."""
