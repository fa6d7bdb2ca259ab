"""Validation of an association, and the substitutions it stands for: marker -> region -> image id.

This is where a preview becomes exact. A package that changes is unknown to its dependents as a whole; but what it
gives a region that stays, from a source that stays, is known from the last run, so only what can really change is
unknown. And a dependent never receives an incomplete map: a wanted region without an image is a failure here, which
leaves the association as it was.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TypeAlias, TypeVar

from computenest import templates
from computenest.kernel import regions as geography
from computenest.kernel.errors import Invalid
from computenest.kernel.names import OwnerId, RegionId
from computenest.kernel.outcome import Checked, Failure
from computenest.kernel.unknown import UNKNOWN, Known, Maybe, U, Unknown
from computenest.resources.service_image_association.declaration import Arguments, PackageReference
from computenest.resources.service_image_association.model import Inputs, Partner, TemplateFacts

T = TypeVar("T")
Images: TypeAlias = Mapping[str, Maybe[str]]
"""Region -> image id."""


def check(
    olds: Inputs[Known] | None,
    news: Arguments,
    *,
    assume_stable_delivery: bool,
    distributed: Mapping[OwnerId, frozenset[str]] = MappingProxyType({}),
) -> Checked[Inputs[Unknown]]:
    """Checked inputs: facts of the template, positions and substitutions by marker; the text itself is left behind.

    Args:
        olds: the inputs checked last time, None for a create.
        news: what the program asks for.
        assume_stable_delivery: show the ids of regions that stay as known although a new version is delivered.
            Whether the cloud re-issues them is unverified; the first re-issue seen ends the assumption for a package.
        distributed: owner id -> the regions that the package's own state still has. A region that drifted away gets
            another image, whatever the association remembers.
    """
    before = olds or Inputs[Known]()
    failures: list[Failure] = []
    warnings: list[str] = []
    owner_id, packages = before.owner_id or news.owner_id, news.packages
    if packages is UNKNOWN:
        regions = _check_regions(news.regions, {}, failures)
        unknown = dict.fromkeys(("template", "packages", "positions", "substitutions"), UNKNOWN)
        return Checked(Inputs[Unknown].made(owner_id=owner_id, regions=regions, **unknown), tuple(failures))
    if not packages:
        failures.append(Failure("packages", "a map from marker to package is needed, with at least one marker"))
    template, positions = _check_template(before, news, packages, failures, warnings)
    sides = [
        _Side(
            marker=marker,
            given=given,
            before=before.packages.get(marker),
            images_before=before.substitutions.get(marker, {}),
            assume_stable_delivery=assume_stable_delivery,
            distributed=distributed,
        )
        for marker, given in sorted(packages.items())
    ]
    substitutions = {side.marker: side.images(failures) for side in sides}
    inputs = Inputs[Unknown].made(
        owner_id=owner_id,
        template=template,
        packages={side.marker: side.partner() for side in sides},
        regions=_check_regions(news.regions, substitutions, failures),
        positions=positions,
        substitutions=substitutions,
    )
    return Checked(inputs, tuple(failures), tuple(warnings))


def relation(packages: Mapping[str, Partner[U]]) -> dict[str, dict[str, str | U]]:
    """`ArtifactRelation` of the service's DeployMetadata: marker -> artifact and version (facts §2.1)."""
    return {
        marker: {"ArtifactId": partner.artifact_id or "", "ArtifactVersion": partner.version or ""}
        for marker, partner in sorted(packages.items())
        if partner.kind == "package"
    }


def _check_template(
    before: Inputs[Known],
    news: Arguments,
    packages: Mapping[str, PackageReference],
    failures: list[Failure],
    warnings: list[str],
) -> tuple[Maybe[TemplateFacts] | None, Maybe[Mapping[str, tuple[str, ...]]]]:
    """What is kept of the template, and where each marker stands in it."""
    text = news.template
    if text is UNKNOWN:
        return UNKNOWN, UNKNOWN
    if isinstance(text, TemplateFacts):
        return text, before.positions
    data = text.encode("utf-8", "surrogatepass")  # what is no text is refused as such by the scan
    try:
        scan = templates.scan(data, name=str(news.template_name or "template"))
    except Invalid as refused:
        failures.append(Failure("template", str(refused)))
        return None, {}
    warnings += [message for _, message in templates.half_covered(scan.positions, packages)]
    positions: dict[str, tuple[str, ...]] = {}
    marker_at: dict[tuple[int | None, int | None], str] = {}
    for marker in sorted(packages):
        try:
            found = templates.markers(scan, [marker], beside=packages)
        except Invalid as refused:
            failures.append(Failure(f"packages[{marker!r}]", str(refused)))
        else:
            positions[marker] = tuple(sorted({position.path for position in found[marker]}))
            others = {marker_at.setdefault((at.start, at.end), marker): at.path for at in found[marker]}
            for other, path in others.items():
                if packages[other] != packages[marker]:
                    reason = (
                        f"markers {other!r} and {marker!r} both stand for {path}, with different packages: keep one"
                    )
                    failures.append(Failure(f"packages[{marker!r}]", reason))
    return TemplateFacts(digest=scan.digest, format=scan.format, size_bytes=len(data)), positions


