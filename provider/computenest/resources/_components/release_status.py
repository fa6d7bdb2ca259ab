"""A release as it is now: its last revision, and how the workloads are that it brought. Pure."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from computenest.kernel.redact import Redactor
from computenest.resources._components.health import Health
from computenest.resources._components.objects import Body
from computenest.resources._components.redacting import redactor_of_values
from computenest.resources._components.release import ReleaseName, Revision, Status


@dataclass(frozen=True, slots=True)
class ReleaseStatus:
    """One release.

    Args:
        release: its name.
        namespace: where it is.
        chart: the chart's name.
        version: of the chart.
        revision: the last.
        status: of it.
        workloads: each with its health, by its name.
        description: helm's last word on the revision.
    """

    release: ReleaseName
    namespace: str
    chart: str
    version: str
    revision: int
    status: Status
    workloads: tuple[tuple[str, Health], ...]
    description: str = ""

    @property
    def is_ready(self) -> bool:
        """Whether it is deployed, and everything that it brought is ready."""
        return self.status is Status.DEPLOYED and all(health.is_ready for _, health in self.workloads)

    @property
    def reason(self) -> str:
        """Why it is not ready, "" where it is: helm's word on what is not deployed, and each workload's."""
        said = [self.description] if self.status is not Status.DEPLOYED and self.description else []
        said += [f"{name}: {health.words}" for name, health in self.workloads if not health.is_ready]
        return "" if self.is_ready else "; ".join(said)

    def as_json(self) -> dict[str, Any]:
        """For machines."""
        return {
            "release": self.release,
            "namespace": self.namespace,
            "chart": self.chart,
            "version": self.version,
            "revision": self.revision,
            "status": self.status.value,
            "ready": self.is_ready,
            "reason": self.reason,
            "workloads": {name: {"ready": health.is_ready, "why": health.words} for name, health in self.workloads},
        }


def redactor_of_release(*history: Revision, is_of_all: bool = False) -> Redactor:
    """Over what its Secrets hold, and the values whose names speak of a secret; what stands in an object's name is told
    by that already.

    Args:
        history: the revisions that somebody reads of.
        is_of_all: over every value that was given: helm's last word quotes what a server refused, whatever that is.
    """
    objects = [one for revision in history for one in revision.objects]
    public = " ".join(str(one.key) for one in objects)
    held = (text for one in objects if one.is_secret for text in _held(one.body))
    given = redactor_of_values((one.values for one in history), ("",) if is_of_all else ()).values
    texts = {text: text for text in (*held, *given) if text not in public}
    return Redactor.over(texts, texts)


def last_words(history: Sequence[Revision]) -> tuple[str, ...]:
    """Helm's last word on each revision, without what was given to any of them."""
    redactor = redactor_of_release(*history, is_of_all=True)
    return tuple(redactor.text(one.description) for one in history)


def _held(secret: Body) -> Iterator[str]:
    """The texts of a Secret, whichever way its chart wrote them."""
    coded, plain = secret.get("data"), secret.get("stringData")
    for text in coded.values() if isinstance(coded, Mapping) else ():
        with suppress(binascii.Error, ValueError):
            yield base64.b64decode(str(text)).decode()
    yield from (str(text) for text in plain.values()) if isinstance(plain, Mapping) else ()
