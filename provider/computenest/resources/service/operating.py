"""What a supplier does with instances that run: upgrades, operations, and the service's further fields.

Each is a field of CreateService and UpdateService (SDK 7.3.2), some of them JSON documents that belong to many, as
DeployMetadata does: of those only what a program names is ours. Their forms are those of public configurations (62 of
86 set OperationMetadata, 5 UpgradeMetadata) and of the SDKs' examples.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from types import MappingProxyType
from typing import Annotated, Generic, Literal, TypeVar

from pydantic import BeforeValidator, Field

from computenest.kernel.arguments import count
from computenest.kernel.fields import Given
from computenest.kernel.unknown import Known, U
from computenest.kernel.values import Json, Model, Values, given_whole
from computenest.resources.service.commodity import (
    TYPED,
    LocaleText,
    ServiceCommodity,
    documents,
    packs_of,
    sold_by,
    texts_of,
)
from computenest.resources.service.commodity import read as read_sold
from computenest.resources.service.operations import (
    POWER,
    USUAL,
    ServiceOperations,
    ServiceUpgrades,
    kept,
    normal,
    readable,
)

M = TypeVar("M", bound=Model)
_EMPTY = ("{}", "[]", "null")
_UPGRADES, _OPERATIONS = "UpgradeMetadata", "OperationMetadata"
_KEPT = "ServiceLocaleConfigs"
"""An empty list cannot be sent: numbered parameters have none. So the texts of before stay."""
_SCALARS: Mapping[str, tuple[str, Json]] = MappingProxyType(
    {
        "operated": ("IsSupportOperated", False),
        "policy_names": ("PolicyNames", ""),
        "duration_s": ("Duration", 0),
        "trial_days": ("TrialDuration", 0),
        "tenant_type": ("TenantType", "SingleTenant"),
        "resellable": ("Resellable", False),
    }
)
"""Field of the service -> the API's, and what that is where nobody wants it; a document is empty then."""
EXTRA = ("AlarmMetadata", "BuildParameters", "LicenseMetadata", "LogMetadata", *TYPED.values())
"""Fields that a program may set in the API's own words. Source: UpdateServiceRequest of SDK 7.3.2."""
DOCUMENTS = (_UPGRADES, _OPERATIONS, *EXTRA)
FIELDS = (*DOCUMENTS, *(api for api, _ in _SCALARS.values()))
"""Everything of a version that this module reads and writes."""
_OFF: Mapping[str, Json] = MappingProxyType(dict(_SCALARS.values()))
NAMED: Mapping[str, str] = MappingProxyType(
    {
        "upgrades": _UPGRADES,
        "operations": _OPERATIONS,
        **{name: api for name, (api, _) in _SCALARS.items()},
        **TYPED,
    }
)
"""Field of the service -> the API's that it makes."""


