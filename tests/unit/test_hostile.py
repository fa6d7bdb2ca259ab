"""Whatever reads what people wrote, and registries answer: hostile text is refused, soon, and never as a defect."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from computenest.cloud.registry import docker_archive, oci
from computenest.cloud.registry.sources import DockerLogin
from computenest.kernel.bounded_json import read_json
from computenest.kernel.errors import ComputeNestError
from computenest.resources._packages.charts.chart import package, read_config, read_package
from computenest.review.importing.configuration import parse_configuration
from computenest.review.report.events import document_in
from computenest.templates.scanning import scan

ALIASES = "x0: &x0 [a, a, a, a, a, a, a, a, a]\n" + "".join(
    f"x{n}: &x{n} [{', '.join([f'*x{n - 1}'] * 9)}]\n" for n in range(1, 9)
)
TEXTS = {
    "aliases": ALIASES,
    "aliases in a configuration": "Service: {Name: a}\nArtifact:\n  " + ALIASES.replace("\n", "\n  "),
    "lists of JSON": "[" * 1_000_000,
    "objects of JSON": '{"a":' * 300_000,
    "lists of YAML": "a: " + "[" * 200_000,
    "maps of YAML": "".join(" " * n + "a:\n" for n in range(3_000)),
    "a large number": "[" + "9" * 100_000 + "]",
    "blocks": 'resource "a" "b" {\n' * 20_000,
    "parentheses": "a = " + "(" * 100_000,
    "interpolations": 'a = "' + "${" * 50_000,
}


def _template(name: str) -> Callable[[str], Any]:
    return lambda text: scan(text.encode(), name=name)


READERS: dict[str, Callable[[str], Any]] = {
    "JSON": read_json,
    "a run's events": document_in,
    "a configuration of computenest-cli": parse_configuration,
    "a manifest": lambda text: oci.parse_manifest(text.encode()),
    "an archive's index": lambda text: docker_archive.choose(text.encode(), image="", path="source"),
    "an image's configuration": lambda text: docker_archive.diff_ids(text.encode(), path="source"),
    "a chart's configuration": lambda text: read_config(text.encode(), where="web", path="source"),
    "a packaged chart": lambda text: read_package(text.encode(), path="source"),
    "Chart.yaml": lambda text: package({"Chart.yaml": text.encode()}, path="source"),
    "a template, JSON": _template("t.json"),
    "a template, YAML": _template("t.yaml"),
    "a template, Terraform": _template("t.tf"),
}


@pytest.mark.parametrize("reader", READERS.values(), ids=READERS.keys())
def test_hostile_text_is_refused_soon(reader: Callable[[str], Any]) -> None:
    for name, text in TEXTS.items():
        started = time.process_time()
        with contextlib.suppress(ComputeNestError, ValueError):
            reader(text)  # some of it is harmless to some
        assert time.process_time() - started < 10, name


async def _login(text: str, folder: Path) -> Any:
    (folder / "config.json").write_text(text)
    return await DockerLogin("registry.example.com").login(renew=False)


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS.keys())
def test_a_hostile_login_file_is_no_login(text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    assert asyncio.run(_login(text, tmp_path)) is None
