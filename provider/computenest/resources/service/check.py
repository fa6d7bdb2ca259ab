"""Validation of a service's inputs: pure, on known and partly unknown values alike, all failures at once.

A template comes in as text and leaves as its digest: `texts` carries what has to be uploaded, for this process only.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from pydantic import TypeAdapter, ValidationError

from computenest import templates
from computenest.kernel import regions as geography
from computenest.kernel.arguments import (
    check_line,
    check_name,
    check_numbers,
    check_tags,
    odd_character,
    quoted,
    unlike,
)
from computenest.kernel.errors import Invalid
from computenest.kernel.names import OwnerId
from computenest.kernel.outcome import Checked, Failure
from computenest.kernel.unknown import UNKNOWN, has_unknown
from computenest.resources._packages.direct_model import is_resource_id
from computenest.resources.service.coverage import beyond, permissions, uncovered, unsubstituted, warnings
from computenest.resources.service.model import PERMISSIONS, Service, ServiceInfo
from computenest.resources.service.operating_check import check_operating, in_normal_form

__all__ = ["CheckedService", "Recorded", "check", "service_of"]

LOCALES = ("en-US", "zh-CN")
_MAX_SHARED = 50  # fact §4: share permissions of one image, which the whitelist is copied to
_UID_DIGITS = 16
_MAX_TEMPLATE_NAME = 128  # assumed: no source names a limit
_COMPUTED = frozenset({"ownerId", "generation", "permissions", "edition", "review", "due"})
_OWN = frozenset(
    {"infos", "templates", "relations", "associations", "shareAccounts", "tags", "metadata", "logicalName"}
)
_FIELDS = {
    info.alias or name: TypeAdapter(info.rebuild_annotation())
    for name, info in Service.model_fields.items()
    if (info.alias or name) not in _COMPUTED | _OWN
}
_INFO = TypeAdapter(ServiceInfo)
_DIRECT = (
    "the package of marker {0!r} is distributed directly, so it is no artifact of Compute Nest: take `direct` out "
    "of it, or name the artifact behind the marker: relations={{{0!r}: {{'artifactId': …, 'version': …}}}}"
)
_RESERVED_OPTIONS = ("Name", "Url", "AllowedRegions")


@dataclass(frozen=True, slots=True)
class Recorded:
    """What the state says of a resource: read by the first check of a replacement, used by the second."""

    owner_id: OwnerId
    generation: int


@dataclass(frozen=True, slots=True)
class CheckedService:
    """Checked inputs, what a preview should say beside them, and the texts behind the digests."""

    checked: Checked
    warnings: tuple[str, ...] = ()
    texts: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))


def check(
    olds: Mapping[str, Any],
    news: Mapping[str, Any],
    *,
    recorded: Recorded | None,
    associations: Iterable[Mapping[str, Any]] = (),
) -> CheckedService:
    """Checked inputs: normalised, with identity, templates as digests, and what the packages' permissions will be.

    Args:
        olds: the inputs checked last time, {} for a create or the second check of a replacement.
        news: what the program asks for; a template is its text, or the facts of last time (`ignoreChanges`, import).
        recorded: what this process has seen of the same resource in the state, for a replacement.
        associations: checked inputs of the program's associations.
    """
    failures: list[Failure] = []
    texts: dict[str, str] = {}
    inputs: dict[str, Any] = {}
    for key, value in news.items():
        if key in _COMPUTED | _OWN or value is None:
            continue
        if key not in _FIELDS:
            near = geography.nearest(key, {*_FIELDS, *_OWN})
            failures.append(
                Failure(key, f"there is no property {key!r}" + (f"; did you mean {near!r}?" if near else ""))
            )
        elif has_unknown(value):
            inputs[key] = UNKNOWN
        else:
            inputs[key] = in_normal_form(key, _validated(_FIELDS[key], value, path=key, failures=failures))
    inputs.setdefault("visibility", "private")
    check_line(inputs.get("versionName"), failures, path="versionName")
    inputs["infos"] = _check_infos(news.get("infos"), failures)
    inputs["templates"] = _check_templates(news.get("templates"), texts, failures)
    inputs["relations"] = _check_relations(olds, news, failures)
    inputs |= _check_plain_maps(news, failures)
    shared = _check_accounts(news.get("shareAccounts"), failures)
    if shared is not None:
        inputs["shareAccounts"] = shared
    inputs["permissions"] = permissions(inputs)
    inputs |= _identity(olds, news, recorded)
    check_operating(inputs, texts, failures)
    failures += uncovered(inputs, texts) + unsubstituted(inputs, news.get("relations"), associations)
    released, drafts = _reach(news.get("relations"))
    failures += beyond(inputs, texts, released)
    # A draft is distributed nowhere yet: until it is released, its regions are an intention like the template's.
    gaps = tuple(f"{gap.path}: {gap.reason}" for gap in beyond(inputs, texts, drafts))
    if not failures:
        inputs["edition"] = UNKNOWN if has_unknown(inputs) else service_of(inputs).edition
    return CheckedService(Checked(inputs, tuple(failures)), warnings(olds, inputs) + gaps, texts)


def service_of(inputs: Mapping[str, Any]) -> Service:
    """The service that fully known, checked inputs (or a state) describe.

    Raises:
        pydantic.ValidationError: never for inputs that passed `check`.
    """
    names = {info.alias or name for name, info in Service.model_fields.items()}
    return Service.model_validate({key: value for key, value in inputs.items() if key in names})


def _identity(olds: Mapping[str, Any], news: Mapping[str, Any], recorded: Recorded | None) -> dict[str, Any]:
    if olds.get("ownerId"):
        return {"ownerId": str(olds["ownerId"]), "generation": int(olds.get("generation", 1))}
    if recorded is not None:
        return {"ownerId": recorded.owner_id, "generation": recorded.generation + 1}
    return {"ownerId": news.get("ownerId", ""), "generation": 1}


def _check_infos(given: Any, failures: list[Failure]) -> Any:
    if given is UNKNOWN:
        return UNKNOWN
    if not isinstance(given, Mapping) or not given:
        failures.append(Failure("infos", "a map from locale to name is needed, as in {en-US: Shop}"))
        return {}
    infos: dict[str, Any] = {}
    for locale, info in sorted(given.items()):
        path = f"infos[{locale!r}]"
        if locale not in LOCALES:
            failures.append(Failure(path, f"{quoted(locale)} is no locale of Compute Nest; use {' or '.join(LOCALES)}"))
            continue
        value = {"name": info} if isinstance(info, str) else info
        if has_unknown(value):
            infos[locale] = value if isinstance(value, Mapping) else UNKNOWN
        else:
            infos[locale] = _without_defaults(_validated(_INFO, value, path=path, failures=failures))
            name = value.get("name") if isinstance(value, Mapping) else None
            if isinstance(name, str) and name and not name.strip():
                failures.append(Failure(f"{path}.name", "a name that is not blank is needed"))
            elif isinstance(name, str) and (odd := odd_character(name)):
                failures.append(Failure(f"{path}.name", f"the name has {odd}; take it out"))
    return infos


def _without_defaults(value: Any) -> Any:
    if not isinstance(value, Mapping):
        return value
    return {key: item for key, item in value.items() if item is not None and item not in ([], ())}


def _check_templates(given: Any, texts: dict[str, str], failures: list[Failure]) -> Any:
    if given is None:
        return {}
    if given is UNKNOWN:
        return UNKNOWN
    if not isinstance(given, Mapping):
        failures.append(Failure("templates", "a map from name to template is needed"))
        return {}
    found: dict[str, Any] = {}
    for name, entry in sorted(given.items()):
        path = f"templates[{quoted(name)}]"
        check_name(name, failures, limit=_MAX_TEMPLATE_NAME, path=path)
        if entry is UNKNOWN:
            found[name] = UNKNOWN
            continue
        whole = {"text": entry} if isinstance(entry, str) else entry
        if isinstance(whole, Mapping):
            found[name] = _check_template(str(name), whole, path, texts, failures)
        else:
            failures.append(Failure(path, "give the template's text, or a template with regions"))
    return found


def _check_template(
    name: str, entry: Mapping[str, Any], path: str, texts: dict[str, str], failures: list[Failure]
) -> dict[str, Any]:
    known = {"text", "fileName", "regions", "options", "digest", "format", "sizeBytes"}
    failures += [Failure(f"{path}.{key}", f"there is no property {quoted(key)}") for key in sorted({*entry} - known)]
    shown: dict[str, Any] = {}
    text = entry.get("text")
    if text is UNKNOWN:
        shown["digest"] = UNKNOWN
    elif isinstance(text, str):
        data = text.encode("utf-8", "surrogatepass")
        try:
            scan = templates.scan(data, name=str(entry.get("fileName") or name))
        except Invalid as refused:
            failures.append(Failure(path, str(refused)))
        else:
            texts[scan.digest] = text
            shown |= {"digest": scan.digest, "format": scan.format, "sizeBytes": len(data)}
    elif entry.get("digest"):
        shown |= {key: entry[key] for key in ("digest", "format", "sizeBytes") if key in entry}
    else:
        failures.append(Failure(path, "the template's text is needed"))
    shown |= _check_allowed(entry.get("regions"), f"{path}.regions", failures)
    options = entry.get("options")
    if isinstance(options, Mapping) and options:
        check_numbers(options, failures, path=f"{path}.options")
        for key in _RESERVED_OPTIONS:
            if key in options:
                failures.append(Failure(f"{path}.options.{key}", "this key is the resource's own"))
        shown["options"] = dict(options)
    return shown


def _check_allowed(regions: Any, path: str, failures: list[Failure]) -> dict[str, Any]:
    """Where a template may be deployed, {} for everywhere."""
    if regions is UNKNOWN or has_unknown(regions):
        return {"regions": UNKNOWN}
    if regions is not None and not isinstance(regions, list | tuple):
        failures.append(Failure(path, "a list of regions is needed, as in [cn-hangzhou, cn-beijing]"))
        return {}
    for index, region in enumerate(regions or ()):
        if not (isinstance(region, str) and region):
            failures.append(Failure(f"{path}[{index}]", f"{quoted(region)} is not a region id"))
    return {"regions": sorted({region for region in regions if isinstance(region, str)})} if regions else {}


def _check_relations(olds: Mapping[str, Any], news: Mapping[str, Any], failures: list[Failure]) -> Any:
    given, associated = news.get("relations"), news.get("associations")
    if given is UNKNOWN or associated is UNKNOWN or has_unknown(associated):
        return UNKNOWN
    found: dict[str, Any] = {}
    before = olds.get("relations") if isinstance(olds.get("relations"), Mapping) else {}
    named = given if isinstance(given, Mapping) else {}
    for index, relation in enumerate(associated if isinstance(associated, list | tuple) else ()):
        if not isinstance(relation, Mapping) or not all(isinstance(target, Mapping) for target in relation.values()):
            failures.append(Failure(f"associations[{index}]", "give the `relation` of a ServiceImageAssociation"))
            continue
        for marker, target in sorted(relation.items()):
            if is_resource_id(target.get("ArtifactId")) and marker in named:
                continue  # the artifact that stands in for copies of one's own
            shown = {"artifactId": target.get("ArtifactId"), "version": target.get("ArtifactVersion")}
            _put_relation(found, marker, shown, f"associations[{index}][{marker!r}]", before or {}, failures)
    for marker, target in sorted(named.items()):
        if isinstance(target, Mapping) and target.get("kind") == "map":
            continue  # see `unsubstituted`
        _put_relation(found, marker, target, f"relations[{marker!r}]", before or {}, failures)
    return dict(sorted(found.items()))


def _put_relation(
    found: dict[str, Any],
    marker: str,
    target: Any,
    path: str,
    before: Mapping[str, Any],
    failures: list[Failure],
) -> None:
    if target is UNKNOWN:
        found[marker] = UNKNOWN
        return
    artifact_id = target.get("artifactId") if isinstance(target, Mapping) else None
    if artifact_id is not UNKNOWN and not (isinstance(artifact_id, str) and artifact_id):
        failures.append(Failure(path, "give a package, or an artifactId with its version"))
        return
    if target.get("direct") or is_resource_id(target["artifactId"]):
        failures.append(Failure(path, _DIRECT.format(marker)))
        return
    for region, why in sorted(_gaps(target).items()):
        where = f" in {region}" if region else ""
        failures.append(
            Failure(
                path, f"package {target.get('name', marker)} is incomplete{where}: {why}; the service stays as it was"
            )
        )
    shown = _restored(target, before.get(marker))
    if marker in found and found[marker] != shown:
        failures.append(Failure(path, f"marker {marker!r} is given twice, with different packages: keep one"))
    found[marker] = shown


def _reach(relations: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """Marker -> regions of its package, where a program says which they are: of packages to be released, of drafts."""
    released: dict[str, Any] = {}
    drafts: dict[str, Any] = {}
    for marker, target in relations.items() if isinstance(relations, Mapping) else ():
        if isinstance(target, Mapping) and isinstance(target.get("distribution"), Mapping):
            (drafts if target.get("version") == "draft" else released)[marker] = target["distribution"]
    return released, drafts


def _gaps(target: Mapping[str, Any]) -> Mapping[str, str]:
    reasons = target.get("reasons")
    return reasons if isinstance(reasons, Mapping) else {}


def _restored(target: Mapping[str, Any], before: Any) -> dict[str, Any]:
    """The relation, with what the change at hand leaves as it is taken from the last run where it is unknown."""
    keys = ("artifactId", "version", "ownerId", "generation", "edition")
    shown = {key: target[key] for key in keys if target.get(key) is not None}
    if isinstance(shown.get("version"), int | float):
        shown["version"] = str(int(shown["version"]))
    shown.setdefault("version", "")
    if not isinstance(before, Mapping):
        return shown
    is_same = all(shown.get(key) == before.get(key) and key in shown for key in ("ownerId", "generation"))
    if is_same and shown["artifactId"] is UNKNOWN and "artifactId" in before:
        shown["artifactId"] = before["artifactId"]
    is_same_edition = (
        is_same and shown.get("edition") not in (None, UNKNOWN) and shown["edition"] == before.get("edition")
    )
    if is_same_edition and shown["version"] is UNKNOWN and "version" in before:
        shown["version"] = before["version"]
    return shown


def _check_plain_maps(news: Mapping[str, Any], failures: list[Failure]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    value = news.get("metadata")
    if value is not None and value != {}:
        if value is UNKNOWN or isinstance(value, Mapping):
            found["metadata"] = value
            check_numbers(value, failures, path="metadata")
        else:
            failures.append(Failure("metadata", "a map is needed"))
    return found | check_tags(news.get("tags"), failures)


def _check_accounts(given: Any, failures: list[Failure]) -> Any:
    """Account -> permission; a list of accounts may deploy."""
    if given is None or given is UNKNOWN:
        return given
    if isinstance(given, list | tuple):
        given = UNKNOWN if has_unknown(given) else dict.fromkeys(map(_account, given), "Deployable")
        if given is UNKNOWN:
            return UNKNOWN
    if not isinstance(given, Mapping):
        failures.append(Failure("shareAccounts", "a list of account numbers, or a map from account to permission"))
        return {}
    for account, permission in sorted(given.items()):
        path = f"shareAccounts[{account!r}]"
        if not (account.isdigit() and len(account) == _UID_DIGITS):
            failures.append(Failure(path, f"{quoted(account)} is no account number: it has {_UID_DIGITS} digits"))
        if permission is not UNKNOWN and permission not in PERMISSIONS:
            failures.append(Failure(path, f"{quoted(permission)} is no permission; use {', '.join(PERMISSIONS[:4])}"))
    if len(given) > _MAX_SHARED:
        reason = f"{len(given)} accounts are too many: an image can be shared with {_MAX_SHARED}"
        failures.append(Failure("shareAccounts", reason))
    return dict(sorted(given.items()))


def _account(value: Any) -> str:
    return str(int(value)) if isinstance(value, float) else str(value)


def _validated(adapter: TypeAdapter[Any], value: Any, *, path: str, failures: list[Failure]) -> Any:
    try:
        return adapter.dump_python(adapter.validate_python(value), mode="json", by_alias=True)
    except ValidationError as error:
        for item in error.errors(include_url=False):
            where = path + "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in item["loc"])
            reason = str(item["msg"]).removeprefix("Value error, ")
            said = reason[:1].lower() + reason[1:]
            is_named = item["type"] in {"literal_error", "enum"}
            failures.append(Failure(where, unlike(item["input"], item["ctx"]["expected"]) if is_named else said))
        return value
