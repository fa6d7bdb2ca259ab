"""What the state holds of a service instance: its inputs as the cloud has them, and what the deployment made."""

from __future__ import annotations

from collections.abc import Sequence

from computenest.kernel import identity
from computenest.kernel.names import AccountName, OwnerId, RegionId
from computenest.kernel.redact import Redactor
from computenest.kernel.unknown import Known
from computenest.resources.service_instance.classify import has_failed, is_moving, is_unusable, is_upgrade_failed
from computenest.resources.service_instance.model import Instance, InstanceId, InstanceResource, State, Wanted
from computenest.resources.service_instance.parameters import observed_parameters

_PROMISED = ("expected_images", "fingerprint", "service_mark")


def deployed(
    wanted: Wanted[Known], seen: Instance, parts: Sequence[InstanceResource] | None, former: State[Known] | None
) -> State[Known]:
    """The state of an instance that is as wished; `parts` None where nobody could read them."""
    redactor = Redactor.over(wanted.parameters, wanted.concealed)
    return State[Known].made(
        _as_seen(wanted, seen),
        parameters=observed_parameters(wanted.parameters, seen.parameters),
        instance_id=seen.instance_id,
        status=seen.status,
        reason="",
        outputs=redactor.tree(seen.outputs),
        resources=(former.resources if former else ()) if parts is None else tuple(parts),
        images=(former.images if former else {}) if parts is None else _images(parts),
    )


def incomplete(
    wanted: Wanted[Known], seen: Instance | None, former: State[Known] | None, instance_id: InstanceId, reason: str
) -> State[Known]:
    """The state of an instance that is not as wished, or not yet: it claims no more than what is there."""
    before = former.parameters if former else wanted.parameters
    redactor = Redactor.over({**before, **wanted.parameters}, wanted.concealed)
    kept = State[Known].made(wanted)
    if former is not None:  # what an update wished is not there yet; the next diff says so again
        there = former.model_fields_set.intersection(("service_version", "tags"))
        kept = kept.with_those_of(former, *_PROMISED, *there)
    return State[Known].made(
        kept if seen is None else _as_seen(kept, seen),
        parameters=observed_parameters(before, seen.parameters if seen else {}),
        instance_id=instance_id,
        status=seen.status if seen else former.status if former else "Created",
        reason=redactor.text(reason),
        outputs=former.outputs if former else {},
        resources=former.resources if former else (),
        images=former.images if former else {},
    )


def observed(known: State[Known], seen: Instance, parts: Sequence[InstanceResource] | None) -> State[Known]:
    """The state as a refresh finds it. An instance that somebody moved to another version promises no images."""
    own = {key: value for key, value in seen.tags.items() if not key.startswith(identity.TAG_PREFIX)}
    made = deployed(Wanted[Known].made(known, tags=own or None), seen, parts, known)
    if made.service_version != known.service_version:
        made = made.with_those_of(None, *_PROMISED)
    reason = failure(seen, Redactor.over(known.parameters, known.concealed)) if _is_owed(known, seen) else ""
    if known.power:
        made = State[Known].made(made, power="stopped" if seen.status in {"Stopped", "StartFailed"} else "running")
    return State[Known].made(made, incarnation=known.incarnation or None, reason=reason)


def _is_owed(known: State[Known], seen: Instance) -> bool:
    """Whether the next `up` has something to do about its status. What failed, was told, and is none of our changes
    (somebody stopped it) is known: it makes no difference in every preview."""
    if is_moving(seen.status) or is_unusable(seen.status) or is_upgrade_failed(seen.status):
        return True
    is_told = known.status == seen.status and not known.reason
    return has_failed(seen.status) and not is_told


def adopted(
    seen: Instance,
    *,
    region: RegionId,
    owner_id: OwnerId,
    account: AccountName,
    parts: Sequence[InstanceResource] | None,
) -> State[Known]:
    """The state of an instance that no state records yet, for an import; a tag of ours keeps its owner."""
    generation = seen.tags.get(identity.GENERATION_TAG, "1")
    inputs = State[Known].made(
        owner_id=OwnerId(seen.tags.get(identity.OWNER_TAG) or owner_id),
        generation=int(generation) if generation.isdigit() else 1,
        name=seen.name,
        service_id=seen.service_id,
        region=region,
        parameters={key: value for key, value in seen.parameters.items() if key != "RegionId"},
        account=account or None,
    )
    return State[Known].made(observed(inputs, seen, parts), incarnation=identity.incarnation(seen.tags))


def failure(seen: Instance, redactor: Redactor) -> str:
    """Why an instance is not deployed, in the cloud's own words without secrets."""
    said = redactor.text(" ".join(seen.status_detail.split()))
    return f"{seen.status}: {said}" if said else f"it is {seen.status}, and the cloud gives no reason"


def _as_seen(wanted: Wanted[Known], seen: Instance) -> State[Known]:
    """With the version and the template that the cloud shows."""
    found = {"service_version": seen.service_version, "template_name": seen.template_name}
    return State[Known].made(wanted, **{name: value for name, value in found.items() if value})


def _images(parts: Sequence[InstanceResource]) -> dict[str, str]:
    return {part.logical_id: part.image_id for part in sorted(parts, key=lambda one: one.logical_id) if part.image_id}
