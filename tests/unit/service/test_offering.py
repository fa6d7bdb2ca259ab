"""What a service offers its instances is what was checked of it."""

from __future__ import annotations

from typing import Any

from computenest.kernel.unknown import UNKNOWN, Unknown
from computenest.resources._program.offer import Offer, TemplateOffer
from computenest.resources.service.model import Service
from computenest.resources.service.offering import offered_by

TEXT = "ROSTemplateFormatVersion: '2015-09-01'\nResources: {}\n"


def offered(templates: Any, texts: dict[str, str]) -> Offer:
    return offered_by(Service[Unknown].model_validate({"templates": templates}), texts)


def test_an_offer_is_what_was_checked() -> None:
    templates = {"main": {"digest": "d", "regions": ["cn-beijing"], "options": {"PredefinedParameters": []}}}
    assert offered(templates, {"d": TEXT}) == {"main": TemplateOffer(("cn-beijing",), TEXT, is_filled_in=True)}
    assert offered({"main": {"digest": UNKNOWN, "regions": UNKNOWN}}, {}) == {"main": TemplateOffer()}
    assert offered(UNKNOWN, {}) == offered({"main": UNKNOWN}, {}) == {}
