"""What people should know of a group that pulls with a temporary key. Pure."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from computenest.kernel.unknown import Maybe, Unknown
from computenest.resources.container_group.model import Inputs

_INSTEAD = (
    "use restartPolicy Never or OnFailure for work that ends, or a registry of your own (registryLogins, "
    "acrRegistryInfo)"
)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def key_ends(inputs: Inputs[Unknown], expires_ms: Maybe[str]) -> str:
    """What to say of a group whose key ends then, "" for nothing: one that is started again may have to pull again, on
    another machine or by its pull policy (facts §10.7).

    Args:
        expires_ms: the cloud's epoch milliseconds, as a text.
    """
    if not _may_pull_again(inputs):
        return ""
    return f"{_what(inputs)}: whatever has to be pulled again after {_moment(expires_ms)} fails; {_INSTEAD}"


def key_is_temporary(inputs: Inputs[Unknown]) -> str:
    """The same of a group that has no key yet."""
    if not _may_pull_again(inputs):
        return ""
    return f"{_what(inputs)}: whatever has to be pulled again after its end fails; {_INSTEAD}"


def _what(inputs: Inputs[Unknown]) -> str:
    named = ", ".join(str(one.name) for one in inputs.everything_run if one.package is not None)
    return f"restartPolicy Always, and {named} is pulled with a temporary key"


def _may_pull_again(inputs: Inputs[Unknown]) -> bool:
    return inputs.restart_policy == "Always" and inputs.has_packages


def _moment(expires_ms: Maybe[str]) -> str:
    """In UTC, to the minute; "its end" where that is not known."""
    try:
        moment = _EPOCH + timedelta(milliseconds=int(str(expires_ms)))
    except (ValueError, OverflowError):
        return "its end"
    return f"{moment:%Y-%m-%d %H:%M} UTC"
