"""What a supplier does with instances that run: upgrades, operations, and the service's further fields.

Each is a field of CreateService and UpdateService (SDK 7.3.2), some of them JSON documents that belong to many, as
DeployMetadata does: of those only what a program names is ours. Their forms are those of public configurations (62 of
86 set OperationMetadata, 5 UpgradeMetadata) and of the SDKs' examples.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from types import MappingProxyType
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationError

from computenest.kernel.arguments import Count
from computenest.kernel.fields import Given
from computenest.kernel.values import Json, Model
from computenest.resources.service.commodity import TYPED, LocaleText, ServiceCommodity, documents, inputs_of
from computenest.resources.service.commodity import read as read_sold
from computenest.resources.service.operations import POWER, USUAL, ServiceOperations, ServiceUpgrades, normal

__all__ = [
    "DOCUMENTS",
    "EXTRA",
    "FIELDS",
    "OperatedService",
    "is_usual",
    "managed_fields",
    "operating_shown",
    "says_same",
    "seen_fields",
]

_EMPTY = ("{}", "[]", "null")
_UPGRADES, _OPERATIONS = "UpgradeMetadata", "OperationMetadata"
_KEPT = "ServiceLocaleConfigs"
"""An empty list cannot be sent: numbered parameters have none. So the texts of before stay."""
_SCALARS: Mapping[str, str] = MappingProxyType(
    {
        "operated": "IsSupportOperated",
        "policyNames": "PolicyNames",
        "durationS": "Duration",
        "trialDays": "TrialDuration",
        "tenantType": "TenantType",
        "resellable": "Resellable",
    }
)
EXTRA = ("AlarmMetadata", "BuildParameters", "LicenseMetadata", "LogMetadata", *TYPED.values())
"""Fields that a program may set in the API's own words. Source: UpdateServiceRequest of SDK 7.3.2."""
DOCUMENTS = (_UPGRADES, _OPERATIONS, *EXTRA)
FIELDS = (*DOCUMENTS, *_SCALARS.values())
"""Everything of a version that this module reads and writes."""
_OFF: Mapping[str, Any] = MappingProxyType(
    {
        "IsSupportOperated": False,
        "PolicyNames": "",
        "Duration": 0,
        "TrialDuration": 0,
        "TenantType": "SingleTenant",
        "Resellable": False,
    }
)
"""What a field is where nobody wants it; a document is empty then."""


