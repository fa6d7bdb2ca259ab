"""Validation of a service's inputs: pure, on known and partly unknown values alike, all failures at once.

A template comes in as text and leaves as its digest: `texts` carries what has to be uploaded, for this process only.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from computenest import templates
from computenest.kernel.arguments import (
    check_line,
    check_name,
    check_numbers,
    check_tags,
    odd_character,
    quoted,
)
from computenest.kernel.errors import Invalid
from computenest.kernel.identity import identified
from computenest.kernel.outcome import Checked, Failure
from computenest.kernel.unknown import UNKNOWN, Known, Maybe, Unknown
from computenest.resources._program.facts import AssociationFacts
from computenest.resources.service.check_relations import check_relations
from computenest.resources.service.coverage import beyond, permissions, reach, uncovered, unsubstituted, warnings
from computenest.resources.service.declaration import Arguments, GivenTemplate
from computenest.resources.service.model import PERMISSIONS, Service, ServiceInfo, ServiceTemplate
from computenest.resources.service.operating_check import check_operating, in_normal_form
from computenest.resources.service.operations import normal

LOCALES = ("en-US", "zh-CN")
_MAX_SHARED = 50  # fact §4: share permissions of one image, which the whitelist is copied to
_UID_DIGITS = 16
_MAX_TEMPLATE_NAME = 128  # assumed: no source names a limit
_RESERVED_OPTIONS = ("Name", "Url", "AllowedRegions")


@dataclass(frozen=True, slots=True)
class CheckedService:
    """Checked inputs, what a preview should say beside them, and the texts behind the digests."""

    checked: Checked[Service[Unknown]]
    texts: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))


def check(
    olds: Service[Known] | None,
    news: Arguments,
    *,
    recorded: Service[Known] | None,
    associations: Iterable[AssociationFacts] = (),
) -> CheckedService:
    """Checked inputs: normalised, with identity, templates as digests, and what the packages' permissions will be.

    Args:
        olds: the inputs checked last time, None for a create or the second check of a replacement.
        news: what the program asks for; a template is its text, or the facts of last time (`ignoreChanges`, import).
        recorded: what this process has seen of the same resource in the state, for a replacement.
        associations: those of the program.
    """
    failures: list[Failure] = []
    texts: dict[str, str] = {}
    if news.version_name is not UNKNOWN:
        check_line(news.version_name, failures, path="versionName")
    check_numbers(news.metadata, failures, path="metadata")
    check_tags(news.tags, failures)
    _check_accounts(news.share_accounts, failures)
    inputs = in_normal_form(
        Service[Unknown].made(
            _identified(olds, news, recorded),
            infos=_check_infos(news.infos, failures),
            templates=_check_templates(news.templates, texts, failures),
            relations=check_relations(olds, news, failures),
            visibility=news.visibility,
            metadata=news.metadata or None,
            share_accounts=_sorted(news.share_accounts),
            tags=_sorted(news.tags) or None,
        )
    )
    inputs = inputs.made(inputs, permissions=permissions(inputs))
    check_operating(inputs, texts, failures)
    failures += uncovered(inputs, texts) + unsubstituted(inputs, news.relations, associations)
    released, drafts = reach(news.relations)
    failures += beyond(inputs, texts, released)
    # A draft is distributed nowhere yet: until it is released, its regions are an intention like the template's.
    gaps = tuple(f"{gap.path}: {gap.reason}" for gap in beyond(inputs, texts, drafts))
    if not failures:
        edition = UNKNOWN if inputs.has_unknown else Service[Known].made(inputs).wanted_edition
        inputs = inputs.made(inputs, edition=edition)
    return CheckedService(Checked(inputs, tuple(failures), warnings(olds, inputs) + gaps), texts)


def _identified(olds: Service[Known] | None, news: Arguments, recorded: Service[Known] | None) -> Service[Unknown]:
    """What is given, with whose it is; what the state keeps something else of is told apart."""
    own = identified(olds if olds is not None and olds.owner_id else None, recorded, news.owner_id)
    return Service[Unknown].made(news, infos=None, templates=None, relations=None, **own)


def _sorted(given: Maybe[Mapping[str, Maybe[str]]] | None) -> Maybe[Mapping[str, Maybe[str]]] | None:
    return given if given is None or given is UNKNOWN else dict(sorted(given.items()))


def _check_infos(
    given: Maybe[Mapping[str, Maybe[ServiceInfo[Unknown]]]], failures: list[Failure]
) -> Maybe[Mapping[str, Maybe[ServiceInfo[Unknown]]]]:
    if given is UNKNOWN:
        return UNKNOWN
    if not given:
        failures.append(Failure("infos", "a map from locale to name is needed, as in {en-US: Shop}"))
    infos: dict[str, Maybe[ServiceInfo[Unknown]]] = {}
    for locale, info in sorted(given.items()):
        path = f"infos[{quoted(locale)}]"
        if locale not in LOCALES:
            failures.append(Failure(path, f"{quoted(locale)} is no locale of Compute Nest; use {' or '.join(LOCALES)}"))
            continue
        infos[locale] = UNKNOWN if info is UNKNOWN else normal(info)
        if info is UNKNOWN or info.name is UNKNOWN:
            continue
        if not info.name.strip():
            failures.append(Failure(f"{path}.name", "a name that is not blank is needed"))
        elif odd := odd_character(info.name):
            failures.append(Failure(f"{path}.name", f"the name has {odd}; take it out"))
    return infos


def _check_templates(
    given: Maybe[Mapping[str, Maybe[GivenTemplate]]] | None, texts: dict[str, str], failures: list[Failure]
) -> Maybe[Mapping[str, Maybe[ServiceTemplate[Unknown]]]]:
    if given is UNKNOWN:
        return UNKNOWN
    found: dict[str, Maybe[ServiceTemplate[Unknown]]] = {}
    for name, entry in sorted((given or {}).items()):
        path = f"templates[{quoted(name)}]"
        check_name(name, failures, limit=_MAX_TEMPLATE_NAME, path=path)
        found[name] = UNKNOWN if entry is UNKNOWN else _check_template(name, entry, path, texts, failures)
    return found


def _check_template(
    name: str, entry: GivenTemplate, path: str, texts: dict[str, str], failures: list[Failure]
) -> Maybe[ServiceTemplate[Unknown]]:
    """What the state keeps of a template; UNKNOWN of one that is refused."""
    regions = entry.regions
    options = () if entry.options is None or entry.options is UNKNOWN else entry.options
    own = (key for key in _RESERVED_OPTIONS if key in options)
    failures += [Failure(f"{path}.options.{key}", "this key is the resource's own") for key in own]
    check_numbers(entry.options, failures, path=f"{path}.options")
    for index, region in enumerate(regions if regions is not None and regions is not UNKNOWN else ()):
        if region == "":
            failures.append(Failure(f"{path}.regions[{index}]", f"{quoted(region)} is not a region id"))
    facts = _facts(name, entry, path, texts, failures)
    if facts is None:
        return UNKNOWN
    if regions is not UNKNOWN and regions is not None:
        known = [region for region in regions if region is not UNKNOWN]
        regions = UNKNOWN if len(known) < len(regions) else tuple(sorted({*known}))
    return facts.made(facts, regions=regions or None, options=entry.options or None)


def _facts(
    name: str, entry: GivenTemplate, path: str, texts: dict[str, str], failures: list[Failure]
) -> ServiceTemplate[Unknown] | None:
    text = entry.text
    if text is UNKNOWN:
        return ServiceTemplate[Unknown](digest=UNKNOWN)
    if text is None and entry.digest:
        return ServiceTemplate[Unknown].made(digest=entry.digest, format=entry.format, size_bytes=entry.size_bytes)
    if text is None:
        failures.append(Failure(path, "the template's text is needed"))
        return None
    data = text.encode("utf-8", "surrogatepass")
    named = entry.file_name or name
    try:
        scan = templates.scan(data, name=name if named is UNKNOWN else named)
    except Invalid as refused:
        failures.append(Failure(path, str(refused)))
        return None
    texts[scan.digest] = text
    return ServiceTemplate[Unknown](digest=scan.digest, format=scan.format, size_bytes=len(data))


def _check_accounts(given: Maybe[Mapping[str, Maybe[str]]] | None, failures: list[Failure]) -> None:
    """Account -> permission."""
    if given is None or given is UNKNOWN:
        return
    for account, permission in sorted(given.items()):
        path = f"shareAccounts[{account!r}]"
        if not (account.isdigit() and len(account) == _UID_DIGITS):
            failures.append(Failure(path, f"{quoted(account)} is no account number: it has {_UID_DIGITS} digits"))
        if permission is not UNKNOWN and permission not in PERMISSIONS:
            failures.append(Failure(path, f"{quoted(permission)} is no permission; use {', '.join(PERMISSIONS[:4])}"))
    if len(given) > _MAX_SHARED:
        reason = f"{len(given)} accounts are too many: an image can be shared with {_MAX_SHARED}"
        failures.append(Failure("shareAccounts", reason))
