"""What an instance asks of a service of the same program is held against what that service offers."""

from __future__ import annotations

from typing import Any

import pytest

from computenest.kernel.unknown import UNKNOWN
from computenest.resources._program.offer import Offer, TemplateOffer, judge, parameters_in

TEXT = """\
ROSTemplateFormatVersion: '2015-09-01'
Parameters:
  RegionId: {Type: String}
  ZoneId: {Type: String}
  Amount: {Type: Number, Default: 0}
  Password: {Type: String, NoEcho: true}
Resources: {}
"""
WHOLE = {"templateName": "main", "region": "cn-beijing", "parameters": {"ZoneId": "z", "Password": "p"}}
OFFER: Offer = {"main": TemplateOffer(("cn-beijing",), TEXT), "other": TemplateOffer()}


def said(changes: dict[str, Any], offer: Offer = OFFER) -> tuple[list[str], list[str]]:
    given = {**WHOLE, **changes}
    found = judge(offer, chosen=given["templateName"], region=given["region"], parameters=given["parameters"])
    return [f"{failure.path}: {failure.reason}" for failure in found.failures], found.notes


@pytest.mark.parametrize(
    ("changes", "failure"),
    [
        ({"templateName": "mian"}, "templateName: the service has no template 'mian', only main, other (did you mean"),
        ({"templateName": None}, "templateName: the service has several templates, name one of them: main, other"),
        ({"region": "cn-bejing"}, "region: template 'main' of the service may be deployed in cn-beijing only, not in"),
    ],
)
def test_what_the_service_does_not_offer_is_refused(changes: dict[str, Any], failure: str) -> None:
    (found,), _ = said(changes)
    assert found.startswith(failure)


def test_parameters_are_a_note_that_repeats_no_value() -> None:
    failures, (strange, missing) = said({"parameters": {"ZonId": "hunter2", "Password": "hunter2"}})
    assert not failures
    assert strange.startswith("parameters.ZonId: template 'main' declares no such parameter (did you mean ZoneId?)")
    assert "has no default for ZoneId;" in missing
    assert "hunter2" not in strange + missing


@pytest.mark.parametrize(
    ("changes", "offer"),
    [
        ({}, OFFER),
        ({"parameters": {"ZoneId": UNKNOWN, "Password": UNKNOWN, "Amount": 0}}, OFFER),
        ({"parameters": UNKNOWN}, OFFER),
        ({"templateName": UNKNOWN}, OFFER),
        ({"region": UNKNOWN}, OFFER),
        ({"templateName": None}, {"main": OFFER["main"]}),
        ({"parameters": {}}, {"main": TemplateOffer(text=TEXT, is_filled_in=True)}),
        ({"parameters": {"x": 1}}, {"main": TemplateOffer()}),
        ({"templateName": "mian"}, {}),
    ],
)
def test_nothing_is_said_of_what_fits_or_cannot_be_told(changes: dict[str, Any], offer: Offer) -> None:
    assert said(changes, offer) == ([], [])


@pytest.mark.parametrize("text", ["", "- a", "{", "variable: {}", "Transform: Aliyun::Terraform-v1.5\nResources: {}"])
def test_other_texts_declare_nothing_that_is_known(text: str) -> None:
    assert parameters_in(text) is None


def test_parameters_of_a_template() -> None:
    assert parameters_in("Resources: {}") == {}
    assert parameters_in(TEXT) == {"RegionId": True, "ZoneId": True, "Amount": False, "Password": True}
