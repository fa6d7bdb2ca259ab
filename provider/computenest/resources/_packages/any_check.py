"""What the checks of all types of packages have in common: who a package is, its name, its tags, its regions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

from computenest.kernel import identity
from computenest.kernel.arguments import ALL_REGIONS, Listed, check_line, check_name, check_tags, quoted
from computenest.kernel.names import RegionId
from computenest.kernel.outcome import Failure
from computenest.kernel.regions import KNOWN_REGIONS, nearest
from computenest.kernel.unknown import UNKNOWN, Known, Maybe, Unknown
from computenest.resources._packages.model import AnyArguments, AnyPackage

MAX_NAME = 128  # unverified: no published limit for artifact names
P = TypeVar("P", bound="AnyPackage[Unknown]")


def name_of(olds: AnyPackage[Known] | None, news: AnyArguments) -> Maybe[str]:
    """The name that is given, else that of before: a rename of the resource keeps it."""
    if "name" in news.model_fields_set:
        return news.name
    return (olds.name if olds is not None else "") or news.logical_name


def check_texts(wanted: AnyPackage[Unknown], failures: list[Failure]) -> None:
    """Name, version name and tags, as the cloud takes them."""
    check_line(wanted.version_name, failures, path="versionName")
    check_name(wanted.name, failures, limit=MAX_NAME)
    check_tags(wanted.tags, failures)


def sorted_tags(news: AnyPackage[Unknown]) -> Maybe[Mapping[str, Maybe[str]]] | None:
    """Tags in the order of their keys; None for none."""
    return news.tags if news.tags is UNKNOWN else dict(sorted(news.tags.items())) or None


def identified(wanted: P, olds: AnyPackage[Known] | None, recorded: AnyPackage[Known] | None) -> P:
    """With owner, generation and artifact name.

    Args:
        wanted: with the owner id that the program gives.
        olds: the inputs of before; their identity is kept for ever.
        recorded: what this process has seen in the state of a resource that is being replaced. The engine calls check
            without old inputs then; without this the new object would take itself for the old one and adopt it.
    """
    if olds is not None and olds.owner_id:
        known = olds.artifact_name or olds.name
        return wanted.made(wanted, owner_id=olds.owner_id, generation=olds.generation, artifact_name=known)
    if recorded is None:
        return wanted.made(wanted, generation=1, artifact_name=wanted.name)
    name, generation = wanted.name, recorded.generation + 1
    if name is not UNKNOWN:
        former = recorded.artifact_name or recorded.name
        name = identity.artifact_name(name, generation=generation, former_name=former)
    return wanted.made(wanted, owner_id=recorded.owner_id, generation=generation, artifact_name=name)


def distribution_of(
    regions: Listed,
    before: Mapping[RegionId, str] | None,
    gets: Maybe[str],
    failures: list[Failure],
    *,
    is_needed: bool,
) -> Maybe[dict[RegionId, Maybe[str]]]:
    """Region -> what it gets.

    Args:
        regions: as they are given; None where `ignoreChanges` took the property away: those of before stay then.
        before: the distribution of the old inputs, None before a create.
        gets: what a region gets.
        is_needed: whether there has to be one.
    """
    if regions is None:
        if before is None and is_needed:
            failures.append(Failure("regions", "a list of regions is needed, as in [cn-hangzhou, cn-beijing]"))
        return dict.fromkeys(sorted(before or ()), gets)
    if regions is UNKNOWN:
        return UNKNOWN
    if ALL_REGIONS in regions:
        failures.append(Failure("regions", f"`{ALL_REGIONS}` stands alone, or is left out"))
        return {}
    if not regions and is_needed:
        failures.append(Failure("regions", "the list is empty; name at least one region to distribute the package to"))
    for index, region in enumerate(regions):
        if region == "":
            failures.append(Failure(f"regions[{index}]", f"{quoted(region)} is not a region id"))
    known = {region for region in regions if region is not UNKNOWN}
    return UNKNOWN if len(known) < len(set(regions)) else dict.fromkeys(sorted(known), gets)


def strange_region(path: str, region: str, there: frozenset[RegionId]) -> Failure | None:
    """Why `region` is none of those that the cloud has, with the nearest; None where it is one."""
    if region in there:
        return None
    near = nearest(region, there | KNOWN_REGIONS)
    hint = f"; did you mean {near}?" if near else ""
    return Failure(path, f"{quoted(region)} is not a region of this cloud{hint}")
