"""The control plane's part about artifacts: what somebody in the console (or an operator) might change."""

from typing import Any

from pydantic import BaseModel, ConfigDict, TypeAdapter

from computenest_cloud.errors import ControlError
from computenest_cloud.service import ControlCalls
from computenest_cloud.services.nest_artifacts.artifacts import versions_of
from computenest_cloud.services.nest_artifacts.records import (
    ARTIFACTS,
    ASSOCIATIONS,
    Artifact,
    ArtifactVersion,
    Association,
)
from computenest_cloud.world import World


class _Body(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class EditBody(_Body):
    artifact_id: str
    version: str = ""  # empty: the newest
    set: dict[str, Any]


class AssociationBody(_Body):
    artifact_id: str
    version: str
    service_id: str = ""


ARTIFACT_FIELDS = {"name": str, "tags": dict[str, str], "permission_type": str, "resource_group_id": str}
VERSION_FIELDS = {
    "description": str,
    "version_name": str,
    "regions": tuple[str, ...],
    "status": str,
    "status_detail": str,
    "image_delivery": dict[str, str],
    "artifact_property": dict[str, Any],
    "build_property": dict[str, Any],
}
FIELD_NAMES = {"image_delivery": "delivery"}


class ArtifactControl:
    def __init__(self, world: World) -> None:
        self._world = world

    def calls(self) -> ControlCalls:
        return {
            ("POST", "artifacts/edit"): self.edit_artifact,
            ("POST", "associations"): self.associate,
            ("DELETE", "associations"): self.dissociate,
        }

    def _version(self, artifact_id: str, name: str) -> tuple[Artifact, ArtifactVersion]:
        artifact = self._world.store[ARTIFACTS].get(artifact_id)
        for version in versions_of(self._world, artifact_id):
            if artifact is not None and name in {"", version.version}:
                return artifact, version
        raise ControlError(404, f"there is no version {name!r} of an artifact {artifact_id!r}")

    def edit_artifact(self, body: Any) -> dict[str, Any]:
        """Changes an artifact without asking any rule, as somebody in the console (or an operator) might."""
        wanted = EditBody.model_validate(body)
        artifact, version = self._version(wanted.artifact_id, wanted.version)
        unknown = set(wanted.set) - set(ARTIFACT_FIELDS) - set(VERSION_FIELDS)
        if unknown:
            known = ", ".join([*ARTIFACT_FIELDS, *VERSION_FIELDS])
            raise ControlError(400, f"cannot set {', '.join(sorted(unknown))}; known: {known}")
        for name, value in wanted.set.items():
            kind: Any = ARTIFACT_FIELDS.get(name) or VERSION_FIELDS[name]
            record = artifact if name in ARTIFACT_FIELDS else version
            setattr(record, FIELD_NAMES.get(name, name), TypeAdapter(kind).validate_python(value))
        version.modified_at = self._world.now
        return {"artifact_id": artifact.artifact_id, "version": version.version}

    def associate(self, body: Any) -> dict[str, Any]:
        wanted = AssociationBody.model_validate(body)
        self._version(wanted.artifact_id, wanted.version)
        if not wanted.service_id:
            raise ControlError(400, "service_id is missing")
        self._world.store[ASSOCIATIONS].add(Association(**wanted.model_dump()))
        return {}

    def dissociate(self, body: Any) -> dict[str, Any]:
        """Without a service_id: whatever uses the version."""
        wanted = AssociationBody.model_validate(body)
        for association in self._world.store[ASSOCIATIONS]:
            same = (association.artifact_id, association.version) == (wanted.artifact_id, wanted.version)
            if same and wanted.service_id in {"", association.service_id}:
                self._world.store[ASSOCIATIONS].remove(association.key)
        return {}