def _check_regions(
    regions: Maybe[tuple[Maybe[RegionId], ...]] | None,
    substitutions: Mapping[str, Maybe[Images]],
    failures: list[Failure],
) -> Maybe[tuple[Maybe[RegionId], ...]] | None:
    """The regions in order; every package has to be distributed to each."""
    if regions is None or regions is UNKNOWN:
        return regions
    for index, region in enumerate(regions):
        for marker, images in substitutions.items():
            if images is not UNKNOWN and region is not UNKNOWN and region not in images:
                near = geography.nearest(region, images)
                reason = (
                    f"the template may be deployed in {region}, but the package of marker {marker!r} is not "
                    f"distributed there; add {region} to the package's regions"
                )
                failures.append(Failure(f"regions[{index}]", reason + (f" (did you mean {near}?)" if near else "")))
    return tuple(sorted(regions, key=str))


@dataclass(frozen=True, slots=True)
class _Side:
    """One marker: what is given for it now, and what the last run made of it."""

    marker: str
    given: PackageReference
    before: Partner[Known] | None
    images_before: Mapping[str, str]
    assume_stable_delivery: bool
    distributed: Mapping[OwnerId, frozenset[str]]

    @property
    def path(self) -> str:
        return f"packages[{self.marker!r}]"

    @property
    def same(self) -> Partner[Known] | None:
        """What the last run made of this very package, None where another or none stood here."""
        given, before = self.given, self.before
        is_same = before is not None and (before.kind, before.owner_id, before.generation) == (
            given.kind,
            given.owner_id,
            given.generation,
        )
        return before if is_same else None

    @property
    def there(self) -> frozenset[str]:
        """The regions that the package's own state has; all that are wanted where nobody knows."""
        owner, wanted = self.given.owner_id, self.given.distribution
        found = frozenset(wanted if wanted is not UNKNOWN and wanted else ())
        return found if owner is None or owner is UNKNOWN else self.distributed.get(OwnerId(owner), found)

    @property
    def makes_no_version(self) -> bool:
        """Whether the package stays at its version: a lost region is repaired by a new one."""
        edition, wanted = self.given.edition, self.given.distribution
        is_same = edition is not None and self.before is not None and edition == self.before.edition
        return is_same and wanted is not None and wanted is not UNKNOWN and frozenset(wanted) <= self.there

    @property
    def origin(self) -> Maybe[str] | None:
        """What every region gets; the same for all of them in managed distribution."""
        distribution = self.given.distribution
        if distribution is None or distribution is UNKNOWN:
            return UNKNOWN
        return next(iter(distribution.values()), None)

    def partner(self) -> Partner[Unknown]:
        """What the state keeps of this package, unknown only where the change at hand makes it so."""
        given, same = self.given, self.same
        if given.kind == "map":
            return Partner[Unknown](kind="map")
        may_assume = self.makes_no_version or self.assume_stable_delivery  # that ids stay: so none is re-issued
        return Partner[Unknown].made(
            kind="package",
            owner_id=given.owner_id,
            generation=given.generation,
            origin=self.origin,
            edition=given.edition,
            artifact_id=_or(given.artifact_id, same.artifact_id if same else None),
            version=_or(given.version, same.version if same and self.makes_no_version else None),
            reissued=_or(given.reissued, same.reissued if same and may_assume else None),
        )

    def images(self, failures: list[Failure]) -> Maybe[Images]:
        """Region -> image id, UNKNOWN where this change may bring another."""
        if self.given.kind == "map":
            return self._plain(failures)
        distribution, images = self.given.distribution, self.given.images
        if distribution is None or distribution is UNKNOWN:
            return UNKNOWN
        if images is UNKNOWN or images is None:
            return {region: self._previewed(region, origin) for region, origin in sorted(distribution.items())}
        for region, why in sorted(self._gaps(distribution, images).items()):
            gap = f"has no image in {region}" if region else "is incomplete"
            failures.append(
                Failure(
                    self.path,
                    f"package {self.given.name or ''} {gap}: {why}; the association stays as it was, "
                    "run pulumi up again to distribute only what is missing",
                )
            )
        return {region: images[region] for region in sorted(distribution) if region in images}

    def _gaps(self, distribution: Mapping[str, Maybe[str] | None], images: Images) -> dict[str, str]:
        """Region -> why the package lacks it; "" for a package that is incomplete as a whole.

        A package with a reason is incomplete even where each region has an image: some may be of the version before.
        """
        told = self.given.reasons
        reasons = {} if told is None or told is UNKNOWN else {region: str(why) for region, why in told.items()}
        missing = [region for region in distribution if region not in images]
        return reasons | {region: reasons.get(region) or reasons.get("") or "it is not delivered" for region in missing}

    def _plain(self, failures: list[Failure]) -> Maybe[Images]:
        """The images of a plain map, each an id of its region."""
        images = self.given.images
        if images is None or images is UNKNOWN:
            return UNKNOWN
        for region, image in sorted(images.items()):
            if image is UNKNOWN:
                continue
            if not geography.is_image_id(image):
                failures.append(Failure(f"{self.path}[{region!r}]", f"{image!r} is not an image id"))
            elif home := geography.foreign_home(region, image):
                reason = f"{image!r} is an image of {home} by its prefix, not of {region}: give the image's copy there"
                failures.append(Failure(f"{self.path}[{region!r}]", reason))
        return dict(sorted(images.items()))

    def _previewed(self, region: str, origin: Maybe[str] | None) -> Maybe[str]:
        """The id that a region keeps although its package changes, UNKNOWN where that is not sure."""
        same = self.same
        if same is None or origin is UNKNOWN or origin != same.origin or region not in self.there:
            return UNKNOWN
        is_settled = self.makes_no_version or (self.assume_stable_delivery and not same.reissued)
        return self.images_before.get(region, UNKNOWN) if is_settled else UNKNOWN


def _or(value: Maybe[T] | None, before: T | None) -> Maybe[T] | None:
    """What was before, in the place of what is not known and stays."""
    return before if value is UNKNOWN and before is not None else value
