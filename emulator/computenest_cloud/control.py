"""The control plane, `/_cloud/…`: what a test or a demo does to the cloud from outside it. JSON, unsigned, loopback
only.

It gives keys of every account, so each call carries the handle's `control_token` in the header `x-cloud-control`, and
no page of another origin is answered (admission.py). Everything a client could not do in the real cloud is here, and
nothing else is.
"""

import os
from collections.abc import Callable
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from computenest_cloud import VERSION, catalogue, ledger
from computenest_cloud.admission import is_from_another_origin, is_same
from computenest_cloud.cloud import Cloud
from computenest_cloud.faults import RULES
from computenest_cloud.ids import new_access_key_id, new_secret
from computenest_cloud.rules import UnknownRuleError, load_facts
from computenest_cloud.services.computenest.artifacts import versions_of
from computenest_cloud.services.computenest.service_parsing import TEXT_FIELDS
from computenest_cloud.services.computenest.services import find_version as find_service_version
from computenest_cloud.services.ecs import images
from computenest_cloud.services.registry.control import StorageControl
from computenest_cloud.store.records import Artifact, ArtifactVersion, Association, Encryption, Image, Session
from computenest_cloud.store.service_records import ServiceStatus
from computenest_cloud.wire.values import parse_json

AccountName = Literal["supplier", "hub", "customer", "stranger"]


