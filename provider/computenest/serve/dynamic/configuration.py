"""The stack's configuration as the host receives it: only the keys that this provider reads."""

from __future__ import annotations

from typing import Any

from pulumi.dynamic import Config

KEYS = (
    "alicloud:accessKey",
    "alicloud:profile",
    "alicloud:region",
    "alicloud:secretKey",
    "alicloud:securityToken",
    "computenest:accessKey",
    "computenest:accounts",
    "computenest:assumeStableDelivery",
    "computenest:cloud",
    "computenest:endpoints",
    "computenest:noAnswerS",
    "computenest:pollIntervalS",
    "computenest:region",
    "computenest:secretKey",
    "computenest:securityToken",
)


def stack_configuration(config: Config) -> dict[str, Any]:
    """The keys of `computenest:` and `alicloud:` that are set."""
    found = {key: config.get(key) for key in KEYS}
    return {key: value for key, value in found.items() if value is not None}
