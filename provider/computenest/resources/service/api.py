"""Compute Nest's supplier API for services.

Each method is one action, or all pages of one (facts §1.6). What comes back is read tolerantly: few of the fields are
verified against the real cloud. GetService for an unknown id may answer 200 without a ServiceId (facts §1.1).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from computenest.cloud.calls import RegionalCalls
from computenest.cloud.client import Client
from computenest.cloud.endpoints import Product
from computenest.cloud.failures import Entity, unless_absent
from computenest.cloud.tagging import Tagging
from computenest.cloud.wire import json_text, object_in, objects_in, tag_pairs, tags_in, text, texts_named
from computenest.kernel.names import Token, VersionId
from computenest.kernel.unknown import Known
from computenest.kernel.values import Json
from computenest.resources.service.model import ServiceInfo
from computenest.resources.service.operating import DOCUMENTS, seen_fields
from computenest.resources.service.seen import Content, Findings, Registration, Version

_ASKED = (Entity.SERVICE, Entity.SERVICE_VERSION)
_DELETED = "Deleted"
_STATES = ("status", "status_detail", "registration_id")
_KINDS = ("version_name", "deploy_type", "service_type", "share_type", "approval_type")
_TEXTS = ("service_id", *_STATES, *_KINDS, "resource_group_id")
"""What GetService says in a text that stays one."""
_UPDATED_ONLY = frozenset({"Commodity", "ServiceLocaleConfigs"})
_LONGEST_REPORT = 1000  # of a message
_SIGNATURES = ("Signature=", "x-oss-signature=")


class CloudServices(RegionalCalls):
    """The services of one account. Source of each action: facts §1.6. Unlike those about artifacts, calls about
    services name the control region."""

    product = Product.COMPUTE_NEST

    def __init__(self, client: Client) -> None:
        super().__init__(client)
        self._tags = Tagging(client, Product.COMPUTE_NEST, "service")

    async def create(
        self, *, fields: Mapping[str, Json], tags: Mapping[str, str], resource_group_id: str | None, token: Token
    ) -> str:
        """CreateService: a new service with a draft; its id. `fields` are the API's own, metadata as documents."""
        parameters = {**_written(fields, is_new=True), "Tag": tag_pairs(tags), "ResourceGroupId": resource_group_id}
        answer = await self._call("CreateService", {**parameters, "ClientToken": token})
        return self._client.required(answer, "ServiceId", action="CreateService")

    async def create_draft(self, *, service_id: str, fields: Mapping[str, Json], token: Token) -> None:
        """CreateService with an id: a new draft. Conflict (`EntityAlreadyExist.DraftService`) where there is one."""
        await self._call(
            "CreateService", {**_written(fields, is_new=True), "ServiceId": service_id, "ClientToken": token}
        )

    async def update(self, *, service_id: str, version: VersionId, fields: Mapping[str, Json], token: Token) -> None:
        """UpdateService of one version. Conflict (`OperationDenied…`) while it is saved or reviewed."""
        named = {"ServiceId": service_id, "ServiceVersion": version, "ClientToken": token}
        await self._call("UpdateService", {**_written(fields), **named})

    async def owned(self, *, tags: Mapping[str, str]) -> tuple[str, ...]:
        """Ids of the services that carry all of these tags."""
        rows = await self._pages("ListServices", {"Tag": tag_pairs(tags)}, "Services")
        # The filter by tag is the cloud's; what it answers is compared all the same.
        ids = {text(row.get("ServiceId")) for row in rows if tags.items() <= tags_in(row.get("Tags")).items()}
        return tuple(sorted(ids - {""}))

    async def owned_versions(self, *, tags: Mapping[str, str]) -> Mapping[str, tuple[Version, ...]]:
        """Id -> every version of the services that carry all of these tags."""
        rows = await self._pages("ListServices", {"AllVersions": True, "Tag": tag_pairs(tags)}, "Services")
        ours = [row for row in rows if tags.items() <= tags_in(row.get("Tags")).items()]
        return {
            service_id: _versions(ours, service_id) for service_id in sorted({text(r.get("ServiceId")) for r in ours})
        }

    async def named(self, *, name: str) -> Mapping[str, Mapping[str, str]]:
        """Id -> tags of services with exactly this name in some language (the list API's filter is fuzzy)."""
        rows = await self._pages("ListServices", {"Filter": [{"Name": "Name", "Value": [name]}]}, "Services")
        return {
            text(row.get("ServiceId")): tags_in(row.get("Tags"))
            for row in rows
            if any(text(info.get("Name")) == name for info in objects_in(row, "ServiceInfos"))
        }

    async def versions(self, *, service_id: str) -> tuple[Version, ...]:
        """ListServices with all versions, of one service; () where it does not exist."""
        wanted: dict[str, Json] = {"AllVersions": True, "Filter": [{"Name": "ServiceId", "Value": [service_id]}]}
        rows = await self._pages("ListServices", wanted, "Services")
        return _versions(rows, service_id)

    async def get(self, *, service_id: str, version: VersionId | None = None) -> Content | None:
        """GetService; None where service or version does not exist."""
        with unless_absent(*_ASKED):
            answer = await self._call("GetService", {"ServiceId": service_id, "ServiceVersion": version})
            if text(answer.get("ServiceId")) and text(answer.get("Status")) != _DELETED:
                return _content(answer)
        return None

    async def delete(self, *, service_id: str, version: VersionId, token: Token) -> None:
        """DeleteService, of one version. Already gone is success; run by an instance or published is a Conflict."""
        await self._unless_gone("DeleteService", service_id, version, token)

    async def pre_launch(self, *, service_id: str, token: Token) -> None:
        """PreLaunchService: the draft becomes the beta as well."""
        await self._call("PreLaunchService", {"ServiceId": service_id, "ClientToken": token})

    async def register(self, *, service_id: str, token: Token) -> None:
        """RegisterService: the draft goes to the reviewers."""
        await self._call("RegisterService", {"ServiceId": service_id, "ClientToken": token})

    async def cancel_review(self, *, registration_id: str, token: Token) -> None:
        """CancelServiceRegistration."""
        await self._call("CancelServiceRegistration", {"RegistrationId": registration_id, "ClientToken": token})

    async def reviews(self, *, service_id: str) -> tuple[Registration, ...]:
        """ListServiceRegistrations, the newest first."""
        wanted = {"Filter": [{"Name": "ServiceId", "Value": [service_id]}]}
        rows = await self._pages("ListServiceRegistrations", wanted, "ServiceRegistrations")
        found = [
            Registration(
                **texts_named(row, "registration_id", "status", "comment"),
                version=text(row.get("ServiceVersion")),
                submitted=text(row.get("SubmitTime")),
            )
            for row in rows
            if text(row.get("ServiceId")) == service_id
        ]
        return tuple(sorted(found, key=lambda one: one.submitted, reverse=True))

    async def findings(self, *, registration_id: str) -> Findings | None:
        """GetServiceRegistration: what the reviewers found; None where there is no such submission."""
        with unless_absent(Entity.SERVICE_REGISTRATION):
            answer = await self._call("GetServiceRegistration", {"RegistrationId": registration_id})
            detail = object_in(answer.get("Detail"))
            return Findings(
                is_at_risk=detail.get("AtRisk") is True,
                reports=" ".join(text(detail.get("Reports")).split())[:_LONGEST_REPORT],
                differences=text(detail.get("TemplateDiffUrl")),
            )
        return None

    async def launch(self, *, service_id: str, version: VersionId, token: Token) -> None:
        """LaunchService: an approved or withdrawn version goes online."""
        named = {"ServiceId": service_id, "ServiceVersion": version, "ClientToken": token}
        await self._call("LaunchService", named)

    async def withdraw(self, *, service_id: str, version: VersionId, token: Token) -> None:
        """WithdrawService: an online version goes offline."""
        await self._unless_gone("WithdrawService", service_id, version, token)

    async def shared(self, *, service_id: str) -> Mapping[str, str]:
        """ListServiceSharedAccounts: account -> permission."""
        rows = await self._pages("ListServiceSharedAccounts", {"ServiceId": service_id}, "ShareAccount")  # sic, §1.6
        found = {text(row.get("UserAliUid")): text(row.get("Permission")) for row in rows}
        return {account: found[account] for account in sorted(found) if account}

    async def share(self, *, service_id: str, accounts: Mapping[str, str], token: Token) -> None:
        """AddServiceSharedAccounts, at most ten; Deployable or Accessible only."""
        listed = [{"UserAliUid": account, "Permission": accounts[account]} for account in sorted(accounts)]
        named: dict[str, Json] = {"ServiceId": service_id, "Type": "SharedAccount", "SharedAccounts": listed}
        await self._call("AddServiceSharedAccounts", {**named, "ClientToken": token})

    async def unshare(self, *, service_id: str, accounts: Sequence[str], token: Token) -> None:
        """RemoveServiceSharedAccounts, at most ten."""
        named: dict[str, Json] = {"ServiceId": service_id, "Type": "SharedAccount", "UserAliUids": sorted(accounts)}
        await self._call("RemoveServiceSharedAccounts", {**named, "ClientToken": token})

    async def set_permission(self, *, service_id: str, account: str, permission: str, token: Token) -> None:
        """UpdateSharedAccountPermission, which knows more permissions than sharing does."""
        named = {"ServiceId": service_id, "Type": "SharedAccount", "UserAliUid": account, "Permission": permission}
        await self._call("UpdateSharedAccountPermission", {**named, "ClientToken": token})

    async def tag(self, *, service_id: str, tags: Mapping[str, str]) -> None:
        """TagResources."""
        await self._tags.tag(service_id, tags)

    async def untag(self, *, service_id: str, keys: Sequence[str]) -> None:
        """UnTagResources."""
        await self._tags.untag(service_id, keys)

    async def instances(self, *, service_id: str) -> Mapping[str, str]:
        """ListServiceInstances of the supplier: id -> version of those that live."""
        wanted = {"Filter": [{"Name": "ServiceId", "Value": [service_id]}]}
        rows = await self._pages("ListServiceInstances", wanted, "ServiceInstances")
        found = {}
        for row in rows:
            service = object_in(row.get("Service"))
            if text(service.get("ServiceId")) in {"", service_id} and text(row.get("Status")) != _DELETED:
                found[text(row.get("ServiceInstanceId"))] = text(service.get("Version"))
        return found

    async def _unless_gone(self, action: str, service_id: str, version: VersionId, token: Token) -> None:
        with unless_absent(*_ASKED):
            await self._call(action, {"ServiceId": service_id, "ServiceVersion": version, "ClientToken": token})


