"""What bad input gets, on the real engine: an exit code, a message that says what to do next, and nothing changed.

The engine stops a program at its first refused resource but prints every failure of that resource, so the cases that
can share a resource share a run.
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from alibabacloud_computenestsupplier20210521 import models
from alibabacloud_computenestsupplier20210521.client import Client

from stack.cloud import Cloud
from stack.engine import Result, Stack
from stack.wishes import GOLD_1, MARKET, REGIONS, TEMPLATE, association, package

pytestmark = [pytest.mark.stack, pytest.mark.timeout(900), pytest.mark.xdist_group("bad_input")]

AT_ONCE = 3
READS = ("Describe", "Get", "List")
LIMIT_BYTES = 524_288
GATEWAY_BY_PARAMETER = TEMPLATE.replace("'ecs_image_gateway'", "!Ref Image") + (
    "Parameters:\n  Image:\n    Type: String\n    Default: ecs_image_gateway\n"
)


def of_web(template: str, markers: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    """A package that is fine, and an association that is not: the preview must stop before the package is made."""
    shop = association(markers or {"ecs_image_web": "web"}, template, **more)
    return {"packages": {"web": package()}, "associations": {"shop": shop}}


RUNS: dict[str, dict[str, Any]] = {
    "marketplace": {"packages": {"gateway": package(MARKET, ["cn-beijing", "eu-central-1"])}},
    "odd names": {"packages": {"web": package({**GOLD_1, "image_id": "i-bp1gold"}, ["cn-beijing", "cn-hangzou"])}},
    "elsewhere": {"packages": {"web": package({**GOLD_1, "region": "cn-beijing"}, [])}},
    "markers": of_web(
        GATEWAY_BY_PARAMETER,
        {"ecs_image_wbe": "web", "ecs_image_gateway": "web", "ecs_image_web": "web"},
        regions=["cn-beijing", "cn-shenzhen"],
    ),
    "not YAML": of_web("Resources:\n  Web: [ALIYUN::ECS::Instance\n"),
    "not JSON": of_web('{"ROSTemplateFormatVersion": "2015-09-01"\n "Resources": {}}\n', template_name="t.json"),
    "too large": of_web(TEMPLATE + "#" * LIMIT_BYTES + "\n"),
}


@dataclass(frozen=True)
class Case:
    """One line of the issue's list: the run that has it, the resource at fault, and what the message says."""

    what: str
    run: str
    resource: str
    says: tuple[str, ...]


CASES = (
    Case(
        "a marketplace region where the product is not sold",
        "marketplace",
        "gateway",
        (
            "regions: cmjj00000001 V1.0 is not sold in eu-central-1",
            "it is sold in ap-southeast-1, cn-beijing, cn-hangzhou, cn-shanghai",
            "take eu-central-1 out of regions or choose another product",
        ),
    ),
    Case("an unknown region", "odd names", "web", ("regions[1]: 'cn-hangzou' is not a region", "mean cn-hangzhou?")),
    Case("a malformed image id", "odd names", "web", ("source.imageId: 'i-bp1gold' is not an image id", "as in m-bp1")),
    Case(
        "an image id whose prefix belongs to another region",
        "elsewhere",
        "web",
        (f"source.imageId: {GOLD_1['image_id']} has the prefix of cn-hangzhou", "source.region is cn-beijing", "name"),
    ),
    Case("an empty region list", "elsewhere", "web", ("regions: the list is empty", "name at least one region")),
    Case(
        "a marker that stands at no position",
        "markers",
        "shop",
        ("packages['ecs_image_wbe']: marker `ecs_image_wbe` stands at no image", "the nearest is `ecs_image_web`"),
    ),
    Case(
        "a Ref where only a literal can be associated",
        "markers",
        "shop",
        (
            "packages['ecs_image_gateway']: ",
            "Resources.Gateway.Properties.ImageId (line 14), which is a Ref",
            "only a literal can be associated; write the marker into the property itself",
        ),
    ),
    Case(
        "a template region that a package lacks",
        "markers",
        "shop",
        ("regions[1]: ", "'ecs_image_web' is not distributed there", "add cn-shenzhen to the package's regions"),
    ),
    Case("a template that is not YAML", "not YAML", "shop", ("template: template.yaml, line 3: not YAML: ",)),
    Case("a template that is not JSON", "not JSON", "shop", ("template: t.json, line 2: not JSON: ",)),
    Case("a template that is too large", "too large", "shop", ("template: template.yaml, line", "524,288 bytes")),
)


