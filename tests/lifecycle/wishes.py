"""Programs to be generated: packages, an association, a service and its instances, as data that can be declared."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import pulumi
from hypothesis import strategies as st

REGIONS = ("cn-beijing", "cn-hangzhou", "cn-shanghai")
SETUP = "{{ computenest::file::setup }}"
LONG_S = 10_000_000  # seconds of a clock that runs thousands of times as fast
TEMPLATE = """\
ROSTemplateFormatVersion: '2015-09-01'
Parameters:
  Amount: {Type: Number, Default: 1}
  Kind: {Type: String, Default: small}
Conditions:
  IsBig: {Fn::Equals: [{Ref: Kind}, big]}
Resources:
  Web:
    Type: ALIYUN::ECS::InstanceGroup
    Properties: {ImageId: image_web, MaxAmount: {Ref: Amount}}
  Big:
    Type: ALIYUN::ESS::ScalingConfiguration
    Condition: IsBig
    Properties: {ImageId: image_web}
  Gate:
    Type: ALIYUN::ESS::ScalingConfiguration
    Properties: {ImageId: {Fn::If: [IsBig, image_web, image_gate]}}
  Bastion:
    Type: ALIYUN::ECS::InstanceGroup
    Properties: {ImageId: aliyun_3_x64_20G_alibase_20240528.vhd, MaxAmount: 1}
MORE
Outputs:
  Amount: {Value: {Ref: Amount}}
