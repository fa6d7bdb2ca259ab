"""Whether a hub's id is that of the keys which the hub is worked with: asked once a process, of the cloud itself.

A valid id that is somebody else's would share the source with a stranger, and no copy would ever begin.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from computenest.cloud.caller import CloudCaller
from computenest.kernel.errors import ComputeNestError, Reason
from computenest.kernel.names import AccountName
from computenest.kernel.outcome import Checked, Failure
from computenest.kernel.unknown import Unknown
from computenest.resources._packages.direct_model import DirectSpec
from computenest.resources._packages.image_package import Package


def hub_of(inputs: Package[Unknown]) -> AccountName | None:
    """The name of the account that the copies of checked inputs live in; None where nothing can be asked of it."""
    direct = inputs.direct
    return direct.hub_account if isinstance(direct, DirectSpec) and direct.hub_uid is not None else None


@dataclass(slots=True)
class HubChecks:
    """Checks packages against one hub account."""

    caller: CloudCaller
    _asked: asyncio.Task[str] | None = None

    async def check(self, checked: Checked[Package[Unknown]]) -> Checked[Package[Unknown]]:
        """With what the hub's own id says to it; a cloud that cannot tell is a warning."""
        direct = checked.inputs.direct
        if not isinstance(direct, DirectSpec):
            return checked
        given, name = direct.hub_uid, direct.hub_account or "default"
        if self._asked is None:
            self._asked = asyncio.create_task(self.caller.uid())
        try:
            uid = await asyncio.shield(self._asked)
        except ComputeNestError as error:
            unasked = f"it could not be asked whether {given} is the id of account {name!r}"
            return checked.plus(warnings=(Reason.of(error, left_out=unasked),))
        if given == uid:
            return checked
        wrong = Failure(
            "direct.hubUid",
            f"the keys of account {name!r} are those of {uid}, and {given} is somebody else: the source would be "
            f"shared with a stranger; name {uid}, or give the account other keys",
        )
        return checked.plus((wrong,))