@dataclass(frozen=True)
class Access:
    """A way to be let in wrongly: keys of the supplier, changed."""

    what: str
    command: tuple[str, ...]
    says: tuple[str, ...]
    environment: dict[str, str | None] = field(default_factory=dict)
    has_endpoint: bool = True


KEY_ID, SECRET, TOKEN = (f"ALIBABA_CLOUD_{name}" for name in ("ACCESS_KEY_ID", "ACCESS_KEY_SECRET", "SECURITY_TOKEN"))
CHECK_KEYS = ("check the access key (computenest:accessKey, ", "belongs to this cloud")
PREVIEW, UP = ("preview",), ("up", "--yes", "--skip-preview")
ACCESSES = (
    Access(
        "no configuration",
        PREVIEW,
        (
            "computenest:cloud: no cloud is configured; choose one: ",
            "`pulumi config set computenest:cloud local`",
            "`pulumi config set computenest:cloud aliyun`",
            f"{KEY_ID}, {SECRET}",
            "computenest:endpoints or COMPUTENEST_ENDPOINT",
        ),
        {KEY_ID: None, SECRET: None},
        has_endpoint=False,
    ),
    Access(
        "no credentials",
        UP,
        ("computenest:accessKey: an endpoint is configured, and no credentials for it", KEY_ID),
        {KEY_ID: None, SECRET: None},
    ),
    Access("a wrong secret", UP, ("SignatureDoesNotMatch", *CHECK_KEYS), {SECRET: "wrongwrongwrongwrongwrong"}),
    Access("an unknown key", PREVIEW, ("InvalidAccessKeyId.NotFound", *CHECK_KEYS), {KEY_ID: "LTAIunknown00000"}),
)


@dataclass
class Bench:
    """An untouched cloud, and every refused run on a stack of its own: most of a refusal is waiting for the engine."""

    cloud: Cloud
    folder: Path
    engine: Path
    pool: ThreadPoolExecutor
    runs: dict[str, Future[tuple[Stack, Result]]] = field(default_factory=dict)

    def result(self, name: str) -> tuple[Stack, Result]:
        if not self.runs:
            self.runs = {run: self.pool.submit(self._refused, run) for run in RUNS}
            self.runs |= {access.what: self.pool.submit(self._let_in, access) for access in ACCESSES}
        return self.runs[name].result()

    def _refused(self, run: str) -> tuple[Stack, Result]:
        stack = self.stack(run, self.cloud.config, self.cloud.environment)
        stack.declare(**RUNS[run])
        return stack, stack.run("up", "--yes")

    def _let_in(self, access: Access) -> tuple[Stack, Result]:
        key_id, secret = self.cloud.keys()
        given = {KEY_ID: key_id, SECRET: secret, **access.environment}
        environment = {key: value for key, value in given.items() if value is not None}
        config = {"computenest:endpoints": self.cloud.endpoint} if access.has_endpoint else {}
        stack = self.stack(access.what, config, environment)
        stack.declare(packages={"web": package()})
        return stack, stack.run(*access.command)

    def stack(self, name: str, config: dict[str, str], environment: dict[str, str]) -> Stack:
        return Stack(
            self.folder / name.replace(" ", "_"),
            self.engine,
            config,
            environment={"HOME": str(self.folder), **environment},
        )

    def assert_untouched(self, stack: Stack) -> None:
        assert_no_writes(self.cloud)
        assert not set(stack.resources()) & {"web", "gateway", "shop"}


def assert_no_writes(cloud: Cloud) -> None:
    assert [action for action in cloud.calls()["counts"] if not action.startswith(READS)] == []
    assert cloud.ledger()["is_empty"]


def assert_refused(result: Result, *says: str) -> None:
    result.failed()
    missing = [text for text in says if text not in result.text]
    assert not missing, f"{missing} not in\n{result.text}"
    assert "Traceback" not in result.text
    assert "<nil>" not in result.text


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory, engine: Path) -> Iterator[Bench]:
    folder = tmp_path_factory.mktemp("bad_input")
    cloud = Cloud.start(folder / "cloud")
    with ThreadPoolExecutor(AT_ONCE) as pool:
        yield Bench(cloud, folder, engine, pool)
    cloud.stop()


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.what)
def test_bad_input_is_refused_before_anything_changes(bench: Bench, case: Case) -> None:
    stack, said = bench.result(case.run)
    assert_refused(said, f"resource '{case.resource}' has a problem: ", *case.says)
    bench.assert_untouched(stack)


def test_an_up_without_a_preview_refuses_just_the_same(bench: Bench) -> None:
    stack, _ = bench.result("odd names")
    assert_refused(stack.up(), "regions[1]: 'cn-hangzou'", "source.imageId: 'i-bp1gold'")
    bench.assert_untouched(stack)


