"""`ServiceImageAssociation` as a `Lifecycle`: pure, no object in the cloud."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from computenest.kernel.errors import Invalid
from computenest.kernel.lifecycle import Found, Path
from computenest.kernel.names import OwnerId
from computenest.kernel.outcome import Checked, Difference, Outcome
from computenest.kernel.shapes import Shape
from computenest.kernel.unknown import UNKNOWN
from computenest.resources._program.core import Core
from computenest.resources.service_image_association import check as association
from computenest.resources.service_image_association.declaration import ASSOCIATION
from computenest.resources.service_image_association.diff import diff

__all__ = ["AssociationLifecycle"]

_COMPUTED = frozenset({"logicalName", "positions", "relation", "substitutions"})


@dataclass(frozen=True, slots=True)
class AssociationLifecycle:
    """Lifecycle of `ServiceImageAssociation`.

    A program hands over a map with one unknown in it as unknown altogether, in every language. So what a preview
    promised of a package is taken from where the promise was made, in this very process.
    """

    core: Core
    # The dynamic transport's program sends what it read of a template, and of packages what a promise needs.
    shape = Shape(ASSOCIATION, id_key="ownerId", unread=frozenset({"packages", "template"}))

    async def check(self, olds: Mapping[str, Any], news: Mapping[str, Any]) -> Checked:
        """Exact where the packages' own states allow it."""
        wanted = {key: value for key, value in news.items() if key not in _COMPUTED}
        wanted.setdefault("templateName", f"template of {news.get('logicalName')}")
        if isinstance(packages := news.get("packages"), Mapping):
            wanted["packages"] = {marker: _side(self._known(given)) for marker, given in packages.items()}
        checked = association.check(
            olds,
            wanted,
            assume_stable_delivery=self.core.settings.assume_stable_delivery,
            distributed=self.core.distributed,
        )
        owner = str(checked.inputs.get("ownerId", ""))
        self.core.promised[owner] = checked.inputs
        if olds:
            self.core.promised_before[owner] = olds
        text, facts = news.get("template"), checked.inputs.get("template")
        if isinstance(text, str) and isinstance(facts, Mapping) and "digest" in facts:
            self.core.texts[facts["digest"]] = text
        return checked

    def _known(self, given: Any) -> Any:
        if not isinstance(given, Mapping) or given.get("images") is not UNKNOWN:
            return given
        promised = self.core.foreseen.get(str(given.get("artifactId")), {})
        return {key: promised.get(key, value) if value is UNKNOWN else value for key, value in given.items()}

    def diff(self, olds: Mapping[str, Any], news: Mapping[str, Any]) -> Difference:
        return diff(olds, news)

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
        if not known.get("ownerId"):
            raise Invalid(
                "an association cannot be imported: it is no object in the cloud",
                hint="declare it without `import`, it costs nothing to make",
            )
        # Made of the packages alone, so that no diff would miss it.
        made = _associated(known) if isinstance(known.get("packages"), Mapping) else known
        return Found(Outcome(id_, made), {key: value for key, value in known.items() if key != "relation"})

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


def _associated(inputs: Mapping[str, Any]) -> dict[str, Any]:
    packages = inputs.get("packages")
    return {**inputs, "relation": association.relation(inputs) if isinstance(packages, Mapping) else UNKNOWN}


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
