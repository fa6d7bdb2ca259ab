"""What an `EcsImagePackage` does beyond what is declared: direct distribution's stack, and a map never incomplete."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import pulumi

from pulumi_computenest.declaration import INCOMPLETE, GatedResource, Prepared
from pulumi_computenest.declared.references import PACKAGE_REFERENCE
from pulumi_computenest.sugar.packages import PackageSugar

__all__ = ["Dynamic", "Sugar"]

HIDES = ("direct.stack",)
NAMES = {"DirectSpec": "DirectDistribution"}


class Sugar(PackageSugar):
    """An image package as a program declares it."""

    _also: ClassVar[tuple[str, ...]] = ("generation", "name", "reissued")
    is_direct: bool
    """Whether the provider itself copies, without Compute Nest."""

    def _prepared(self, name: str, given: dict[str, Any], opts: pulumi.ResourceOptions | None) -> Prepared:
        given, opts = super()._prepared(name, given, opts)
        self.is_direct = "direct" in given
        if self.is_direct:  # `computenest orphans` tells by it whose copies are
            given = {**given, "direct": {**given["direct"], "stack": f"{pulumi.get_project()}/{pulumi.get_stack()}"}}
        return given, opts

    @property
    def edition(self) -> pulumi.Output[str]:
        """A digest of what the wanted version is made of."""
        return self._get("edition")

    @property
    def images(self) -> pulumi.Output[Mapping[str, str]]:
        """Region -> image id. Never incomplete: a run that leaves a region without one fails before a dependent."""
        return self._get("images")

    @property
    def delivered(self) -> pulumi.Output[Mapping[str, str]]:
        """Region -> image id of the regions that have one, complete or not."""
        return self._get("images")

    def reference(self) -> dict[str, pulumi.Output[Any]]:
        """What an association takes of a package."""
        taken = {key: self._get(key) for key in PACKAGE_REFERENCE if key not in ("kind", "edition")}
        return {"edition": self.edition, **taken}


class Dynamic(Sugar, GatedResource):
    """An image package as a dynamic resource, whose previews the engine shows less of."""

    def _declare(self, name: str, properties: Mapping[str, Any], opts: pulumi.ResourceOptions | None) -> None:
        # As given, not as outputs: in a preview every output that is no input is unknown, an unset text among them.
        self._texts = {key: properties.get(key) for key in ("description", "versionName")}
        super()._declare(name, properties, opts)

    def _gap(self, watched: Sequence[Any]) -> str:
        status, reasons = watched
        if status != INCOMPLETE:
            return ""
        gaps = "; ".join(f"{region}: {why}" if region else str(why) for region, why in sorted(reasons.items()))
        return (
            f"package {self._logical_name!r} is incomplete: {gaps}. What was delivered is kept; "
            "run `pulumi up` again to distribute only what is missing."
        )

    @property
    def images(self) -> pulumi.Output[Mapping[str, str]]:
        """Region -> image id. Fails in a run that left a region without one: nobody receives an incomplete map."""
        if pulumi.runtime.is_dry_run():
            # A preview leaves no gap. What the gate looks at is unknown there, even of a package that is complete.
            return self._previewed_images()
        return pulumi.Output.all(self._get("images"), self._gate).apply(lambda both: both[0])

    @property
    def delivered(self) -> pulumi.Output[Mapping[str, str]]:
        """Region -> image id of the regions that have one, complete or not."""
        return self._previewed_images() if pulumi.runtime.is_dry_run() else self._get("images")

    def _previewed_images(self) -> pulumi.Output[Mapping[str, str]]:
        """In a preview of a change only the images that it may bring are unknown: the map is, as a whole, but
        `images["cn-hangzhou"]` is not where that one stays."""
        wanted = pulumi.Output.all(self._get("distribution"), self._get("ownerId"))

        def previewed(images: Any) -> Any:
            return images if isinstance(images, Mapping) else wanted.apply(self._staying)

        return self._get("images").apply(previewed, run_with_unknowns=True)

    def _staying(self, wanted: Sequence[Any]) -> Any:
        from computenest.serve.dynamic import handover  # noqa: PLC0415 - only where something changes

        distribution, owner_id = wanted
        staying = handover.take(owner_id, since_s=self._declared_at_s)
        return {region: staying.get(region, pulumi.UNKNOWN) for region in distribution} if staying else pulumi.UNKNOWN

    @property
    def edition(self) -> pulumi.Output[str]:
        """A digest of what the wanted version is made of, known in a preview already."""
        return pulumi.Output.all(
            distribution=self._get("distribution"),
            source=self._get("source"),
            name=self._get("name"),
            **self._texts,
        ).apply(_edition)


def _edition(inputs: Mapping[str, Any]) -> str:
    from computenest.kernel.unknown import Known  # noqa: PLC0415 - only where something depends on it
    from computenest.resources._packages.image_package import Package  # noqa: PLC0415 - the same

    known = {key: value for key, value in inputs.items() if value is not None}
    return Package[Known].model_validate(known).wanted_edition