def _versions(rows: Sequence[Mapping[str, Json]], service_id: str) -> tuple[Version, ...]:
    """A service's versions: draft and beta, then the newest number."""
    found = [
        Version(
            version=VersionId(text(row.get("Version"))),
            **texts_named(row, "status", "version_name", "share_type"),
            modified=text(row.get("UpdateTime")),
        )
        for row in rows
        if text(row.get("ServiceId")) == service_id and text(row.get("Status")) not in {"", _DELETED}
    ]
    return tuple(sorted(found, key=lambda one: (one.number > 0, -one.number, one.version)))


def _written(fields: Mapping[str, Json], *, is_new: bool = False) -> dict[str, Json]:
    """The API's fields; documents become JSON text. What only UpdateService takes (facts §1.6) is left out of a new
    draft, which differs then and is updated next."""
    taken = {key: value for key, value in fields.items() if not (is_new and key in _UPDATED_ONLY)}
    return {key: json_text(value) if _is_document(key, value) else value for key, value in taken.items()}


def _is_document(key: str, value: Json) -> bool:
    if key == "ServiceLocaleConfigs":  # the one list that the SDK sends as numbered parameters
        return False
    return key.endswith("Metadata") or (key in DOCUMENTS and not isinstance(value, str))


def _content(answer: Mapping[str, Json]) -> Content:
    infos = {text(row.get("Locale")): _info(row) for row in objects_in(answer, "ServiceInfos")}
    return Content(
        **texts_named(answer, *_TEXTS),
        version=VersionId(text(answer.get("Version"))),
        infos={locale: info for locale, info in sorted(infos.items()) if locale and info is not None},
        metadata={key: _unsigned(value) for key, value in object_in(answer.get("DeployMetadata")).items()},
        fields=seen_fields(answer, object_in),
        tags=MappingProxyType(tags_in(answer.get("Tags"))),
    )


