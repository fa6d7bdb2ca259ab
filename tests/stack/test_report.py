"""Reports of real previews: the same from both transports; and the example workflow, whose shell steps run here."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from computenest.review.report import document_in, html_page, markdown, read_preview
from plugin.stacks import MARKER, ONE_MARKER, YamlStack, shop
from plugin.stacks import package as yaml_package
from stack.cloud import Cloud
from stack.engine import ROOT, Stack
from stack.wishes import GOLD_1, GOLD_2, REGIONS, association, package

pytestmark = [pytest.mark.stack, pytest.mark.timeout(900)]

WORKFLOW = ROOT / "examples/pull-requests/deployment-preview.yml"
ADDED = "ap-southeast-1"
USED = {"actions/checkout", "actions/setup-python", "actions/upload-artifact", "pulumi/actions"}
"""The steps that are not run here, as they need GitHub."""


@dataclass
class Told:
    """One transport's stack, and how its program is told what to declare."""

    stack: Stack
    declare: Callable[[dict[str, Any], list[str]], None]

    def reports(self, *, fully: bool) -> dict[str, str]:
        """Reports of what happens to one package and its association, mistakes included."""
        found = {}
        self.declare(GOLD_1, REGIONS)
        if fully:
            found["new"] = self._report()
        self.stack.up().succeeded()
        if fully:
            found["unchanged"] = self._report()
            self.declare(GOLD_1, [*REGIONS, ADDED])
            found["a region added"] = self._report()
        self.declare(GOLD_2, [ADDED, *REGIONS[1:]])
        found["another source and other regions"] = self._report()
        if fully:
            found["the same, as events"] = self._report(streamed=True)
        self.declare(GOLD_1, ["cn-nowhere"])
        found["a mistake"] = self._report()
        return found

    def _report(self, *, streamed: bool = False) -> str:
        self.stack.environment = {
            **self.stack.environment,
            "PULUMI_ENABLE_STREAMING_JSON_PREVIEW": "true" if streamed else "false",
        }
        preview = read_preview(document_in(self.stack.run("preview", "--json").output))
        preview = preview.model_copy(update={"warnings": ()})  # of the language hosts, which differ
        return markdown(preview) + html_page(preview)


@pytest.fixture
def both(
    start_cloud: Callable[..., Cloud], make_stack: Callable[..., Stack], make_yaml: Callable[..., YamlStack]
) -> tuple[Told, Told]:
    """A stack of each transport, on two clouds with one seed, so that ids are the same as well."""
    dynamic = make_stack(start_cloud())
    plugin = make_yaml(start_cloud())

    def declare_dynamic(source: dict[str, Any], regions: list[str]) -> None:
        dynamic.declare(
            packages={"web": package(source, regions)},
            associations={"shop": association({MARKER: "web"}, template=ONE_MARKER)},
        )

    def declare_plugin(source: dict[str, Any], regions: list[str]) -> None:
        plugin.write({"web": yaml_package(source, list(regions)), "shop": shop()})

    return Told(dynamic, declare_dynamic), Told(plugin, declare_plugin)


def judge(of_dynamic: dict[str, str], of_plugin: dict[str, str]) -> None:
    for name, report in of_dynamic.items():
        assert report == of_plugin[name], name
    assert set(of_dynamic) == set(of_plugin)
    changed = of_plugin["another source and other regions"]
    assert "2 added, 4 changed, 2 removed, 3 unknown until `pulumi up`." in changed
    assert f"`+` copy of {GOLD_2['image_id']}" in changed
    assert f"`~` copy of {GOLD_1['image_id']} → copy of {GOLD_2['image_id']}" in changed
    assert "`+` *unknown*" in changed
    assert "- web: regions[0]: 'cn-nowhere' is not a region" in of_plugin["a mistake"]


def test_both_transports_give_the_same_report(both: tuple[Told, Told]) -> None:
    dynamic, plugin = both
    judge(dynamic.reports(fully=False), plugin.reports(fully=False))


@pytest.mark.long
def test_both_transports_give_the_same_report_of_everything(both: tuple[Told, Told]) -> None:
    dynamic, plugin = both
    found, of_dynamic = plugin.reports(fully=True), dynamic.reports(fully=True)
    # YAML does not say which of several new packages stands behind a marker: its images are unknown as a whole.
    assert "6 added" in of_dynamic.pop("new")
    assert "3 added" in found.pop("new")
    judge(of_dynamic, found)
    assert "No changes." in found["unchanged"]
    assert f"`+` copy of {GOLD_1['image_id']}" in found["a region added"]
    assert found["the same, as events"] == found["another source and other regions"]


