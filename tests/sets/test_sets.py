"""What users may get beside the lock: every reliance on the inside of Pulumi's SDK and of gRPC, tried with the newest
releases and with the oldest that pyproject.toml claims."""

from __future__ import annotations

import contextlib
import subprocess
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from sets.host import OPERATIONS, TYPES, Served, dynamic_host, plugin
from stack.engine import ROOT
from stack.installed import installed
from unit.cloud.answers import Answer, Seen, serving

LOCKS = ("", "newest", "oldest")
NO_CLOUD = "no cloud is configured; choose one: `pulumi config set computenest:cloud local`"
NO_ACCOUNT = "there is no account 'nobody' in the stack's configuration; known accounts: "
CLOUDLESS = {"EcsImagePackage": {"Diff"}, "ServiceImageAssociation": {"Diff", "Create", "Update", "Read", "Delete"}}
CLUSTERS = {"CloudService", "CloudServiceDeployment", "Cluster", "ClusterComponent", "ProjectComponent"}
NO_ACCOUNTS = {*CLUSTERS, "DeliveryInstallation", "DeliveryPackage"}
"""What asks no account of the cloud: clusters and registries have their own."""
BAG = {"ownerId": "o-1", "name": "web", "distribution": {}, "packages": {}, "account": "nobody"} | {
    "artifactId": "a-1",
    "serviceId": "s-1",
    "instanceId": "i-1",
    "containerGroupId": "eci-1",
}
SOURCES = {
    "ContainerImagePackage": {"kind": "reference", "reference": "r.example.com/web:1"},
    "EcsImagePackage": {"kind": "custom", "imageId": "m-bp1gold0000000000001", "region": "cn-hangzhou"},
    "FilePackage": {"kind": "text", "text": "a"},
    "HelmChartPackage": {"kind": "reference", "reference": "r.example.com/web:1"},
}

on_each_lock = pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock or "lock")


@pytest.fixture(scope="module", params=LOCKS, ids=lambda lock: lock or "lock")
def host(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with dynamic_host(request.param, tmp_path_factory.mktemp("program")) as running:
        running.configure()
        yield running


@pytest.mark.parametrize("type_name", TYPES)
@pytest.mark.parametrize("operation", OPERATIONS)
def test_a_dynamic_refusal_is_the_providers_sentence_and_nothing_else(
    host: Served, type_name: str, operation: str
) -> None:
    if operation in CLOUDLESS.get(type_name, ()):
        return
    told = host.ask(operation, type_name, olds=BAG, news=BAG)
    assert told.removeprefix("computenest:cloud: ").startswith(NO_CLOUD), told
    assert "Traceback" not in told


@on_each_lock
def test_the_plugin_starts_and_refuses_in_its_own_words(lock: str, tmp_path: Path) -> None:
    with plugin(lock, tmp_path) as running:
        running.configure(cloud="local")
        for type_name in sorted({*TYPES} - NO_ACCOUNTS):
            bag = BAG | ({"source": SOURCES[type_name]} if type_name in SOURCES else {})
            for operation in ("Create", "Delete"):
                if operation not in CLOUDLESS.get(type_name, ()):
                    told = running.ask(operation, type_name, olds=bag, news=bag)
                    assert told.removeprefix("account: ").startswith(NO_ACCOUNT), (type_name, operation, told)


@on_each_lock
def test_what_is_installed_fits_together(lock: str) -> None:
    check = [ROOT / ".venv/bin/uv", "pip", "check", "--offline", "--python", installed(lock) / "python"]
    checked = subprocess.run(check, capture_output=True, text=True)
    assert checked.returncode == 0, checked.stderr


@on_each_lock
def test_the_schema_is_the_same(lock: str, tmp_path: Path) -> None:
    """With every release of pydantic: of one that names fields later, no SDK would fit."""
    say = "from computenest.serve.schema.package import schema_text; print(schema_text(), end='')"
    run = subprocess.run([installed(lock) / "python", "-c", say], cwd=tmp_path, capture_output=True, text=True)
    assert run.stdout == (ROOT / "sdk/schema.json").read_text(), run.stderr


SOURCE = {"kind": "custom", "imageId": "m-bp1gold0000000000001", "region": "cn-hangzhou"}
AT_ONCE = 12
"""More than the stock host's four."""
UNTRACKED = """
import pulumi
from pulumi.runtime import settings
import pulumi_computenest as computenest
from pulumi_computenest import plugin

class Engine(pulumi.runtime.Mocks):
    def new_resource(self, args):
        return [args.name, dict(args.inputs)]
    def call(self, args):
        return {}

pulumi.runtime.set_mocks(Engine(), project="shop", stack="dev")

@pulumi.runtime.test
def look():
    for kind in (computenest, plugin):
        source = kind.CustomImage(image_id="m-bp1gold0000000000001", region="cn-hangzhou")
        made = kind.EcsImagePackage(kind.__name__.rpartition(".")[2], source=source, regions=["cn-hangzhou"])
        tracked = settings.SETTINGS.outputs
        own = {v._data for k, v in vars(made).items() if isinstance(v, pulumi.Output) and not k.startswith("_")}
        assert len(own) > 10, own
        assert not own & tracked, "untrack has taken them off the list that a program waits for"
        assert made.images.apply(str)._data in tracked, "which is that list"
        print("untracked", len(own))

look()
"""


@on_each_lock
def test_the_list_that_a_program_waits_for_is_where_untrack_looks(lock: str, tmp_path: Path) -> None:
    run = subprocess.run(
        [installed(lock) / "python", "-c", UNTRACKED], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert run.stdout.count("untracked") == 2, run.stdout + run.stderr


@on_each_lock
def test_the_stock_host_works_on_more_than_four_at_once(lock: str, tmp_path: Path) -> None:
    """Of the calls that come first, too, as in a `destroy`."""
    gate = threading.Barrier(AT_ONCE)

    def answer(_: Seen) -> Answer:
        """When so many ask at once, or nobody more will come."""
        with contextlib.suppress(threading.BrokenBarrierError):
            gate.wait(30)
        return Answer(404, b'{"Code": "EntityNotExist.Artifact", "Message": "None."}')

    with serving(answer) as endpoint:
        keys = {"ALIBABA_CLOUD_ACCESS_KEY_ID": "LTAIkey", "ALIBABA_CLOUD_ACCESS_KEY_SECRET": "secret"}
        with dynamic_host(lock, tmp_path, **keys) as running, ThreadPoolExecutor(AT_ONCE) as askers:
            running.configure(endpoints=endpoint)
            state = {**BAG, "account": "", "artifactName": "web", "source": SOURCE}
            states = [{**state, "ownerId": f"o-{n}", "artifactId": f"a-{n}"} for n in range(AT_ONCE)]
            asked = [askers.submit(running.ask, "Delete", "EcsImagePackage", olds=one, news={}) for one in states]
            said = [one.result() for one in asked]
    assert not gate.broken, "so many were never at work at once"
    assert said == [""] * AT_ONCE