def _unsigned(value: Json) -> Json:
    """A part of a document, in which addresses in the object storage carry no signature: it may come with every answer,
    expires within the hour, and would be saved with what is written back (emulator's fact svc-015)."""
    if isinstance(value, dict):
        return {key: _unsigned(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_unsigned(inner) for inner in value]
    if isinstance(value, str) and value.startswith("http") and any(sign in value for sign in _SIGNATURES):
        return value.partition("?")[0]
    return value


def _info(row: Mapping[str, Json]) -> ServiceInfo[Known] | None:
    """One language; what is not there is left unset, so that it is not written back as empty."""
    if not text(row.get("Name")):
        return None
    plain = {"ShortDescription": "short_description", "Image": "image", "LongDescriptionUrl": "long_description_url"}
    agreements = [{"name": text(a.get("Name")), "url": text(a.get("Url"))} for a in objects_in(row, "Agreements")]
    softwares = [{"name": text(s.get("Name")), "version": text(s.get("Version"))} for s in objects_in(row, "Softwares")]
    return ServiceInfo[Known].model_validate(
        {
            "name": text(row.get("Name")),
            **{ours: text(row.get(theirs)) for theirs, ours in plain.items() if text(row.get(theirs))},
            **({"agreements": agreements} if agreements else {}),
            **({"softwares": softwares} if softwares else {}),
        }
    )
