"""The functions of the plugin: questions about packages and templates that change nothing."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from computenest import templates
from computenest.kernel.errors import Invalid, NotFound
from computenest.kernel.names import AccountName, ArtifactId, OwnerId, RegionId
from computenest.kernel.regions import foreign_home
from computenest.resources._packages.content_model import Kind
from computenest.resources._packages.opened import packages_of
from computenest.resources._packages.repositories import CloudRepositories
from computenest.resources._program.accounts import asked_of
from computenest.resources._program.core import Core

Function = Callable[[Core, Mapping[str, Any]], Awaitable[Mapping[str, Any]]]

_SHOWN = ("artifactId", "name", "source", "regions", "description", "tags", "version", "status", "images", "statuses")


async def _get_package(core: Core, args: Mapping[str, Any]) -> Mapping[str, Any]:
    artifact_id = ArtifactId(_text(args, "artifactId"))
    account = AccountName(str(args.get("account") or ""))
    from computenest.resources._packages.adopt import adopted  # noqa: PLC0415 - a preview needs none

    packages = packages_of(await core.account_of(AccountName(account)))
    found = await adopted(packages, artifact_id, owner_id=OwnerId(""), account=account)
    if found is None:
        raise NotFound(f"there is no package {artifact_id}", hint="check the id and computenest:region")
    state = found.state.bag()
    return {key: state[key] for key in _SHOWN if key in state}


async def _render_template(core: Core, args: Mapping[str, Any]) -> Mapping[str, Any]:
    del core
    text, region, packages = _text(args, "template"), _text(args, "region"), args.get("packages")
    if not isinstance(packages, Mapping):
        raise Invalid("a map from marker to a map from region to image id is needed", path="packages")
    chosen: dict[str, str] = {}
    for marker, images in packages.items():
        image = images.get(region) if isinstance(images, Mapping) else None
        if not isinstance(image, str):
            raise Invalid(f"there is no image in {region}", path=f"packages[{marker!r}]")
        for where, given in images.items():
            home = foreign_home(str(where), given) if isinstance(given, str) else None
            if home is not None:
                raise Invalid(f"{given} is an image of {home} by its prefix", path=f"packages[{marker!r}][{where!r}]")
        chosen[marker] = image
    data = text.encode()
    scan = templates.scan(data, name=str(args.get("templateName") or "template"))
    return {"text": templates.render(data, scan=scan, substitutions=chosen).decode()}


async def _get_template_positions(core: Core, args: Mapping[str, Any]) -> Mapping[str, Any]:
    del core
    data = _text(args, "template").encode()
    scan = templates.scan(data, name=str(args.get("templateName") or "template"))
    return {
        "format": scan.format,
        "digest": scan.digest,
        "positions": [
            {
                "path": position.address,
                "line": position.line,
                "form": position.form,
                "value": position.value or "",
                "resourceType": position.resource_type,
                "editable": position.is_editable,
                "reason": position.reason or "",
            }
            for position in scan.positions
        ],
    }


async def _get_repository_credentials(core: Core, args: Mapping[str, Any]) -> Mapping[str, Any]:
    kinds = {kind.value: kind for kind in Kind}
    kind = kinds.get(_text(args, "artifactType"))
    if kind is None:
        raise Invalid(f"{args['artifactType']!r} is none of {', '.join(sorted(kinds))}", path="artifactType")
    named = args.get("account")
    account = await core.account_of(AccountName(named if isinstance(named, str) else ""))
    region = RegionId(str(args["region"])) if args.get("region") else None
    port = asked_of(account, account.session.port(CloudRepositories))
    key = await port.temporary_key(kind=kind, region=region)
    keys = [secret.reveal() for secret in key.storage_keys or ()] or ["", "", ""]
    return {
        "expiry": key.expires_ms,
        "username": key.login.username if key.login else "",
        "password": key.login.password.reveal() if key.login else "",
        "accessKeyId": keys[0],
        "accessKeySecret": keys[1],
        "securityToken": keys[2],
        "resources": [{"region": one.region, "name": one.name, "path": one.path} for one in key.resources],
    }


def _text(args: Mapping[str, Any], key: str) -> str:
    value = args.get(key)
    if not isinstance(value, str) or not value:
        raise Invalid("a text is needed", path=key)
    return value


FUNCTIONS: Mapping[str, Function] = {
    "computenest:index:getPackage": _get_package,
    "computenest:index:getRepositoryCredentials": _get_repository_credentials,
    "computenest:index:getTemplatePositions": _get_template_positions,
    "computenest:index:renderTemplate": _render_template,
}

SECRET_ANSWERS: Mapping[str, frozenset[str]] = {
    "computenest:index:getRepositoryCredentials": frozenset(
        {"accessKeyId", "accessKeySecret", "password", "securityToken"}
    ),
}
"""What of an answer is secret whatever was asked."""
