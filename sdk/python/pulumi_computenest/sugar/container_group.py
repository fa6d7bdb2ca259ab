"""What a `ContainerGroup` keeps secret whatever the program says."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pulumi

from pulumi_computenest.declaration import Declaration

__all__ = ["Sugar"]


class Sugar(Declaration):
    """A group as a program declares it."""

    _word = "container group"

    def _prepared(
        self, name: str, given: dict[str, Any], opts: pulumi.ResourceOptions | None
    ) -> tuple[dict[str, Any], pulumi.ResourceOptions | None]:
        given, opts = super()._prepared(name, given, opts)
        logins = given.get("registryLogins")
        if isinstance(logins, list):
            given = given | {"registryLogins": [_concealed(one) for one in logins]}
        return given, opts


def _concealed(login: Any) -> Any:
    """The password of a registry is a secret, and so is what the state makes of it."""
    if isinstance(login, Mapping) and "password" in login:
        return {**login, "password": pulumi.Output.secret(login["password"])}
    return login
