"""Validation of an association, and the substitutions it stands for: marker -> region -> image id.

This is where a preview becomes exact. A package that changes is unknown to its dependents as a whole; but what it
gives a region that stays, from a source that stays, is known from the last run, so only what can really change is
unknown. And a dependent never receives an incomplete map: a wanted region without an image is a failure here, which
leaves the association as it was.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from computenest import templates
from computenest.kernel import regions as geography
from computenest.kernel.arguments import quoted
from computenest.kernel.errors import Invalid
from computenest.kernel.outcome import Checked, Failure
from computenest.kernel.unknown import UNKNOWN
from computenest.resources.service_image_association.model import Partner, TemplateFacts

__all__ = ["check", "relation"]

_KEYS = ("account", "name", "ownerId", "packages", "regions", "template", "templateName")


def check(
    olds: Mapping[str, Any],
    news: Mapping[str, Any],
    *,
    assume_stable_delivery: bool,
    distributed: Mapping[str, frozenset[str]] = MappingProxyType({}),
) -> Checked:
    """Checked inputs: facts of the template, positions and substitutions by marker; the text itself is left behind.

    Args:
        olds: the inputs checked last time, {} for a create.
        news: `template` is text, UNKNOWN, or the former facts where `ignoreChanges` restored them.
        assume_stable_delivery: show the ids of regions that stay as known although a new version is delivered.
            Whether the cloud re-issues them is unverified; the first re-issue seen ends the assumption for a package.
        distributed: owner id -> the regions that the package's own state still has. A region that drifted away gets
            another image, whatever the association remembers.
    """
    failures = [
        Failure(key, f"there is no property {quoted(key)}")
        for key in sorted(news)
        if key not in _KEYS and news[key] is not None
    ]
    packages = news.get("packages")
    inputs: dict[str, Any] = {"ownerId": olds.get("ownerId") or news.get("ownerId", "")}
    if packages is UNKNOWN:
        inputs |= dict.fromkeys(("template", "packages", "positions", "substitutions"), UNKNOWN)
        return Checked(inputs | _check_regions(news.get("regions"), {}, failures), tuple(failures))
    if not isinstance(packages, Mapping) or not packages:
        failures.append(Failure("packages", "a map from marker to package is needed, with at least one marker"))
        packages = {}
    warnings: list[str] = []
    inputs |= _check_template(olds, news, packages, failures, warnings)
    partners, substitutions = {}, {}
    for marker, given in sorted(packages.items()):
        side = _Side(
            marker=marker,
            given=given if isinstance(given, Mapping) else {"kind": given},
            before=(olds.get("packages") or {}).get(marker) or {},
            images_before=(olds.get("substitutions") or {}).get(marker) or {},
            assume_stable_delivery=assume_stable_delivery,
            distributed=distributed,
        )
        if side.given.get("kind") not in ("package", "map"):  # of what is no map it may be anything
            failures.append(Failure(side.path, "give a package, or a map from region to image id"))
            continue
        partners[marker] = side.partner()
        substitutions[marker] = side.images(failures)
    inputs |= {"packages": partners, "substitutions": substitutions}
    inputs |= _check_regions(news.get("regions"), substitutions, failures)
    return Checked(inputs, tuple(failures), tuple(warnings))


def relation(inputs: Mapping[str, Any]) -> dict[str, Any]:
    """`ArtifactRelation` of the service's DeployMetadata: marker -> artifact and version (facts §2.1)."""
    return {
        marker: {"ArtifactId": partner["artifactId"], "ArtifactVersion": partner["version"]}
        for marker, partner in sorted(inputs["packages"].items())
        if partner["kind"] == "package"
    }


def _check_template(
    olds: Mapping[str, Any],
    news: Mapping[str, Any],
    packages: Mapping[str, Any],
    failures: list[Failure],
    warnings: list[str],
) -> dict[str, Any]:
    text = news.get("template")
    if text is UNKNOWN:
        return {"template": UNKNOWN, "positions": UNKNOWN}
    if isinstance(text, Mapping):  # ignoreChanges: ["template"] restores the facts of last time
        return {"template": dict(text), "positions": olds.get("positions") or {}}
    if not isinstance(text, str):
        failures.append(Failure("template", "the template's text or path is needed"))
        return {"template": {}, "positions": {}}
    data = text.encode("utf-8", "surrogatepass")  # what is no text is refused as such by the scan
    try:
        scan = templates.scan(data, name=str(news.get("templateName") or "template"))
    except Invalid as refused:
        failures.append(Failure("template", str(refused)))
        return {"template": {}, "positions": {}}
    warnings += [message for _, message in templates.half_covered(scan.positions, packages)]
    facts = TemplateFacts(digest=scan.digest, format=scan.format, size_bytes=len(data))
    positions: dict[str, list[str]] = {}
    marker_at: dict[tuple[int | None, int | None], str] = {}
    for marker in sorted(packages):
        try:
            found = templates.markers(scan, [marker], beside=packages)
        except Invalid as refused:
            failures.append(Failure(f"packages[{marker!r}]", str(refused)))
        else:
            positions[marker] = sorted({position.path for position in found[marker]})
            others = {marker_at.setdefault((at.start, at.end), marker): at.path for at in found[marker]}
            for other, path in others.items():
                if packages[other] != packages[marker]:
                    reason = (
                        f"markers {other!r} and {marker!r} both stand for {path}, with different packages: keep one"
                    )
                    failures.append(Failure(f"packages[{marker!r}]", reason))
    return {"template": facts.wire(), "positions": positions}


