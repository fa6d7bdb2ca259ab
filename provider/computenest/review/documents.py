"""What the engine's documents, previews and states, say of one resource. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_OURS = ("computenest:", "pulumi-python:dynamic/computenest:")


def type_in(urn: str) -> str:
    """The type in a URN, without those of its parents."""
    parts = urn.split("::")
    return parts[2].rpartition("$")[2] if len(parts) > 2 else ""


def kind_of(urn: str) -> str:
    """The last part of the type of a resource of ours, `Service`; "" for others."""
    token = type_in(urn)
    return token.rpartition(":")[2] if token.startswith(_OURS) else ""


def inputs_of(state: Any) -> Mapping[str, Any]:
    """The inputs in a step's state; {} where it has none."""
    return map_in(state.get("inputs")) if isinstance(state, Mapping) else {}


def map_in(value: Any) -> Mapping[str, Any]:
    """A map; {} for anything else."""
    return value if isinstance(value, Mapping) else {}
