"""What a service lets its instances choose from, as its program says it."""

from __future__ import annotations

from collections.abc import Mapping

from computenest.kernel.unknown import UNKNOWN, Unknown
from computenest.resources._program.offer import Offer, TemplateOffer
from computenest.resources.service.model import Service

__all__ = ["offered_by"]


def offered_by(inputs: Service[Unknown], texts: Mapping[str, str]) -> Offer:
    """What a service with these checked inputs offers; {} where that is not known yet.

    Args:
        texts: digest -> text of the templates that this process was given.
    """
    found: dict[str, TemplateOffer] = {}
    for name, entry in inputs.templates.items() if inputs.templates is not UNKNOWN else ():
        if entry is UNKNOWN:
            return {}
        found[name] = TemplateOffer(
            regions=() if entry.regions is UNKNOWN else entry.regions,
            text="" if entry.digest is UNKNOWN else texts.get(entry.digest, ""),
            is_filled_in="PredefinedParameters" in entry.options,
        )
    return found
