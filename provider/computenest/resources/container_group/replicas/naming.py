"""What each group of a set is called, whose it is, and what an update cannot change of it. Pure.

A group of a set is owned by its place in the set, so that whoever looks after one group looks after each of them.
"""

from __future__ import annotations

from collections.abc import Mapping

from computenest.kernel import identity
from computenest.kernel.names import OwnerId
from computenest.kernel.unknown import Known, Unknown
from computenest.resources.container_group.declaration import RESOURCE
from computenest.resources.container_group.model import ContainerGroup, Inputs

SET_TAG = "computenest:set"
FORM_TAG = "computenest:form"
OF_THE_SET = frozenset({"name", "region", "account"})
"""What the whole set is replaced for."""
FIXED = tuple(key for key in RESOURCE.replaces if key not in OF_THE_SET)
"""What one group after the other is replaced for."""
NEVER_EMPTIED = ("initContainers", "volumes", "dnsConfig", "registryLogins", "acrRegistryInfo")
"""An update that does not send a list leaves it as it is, and an empty list cannot be sent (facts §10.3)."""


def set_id(wanted: Inputs[Known]) -> str:
    """What the groups of a set are tagged with, and the set's own id: known before any of them exists."""
    return f"{wanted.owner_id}.{wanted.generation}"


def name_of(name: object, number: int) -> str:
    """Of the group in a place, from 1."""
    return f"{name}-{number}"


def number_of(group: ContainerGroup, wanted: Inputs[Known]) -> int:
    """The place that a group is in; 0 for one whose tag says none."""
    owner = group.tags.get(identity.OWNER_TAG, "").removeprefix(f"{set_id(wanted)}.")
    return int(owner) if owner.isascii() and owner.isdecimal() and len(owner) < 10 else 0


def generation_of(group: ContainerGroup) -> int:
    """Which one in its place a group is."""
    text = group.tags.get(identity.GENERATION_TAG, "1")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else 1


def of_replica(wanted: Inputs[Known], number: int, generation: int) -> Inputs[Known]:
    """What is wanted of the group in a place."""
    return Inputs[Known].made(
        wanted,
        owner_id=OwnerId(f"{set_id(wanted)}.{number}"),
        generation=generation,
        name=name_of(wanted.name, number),
        replicas=None,
        create_before_delete=None,
        rollout=None,
        revision=None,
    )


def own_tags(wanted: Inputs[Known]) -> dict[str, str]:
    """What a group of a set is tagged with beside its owner; `wanted` is of that group."""
    return {SET_TAG: wanted.owner_id.rpartition(".")[0], FORM_TAG: form_of(wanted)}


def form_of(wanted: Inputs[Unknown]) -> str:
    """A digest of what no update changes, and which lists there are: a list is never taken away by an update."""
    said = [f"{key}={getattr(wanted, RESOURCE.properties[key].name)!r}" for key in FIXED]
    return f"{identity.digest(*said)}-{''.join(sorted(_lists(wanted)))}"


def has_form(tags: Mapping[str, str], wanted: Inputs[Known]) -> bool:
    """Whether an update can make what is wanted of a group with these tags; one without the tag is taken for such."""
    there, form = tags.get(FORM_TAG), form_of(wanted)
    if there is None:
        return True
    digest, _, lists = there.partition("-")
    return digest == form.partition("-")[0] and set(lists) <= set(form.partition("-")[2])


def _lists(wanted: Inputs[Unknown]) -> list[str]:
    return [key[0] for key in NEVER_EMPTIED if getattr(wanted, RESOURCE.properties[key].name)]
