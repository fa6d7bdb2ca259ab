"""The unmodified programs that tests hold the provider against: kubectl and two helms."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

TOOLS = Path(__file__).parents[2] / "tools" / "kubernetes"
BOUND_S = 120


@dataclass(frozen=True, slots=True)
class Program:
    """A program, and how it is run in a namespace."""

    path: Path

    def within(self, kubeconfig: Path, namespace: str) -> Callable[..., str]:
        def run(*words: str, given: str = "", fails: bool = False) -> str:
            command = [self.path, *words, "--kubeconfig", str(kubeconfig), "--namespace", namespace]
            done = subprocess.run(command, input=given, capture_output=True, text=True, timeout=BOUND_S)
            assert (done.returncode != 0) == fails, f"{words}: {done.stdout[-2000:]} {done.stderr[-2000:]}"
            return done.stderr if fails else done.stdout

        return run


class Kubectl:
    """kubectl in one namespace."""

    def __init__(self, program: Path, kubeconfig: Path, namespace: str) -> None:
        self.namespace = namespace
        self._run = Program(program).within(kubeconfig, namespace)

    def __call__(self, *words: str, given: str = "", fails: bool = False) -> str:
        return self._run(*words, given=given, fails=fails)

    def objects(self, *kinds: str) -> dict[str, dict[str, Any]]:
        """`Deployment web` -> the document, as `kubectl get -o yaml` shows it."""
        items = json.loads(self("get", ",".join(kinds), "-o", "json"))["items"]
        return {f"{item['kind']} {item['metadata']['name']}": item for item in items}

    def get(self, kind: str, name: str) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self("get", kind, name, "-o", "json"))
        return found
