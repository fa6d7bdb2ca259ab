"""A service's marketplace binding, compliance packages and texts by language, over both transports."""

from __future__ import annotations

from typing import Any

import pytest

from emulator import offers
from emulator.harness import Cloud
from lifecycle.lives import AnyLife
from lifecycle.shops import edit, wish

pytestmark = pytest.mark.timeout(900)

SOLD = {"specifications": [{"templateName": "standard", "specificationCode": "yuncode1"}]}
METERED = {
    "metering": [{"templateName": "standard", "entityIds": ["e-1", "e-2"]}],
    "meteringItems": {"e-1": {"type": "ComputeNestBill", "metricName": "calls"}, "e-2": {"type": "Custom"}},
}
TOLD: dict[str, Any] = {"compliancePacks": ["NetworkSecurity"], "localeConfigs": {"standard": {"zh": "标准"}}}


def test_they_are_made_changed_taken_back_and_put_right(cloud: Cloud, service: AnyLife) -> None:
    artifact_id = cloud.released()
    assert service.up(wish(artifact_id, commodity=SOLD, **TOLD)) == "create"
    service_id = service.state["serviceId"]
    found = offers.get(cloud, service_id, "draft")
    assert found.commodity.marketplace_metadata.specification_mappings[0].specification_code == "yuncode1"
    assert found.compliance_metadata.compliance_packs == ["NetworkSecurity"]
    assert found.service_locale_configs[0].zh_value == "标准"
    assert service.up(wish(artifact_id, commodity=SOLD, **TOLD)) == "same"
    assert service.refresh()
    assert service.up(wish(artifact_id, commodity=SOLD, **TOLD)) == "same"
    assert service.up(wish(artifact_id, commodity=METERED, **TOLD)) == "update"
    found = offers.get(cloud, service_id, "draft")
    assert found.commodity.marketplace_metadata.metering_entity_mappings[0].entity_ids == "e-1,e-2"
    assert not found.commodity.marketplace_metadata.specification_mappings
    service.refresh()
    assert service.up(wish(artifact_id, commodity=METERED, **TOLD)) == "same"
    edit(cloud, service, "draft", ComplianceMetadata={"CompliancePacks": ["DataSecurity"]})
    service.refresh()
    assert service.state["compliancePacks"] == ["DataSecurity"], "what somebody did in the console is drift"
    assert service.up(wish(artifact_id, commodity=METERED, **TOLD)) == "update"
    assert offers.get(cloud, service_id, "draft").compliance_metadata.compliance_packs == ["NetworkSecurity"]
    assert service.up(wish(artifact_id)) == "update"
    found = offers.get(cloud, service_id, "draft")
    assert not (found.commodity and found.commodity.type)
    assert not (found.compliance_metadata and found.compliance_metadata.compliance_packs)
    assert service.up(wish(artifact_id)) == "same"
    service.destroy()
    assert service.subject.things() == []
