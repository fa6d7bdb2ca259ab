"""Marketplace requests."""

from computenest_cloud.wire.params import Params


def product_code(params: Params) -> str:
    return params.required("Code")
