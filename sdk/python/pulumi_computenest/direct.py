"""Direct distribution, as a program asks for it: copies in accounts of one's own, without Compute Nest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

import pulumi

from pulumi_computenest.source import camel

__all__ = ["DirectDistribution"]


@dataclass(frozen=True, kw_only=True)
class DirectDistribution:
    """The provider itself shares the source with the hub account, copies it there and on to every region, and permits
    accounts to launch from the copies.

    Args:
        hub_account: a key of `computenest:accounts`: the account that the copies live in.
        hub_uid: that account's id, 16 digits; needed where the source image lives in another account.
        permit: ids of the accounts that may launch from the copies, at most 50.
        topology: `tree` (default: every finished copy serves other regions) or `star` (all from the source's region).
        kms_keys: region -> id of the key that the copy there is encrypted with.
        image_quota: images that the hub account may have in a region; checked before the first copy.
        per_source: running copies that one region may serve (5; 0 for no limit).
        per_destination: running copies that one region may receive (5; 0 for no limit).
    """

    hub_account: str
    hub_uid: pulumi.Input[str] | None = None
    permit: Sequence[pulumi.Input[str]] | None = None
    topology: pulumi.Input[str] | None = None
    kms_keys: Mapping[str, pulumi.Input[str]] | None = None
    image_quota: pulumi.Input[int] | None = None
    per_source: pulumi.Input[int] | None = None
    per_destination: pulumi.Input[int] | None = None


def direct_properties(direct: DirectDistribution) -> dict[str, Any]:
    """What the provider reads, with the stack's name for `computenest orphans`."""
    given = {camel(item.name): getattr(direct, item.name) for item in fields(direct)}
    stack = f"{pulumi.get_project()}/{pulumi.get_stack()}"
    return {key: value for key, value in {**given, "stack": stack}.items() if value is not None}
