"""What the reference says of a change is so: another value makes another version where the type says it does."""

from __future__ import annotations

from typing import Any

import pytest

from computenest.kernel.fields import Resource
from computenest.kernel.unknown import Known
from computenest.resources import catalog
from computenest.resources._packages.image_package import Package
from computenest.resources.service.model import Service

SOURCE = {"kind": "custom", "imageId": "m-bp1gold0000000000001", "region": "cn-hangzhou"}
PACKAGE = {"ownerId": "o", "name": "web", "artifactName": "web", "source": SOURCE, "regions": ["cn-hangzhou"]}
SERVICE = {"ownerId": "o", "infos": {"en-US": {"name": "Shop"}}}
TEMPLATE = {"digest": "d", "format": "ros-yaml"}
OTHERS: dict[str, Any] = {
    "account": "hub",
    "approvalType": "Manual",
    "commodity": {"saasBoost": "{}"},
    "compliancePacks": ["pack"],
    "deployType": "terraform",
    "description": "another",
    "direct": {"hubAccount": "hub"},
    "durationS": 7200,
    "extra": {"Key": "value"},
    "operated": True,
    "operations": {},
    "policyNames": ["policy"],
    "resellable": True,
    "tenantType": "MultiTenant",
    "trialDays": 3,
    "upgrades": {"allowed": False},
    "infos": {"en-US": {"name": "Another"}},
    "localeConfigs": {"main": {"en": "Standard"}},
    "metadata": {"Key": "value"},
    "name": "another",
    "ownerId": "another",
    "publishing": "beta",
    "regions": ["cn-hangzhou", "cn-beijing"],
    "relations": {"marker": {"artifactId": "artifact-1", "version": "1"}},
    "release": False,
    "resourceGroupId": "rg-1",
    "retainVersions": 3,
    "serviceType": "managed",
    "shareAccounts": {"1234567890123456": "Use"},
    "source": {**SOURCE, "imageId": "m-bp1gold0000000000002"},
    "tags": {"a": "1"},
    "templates": {"main": TEMPLATE},
    "timeoutS": 60,
    "versionName": "v9",
    "visibility": "public",
}


def edition_of(model: Any, given: dict[str, Any]) -> str:
    """Of a package the regions are those of its distribution."""
    if model is Service:
        return str(Service[Known].model_validate(given).wanted_edition)
    source = dict.fromkeys(given["regions"], "copy")
    return str(Package[Known].model_validate({**given, "distribution": source}).wanted_edition)


@pytest.mark.parametrize(
    ("name", "model", "given"), [("EcsImagePackage", Package, PACKAGE), ("Service", Service, SERVICE)]
)
def test_another_value_is_another_version_where_the_type_says_so(name: str, model: Any, given: dict[str, Any]) -> None:
    declared: Resource = catalog.declared(name)
    before = edition_of(model, given)
    fields = {"regions", *(info.alias or key for key, info in model.model_fields.items())}
    changed = {
        key for key in declared.inputs if key in fields and edition_of(model, {**given, key: OTHERS[key]}) != before
    }
    assert changed == declared.versioned
