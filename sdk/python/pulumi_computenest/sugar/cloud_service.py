"""What a `CloudService` gives to deployments before it is made: it is a definition, and nothing in any cluster."""

from __future__ import annotations

from typing import Any

import pulumi

from pulumi_computenest.declaration import Declaration, Prepared, has_output

__all__ = ["Sugar"]


class Sugar(Declaration):
    """A service as a program declares it."""

    _word = "service"

    def _prepared(self, name: str, given: dict[str, Any], opts: pulumi.ResourceOptions | None) -> Prepared:
        given, opts = super()._prepared(name, {"name": name.lower(), **given}, opts)
        self.content = {key: given[key] for key in ("name", "version", "components") if key in given}
        secret = pulumi.ResourceOptions(additional_secret_outputs=["definition"])
        return given, pulumi.ResourceOptions.merge(opts, secret) if has_output(given.get("components")) else opts
