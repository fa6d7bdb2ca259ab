"""Compute Nest's supplier API for services, and the place that their templates are put in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from computenest.kernel.names import Token, VersionId
from computenest.kernel.values import Json
from computenest.resources.service.seen import Content, Findings, Registration, Version

__all__ = ["Services", "TemplateStore"]


class Services(Protocol):
    """Source of each action: facts §1.6."""

    async def create(
        self, *, fields: Mapping[str, Json], tags: Mapping[str, str], resource_group_id: str | None, token: Token
    ) -> str:
        """CreateService: a new service with a draft; its id. `fields` are the API's own, metadata as documents."""
        ...

    async def create_draft(self, *, service_id: str, fields: Mapping[str, Json], token: Token) -> None:
        """CreateService with an id: a new draft. Conflict (`EntityAlreadyExist.DraftService`) where there is one."""
        ...

    async def update(self, *, service_id: str, version: VersionId, fields: Mapping[str, Json], token: Token) -> None:
        """UpdateService of one version. Conflict (`OperationDenied…`) while it is saved or reviewed."""
        ...

    async def owned(self, *, tags: Mapping[str, str]) -> tuple[str, ...]:
        """Ids of the services that carry all of these tags."""
        ...

    async def owned_versions(self, *, tags: Mapping[str, str]) -> Mapping[str, tuple[Version, ...]]:
        """Id -> every version of the services that carry all of these tags."""
        ...

    async def named(self, *, name: str) -> Mapping[str, Mapping[str, str]]:
        """Id -> tags of services with exactly this name in some language (the list API's filter is fuzzy)."""
        ...

    async def versions(self, *, service_id: str) -> tuple[Version, ...]:
        """ListServices with all versions, of one service; () where it does not exist."""
        ...

    async def get(self, *, service_id: str, version: VersionId | None = None) -> Content | None:
        """GetService; None where service or version does not exist."""
        ...

    async def delete(self, *, service_id: str, version: VersionId, token: Token) -> None:
        """DeleteService, of one version. Already gone is success; run by an instance or published is a Conflict."""
        ...

    async def pre_launch(self, *, service_id: str, token: Token) -> None:
        """PreLaunchService: the draft becomes the beta as well."""
        ...

    async def register(self, *, service_id: str, token: Token) -> None:
        """RegisterService: the draft goes to the reviewers."""
        ...

    async def cancel_review(self, *, registration_id: str, token: Token) -> None:
        """CancelServiceRegistration."""
        ...

    async def reviews(self, *, service_id: str) -> tuple[Registration, ...]:
        """ListServiceRegistrations, the newest first."""
        ...

    async def findings(self, *, registration_id: str) -> Findings | None:
        """GetServiceRegistration: what the reviewers found; None where there is no such submission."""
        ...

    async def launch(self, *, service_id: str, version: VersionId, token: Token) -> None:
        """LaunchService: an approved or withdrawn version goes online."""
        ...

    async def withdraw(self, *, service_id: str, version: VersionId, token: Token) -> None:
        """WithdrawService: an online version goes offline."""
        ...

    async def shared(self, *, service_id: str) -> Mapping[str, str]:
        """ListServiceSharedAccounts: account -> permission."""
        ...

    async def share(self, *, service_id: str, accounts: Mapping[str, str], token: Token) -> None:
        """AddServiceSharedAccounts, at most ten; Deployable or Accessible only."""
        ...

    async def unshare(self, *, service_id: str, accounts: Sequence[str], token: Token) -> None:
        """RemoveServiceSharedAccounts, at most ten."""
        ...

    async def set_permission(self, *, service_id: str, account: str, permission: str, token: Token) -> None:
        """UpdateSharedAccountPermission, which knows more permissions than sharing does."""
        ...

    async def tag(self, *, service_id: str, tags: Mapping[str, str]) -> None:
        """TagResources."""
        ...

    async def untag(self, *, service_id: str, keys: Sequence[str]) -> None:
        """UnTagResources."""
        ...

    async def instances(self, *, service_id: str) -> Mapping[str, str]:
        """ListServiceInstances of the supplier: id -> version of those that live."""
        ...


class TemplateStore(Protocol):
    """Where templates are put so that Compute Nest reads them."""

    async def put(self, *, name: str, text: str) -> str:
        """GetUploadCredentials and one upload: the address of the text."""
        ...

    async def get(self, *, url: str) -> str | None:
        """The text at an address; None where it is gone or may not be read."""
        ...
