"""Brings the CRDs of a chart before its release, and waits until the cluster serves what they define."""

from __future__ import annotations

from collections.abc import Sequence

from computenest.kernel.errors import Transient
from computenest.kernel.ports import Clock
from computenest.resources._components.definitions import CustomDefinition
from computenest.resources._components.health import condition_of
from computenest.resources._components.objects import Body, as_map
from computenest.resources._components.observe import Observer

_LONGEST_S = 30.0
_LOOKS_S = 0.2


async def apply_definitions(observer: Observer, due: Sequence[CustomDefinition], clock: Clock) -> None:
    """Those that a preview has found.

    Raises:
        ApiError: the cluster refuses one.
        Transient: it does not begin to serve one.
    """
    if not due:
        return
    for definition in due:
        await observer.apply_definition(definition.one, is_dry=False)
    for definition in due:
        await _until_served(observer, definition, clock)
    observer.client.forget_kinds()


async def _until_served(observer: Observer, definition: CustomDefinition, clock: Clock) -> None:
    key, until_s = definition.one.key, clock.now_s() + _LONGEST_S
    resource = (await observer.client.kinds())[key.group, key.kind]
    while not _is_established(await observer.client.get(resource, "", key.name)):
        if clock.now_s() > until_s:
            raise Transient(f"the cluster does not serve CRD {key.name} {_LONGEST_S:.0f} s after it was applied")
        await clock.sleep(_LOOKS_S)


def _is_established(body: Body | None) -> bool:
    return condition_of(as_map((body or {}).get("status")), "Established") is not None
