"""What a `Cluster` keeps secret, and what it gives to deployments before it is made."""

from __future__ import annotations

from typing import Any

import pulumi

from pulumi_computenest.declaration import Declaration, Prepared

__all__ = ["Sugar"]


class Sugar(Declaration):
    """A cluster as a program declares it."""

    _word = "cluster"

    def _prepared(self, name: str, given: dict[str, Any], opts: pulumi.ResourceOptions | None) -> Prepared:
        given, opts = super()._prepared(name, {"name": name.lower(), **given}, opts)
        if "kubeconfig" in given:
            given = {**given, "kubeconfig": pulumi.Output.secret(given["kubeconfig"])}
        keys = ("kubeconfig", "context", "kubernetesVersion", "labels")
        self.reach = {key: given[key] for key in ("name", *keys) if key in given}
        secret = pulumi.ResourceOptions(additional_secret_outputs=["access", "kubeconfig"])
        return given, pulumi.ResourceOptions.merge(opts, secret)
