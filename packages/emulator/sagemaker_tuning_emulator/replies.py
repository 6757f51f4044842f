"""Answers as bytes: the service's JSON, its errors, and HTML of proxies."""

from __future__ import annotations

from dataclasses import replace
from email.utils import format_datetime
from http.client import responses
from typing import TYPE_CHECKING

from sagemaker_tuning_emulator import cloudwatch, wire
from sagemaker_tuning_emulator import security_tokens as sts
from sagemaker_tuning_emulator.errors import ServiceError
from sagemaker_tuning_emulator.faults import NAMED
from sagemaker_tuning_emulator.security_tokens import Reply
from sagemaker_tuning_emulator.service import OPERATIONS

if TYPE_CHECKING:
    from sagemaker_tuning_emulator.faults import Fault
    from sagemaker_tuning_emulator.incoming import Incoming

CLOUDWATCH = "GetMetricData"
"""Its protocol is JSON 1.0 with error codes of the older query protocol."""

PAGE = "<html><head><title>{0}</title></head><body><h1>{0}</h1></body></html>"
LATIN1 = '{"message":"Zugriff nur über den Stellvertreter"}'.encode("latin-1")


class Dropped(Exception):  # noqa: N818 - not an error
    """The connection is to be closed without an answer."""


def headers(incoming: Incoming) -> dict[str, str]:
    """Return the service's headers."""
    is_cloudwatch = incoming.operation == CLOUDWATCH
    return {
        "x-amzn-RequestId": incoming.request_id,
        "Content-Type": cloudwatch.CONTENT_TYPE if is_cloudwatch else wire.CONTENT_TYPE,
        "Date": format_datetime(incoming.now, usegmt=True),
    }


def of_json(incoming: Incoming, status: int, body: str) -> Reply:
    """Return an answer of the service."""
    return Reply(status, headers(incoming), body.encode())


def of_error(incoming: Incoming, error: ServiceError) -> Reply:
    """Return an error of the service, or of STS in its own protocol."""
    if incoming.operation in sts.OPERATIONS:
        return sts.error_reply(error, incoming.request_id)
    body = wire.error_body(error.code, error.message)
    reply = of_json(incoming, error.status, body)
    if incoming.operation != CLOUDWATCH:
        return reply
    told = {"x-amzn-query-error": cloudwatch.query_error(error)}
    return replace(reply, headers={**reply.headers, **told})


def of_fault(incoming: Incoming, fault: Fault) -> Reply:
    """Return the answer that a fault causes.

    Raises:
        ServiceError: The answer is an error of the service.
        Dropped: There is no answer.
    """
    match fault.kind:
        case "html":
            return _page(incoming, fault, 200, "Sign in to the web proxy")
        case "gateway":
            told = f"{fault.status} {responses.get(fault.status, '')}".strip()
            return _page(incoming, fault, fault.status, told)
        case "latin1":
            sent = headers(incoming)
            return Reply(200, {**sent, "Date": fault.date or sent["Date"]}, LATIN1)
        case "drop":
            raise Dropped
        case "throttle":
            is_sts = incoming.operation in sts.OPERATIONS
            code = "Throttling" if is_sts else "ThrottlingException"
            raise ServiceError(code, "Rate exceeded")
        case "deny":
            raise _denied(incoming)
        case "region_disabled":
            code = "UnrecognizedClientException"
            message = "The security token included in the request is invalid."
            raise ServiceError(code, message)
        case "expired":
            raise expired(incoming)
        case _:
            raise ServiceError(fault.code, fault.message, fault.status)


def _page(incoming: Incoming, fault: Fault, status: int, title: str) -> Reply:
    """Return an HTML page from a proxy between the caller and the service."""
    date = fault.date or headers(incoming)["Date"]
    sent = {"Content-Type": "text/html; charset=utf-8", "Date": date}
    return Reply(status, sent, PAGE.format(title).encode())


def expired(incoming: Incoming) -> ServiceError:
    """Return the error for an expired key."""
    is_sts = incoming.operation in sts.OPERATIONS
    code = "ExpiredToken" if is_sts else "ExpiredTokenException"
    return ServiceError(code, "The security token included in the request is expired")


def _denied(incoming: Incoming) -> ServiceError:
    """Return the error for a call that no policy allows, in AWS's words."""
    if incoming.operation == "AssumeRole":
        return sts.denied(incoming.identity, incoming.params.get("RoleArn", ""))
    operation = incoming.operation
    action = f"{OPERATIONS[operation][0]}:{operation}"
    caller = incoming.identity.arn.split(":", 2)[2]
    return ServiceError(
        "AccessDeniedException",
        f"User: arn:{incoming.home.partition}:{caller} is not authorized to perform: "
        f"{action}{_resource(incoming)} because no identity-based policy allows the "
        f"{action} action",
    )


def _resource(incoming: Incoming) -> str:
    """Return the part of a refusal about the resource: prices and metrics have none."""
    if incoming.operation in {"GetProducts", CLOUDWATCH}:
        return ""
    if incoming.operation in {"Search", *NAMED}:
        return " on resource: *"
    trial = incoming.params.get("TrainingJobName")
    kind = "training-job" if trial else "hyper-parameter-tuning-job"
    name = trial or incoming.params.get("HyperParameterTuningJobName", "*")
    return f" on resource: {incoming.home.arn(kind, str(name).lower())}"
