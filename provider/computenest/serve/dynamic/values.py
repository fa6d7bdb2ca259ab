"""The engine's property bags and the domain's values, each way.

The dynamic host hands unknowns over as `pulumi.output.Unknown` objects at any depth and its own key `__provider`
beside the user's; the core knows only UNKNOWN and its own keys.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pulumi.output import Unknown

from computenest.kernel.unknown import UNKNOWN

PROVIDER_KEY = "__provider"
_ATTEMPTED_AT = "attemptedAt"


def from_engine(properties: Mapping[str, Any]) -> dict[str, Any]:
    """A property bag as the core reads it."""
    return {key: _read(value) for key, value in properties.items() if key not in {PROVIDER_KEY, _ATTEMPTED_AT}}


def to_engine(properties: Mapping[str, Any], *, attempted_at_s: float | None = None) -> dict[str, Any]:
    """A property bag as the engine takes it; `attempted_at_s` (epoch seconds) only for an incomplete state."""
    written = {key: _write(value) for key, value in properties.items()}
    if attempted_at_s is not None:
        written[_ATTEMPTED_AT] = attempted_at_s
    return written


def _read(value: Any) -> Any:
    if isinstance(value, Unknown):
        return UNKNOWN
    if isinstance(value, Mapping):
        return {key: _read(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_read(item) for item in value]
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value


def _write(value: Any) -> Any:
    if value is UNKNOWN:
        return Unknown()  # type: ignore[no-untyped-call]
    if isinstance(value, Mapping):
        return {key: _write(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_write(item) for item in value]
    return value
