"""What a preview without a change loads, in the host of dynamic providers and in the plugin: people wait for it.

Told by modules, since seconds depend on the machine (tests/bench/bench_preview.py has them). A check and a diff need a
type's declaration and model; what changes something, other types, and every client stay out until they are asked for.
"""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from computenest.resources import catalog

CONFIG = {
    "computenest:cloud": "aliyun",
    "computenest:region": "cn-hangzhou",
    "computenest:accessKey": "LTAIa",
    "computenest:secretKey": "key",
}
GOLD = {"kind": "custom", "imageId": "m-bp1gold0000000000001", "region": "cn-hangzhou"}
INPUTS = {
    "artifactName": "web",
    "distribution": {"cn-hangzhou": "copy of m-bp1gold0000000000001"},
    "generation": 1,
    "name": "web",
    "ownerId": "o-536082efeef7346662f25e1d",
    "source": GOLD,
}
STATE = INPUTS | {
    "artifactId": "artifact-7445a71ba8b2f118930b",
    "edition": "fc09799a183b",
    "images": {"cn-hangzhou": "m-bp1rwi2nw5b05j8iw7m1"},
    "incarnation": 1,
    "reasons": {},
    "reissued": False,
    "status": "Available",
    "statuses": {"cn-hangzhou": "Available"},
    "version": "1",
    "visible": ["cn-hangzhou"],
}
GIVEN = {"ownerId": INPUTS["ownerId"], "source": GOLD, "regions": ["cn-hangzhou"], "logicalName": "web"}

BEGIN = "import asyncio, json, sys, types\n" + "".join(
    f"{name.lower()} = {value!r}\n"
    for name, value in {"config": CONFIG, "olds": INPUTS, "state": STATE, "given": GIVEN}.items()
)
END = "\nprint(json.dumps(sorted(sys.modules)))\n"
IN_HOST = """
from computenest.transports.dynamic.providers import EcsImagePackageProvider

provider = EcsImagePackageProvider()
provider.configure(types.SimpleNamespace(config=config))
checked = provider.check(olds, given)
assert not checked.failures, [one.reason for one in checked.failures]
assert not provider.diff("id", state, checked.inputs).changes
"""
IN_PLUGIN = """
from computenest.serve.plugin import main, values
from computenest.serve.plugin.protos import provider_pb2
from computenest.serve.plugin.servicer import Provider
from computenest.serve.plugin.status import EngineStatus

URN = "urn:pulumi:dev::shop::computenest:index:EcsImagePackage::web"

async def preview():
    provider, bag = Provider(EngineStatus(""), {}), values.write
    args = bag({key.partition(":")[2]: value for key, value in config.items()})
    await provider.Configure(provider_pb2.ConfigureRequest(args=args), None)
    checked = await provider.Check(provider_pb2.CheckRequest(urn=URN, olds=bag(olds), news=bag(given)), None)
    assert not checked.failures, checked.failures
    found = await provider.Diff(provider_pb2.DiffRequest(urn=URN, olds=bag(state), news=checked.inputs), None)
    assert found.changes == provider_pb2.DiffResponse.DIFF_NONE, found

asyncio.run(preview())
"""
OF_A_PACKAGE = frozenset(
    f"computenest.resources.{name}"
    for name in (
        "_packages.any_check",
        "_packages.check",
        "_packages.cloud_checks",
        "_packages.direct_check",
        "_packages.direct_model",
        "_packages.image_package",
        "_packages.lifecycle",
        "_packages.model",
        "_packages.opened",
        "_program.accounts",
        "_program.core",
        "_program.related",
        "_program.session",
        "catalog",
        "ecs_image_package.declaration",
        "ecs_image_package.diff",
        "ecs_image_package.direct.hub_checks",
        "ecs_image_package.lifecycle",
        "ecs_image_package.preview",
    )
)
CLIENTS = ("aiohttp", "alibabacloud", "Tea", "darabonba", "requests", "starlette")
"""Of the cloud, of registries and stores."""
CHANGING = ("reconcile.reconciler", "reconcile.objects", "cloud.registry.client", "cloud.storage")
"""What every operation that changes something stands on, or puts content in place."""


def loaded(code: str) -> frozenset[str]:
    """The modules of a process of its own after it ran `code`."""
    run = subprocess.run([sys.executable, "-c", code + END], capture_output=True, text=True, check=False, timeout=300)
    assert run.returncode == 0, run.stderr
    return frozenset(json.loads(run.stdout.splitlines()[-1]))


def clients(modules: frozenset[str]) -> set[str]:
    return {name for name in modules if name.startswith(CLIENTS)}


@pytest.mark.parametrize("serving", [IN_HOST, IN_PLUGIN], ids=["host", "plugin"])
def test_a_preview_of_a_package_loads_what_it_asks_and_no_more(serving: str) -> None:
    found = loaded(BEGIN + serving)
    ours = {name for name in found if name.startswith("computenest.")}
    parts = {name for name in ours if name.startswith("computenest.resources.") and _is_module(name)}
    assert parts <= OF_A_PACKAGE, "import late what a preview does not need, or say above what it needs it for"
    assert "computenest.resources.ecs_image_package.diff" in parts
    assert not {name for name in ours if name.startswith(("computenest.templates", "computenest.review"))}
    assert not clients(found)


@pytest.mark.parametrize("folder", catalog.FOLDERS)
def test_what_a_type_checks_with_brings_nothing_that_changes(folder: str) -> None:
    found = loaded(BEGIN + f"import computenest.resources.{folder}.lifecycle")
    assert not found & {f"computenest.{name}" for name in CHANGING}
    assert not clients(found)
    others = {other for other in catalog.FOLDERS if other != folder and f"computenest.resources.{other}" in found}
    assert not others


def _is_module(name: str) -> bool:
    """Not a folder."""
    return name.rpartition(".")[2] not in {*catalog.FOLDERS, "_packages", "_program", "direct"}


def test_what_is_named_here_is_there() -> None:
    found = loaded("import sys, json\n" + "".join(f"import computenest.{name}\n" for name in CHANGING))
    assert {name.partition(".")[0] for name in clients(found)} >= {"aiohttp"}
