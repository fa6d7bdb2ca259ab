"""A service's state, made from what was wanted and what was observed. No template's text, no credential."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from computenest import templates
from computenest.kernel import identity
from computenest.kernel.errors import Invalid
from computenest.kernel.names import AccountName, OwnerId
from computenest.kernel.outcome import INCOMPLETE
from computenest.resources.service.compare import Known, matches, urls_in
from computenest.resources.service.coverage import permissions
from computenest.resources.service.metadata import (
    CONFIGURED,
    managed_by,
    relations_in,
    seen_by,
    template_seen,
    templates_in,
)
from computenest.resources.service.model import DRAFT, SHARE_TYPES, Content, Service, templates_key
from computenest.resources.service.operating import is_usual, operating_shown
from computenest.resources.service.plan import Done, Observed

__all__ = [
    "OUTPUTS",
    "adopted",
    "done",
    "incomplete",
    "inputs_of",
    "known_of",
    "observed",
    "template_facts",
    "urls_known",
]

OUTPUTS = (
    "dropped",
    "due",
    "edition",
    "incarnation",
    "reasons",
    "registrationId",
    "serviceId",
    "serviceVersion",
    "stage",
    "status",
    "submitted",
    "templateUrls",
    "versions",
)
_STAGES = {"Draft": "draft", "Beta": "beta", "Online": "online", "Submitted": "submitted", "Rejected": "rejected"}


def inputs_of(known: Mapping[str, Any]) -> dict[str, Any]:
    """The inputs within a state; the edition is of both, a check computes it and a state records it."""
    return {key: value for key, value in known.items() if key not in OUTPUTS or key == "edition"}


def known_of(former: Mapping[str, Any]) -> Known:
    """What a state knows that the cloud does not say."""
    urls = {
        name: (str(entry.get("digest", "")), str(entry.get("url", "")))
        for name, entry in (former.get("templateUrls") or {}).items()
        if isinstance(entry, Mapping)
    }
    return Known(
        managed=managed_by(former),
        urls=urls,
        rejected=str(former.get("submitted") or ""),
    )


def done(inputs: Mapping[str, Any], service: Service, seen: Observed, step: Done, known: Known) -> dict[str, Any]:
    """The state of a service that is as wanted, as far as no human is needed."""
    review = {"review": step.status if step.status == "Submitted" else "none"}
    return {
        **{key: value for key, value in inputs.items() if key not in {"due", "review"}},
        **(review if service.publishing == "online" else {}),
        "serviceId": seen.service_id,
        "serviceVersion": _usable(service, seen, step.content),
        "status": step.status,
        "stage": _STAGES[step.status],
        "edition": service.edition,
        "reasons": _said(seen, step.status),
        "templateUrls": _urls(service, step.content, known),
        "versions": {version.version: version.status for version in seen.versions},
        "registrationId": seen.draft.registration_id if seen.draft is not None else "",
        "submitted": service.edition if step.status in {"Submitted", "Rejected"} else "",
        "dropped": {} if step.status == "Online" else known.managed.dropped_by(service),
    }


def _said(seen: Observed, status: str) -> dict[str, str]:
    if status != "Rejected":
        return {}
    found = seen.review.said if seen.review is not None else "no comment"
    return {"review": f"rejected: {found}; change the service, and it is submitted again"}


def _usable(service: Service, seen: Observed, content: Content) -> str:
    """The version that an instance is to be made of: the wanted one; while it is reviewed the one before it."""
    if content.version == DRAFT and service.publishing == "online" and seen.live is not None:
        return seen.live.version
    return content.version


def _urls(service: Service, content: Content, known: Known) -> dict[str, Any]:
    return {
        name: {"digest": service.templates[name].digest, "url": url}
        for name, url in sorted(urls_in(service, content, known).items())
    }


def incomplete(
    inputs: Mapping[str, Any],
    service: Service,
    seen: Observed,
    former: Mapping[str, Any],
    *,
    service_id: str,
    reason: str,
) -> dict[str, Any]:
    """The state of a service that lacks something: its id and what there is, with the reason."""
    live = seen.live
    version = live.version if live is not None else former.get("serviceVersion") or DRAFT
    return {
        **inputs,
        "serviceId": service_id,
        "serviceVersion": version,
        "status": INCOMPLETE,
        "stage": former.get("stage") or "draft",
        "edition": former.get("edition", ""),
        "reasons": {"": reason},
        "templateUrls": dict(former.get("templateUrls") or {}),
        "versions": {v.version: v.status for v in seen.versions} or dict(former.get("versions") or {}),
        "registrationId": former.get("registrationId") or "",
        "submitted": former.get("submitted") or "",
        "dropped": managed_by(former).dropped_by(service),
    }


def observed(known: Mapping[str, Any], service: Service, seen: Observed) -> dict[str, Any]:
    """The state as the cloud shows it now, inputs included, so that the next preview shows what drifted."""
    shown = _shown(service, seen)
    knowledge = known_of(known)
    inputs = {**inputs_of(known), **_observed_inputs(known, service, shown, seen, knowledge)}
    status = _status(service, shown, seen, knowledge, known)
    if not identity.is_ours(seen.tags, owner_id=service.owner_id, generation=service.generation):
        status = INCOMPLETE  # the owner tag was taken off by hand: an update puts it back
    return {
        **known,
        **inputs,
        "serviceId": seen.service_id,
        "serviceVersion": _usable(service, seen, shown),
        "status": status,
        "stage": _STAGES.get(status, str(known.get("stage") or "draft")),
        "edition": known.get("edition", ""),
        "versions": {version.version: version.status for version in seen.versions},
        "reasons": _said(seen, status),
    }


def _shown(service: Service, seen: Observed) -> Content:
    """The version that stands for the service: what is to be compared with the desired state."""
    by_stage = {
        "online": (seen.draft if _in_review(seen) else None, seen.live, seen.withdrawn, seen.draft),
        "beta": (seen.contents.get("beta"), seen.draft, seen.live),
        "draft": (seen.draft, seen.live, seen.contents.get("beta")),
    }[service.publishing]
    found = next((content for content in by_stage if content is not None), None)
    return found or next(iter(seen.contents.values()))


def _in_review(seen: Observed) -> bool:
    return seen.draft is not None and seen.draft.status in {"Submitted", "Approved"}


def _status(service: Service, shown: Content, seen: Observed, known: Known, state: Mapping[str, Any]) -> str:
    if service.publishing == "online" and shown.version == DRAFT:
        if shown.status in {"Submitted", "Approved"}:
            return "Submitted"  # approved is for the next run to go on from
        is_rejected = seen.review is not None and seen.review.status == "Rejected"
        if is_rejected and state.get("status") in {"Submitted", "Rejected"} and matches(service, shown, known):
            return "Rejected"
        return INCOMPLETE
    if service.publishing == "online" and shown.status != "Online":
        return INCOMPLETE
    if service.publishing == "beta" and shown.version != "beta":
        return INCOMPLETE
    if shown.status not in {"Draft", "Beta", "Online"}:
        return INCOMPLETE if shown.status.endswith("Failed") else str(state.get("status") or INCOMPLETE)
    return shown.status if state.get("status") != INCOMPLETE or matches(service, shown, known) else INCOMPLETE


def _observed_inputs(
    known: Mapping[str, Any], service: Service, shown: Content, seen: Observed, knowledge: Known
) -> dict[str, Any]:
    """Where the cloud says other than the state: what the inputs would have to be to make what is there."""
    inputs: dict[str, Any] = {}
    found = relations_in(shown.metadata)
    before = known.get("relations") or {}
    inputs["relations"] = {marker: {**target, **found[marker]} for marker, target in before.items() if marker in found}
    inputs["templates"] = _templates_seen(known, service, shown, knowledge)
    infos: dict[str, Any] = {}
    for locale, info in service.infos.items():
        if locale not in shown.infos:
            continue
        there = shown.infos[locale].wire()
        infos[locale] = {key: there[key] for key in info.model_dump(exclude_unset=True, by_alias=True) if key in there}
    inputs["infos"] = infos
    if service.metadata:
        inputs["metadata"] = seen_by(service.metadata, shown.metadata)
    by_share = {share: visibility for visibility, share in SHARE_TYPES.items()}
    published = {v.share_type for v in seen.versions if v.status in {"Online", "Offline", "Beta"}}
    odd = sorted((published or {shown.share_type}) - {"", service.share_type})
    if odd and odd[0] in by_share:
        inputs["visibility"] = by_share[odd[0]]
        inputs["permissions"] = dict.fromkeys(known.get("permissions") or {}, f"as of a {by_share[odd[0]]} service")
    if service.share_accounts is not None and seen.shared is not None:
        inputs["shareAccounts"] = dict(sorted(seen.shared.items()))
    inputs |= service.operating_seen(shown.fields)
    if service.version_name is not None and shown.version_name != service.version_name:
        inputs["versionName"] = shown.version_name
    if service.tags:
        inputs["tags"] = {key: seen.tags[key] for key in sorted(service.tags) if key in seen.tags}
    return inputs


def _templates_seen(known: Mapping[str, Any], service: Service, shown: Content, knowledge: Known) -> dict[str, Any]:
    entries = templates_in(shown.metadata, service.templates_key)
    urls = urls_in(service, shown, knowledge)
    found: dict[str, Any] = {}
    for name, state in (known.get("templates") or {}).items():
        if name not in entries:
            continue
        visible = template_seen(service.templates[name], entries[name])
        kept = {key: value for key, value in state.items() if key not in {"regions", "options"}}
        if name not in urls:  # another text was put there; which one only the address tells
            url = str(entries[name].get("Url", ""))
            kept = {**kept, "digest": f"another text, at {url.partition('?')[0]}"}
        found[name] = kept | {key: value for key, value in visible.items() if value}
    return found


def template_facts(text: str, *, name: str) -> dict[str, Any]:
    """What a state keeps of a template's text: its digest, format and size."""
    data = text.encode("utf-8", "surrogatepass")
    try:
        scan = templates.scan(data, name=name)
    except Invalid:
        return {"digest": identity.digest(text, length=64), "sizeBytes": len(data)}
    return {"digest": scan.digest, "format": scan.format, "sizeBytes": len(data)}


