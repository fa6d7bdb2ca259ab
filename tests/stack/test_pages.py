"""The commands of README, docs/pull-requests.md, docs/doctor.md and docs/embedded-cloud.md, as they stand there, in one
project that begins with `computenest init`. Those of other pages have stories of their own: see STORIES."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from computenest.cloud.local import LocalCloud
from computenest.cloud.settings import parse_settings
from stack.documented import run, shown
from stack.engine import ROOT, Stack, engine_folder

pytestmark = [pytest.mark.stack, pytest.mark.timeout(900)]


KEYS = {"computenest:accessKey": "LTAI5tKey", "computenest:secretKey": "secret"}


@pytest.fixture
def env(tmp_path: Path) -> Iterator[dict[str, str]]:
    """A machine on which nothing runs yet."""
    engine = Stack(folder=tmp_path / "elsewhere", engine=engine_folder(), config={})
    yield engine.env | {"COMPUTENEST_CLOUD_DIR": "", "NO_COLOR": "1"}
    LocalCloud(tmp_path / "shop/.computenest/cloud").stop()


def test_a_project_from_its_first_command_to_its_report(tmp_path: Path, env: dict[str, str]) -> None:
    [begin] = shown("README.md", "A project of your own")
    run(begin, where=tmp_path, env=env)
    project = tmp_path / "shop"
    outputs = json.loads(run("pulumi stack output --json", where=project, env=env))
    assert sorted(outputs["images"]["web"]) == ["cn-beijing", "cn-hangzhou"]

    [seed] = re.findall(r"```yaml\n(.*?)```", (ROOT / "docs/embedded-cloud.md").read_text(), re.DOTALL)
    (project / "things.yaml").write_text(seed)
    run("computenest cloud seed things.yaml", where=project, env=env)
    status = json.loads(run("computenest cloud status --json", where=project, env=env))
    assert "CopyImage" in str(status["changed"]), "those of the page replace the present ones"
    (project / "things.yaml").write_text("faults: []\n")
    run("computenest cloud seed things.yaml", where=project, env=env)

    program = project / "__main__.py"
    program.write_text(program.read_text().replace('"cn-beijing"]', '"cn-beijing", "cn-shanghai"]', 1))
    [policy] = shown("docs/doctor.md", "The policy of a stack: `computenest permissions`")
    run(policy, where=project, env=env)
    assert json.loads((project / "policy.json").read_text())["Statement"][0]["Effect"] == "Allow"
    [reviewed] = shown("README.md", "In pull requests")
    assert "| cn-shanghai" in run(reviewed, where=project, env=env)
    assert "cn-shanghai" in (project / "report.html").read_text()
    for other in ("a", "b"):
        (project / f"{other}.json").write_bytes((project / "preview.json").read_bytes())
    [several] = shown("docs/pull-requests.md", "Pull requests")[:1]
    assert run(several, where=project, env=env).count("cn-shanghai") > 3

    [picture] = re.findall(r"```console\n(.*?)```", (ROOT / "docs/doctor.md").read_text(), re.DOTALL)
    command, *lines = picture.removeprefix("$ ").splitlines()
    looked = subprocess.run(command.split(), cwd=project, env=env, capture_output=True, text=True)
    named = {line[8:].partition(":")[0] for line in lines if re.match(r"(ok|warning)\b", line)}
    assert named <= {line[8:].partition(":")[0] for line in looked.stdout.splitlines()}, looked.stdout

    [crashed] = shown("README.md", "When something goes wrong")
    assert "updated" in run(crashed, where=project, env=env)
    run("pulumi destroy", where=project, env=env)


def test_what_the_real_cloud_needs_is_set_as_shown(tmp_path: Path, env: dict[str, str]) -> None:
    """All but the first line, which fetches a package that no index has yet; keys instead of `…`."""
    [commands] = shown("README.md", "Against the real cloud")
    install, _, setting = commands.partition("\n")
    assert install == "pip install pulumi-computenest"
    assert setting.count("…") == 2
    run("computenest init shop && cd shop && pulumi stack init real", where=tmp_path, env=env)
    run(setting.replace("…", "LTAI5tKey"), where=tmp_path / "shop", env=env)
    said = json.loads(run("pulumi config --json --show-secrets", where=tmp_path / "shop", env=env))
    settings = parse_settings({name: entry["value"] for name, entry in said.items()}, environ={})
    assert (settings.cloud, settings.region) == ("aliyun", "cn-hangzhou")
    assert said["computenest:secretKey"] == {"value": "LTAI5tKey", "secret": True}


@pytest.mark.parametrize("heading", ["Configuration", "Sites and regions"])
def test_the_settings_that_a_page_shows_are_read(heading: str) -> None:
    text = (ROOT / "docs/installation-configuration.md").read_text()
    found = re.search(rf"^## {heading}\n.*?```yaml\n(.*?)```", text, re.DOTALL | re.MULTILINE)
    assert found is not None
    given = {key: json.dumps(v) if isinstance(v, dict) else v for key, v in yaml.safe_load(found[1])["config"].items()}
    given = {"computenest:cloud": "aliyun", "computenest:region": "cn-hangzhou", **given}
    settings = parse_settings({**given, **KEYS}, environ={})
    if "computenest:accounts" in given:
        assert sorted(settings.accounts) == ["customer", "hub"]
    else:
        assert set(settings.endpoints) >= {"ecs", "oss"}
