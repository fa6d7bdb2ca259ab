"""What a program loads before it declares anything: of this project what writes a request, and nobody else's at all.

Told by modules, since seconds depend on the machine. The core, the domain's models and the readers of templates belong
to the host of dynamic providers and to the plugin.
"""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest
from pulumi.dynamic.dynamic import serialize_provider

from computenest.kernel import outcome
from computenest.resources.service_instance.classify import WAITING
from computenest.transports.dynamic.providers import EcsImagePackageProvider
from pulumi_computenest import declaration
from pulumi_computenest.sugar import service_instance

DECLARING = {
    "computenest",
    "computenest.kernel",
    "computenest.kernel.identity",
    "computenest.kernel.names",
    "computenest.serve",
    "computenest.serve.dynamic",
    "computenest.serve.dynamic.call",
    "computenest.serve.dynamic.configuration",
    "computenest.serve.dynamic.provider",
    "computenest.serve.dynamic.stock",
    "computenest.transports",
    "computenest.transports.dynamic",
    "computenest.transports.dynamic.providers",
}
"""What it takes to declare an image package; `lifecycles` beside it for other types."""
MINTING = {"computenest.kernel", "computenest.kernel.identity", "computenest.kernel.names"}
CORE = "computenest.resources._program.core"

IMPORT = """
import json, sys
import pulumi, pulumi.dynamic
before = set(sys.modules)
import {module}
print(json.dumps(sorted(set(sys.modules) - before)))
"""

DECLARE = """
import asyncio, json, sys
asyncio.set_event_loop(asyncio.new_event_loop())
import pulumi
from pulumi.runtime import mocks

class Provider(mocks.Mocks):
    def new_resource(self, args):
        return "id", dict(args.inputs)
    def call(self, args):
        raise AssertionError(args.token)

mocks.set_mocks(Provider(), project="shop", stack="dev", preview=False)
before = set(sys.modules)
import {module} as computenest

@pulumi.runtime.test
def declare():
    gold = computenest.CustomImage(image_id="m-bp1gold0000000000001", region="cn-hangzhou")
    package = computenest.EcsImagePackage("web", source=gold, regions=["cn-hangzhou"])
    return package.artifact_id

declare()
print(json.dumps(sorted(set(sys.modules) - before)))
"""

UNPICKLE = """
import json, sys
import base64, dill, pulumi, pulumi.dynamic
before = set(sys.modules)
provider = dill.loads(base64.b64decode({reference!r}))
unpickled = sorted(set(sys.modules) - before)
assert provider.check({{}}, {{}}).failures, "there is no configuration"
print(json.dumps([unpickled, sorted(set(sys.modules) - before)]))
"""


def loaded(code: str) -> Any:
    """What a process of its own prints that runs `code`."""
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=300)
    assert run.returncode == 0, run.stderr
    return json.loads(run.stdout.splitlines()[-1])


def ours(modules: list[str]) -> set[str]:
    return {name for name in modules if name.partition(".")[0] == "computenest"}


def assert_nothing_strange(modules: list[str]) -> None:
    strangers = {name.partition(".")[0] for name in modules} - {"computenest", "pulumi_computenest"}
    assert strangers <= sys.stdlib_module_names, "nothing that Pulumi's SDK has not loaded already"


@pytest.mark.parametrize("module", ["pulumi_computenest", "pulumi_computenest.plugin"])
def test_a_program_starts_without_the_core(module: str) -> None:
    found = loaded(IMPORT.format(module=module))
    assert ours(found) == set(), "a class is loaded when it is first named"
    assert_nothing_strange(found)


@pytest.mark.parametrize("module", ["pulumi_computenest", "pulumi_computenest.plugin"])
def test_a_program_that_declares_a_package_needs_no_more(module: str) -> None:
    found = loaded(DECLARE.format(module=module))
    assert "pulumi_computenest.declared.ecs_image_package" in found
    assert "pulumi_computenest.declared.service" not in found, "what is not declared is not loaded"
    assert ours(found) == DECLARING
    assert_nothing_strange(found)


@pytest.mark.parametrize("module", ["pulumi_computenest", "pulumi_computenest.plugin"])
def test_a_program_that_names_every_class_needs_one_module_more(module: str) -> None:
    found = loaded(
        IMPORT.format(module=module).replace("print(", f"[getattr({module}, n) for n in {module}.__all__]; print(")
    )
    assert ours(found) == {*DECLARING, "computenest.transports.dynamic.lifecycles"}
    assert_nothing_strange(found)


def test_the_host_loads_the_core_with_the_first_operation() -> None:
    unpickled, asked = loaded(UNPICKLE.format(reference=serialize_provider(EcsImagePackageProvider())))
    assert ours(unpickled) == DECLARING - MINTING
    assert CORE in asked


def test_the_programs_word_for_a_gap_is_the_domains() -> None:
    assert declaration.INCOMPLETE == outcome.INCOMPLETE
    assert service_instance._WAITING == WAITING