def urls_known(known: Known) -> dict[str, Any]:
    """`templateUrls` of a state."""
    return {name: {"digest": digest, "url": url} for name, (digest, url) in sorted(known.urls.items())}


def adopted(
    seen: Observed, *, owner_id: OwnerId, account: AccountName, facts: Mapping[str, Mapping[str, Any]]
) -> dict[str, Any]:
    """The state of a service that no state records, for an import. Whom it is shared with is in it where it is shared
    with anybody: a program that names nobody shows them as removed, rather than to lose them unseen.

    Args:
        seen: what the cloud says.
        owner_id, account: whose it becomes.
        facts: template name -> `template_facts` of the text that stands at its address.
    """
    shown = seen.live or seen.draft or next(iter(seen.contents.values()))
    entries = templates_in(shown.metadata, templates_key(shown.service_type))
    by_share = {share: visibility for visibility, share in SHARE_TYPES.items()}
    generation = seen.tags.get(identity.GENERATION_TAG, "1")
    shapes: dict[str, Any] = {}
    for name, entry in sorted(entries.items()):
        regions = entry.get("AllowedRegions")
        shape = dict(facts.get(name) or {"digest": f"the text at {entry.get('Url', '')}"})
        shapes[name] = shape | ({"regions": sorted(map(str, regions))} if regions else {})
    relations = dict(sorted(relations_in(shown.metadata).items()))
    visibility = by_share.get(shown.share_type, "private")
    state: dict[str, Any] = {
        "ownerId": seen.tags.get(identity.OWNER_TAG) or owner_id,
        "generation": int(generation) if generation.isdigit() else 1,
        "infos": {
            locale: info.model_dump(by_alias=True, exclude_unset=True, mode="json")
            for locale, info in sorted(shown.infos.items())
        },
        "templates": shapes,
        "relations": relations,
        "visibility": visibility,
        "publishing": "online" if seen.live is not None else "beta" if "beta" in seen.contents else "draft",
        "deployType": shown.deploy_type or "ros",
        "serviceType": shown.service_type or "private",
        "serviceId": seen.service_id,
        "serviceVersion": shown.version,
        "status": "Online" if seen.live is not None else "Draft",
        "stage": "online" if seen.live is not None else "draft",
        "edition": "",
        "incarnation": identity.incarnation(seen.tags),
        "reasons": {},
        "templateUrls": {
            name: {"digest": shapes[name]["digest"], "url": str(entry.get("Url", ""))}
            for name, entry in sorted(entries.items())
        },
        "versions": {version.version: version.status for version in seen.versions},
        "registrationId": "",
        "submitted": "",
        "dropped": {},
    }
    state |= operating_adopted(shown)
    if configured := {key: shown.metadata[key] for key in CONFIGURED if shown.metadata.get(key)}:
        state["metadata"] = configured
    if shown.approval_type not in {"", "AutoPass"}:
        state["approvalType"] = shown.approval_type
    if seen.shared:
        state["shareAccounts"] = dict(sorted(seen.shared.items()))
    state["permissions"] = permissions(state)
    tags = {key: value for key, value in sorted(seen.tags.items()) if not key.startswith(identity.TAG_PREFIX)}
    return state | ({"account": account} if account else {}) | ({"tags": tags} if tags else {})


def operating_adopted(shown: Content) -> dict[str, Any]:
    """What an import finds of upgrades, operations and the like. Upgrades that are as they come when nobody asks for
    any are nobody's wish."""
    found = operating_shown(shown.fields)
    if is_usual(shown.fields.get("UpgradeMetadata")):
        found.pop("upgrades", None)
    return found
