"""Redaction: replaces everything in an answer that is not known to be safe to share.

It keeps the members and enumerated values of the service's model, counts, and what the
facts need: which names are equal, with and without regard to case, and how times and
metrics compare.
"""

from __future__ import annotations

import json
import re
import secrets
from typing import TYPE_CHECKING, Any

from sagemaker_tuning_contract.exchanges import JOB, OK, TOKEN, TRIAL
from sagemaker_tuning_contract.facts.errors import NOBODY
from sagemaker_tuning_contract.facts.metrics import OF_INSTANCES
from sagemaker_tuning_contract.facts.values import (
    NOT_FINITE,
    is_float32,
    is_number,
)
from sagemaker_tuning_contract.modelled import leaves, operation_model
from sagemaker_tuning_contract.pseudonyms import Pseudonyms
from sagemaker_tuning_contract.vocabulary import (
    ARN,
    CONSTANTS,
    EFFECTIVE,
    ERROR_CODES,
    KINDS,
    LETTERS,
    PHRASES,
    PRODUCT,
    SEPARATORS,
    UNMODELLED,
    operations,
    words,
)
from tap_sagemaker_tuning.aws.operations import GET_PRODUCTS
from tap_sagemaker_tuning.values import OddError, finite

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from sagemaker_tuning_contract.exchanges import Exchange

_GRID = 300  # seconds: times keep their place on CloudWatch's grid
_MOST_SHIFTS = 200_000  # grid steps: two years
_FIRST = 1_483_228_800.0  # 2017; earlier times of metrics are divided by 1,000
_PARTS = re.compile(rf"([{SEPARATORS}]+)")
_MOST_SEPARATORS = 3
_DATE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
_COUNTS = re.compile(
    r"(Max(?!Value$)|Number).*|.*(InSeconds|InGB|Count)|Period|Completed|InProgress|"
    r"RetryableError|NonRetryableError|Stopped|Succeeded|Pending|Failed"
)
"""Members whose numbers are kept. MaxValue is not: it is a hyperparameter's."""

_METRICS = {"Value", "Values"}
_HUNDRED = 100.01  # percent, with room for rounding
_OF_PRICES = {"Train", "Training", "ml"}

_JOBS, _TRIALS = "tuning jobs", "trials"
_HYPERPARAMETERS = "hyperparameters"
_NAMES = {JOB: _JOBS, "TuningJobName": _JOBS, "NameContains": _JOBS, TRIAL: _TRIALS}
"""Members with a name, whose case varies, and the domain of its pseudonym."""

_ARNS = {
    "HyperParameterTuningJobArn": _JOBS,
    "TuningJobArn": _JOBS,
    "TrainingJobArn": _TRIALS,
}
_ARN = re.compile(rf"({ARN})([^:]*):([^:]*)(:(?:{KINDS})/)(.*)", re.DOTALL)
_DOMAINS = {
    "DefinitionName": "definitions",
    "TrainingJobDefinitionName": "definitions",
    "MetricName": "metrics",
    "MetricDefinition.Name": "metrics",
    "AutoParameter.Name": _HYPERPARAMETERS,
    "CategoricalParameterRange.Name": _HYPERPARAMETERS,
    "ContinuousParameterRange.Name": _HYPERPARAMETERS,
    "IntegerParameterRange.Name": _HYPERPARAMETERS,
    "MetricDataQuery.Id": "queries",
    "MetricDataResult.Id": "queries",
    TOKEN: "tokens",
}
"""Members whose texts facts compare from one call to another, and their domain."""

_OF_HYPERPARAMETERS = {
    "HyperParameters",
    "StaticHyperParameters",
    "TunedHyperParameters",
}
_BY_LENGTH = {"FailureReason", "StatusMessage"}
"""Members with text of the service's own: only its length is kept."""

_NAMED = {"Name", "MetricName"}
"""Members that name an item of a list whose order says nothing."""


