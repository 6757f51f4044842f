"""The only words allowed in a recording: the service's own, and pseudonyms."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

from sagemaker_tuning_contract.facts.errors import NOBODY
from sagemaker_tuning_contract.facts.metrics import NAMESPACE, OF_INSTANCES
from sagemaker_tuning_contract.facts.values import NOT_FINITE
from sagemaker_tuning_contract.modelled import SERVICES, operation_model
from tap_sagemaker_tuning.aws.error_table import CODES
from tap_sagemaker_tuning.aws.operations import OPERATIONS

LETTERS = "bdgkqvxz"
"""The letters of pseudonyms: no word of any language consists of these alone."""

TOKEN_LENGTH = 16
EFFECTIVE = "2020-01-01T00:00:00Z"
"""Replaces every date from which a price is in effect."""

UNMODELLED = "unmodelled"
"""Replaces the value of a member that the model lacks at that place."""

PHRASES = ("Requested resource not found", "not authorized", "Rate exceeded")
"""Parts of the service's error messages that facts look for."""

ERROR_CODES = {*CODES, "ValidationException", "SerializationException"}
FORMAT = {"operation", "request", "status", "answer", "at", "__type", "message"}
"""The members of a recording's file, and of an error."""

PRODUCT = {
    *("product", "attributes", "sku", "terms", "OnDemand", "effectiveDate"),
    *("priceDimensions", "unit", "pricePerUnit", "USD", "CNY", "instanceName"),
    *("instanceType", "usagetype", "regionCode", "component", "vCpu", "memory"),
}
"""The members of a product in the price list that facts check."""

CONSTANTS = {
    *("Training", "AmazonSageMaker", "regionCode", "component", "Hrs", "Average"),
    *("TrainingJob", "TrainingJobName", "Host", "_tuning_objective_metric", "1.0"),
    *(NAMESPACE, NOBODY, UNMODELLED, *OF_INSTANCES, *NOT_FINITE, ""),
}
"""Texts that the contract's own requests have, or that facts look for."""

SEPARATORS = '-./:"_, '
_TOKEN = f"[{LETTERS}{LETTERS.upper()}]{{{TOKEN_LENGTH}}}"
_PART = rf"(?:{_TOKEN}|[{SEPARATORS}]{{1,3}})"
ARN = "arn:aws(?:-cn|-us-gov|-eusc|-iso(?:-[bef])?)?:sagemaker:"
KINDS = "training-job|hyper-parameter-tuning-job"
_OF_PRICES = r"Train(?:ing)?(?=:|$)|ml(?=\.)"
_PHRASES = "|".join(PHRASES)
_ALLOWED = re.compile(
    rf"{_PART}+"
    rf"|{ARN}{_PART}+?:(?:{KINDS})/{_PART}+"
    rf"|(?:{_PART}|{_OF_PRICES})+"
    rf"|(?:{_PART}+: )?(?:{_PHRASES})"
)
_LENGTH = re.compile(rf"{LETTERS[0]}+")
"""A message that keeps only its length."""

_OURS = re.compile(rf"^{ARN}|(?<=:)(?:{KINDS})(?=/)|{_OF_PRICES}|{_PHRASES}")


def is_allowed(text: str) -> bool:
    """Whether a recording may have a text: a known word, or a pseudonym."""
    is_pseudonym = _ALLOWED.fullmatch(text) or _LENGTH.fullmatch(text)
    return text in words() or is_pseudonym is not None


def unknown(text: str) -> str:
    """An allowed text in lower case, without the service's own words."""
    return "" if _LENGTH.fullmatch(text) else _OURS.sub("", text).lower()


@cache
def words() -> frozenset[str]:
    """The members and enumerated values of the models, and the constants."""
    words: set[str] = {*FORMAT, *PRODUCT, *CONSTANTS, *ERROR_CODES, EFFECTIVE}
    for name in operations():
        words.add(name)
        model = operation_model(name)
        _add(model.input_shape, words, set())
        _add(model.output_shape, words, set())
    return frozenset(words)


def operations() -> set[str]:
    """The names of the operations that can be recorded."""
    return {
        operation.name
        for operation in OPERATIONS.values()
        if operation.service in SERVICES
    }


def _add(shape: Any, words: set[str], known: set[str]) -> None:
    """Add the words of a shape and of all shapes within it."""
    if shape is None or shape.name in known:
        return
    known.add(shape.name)
    words.update(shape.metadata.get("enum", ()))
    for name, member in getattr(shape, "members", {}).items():
        words.add(name)
        _add(member, words, known)
    _add(getattr(shape, "member", None), words, known)
    _add(getattr(shape, "value", None), words, known)
