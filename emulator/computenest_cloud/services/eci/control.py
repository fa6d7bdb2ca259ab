"""The control plane's part about containers: what happens inside one, which no API of the cloud makes happen."""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from computenest_cloud.errors import ControlError
from computenest_cloud.service import ControlCalls
from computenest_cloud.services.eci.groups import Groups
from computenest_cloud.services.eci.records import GROUPS
from computenest_cloud.world import World


class ContainerBody(BaseModel):
    """`exit_code`: the container ends with it now. `lines`: it logs them now."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    group_id: str
    container: str = ""  # empty: the first one
    exit_code: int | None = Field(default=None, ge=0, le=255)
    reason: str = ""  # such as OOMKilled
    lines: tuple[str, ...] = Field(default=(), max_length=1000)


class ContainerControl:
    def __init__(self, world: World, groups: Groups) -> None:
        self._world = world
        self._groups = groups

    def calls(self) -> ControlCalls:
        return {("POST", "containers"): self.happen}

    def happen(self, body: Any) -> dict[str, Any]:
        wanted = ContainerBody.model_validate(body)
        group = self._world.store[GROUPS].get(wanted.group_id)
        if group is None or group.deleted_at is not None:
            raise ControlError(404, f"there is no container group {wanted.group_id!r}")
        own = [found for found in group.containers if wanted.container in {"", found.name} and not found.is_init]
        if not own:
            raise ControlError(404, f"there is no container {wanted.container!r}")
        if own[0].phase != "running":
            raise ControlError(409, f"the container is {own[0].phase}")
        offset = self._world.now - (own[0].started_at or 0.0)
        said = sorted((*own[0].lines, *((offset, text) for text in wanted.lines)), key=lambda line: line[0])
        changed = self._groups.containers.put(group, own[0].model_copy(update={"lines": tuple(said)}))
        if wanted.exit_code is not None:
            self._groups.containers.exit(group, changed, wanted.exit_code, reason=wanted.reason)
            self._groups.settle(group)
        return {"status": group.status}