@pytest.mark.parametrize("access", ACCESSES, ids=lambda access: access.what)
def test_wrong_access_is_an_error_at_once(bench: Bench, access: Access) -> None:
    stack, said = bench.result(access.what)
    assert_refused(said, "resource 'web' has a problem: ", *access.says)
    assert bench.cloud.keys()[1] not in said.text
    bench.assert_untouched(stack)


def test_a_session_that_expired_says_so(bench: Bench) -> None:
    session = bench.cloud.control("POST", "sts", {"account": "supplier", "expires_in_s": 0.0})
    stack = bench.stack(
        "expired",
        {"computenest:endpoints": bench.cloud.endpoint},
        {
            KEY_ID: session["access_key_id"],
            SECRET: session["access_key_secret"],
            TOKEN: session["security_token"],
        },
    )
    stack.declare(packages={"web": package()})
    said = stack.run(*PREVIEW)
    assert_refused(said, "InvalidSecurityToken.Expired", "the temporary credentials are no longer valid: get new ones")
    assert session["security_token"] not in said.text
    bench.assert_untouched(stack)


def test_a_cloud_that_cannot_be_reached_warns_a_preview_and_fails_an_up(tmp_path: Path, engine: Path) -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        endpoint = f"127.0.0.1:{listener.getsockname()[1]}"
    stack = Stack(
        tmp_path / "stack",
        engine,
        {"computenest:endpoints": endpoint},
        environment={"HOME": str(tmp_path), KEY_ID: "LTAIkey", SECRET: "secret"},
    )
    stack.declare(packages={"web": package()})
    seen = stack.preview().succeeded().text
    assert f"warning: web: some checks were left out: cannot reach {endpoint} for " in seen
    assert "`computenest cloud start` starts the embedded cloud" in seen
    said = stack.up()
    assert_refused(said, f"cannot reach {endpoint} for ListArtifacts in cn-hangzhou: the connection was refused")
    assert_refused(said, "given up after 4 attempts", "`computenest cloud start` starts the embedded cloud")
    assert "web" not in stack.resources()


def somebody_elses(cloud: Cloud, name: str) -> Callable[[], Any]:
    """Makes and releases an artifact beside our stack; the answer reads everything that there is to see of it."""
    client = cloud.sdk(Client)
    artifact_id = client.create_artifact(
        models.CreateArtifactRequest(
            artifact_type="EcsImage",
            name=name,
            version_name="by hand",
            support_region_ids=["cn-hangzhou"],
            artifact_property=models.CreateArtifactRequestArtifactProperty(
                region_id="cn-hangzhou", image_id=GOLD_1["image_id"]
            ),
        )
    ).body.artifact_id
    client.release_artifact(models.ReleaseArtifactRequest(artifact_id=artifact_id))
    cloud.advance(7200)

    def everything() -> Any:
        artifact = client.get_artifact(models.GetArtifactRequest(artifact_id=artifact_id)).body.to_map()
        listed = client.list_artifact_versions(models.ListArtifactVersionsRequest(artifact_id=artifact_id))
        versions = listed.body.to_map()
        return [{k: v for k, v in found.items() if k != "RequestId"} for found in (artifact, versions)]

    assert everything()[0]["Status"] == "Available"
    return everything


@pytest.mark.long  # states: lifecycle/stories.py, a_name_that_matches_only_fuzzily_is_untouched
def test_an_artifact_that_only_fuzzily_matches_is_not_touched(cloud: Cloud, stack: Stack) -> None:
    theirs = somebody_elses(cloud, "web-prod-legacy")
    before = theirs()
    stack.declare(packages={"web": package(GOLD_1, REGIONS)}, export=["web"])
    stack.up().succeeded()
    assert sorted(stack.outputs()["web.images"]) == REGIONS
    assert theirs() == before
    stack.destroy().succeeded()
    assert theirs() == before


def test_an_artifact_of_that_name_that_is_not_ours_is_refused_and_left_alone(cloud: Cloud, stack: Stack) -> None:
    theirs = somebody_elses(cloud, "web")
    before = theirs()
    cloud.control("DELETE", "calls")
    stack.declare(packages={"web": package(GOLD_1, REGIONS)})
    artifact_id = before[0]["ArtifactId"]
    assert_refused(
        stack.up(),
        f"name: artifact {artifact_id} is named 'web' already and was not made by this stack; it is left untouched: ",
        "choose another name, or delete that artifact yourself",
    )
    assert theirs() == before
    assert [action for action in cloud.calls()["counts"] if not action.startswith(READS)] == []
    assert "web" not in stack.resources()