class Redactor:
    """Redacts the exchanges of one recording.

    Equal texts have equal pseudonyms only where facts compare them: names of tuning
    jobs, trials, definitions, hyperparameters and metrics, and tokens. Any other text
    has a pseudonym of its own per member and per tuning job, trial, or hyperparameter.

    Args:
        exchanges: All exchanges: each metric becomes its rank among all metrics.
        with_metrics: Keep the values of metrics.
    """

    def __init__(self, exchanges: Sequence[Exchange], *, with_metrics: bool) -> None:
        self._pseudonyms = Pseudonyms()
        self._shift = (secrets.randbelow(_MOST_SHIFTS) + 1) * _GRID
        self._is_request = self._is_of_prices = False
        self._ranks = None if with_metrics else _ranks(exchanges)
        parts = {
            str(exchange.request.get("NameContains", "")) for exchange in exchanges
        } - {""}
        self._requested = re.compile(
            f"({'|'.join(map(re.escape, parts)) or '(?!)'})", re.IGNORECASE
        )

    def redacted(self, exchange: Exchange) -> dict[str, Any]:
        """Make the shareable form of an exchange.

        Raises:
            ValueError: Exchanges of this operation cannot be recorded.
        """
        if exchange.operation not in operations():
            msg = "an operation that cannot be recorded"
            raise ValueError(msg)
        model = operation_model(exchange.operation)
        self._is_of_prices = exchange.operation == GET_PRODUCTS.name
        self._is_request = True
        request = self._value(model.input_shape, "", exchange.request, "")
        self._is_request = False
        if exchange.status == OK:
            answer = self._value(model.output_shape, "", exchange.answer, "")
        else:
            answer = self._error(exchange)
        return {
            "operation": exchange.operation,
            "request": request,
            "status": exchange.status,
            "answer": answer if isinstance(answer, dict) else None,
            "at": None if exchange.at is None else exchange.at + self._shift,
        }

    def _value(self, shape: Any, member: str, value: Any, owner: str) -> Any:  # noqa: PLR0911 - kinds
        """Redact a value.

        Args:
            shape: Its shape in the model; None if the model lacks it.
            member: The member that has it, with its structure: `Tag.Key`.
            value: The value.
            owner: Whose it is: the nearest tuning job, trial or hyperparameter.
        """
        kind = getattr(shape, "type_name", None)
        name = member.rpartition(".")[2]
        match value:
            case None | bool():
                return value
            case dict() if kind == "structure":
                return self._structure(shape, value, owner)
            case dict() if kind == "map":
                return self._map(shape, member, value, owner)
            case list() if kind == "list":
                items = [
                    self._value(shape.member, member, item, owner) for item in value
                ]
                is_named = _NAMED & getattr(shape.member, "members", {}).keys()
                return sorted(items, key=json.dumps) if is_named else items
            case int() | float() if kind == "timestamp":
                return self._time(value)
            case int() | float():
                return self._number(name, value)
            case str() if name in _METRICS and kind in {"float", "double"}:
                return self._number_as_text(value)
            case str() if value in shape.metadata.get("enum", ()) if shape else ():
                return value
            case str():
                return self._text(member, value, owner)
            case _:
                return UNMODELLED

    def _structure(
        self, shape: Any, value: dict[str, Any], owner: str
    ) -> dict[str, Any]:
        redacted: dict[str, Any] = {}
        owner = _owner(value, owner)
        for key, inner in value.items():
            if key == "Environment":  # people put API keys there
                redacted[key] = {}
            elif key in shape.members:
                member = f"{shape.name}.{key}"
                redacted[key] = self._value(shape.members[key], member, inner, owner)
            elif key in words():
                redacted[key] = UNMODELLED
        return redacted

    def _map(
        self, shape: Any, member: str, value: dict[str, Any], owner: str
    ) -> dict[str, Any]:
        """Redact a map, in the order of pseudonyms: the service's says what is what."""
        domain = [member, owner]
        if member.rpartition(".")[2] in _OF_HYPERPARAMETERS:
            member, domain = "value", [_HYPERPARAMETERS]
        redacted = {
            self._pseudonyms.of(key, *domain): self._value(
                shape.value, member, inner, f"{owner} {key}"
            )
            for key, inner in value.items()
        }
        return dict(sorted(redacted.items()))

    def _error(self, exchange: Exchange) -> dict[str, Any]:
        """Redact an error, except for a known code and the words facts look for."""
        if not isinstance(exchange.answer, dict):
            return {}
        code, message = exchange.error_code, exchange.message
        redacted = {}
        if "__type" in exchange.answer:
            is_known = code in ERROR_CODES
            redacted["__type"] = code if is_known else self._pseudonyms.of(code, "code")
        if message:
            redacted["message"] = self._message(message)
        return redacted

    def _message(self, message: str) -> str:
        said = message.strip().rstrip(".")
        for phrase in PHRASES:
            if said == phrase:
                return phrase
            if phrase in said:
                return f"{self._pseudonyms.of(said, 'message')}: {phrase}"
        return self._pseudonyms.of(said, "message")

    def _time(self, value: float) -> float:
        if value < _FIRST:
            return (value * 1000 + self._shift) / 1000
        return value + self._shift if isinstance(value, int) else self._float(value)

    def _float(self, value: float) -> float:
        return round(value + self._shift, 6)

    def _number(self, name: str, value: float) -> float:
        if name in _METRICS:
            if self._ranks is None:
                return value
            if is_number(value):
                return self._ranks[value]
            # Either not finite (a bare NaN), or an integer too large for a double.
            return 1 if type(value) is int else value
        return value if _COUNTS.fullmatch(name) else 1

    def _number_as_text(self, value: str) -> str | float:
        """Redact a metric in text form, which the service uses for NaN."""
        if value in NOT_FINITE:
            return value
        return self._pseudonyms.of(value, "metric values")

    def _text(self, member: str, value: str, owner: str) -> str:  # noqa: PLR0911 - kinds
        name = member.rpartition(".")[2]
        if name == "PriceList":
            return self._product(value)
        if self._is_request and value in _constants(name, member):
            return value
        if self._is_of_prices:
            return self._of_prices(value)
        if name in _BY_LENGTH:
            return LETTERS[0] * len(value)
        if name in _NAMES:
            return self._name(_NAMES[name], value)
        if name in _ARNS and (parts := _ARN.fullmatch(value)):
            start, region, account, kind, named = parts.groups()
            home = (self._pseudonyms.of(part, "homes") for part in (region, account))
            return start + ":".join(home) + kind + self._name(_ARNS[name], named)
        if member == "Filter.Value":  # of a search: the names of trials
            return ",".join(self._name(_TRIALS, part) for part in value.split(","))
        if member == "Dimension.Value":  # a trial, or one of its hosts
            trial, slash, host = value.partition("/")
            return (
                self._name(_TRIALS, trial) + slash + self._pseudonyms.of(host, "host")
            )
        if domain := _DOMAINS.get(member) or _DOMAINS.get(name):
            return self._pseudonyms.of(value, domain)
        return self._pseudonyms.of(value, member, owner)

    def _name(self, domain: str, name: str) -> str:
        """Redact a name; what NameContains requested has its own pseudonym in it."""
        parts = self._requested.split(name) if domain == _JOBS else [name]
        return "".join(self._pseudonyms.of_name(part, domain) for part in parts if part)

    def _product(self, text: str) -> str:
        """Redact a product of the price list, which is a string of JSON."""
        try:
            return json.dumps(self._of_product("", json.loads(text)))
        except (RecursionError, ValueError):
            return self._pseudonyms.of(text, "prices")

    def _of_prices(self, text: str) -> str:
        """Redact words between separators, in a domain that only public text has."""
        parts = _PARTS.split(text)
        return "".join(
            part
            if part in _OF_PRICES or (number % 2 and len(part) <= _MOST_SEPARATORS)
            else self._pseudonyms.of(part, "prices")
            for number, part in enumerate(parts)
        )

    def _of_product(self, name: str, value: Any) -> Any:  # noqa: PLR0911 - kinds
        match value:
            case dict() if name in {"OnDemand", "priceDimensions"}:
                return {
                    self._pseudonyms.of(key, "prices"): self._of_product("", inner)
                    for key, inner in value.items()
                }
            case dict():
                return {
                    key: self._of_product(key, inner)
                    for key, inner in value.items()
                    if key in PRODUCT
                }
            case str() if name == "effectiveDate" and _DATE.fullmatch(value):
                return EFFECTIVE  # the real date is public and would reveal the offset
            case str() if name in {"USD", "CNY"}:
                is_one = _is_amount(value)
                return "1.0" if is_one else self._pseudonyms.of(value, "prices")
            case str() if name == "unit" and value.lower() in {"hrs", "hours"}:
                return "Hrs"
            case str():
                return self._of_prices(value)
            case None | bool():
                return value
            case _:
                return 1


