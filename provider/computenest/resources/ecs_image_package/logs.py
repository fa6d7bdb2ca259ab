"""The log of an image package: what its managed build printed."""

from __future__ import annotations

from computenest.kernel.logs import LogLine
from computenest.kernel.names import ArtifactId
from computenest.resources._packages.api import CloudArtifacts
from computenest.resources._program.logs import Logs, Subject, patient
from computenest.resources._program.session import Session
from computenest.resources.ecs_image_package.declaration import RESOURCE


async def _lines(session: Session, subject: Subject) -> tuple[LogLine, ...]:
    """ListArtifactBuildLogs of the newest version: a draft, where there is one."""
    artifact_id = ArtifactId(subject.cloud_id)
    port = patient(session, session.port(CloudArtifacts))
    versions = await port.versions(artifact_id=artifact_id)
    if not versions:
        return ()
    return await port.build_log(artifact_id=artifact_id, version=versions[0].version)


LOGS = Logs(RESOURCE.type_name, "artifactId", "artifact-", _lines)
