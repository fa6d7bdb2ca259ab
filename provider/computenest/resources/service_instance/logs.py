"""The logs of a service instance: Compute Nest's, and the events of its stack."""

from __future__ import annotations

from computenest.kernel.logs import LogLine, in_order
from computenest.resources._program.logs import Logs, Subject, patient
from computenest.resources._program.session import Session
from computenest.resources.service_instance.api import CloudInstances
from computenest.resources.service_instance.declaration import RESOURCE
from computenest.resources.service_instance.model import InstanceId


async def _lines(session: Session, subject: Subject) -> tuple[LogLine, ...]:
    """ListServiceInstanceLogs and ListStackEvents."""
    instance_id = InstanceId(subject.cloud_id)
    port = patient(session, session.port(CloudInstances))
    found = await port.logs(instance_id=instance_id)
    seen = await port.get(instance_id=instance_id)
    if seen is not None and seen.stack is not None:
        stack_id, region = seen.stack
        found += await port.events(region=region, stack_id=stack_id)
    return in_order(found)


LOGS = Logs(RESOURCE.type_name, "instanceId", "si-", _lines)