def _check_regions(regions: Any, substitutions: Mapping[str, Any], failures: list[Failure]) -> dict[str, Any]:
    if regions is None:
        return {}
    if regions is UNKNOWN or not isinstance(regions, Iterable) or isinstance(regions, str):
        return {"regions": regions}
    wanted = list(regions)
    for index, region in enumerate(wanted):
        for marker, images in substitutions.items():
            if isinstance(images, Mapping) and region is not UNKNOWN and region not in images:
                near = geography.nearest(str(region), images)
                reason = (
                    f"the template may be deployed in {region}, but the package of marker {marker!r} is not "
                    f"distributed there; add {region} to the package's regions"
                )
                failures.append(Failure(f"regions[{index}]", reason + (f" (did you mean {near}?)" if near else "")))
    return {"regions": sorted(wanted, key=str)}


@dataclass(frozen=True, slots=True)
class _Side:
    """One marker: what is given for it now, and what the last run made of it."""

    marker: str
    given: Mapping[str, Any]
    before: Mapping[str, Any]
    images_before: Mapping[str, str]
    assume_stable_delivery: bool
    distributed: Mapping[str, frozenset[str]]

    @property
    def path(self) -> str:
        return f"packages[{self.marker!r}]"

    @property
    def is_same_package(self) -> bool:
        keys = ("kind", "ownerId", "generation")
        return bool(self.before) and all(self.before.get(key) == self.given.get(key) for key in keys)

    @property
    def is_same_edition(self) -> bool:
        edition = self.given.get("edition")
        return edition is not None and edition is not UNKNOWN and edition == self.before.get("edition")

    @property
    def there(self) -> frozenset[str]:
        """The regions that the package's own state has; all that are wanted where nobody knows."""
        given = self.given.get("distribution")
        wanted = frozenset(given if isinstance(given, Mapping) else ())
        return self.distributed.get(str(self.given.get("ownerId")), wanted)

    @property
    def makes_no_version(self) -> bool:
        """Whether the package stays at its version: a lost region is repaired by a new one."""
        wanted = self.given.get("distribution")
        return self.is_same_edition and isinstance(wanted, Mapping) and frozenset(wanted) <= self.there

    @property
    def origin(self) -> Any:
        """What every region gets; the same for all of them in managed distribution."""
        distribution = self.given.get("distribution")
        if not isinstance(distribution, Mapping):
            return UNKNOWN
        return next(iter(distribution.values()), None)

    def partner(self) -> dict[str, Any]:
        """What the state keeps of this package, unknown only where the change at hand makes it so."""
        if self.given["kind"] == "map":
            return Partner(kind="map").wire()
        keep_version = self.is_same_package and self.makes_no_version
        may_assume = self.makes_no_version or self.assume_stable_delivery  # that ids stay: so none is re-issued
        return Partner(
            kind="package",
            owner_id=self.given.get("ownerId"),
            generation=self.given.get("generation"),
            origin=self.origin,
            edition=self.given.get("edition"),
            artifact_id=self._or_before("artifactId", holds=self.is_same_package),
            version=self._or_before("version", holds=keep_version),
            reissued=self._or_before("reissued", holds=self.is_same_package and may_assume),
        ).model_dump(by_alias=True, exclude_none=True)

    def images(self, failures: list[Failure]) -> Any:
        """Region -> image id, UNKNOWN where this change may bring another."""
        if self.given["kind"] == "map":
            return self._plain(failures)
        distribution, images = self.given.get("distribution"), self.given.get("images")
        if not isinstance(distribution, Mapping):
            return UNKNOWN
        if images is UNKNOWN or images is None:
            return {region: self._foreseen(region, origin) for region, origin in sorted(distribution.items())}
        for region, why in sorted(self._gaps(distribution, images).items()):
            gap = f"has no image in {region}" if region else "is incomplete"
            failures.append(
                Failure(
                    self.path,
                    f"package {self.given.get('name', '')} {gap}: {why}; the association stays as it was, "
                    "run pulumi up again to distribute only what is missing",
                )
            )
        return {region: images[region] for region in sorted(distribution) if region in images}

    def _gaps(self, distribution: Mapping[str, Any], images: Mapping[str, Any]) -> dict[str, str]:
        """Region -> why the package lacks it; "" for a package that is incomplete as a whole.

        A package with a reason is incomplete even where each region has an image: some may be of the version before.
        """
        told = self.given.get("reasons")
        reasons = {str(key): str(why) for key, why in told.items()} if isinstance(told, Mapping) else {}
        missing = [region for region in distribution if region not in images]
        return reasons | {region: reasons.get(region) or reasons.get("") or "it is not delivered" for region in missing}

    def _plain(self, failures: list[Failure]) -> Any:
        images = self.given.get("images")
        if not isinstance(images, Mapping):
            return UNKNOWN
        for region, image in sorted(images.items()):
            if image is not UNKNOWN and not (isinstance(image, str) and geography.is_image_id(image)):
                failures.append(Failure(f"{self.path}[{region!r}]", f"{image!r} is not an image id"))
            elif image is not UNKNOWN and (home := geography.foreign_home(str(region), image)):
                reason = f"{image!r} is an image of {home} by its prefix, not of {region}: give the image's copy there"
                failures.append(Failure(f"{self.path}[{region!r}]", reason))
        return dict(sorted(images.items()))

    def _foreseen(self, region: str, origin: Any) -> Any:
        """The id that a region keeps although its package changes, UNKNOWN where that is not sure."""
        settled = self.makes_no_version or (self.assume_stable_delivery and not self.before.get("reissued"))
        stays = self.is_same_package and origin is not UNKNOWN and origin == self.before.get("origin")
        stays = stays and region in self.there
        return self.images_before[region] if settled and stays and region in self.images_before else UNKNOWN

    def _or_before(self, key: str, *, holds: bool) -> Any:
        value = self.given.get(key)
        if value is UNKNOWN and holds and key in self.before:
            return self.before[key]
        return value
