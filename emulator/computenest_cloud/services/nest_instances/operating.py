"""What a version of a service lets be done with its instances: upgrades to it, rollbacks, changes, start and stop.

The supplier configures all of it (UpgradeMetadata, OperationMetadata); what is not configured is refused.
fact: inst-006, inst-020, inst-021, inst-023, inst-032
"""

from collections.abc import Iterator, Mapping
from typing import Any

from computenest_cloud.errors import invalid_parameter
from computenest_cloud.services.nest_instances.errors import error
from computenest_cloud.services.nest_services.seam import BETA, DRAFT, ServiceVersion
from computenest_cloud.wire.values import parse_json
from computenest_cloud.world import World

_NAMED = (DRAFT, BETA)


def _document(version: ServiceVersion, field: str) -> Mapping[str, Any]:
    """What is no JSON configures nothing: saving does not look into it."""
    try:
        found = parse_json(version.text(field) or "{}")
    except ValueError:
        return {}
    return found if isinstance(found, Mapping) else {}


def takes_upgrades_from(world: World, version: ServiceVersion, name: str) -> bool:
    """Whether an instance of version `name` may be upgraded to this one. A supplier moves his own instances of a draft
    or beta to what it has become, whatever it says (assumed)."""
    if version.version in _NAMED and name in _NAMED:
        return True
    found = _document(version, "UpgradeMetadata").get("SupportUpgradeFromVersions")
    if not isinstance(found, list):
        return False
    if not found:
        return world.rules.position("upgrade.from_no_versions") == "any"
    return name in {str(entry) for entry in found}


def check_upgrade(world: World, version: ServiceVersion, name: str) -> None:
    if not takes_upgrades_from(world, version, name):
        detail = f"(version {version.version} does not support upgrades from version {name})"
        raise error(world, "OperationDenied.UpgradeNotSupported", detail)


def check_rollback(world: World, version: ServiceVersion) -> None:
    if str(_document(version, "UpgradeMetadata").get("SupportRollback")).lower() != "true":
        detail = f"(version {version.version} does not support rollbacks)"
        raise error(world, "OperationDenied.RollbackNotSupported", detail)


def _of_template(version: ServiceVersion, key: str, template_name: str) -> Iterator[Mapping[str, Any]]:
    found = _document(version, "OperationMetadata").get(key)
    for entry in found if isinstance(found, list) else ():
        if isinstance(entry, Mapping) and entry.get("TemplateName") == template_name:
            yield entry


def check_change(
    world: World, version: ServiceVersion, template_name: str, operation: str, given: Mapping[str, Any]
) -> None:
    """The operation is one of the version's, and changes no other parameters than its own."""
    for entry in _of_template(version, "ModifyParametersConfig", template_name):
        listed = entry.get("Operation")
        for one in listed if isinstance(listed, list) else ():
            if isinstance(one, Mapping) and one.get("Name") == operation:
                _check_parameters(one, given)
                return
    detail = f"({operation!r} is no operation of template {template_name!r} in version {version.version})"
    raise error(world, "OperationDenied.OperationNotSupported", detail)


def _check_parameters(operation: Mapping[str, Any], given: Mapping[str, Any]) -> None:
    listed = operation.get("Parameters")
    own = {str(name) for name in listed} if isinstance(listed, list) else set()
    strange = sorted(set(given) - own - {"RegionId"})
    if strange:
        raise invalid_parameter(
            "Parameters", f"operation {operation.get('Name')} does not change {', '.join(strange)}."
        )


def check_power(world: World, version: ServiceVersion, template_name: str, what: str) -> None:
    """Start, Stop, Restart."""
    for entry in _of_template(version, "StatusOperationConfigs", template_name):
        listed = entry.get("SupportOperations")
        if isinstance(listed, list) and what in listed:
            return
    detail = f"({what} is no operation of template {template_name!r} in version {version.version})"
    raise error(world, "OperationDenied.OperationNotSupported", detail)
