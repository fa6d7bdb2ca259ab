"""The charts of releases, on this machine: folders as they are, those of registries and packages fetched once a run."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path

from computenest.cloud.kubernetes.charts import chart_of_bytes, local_chart, pulled_chart
from computenest.cloud.kubernetes.helm import HelmChart
from computenest.cloud.paths import local_path
from computenest.cloud.registry.login import Login
from computenest.cloud.secret import Secret
from computenest.kernel.errors import Conflict, Invalid, Permanent
from computenest.kernel.names import AccountName
from computenest.kernel.unknown import UNKNOWN, Maybe
from computenest.resources._components.model import ChartFolder, ChartPackage, ChartReference
from computenest.resources._components.wish import Wish

PullKeys = Callable[[AccountName], Awaitable[tuple[str, Login]]]
"""Takes a temporary key of an account's part of Compute Nest's registry: the registry's host, and the login."""


async def no_keys(_account: AccountName) -> tuple[str, Login]:
    """Of whoever has no cloud."""
    raise Permanent("nobody can take a key of Compute Nest's registry here")


async def login_for(keys: PullKeys, chart: ChartPackage, path: str) -> Login:
    """A temporary key for the chart of a package; `path` is the property that names the chart.

    Raises:
        Invalid: it does not lie where packages lie.
    """
    reference = str(chart.package)
    host, login = await keys(chart.account or AccountName(""))
    if reference.partition("/")[0] != host:
        raise Invalid(
            f"{reference} is not in {host}, where packages lie",
            path=f"{path}.package",
            hint="give the `reference` of a HelmChartPackage, or name a chart of another registry by its reference",
        )
    return login


@dataclass(frozen=True, slots=True)
class ChartStore:
    """What this process has of the charts that its program names.

    Args:
        keys: where temporary keys come from; one is taken for each pull of a package, and lives as long as that.
    """

    keys: PullKeys = no_keys
    _pulled: dict[tuple[str, ...], HelmChart] = field(default_factory=dict)
    """Of this run, by each login: what a preview has seen is what is brought."""

    async def seen(self, wish: Wish) -> HelmChart:
        """What a preview renders: of a package its own bytes where they are on this machine, so that none is pulled.

        Raises:
            Invalid: there is none, or nobody can read it; its path is the property at fault.
            Transient: the registry does not answer.
        """
        chart, path = wish.chart, wish.at("chart")
        if isinstance(chart, ChartFolder):
            where = local_path(str(chart.path), path=f"{path}.path")
            return await asyncio.to_thread(local_chart, where, path=f"{path}.path")
        if isinstance(chart, ChartReference):
            return await self._referred(chart, path)
        if chart.path is None or chart.path is UNKNOWN:
            return await self._of_package(chart, path)
        where = local_path(str(chart.path), path=f"{path}.path")
        return await asyncio.to_thread(_packaged, where, f"{path}.path", _text(chart.content))

    async def brought(self, wish: Wish) -> HelmChart:
        """What a release is made of: a package's chart comes out of the registry, whatever this machine has.

        Raises:
            Conflict: the registry has another chart there than the preview was made of.
        """
        seen = await self.seen(wish)
        if not isinstance(wish.chart, ChartPackage):
            return seen
        found = await self._pull(wish.chart, wish.at("chart"))
        if found.digest != seen.digest:
            raise Conflict(
                f"{wish.component}: {wish.chart.package} is not the chart that this machine has at {wish.chart.path}",
                hint="nothing was changed; name the folder or archive that the HelmChartPackage is made of",
            )
        return found

    async def _referred(self, chart: ChartReference, path: str) -> HelmChart:
        username, password = str(chart.username or ""), str(chart.password or "")
        asked = (str(chart.reference), username, password)
        if asked not in self._pulled:
            login = (username, Secret(password)) if username and password else None
            self._pulled[asked] = await pulled_chart(
                asked[0], login, path=f"{path}.reference", login_path=f"{path}.password"
            )
        return self._pulled[asked]

    async def _of_package(self, chart: ChartPackage, path: str) -> HelmChart:
        asked = (str(chart.package), _text(chart.content))
        return self._pulled[asked] if asked in self._pulled else await self._pull(chart, path)

    async def _pull(self, chart: ChartPackage, path: str) -> HelmChart:
        reference = str(chart.package)
        login = await login_for(self.keys, chart, path)
        pulled = await pulled_chart(reference, (login.username, login.password), path=f"{path}.package")
        self._pulled[reference, _text(chart.content)] = pulled
        return pulled


def _text(given: Maybe[str] | None) -> str:
    return "" if given is None or given is UNKNOWN else given


def _packaged(where: Path, path: str, content: str) -> HelmChart:
    """A folder as its package has it: the same bytes, so the same digest as that of the chart in the registry."""
    from computenest.resources._packages.charts.chart import package, read_package
    from computenest.resources._packages.charts.chart_folder import read_folder

    try:
        if where.is_dir():
            chart = package(read_folder(where), path=path, known_digest=content)
        else:
            chart = read_package(where.read_bytes(), path=path)
    except OSError as error:
        raise Invalid(f"the chart {where} cannot be read: {error.strerror}", path=path) from None
    except Invalid as error:
        raise Invalid(error.summary, path=path, hint=error.hint) from None
    return chart_of_bytes(chart.content, path=path)
