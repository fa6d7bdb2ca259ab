"""The control plane's part about services: the reviewers, and what somebody in the console might change."""

from typing import Any

from pydantic import BaseModel, ConfigDict, TypeAdapter

from computenest_cloud.errors import ControlError
from computenest_cloud.service import ControlCalls
from computenest_cloud.services.nest_services.parsing import DOCUMENT_FIELDS, TEXT_FIELDS
from computenest_cloud.services.nest_services.permissions import Permissions
from computenest_cloud.services.nest_services.publishing import Publishing
from computenest_cloud.services.nest_services.records import REGISTRATIONS, SERVICES, ServiceStatus
from computenest_cloud.services.nest_services.services import find_version
from computenest_cloud.world import World


class _Body(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ReviewBody(_Body):
    registration_id: str = ""  # empty: all that are submitted
    approve: bool = True
    comment: str = ""
    reports: str = ""  # what GetServiceRegistration tells beside the comment
    at_risk: bool = False


class ServiceEditBody(_Body):
    service_id: str
    version: str = ""  # empty: the default one
    set: dict[str, Any] = {}
    listed_as: str | None = None  # a marketplace product's code; empty: delisted


class ServiceControl:
    def __init__(self, world: World, publishing: Publishing, permissions: Permissions) -> None:
        self._world = world
        self._publishing = publishing
        self._permissions = permissions

    def calls(self) -> ControlCalls:
        return {("POST", "registrations/review"): self.review, ("POST", "services/edit"): self.edit_service}

    def review(self, body: Any) -> dict[str, Any]:
        """What a human reviewer at Alibaba Cloud decides about a submitted service."""
        wanted = ReviewBody.model_validate(body)
        if not wanted.registration_id:
            decide = self._publishing.review
            submitted = [one for one in self._world.store[REGISTRATIONS] if one.status == "Submitted"]
            decided = [one for one in submitted if decide(one, is_approved=wanted.approve, comment=wanted.comment)]
            return {"decided": len(decided)}
        found = self._world.store[REGISTRATIONS].get(wanted.registration_id)
        if found is None:
            raise ControlError(404, f"there is no registration {wanted.registration_id!r}")
        found.reports, found.is_at_risk = wanted.reports, wanted.at_risk
        if not self._publishing.review(found, is_approved=wanted.approve, comment=wanted.comment):
            raise ControlError(409, f"the registration is {found.status}")
        return {"status": found.status}

    def edit_service(self, body: Any) -> dict[str, Any]:
        """Changes a service without asking any rule, as somebody in the console might."""
        wanted = ServiceEditBody.model_validate(body)
        service = self._world.store[SERVICES].get(wanted.service_id)
        if service is None or service.deleted_at is not None:
            raise ControlError(404, f"there is no service {wanted.service_id!r}")
        version = find_version(self._world, service, wanted.version)
        unknown = set(wanted.set) - {*TEXT_FIELDS, *DOCUMENT_FIELDS, "ServiceInfos", "Status"}
        if unknown:
            known = ", ".join([*TEXT_FIELDS, *DOCUMENT_FIELDS, "ServiceInfos", "Status"])
            raise ControlError(400, f"cannot set {', '.join(sorted(unknown))}; known: {known}")
        changed = dict(wanted.set)
        if "ServiceInfos" in changed:
            version.infos = tuple(TypeAdapter(list[dict[str, Any]]).validate_python(changed.pop("ServiceInfos")))
        if "Status" in changed:
            version.status = TypeAdapter(ServiceStatus).validate_python(changed.pop("Status"))
        version.fields = {**version.fields, **changed}
        service.listed_as = service.listed_as if wanted.listed_as is None else wanted.listed_as
        version.modified_at = self._world.now
        self._permissions.apply()
        return {"service_id": service.service_id, "version": version.version}