@dataclass
class Job:
    """The workflow's one job, as a runner would do it: its shell steps, with what they need from GitHub in files.

    `pip` and `gh` are replaced by scripts that write down what they were asked for: there is no network here.
    """

    stack: Stack
    folder: Path
    text: dict[str, Any]

    def run(self) -> tuple[bool, list[str]]:
        """Whether the job succeeds, and the names of the steps that failed."""
        self._replace("pip", 'echo "$@" >> "$ASKED/pip"')
        self._replace(
            "gh", 'echo "$@" >> "$ASKED/gh"; while [ "$1" != --body-file ]; do shift; done; cp "$2" "$ASKED/comment"'
        )
        (self.folder / "comment").unlink(missing_ok=True)
        job, failed, is_good = self.text["jobs"]["preview"], [], True
        outcomes: dict[str, str] = {}
        for step in job["steps"]:
            if "uses" in step:
                assert step["uses"].partition("@")[0] in USED
                continue
            if not self._is_due(step.get("if"), outcomes) or not is_good:
                continue
            code = self._shell(step["run"], {**job["env"], **step.get("env", {})})
            outcomes[step.get("id", step["name"])] = "failure" if code else "success"
            if code:
                failed.append(step["name"])
                is_good = bool(step.get("continue-on-error"))
        return is_good, failed

    @property
    def comment(self) -> str:
        return (self.folder / "comment").read_text()

    def asked(self, program: str) -> list[str]:
        return (self.folder / program).read_text().splitlines()

    def _replace(self, program: str, script: str) -> None:
        file = self.folder / "bin" / program
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"#!/usr/bin/env bash\nset -eu\n{script}\n")
        file.chmod(0o755)

    @staticmethod
    def _is_due(condition: str | None, outcomes: dict[str, str]) -> bool:
        if condition is None:
            return True
        found = re.fullmatch(r"steps\.(\w+)\.outcome == '(\w+)'", condition)
        assert found is not None, f"this runner does not know {condition!r}"
        return outcomes[found[1]] == found[2]

    def _shell(self, script: str, given: dict[str, str]) -> int:
        env = self.stack.env
        plain = {key: self._value(key, value, env) for key, value in given.items()}
        path = os.pathsep.join([str(self.folder / "bin"), env["PATH"]])
        more = {"PATH": path, "ASKED": str(self.folder), "GITHUB_STEP_SUMMARY": str(self.folder / "summary")}
        command = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script]
        return subprocess.run(command, cwd=self.stack.folder, env=env | plain | more, check=False).returncode

    @staticmethod
    def _value(key: str, value: str, env: dict[str, str]) -> str:
        """What GitHub would put there: settings of the repository are the stack's own environment."""
        known = {"${{ github.event.pull_request.number }}": "42", "${{ github.token }}": "no-token"}
        if value.startswith(("${{ vars.", "${{ secrets.")):
            assert value.split(".")[1].removesuffix(" }}") == key
            return env.get(key, "")
        assert "${{" not in value or value in known, value
        return known.get(value, value)


def test_the_example_workflow_comments_on_a_pull_request(stack: Stack, tmp_path: Path) -> None:
    folder = tmp_path / "runner"
    folder.mkdir()
    job = Job(stack, folder, yaml.safe_load(WORKFLOW.read_text()))
    stack.declare(packages={"web": package(GOLD_1)}, associations={"shop": association({MARKER: "web"}, ONE_MARKER)})
    assert job.run() == (True, [])
    assert "| `web` | " in job.comment
    assert f"| package | {', '.join(sorted(REGIONS))} | |" in job.comment, "regions with the same cell share a column"
    assert job.comment.count(f"`+` copy of {GOLD_1['image_id']}") == 1
    assert (folder / "summary").read_text() == job.comment
    page = (stack.folder / "report.html").read_text()
    assert page.startswith("<!DOCTYPE html>")
    assert GOLD_1["image_id"] in page
    assert job.asked("pip") == ["install pulumi-computenest"]
    assert job.asked("gh") == ["pr comment 42 --edit-last --create-if-none --body-file report.md"]

    stack.declare(packages={"web": package(GOLD_1, ["cn-nowhere"])})
    assert job.run() == (False, ["preview", "fail where the preview failed"]), "it comments first, and then fails"
    assert "The preview failed with 1 error." in job.comment
    assert "- web: regions[0]: 'cn-nowhere' is not a region" in job.comment


def test_the_example_workflow_asks_for_no_more_than_it_needs() -> None:
    text = yaml.safe_load(WORKFLOW.read_text())
    assert text["permissions"] == {"contents": "read", "pull-requests": "write"}
    assert list(text[True]) == ["pull_request"], "`on` is YAML's true; strangers' programs must not see secrets"
    assert "github.repository" in text["jobs"]["preview"]["if"]
    for step in text["jobs"]["preview"]["steps"]:
        assert "${{" not in step.get("run", ""), "what a pull request says must not become a command"
