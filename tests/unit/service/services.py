"""`Service` on property bags, as `serve/served.py` serves it: tests give and expect what the engine does."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from computenest.kernel.outcome import Checked
from computenest.kernel.unknown import Known, Unknown
from computenest.resources._program.facts import ServiceFacts
from computenest.resources.service import check as checks
from computenest.resources.service import diff as differences
from computenest.resources.service import metadata
from computenest.resources.service import preview as previews
from computenest.resources.service.declaration import MODELS
from computenest.resources.service.model import Service, State
from computenest.resources.service.offering import facts_of
from unit.bags import check_of, diff_of, preview_of

Bag = Mapping[str, Any]
diff = diff_of(MODELS, differences.diff)
preview = preview_of(MODELS, previews.preview)


@dataclass(frozen=True)
class CheckedService:
    """Checked inputs, what a preview should say beside them, and the texts behind the digests."""

    checked: Checked
    texts: Mapping[str, str]

    @property
    def warnings(self) -> tuple[str, ...]:
        return self.checked.warnings


def check(olds: Bag, news: Bag, *, associations: Iterable[Bag] = ()) -> CheckedService:
    texts: dict[str, str] = {}

    def of_models(*given: Any, **options: Any) -> Checked[Any]:
        found = checks.check(*given, **options)
        texts.update(found.texts)
        return found.checked

    found = check_of(MODELS, of_models)(olds, news, recorded=None, associations=associations)
    return CheckedService(found, texts)


def facts(service: Bag) -> ServiceFacts:
    """What instances know of a service with these checked inputs."""
    return facts_of(Service[Unknown].model_validate(service))


def service_of(inputs: Bag) -> Service[Known]:
    return Service[Known].model_validate(inputs)


def state_of(known: Bag) -> State[Known] | None:
    return State[Known].model_validate(known) if known else None


def managed_by(known: Bag) -> metadata.Managed:
    return metadata.managed_by(state_of(known))
