"""What people read when an operation of a dynamic resource is refused: the provider's words and nothing else."""

from __future__ import annotations

import pytest

from stack.cloud import Cloud
from stack.engine import Stack
from stack.wishes import GOLD_1, package

pytestmark = [pytest.mark.stack, pytest.mark.timeout(900)]


def test_a_refusal_comes_in_the_providers_own_words_and_keeps_the_state(cloud: Cloud, stack: Stack) -> None:
    stack.declare(packages={"web": package(GOLD_1, ["cn-hangzhou"])})
    stack.up().succeeded()
    artifact_id = stack.resources()["web"]["id"]
    cloud.control("POST", "artifacts/edit", {"artifact_id": artifact_id, "set": {"tags": {}}})
    text = stack.destroy().failed().text
    sentence = f"artifact {artifact_id} named 'web' was not made by this stack; it is left untouched; choose another"
    assert sentence in text
    assert "Exception calling application" not in text
    assert "Traceback" not in text
    assert stack.resources()["web"]["id"] == artifact_id
