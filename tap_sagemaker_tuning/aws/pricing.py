"""Lists the prices of training in a region, from the Price List Query API.

https://docs.aws.amazon.com/awsaccountbilling/latest/aboutv2/using-price-list-query-api.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from tap_sagemaker_tuning.aws.operations import GET_PRODUCTS
from tap_sagemaker_tuning.aws.pages import checked

if TYPE_CHECKING:
    from tap_sagemaker_tuning.aws.client import Client

ENDPOINTS = {"aws": "us-east-1", "aws-cn": "cn-northwest-1"}
"""The region of each partition's price list; other partitions have none."""


class Products(NamedTuple):
    """Products of a price list, each as JSON text, and the service's time."""

    items: list[Any]
    seen: str


class PriceList:
    """The price list of a partition."""

    def __init__(self, client: Client) -> None:
        """Open the price list with the credentials of a scope in its partition."""
        self._client = client
        self._api = client.connected("pricing", ENDPOINTS[client.partition])

    def training(self, region: str, at_most: int | None = None) -> Products:
        """List the products of a region whose component is training.

        Args:
            region: The region, such as `eu-west-1`.
            at_most: The most products to list; None: all.

        Returns:
            The products. A region has some two hundred, which takes two calls.
        """
        matches = {"regionCode": region, "component": "Training"}  # fact 72
        pages = self._api.get_paginator(GET_PRODUCTS.method).paginate(
            ServiceCode="AmazonSageMaker",
            Filters=[
                {"Type": "TERM_MATCH", "Field": field, "Value": value}
                for field, value in matches.items()
            ],
            PaginationConfig={
                "PageSize": at_most or GET_PRODUCTS.page_limit,
                "MaxItems": at_most,
            },
        )
        found = Products([], "")
        for page in checked(GET_PRODUCTS, pages, self._client.scope):
            found = Products(found.items + page.items, page.seen)
        return found
