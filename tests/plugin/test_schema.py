"""The schema and the SDKs are what the models say, every property has its sentence, and secrets are marked."""

from __future__ import annotations

import filecmp
import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from computenest.resources._packages.image_package import Package
from computenest.serve.schema import schema, schema_text
from computenest.serve.schema.package import SECRETS
from stack.engine import ROOT


def properties() -> Iterator[tuple[str, dict[str, Any]]]:
    """Every property of the schema, with where it stands."""
    found = schema()
    for token, spec in found["types"].items():
        yield from ((f"{token}.{key}", value) for key, value in spec.get("properties", {}).items())
    for token, spec in found["resources"].items():
        for group in ("properties", "inputProperties"):
            yield from ((f"{token}.{key}", value) for key, value in spec[group].items())
    yield from ((f"config.{key}", value) for key, value in found["config"]["variables"].items())


def test_the_committed_schema_is_what_the_models_say() -> None:
    assert (ROOT / "sdk/schema.json").read_text() == schema_text(), "run `make generate` and commit what it writes"


def test_every_property_has_a_sentence() -> None:
    assert [where for where, spec in properties() if not spec.get("description", "").endswith((".", "…"))] == []


def test_what_is_named_like_a_credential_is_secret_and_nothing_else() -> None:
    for where, spec in properties():
        key = where.rpartition(".")[2]
        is_hidden = (where.startswith("config.") and key in SECRETS) or key == "password"
        assert bool(spec.get("secret")) == is_hidden, where
        is_value = spec.get("type") != "boolean"  # whether something is read is no secret
        if is_value and any(word in key.lower() for word in ("secret", "password", "accesskey", "token")):
            assert spec.get("secret"), where


def test_defaults_and_enumerations_are_those_of_the_models() -> None:
    inputs = schema()["resources"]["computenest:index:EcsImagePackage"]["inputProperties"]
    for name in ("release", "retain_versions", "timeout_s"):
        field = Package.model_fields[name]
        assert inputs[field.alias or name]["default"] == field.default
    commands = schema()["types"]["computenest:index:BuiltImageCommandType"]["enum"]
    assert {"value": "RunPowerShellScript"} in commands


@pytest.mark.stack
@pytest.mark.timeout(900)  # where the generators have to be built first
def test_the_committed_sdks_are_what_the_generators_write(tmp_path: Path) -> None:
    subprocess.run([ROOT / "tools/generate", tmp_path], check=True, capture_output=True)
    written = sorted(p.relative_to(tmp_path) for p in tmp_path.rglob("*") if p.is_file())
    assert len(written) > 50
    stale = [str(p) for p in written if not filecmp.cmp(tmp_path / p, ROOT / p, shallow=False)]
    assert stale == [], "run `make generate` and commit what it writes"
    assert json.loads((tmp_path / "sdk/schema.json").read_text())["name"] == "computenest"
