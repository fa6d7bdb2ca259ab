"""What the state holds of a service instance: its inputs as the cloud has them, and what the deployment made."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from computenest.kernel import identity
from computenest.kernel.names import AccountName, OwnerId
from computenest.kernel.redact import Veil
from computenest.resources.service_instance.classify import has_failed, is_moving, is_unusable, is_upgrade_failed
from computenest.resources.service_instance.model import Instance, InstanceId, Part, Wanted
from computenest.resources.service_instance.parameters import observed_parameters

__all__ = ["OUTPUTS", "adopted", "deployed", "failure", "incomplete", "inputs_of", "observed"]

OUTPUTS = ("images", "incarnation", "instanceId", "outputs", "reason", "resourceId", "resources", "status")
"""Keys of the state that are no inputs."""


def deployed(
    inputs: Mapping[str, Any], wanted: Wanted, seen: Instance, parts: Sequence[Part] | None, former: Mapping[str, Any]
) -> dict[str, Any]:
    """The state of an instance that is as wished; `parts` None where nobody could read them."""
    veil = Veil.over(wanted.parameters, wanted.concealed)
    return {
        **{key: value for key, value in inputs.items() if value is not None},
        **_from_cloud(seen),
        "parameters": observed_parameters(wanted.parameters, seen.parameters),
        "instanceId": seen.instance_id,
        "status": seen.status,
        "reason": "",
        "outputs": veil.tree(seen.outputs),
        **_parts(parts, former),
    }


def incomplete(
    inputs: Mapping[str, Any],
    wanted: Wanted,
    seen: Instance | None,
    former: Mapping[str, Any],
    instance_id: InstanceId,
    reason: str,
) -> dict[str, Any]:
    """The state of an instance that is not as wished, or not yet: it claims no more than what is there."""
    veil = Veil.over({**(former.get("parameters") or {}), **wanted.parameters}, wanted.concealed)
    before = former.get("parameters") if former else wanted.parameters
    kept: dict[str, Any] = {key: value for key, value in inputs.items() if value is not None}
    if former:  # what an update wished is not there yet; the next diff says so again
        kept |= {key: former[key] for key in ("serviceVersion", "tags") if key in former}
        for key in ("expectedImages", "fingerprint", "serviceMark"):
            kept.pop(key, None)
            kept |= {key: former[key]} if key in former else {}
    shown = seen.parameters if seen is not None else {}
    return {
        **kept,
        **(_from_cloud(seen) if seen is not None else {}),
        "parameters": observed_parameters(before or {}, shown),
        "instanceId": instance_id,
        "status": seen.status if seen is not None else former.get("status", "Created"),
        "reason": veil.text(reason),
        "outputs": former.get("outputs") or {},
        **_parts(None, former),
    }


def observed(known: Mapping[str, Any], wanted: Wanted, seen: Instance, parts: Sequence[Part] | None) -> dict[str, Any]:
    """The state as a refresh finds it. An instance that somebody moved to another version promises no images."""
    made = deployed({k: v for k, v in known.items() if k not in OUTPUTS}, wanted, seen, parts, known)
    own = {key: value for key, value in seen.tags.items() if not key.startswith(identity.TAG_PREFIX)}
    made |= {"tags": own} if own or known.get("tags") else {}
    if not own:
        made.pop("tags", None)
    if known.get("incarnation"):
        made["incarnation"] = known["incarnation"]
    if made.get("serviceVersion") != known.get("serviceVersion"):
        made = {
            key: value for key, value in made.items() if key not in {"serviceMark", "expectedImages", "fingerprint"}
        }
    if _is_owed(known, seen):
        made["reason"] = failure(seen, Veil.over(wanted.parameters, wanted.concealed))
    return made


def _is_owed(known: Mapping[str, Any], seen: Instance) -> bool:
    """Whether the next `up` has something to do about its status. What failed, was told, and is none of our changes
    (somebody stopped it) is known: it makes no difference in every preview."""
    if is_moving(seen.status) or is_unusable(seen.status) or is_upgrade_failed(seen.status):
        return True
    is_told = known.get("status") == seen.status and not known.get("reason")
    return has_failed(seen.status) and not is_told


def adopted(
    seen: Instance, *, region: str, owner_id: OwnerId, account: AccountName, parts: Sequence[Part] | None
) -> dict[str, Any]:
    """The state of an instance that no state records yet, for an import; a tag of ours keeps its owner."""
    parameters = {key: value for key, value in seen.parameters.items() if key != "RegionId"}
    generation = seen.tags.get(identity.GENERATION_TAG, "1")
    inputs = {
        "ownerId": seen.tags.get(identity.OWNER_TAG) or owner_id,
        "generation": int(generation) if generation.isdigit() else 1,
        "name": seen.name,
        "serviceId": seen.service_id,
        "region": region,
        "parameters": parameters,
        **({"account": account} if account else {}),
    }
    made = observed(inputs, Wanted.model_validate(inputs), seen, parts)
    return {**made, "incarnation": identity.incarnation(seen.tags)}


def failure(seen: Instance, veil: Veil) -> str:
    """Why an instance is not deployed, in the cloud's own words without secrets."""
    said = veil.text(" ".join(seen.status_detail.split()))
    return f"{seen.status}: {said}" if said else f"it is {seen.status}, and the cloud gives no reason"


def inputs_of(state: Mapping[str, Any]) -> dict[str, Any]:
    """The inputs that would make what a state describes."""
    return {key: value for key, value in state.items() if key not in OUTPUTS}


def _from_cloud(seen: Instance) -> dict[str, Any]:
    found = {"serviceVersion": seen.service_version, "templateName": seen.template_name}
    return {key: value for key, value in found.items() if value}


def _parts(parts: Sequence[Part] | None, former: Mapping[str, Any]) -> dict[str, Any]:
    if parts is None:
        return {"resources": former.get("resources") or [], "images": former.get("images") or {}}
    images = {part.logical_id: part.image_id for part in parts if part.image_id}
    return {"resources": [part.wire() for part in parts], "images": dict(sorted(images.items()))}
