"""Upgrades, operations and further fields of a service, as a program says them. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from computenest.resources._program.offer import parameters_in
from computenest.review.importing.configuration import Untranslated
from computenest.review.importing.expression import Call
from computenest.review.importing.program import MODULE

_SCALARS = {
    "operated": "operated",
    "policyNames": "policy_names",
    "durationS": "duration_s",
    "trialDays": "trial_days",
    "tenantType": "tenant_type",
    "resellable": "resellable",
    "compliancePacks": "compliance_packs",
    "metadata": "metadata",
    "extra": "extra",
}
_SNAKE = re.compile(r"([A-Z])")
_PATH = "Service.OperationMetadata"


def operating_arguments(
    state: Mapping[str, Any], texts: Mapping[str, str | None], missing: list[Untranslated]
) -> dict[str, Any]:
    """Keyword -> value, of what a service says of all this.

    Args:
        state: an import's state, or what a configuration says under the same names.
        texts: template of the program -> its text, None where there is none.
        missing: gets what the program cannot say: an operation of a template or parameter that there is not.
    """
    found: dict[str, Any] = {ours: state[key] for key, ours in _SCALARS.items() if key in state}
    if (upgrades := state.get("upgrades")) is not None:
        found["upgrades"] = _upgrades(upgrades)
    if (commodity := state.get("commodity")) is not None:
        found["commodity"] = _commodity(commodity)
    if (said := state.get("localeConfigs")) is not None:
        found["locale_configs"] = {name: Call(f"{MODULE}.LocaleText", [], dict(one)) for name, one in said.items()}
    if (operations := state.get("operations")) is not None:
        arguments = _operations(operations, texts, missing)
        if arguments:
            found["operations"] = Call(f"{MODULE}.ServiceOperations", [], arguments)
    return found


def _upgrades(shown: Mapping[str, Any]) -> Call:
    names = {"fromVersions": "from_versions"} | {k: k for k in ("allowed", "rollback", "components", "description")}
    given = {ours: shown[name] for name, ours in names.items() if name in shown}
    return Call(f"{MODULE}.ServiceUpgrades", [], given)


def _commodity(shown: Mapping[str, Any]) -> Call:
    items = shown.get("meteringItems") or {}
    given = {
        "specifications": [_call("SpecificationMapping", one) for one in shown.get("specifications") or ()],
        "metering": [_call("MeteringMapping", one) for one in shown.get("metering") or ()],
        "metering_items": {name: _call("MeteringItem", one) for name, one in items.items()},
        "saas_boost": shown.get("saasBoost"),
    }
    return Call(f"{MODULE}.ServiceCommodity", [], {key: value for key, value in given.items() if value})


def _call(name: str, shown: Mapping[str, Any]) -> Call:
    return Call(f"{MODULE}.{name}", [], {_SNAKE.sub(r"_\1", key).lower(): value for key, value in shown.items()})


def _operations(
    shown: Mapping[str, Any], texts: Mapping[str, str | None], missing: list[Untranslated]
) -> dict[str, Any]:
    found: dict[str, Any] = {key: shown[key] for key in ("backup", "options") if key in shown}
    power = {name: what for name, what in (shown.get("power") or {}).items() if _is_there(name, texts, missing)}
    changes = {
        template: known
        for template, named in (shown.get("changes") or {}).items()
        if _is_there(template, texts, missing) and (known := _changes(template, named, texts[template], missing))
    }
    return ({"changes": changes} if changes else {}) | ({"power": power} if power else {}) | found


def _is_there(template: str, texts: Mapping[str, str | None], missing: list[Untranslated]) -> bool:
    if template not in texts:
        missing.append(Untranslated(f"{_PATH}: template {template!r}", "the program has no such template"))
    return template in texts


def _changes(template: str, named: Mapping[str, Any], text: str | None, missing: list[Untranslated]) -> dict[str, Any]:
    declared = parameters_in(text or "")
    found: dict[str, Any] = {}
    for name, one in named.items():
        strange = [key for key in one.get("parameters") or () if declared is not None and key not in declared]
        if strange:
            why = f"template {template!r} declares no parameter {', '.join(map(repr, strange))}"
            missing.append(Untranslated(f"{_PATH}: operation {name!r}", why))
            continue
        given = {key: one[key] for key in ("parameters", "description", "type", "options") if key in one}
        found[name] = Call(f"{MODULE}.ServiceOperation", [], given)
    return found
