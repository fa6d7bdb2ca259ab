"""A case of each type of resource for the laws that all of them obey: a type has every law for one row."""

from __future__ import annotations

import importlib
from collections.abc import Iterator, Mapping
from pathlib import Path

from computenest.resources import catalog
from computenest.resources._packages.content_model import Kind
from lifecycle.case import LifecycleCase
from lifecycle.embedded_subjects import InstanceSubject, ServiceSubject
from lifecycle.subjects import AssociationSubject, ContentSubject, DirectSubject, ImageSubject

__all__ = ["CASES", "LifecycleCase"]


def of_folders() -> Iterator[LifecycleCase]:
    """What the types bring that have tests of their own: tests/resources/<folder>/subject.py."""
    for folder in catalog.FOLDERS:
        if (Path(__file__).parents[1] / "resources" / folder / "subject.py").is_file():
            yield from importlib.import_module(f"resources.{folder}.subject").CASES


CASES: Mapping[str, LifecycleCase] = {
    case.name: case
    for case in (
        LifecycleCase("EcsImagePackage", ImageSubject),
        LifecycleCase("EcsImagePackage, direct", DirectSubject),
        LifecycleCase("ContainerImagePackage", lambda: ContentSubject(Kind.IMAGE)),
        LifecycleCase("HelmChartPackage", lambda: ContentSubject(Kind.CHART)),
        LifecycleCase("FilePackage", lambda: ContentSubject(Kind.FILE)),
        LifecycleCase("ServiceImageAssociation", AssociationSubject),
        LifecycleCase("Service", ServiceSubject),
        LifecycleCase("ServiceInstance", InstanceSubject),
        *of_folders(),
    )
}
