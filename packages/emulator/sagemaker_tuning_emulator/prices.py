"""The Price List API's GetProducts, for the service AmazonSageMaker."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sagemaker_tuning_emulator.errors import ServiceError
from sagemaker_tuning_emulator.price_list import CHINA, SERVICE

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sagemaker_tuning_emulator.price_list import Price
    from sagemaker_tuning_emulator.request import Request

ENDPOINTS = frozenset({"us-east-1", "eu-central-1", "ap-south-1", "cn-northwest-1"})
"""The regions with a Price List endpoint, as in botocore's endpoints.json."""

MAX_RESULTS = 100


def products(request: Request) -> dict[str, Any]:
    """GetProducts.

    Raises:
        ServiceError: The service is unknown, or the region has no endpoint.
    """
    params, asked = request.params, request.scope.home.region
    if asked not in ENDPOINTS:
        code = "UnrecognizedClientException"
        message = f"There is no price list to ask in {asked}."
        raise ServiceError(code, message)
    if params["ServiceCode"] != SERVICE:
        code = "InvalidParameterException"
        message = f"Input Parameters are invalid. No service {params['ServiceCode']}"
        raise ServiceError(code, message)
    china = asked.startswith(CHINA)
    rows = [
        price
        for price in request.prices
        if price.region.startswith(CHINA) == china
        and all(_passes(price, one) for one in params.get("Filters", ()))
    ]
    found, token = request.rows(rows, params.get("MaxResults", MAX_RESULTS))
    items = [price.item() for price in found]
    return {"FormatVersion": "aws_v1", "PriceList": items, **token}


def _passes(price: Price, one: Mapping[str, str]) -> bool:
    """Return whether a product matches a filter."""
    fields = {
        **price.attributes(),
        "sku": price.sku,
        "productFamily": "ML Instance" if price.instance_type else "ML Storage",
    }
    found = {name.lower(): value for name, value in fields.items()}.get(
        one["Field"].lower()
    )
    return found is not None and MATCHES[one["Type"]](found, one["Value"])


MATCHES: Mapping[str, Callable[[str, str], bool]] = {
    "TERM_MATCH": lambda found, wanted: found.lower() == wanted.lower(),
    "EQUALS": lambda found, wanted: found == wanted,
    "CONTAINS": lambda found, wanted: wanted.lower() in found.lower(),
    "ANY_OF": lambda found, wanted: found in wanted.split(","),
    "NONE_OF": lambda found, wanted: found not in wanted.split(","),
}