"""
SPARE = "  Spare: {Type: ALIYUN::ESS::ScalingConfiguration, Properties: {ImageId: image_web}}"


@dataclass(frozen=True)
class Instance:
    region: str
    amount: int = 1
    kind: str = "small"
    upgrade: str | None = None
    operation: str | None = None
    tags: tuple[str, ...] = ()


@dataclass(frozen=True)
class Wish:
    """A program.

    Args:
        source: which golden image.
        regions: of the image package.
        file: text, regions (None for the cloud's choice) and version name of a file package; None for none.
        is_associated: whether the template comes with an association, or the service has its packages alone.
    """

    source: int
    regions: tuple[str, ...]
    file: tuple[str, tuple[str, ...] | None, str] | None
    instances: tuple[tuple[str, Instance], ...]
    is_associated: bool = True
    has_spare: bool = False
    allowed: tuple[str, ...] | None = None
    shown: str = "Shop"
    version_name: str | None = None
    visibility: str = "private"
    publishing: str = "draft"
    package_tags: tuple[str, ...] = ()
    metadata: str | None = None

    @property
    def template(self) -> str:
        """Its outputs tell what the placeholder of the file became."""
        setup = f"  Setup: {{Value: '{SETUP}'}}\n" if self.file is not None else ""
        return TEMPLATE.replace("MORE", SPARE if self.has_spare else "") + setup

    def declare(self, sdk: Any) -> Mapping[str, Any]:
        """Registers everything with this SDK; what is exported."""
        golden = sdk.CustomImage(image_id=f"m-bp1gold000000000000{self.source}", region="cn-hangzhou")
        tags = {"tags": dict.fromkeys(self.package_tags, "x")} if self.package_tags else {}
        web = sdk.EcsImagePackage("web", source=golden, regions=[*self.regions], timeout_s=LONG_S, **tags)
        sold = sdk.MarketplaceImage(commodity_code="cmjj00000001", commodity_version="V1.0")
        gate = sdk.EcsImagePackage("gate", source=sold, regions=[*REGIONS], timeout_s=LONG_S)
        found: dict[str, Any] = {"web.images": web.images, "web.version": web.version}
        found |= {f"web.images.{region}": web.images[region] for region in self.regions}
        packages: dict[str, Any] = {}
        images = {"image_web": web, "image_gate": gate}
        if self.file is not None:
            text, regions, name = self.file
            packages[SETUP] = sdk.FilePackage(
                "setup", file=pulumi.StringAsset(text), file_name="setup.sh", version_name=name or None,
                regions=None if regions is None else [*regions], timeout_s=LONG_S,
            )  # fmt: skip
            found["setup.version"] = packages[SETUP].version
        template: Any = sdk.Template(self.template)
        if self.is_associated:
            template = sdk.ServiceImageAssociation("images", template=template, packages=images)
            found["substitutions"] = template.substitutions
        else:
            packages |= images
        service = sdk.Service(
            "shop", infos={"en-US": self.shown}, packages=packages, visibility=self.visibility,
            templates={"main": sdk.ServiceTemplate(template, regions=self.allowed)}, publishing=self.publishing,
            operations=sdk.ServiceOperations(
                changes={"main": {"resize": sdk.ServiceOperation(parameters=["Amount", "Kind"])}}
            ),
            version_name=self.version_name, metadata={"Custom": self.metadata} if self.metadata else None,
            timeout_s=LONG_S,
        )  # fmt: skip
        found |= {f"shop.{key}": getattr(service, key) for key in _SERVICE}
        for name, wanted in self.instances:
            instance = sdk.ServiceInstance(
                name, service=service, region=wanted.region, upgrade=wanted.upgrade, timeout_s=LONG_S,
                operation=wanted.operation, parameters={"Amount": wanted.amount, "Kind": wanted.kind},
                tags=dict.fromkeys(wanted.tags, "x") if wanted.tags else None,
            )  # fmt: skip
            found |= {f"{name}.{key}": getattr(instance, key) for key in _INSTANCE}
        return found


_SERVICE = ("service_id", "service_version", "status", "stage", "visibility", "permissions", "versions", "edition")
# Without what ends a program's run while an instance waits for reviewers.
_INSTANCE = ("instance_id", "status", "service_version", "expected_images", "images", "resources", "outputs")

_subsets = st.lists(st.sampled_from(REGIONS), min_size=1, unique=True).map(lambda found: tuple(sorted(found)))
_files = st.none() | st.tuples(st.sampled_from(["one", "two"]), st.none() | _subsets, st.sampled_from(["", "next"]))
_tags = st.sampled_from([(), ("team",)])
_instances = st.builds(
    Instance, region=st.sampled_from(REGIONS), amount=st.integers(1, 2), kind=st.sampled_from(["small"] * 2 + ["big"]),
    upgrade=st.sampled_from([None, None, "always", "replace"]), operation=st.sampled_from([None, "resize"]), tags=_tags,
)  # fmt: skip
_FIELDS: Mapping[str, st.SearchStrategy[Any]] = {
    "source": st.integers(1, 2),
    "regions": _subsets,
    "file": _files,
    "has_spare": st.booleans(),
    "allowed": st.none() | _subsets,
    "shown": st.sampled_from(["Shop", "Store"]),
    "version_name": st.sampled_from([None, "first", "second"]),
    "visibility": st.sampled_from(["private", "public"]),
    "publishing": st.sampled_from(["draft", "beta", "online", "online"]),
    "package_tags": _tags,
    "metadata": st.sampled_from([None, "a", "b"]),
    "is_associated": st.sampled_from([True, True, False]),
}


@st.composite
def programs(draw: st.DrawFn) -> Wish:
    """Mostly with what its instances need where they are."""
    names = ("one", "two")[: draw(st.integers(1, 2))]
    instances = tuple((name, draw(_instances)) for name in names)
    wish = Wish(instances=instances, **{key: draw(strategy) for key, strategy in _FIELDS.items()})
    return _reaching(wish)


def _reaching(wish: Wish) -> Wish:
    """With every region that an instance, or the template, is allowed in."""
    needed = {instance.region for _, instance in wish.instances} | {*(wish.allowed or ())}
    file = wish.file
    if file is not None and file[1] is not None:
        file = (file[0], tuple(sorted({*file[1], *needed})), file[2])
    allowed = None if wish.allowed is None else tuple(sorted(needed))
    return replace(wish, regions=tuple(sorted({*wish.regions, *needed})), file=file, allowed=allowed)


@st.composite
def _changes(draw: st.DrawFn) -> Callable[[Wish], Wish]:
    kind = draw(st.sampled_from([*_FIELDS, "instance", "instance", "instance", "nothing"]))
    if kind == "nothing":
        return lambda wish: wish
    if kind == "instance":
        changed = draw(_instances)
        one = draw(st.sampled_from(["region", "amount", "kind", "kind", "upgrade", "operation", "tags", "all"]))

        def change(wish: Wish) -> Wish:
            (name, former), *others = wish.instances
            made = changed if one == "all" else replace(former, **{one: getattr(changed, one)})
            return _reaching(replace(wish, instances=((name, made), *others)))

        return change
    value = draw(_FIELDS[kind])
    return lambda wish: _reaching(replace(wish, **{kind: value}))


PROGRAMS = programs()
CHANGES = st.lists(
    st.tuples(_changes(), st.sampled_from(["leave", "approve", "approve", "reject"])), min_size=2, max_size=4
)
"""What is changed before each run, and what the reviewers do before it with what they have."""
