"""The log of a service: what the reviewers said of each submission."""

from __future__ import annotations

from computenest.kernel.logs import LogLine, in_order
from computenest.resources._program.logs import Logs, Subject, patient
from computenest.resources._program.session import Session
from computenest.resources.service.api import CloudServices
from computenest.resources.service.declaration import RESOURCE
from computenest.resources.service.observer import with_findings

_SHOWN = 20  # submissions whose details are asked for, a call each


async def _lines(session: Session, subject: Subject) -> tuple[LogLine, ...]:
    """ListServiceRegistrations, and GetServiceRegistration of each."""
    port = patient(session, session.port(CloudServices))
    found = []
    for row in (await port.reviews(service_id=subject.cloud_id))[:_SHOWN]:
        one = await with_findings(port, row)
        version = f"version {one.version}" if one.version else "a draft"
        found.append(LogLine(one.submitted, one.said, version, one.status, "review"))
    return in_order(found)


LOGS = Logs(RESOURCE.type_name, "serviceId", "service-", _lines)
