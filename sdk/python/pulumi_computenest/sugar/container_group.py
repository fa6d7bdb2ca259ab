"""What messages call a `ContainerGroup`."""

from __future__ import annotations

from pulumi_computenest.declaration import Declaration

__all__ = ["Sugar"]


class Sugar(Declaration):
    """A group as a program declares it."""

    _word = "container group"
