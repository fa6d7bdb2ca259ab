"""What an instance asks of a service of the same program, held against what that service offers: templates, regions,
parameters. What another program's service offers is its own affair, and the cloud's to judge."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from computenest.kernel.arguments import quoted
from computenest.kernel.outcome import Failure
from computenest.kernel.regions import nearest
from computenest.kernel.unknown import UNKNOWN, Maybe
from computenest.kernel.values import Json
from computenest.templates.model import TemplateRefused
from computenest.templates.nodes import MappingNode
from computenest.templates.source import Source
from computenest.templates.trees import read_tree

_GIVEN_BY_US = frozenset({"RegionId"})  # from `region`
_ROS = frozenset({"ROSTemplateFormatVersion", "Resources"})


@dataclass(frozen=True, slots=True)
class TemplateOffer:
    """One template of a service.

    Args:
        regions: where it may be deployed; () for anywhere.
        text: "" where this process was not given it.
        is_filled_in: the service sets parameters itself (facts §2.1, PredefinedParameters), so none need be missing.
    """

    regions: tuple[str, ...] = ()
    text: str = ""
    is_filled_in: bool = False


Offer = Mapping[str, TemplateOffer]
"""Template name -> what it offers."""


@dataclass(slots=True)
class Judgement:
    """What is wrong for sure, and what a reviewer should know."""

    failures: list[Failure] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def chosen_of(offer: Offer, name: Maybe[str] | None) -> TemplateOffer | None:
    """The template that an instance is made of; None where that is not known."""
    if name is None:
        return next(iter(offer.values())) if len(offer) == 1 else None
    return offer.get(name) if isinstance(name, str) else None


def judge(
    offer: Offer,
    *,
    chosen: Maybe[str] | None,
    region: Maybe[str],
    parameters: Maybe[Mapping[str, Maybe[Json]]],
) -> Judgement:
    """Holds an instance's template, region and parameters against the offer.

    That a parameter is missing or too much is a note and not a failure: which ones Compute Nest adds or drops by
    itself is unverified.
    """
    found = Judgement()
    if not offer or chosen is UNKNOWN:
        return found
    listed = ", ".join(sorted(offer))
    if chosen is None and len(offer) > 1:
        found.failures.append(Failure("templateName", f"the service has several templates, name one of them: {listed}"))
        return found
    name = next(iter(offer)) if chosen is None else chosen
    if name not in offer:
        meant = _meant(name, offer)
        found.failures.append(
            Failure("templateName", f"the service has no template {quoted(name)}, only {listed}{meant}")
        )
        return found
    template = offer[name]
    if region is not UNKNOWN and template.regions and region not in template.regions:
        where, meant = ", ".join(template.regions), _meant(region, template.regions)
        reason = f"template {name!r} of the service may be deployed in {where} only, not in {region}{meant}"
        found.failures.append(Failure("region", reason))
    declared = parameters_in(template.text)
    if declared is not None and parameters is not UNKNOWN:
        found.notes += _about_parameters(name, template, declared, {*parameters} | _GIVEN_BY_US)
    return found


def _about_parameters(name: str, template: TemplateOffer, declared: Mapping[str, bool], given: set[str]) -> list[str]:
    strange = sorted(given - set(declared) - _GIVEN_BY_US)
    missing = sorted(key for key, is_needed in declared.items() if is_needed and key not in given)
    notes = [
        f"parameters.{key}: template {name!r} declares no such parameter{_meant(key, declared)}; it has no effect"
        for key in strange
    ]
    if missing and not template.is_filled_in:
        which = ", ".join(missing)
        notes.append(f"parameters: template {name!r} has no default for {which}; the deployment fails without a value")
    return notes


def parameters_in(text: str) -> Mapping[str, bool] | None:
    """Parameter -> whether it must be given, of a ROS template; None of any other text (Terraform's variables have
    other rules)."""
    if not text:
        return None
    try:
        root, _, _ = read_tree(Source(text.encode("utf-8", "surrogatepass"), name="template"))
    except TemplateRefused:
        return None
    if not isinstance(root, MappingNode) or not _ROS & root.entries.keys() or root.get("Transform") is not None:
        return None
    section = root.get("Parameters")
    if not isinstance(section, MappingNode):
        return {}
    return {
        name: isinstance(entry.value, MappingNode) and entry.value.get("Default") is None
        for name, entry in section.entries.items()
    }


def _meant(word: str, known: Iterable[str]) -> str:
    near = nearest(word, known)
    return f" (did you mean {near}?)" if near and near != word else ""
