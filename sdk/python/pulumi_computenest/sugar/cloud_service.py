"""What a `CloudService` gives to deployments before it is made: it is a definition, and nothing in any cluster."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pulumi

from pulumi_computenest.declaration import Declaration

__all__ = ["Sugar"]


class Sugar(Declaration):
    """A service as a program declares it."""

    _word = "service"

    def _prepared(
        self, name: str, given: dict[str, Any], opts: pulumi.ResourceOptions | None
    ) -> tuple[dict[str, Any], pulumi.ResourceOptions | None]:
        given, opts = super()._prepared(name, {"name": name.lower(), **given}, opts)
        self.content = {key: given[key] for key in ("name", "version", "components") if key in given}
        secret = pulumi.ResourceOptions(additional_secret_outputs=["definition"])
        return given, pulumi.ResourceOptions.merge(opts, secret) if _has_output(given.get("components")) else opts


def _has_output(value: Any) -> bool:
    """Whether anything in it may be a secret."""
    if isinstance(value, Mapping):
        return any(map(_has_output, value.values()))
    return any(map(_has_output, value)) if isinstance(value, list | tuple) else isinstance(value, pulumi.Output)