class ControlError(Exception):
    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class _Body(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ClockBody(_Body):
    advance_s: float


class HoldBody(_Body):
    action: str = ""  # empty: any
    calls: int = Field(default=1, ge=1)


class NewImageBody(_Body):
    account: AccountName
    region: str
    name: str
    image_id: str = ""
    size_gib: int = 40
    encrypted: bool | Encryption = False
    in_use: bool = False
    product_code: str = ""


class LostImageBody(_Body):
    region: str
    image_id: str


class EditBody(_Body):
    artifact_id: str
    version: str = ""  # empty: the newest
    set: dict[str, Any]


class AssociationBody(_Body):
    artifact_id: str
    version: str
    service_id: str = ""


class ReviewBody(_Body):
    registration_id: str = ""  # empty: all that are submitted
    approve: bool = True
    comment: str = ""


class ServiceEditBody(_Body):
    service_id: str
    version: str = ""  # empty: the default one
    set: dict[str, Any] = {}
    listed_as: str | None = None  # a marketplace product's code; empty: delisted


class SessionBody(_Body):
    account: AccountName
    expires_in_s: float = 3600.0


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


class Control:
    def __init__(self, cloud: Cloud, token: str) -> None:
        self._cloud = cloud
        self._token = token
        self._world = cloud.world

    def routes(self) -> list[Route]:
        table: dict[tuple[str, str], Callable[[Any], Any]] = {
            ("GET", "status"): self.status,
            ("POST", "reset"): self.reset,
            ("POST", "clock"): self.advance,
            ("GET", "ledger"): self.ledger,
            ("GET", "calls"): self.calls,
            ("DELETE", "calls"): self.forget_calls,
            ("GET", "hold"): self.held,
            ("PUT", "hold"): self.put_hold,
            ("DELETE", "hold"): self.end_hold,
            ("GET", "faults"): self.faults,
            ("PUT", "faults"): self.put_faults,
            ("GET", "facts"): self.facts,
            ("PUT", "facts"): self.put_facts,
            ("POST", "images"): self.new_image,
            ("DELETE", "images"): self.lose_image,
            ("POST", "artifacts/edit"): self.edit_artifact,
            ("POST", "associations"): self.associate,
            ("DELETE", "associations"): self.dissociate,
            ("POST", "registrations/review"): self.review,
            ("POST", "services/edit"): self.edit_service,
            ("POST", "sts"): self.new_session,
            **StorageControl(self._cloud).table(),
        }
        return [self._route(method, path, handler) for (method, path), handler in table.items()]

    def _route(self, method: str, path: str, handler: Callable[[Any], Any]) -> Route:
        async def endpoint(request: Request) -> JSONResponse:
            try:
                self._check(request)
                text = (await request.body()).decode()
                body = parse_json(text) if text else {}
                self._world.catch_up()
                result = handler(body)
                self._cloud.commit()
            except (ControlError, UnknownRuleError, ValueError) as failure:
                self._cloud.roll_back()
                status = failure.status if isinstance(failure, ControlError) else 400
                return JSONResponse({"error": str(failure)}, status)
            return JSONResponse(result)

        return Route(f"/_cloud/{path}", endpoint, methods=[method])

    def _check(self, request: Request) -> None:
        if is_from_another_origin(request):
            raise ControlError(403, "the control plane answers to no page of another origin")
        if not is_same(request.headers.get("x-cloud-control", ""), self._token):
            raise ControlError(403, "the header 'x-cloud-control' must carry the control_token of the handle file")

    def status(self, _: Any) -> dict[str, Any]:
        store, clock = self._cloud.store, self._world.clock
        return {
            "version": VERSION,
            "pid": os.getpid(),
            "now": self._world.now,
            "time_scale": clock.scale,
            "is_virtual": clock.is_virtual,
            "seed": self._cloud.seed,
            "counts": {
                "images": len(store.images),
                "artifacts": sum(artifact.deleted_at is None for artifact in store.artifacts),
                "versions": sum(version.deleted_at is None for version in store.versions),
                "shares": len(store.shares),
                "services": sum(service.deleted_at is None for service in store.services),
                "instances": sum(instance.deleted_at is None for instance in store.instances),
            },
            "accounts": {account.name: account.uid for account in store.accounts},
            "regions": list(catalogue.regions()),
            "failures": self._world.guard.failures,
            "is_in_transaction": self._cloud.store.is_in_transaction,
        }

    def reset(self, _: Any) -> dict[str, Any]:
        self._cloud.reset()
        return {}

    def advance(self, body: Any) -> dict[str, Any]:
        self._world.clock.advance(ClockBody.model_validate(body).advance_s)
        self._world.catch_up()
        return {"now": self._world.now}

    def held(self, _: Any) -> dict[str, Any]:
        return {"is_reached": self._cloud.hold.is_reached}

    def put_hold(self, body: Any) -> dict[str, Any]:
        wanted = HoldBody.model_validate(body)
        self._cloud.hold.put(wanted.action, wanted.calls)
        return {}

    def end_hold(self, _: Any) -> dict[str, Any]:
        self._cloud.hold.end()
        return {}

    def ledger(self, _: Any) -> dict[str, Any]:
        return ledger.report(self._cloud)

    def calls(self, _: Any) -> dict[str, Any]:
        return self._world.calls.report()

    def forget_calls(self, _: Any) -> dict[str, Any]:
        self._world.calls.clear()
        return {}

    def faults(self, _: Any) -> list[dict[str, Any]]:
        return self._world.faults.statistics()

    def put_faults(self, body: Any) -> list[dict[str, Any]]:
        self._world.faults.replace(RULES.validate_python(body))
        return self._world.faults.statistics()

    def facts(self, _: Any) -> dict[str, Any]:
        topics = load_facts()
        return {
            "positions": self._world.rules.positions(),
            "facts": [fact.model_dump(mode="json") | {"topic": topic} for topic in topics for fact in topics[topic]],
        }

    def put_facts(self, body: Any) -> dict[str, Any]:
        self._world.rules.change(TypeAdapter(dict[str, Any]).validate_python(body))
        return {"positions": self._world.rules.positions()}

    def new_image(self, body: Any) -> dict[str, Any]:
        wanted = NewImageBody.model_validate(body)
        if wanted.region not in catalogue.regions():
            raise ControlError(400, f"unknown region {wanted.region!r}")
        if wanted.image_id in self._cloud.store.images:
            raise ControlError(409, f"the image {wanted.image_id!r} exists already")
        encryption: Encryption = "none"
        if wanted.encrypted:
            encryption = "service" if wanted.encrypted is True else wanted.encrypted
        image = images.add(
            self._world,
            Image(
                image_id=wanted.image_id or images.new_id(self._world, wanted.region),
                seq=self._world.mint.count("order"),
                region=wanted.region,
                owner_uid=self._world.account(wanted.account).uid,
                name=wanted.name,
                size_gib=wanted.size_gib,
                created_at=self._world.now,
                encryption=encryption,
                is_in_use=wanted.in_use,
                product_code=wanted.product_code,
                is_catalogue=True,
            ),
        )
        return {"image_id": image.image_id}

    def lose_image(self, body: Any) -> dict[str, Any]:
        wanted = LostImageBody.model_validate(body)
        image = self._cloud.store.images.get(wanted.image_id)
        if image is None or image.region != wanted.region:
            raise ControlError(404, f"there is no image {wanted.image_id!r} in {wanted.region!r}")
        self._cloud.copier.lose(image)
        return {}

    def _version(self, artifact_id: str, name: str) -> tuple[Artifact, ArtifactVersion]:
        artifact = self._cloud.store.artifacts.get(artifact_id)
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
        self._cloud.store.associations.add(Association(**wanted.model_dump()))
        return {}

    def dissociate(self, body: Any) -> dict[str, Any]:
        """Without a service_id: whatever uses the version."""
        wanted = AssociationBody.model_validate(body)
        for association in self._cloud.store.associations:
            same = (association.artifact_id, association.version) == (wanted.artifact_id, wanted.version)
            if same and wanted.service_id in {"", association.service_id}:
                self._cloud.store.associations.remove(association.key)
        return {}

    def review(self, body: Any) -> dict[str, Any]:
        """What a human reviewer at Alibaba Cloud decides about a submitted service."""
        wanted = ReviewBody.model_validate(body)
        if not wanted.registration_id:
            decide = self._cloud.publishing.review
            submitted = [one for one in self._cloud.store.registrations if one.status == "Submitted"]
            decided = [one for one in submitted if decide(one, is_approved=wanted.approve, comment=wanted.comment)]
            return {"decided": len(decided)}
        found = self._cloud.store.registrations.get(wanted.registration_id)
        if found is None:
            raise ControlError(404, f"there is no registration {wanted.registration_id!r}")
        if not self._cloud.publishing.review(found, is_approved=wanted.approve, comment=wanted.comment):
            raise ControlError(409, f"the registration is {found.status}")
        return {"status": found.status}

    def edit_service(self, body: Any) -> dict[str, Any]:
        """Changes a service without asking any rule, as somebody in the console might."""
        wanted = ServiceEditBody.model_validate(body)
        service = self._cloud.store.services.get(wanted.service_id)
        if service is None or service.deleted_at is not None:
            raise ControlError(404, f"there is no service {wanted.service_id!r}")
        version = find_service_version(self._world, service, wanted.version)
        unknown = set(wanted.set) - set(TEXT_FIELDS) - {"ServiceInfos", "Status"}
        if unknown:
            known = ", ".join([*TEXT_FIELDS, "ServiceInfos", "Status"])
            raise ControlError(400, f"cannot set {', '.join(sorted(unknown))}; known: {known}")
        changed = dict(wanted.set)
        if "ServiceInfos" in changed:
            version.infos = tuple(TypeAdapter(list[dict[str, Any]]).validate_python(changed.pop("ServiceInfos")))
        if "Status" in changed:
            version.status = TypeAdapter(ServiceStatus).validate_python(changed.pop("Status"))
        version.fields = {**version.fields, **changed}
        service.listed_as = service.listed_as if wanted.listed_as is None else wanted.listed_as
        version.modified_at = self._world.now
        self._cloud.permissions.apply()
        return {"service_id": service.service_id, "version": version.version}

    def new_session(self, body: Any) -> dict[str, Any]:
        wanted = SessionBody.model_validate(body)
        session = Session(
            access_key_id=new_access_key_id(temporary=True),
            access_key_secret=new_secret(44),
            security_token=new_secret(200),
            account=wanted.account,
            expires_at=self._world.now + wanted.expires_in_s,
        )
        self._cloud.store.sessions.add(session)
        return session.model_dump()
