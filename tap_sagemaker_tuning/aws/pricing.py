"""The Price List Query API: what an hour of training costs in a region.

https://docs.aws.amazon.com/awsaccountbilling/latest/aboutv2/using-price-list-query-api.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tap_sagemaker_tuning.aws.client import check_result
from tap_sagemaker_tuning.aws.operations import GET_PRODUCTS
from tap_sagemaker_tuning.aws.retries import Retries

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tap_sagemaker_tuning.aws.client import Client

ENDPOINTS = {"aws": "us-east-1", "aws-cn": "cn-northwest-1"}
"""By partition, the region in which its price list is asked for; others have none."""


class PriceList:
    """The price list of a partition."""

    def __init__(self, api: Any, config: Mapping[str, Any]) -> None:
        """Wrap a boto3 client of the service `pricing`."""
        self._api = api
        Retries(config["max_attempts"]).register(api.meta.events, "pricing")

    def training(self, region: str) -> list[str]:
        """List the products of a region whose component is training.

        Args:
            region: The region, such as `eu-west-1`.

        Returns:
            The products, JSON as text each. A region has some two hundred: two calls.
        """
        matches = {"regionCode": region, "component": "Training"}
        pages = self._api.get_paginator(GET_PRODUCTS.method).paginate(
            ServiceCode="AmazonSageMaker",
            Filters=[
                {"Type": "TERM_MATCH", "Field": field, "Value": value}
                for field, value in matches.items()
            ],
            PaginationConfig={"PageSize": GET_PRODUCTS.page_limit},
        )
        found: list[str] = []
        for page in pages:
            check_result(GET_PRODUCTS, page)
            found += page[GET_PRODUCTS.result]
        return found


def open_price_list(client: Client, config: Mapping[str, Any]) -> PriceList:
    """Open the price list with the credentials of a scope of its partition."""
    return PriceList(client.connect("pricing", ENDPOINTS[client.partition]), config)
