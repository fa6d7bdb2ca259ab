"""Upgrades, operations and further fields of a service: what is written, what is compared, what drifted."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from computenest.cloud.wire import object_in
from computenest.resources.service.operating import is_usual, operating_shown, seen_fields
from unit.service.services import check, managed_by, service_of

TEMPLATE = """\
ROSTemplateFormatVersion: '2015-09-01'
Parameters:
  Kind: {Type: String, Default: ecs.g7.large}
Resources:
  Web: {Type: 'ALIYUN::ECS::InstanceGroup', Properties: {InstanceType: {Ref: Kind}}}
"""
OPERATIONS = {
    "changes": {"main": {"resize": {"parameters": ["Kind"], "description": "Another size"}}},
    "power": {"main": ["Start", "Stop"]},
    "backup": True,
    "options": {"PrometheusConfigMap": {}},
}
COMMODITY = {
    "specifications": [{"templateName": "main", "specificationCode": "yuncode1"}],
    "metering": [{"templateName": "main", "entityIds": ["e-2", "e-1"], "specificationName": "large"}],
    "meteringItems": {
        "e-1": {"type": "ComputeNestPrometheus", "metricName": "calls", "promql": "sum(calls)"},
        "e-2": {"type": "Custom"},
    },
    "saasBoost": "{}",
}
UPGRADES = {"fromVersions": ["1", "2"], "rollback": False, "components": ["Resource"], "description": "Better"}
ALL: Mapping[str, Any] = {
    "upgrades": UPGRADES,
    "operations": OPERATIONS,
    "operated": True,
    "policyNames": ["PolicyA", "PolicyB"],
    "durationS": 3600,
    "trialDays": 7,
    "tenantType": "MultiTenant",
    "resellable": True,
    "commodity": COMMODITY,
    "compliancePacks": ["DataSecurity", "NetworkSecurity"],
    "localeConfigs": {"Another size": {"zh": "换规格", "en": "Another size"}, "main": {"zh": "标准版"}},
    "extra": {"LogMetadata": {"Logstores": [{"Name": "web"}]}},
}


def news(**more: Any) -> dict[str, Any]:
    return {"ownerId": "o-1", "infos": {"en-US": "Shop"}, "templates": {"main": TEMPLATE}, **more}


def inputs(**more: Any) -> dict[str, Any]:
    found = check({}, news(**more))
    assert not found.checked.failures, found.checked.failures
    return dict(found.checked.inputs)


def served(fields: Mapping[str, Any]) -> dict[str, Any]:
    """As GetService answers what was written: documents are texts, but for those that the SDK has as objects."""
    found = {key: json.dumps(value) if isinstance(value, dict) else value for key, value in fields.items()}
    return found | {key: fields[key] for key in ("Commodity", "ComplianceMetadata") if key in fields}


def seen(fields: Mapping[str, Any]) -> dict[str, Any]:
    return seen_fields(served(fields), object_in)


def test_what_is_written_is_what_is_wanted_and_is_read_back() -> None:
    service = service_of(inputs(**ALL))
    written = service.fields_to_write({}, (), ())
    assert written["OperationMetadata"] == {
        "ModifyParametersConfig": [
            {
                "TemplateName": "main",
                "Operation": [
                    {"Name": "resize", "Description": "Another size", "Type": "Custom", "Parameters": ["Kind"]}
                ],
            }
        ],
        "StatusOperationConfigs": [{"TemplateName": "main", "SupportOperations": ["Start", "Stop"]}],
        "SupportBackup": True,
        "PrometheusConfigMap": {},
    }
    assert written["UpgradeMetadata"] == {
        "SupportUpgradeFromVersions": [1, 2],
        "SupportRollback": False,
        "UpgradeComponents": ["Resource"],
        "Description": "Better",
    }
    assert (written["PolicyNames"], written["Duration"], written["IsSupportOperated"]) == (
        "PolicyA,PolicyB",
        3600,
        True,
    )
    assert service.is_said_by(seen(written), ())
    assert service.operating_seen(seen(written)).bag() == {key: inputs(**ALL)[key] for key in ALL}
    shown = operating_shown(seen(written)).bag()
    assert service_of({**inputs(), **shown}).is_said_by(seen(written), ()), "an import makes the same of it"


@pytest.mark.parametrize("key", ALL)
def test_each_is_compared_drifts_makes_an_edition_and_goes_when_it_is_wanted_no_more(key: str) -> None:
    before = inputs(**{key: ALL[key]})
    service = service_of(before)
    written = service.fields_to_write({}, (), ("1",))
    assert service.wanted_edition != service_of(inputs()).wanted_edition
    assert service.is_said_by(seen(written), ())
    bare = seen(service_of(inputs()).fields_to_write({}, (), ("1",)))
    assert not service.is_said_by(bare, ()), "what is there before it was wanted"
    assert service.operating_seen(bare).bag()[key] != before[key], "somebody took it out"
    managed = managed_by(before).fields
    wished = service_of(inputs())
    after = seen(wished.fields_to_write(seen(written), managed, ("1",)))
    assert wished.is_said_by(after, managed)
    if key == "localeConfigs":
        assert "ServiceLocaleConfigs" in after or wished.is_said_by(seen(written), managed), "an empty list has no form"
        return
    assert not wished.is_said_by(seen(written), managed)
    if key != "upgrades":
        assert managed_by(before).dropped_by(wished).fields
    assert wished.is_said_by(seen(written), ()), "what others wrote stays"


def test_editions_of_before_hold() -> None:
    """A service that says nothing of all this is made of what it was made of."""
    assert service_of(inputs()).operating == {}


def test_a_version_that_says_nothing_allows_upgrades_from_every_one_before_it() -> None:
    service = service_of(inputs())
    first = service.fields_to_write({}, (), ())["UpgradeMetadata"]
    assert first["SupportUpgradeFromVersions"] == []
    third = service.fields_to_write({"UpgradeMetadata": first}, (), ("1", "2"))["UpgradeMetadata"]
    assert third["SupportUpgradeFromVersions"] == [1, 2]
    assert is_usual(third)
    theirs = {**third, "Description": "theirs"}
    assert "UpgradeMetadata" not in service.fields_to_write({"UpgradeMetadata": theirs}, (), ("1", "2", "3"))
    assert service.is_said_by({"UpgradeMetadata": theirs}, ())
    none = service_of(inputs(upgrades={"allowed": False}))
    assert none.fields_to_write({"UpgradeMetadata": third}, (), ("1",))["UpgradeMetadata"] == {}
    assert none.is_said_by({}, ())
    assert not none.is_said_by({"UpgradeMetadata": third}, ())
    every = service_of(inputs(upgrades={"description": "Any"}))
    assert every.is_said_by(seen(every.fields_to_write({}, (), ("1", "2"))), ()), "the numbers are nobody's wish"


def test_keys_of_others_stay_in_a_document_of_ours() -> None:
    service = service_of(inputs(operations={"backup": True}))
    written = service.fields_to_write({"OperationMetadata": {"PrometheusConfigMap": {"a": 1}}}, (), ())
    assert written["OperationMetadata"] == {"PrometheusConfigMap": {"a": 1}, "SupportBackup": True}


@pytest.mark.parametrize(
    ("given", "path", "said"),
    [
        ({"operations": {"power": {"man": ["Start"]}}}, "operations.power['man']", "did you mean 'main'?"),
        ({"operations": {"power": {"main": ["Sleep"]}}}, "operations.power.main[0]", "'Start', 'Stop' or 'Restart'"),
        (
            {"operations": {"changes": {"main": {"resize": {"parameters": ["Kin"]}}}}},
            "operations.changes['main']['resize'].parameters[0]",
            "has no parameter 'Kin'; did you mean 'Kind'?",
        ),
        ({"upgrades": {"from": ["1"]}}, "upgrades.from", "no such property"),
        ({"upgrades": {"allowed": False, "fromVersions": ["1"]}}, "upgrades.allowed", "keep one of them"),
        (
            {"commodity": {"specifications": [{"templateName": "man", "specificationCode": "c"}]}},
            "commodity.specifications[0].templateName",
            "the service has no template 'man'; did you mean 'main'?",
        ),
        (
            {"commodity": {"metering": [{"templateName": "other", "entityIds": ["e"]}]}},
            "commodity.metering[0].templateName",
            "only main",
        ),
        (
            {"commodity": {"meteringItems": {"e-1": {"type": "ComputeNestBill"}}}},
            "commodity.meteringItems['e-1'].metricName",
            "counts a metric: name it",
        ),
        ({"commodity": COMMODITY, "extra": {"Commodity": {}}}, "extra.Commodity", "`commodity` sets it"),
        ({"trialDays": 31}, "trialDays", "30"),
        ({"extra": {"UpgradeMetadata": {}}}, "extra.UpgradeMetadata", "`upgrades` sets it"),
        ({"extra": {"LogMetdata": {}}}, "extra.LogMetdata", "did you mean LogMetadata?"),
    ],
)
def test_what_cannot_be_is_refused_with_its_place(given: dict[str, Any], path: str, said: str) -> None:
    found = check({}, news(**given)).checked.failures
    assert [failure.path for failure in found] == [path]
    assert said in found[0].reason


def test_numbers_of_versions_may_be_numbers() -> None:
    assert inputs(upgrades={"fromVersions": [1.0, 2]})["upgrades"]["fromVersions"] == ["1", "2"]


def test_what_is_sold_is_compared_as_the_cloud_tells_it() -> None:
    """In another shape than it is written in (SDK 7.3.2): within MarketplaceMetadata, ids as one text, any order."""
    service = service_of(inputs(commodity=COMMODITY))
    written = service.fields_to_write({}, (), ())["Commodity"]
    assert written["MeteringEntityMappings"] == [
        {"TemplateName": "main", "EntityIds": ["e-2", "e-1"], "SpecificationName": "large"}
    ]
    told = {
        "Type": "Marketplace",
        "CommodityCode": "cmjj1",
        "SaasBoostMetadata": "{}",
        "MarketplaceMetadata": {
            "SpecificationMappings": [{**written["SpecificationMappings"][0], "TrialType": "NotTrial"}],
            "MeteringEntityMappings": [{**written["MeteringEntityMappings"][0], "EntityIds": '["e-2","e-1"]'}],
            "MeteringEntityExtraInfos": written["MeteringEntityExtraInfos"][::-1],
        },
    }
    shown = seen_fields({"Commodity": told}, object_in)
    assert service.is_said_by(shown, ())
    assert operating_shown(shown).bag() == {"commodity": inputs(commodity=COMMODITY)["commodity"]}
    assert operating_shown(seen_fields({"Commodity": {"Type": "Css", "CommodityCode": "x"}}, object_in)).bag() == {}
