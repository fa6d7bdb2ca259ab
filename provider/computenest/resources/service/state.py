"""A service's state, made from what was wanted and what was observed. No template's text, no credential."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import ValidationError

from computenest import templates
from computenest.kernel import identity
from computenest.kernel.errors import Invalid
from computenest.kernel.names import AccountName, OwnerId, VersionId
from computenest.kernel.outcome import INCOMPLETE
from computenest.kernel.unknown import Known
from computenest.resources.service.compare import Left, matches, urls_in
from computenest.resources.service.coverage import permissions
from computenest.resources.service.metadata import (
    CONFIGURED,
    managed_by,
    relations_in,
    seen_by,
    template_seen,
    templates_in,
)
from computenest.resources.service.model import (
    DRAFT,
    SHARE_TYPES,
    Dropped,
    RelationTarget,
    Service,
    ServiceTemplate,
    State,
    UploadedTemplate,
    templates_key,
)
from computenest.resources.service.operating import OperatedService, is_usual, operating_shown
from computenest.resources.service.operations import kept
from computenest.resources.service.plan import Done, Observed
from computenest.resources.service.seen import Content

_VISIBILITIES = {share: visibility for visibility, share in SHARE_TYPES.items()}
"""ShareType of the API -> `visibility`."""
_STAGES = {"Draft": "draft", "Beta": "beta", "Online": "online", "Submitted": "submitted", "Rejected": "rejected"}


def left_by(former: State[Known] | None) -> Left:
    """What a state knows that the cloud does not say."""
    if former is None:
        return Left()
    urls = {name: (entry.digest, entry.url) for name, entry in former.template_urls.items()}
    return Left(managed=managed_by(former), urls=urls, rejected=former.submitted)


def done(service: Service[Known], seen: Observed, step: Done, left: Left) -> State[Known]:
    """The state of a service that is as wanted, as far as no human is needed."""
    review = step.status if step.status == "Submitted" else "none"
    urls = urls_in(service, step.content, left)
    return State[Known].made(
        service,
        due=None,
        review=review if service.publishing == "online" else None,
        service_id=seen.service_id,
        service_version=_usable(service, seen, step.content),
        status=step.status,
        stage=_STAGES[step.status],
        edition=service.wanted_edition,
        reasons=_said(seen, step.status),
        template_urls=urls_of({name: (service.templates[name].digest, url) for name, url in urls.items()}),
        versions={version.version: version.status for version in seen.versions},
        registration_id=seen.draft.registration_id if seen.draft is not None else "",
        submitted=service.wanted_edition if step.status in {"Submitted", "Rejected"} else "",
        dropped=Dropped() if step.status == "Online" else left.managed.dropped_by(service),
    )


def _said(seen: Observed, status: str) -> dict[str, str]:
    if status != "Rejected":
        return {}
    found = seen.review.said if seen.review is not None else "no comment"
    return {"review": f"rejected: {found}; change the service, and it is submitted again"}


def _usable(service: Service[Known], seen: Observed, content: Content) -> VersionId:
    """The version that an instance is to be made of: the wanted one; while it is reviewed the one before it."""
    if content.version == DRAFT and service.publishing == "online" and seen.live is not None:
        return seen.live.version
    return content.version


def incomplete(
    service: Service[Known], seen: Observed, former: State[Known] | None, *, service_id: str, reason: str
) -> State[Known]:
    """The state of a service that lacks something: its id and what there is, with the reason."""
    before = former or State[Known]()
    return State[Known].made(
        service,
        service_id=service_id,
        service_version=seen.live.version if seen.live is not None else before.service_version or DRAFT,
        status=INCOMPLETE,
        stage=before.stage or "draft",
        edition=before.edition,
        reasons={"": reason},
        template_urls=before.template_urls,
        versions={v.version: v.status for v in seen.versions} or before.versions,
        registration_id=before.registration_id,
        submitted=before.submitted,
        dropped=managed_by(former).dropped_by(service),
    )


def observed(known: State[Known], seen: Observed) -> State[Known]:
    """The state as the cloud shows it now, inputs included, so that the next preview shows what drifted."""
    shown, left = _shown(known, seen), left_by(known)
    status = _status(known, shown, seen, left)
    if not identity.is_ours(seen.tags, owner_id=known.owner_id, generation=known.generation):
        status = INCOMPLETE  # the owner tag was taken off by hand: an update puts it back
    return State[Known].made(
        known,
        _inputs_seen(known, shown, seen, left),
        due=None,
        service_id=seen.service_id,
        service_version=_usable(known, seen, shown),
        status=status,
        stage=_STAGES.get(status, known.stage or "draft"),
        edition=known.edition,
        versions={version.version: version.status for version in seen.versions},
        reasons=_said(seen, status),
    )


def _shown(service: Service[Known], seen: Observed) -> Content:
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


def _status(known: State[Known], shown: Content, seen: Observed, left: Left) -> str:
    if known.publishing == "online" and shown.version == DRAFT:
        if shown.status in {"Submitted", "Approved"}:
            return "Submitted"  # approved is for the next run to go on from
        is_rejected = seen.review is not None and seen.review.status == "Rejected"
        if is_rejected and known.status in {"Submitted", "Rejected"} and matches(known, shown, left):
            return "Rejected"
        return INCOMPLETE
    if known.publishing == "online" and shown.status != "Online":
        return INCOMPLETE
    if known.publishing == "beta" and shown.version != "beta":
        return INCOMPLETE
    if shown.status not in {"Draft", "Beta", "Online"}:
        return INCOMPLETE if shown.status.endswith("Failed") else known.status or INCOMPLETE
    return shown.status if known.status != INCOMPLETE or matches(known, shown, left) else INCOMPLETE


def _inputs_seen(known: State[Known], shown: Content, seen: Observed, left: Left) -> Service[Known]:
    """Where the cloud says other than the state: what the inputs would have to be to make what is there."""
    there = relations_in(shown.metadata)
    relations = {m: RelationTarget[Known].made(one, there[m]) for m, one in known.relations.items() if m in there}
    infos = {
        locale: kept(shown.infos[locale], info.model_fields_set)
        for locale, info in known.infos.items()
        if locale in shown.infos
    }
    share_accounts = None
    if known.share_accounts is not None and seen.shared is not None:
        share_accounts = dict(sorted(seen.shared.items()))
    is_renamed = known.version_name is not None and shown.version_name != known.version_name
    found = Service[Known].made(
        known.operating_seen(shown.fields),
        relations=relations,
        templates=_templates_seen(known, shown, left),
        infos=infos,
        metadata=seen_by(known.metadata, shown.metadata) if known.metadata else None,
        share_accounts=share_accounts,
        version_name=shown.version_name if is_renamed else None,
        tags={key: seen.tags[key] for key in sorted(known.tags) if key in seen.tags} if known.tags else None,
    )
    published = {v.share_type for v in seen.versions if v.status in {"Online", "Offline", "Beta"}}
    odd = sorted((published or {shown.share_type}) - {"", known.share_type})
    if not odd or odd[0] not in _VISIBILITIES:
        return found
    visibility = _VISIBILITIES[odd[0]]
    return found.made(
        found, visibility=visibility, permissions=dict.fromkeys(known.permissions, f"as of a {visibility} service")
    )


def _templates_seen(known: State[Known], shown: Content, left: Left) -> dict[str, ServiceTemplate[Known]]:
    entries, urls = templates_in(shown.metadata, known.templates_key), urls_in(known, shown, left)
    found = {
        name: template_seen(template, entries[name]) for name, template in known.templates.items() if name in entries
    }
    for name in found.keys() - urls.keys():  # another text was put there; which one only the address tells
        url = str(entries[name].get("Url", ""))
        found[name] = found[name].made(found[name], digest=f"another text, at {url.partition('?')[0]}")
    return found


def template_facts(text: str, *, name: str) -> ServiceTemplate[Known]:
    """What a state keeps of a template's text: its digest, format and size."""
    data = text.encode("utf-8", "surrogatepass")
    try:
        scan = templates.scan(data, name=name)
    except Invalid:
        return ServiceTemplate[Known](digest=identity.digest(text, length=64), size_bytes=len(data))
    return ServiceTemplate[Known](digest=scan.digest, format=scan.format, size_bytes=len(data))


