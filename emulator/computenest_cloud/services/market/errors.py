"""The marketplace's error codes (assumed: none is published)."""

from computenest_cloud.errors import ServiceError


def unknown_product(code: str) -> ServiceError:
    return ServiceError(404, "ProductNotFound", f"The product {code!r} does not exist.")
