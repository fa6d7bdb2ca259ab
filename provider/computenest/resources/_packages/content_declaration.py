"""What container images, charts and files have in common as programs see them; each type adds its own in its folder.

What all three take stands at the fields of `ContentPackage`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, get_args

from computenest.kernel.fields import Computed, Given, Resource
from computenest.kernel.names import ArtifactId, VersionId
from computenest.kernel.values import Model
from computenest.resources._packages.content_model import Kind

__all__ = ["MADE_OF", "OBSERVED", "Content", "InRegistry", "Outputs"]

MADE_OF = Given("What the package is made of.", is_always_shown=True, is_compared=False)

OBSERVED = frozenset({"artifactId", "edition", "incarnation", "reasons", "risk", "status", "version"})
"""What is known of an artifact and its version, wherever the content lies."""
_OF_INPUTS = frozenset({"artifactName", "generation"})


class Outputs(Model):
    """What the provider finds out about a package of any of the three types."""

    artifact_id: Annotated[ArtifactId, Computed("The package's id in Compute Nest.")]
    edition: Annotated[str, Computed("A digest of what the wanted version is made of.")]
    fingerprints: Annotated[
        Mapping[str, str],
        Computed(
            "Place -> the digest of what this package put there; nothing else is overwritten or taken away.",
            is_always_shown=False,  # missing in states of earlier releases
            is_internal=True,
        ),
    ]
    incarnation: Annotated[
        int, Computed("How often a create has taken the artifact over; 0 while nobody has seen it.", is_internal=True)
    ]
    key_expiry: Annotated[
        str, Computed("When the temporary key of the last push expires: epoch milliseconds of the cloud.")
    ]
    places: Annotated[
        tuple[str, ...],
        Computed("Everything that this package has put somewhere and not taken away yet.", is_internal=True),
    ]
    reasons: Annotated[Mapping[str, str], Computed("Why the package is incomplete.")]
    risk: Annotated[
        str,
        Computed(
            "What the security scan found in the version, which is delivered all the same; absent for nothing.",
            is_always_shown=False,
        ),
    ]
    size_bytes: Annotated[int, Computed("The size of the content, in bytes.")]
    status: Annotated[str, Computed("Available, Draft (not to be released) or Incomplete.")]
    version: Annotated[VersionId, Computed("The version that holds this content: `draft`, `1`, `2`, …")]


class InRegistry(Outputs):
    """What the provider finds out about what lies in the registry."""

    digest: Annotated[str, Computed("The digest of the manifest in the registry.")]
    reference: Annotated[str, Computed("`registry/namespace/repository:tag`.")]
    registry: Annotated[str, Computed("The registry's host.")]
    repository_id: Annotated[str, Computed("The repository's id.", is_internal=True)]
    repository_type: Annotated[str, Computed("Public or Private.", is_internal=True)]


@dataclass(frozen=True, slots=True, eq=False)
class Content:
    """One type of package that content is put somewhere for.

    Args:
        kind: its artifacts' type in the API.
        declared: the type, as programs see it.
    """

    kind: Kind
    declared: Resource
    sources: Mapping[str, type[Model]] = field(init=False)
    """What it can be made of, by the kind of source."""
    placed: tuple[str, ...] = field(init=False)
    """What is known once the content lies somewhere."""
    outputs: frozenset[str] = field(init=False)
    """What of a state is no input."""

    def __post_init__(self) -> None:
        found = self.declared.properties
        arms = get_args(found["source"].info.annotation)
        sources = {arm.model_fields["kind"].default: arm for arm in arms}
        computed = {
            key for key, one in found.items() if isinstance(one.about, Computed) and not one.about.is_compared
        } - _OF_INPUTS
        object.__setattr__(self, "sources", sources)
        object.__setattr__(self, "placed", tuple(sorted(computed - OBSERVED)))
        object.__setattr__(self, "outputs", frozenset(computed | OBSERVED))

    @property
    def keys(self) -> tuple[str, ...]:
        """What a program may set."""
        return tuple(key for key in self.declared.inputs if key != "ownerId")
