"""The provider's side of a test: previews and runs of one release of a namespace."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from computenest.cloud.kubernetes.charts import local_chart
from computenest.cloud.kubernetes.client import ApiClient
from computenest.cloud.kubernetes.helm import Helm
from computenest.cloud.kubernetes.kubeconfig import read_kubeconfig
from computenest.cloud.secret import Secret
from computenest.kernel.names import OwnerId
from computenest.resources._components.observe import Observer
from computenest.resources._components.plan import Declared
from computenest.resources._components.policy import Policy
from computenest.resources._components.preview import Preview
from computenest.resources._components.release import ReleaseName
from computenest.resources._components.releases import Releases

T = TypeVar("T")


class Rig:
    """One release."""

    def __init__(self, kubeconfig: Path, namespace: str, release: str = "shop") -> None:
        self._text = kubeconfig.read_text()
        self.namespace = namespace
        self.release = release

    def use(self, helm: Path) -> None:
        """Goes on with another helm."""
        os.environ["COMPUTENEST_HELM"] = str(helm)

    def preview(self, chart: Path, values: Mapping[str, Any] | None = None, **more: Any) -> Preview:
        declared = self._declared(chart, values or {}, more)
        return self.run(lambda releases: releases.preview(declared, local_chart(chart)))

    def up(self, chart: Path, values: Mapping[str, Any] | None = None, **more: Any) -> Preview:
        declared = self._declared(chart, values or {}, more)
        return self.run(lambda releases: releases.bring(declared, local_chart(chart)))

    def down(self) -> list[str]:
        stays = self.run(lambda releases: releases.remove(ReleaseName(self.release), self.namespace))
        return [str(key) for key in stays]

    def run(self, use: Callable[[Releases], Awaitable[T]]) -> T:
        async def go() -> T:
            async with ApiClient(read_kubeconfig(self._text)) as client:
                return await use(Releases(Observer(client, Helm(Secret(self._text)))))

        return asyncio.run(go())

    def _declared(self, chart: Path, values: Mapping[str, Any], more: dict[str, Any]) -> Declared:
        found = local_chart(chart)
        ours = {"stale_s": more.pop("stale_s")} if "stale_s" in more else {}
        return Declared(
            release=ReleaseName(self.release),
            namespace=self.namespace,
            chart=found.name,
            version=found.version,
            chart_digest=found.digest,
            values=values,
            owner=OwnerId("tests"),
            policy=Policy(**{"timeout_s": 60.0, **more}),
            **ours,
        )


def told(preview: Preview) -> list[str]:
    """The lines of a preview, without what only differs by the namespace."""
    return [line.strip() for line in preview.lines()]
