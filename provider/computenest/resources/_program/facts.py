"""What the checks of this process found out of one resource that decides about another."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING

from computenest.kernel.lifecycle import Path
from computenest.kernel.unknown import UNKNOWN, Maybe
from computenest.kernel.values import Json

if TYPE_CHECKING:  # charts are loaded by programs that have some
    from computenest.resources._components.model import ServiceDefinition

Substitutions = Maybe[Mapping[str, Maybe[Mapping[str, Maybe[str]]]]]
"""Marker -> region -> image id."""


@dataclass(frozen=True, slots=True)
class AssociationFacts:
    """An association, as checked last.

    Args:
        digest: of its template.
        positions: marker -> the paths where it stands.
        maps: markers that a plain map of images stands behind, and no package.
    """

    digest: Maybe[str] = UNKNOWN
    positions: Maybe[Mapping[str, tuple[str, ...]]] = UNKNOWN
    substitutions: Substitutions = UNKNOWN
    maps: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Defined:
    """A CloudService, as checked last.

    Args:
        definition: what a deployment takes.
        secrets: the paths in it that are secret, below `service`, as a deployment's inputs have them.
    """

    definition: ServiceDefinition
    secrets: frozenset[Path] = frozenset()


@dataclass(frozen=True, slots=True)
class TemplateFacts:
    """A template of a service; `options` are further keys of its entry."""

    digest: Maybe[str]
    options: Mapping[str, Json]


@dataclass(frozen=True, slots=True)
class RelationFacts:
    """What stands behind a marker of a service; `is_whole` where all of it is known."""

    artifact_id: Maybe[str]
    version: Maybe[str]
    is_whole: bool


@dataclass(frozen=True, slots=True)
class ServiceFacts:
    """A service, as checked last, or as the last run left it.

    Args:
        edition: "" where it has none yet.
        review: how the review of its draft stood, "" where nobody asked.
        others: whatever else of it a deployment sees.
        allows_upgrades: whether instances of earlier versions may be upgraded to the wanted one.
        upgraded_from: from which versions, None for every one.
        operations: template -> operation -> the parameters that it changes; None where that is not known, or not said.
    """

    edition: Maybe[str] = ""
    review: Maybe[str] = ""
    templates: Maybe[Mapping[str, Maybe[TemplateFacts]]] = UNKNOWN
    relations: Maybe[Mapping[str, Maybe[RelationFacts]]] = field(default_factory=lambda: MappingProxyType({}))
    others: Mapping[str, Json] = field(default_factory=lambda: MappingProxyType({}))
    allows_upgrades: bool = True
    upgraded_from: tuple[str, ...] | None = None
    operations: Mapping[str, Mapping[str, tuple[str, ...]]] | None = None
