"""The stack's configuration as the host receives it: only the keys that this provider reads."""

from __future__ import annotations

from typing import Any

from pulumi.dynamic import Config


def stack_configuration(config: Config) -> dict[str, Any]:
    """The keys of `computenest:` and `alicloud:` that are set."""
    from computenest.cloud.configuration import Configuration  # noqa: PLC0415 - a program never needs it

    found = {str(field.alias): config.get(str(field.alias)) for field in Configuration.model_fields.values()}
    return {key: value for key, value in found.items() if value is not None}
