"""`EcsImagePackage`: a deployment package of type ECS image, distributed to regions."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any

import pulumi

from computenest.transports.dynamic.providers import EcsImagePackageProvider
from pulumi_computenest.declaration import INCOMPLETE, Declaration, DynamicResource, ending
from pulumi_computenest.direct import DirectDistribution, direct_properties
from pulumi_computenest.identity import former_owners, mint
from pulumi_computenest.source import Source, to_properties

__all__ = ["EcsImageDeclaration", "EcsImagePackage"]

# What a program may take of a package; each costs the SDK some 0.1 ms a resource.
_OUTPUTS = (
    "artifactId",
    "distribution",
    "edition",
    "generation",
    "images",
    "name",
    "reasons",
    "reissued",
    "status",
    "statuses",
    "version",
)
_REFERRED = (
    "artifactId",
    "distribution",
    "generation",
    "images",
    "name",
    "ownerId",
    "reasons",
    "reissued",
    "version",
)


class EcsImageDeclaration(Declaration):
    """An image, replicated to every region named: in essence a map region -> image id.

    Args:
        resource_name: the logical name; also the package's name unless `name` is given.
        source: a CustomImage, MarketplaceImage or BuiltImage.
        regions: where customers may deploy; order and repetition do not matter. `["all"]` is every region where the
            source may go, found anew in each run.
        name: the package's name in Compute Nest. Changing it replaces the package.
        description: shown in the console. A released version keeps its own: another one makes a new version.
        version_name: the version's name; by default derived from what the version is made of.
        tags: tags of the package.
        resource_group_id: changing it replaces the package.
        release: publish, and so distribute, the version (default) or keep it a draft.
        retain_versions: how many superseded versions to keep beside the live one (default 1).
        timeout_s: the longest that one operation may take, in seconds (default 7200).
        account: a key of `computenest:accounts`, for a package of another account.
        direct: copy in accounts of your own, without Compute Nest (see DirectDistribution).

    An operation that reaches only some regions keeps what there is and fails the run, naming each region and why;
    the next `pulumi up` does only what is missing.
    """

    def __init__(
        self,
        resource_name: str,
        *,
        source: Source,
        regions: Sequence[pulumi.Input[str]] | pulumi.Output[Sequence[str]],
        name: pulumi.Input[str] | None = None,
        description: pulumi.Input[str] | None = None,
        version_name: pulumi.Input[str] | None = None,
        tags: pulumi.Input[Mapping[str, pulumi.Input[str]]] | None = None,
        resource_group_id: pulumi.Input[str] | None = None,
        release: pulumi.Input[bool] | None = None,
        retain_versions: pulumi.Input[int] | None = None,
        timeout_s: pulumi.Input[int] | None = None,
        account: str | None = None,
        direct: DirectDistribution | None = None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        self.is_direct = direct is not None
        properties: dict[str, Any] = {
            "ownerId": mint("EcsImagePackage", resource_name),
            **former_owners("EcsImagePackage", opts),
            "name": name,
            "source": to_properties(source),
            "regions": regions,
            "description": description,
            "versionName": version_name,
            "tags": tags,
            "resourceGroupId": resource_group_id,
            "release": release,
            "retainVersions": retain_versions,
            "timeoutS": timeout_s,
            "account": account,
        }
        if direct is not None:
            properties["direct"] = direct_properties(direct)
        given = {key: value for key, value in properties.items() if value is not None}
        self._declare("EcsImagePackage", resource_name, dict.fromkeys(_OUTPUTS) | given, opts)

    @property
    def artifact_id(self) -> pulumi.Output[str]:
        """The package's id in Compute Nest."""
        return self._get("artifactId")

    @property
    def version(self) -> pulumi.Output[str]:
        """The version whose images these are: "draft", "1", "2", …"""
        return self._get("version")

    @property
    def status(self) -> pulumi.Output[str]:
        """Available, Draft (not to be released) or Incomplete."""
        return self._get("status")

    @property
    def distribution(self) -> pulumi.Output[Mapping[str, str]]:
        """Region -> what it gets, known in a preview already: `copy of m-bp1…`."""
        return self._get("distribution")

    @property
    def images(self) -> pulumi.Output[Mapping[str, str]]:
        """Region -> image id. Never incomplete: a run that leaves a region without one fails before a dependent."""
        return self._get("images")

    @property
    def delivered(self) -> pulumi.Output[Mapping[str, str]]:
        """Region -> image id of the regions that have one, complete or not."""
        return self._get("images")

    @property
    def statuses(self) -> pulumi.Output[Mapping[str, str]]:
        """Region -> Available, or what it is waiting for."""
        return self._get("statuses")

    @property
    def reasons(self) -> pulumi.Output[Mapping[str, str]]:
        """Region -> why it has no image."""
        return self._get("reasons")

    @property
    def edition(self) -> pulumi.Output[str]:
        """A digest of what the wanted version is made of."""
        return self._get("edition")

    def reference(self) -> dict[str, pulumi.Output[Any]]:
        """What an association takes of a package."""
        return {"edition": self.edition, **{key: self._get(key) for key in _REFERRED}}


