"""What a transport has to know of the property bags of one type of resource."""

from __future__ import annotations

from dataclasses import dataclass

from computenest.kernel.fields import Resource
from computenest.kernel.lifecycle import Models


@dataclass(frozen=True, slots=True)
class Shape:
    """The property bags of one type of resource.

    Args:
        declared: the type.
        models: of its values.
        id_key: the output that is the resource's id.
        unread: inputs of which a transport's program may send something else than the schema says.
        written: what programs may leave out, and states never do.
    """

    declared: Resource
    models: Models
    id_key: str = "artifactId"
    unread: frozenset[str] = frozenset()
    written: frozenset[str] = frozenset()