def urls_of(urls: Mapping[str, tuple[str, str]]) -> dict[str, UploadedTemplate]:
    """`templateUrls` of a state."""
    return {name: UploadedTemplate(digest=digest, url=url) for name, (digest, url) in sorted(urls.items())}


def adopted(
    seen: Observed, *, owner_id: OwnerId, account: AccountName, facts: Mapping[str, ServiceTemplate[Known]]
) -> State[Known]:
    """The state of a service that no state records, for an import. Whom it is shared with is in it where it is shared
    with anybody: a program that names nobody shows them as removed, rather than to lose them unseen.

    Args:
        seen: what the cloud says.
        owner_id, account: whose it becomes.
        facts: template name -> `template_facts` of the text that stands at its address.
    """
    shown = seen.live or seen.draft or next(iter(seen.contents.values()))
    entries = dict(sorted(templates_in(shown.metadata, templates_key(shown.service_type)).items()))
    generation = seen.tags.get(identity.GENERATION_TAG, "1")
    shapes: dict[str, ServiceTemplate[Known]] = {}
    for name, entry in entries.items():
        regions = entry.get("AllowedRegions")
        fact = facts.get(name) or ServiceTemplate[Known](digest=f"the text at {entry.get('Url', '')}")
        shapes[name] = fact.made(fact, regions=sorted(map(str, regions)) if isinstance(regions, list) else None)
    tags = {key: value for key, value in sorted(seen.tags.items()) if not key.startswith(identity.TAG_PREFIX)}
    state = State[Known].made(
        _said_by(shown),
        owner_id=seen.tags.get(identity.OWNER_TAG) or owner_id,
        generation=int(generation) if generation.isdigit() else 1,
        infos=dict(sorted(shown.infos.items())),
        templates=shapes,
        relations=dict(sorted(relations_in(shown.metadata).items())),
        visibility=_VISIBILITIES.get(shown.share_type, "private"),
        publishing="online" if seen.live is not None else "beta" if "beta" in seen.contents else "draft",
        metadata={key: shown.metadata[key] for key in CONFIGURED if shown.metadata.get(key)} or None,
        share_accounts=dict(sorted(seen.shared.items())) if seen.shared else None,
        account=account or None,
        tags=tags or None,
        service_id=seen.service_id,
        service_version=shown.version,
        status="Online" if seen.live is not None else "Draft",
        stage="online" if seen.live is not None else "draft",
        edition="",
        incarnation=identity.incarnation(seen.tags),
        reasons={},
        template_urls=urls_of(
            {name: (shapes[name].digest, str(entry.get("Url", ""))) for name, entry in entries.items()}
        ),
        versions={version.version: version.status for version in seen.versions},
        registration_id="",
        submitted="",
        dropped=Dropped(),
    )
    return state.made(state, permissions=permissions(state))


def _said_by(shown: Content) -> Service[Known]:
    """What a version says beside its templates and packages, as far as a program can say it."""
    told: dict[str, str] = {"deploy_type": shown.deploy_type or "ros", "service_type": shown.service_type or "private"}
    if shown.approval_type not in {"", "AutoPass"}:
        told["approval_type"] = shown.approval_type
    found = Service[Known].made(_operating_adopted(shown))
    for name, word in told.items():
        try:
            found = found.made(found, **{name: word})
        except ValidationError:  # a word that no program has
            continue
    return found


def _operating_adopted(shown: Content) -> OperatedService[Known]:
    """What an import finds of upgrades, operations and the like. Upgrades that are as they come when nobody asks for
    any are nobody's wish."""
    found = operating_shown(shown.fields)
    return found.made(found, upgrades=None) if is_usual(shown.fields.get("UpgradeMetadata")) else found