class OperatedService(Model):
    """The part of a service that says what is done with its instances."""

    upgrades: Annotated[
        ServiceUpgrades | None,
        Given(
            "From which versions an instance may be upgraded to this one. Left out, a version that says nothing of it "
            "allows upgrades from every one before it."
        ),
    ] = None
    operations: Annotated[
        ServiceOperations | None,
        Given("What may be done with instances that run: changes of parameters, start, stop, restart, backups."),
    ] = None
    operated: Annotated[bool | None, Given("Whether the supplier may operate instances (IsSupportOperated).")] = None
    policy_names: Annotated[tuple[str, ...] | None, Given("Policies that operating an instance needs.")] = None
    duration_s: Annotated[Count | None, Given("How long the supplier may operate, in seconds."), Field(ge=0)] = None
    trial_days: Annotated[Count | None, Given("How long a trial lasts, in days."), Field(ge=0, le=30)] = None
    tenant_type: Annotated[Literal["SingleTenant", "MultiTenant"] | None, Given("`SingleTenant` or `MultiTenant`.")] = (
        None
    )
    resellable: Annotated[bool | None, Given("Whether others may sell it on.")] = None
    commodity: Annotated[
        ServiceCommodity | None,
        Given("What the product in Alibaba Cloud Marketplace that the service is bound to buys, and what it meters."),
    ] = None
    compliance_packs: Annotated[
        tuple[str, ...] | None, Given("Compliance packages that instances are checked by, in the API's own words.")
    ] = None
    locale_configs: Annotated[
        Mapping[str, LocaleText] | None,
        Given(
            "A text of templates, operations and packages as it is written there -> what customers read, by language. "
            "What was told once stays where it is told no more."
        ),
    ] = None
    extra: Annotated[
        Mapping[str, Any],
        Given(
            "Further fields of the service in the API's own words: AlarmMetadata, BuildParameters, LicenseMetadata, "
            "LogMetadata."
        ),
    ] = Field(default_factory=dict)

    @property
    def operating(self) -> dict[str, Any]:
        """What of this a version is made of: nothing where a program says nothing, so that editions of before hold."""
        given = {
            "upgrades": None if self.upgrades is None else self.upgrades.wire(),
            "operations": None if self.operations is None else self.operations.wire(),
            **{key: value for key, value in self._scalars().items() if value is not None},
            **self._typed(),
            "extra": dict(self.extra) or None,
        }
        return {key: value for key, value in given.items() if value is not None}

    @property
    def operating_inputs(self) -> dict[str, Any]:
        """The same under the names of the inputs."""
        keys = (*_SCALARS, *TYPED, "upgrades", "operations", "extra")
        shown = self.model_dump(by_alias=True, exclude_none=True, mode="json")
        return {key: shown[key] for key in keys if key in shown}

    def _scalars(self) -> dict[str, Any]:
        policies = None if self.policy_names is None else ",".join(self.policy_names)
        return {
            "IsSupportOperated": self.operated,
            "PolicyNames": policies,
            "Duration": self.duration_s,
            "TrialDuration": self.trial_days,
            "TenantType": self.tenant_type,
            "Resellable": self.resellable,
        }

    def _typed(self) -> dict[str, Json]:
        return documents(self.commodity, self.compliance_packs, self.locale_configs)

    def _asked(self, numbers: Collection[str] | None) -> dict[str, Any]:
        found = {name: value for name, value in self._scalars().items() if value is not None}
        if self.upgrades is not None:
            found[_UPGRADES] = self.upgrades.api(numbers)
        if self.operations is not None:
            found[_OPERATIONS] = self.operations.api()
        return {**found, **self._typed(), **self.extra}

    def fields_to_write(
        self, seen: Mapping[str, Any], managed: Collection[str], numbers: Collection[str]
    ) -> dict[str, Any]:
        """The API's fields of a draft.

        Args:
            seen: what the version it is made from says.
            managed: fields that an earlier wish named: those that are wanted no more go.
            numbers: the versions that there are.
        """
        asked = self._asked(numbers)
        found = {name: _merged(name, seen.get(name), value) for name, value in asked.items()}
        found |= {name: _OFF.get(name, {}) for name in managed if name not in asked and name != _KEPT}
        if _UPGRADES not in asked and (_UPGRADES in managed or is_usual(seen.get(_UPGRADES))):
            found[_UPGRADES] = ServiceUpgrades().api(numbers)
        return dict(sorted(found.items()))

    def is_said_by(self, seen: Mapping[str, Any], managed: Collection[str]) -> bool:
        """Whether a version says what is wanted, in every field that a program names or named."""
        asked = self._asked(None)
        before = seen.get(_UPGRADES)
        if _UPGRADES in managed and _UPGRADES not in asked and not (before and is_usual(before)):
            return False
        gone = (name for name in managed if name not in asked and name not in (_UPGRADES, _KEPT))
        return all(_holds(name, seen.get(name), value) for name, value in asked.items()) and not any(
            seen.get(name) and not says_same(seen[name], _OFF.get(name, {})) for name in gone
        )

    def operating_seen(self, seen: Mapping[str, Any]) -> dict[str, Any]:
        """How the inputs of this service would have to be to make what a version says; of what they name alone."""
        found: dict[str, Any] = {}
        shown = operating_shown(seen)
        if self.upgrades is not None:
            upgrades = normal(ServiceUpgrades.model_validate(shown.get("upgrades") or {"allowed": False}))
            unsaid = {"fromVersions": self.upgrades.from_versions, "description": self.upgrades.description}
            found["upgrades"] = {key: value for key, value in upgrades.items() if unsaid.get(key, key) is not None}
        if self.operations is not None:
            found["operations"] = self.operations.seen(shown.get("operations") or {})
        for key, value in zip(_SCALARS, self._scalars().values(), strict=True):
            if value is not None:
                found[key] = shown.get(key, _ABSENT[key])
        found |= {key: shown.get(key, {}) for key, api in TYPED.items() if api in self._typed()}
        if self.extra:
            found["extra"] = {name: seen[name] for name in self.extra if seen.get(name)}
        return found


_ABSENT: Mapping[str, Any] = MappingProxyType(
    {
        "operated": False,
        "policyNames": [],
        "durationS": 0,
        "trialDays": 0,
        "tenantType": "SingleTenant",
        "resellable": False,
    }
)


def is_usual(upgrades: Any) -> bool:
    """Whether a version's UpgradeMetadata is as it comes where no program asks for any, or there is none."""
    if not upgrades:
        return True
    if not isinstance(upgrades, Mapping) or set(upgrades) - {*ServiceUpgrades().api(())}:
        return False
    versions, components = upgrades.get("SupportUpgradeFromVersions"), upgrades.get("UpgradeComponents")
    is_numbered = isinstance(versions, list) and all(str(name).isdigit() for name in versions)
    is_whole = isinstance(components, list) and set(map(str, components)) == {*USUAL}
    return is_numbered and is_whole and str(upgrades.get("SupportRollback")).lower() == "true"


def managed_fields(properties: Mapping[str, Any]) -> frozenset[str]:
    """The API's fields that a state, or checked inputs, name."""
    found = {api for key, api in _SCALARS.items() if properties.get(key) is not None}
    found |= {_UPGRADES} if properties.get("upgrades") is not None else set()
    found |= {_OPERATIONS} if properties.get("operations") is not None else set()
    found |= {api for key, api in TYPED.items() if properties.get(key) is not None}
    return frozenset(found | set(properties.get("extra") or ()))