class OperatedService(Values, Generic[U]):
    """The part of a service that says what is done with its instances."""

    upgrades: Annotated[
        ServiceUpgrades | U | None,
        BeforeValidator(given_whole),
        Given(
            "From which versions an instance may be upgraded to this one. Left out, a version that says nothing of it "
            "allows upgrades from every one before it."
        ),
    ] = None
    operations: Annotated[
        ServiceOperations | U | None,
        BeforeValidator(given_whole),
        Given("What may be done with instances that run: changes of parameters, start, stop, restart, backups."),
    ] = None
    operated: Annotated[bool | U | None, Given("Whether the supplier may operate instances (IsSupportOperated).")] = (
        None
    )
    policy_names: Annotated[
        tuple[str, ...] | U | None,
        BeforeValidator(given_whole),
        Given("Policies that operating an instance needs."),
    ] = None
    duration_s: Annotated[
        Annotated[int, Field(ge=0), BeforeValidator(count)] | U | None,
        Given("How long the supplier may operate, in seconds."),
    ] = None
    trial_days: Annotated[
        Annotated[int, Field(ge=0, le=30), BeforeValidator(count)] | U | None, Given("How long a trial lasts, in days.")
    ] = None
    tenant_type: Annotated[
        Literal["SingleTenant", "MultiTenant"] | U | None, Given("`SingleTenant` or `MultiTenant`.")
    ] = None
    resellable: Annotated[bool | U | None, Given("Whether others may sell it on.")] = None
    commodity: Annotated[
        ServiceCommodity | U | None,
        BeforeValidator(given_whole),
        Given("What the product in Alibaba Cloud Marketplace that the service is bound to buys, and what it meters."),
    ] = None
    compliance_packs: Annotated[
        tuple[str, ...] | U | None,
        BeforeValidator(given_whole),
        Given("Compliance packages that instances are checked by, in the API's own words."),
    ] = None
    locale_configs: Annotated[
        Mapping[str, LocaleText] | U | None,
        BeforeValidator(given_whole),
        Given(
            "A text of templates, operations and packages as it is written there -> what customers read, by language. "
            "What was told once stays where it is told no more."
        ),
    ] = None
    extra: Annotated[
        Mapping[str, Json] | U,
        BeforeValidator(given_whole),
        Given(
            "Further fields of the service in the API's own words: AlarmMetadata, BuildParameters, LicenseMetadata, "
            "LogMetadata."
        ),
    ] = Field(default_factory=dict)

    @property
    def operating(self: OperatedService[Known]) -> dict[str, Json]:
        """What of this a version is made of: nothing where a program says nothing, so that editions of before hold."""
        given: dict[str, Json] = {
            "upgrades": None if self.upgrades is None else self.upgrades.wire(),
            "operations": None if self.operations is None else self.operations.wire(),
            **self._scalars(),
            **self._typed(),
            "extra": dict(self.extra) or None,
        }
        return {key: value for key, value in given.items() if value is not None}

    @property
    def named_fields(self: OperatedService[Known]) -> frozenset[str]:
        """The API's fields that it names."""
        return frozenset({api for name, api in NAMED.items() if getattr(self, name) is not None} | {*self.extra})

    def _scalars(self: OperatedService[Known]) -> dict[str, Json]:
        """The API's field -> its value, of those that are given."""
        given = {api: getattr(self, name) for name, (api, _) in _SCALARS.items()}
        policies = None if self.policy_names is None else ",".join(self.policy_names)
        return {api: value for api, value in {**given, "PolicyNames": policies}.items() if value is not None}

    def _typed(self: OperatedService[Known]) -> dict[str, Json]:
        return documents(self.commodity, self.compliance_packs, self.locale_configs)

    def _asked(self: OperatedService[Known], numbers: Collection[str] | None) -> dict[str, Json]:
        """The API's fields that are given; without `numbers` an upgrade says nothing of versions."""
        found = self._scalars()
        if self.upgrades is not None:
            found[_UPGRADES] = self.upgrades.api(numbers)
        if self.operations is not None:
            found[_OPERATIONS] = self.operations.api()
        return {**found, **self._typed(), **self.extra}

    def fields_to_write(
        self: OperatedService[Known], seen: Mapping[str, Json], managed: Collection[str], numbers: Collection[str]
    ) -> dict[str, Json]:
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

    def is_said_by(self: OperatedService[Known], seen: Mapping[str, Json], managed: Collection[str]) -> bool:
        """Whether a version says what is wanted, in every field that a program names or named."""
        asked = self._asked(None)
        before = seen.get(_UPGRADES)
        if _UPGRADES in managed and _UPGRADES not in asked and not (before and is_usual(before)):
            return False
        gone = (name for name in managed if name not in asked and name not in (_UPGRADES, _KEPT))
        return all(_holds(name, seen.get(name), value) for name, value in asked.items()) and not any(
            seen.get(name) and not says_same(seen[name], _OFF.get(name, {})) for name in gone
        )

    def operating_seen(self: OperatedService[Known], seen: Mapping[str, Json]) -> OperatedService[Known]:
        """How the inputs of this service would have to be to make what a version says; of what they name alone."""
        shown, typed = operating_shown(seen), self._typed()
        named = [name for name in _SCALARS if getattr(self, name) is not None]
        named += [name for name, api in TYPED.items() if api in typed]
        found = OperatedService[Known]().with_those_of(OperatedService[Known].made(_ABSENT, shown), *named)
        if self.upgrades is not None:
            found = found.made(found, upgrades=_upgrades_seen(self.upgrades, shown.upgrades))
        if self.operations is not None:
            found = found.made(found, operations=self.operations.seen(shown.operations or ServiceOperations()))
        if self.extra:
            found = found.made(found, extra={name: seen[name] for name in self.extra if seen.get(name)})
        return found


_ABSENT = OperatedService[Known].made(
    **{name: off for name, (_, off) in _SCALARS.items() if name != "policy_names"},
    policy_names=(),
    commodity=ServiceCommodity(),
    compliance_packs=(),
    locale_configs={},
)
"""What a version says that says nothing."""


def _upgrades_seen(wanted: ServiceUpgrades, shown: ServiceUpgrades | None) -> ServiceUpgrades:
    there = shown if shown is not None and shown.model_fields_set else ServiceUpgrades(allowed=False)
    unsaid = {name for name in ("from_versions", "description") if getattr(wanted, name) is None}
    return kept(there, there.model_fields_set - unsaid)


def is_usual(upgrades: Json) -> bool:
    """Whether a version's UpgradeMetadata is as it comes where no program asks for any, or there is none."""
    if not upgrades:
        return True
    if not isinstance(upgrades, Mapping) or set(upgrades) - {*ServiceUpgrades().api(())}:
        return False
    versions, components = upgrades.get("SupportUpgradeFromVersions"), upgrades.get("UpgradeComponents")
    is_numbered = isinstance(versions, list) and all(str(name).isdigit() for name in versions)
    is_whole = isinstance(components, list) and set(map(str, components)) == {*USUAL}
    return is_numbered and is_whole and str(upgrades.get("SupportRollback")).lower() == "true"