def _constants(name: str, member: str) -> Collection[str]:
    """The texts of the contract's own that a member has in requests."""
    if name in _NAMES or member == "Dimension.Value":
        return {NOBODY}
    return OF_INSTANCES if name == "MetricName" else CONSTANTS


def _owner(value: dict[str, Any], owner: str) -> str:
    """The trial, tuning job or hyperparameter that a structure is about."""
    for member in (TRIAL, JOB):
        if isinstance(name := value.get(member), str):
            return name.lower()
    return f"{owner} {name}" if isinstance(name := value.get("Name"), str) else owner


def _is_amount(value: str) -> bool:
    try:
        return finite(value)[0] is not None
    except OddError:
        return False


def _ranks(exchanges: Sequence[Exchange]) -> dict[float, float]:
    """The rank of each metric; a float32 if and only if the metric is one.

    Metrics below 0 and above 100 percent keep to these ranges.
    """
    values = {
        value
        for exchange in exchanges
        if exchange.is_fine
        for _, name, value in leaves(exchange.operation, exchange.answer)
        if name in _METRICS and is_number(value)
    }
    below = sorted((value for value in values if value < 0), reverse=True)
    shares = sorted(value for value in values if 0 <= value <= _HUNDRED)
    above = sorted(value for value in values if value > _HUNDRED)
    ranks = {value: -1.0 - rank for rank, value in enumerate(below)}
    ranks |= {value: rank / 2**14 for rank, value in enumerate(shares)}
    ranks |= {value: 101.0 + rank for rank, value in enumerate(above)}
    return {
        value: rank if is_float32(value) else rank + 1e-9
        for value, rank in ranks.items()
    }
