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
    assert "computenestsupplier:CreateArtifact" in text, text
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


EXPIRED = {
    "match": {},
    "skip": 12,  # the run is under way by then
    "effect": {"kind": "error", "status": 403, "code": "InvalidSecurityToken.Expired", "message": "It has expired."},
}
BUSY = {
    "match": {},
    "probability": 0.9,
    "effect": {"kind": "error", "status": 429, "code": "Throttling.User", "message": "Request was denied."},
}
FOREIGN = ("Traceback", "Exception calling application", "KeyboardInterrupt", 'File "', "computenest has a fault")


@pytest.mark.parametrize("lock", ["", *(pytest.param(lock, marks=pytest.mark.long) for lock in ("newest", "oldest"))])
def test_keys_that_expire_and_a_busy_cloud_stop_a_run_in_our_words(
    lock: str, start_cloud: Callable[..., Cloud], engine: Path, tmp_path: Path
) -> None:
    """By dynamic resources, whose host and whose program are Python: neither shows its inside."""
    served = start_cloud(lock=lock)
    stack = Stack(tmp_path / "stack", engine, served.config, environment=served.environment, lock=lock)
    stack.declare(packages={f"web-{n}": package(GOLD_1, ["cn-hangzhou"]) for n in range(4)})
    served.faults(EXPIRED)
    text = stack.up().failed().text
    assert "InvalidSecurityToken.Expired" in text
    assert "the temporary credentials are no longer valid: get new ones" in text
    assert [word for word in FOREIGN if word in text] == [], text
    served.faults(BUSY)
    result = stack.up()
    assert [word for word in FOREIGN if word in result.text] == [], result.text
    assert result.code == 0 or "Throttling.User" in result.text
    served.faults()
    stack.up().succeeded()
    assert sorted(name for name in stack.resources() if name.startswith("web")) == [f"web-{n}" for n in range(4)]
    stack.destroy().succeeded()
    assert served.ledger()["is_empty"]
