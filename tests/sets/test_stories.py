"""The real engine with what users may get beside the lock: each transport starts, an error is a sentence, and the next
run goes on."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from plugin.stacks import YamlStack
from plugin.stacks import package as plugin_package
from stack.cloud import Cloud
from stack.engine import Stack
from stack.installed import installed
from stack.wishes import GOLD_1, package

pytestmark = [pytest.mark.stack, pytest.mark.timeout(900)]

DENIED = {
    "match": {"action": "CreateArtifact"},
    "effect": {
        "kind": "error",
        "status": 403,
        "code": "Forbidden.RAM",
        "message": "User not authorized to operate on the specified resource, or this API doesn't support RAM.",
    },
}


@pytest.mark.parametrize("lock", ["newest", "oldest"])
@pytest.mark.parametrize("transport", ["dynamic", "plugin"])
def test_an_error_is_a_sentence_and_the_next_run_goes_on(
    lock: str,
    transport: str,
    start_cloud: Callable[..., Cloud],
    engine: Path,
    tmp_path: Path,
) -> None:
    served = start_cloud(lock=lock)
    options = {"folder": tmp_path / "stack", "engine": engine, "config": served.config}
    environment = served.environment
    stack: Stack
    if transport == "dynamic":
        stack = Stack(**options, environment=environment, lock=lock)
        stack.declare(packages={"web": package(GOLD_1, ["cn-hangzhou"])})
    else:
        stack = YamlStack(**options, environment=environment, lock=lock, provider=installed(lock))
        stack.write({"web": plugin_package(GOLD_1, ["cn-hangzhou"])})
    served.faults(DENIED)
    text = stack.up().failed().text
    assert "computenestsupplier:CreateArtifact" in text
    for foreign in ("Traceback", "Exception calling application", "KeyboardInterrupt", 'File "'):
        assert foreign not in text, text
    served.faults()
    stack.up().succeeded()
    artifact_id = stack.resources()["web"]["id"]
    stack.up("--expect-no-changes").succeeded()
    served.control("POST", "artifacts/edit", {"artifact_id": artifact_id, "set": {"tags": {}}})
    text = stack.destroy().failed().text
    assert f"artifact {artifact_id} named 'web' was not made by this stack; it is left untouched" in text
    assert "Traceback" not in text
    assert "Exception calling application" not in text