def seen_fields(answer: Mapping[str, Any], document: Any) -> dict[str, Any]:
    """What an answer of GetService says of them.

    Args:
        document: reads a JSON text as a map; a map is one already.
    """
    found: dict[str, Any] = {}
    for name in FIELDS:
        value = answer.get(name)
        if value in (None, ""):
            continue
        read = document(value) if name in DOCUMENTS and not isinstance(value, list) else value
        is_text = isinstance(value, str) and value.strip() not in _EMPTY  # of a form that is no map
        found[name] = value if name in EXTRA and not read and is_text else read
        found[name] = read_sold(name, found[name])
    return {name: value for name, value in found.items() if value not in ({}, [])}


def operating_shown(seen: Mapping[str, Any]) -> dict[str, Any]:
    """The inputs that would make what a version says of all this; what it leaves as it comes is left out."""
    found: dict[str, Any] = {}
    if (upgrades := seen.get(_UPGRADES)) and isinstance(upgrades, Mapping):
        versions = upgrades.get("SupportUpgradeFromVersions")
        shown = {
            "description": upgrades.get("Description"),
            "fromVersions": [str(name) for name in versions] if isinstance(versions, list) else None,
            "rollback": upgrades.get("SupportRollback"),
            "components": upgrades.get("UpgradeComponents"),
        }
        found["upgrades"] = _shaped(ServiceUpgrades, shown)
    if (operations := seen.get(_OPERATIONS)) and isinstance(operations, Mapping):
        found["operations"] = _shaped(ServiceOperations, _operations_shown(operations))
    scalars = {key: seen[api] for key, api in _SCALARS.items() if seen.get(api) not in (None, "", _OFF[api])}
    if "policyNames" in scalars:
        scalars["policyNames"] = [name.strip() for name in str(scalars["policyNames"]).split(",") if name.strip()]
    typed = inputs_of(seen)
    known = {TYPED[key] for key in typed}
    extra = {name: seen[name] for name in EXTRA if seen.get(name) and name not in known}
    return {**found, **scalars, **typed, **({"extra": extra} if extra else {})}


def _shaped(model: type[Model], shown: Mapping[str, Any]) -> dict[str, Any]:
    """In normal form; what somebody wrote in a form that nobody knows is left as it is, and not shown."""
    try:
        return normal(model.model_validate({key: value for key, value in shown.items() if value is not None}))
    except ValidationError:
        return {}


def _operations_shown(seen: Mapping[str, Any]) -> dict[str, Any]:
    keys = {"ModifyParametersConfig", "StatusOperationConfigs", "SupportBackup"}
    changes: dict[str, Any] = {}
    for entry in _entries(seen.get("ModifyParametersConfig")):
        named = changes.setdefault(str(entry.get("TemplateName", "")), {})
        for one in _entries(entry.get("Operation")):
            known = {"Name", "Description", "Type", "Parameters"}
            shown = {
                "parameters": [str(name) for name in one.get("Parameters") or ()],
                "description": one.get("Description"),
                "type": one.get("Type") if one.get("Type") != "Custom" else None,
                "options": {key: value for key, value in one.items() if key not in known} or None,
            }
            named[str(one.get("Name", ""))] = {key: value for key, value in shown.items() if value is not None}
    power = {
        str(entry.get("TemplateName", "")): [name for name in entry.get("SupportOperations") or () if name in POWER]
        for entry in _entries(seen.get("StatusOperationConfigs"))
    }
    found = {
        "changes": changes,
        "power": power,
        "backup": seen.get("SupportBackup"),
        "options": {key: value for key, value in seen.items() if key not in keys},
    }
    return {key: value for key, value in found.items() if value not in (None, {}, [])}


def _entries(found: Any) -> list[Mapping[str, Any]]:
    return [entry for entry in found if isinstance(entry, Mapping)] if isinstance(found, list) else []


def _merged(name: str, seen: Any, value: Any) -> Any:
    """A document of ours keeps the keys of others, unless there is to be none."""
    if name in (_UPGRADES, _OPERATIONS) and value and isinstance(seen, Mapping):
        return {**seen, **value}
    return value


def _holds(name: str, seen: Any, value: Any) -> bool:
    if name in (_UPGRADES, _OPERATIONS) and value:
        return isinstance(seen, Mapping) and all(says_same(seen.get(key), part) for key, part in value.items())
    if not value and not seen:
        return True
    return says_same(seen, value)


def says_same(one: Any, other: Any) -> bool:
    """Deep equality in which 2 is "2" and true is "True": what JSON has been through."""
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        return one.keys() == other.keys() and all(says_same(value, other[key]) for key, value in one.items())
    if isinstance(one, list | tuple) and isinstance(other, list | tuple):
        return len(one) == len(other) and all(says_same(a, b) for a, b in zip(one, other, strict=True))
    if isinstance(one, Mapping | list | tuple) or isinstance(other, Mapping | list | tuple):
        return False
    if isinstance(one, bool) or isinstance(other, bool):
        return str(one).lower() == str(other).lower()
    return str(one) == str(other)