class _GatedResource(DynamicResource):
    """A dynamic resource whose run fails where it left a gap, whoever depends on it or not: the host of dynamic
    providers cannot say so itself without losing the id."""

    def _declare(
        self, type_name: str, name: str, properties: Mapping[str, Any], opts: pulumi.ResourceOptions | None
    ) -> None:
        self._declared_at_s = time.time()
        self._logical_name = name
        # As given, not as outputs: in a preview every output that is no input is unknown, an unset text among them.
        self._texts = {key: properties.get(key) for key in ("description", "versionName")}
        super()._declare(type_name, name, {**properties, "logicalName": name, "attemptedAt": None}, opts)
        observed = pulumi.Output.all(self._get("status"), self._get("reasons"), self._get("attemptedAt"))
        self._gate = observed.apply(self._refuse_gap)

    def _refuse_gap(self, observed: Sequence[Any]) -> bool:
        status, reasons, attempted_at_s = observed
        if status == INCOMPLETE and (attempted_at_s or 0) >= self._declared_at_s:
            gaps = "; ".join(f"{region}: {why}" if region else str(why) for region, why in sorted(reasons.items()))
            raise ending(
                f"package {self._logical_name!r} is incomplete: {gaps}. What was delivered is kept; "
                "run `pulumi up` again to distribute only what is missing."
            )
        return True


class EcsImagePackage(EcsImageDeclaration, _GatedResource, module="computenest", name="EcsImagePackage"):
    __doc__ = EcsImageDeclaration.__doc__

    provider = EcsImagePackageProvider

    @property
    def images(self) -> pulumi.Output[Mapping[str, str]]:
        """Region -> image id. Fails in a run that left a region without one: nobody receives an incomplete map."""
        if pulumi.runtime.is_dry_run():
            # A preview leaves no gap. What the gate looks at is unknown there, even of a package that is complete.
            return self._foreseen_images()
        return pulumi.Output.all(self._get("images"), self._gate).apply(lambda both: both[0])

    @property
    def delivered(self) -> pulumi.Output[Mapping[str, str]]:
        """Region -> image id of the regions that have one, complete or not."""
        return self._foreseen_images() if pulumi.runtime.is_dry_run() else self._get("images")

    def _foreseen_images(self) -> pulumi.Output[Mapping[str, str]]:
        """In a preview of a change only the images that it may bring are unknown: the map is, as a whole, but
        `images["cn-hangzhou"]` is not where that one stays."""
        wanted = pulumi.Output.all(self._get("distribution"), self._get("ownerId"))

        def foreseen(images: Any) -> Any:
            return images if isinstance(images, Mapping) else wanted.apply(self._staying)

        return self._get("images").apply(foreseen, run_with_unknowns=True)

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
    from computenest.resources._packages.check import package_of  # noqa: PLC0415 - only where something depends on it

    known = {key: value for key, value in inputs.items() if value is not None}
    return package_of({"ownerId": "", "artifactName": known["name"], **known}).edition
