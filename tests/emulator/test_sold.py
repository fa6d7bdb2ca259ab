"""What a service is sold as, and called in other languages: the official SDK writes it, and reads another shape."""

from __future__ import annotations

from alibabacloud_computenestsupplier20210521 import models as nest

from emulator import offers

SPECIFICATION = nest.UpdateServiceRequestCommoditySpecificationMappings(
    template_name="t1", specification_code="yuncode1", specification_name="large"
)
METERING = nest.UpdateServiceRequestCommodityMeteringEntityMappings(template_name="t1", entity_ids=["e-1", "e-2"])
ITEM = nest.UpdateServiceRequestCommodityMeteringEntityExtraInfos(entity_id="e-1", type="Custom")


def update(cloud, service_id, **fields):
    request = nest.UpdateServiceRequest(region_id=offers.CONTROL_REGION, service_id=service_id, **fields)
    cloud.nest().update_service(request)
    cloud.advance(5)


def test_a_commodity_is_written_as_json_and_told_beside_the_product(cloud):
    service_id = offers.save(cloud)
    commodity = nest.UpdateServiceRequestCommodity(
        specification_mappings=[SPECIFICATION],
        metering_entity_mappings=[METERING],
        metering_entity_extra_infos=[ITEM],
        saas_boost_config="{}",
    )
    update(cloud, service_id, commodity=commodity)
    found = offers.get(cloud, service_id).commodity
    assert (found.type, found.charge_type, found.saas_boost_metadata) == ("Marketplace", "POSTPAY", "{}")
    (mapping,) = found.marketplace_metadata.specification_mappings
    assert (mapping.template_name, mapping.specification_code, mapping.specification_name) == (
        "t1",
        "yuncode1",
        "large",
    )
    (metered,) = found.marketplace_metadata.metering_entity_mappings
    assert (metered.template_name, metered.entity_ids) == ("t1", "e-1,e-2")
    (item,) = found.marketplace_metadata.metering_entity_extra_infos
    assert (item.entity_id, item.type) == ("e-1", "Custom")
    update(cloud, service_id, version_name="two")
    assert offers.get(cloud, service_id).commodity is not None, "what was not sent stays"
    update(cloud, service_id, commodity=nest.UpdateServiceRequestCommodity(saas_boost_config="{}"))
    found = offers.get(cloud, service_id).commodity
    assert (found.charge_type, found.marketplace_metadata.specification_mappings) == ("PREPAY", [])


def test_texts_by_language_and_compliance_packages(cloud):
    service_id = offers.save(cloud)
    texts = [
        nest.UpdateServiceRequestServiceLocaleConfigs(original_value="large", zh_value="大", en_value="Large"),
        nest.UpdateServiceRequestServiceLocaleConfigs(original_value="small", zh_value="小"),
    ]
    packs = nest.UpdateServiceRequestComplianceMetadata(compliance_packs=["NetworkSecurity"])
    update(cloud, service_id, service_locale_configs=texts, compliance_metadata=packs)
    found = offers.get(cloud, service_id)
    assert found.compliance_metadata.compliance_packs == ["NetworkSecurity"]
    told = {one.original_value: (one.zh_value, one.en_value) for one in found.service_locale_configs}
    assert told == {"large": ("大", "Large"), "small": ("小", "")}
