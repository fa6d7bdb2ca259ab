"""The two resources as the plugin serves them: the core's use cases in the words of Pulumi's protocol, plain values.

Everything about the wire is the servicer's affair; everything about the cloud the core's.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from computenest.domain.association.check import relation
from computenest.domain.association.diff import diff as association_diff
from computenest.domain.distribution import state
from computenest.domain.distribution.diff import diff as package_diff
from computenest.domain.errors import Invalid, Reason, Transient
from computenest.domain.names import AccountName, ArtifactId, OwnerId
from computenest.domain.outcome import Checked, Difference, Outcome
from computenest.domain.unknown import UNKNOWN
from computenest.ports import Progress
from computenest.transports.core import Core
from computenest.transports.lifecycle import Found, Lifecycle
from computenest.transports.plugin.detail import Change, detail
from computenest.transports.plugin.values import Path
from computenest.transports.told import UNREAD

__all__ = [
    "STABLE",
    "AssociationResource",
    "PackageResource",
    "Resource",
    "ServedLifecycle",
    "is_incomplete",
    "partial",
]

STABLE = ("artifactId", "artifactName", "generation", "ownerId")
"""Outputs that no update changes."""


class Resource(Protocol):
    """One type of resource; every value is plain, UNKNOWN where a preview does not know it."""

    async def check(
        self, olds: Mapping[str, Any], news: Mapping[str, Any], *, owner_id: OwnerId, name: str
    ) -> tuple[Checked, tuple[str, ...]]: ...

    def diff(self, olds: Mapping[str, Any], news: Mapping[str, Any]) -> tuple[Difference, dict[str, Change]]: ...

    def foresee(self, inputs: Mapping[str, Any], former: Mapping[str, Any]) -> Mapping[str, Any]: ...

    async def create(self, inputs: Mapping[str, Any]) -> Outcome: ...

    async def update(self, inputs: Mapping[str, Any], former: Mapping[str, Any]) -> Outcome: ...

    async def read(self, id_: str, known: Mapping[str, Any], *, owner_id: OwnerId) -> Found | None: ...

    async def delete(self, known: Mapping[str, Any]) -> None: ...

    def secrets(self, given: frozenset[Path]) -> frozenset[Path]:
        """The secret paths of inputs, and those of what is computed from them."""
        ...


@dataclass(frozen=True, slots=True)
class PackageResource:
    """`computenest:index:EcsImagePackage`."""

    core: Core
    progress: Progress
    foreseen: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    """Artifact id -> what the preview under way promises of it."""

    async def check(
        self, olds: Mapping[str, Any], news: Mapping[str, Any], *, owner_id: OwnerId, name: str
    ) -> tuple[Checked, tuple[str, ...]]:
        wanted = {"ownerId": owner_id, **news, "logicalName": name}
        if "regions" not in wanted and isinstance(wanted.get("distribution"), Mapping):
            wanted["regions"] = sorted(wanted["distribution"])  # the inputs of an import, checked again
        return await self.core.check_package(olds, wanted)

    def diff(self, olds: Mapping[str, Any], news: Mapping[str, Any]) -> tuple[Difference, dict[str, Change]]:
        self.core.related.made(olds)
        before = partial(olds) if is_incomplete(olds) else olds
        difference = package_diff(before, news)
        return difference, detail(difference, before, news)

    def foresee(self, inputs: Mapping[str, Any], former: Mapping[str, Any]) -> Mapping[str, Any]:
        promised = self.core.promised_of(inputs, former)
        self.foreseen[str(promised["artifactId"])] = promised
        return promised

    async def create(self, inputs: Mapping[str, Any]) -> Outcome:
        return await self.core.create_package(inputs)

    async def update(self, inputs: Mapping[str, Any], former: Mapping[str, Any]) -> Outcome:
        return await self.core.update_package(inputs, former)

    async def read(self, id_: str, known: Mapping[str, Any], *, owner_id: OwnerId) -> Found | None:
        if not known.get("artifactId"):
            account = AccountName(str(known.get("account") or ""))
            made = await self.core.adopt_package(ArtifactId(id_), owner_id=owner_id, account=account)
            return None if made is None else Found(made, state.inputs_of(made.state))
        try:
            outcome = await self.core.read_package(known)
        except Transient as error:
            self.progress.warn(Reason.of(error, left_out=UNREAD, name=str(known.get("name"))))
            return Found(Outcome(id_, known), state.inputs_of(known))
        return None if outcome is None else Found(outcome, state.inputs_of(outcome.state))

    async def delete(self, known: Mapping[str, Any]) -> None:
        await self.core.delete_package(known)

    def secrets(self, given: frozenset[Path]) -> frozenset[Path]:
        computed = {"source": "distribution", "regions": "distribution", "name": "artifactName"}
        return given | {(computed[str(path[0])],) for path in given if path[0] in computed}


@dataclass(frozen=True, slots=True)
class AssociationResource:
    """`computenest:index:ServiceImageAssociation`: pure, no object in the cloud.

    A program hands over a map with one unknown in it as unknown altogether, in every language. So what a preview
    promised of a package is taken from where the promise was made, in this very process.
    """

    core: Core
    foreseen: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    async def check(
        self, olds: Mapping[str, Any], news: Mapping[str, Any], *, owner_id: OwnerId, name: str
    ) -> tuple[Checked, tuple[str, ...]]:
        packages = news.get("packages")
        wanted = {"ownerId": owner_id, **news}
        wanted.setdefault("templateName", f"template of {name}")
        for computed in ("positions", "substitutions", "relation"):
            wanted.pop(computed, None)
        if isinstance(packages, Mapping):
            wanted["packages"] = {marker: _side(self._known(given)) for marker, given in packages.items()}
        checked = self.core.check_association(olds, wanted)
        return checked, checked.warnings

    def _known(self, given: Any) -> Any:
        if not isinstance(given, Mapping) or given.get("images") is not UNKNOWN:
            return given
        promised = self.foreseen.get(str(given.get("artifactId")), {})
        return {key: promised.get(key, value) if value is UNKNOWN else value for key, value in given.items()}

    def diff(self, olds: Mapping[str, Any], news: Mapping[str, Any]) -> tuple[Difference, dict[str, Change]]:
        difference = association_diff(olds, news)
        return difference, detail(difference, olds, news)

    def foresee(self, inputs: Mapping[str, Any], former: Mapping[str, Any]) -> Mapping[str, Any]:
        del former
        return _associated(inputs)

    async def create(self, inputs: Mapping[str, Any]) -> Outcome:
        return Outcome(str(inputs["ownerId"]), _associated(inputs))

    async def update(self, inputs: Mapping[str, Any], former: Mapping[str, Any]) -> Outcome:
        del former
        return await self.create(inputs)

    async def read(self, id_: str, known: Mapping[str, Any], *, owner_id: OwnerId) -> Found | None:
        del owner_id
        if "substitutions" not in known:
            raise Invalid(
                "an association cannot be imported: it is no object in the cloud",
                hint="declare it without `import`, it costs nothing to make",
            )
        return Found(Outcome(id_, known), {key: value for key, value in known.items() if key != "relation"})

    async def delete(self, known: Mapping[str, Any]) -> None:
        """There is nothing to delete."""

    def secrets(self, given: frozenset[Path]) -> frozenset[Path]:
        found = {path for path in given if path[0] != "template"}  # only its digest is kept
        markers = {path[1] for path in found if path[0] == "packages" and len(path) > 1}
        whole = any(path == ("packages",) for path in found)
        return frozenset(
            {path[:2] for path in found}
            | {("substitutions", marker) for marker in markers}
            | ({("substitutions",)} if whole else set())
        )


@dataclass(frozen=True, slots=True)
class ServedLifecycle:
    """Any `Lifecycle` as the plugin serves it: what is added is the detailed diff."""

    lifecycle: Lifecycle

    async def check(
        self, olds: Mapping[str, Any], news: Mapping[str, Any], *, owner_id: OwnerId, name: str
    ) -> tuple[Checked, tuple[str, ...]]:
        wanted = {"ownerId": owner_id, **news, "logicalName": name}
        return await self.lifecycle.check(olds, wanted)

    def diff(self, olds: Mapping[str, Any], news: Mapping[str, Any]) -> tuple[Difference, dict[str, Change]]:
        difference = self.lifecycle.diff(olds, news)
        return difference, detail(difference, olds, news)

    def foresee(self, inputs: Mapping[str, Any], former: Mapping[str, Any]) -> Mapping[str, Any]:
        return self.lifecycle.foresee(inputs, former)

    async def create(self, inputs: Mapping[str, Any]) -> Outcome:
        return await self.lifecycle.create(inputs)

    async def update(self, inputs: Mapping[str, Any], former: Mapping[str, Any]) -> Outcome:
        return await self.lifecycle.update(inputs, former)

    async def read(self, id_: str, known: Mapping[str, Any], *, owner_id: OwnerId) -> Found | None:
        return await self.lifecycle.read(id_, known, owner_id=owner_id)

    async def delete(self, known: Mapping[str, Any]) -> None:
        await self.lifecycle.delete(known)

    def secrets(self, given: frozenset[Path]) -> frozenset[Path]:
        return self.lifecycle.secrets(given)


def is_incomplete(known: Mapping[str, Any]) -> bool:
    """Whether the operation that left this state did not finish."""
    return known.get("status") == state.INCOMPLETE


def partial(known: Mapping[str, Any]) -> dict[str, Any]:
    """An incomplete state that claims no more than what is there, so that the next diff shows exactly the gap."""
    distribution, images = known.get("distribution"), known.get("images")
    if not isinstance(distribution, Mapping) or not isinstance(images, Mapping):
        return dict(known)
    return {**known, "distribution": {region: origin for region, origin in distribution.items() if region in images}}


def _associated(inputs: Mapping[str, Any]) -> dict[str, Any]:
    packages = inputs.get("packages")
    return {**inputs, "relation": relation(inputs) if isinstance(packages, Mapping) else UNKNOWN}


def _side(given: Any) -> Any:
    """What stands behind a marker, as the core reads it; a plain map of images needs no more than itself."""
    if not isinstance(given, Mapping) or "kind" in given:
        return {"kind": "map", "images": UNKNOWN} if given is UNKNOWN else given
    if "images" not in given:
        return {"kind": "map", "images": given}
    if "artifactId" not in given:
        return {"kind": "map", "images": given["images"]}
    images = given["images"]
    whole = {"kind": "package", "version": UNKNOWN, **given}
    if "distribution" not in given and isinstance(images, Mapping):
        whole["distribution"] = dict.fromkeys(images)
    return whole
