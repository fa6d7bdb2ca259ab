"""What `up` would refuse, check refuses, of every type and behind both transports: with its path, in a sentence that
says what to do, and without repeating a value at length. Questions to the cloud are asked of the embedded one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from computenest.cloud.settings import parse_settings
from computenest.kernel.errors import ComputeNestError
from computenest.resources._program.core import Core
from emulator.harness import Cloud
from lifecycle.checking import Checks, checks_on
from lifecycle.driver import Screen
from stack.wishes import TEMPLATE

pytestmark = pytest.mark.timeout(600)

GOLD = {"kind": "custom", "imageId": "m-bp1gold0000000000001", "region": "cn-hangzhou"}
TEXT = {"kind": "text", "text": "hello"}
NOWHERE = "cn-nowhere-9"
LONG = "x" * 100_000
BASES: Mapping[str, Mapping[str, Any]] = {
    "EcsImagePackage": {"source": GOLD, "regions": ["cn-hangzhou"]},
    "FilePackage": {"source": TEXT, "fileName": "a.txt", "regions": ["cn-hangzhou"]},
    "ContainerImagePackage": {"source": {"kind": "layout", "path": "missing"}},
    "HelmChartPackage": {"source": {"kind": "directory", "path": "missing"}},
    "ServiceImageAssociation": {"template": TEMPLATE, "packages": {"ecs_image_web": {"cn-hangzhou": GOLD["imageId"]}}},
    "Service": {"infos": {"en-US": "Shop"}, "templates": {"main": TEMPLATE}},
    "ServiceInstance": {"serviceId": "service-1", "region": "cn-hangzhou"},
    "ContainerGroup": {"region": "cn-hangzhou", "containers": [{"name": "web", "image": "nginx:1"}]},
    "DeliveryPackage": {"version": "1.0.0", "images": [{"reference": "acme/web:1", "path": "missing"}]},
}
WITH_NAME = sorted(set(BASES) - {"ServiceImageAssociation", "Service", "ContainerGroup"})
WITHOUT_ACCOUNT = ("DeliveryPackage", "ServiceImageAssociation")
"""Neither is anything of an account: they have no tags."""
WITH_TIME = sorted(set(BASES) - {"ServiceImageAssociation"})
WITH_TAGS = sorted(set(BASES) - {*WITHOUT_ACCOUNT})
WITH_VERSIONS = sorted({*WITH_TAGS} - {"ServiceInstance", "ContainerGroup"})
NOBODY = {"hubAccount": "nobody", "hubUid": "1" * 16}
MARKET = {"kind": "marketplace", "commodityCode": "cmjj00000001", "commodityVersion": "V1.0"}


def asked(checks: Checks, transport: str, type_name: str, **changes: Any) -> tuple[Mapping[str, Any], list[str]]:
    news = {**BASES[type_name], **changes}
    return checks.check(
        transport, type_name, {k: v for k, v in news.items() if v is not None}, olds={}, name=f"it-{type_name}".lower()
    )


@dataclass(frozen=True)
class Bad:
    """A change of a good program, the path at fault, and what is said of it."""

    why: str
    type_name: str
    changes: Mapping[str, Any]
    path: str
    says: str


CASES = (
    *(Bad("a truth value is no time", name, {"timeoutS": True}, "timeoutS", "seconds above 0") for name in WITH_TIME),
    *(
        Bad("no clock counts so far", name, {"timeoutS": 1e300}, "timeoutS", "not a number of 301 digits")
        for name in WITH_TIME
    ),
    *(Bad("nobody sees it", name, {"name": "a\tb"}, "name", "a control character (U+0009)") for name in WITH_NAME),
    *(Bad("a key is needed", name, {"tags": {"": "x"}}, "tags['']", "1 to 128 characters") for name in WITH_TAGS),
    *(Bad("a long key", name, {"tags": {"k" * 129: "x"}}, "tags['kkk", "1 to 128 characters") for name in WITH_TAGS),
    *(Bad("a long value", name, {"tags": {"k": "v" * 129}}, "tags.k", "at most 128") for name in WITH_TAGS),
    *(Bad("not configured", name, {"account": "nobody"}, "account", "known accounts") for name in WITH_TAGS),
    Bad("a name of a locale", "Service", {"infos": {"en-US": "Sh\nop"}}, "infos['en-US'].name", "control character"),
    Bad(
        "no such account",
        "EcsImagePackage",
        {"direct": NOBODY},
        "direct.hubAccount",
        "known acc",
    ),
    Bad("an empty account", "EcsImagePackage", {"direct": {"hubAccount": ""}}, "direct.hubAccount", "leave it out"),
    Bad("no such key", "EcsImagePackage", {"direct": {"kmsKeys": {"cn-hangzhou": " "}}}, "direct.kmsKeys.cn-h", "id"),
    Bad(
        "keys of no region",
        "EcsImagePackage",
        {"direct": {"kmsKeys": {NOWHERE: "key-1"}}},
        f"direct.kmsKeys.{NOWHERE}",
        "not a region of this cloud",
    ),
    Bad("a region more than all", "EcsImagePackage", {"regions": ["all", "cn-hangzhou"]}, "regions", "stands alone"),
    Bad("an unknown region", "EcsImagePackage", {"regions": [NOWHERE]}, "regions[0]", "not a region of this cloud"),
    Bad("an unknown region", "FilePackage", {"regions": [NOWHERE]}, "regions[0]", "not a region of this cloud"),
    Bad("two points are no file", "FilePackage", {"fileName": ".."}, "fileName", "cannot be a file's name"),
    Bad("a file that is missing", "FilePackage", {"source": {"kind": "file", "path": "no"}}, "source.path", "no"),
    Bad("a layout that is missing", "ContainerImagePackage", {}, "source.path", "missing"),
    Bad("a chart that is missing", "HelmChartPackage", {}, "source.path", "missing"),
    Bad("a home that nobody has", "FilePackage", {"source": {"kind": "file", "path": "~no/a"}}, "source.path", "~no/a"),
    Bad(
        "an unknown region of a template",
        "Service",
        {"templates": {"main": {"text": TEMPLATE, "regions": [NOWHERE]}}},
        "templates['main'].regions[0]",
        "not a region of this cloud",
    ),
    Bad(
        "a region for regions",
        "Service",
        {"templates": {"main": {"text": TEMPLATE, "regions": "cn-hangzhou"}}},
        "templates.main.regions",
        "it has to be a list, not a text",
    ),
    Bad("capitals", "EcsImagePackage", {"regions": ["CN-HANGZHOU"]}, "regions[0]", "did you mean cn-hangzhou?"),
    Bad("a template without a name", "Service", {"templates": {"": TEMPLATE}}, "templates['']", "1 to 128 characters"),
    Bad("nobody sees it", "Service", {"templates": {"a\nb": TEMPLATE}}, "templates['a\\nb']", "a control character"),
    Bad("a blank name", "Service", {"infos": {"en-US": " "}}, "infos['en-US'].name", "not blank"),
    Bad(
        "an artifact without an id",
        "Service",
        {"relations": {"ecs_image_web": {"artifactId": "", "version": "1"}}},
        "relations['ecs_image_web']",
        "an artifactId with its version",
    ),
    Bad("no number of JSON", "Service", {"metadata": {"A": [float("nan")]}}, "metadata.A[0]", "finite"),
    Bad("no number of JSON", "ServiceInstance", {"parameters": {"A": float("inf")}}, "parameters.A", "finite"),
    Bad("a parameter without a name", "ServiceInstance", {"parameters": {"": 1}}, "parameters['']", "has a name"),
    *(
        Bad("a truth value is no number", name, {"retainVersions": True}, "retainVersions", "a whole number")
        for name in WITH_VERSIONS
    ),
    *(
        Bad("nobody sees it", name, {"versionName": "a\nb"}, "versionName", "a control character (U+000A)")
        for name in WITH_VERSIONS
    ),
    Bad(
        "a list for a package",
        "ServiceImageAssociation",
        {"packages": {"ecs_image_web": []}},
        "packages",
        "a package, or a map",
    ),
    Bad("an unknown region", "ServiceInstance", {"region": NOWHERE}, "region", "not a region of this cloud"),
    Bad("an unknown service", "ServiceInstance", {}, "serviceId", "'service-1' does not exist"),
    Bad(
        "an artifact that is not there",
        "Service",
        {"relations": {"ecs_image_web": {"artifactId": "artifact-0", "version": "1"}}},
        "relations['ecs_image_web']",
        "artifact 'artifact-0' has no version '1'",
    ),
)


def of_container(**changes: Any) -> dict[str, Any]:
    return {"containers": [{"name": "web", "image": "nginx:1", **changes}]}


def of_volume(**kind: Any) -> dict[str, Any]:
    return {"volumes": [{"name": "data", **kind}]}


def of_image(**changes: Any) -> dict[str, Any]:
    return {"images": [{"reference": "acme/web:1", **changes}]}


GROUP, PACKAGE = "ContainerGroup", "DeliveryPackage"
IN_A_GROUP = (
    Bad("a truth value is no amount", GROUP, {"cpu": True, "memory": 2}, "cpu", "a number is needed"),
    Bad("no amount at all", GROUP, {"cpu": float("inf"), "memory": 2}, "cpu", "a number is needed"),
    Bad("a truth value is no port", GROUP, of_container(ports=[{"port": True}]), "containers[0].ports[0].port", "True"),
    Bad(
        "more than a call holds",
        GROUP,
        of_container(livenessProbe={"tcpPort": 80, "periodS": 1e300}),
        "containers[0].livenessProbe.periodS",
        "at most",
    ),
    Bad("nothing is no map", GROUP, {"containers": [None]}, "containers[0]", "a map, not nothing"),
    Bad("nothing is no text", GROUP, of_container(name=None), "containers[0].name", "a text, not nothing"),
    *(
        Bad(f"no image: {image[:20]}", GROUP, of_container(image=image), "containers[0].image", "is no image")
        for image in ("\0", "//", "http://x/y", "../..", "a@sha256:00", "a:b:c:d", "shop/Web:1", "x" * 600)
    ),
    Bad(
        "no path of a request",
        GROUP,
        of_container(livenessProbe={"httpGet": {"port": 80, "path": "healthz"}}),
        "containers[0].livenessProbe.httpGet.path",
        "as /healthz is",
    ),
    Bad(
        "no command at all",
        GROUP,
        of_container(livenessProbe={"command": [""]}),
        "containers[0].livenessProbe.command",
        "a command is needed",
    ),
    Bad("a blank server", GROUP, of_volume(nfs={"server": " ", "path": "/"}), "volumes[0].nfs.server", "needed"),
    Bad("no bucket", GROUP, of_volume(oss={"bucket": "", "url": "u"}), "volumes[0].oss.bucket", "a text is needed"),
    Bad("no disk", GROUP, of_volume(disk={"diskId": ""}), "volumes[0].disk.diskId", "a text is needed"),
    Bad("unheard of", GROUP, of_volume(disk={"diskId": "d-1", "fsType": "ntfs"}), "volumes[0].disk.fsType", "none of"),
    Bad("no instance", GROUP, {"acrRegistryInfo": [{"instanceId": ""}]}, "acrRegistryInfo[0].instanceId", "cri-"),
    Bad("no time", GROUP, {"activeDeadlineS": 0}, "activeDeadlineS", "seconds above 0"),
    Bad("no region", GROUP, {"region": ""}, "region", "Elastic Container Instance in ''; it is in"),
    Bad("a region at length", GROUP, {"region": LONG}, "region", "characters); it is in"),
)
IN_A_PACKAGE = (
    Bad("no character of a path", PACKAGE, of_image(path="\0"), "images[0].path", "is no path of a file"),
    Bad("a long path", PACKAGE, of_image(path="n" * 5000), "images[0].path", "too long"),
    Bad("a home that nobody has", PACKAGE, of_image(path="~no/a"), "images[0].path", "~no/a"),
    Bad("a path that says nothing", PACKAGE, of_image(path=" "), "images[0].path", "leave it out"),
    Bad("a long name", PACKAGE, of_image(reference="x" * 300), "images[0].reference", "up to 255 characters"),
    Bad("a path that says nothing", PACKAGE, {"charts": [{"path": ""}]}, "charts[0].path", "leave it out"),
    Bad("no character of a path", PACKAGE, {"charts": [{"path": "\0"}]}, "charts[0].path", "no path of a file"),
    Bad("a long path", PACKAGE, {"charts": [{"path": "n" * 5000}]}, "charts[0].path", "too long"),
    Bad("a long path", PACKAGE, {"images": None, "files": {"a": "n" * 5000}}, "files['a']", "too long"),
    Bad("no path", PACKAGE, {"images": None, "files": {"a": ""}}, "files['a']", "is no path of a file"),
    Bad("no folder for it", PACKAGE, {"archive": "no/a.tar"}, "archive", "there is no folder no"),
    Bad("a folder for a file", PACKAGE, {"archive": "/"}, "archive", "is a folder"),
    Bad("a long path", PACKAGE, {"archive": "n" * 5000}, "archive", "too long"),
)


@pytest.mark.parametrize("transport", ["plugin", "dynamic"])
@pytest.mark.parametrize("bad", [*CASES, *IN_A_GROUP, *IN_A_PACKAGE], ids=lambda bad: f"{bad.type_name}: {bad.why}")
def test_what_up_would_refuse_check_refuses(checks: Checks, bad: Bad, transport: str) -> None:
    _, said = asked(checks, transport, bad.type_name, **bad.changes)
    about = [one for one in said if one.startswith(bad.path)]
    assert len(about) == 1, said
    assert bad.says in about[0]


@pytest.mark.parametrize("transport", ["plugin", "dynamic"])
@pytest.mark.parametrize("type_name", BASES)
def test_no_message_repeats_a_value_at_length(checks: Checks, type_name: str, transport: str) -> None:
    for key in (*BASES[type_name], "name", "tags", "account", "timeoutS", "description", LONG):
        for value in (LONG, [LONG], {LONG: LONG}, {"kind": LONG}, {**GOLD, "imageId": LONG}):
            _, said = asked(checks, transport, type_name, **{key: value})
            assert all(len(one) < 1200 for one in said), (key[:20], [len(one) for one in said])


@pytest.mark.parametrize("transport", ["plugin", "dynamic"])
def test_all_regions_are_shown_one_by_one(checks: Checks, transport: str) -> None:
    inputs, said = asked(checks, transport, "EcsImagePackage", regions=["all"])
    assert said == []
    assert {"cn-hangzhou", "cn-beijing", "eu-central-1"} <= set(inputs["distribution"])
    assert set(inputs["distribution"].values()) == {f"copy of {GOLD['imageId']}"}
    sold, said = asked(checks, transport, "EcsImagePackage", source=MARKET, regions=["all"])
    assert said == []
    assert set(sold["distribution"]) == {"ap-southeast-1", "cn-beijing", "cn-hangzhou", "cn-shanghai"}
    files, said = asked(checks, transport, "FilePackage", regions=["all"])
    assert said == []
    assert set(files["distribution"]) == set(inputs["distribution"])


@pytest.mark.parametrize("transport", ["plugin", "dynamic"])
def test_a_tilde_is_the_home_folder(
    checks: Checks, transport: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a.txt").write_text("hello")
    monkeypatch.setenv("HOME", str(tmp_path))
    inputs, said = asked(checks, transport, "FilePackage", source={"kind": "file", "path": "~/a.txt"}, fileName=None)
    assert said == []
    assert (inputs["fileName"], inputs["source"]["path"]) == ("a.txt", "~/a.txt")


def test_a_request_that_is_too_long_is_named_by_parameter_and_size(server: Cloud) -> None:
    """Over the wire: it is the request that is too long."""
    built = {"kind": "built", "region": "cn-hangzhou", "sourceImage": "aliyun_3", "command": 10 * LONG}
    settings = parse_settings({"computenest:region": "cn-hangzhou"}, environ=server.environ())
    with checks_on(lambda: Core(settings, Screen())) as checks:
        inputs, said = asked(checks, "plugin", "EcsImagePackage", source=built)
        assert said == []
        with pytest.raises(ComputeNestError) as refused:
            checks.host.run(checks.host.lifecycles["EcsImagePackage"].create({**inputs, "ownerId": "o-long"}))
    assert "the request is too long: parameter ArtifactBuildProperty has 1,000," in str(refused.value)
