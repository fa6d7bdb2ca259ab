"""`ServiceImageAssociation` as a `Lifecycle`: pure, no object in the cloud."""

from __future__ import annotations

from dataclasses import dataclass

from computenest.kernel.errors import Invalid
from computenest.kernel.lifecycle import Path
from computenest.kernel.names import OwnerId
from computenest.kernel.outcome import Checked, Outcome
from computenest.kernel.shapes import Shape
from computenest.kernel.unknown import UNKNOWN, Known, Unknown
from computenest.resources._program.core import Core
from computenest.resources._program.facts import AssociationFacts
from computenest.resources.service_image_association import check as association
from computenest.resources.service_image_association import diff as diffs
from computenest.resources.service_image_association.check import relation
from computenest.resources.service_image_association.declaration import MODELS, RESOURCE, Arguments, PackageReference
from computenest.resources.service_image_association.model import Inputs, State, TemplateFacts


@dataclass(frozen=True, slots=True)
class AssociationLifecycle:
    """Lifecycle of `ServiceImageAssociation`.

    A program hands over a map with one unknown in it as unknown altogether, in every language. So what a preview
    promised of a package is taken from where the promise was made, in this very process.
    """

    core: Core
    # The dynamic transport's program sends what it read of a template, and of packages what a promise needs.
    shape = Shape(RESOURCE, id_key="ownerId", models=MODELS, unread=frozenset({"packages", "template"}))
    diff = staticmethod(diffs.diff)

    async def check(self, olds: Inputs[Known] | None, news: Arguments) -> Checked[Inputs[Unknown]]:
        """Exact where the packages' own states allow it."""
        packages = news.packages
        if packages is not UNKNOWN:
            packages = {marker: self._promised(given) for marker, given in packages.items()}
        checked = association.check(
            olds,
            Arguments.made(
                news, packages=packages, template_name=news.template_name or f"template of {news.logical_name}"
            ),
            assume_stable_delivery=self.core.settings.assume_stable_delivery,
            distributed=self.core.distributed,
        )
        owner, facts = checked.inputs.owner_id, checked.inputs.template
        self.core.promised[owner] = _facts(checked.inputs)
        if olds is not None:
            self.core.promised_before[owner] = olds.substitutions
        if isinstance(news.template, str) and isinstance(facts, TemplateFacts):
            self.core.texts[facts.digest] = news.template
        return checked

    def _promised(self, given: PackageReference) -> PackageReference:
        """With what this process promised of the package, where the program does not know it."""
        if given.images is not UNKNOWN:
            return given
        promised = self.core.previewed.get(str(given.artifact_id))
        if promised is None:
            return given
        unknown = [name for name in given.model_fields_set if getattr(given, name) is UNKNOWN]
        found = {name: getattr(promised, name) for name in unknown if name in promised.model_fields_set}
        filled = given.model_copy(update=found)
        is_told = "distribution" in filled.model_fields_set
        if filled.images is None or filled.images is UNKNOWN or is_told:
            return filled
        return filled.model_copy(update={"distribution": dict.fromkeys(filled.images)})  # its regions are known now

    def preview(self, inputs: Inputs[Unknown], former: State[Known] | None) -> State[Unknown]:
        del former
        packages = inputs.packages
        return State[Unknown].made(inputs, relation=UNKNOWN if packages is UNKNOWN else relation(packages))

    async def create(self, inputs: Inputs[Known]) -> Outcome[State[Known]]:
        return Outcome(inputs.owner_id, _associated(inputs))

    async def update(self, inputs: Inputs[Known], former: State[Known]) -> Outcome[State[Known]]:
        del former
        return await self.create(inputs)

    async def read(self, id_: str, known: State[Known] | None, *, owner_id: OwnerId) -> Outcome[State[Known]] | None:
        del owner_id
        if known is None or not known.owner_id:
            raise Invalid(
                "an association cannot be imported: it is no object in the cloud",
                hint="declare it without `import`, it costs nothing to make",
            )
        return Outcome(id_, _associated(known))  # of the packages alone, so that no diff would miss it

    async def delete(self, known: State[Known]) -> None:
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


def _facts(inputs: Inputs[Unknown]) -> AssociationFacts:
    packages, facts = {} if inputs.packages is UNKNOWN else inputs.packages, inputs.template
    return AssociationFacts(
        digest=facts.digest if isinstance(facts, TemplateFacts) else UNKNOWN,
        positions=inputs.positions,
        substitutions=inputs.substitutions,
        maps=frozenset(marker for marker, one in packages.items() if one.kind == "map"),
    )


def _associated(inputs: Inputs[Known]) -> State[Known]:
    return State[Known].made(inputs, relation=relation(inputs.packages))


LIFECYCLE = AssociationLifecycle
