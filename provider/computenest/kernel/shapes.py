"""What a transport has to know of the property bags of one type of resource."""

from __future__ import annotations

from dataclasses import dataclass

from computenest.kernel.fields import Resource
from computenest.kernel.lifecycle import Models

__all__ = ["Shape"]


@dataclass(frozen=True, slots=True)
class Shape:
    """The property bags of one type of resource.

    Args:
        declared: the type.
        id_key: the output that is the resource's id.
        models: of its values.
        unread: inputs of which a transport's program may send something else than the schema says.
        short: inputs that a program may give in a form that the schema does not show; the check reads both.
        written: what programs may leave out, and states never do.
    """

    declared: Resource
    id_key: str = "artifactId"
    models: Models | None = None
    unread: frozenset[str] = frozenset()
    short: frozenset[str] = frozenset()
    written: frozenset[str] = frozenset()
