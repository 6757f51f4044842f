"""Redaction: replaces everything in an answer that is not known to be safe to share.

It keeps the members and enumerated values of the service's model, counts, and what the
facts need: which texts are equal, with and without regard to case, their quotes and
separators, and how times and metrics compare.
"""

from __future__ import annotations

import json
import re
import secrets
from typing import TYPE_CHECKING, Any

from sagemaker_tuning_contract.exchanges import OK, TOKEN
from sagemaker_tuning_contract.facts.values import (
    NOT_FINITE,
    is_float32,
    is_number,
)
from sagemaker_tuning_contract.modelled import leaves, operation_model
from sagemaker_tuning_contract.pseudonyms import Pseudonyms
from sagemaker_tuning_contract.vocabulary import (
    CONSTANTS,
    EFFECTIVE,
    ERROR_CODES,
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
_ARN = re.compile(
    r"(arn:aws(?:-cn|-us-gov)?:sagemaker:)(.*?)"
    r"(:(?:training-job|hyper-parameter-tuning-job)/)(.*)",
    re.DOTALL,
)
_DATE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
_COUNTS = re.compile(
    r"(Max(?!Value$)|Number).*|.*(InSeconds|InGB|Count)|Period|Completed|InProgress|"
    r"RetryableError|NonRetryableError|Stopped|Succeeded|Pending|Failed"
)
"""Members whose numbers are kept. MaxValue is not: it is a hyperparameter's."""

_METRICS = {"Value", "Values"}
_HUNDRED = 100.01  # percent, with room for rounding
_OF_PRICES = {"Train", "Training", "ml"}


class Redactor:
    """Redacts the exchanges of one recording.

    Args:
        exchanges: All exchanges: each metric becomes its rank among all metrics.
        with_metrics: Keep the values of metrics.
    """

    def __init__(self, exchanges: Sequence[Exchange], *, with_metrics: bool) -> None:
        # The price list is public: shared pseudonyms would reveal other texts.
        self._of_prices, self._of_others = Pseudonyms(), Pseudonyms()
        self._pseudonyms = self._of_others
        self._shift = (secrets.randbelow(_MOST_SHIFTS) + 1) * _GRID
        self._kept: Collection[str] = ()
        self._ranks = None if with_metrics else _ranks(exchanges)

    def redacted(self, exchange: Exchange) -> dict[str, Any]:
        """Make the shareable form of an exchange.

        Raises:
            ValueError: Exchanges of this operation cannot be recorded.
        """
        if exchange.operation not in operations():
            msg = "an operation that cannot be recorded"
            raise ValueError(msg)
        model = operation_model(exchange.operation)
        is_of_prices = exchange.operation == GET_PRODUCTS.name
        self._pseudonyms = self._of_prices if is_of_prices else self._of_others
        self._kept = CONSTANTS  # the contract's own texts stay, in requests only
        request = self._value(model.input_shape, "", exchange.request)
        self._kept = frozenset()
        if exchange.status == OK:
            answer = self._value(model.output_shape, "", exchange.answer)
        else:
            answer = self._error(exchange)
        return {
            "operation": exchange.operation,
            "request": request,
            "status": exchange.status,
            "answer": answer if isinstance(answer, dict) else None,
            "at": None if exchange.at is None else exchange.at + self._shift,
        }

    def _value(self, shape: Any, name: str, value: Any) -> Any:  # noqa: PLR0911 - kinds
        kind = getattr(shape, "type_name", None)
        match value:
            case None | bool():
                return value
            case dict() if kind == "structure":
                return self._structure(shape, value)
            case dict() if kind == "map":
                return {
                    self._text("", key): self._value(shape.value, "", inner)
                    for key, inner in value.items()
                }
            case list() if kind == "list":
                return [self._value(shape.member, name, inner) for inner in value]
            case int() | float() if kind == "timestamp":
                return self._time(value)
            case int() | float():
                return self._number(name, value)
            case str() if name in _METRICS and kind in {"float", "double"}:
                return self._number_as_text(value)
            case str() if value in shape.metadata.get("enum", ()) if shape else ():
                return value
            case str():
                return self._text(name, value)
            case _:
                return UNMODELLED

    def _structure(self, shape: Any, value: dict[str, Any]) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for key, inner in value.items():
            if key == "Environment":  # people put API keys there
                found[key] = {}
            elif key in shape.members:
                found[key] = self._value(shape.members[key], key, inner)
            elif key in words():
                found[key] = UNMODELLED
        return found

    def _error(self, exchange: Exchange) -> dict[str, Any]:
        """Redact an error, except for a known code and the words facts look for."""
        if not isinstance(exchange.answer, dict):
            return {}
        code, message = exchange.error_code, exchange.message
        found = {}
        if "__type" in exchange.answer:
            found["__type"] = code if code in ERROR_CODES else self._token(code)
        if message:
            found["message"] = self._message(message)
        return found

    def _message(self, message: str) -> str:
        said = message.strip().rstrip(".")
        for phrase in PHRASES:
            if said == phrase:
                return phrase
            if phrase in said:
                return f"{self._token(said)}: {phrase}"
        return self._token(said)

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
        return self._token(value)

    def _text(self, name: str, value: str) -> str:
        if value in self._kept:
            return value
        if name == TOKEN:
            return self._token(value)
        if name == "PriceList":
            return self._product(value)
        if name == "FailureReason":
            return LETTERS[0] * len(value)
        if found := _ARN.fullmatch(value):
            start, home, kind, rest = found.groups()
            return start + self._tokens(home) + kind + self._tokens(rest)
        return self._tokens(value)

    def _tokens(self, text: str, kept: frozenset[str] = frozenset()) -> str:
        """Replace every word between separators with its pseudonym."""
        parts = _PARTS.split(text)
        return "".join(
            part
            if part in kept or (number % 2 and len(part) <= _MOST_SEPARATORS)
            else self._token(part)
            for number, part in enumerate(parts)
        )

    def _token(self, text: str) -> str:
        """The pseudonym of a text; texts that differ only in case share its letters."""
        return self._pseudonyms.of(text)

    def _product(self, text: str) -> str:
        """Redact a product of the price list, which is a string of JSON."""
        try:
            found = json.loads(text)
        except (RecursionError, ValueError):
            return self._token(text)
        return json.dumps(self._of_product("", found))

    def _of_product(self, name: str, value: Any) -> Any:  # noqa: PLR0911 - kinds
        match value:
            case dict() if name in {"OnDemand", "priceDimensions"}:
                return {
                    self._token(key): self._of_product("", inner)
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
                return "1.0" if _is_amount(value) else self._token(value)
            case str() if name == "unit" and value.lower() in {"hrs", "hours"}:
                return "Hrs"
            case str():
                return self._tokens(value, frozenset(_OF_PRICES))
            case None | bool():
                return value
            case _:
                return 1


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
        for one in exchanges
        if one.is_fine
        for _, name, value in leaves(one.operation, one.answer)
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