def seen_fields(answer: Mapping[str, Json], document: Callable[[Json], Mapping[str, Json]]) -> dict[str, Json]:
    """What an answer of GetService says of them.

    Args:
        document: reads a JSON text as a map; a map is one already.
    """
    found: dict[str, Json] = {}
    for name in FIELDS:
        value = answer.get(name)
        if value in (None, ""):
            continue
        read = document(value) if name in DOCUMENTS and not isinstance(value, list) else value
        is_text = isinstance(value, str) and value.strip() not in _EMPTY  # of a form that is no map
        found[name] = read_sold(name, value if name in EXTRA and not read and is_text else read)
    return {name: value for name, value in found.items() if value not in ({}, [])}


def operating_shown(seen: Mapping[str, Json]) -> OperatedService[Known]:
    """The inputs that would make what a version says of all this; what it leaves as it comes is left out, and what no
    program can say."""
    found = {name: seen[api] for name, (api, off) in _SCALARS.items() if seen.get(api) not in (None, "", off)}
    if "policy_names" in found:
        found["policy_names"] = [name.strip() for name in str(found["policy_names"]).split(",") if name.strip()]
    sold, packs, texts = sold_by(seen), packs_of(seen), texts_of(seen)
    known = {TYPED[name] for name, said in zip(TYPED, (sold, packs, texts), strict=True) if said}
    return OperatedService[Known].made(
        *(readable(OperatedService[Known], {name: value}) for name, value in found.items()),
        upgrades=_upgrades_shown(seen.get(_UPGRADES)),
        operations=_operations_shown(seen.get(_OPERATIONS)),
        commodity=sold,
        compliance_packs=packs or None,
        locale_configs=texts or None,
        extra={name: seen[name] for name in EXTRA if seen.get(name) and name not in known} or None,
    )


def _shaped(model: type[M], shown: Mapping[str, Json]) -> M:
    """In normal form; what somebody wrote in a form that nobody knows is left as it is, and not shown."""
    return normal(readable(model, {key: value for key, value in shown.items() if value is not None}))


def _upgrades_shown(seen: Json) -> ServiceUpgrades | None:
    """The inputs that would make a version's UpgradeMetadata; None where it has none."""
    if not seen or not isinstance(seen, Mapping):
        return None
    versions = seen.get("SupportUpgradeFromVersions")
    shown: dict[str, Json] = {
        "description": seen.get("Description"),
        "fromVersions": [str(name) for name in versions] if isinstance(versions, list) else None,
        "rollback": seen.get("SupportRollback"),
        "components": seen.get("UpgradeComponents"),
    }
    return _shaped(ServiceUpgrades, shown)


def _operations_shown(seen: Json) -> ServiceOperations | None:
    """The same of its OperationMetadata."""
    if not seen or not isinstance(seen, Mapping):
        return None
    keys = {"ModifyParametersConfig", "StatusOperationConfigs", "SupportBackup"}
    changes: dict[str, dict[str, Json]] = {}
    for entry in _entries(seen.get("ModifyParametersConfig")):
        named = changes.setdefault(str(entry.get("TemplateName", "")), {})
        for one in _entries(entry.get("Operation")):
            known = {"Name", "Description", "Type", "Parameters"}
            shown: dict[str, Json] = {
                "parameters": [str(name) for name in _listed(one.get("Parameters"))],
                "description": one.get("Description"),
                "type": one.get("Type") if one.get("Type") != "Custom" else None,
                "options": {key: value for key, value in one.items() if key not in known} or None,
            }
            named[str(one.get("Name", ""))] = {key: value for key, value in shown.items() if value is not None}
    power: dict[str, Json] = {
        str(entry.get("TemplateName", "")): [name for name in _listed(entry.get("SupportOperations")) if name in POWER]
        for entry in _entries(seen.get("StatusOperationConfigs"))
    }
    found: dict[str, Json] = {
        "changes": changes,
        "power": power,
        "backup": seen.get("SupportBackup"),
        "options": {key: value for key, value in seen.items() if key not in keys},
    }
    return _shaped(ServiceOperations, {key: value for key, value in found.items() if value not in (None, {}, [])})


def _listed(found: Json) -> list[Json]:
    return found if isinstance(found, list) else []


def _entries(found: Json) -> list[Mapping[str, Json]]:
    return [entry for entry in _listed(found) if isinstance(entry, Mapping)]


def _merged(name: str, seen: Json, value: Json) -> Json:
    """A document of ours keeps the keys of others, unless there is to be none."""
    if name in (_UPGRADES, _OPERATIONS) and value and isinstance(seen, Mapping) and isinstance(value, Mapping):
        return {**seen, **value}
    return value


def _holds(name: str, seen: Json, value: Json) -> bool:
    """Whether what a version says of a field is what is wanted; of documents that belong to many, our part."""
    if name in (_UPGRADES, _OPERATIONS) and value and isinstance(value, Mapping):
        return isinstance(seen, Mapping) and all(says_same(seen.get(key), part) for key, part in value.items())
    if not value and not seen:
        return True
    return says_same(seen, value)


def says_same(one: Json, other: Json) -> bool:
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
