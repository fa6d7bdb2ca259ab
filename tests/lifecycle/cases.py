"""A case of each type of resource for the laws that all of them obey: a type has every law for one row."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from computenest.resources._packages.content_model import Kind
from lifecycle.embedded_subjects import InstanceSubject, ServiceSubject
from lifecycle.subjects import AssociationSubject, ContentSubject, DirectSubject, ImageSubject, LawSubject

__all__ = ["CASES", "EMBEDDED", "IN_MEMORY", "LifecycleCase"]


@dataclass(frozen=True)
class LifecycleCase:
    """One row of the table of laws.

    Args:
        name: the type's, and what is special about the case.
        make: the subject; of one that needs it, on the embedded cloud.
        needs_cloud: whether there is none in memory.
    """

    name: str
    make: Callable[..., LawSubject]
    needs_cloud: bool = False

    @property
    def type_name(self) -> str:
        return self.name.partition(",")[0]


CASES: Mapping[str, LifecycleCase] = {
    case.name: case
    for case in (
        LifecycleCase("EcsImagePackage", ImageSubject),
        LifecycleCase("EcsImagePackage, direct", DirectSubject),
        LifecycleCase("ContainerImagePackage", lambda: ContentSubject(Kind.IMAGE)),
        LifecycleCase("HelmChartPackage", lambda: ContentSubject(Kind.CHART)),
        LifecycleCase("FilePackage", lambda: ContentSubject(Kind.FILE)),
        LifecycleCase("ServiceImageAssociation", AssociationSubject),
        LifecycleCase("Service", ServiceSubject, needs_cloud=True),
        LifecycleCase("ServiceInstance", InstanceSubject, needs_cloud=True),
    )
}
IN_MEMORY = {name: case.make for name, case in CASES.items() if not case.needs_cloud}
EMBEDDED = {name: case.make for name, case in CASES.items() if case.needs_cloud}
