"""Which objects in the cloud were made for a resource of a stack that its state does not know. Pure.

The mark on an object is its owner's id, a digest of organization, project, stack, type and name: it tells nothing by
itself, but it proves a guess. An object is named like its resource unless the program names it otherwise; those names
can be given.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from computenest.cloud.wire import object_in, objects_in
from computenest.kernel import identity
from computenest.kernel.values import Json
from computenest.resources._packages.keys import FileKey, owner_part


@dataclass(frozen=True, slots=True)
class Marked:
    """An object that carries an owner's id.

    Args:
        what: artifact, service, service instance.
        type_name: that a resource of such objects has.
        id: the cloud's.
        names: that it has in the cloud.
        tags: ours among them.
        status: the cloud's, "" for none.
    """

    what: str
    type_name: str
    id: str
    names: tuple[str, ...]
    tags: Mapping[str, str] = field(default_factory=dict)
    status: str = ""

    @property
    def owner(self) -> str:
        return self.tags.get(identity.OWNER_TAG, "")

    @property
    def generation(self) -> str:
        return self.tags.get(identity.GENERATION_TAG, "1")


@dataclass(frozen=True, slots=True)
class Stacks:
    """Whose objects are looked for.

    Args:
        names: `project/stack`.
        organizations: that they may be of.
        resources: names of resources whose objects are named otherwise.
    """

    names: frozenset[str]
    organizations: Collection[str] = ("organization",)
    resources: Collection[str] = ()

    def owners(self, type_name: str, names: Iterable[str]) -> frozenset[str]:
        """The owner ids that a resource of this type has if it bears one of the names."""
        return frozenset(
            identity.mint_owner_id(
                organization=organization, project=project, stack=stack, type_token=type_name, name=name
            )
            for project, _, stack in (one.partition("/") for one in self.names)
            for organization in self.organizations
            for name in {*names, *self.resources}
        )

    def own(self, marked: Marked) -> bool:
        """Whether the object was made for a resource of these stacks, as far as names tell."""
        names = {name for full in marked.names for name in (full, _stem(full, marked.generation))}
        return marked.owner in self.owners(marked.type_name, names)

    def own_key(self, key: FileKey) -> bool:
        """Whether an uploaded file was of these stacks, as far as the names that were given tell."""
        return key.owner in {owner_part(owner) for owner in self.owners("FilePackage", ())}


def orphaned(
    seen: Sequence[Marked], stacks: Stacks, *, known: Collection[tuple[str, str]]
) -> tuple[tuple[Marked, ...], int]:
    """The objects of the stacks that their state does not know, and how many more it does not know that may be
    anybody's."""
    strange = [one for one in seen if one.owner and (one.owner, one.generation) not in known]
    ours = tuple(one for one in strange if stacks.own(one))
    return ours, len(strange) - len(ours)


def accounts_in(export: Json) -> frozenset[str]:
    """The accounts that the resources of a `pulumi stack export` name."""
    resources = objects_in(object_in(export).get("deployment"), "resources")
    named = [{**object_in(one.get("inputs")), **object_in(one.get("outputs"))} for one in resources]
    found = (one.get("account") for one in named if one.get("ownerId"))
    return frozenset(account for account in found if isinstance(account, str))


def types_in(export: Json) -> frozenset[str]:
    """The names of the types that the resources of a `pulumi stack export` are of, on either transport."""
    resources = objects_in(object_in(export).get("deployment"), "resources")
    return frozenset(str(one.get("type", "")).rpartition(":")[2] for one in resources)


def _stem(name: str, generation: str) -> str:
    return name.removesuffix(f"-g{generation}")
