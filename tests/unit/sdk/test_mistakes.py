"""What a program gets wrong shows in an editor: mypy and pyright find every planted mistake, and nothing else.

A line of the program that is wrong ends in `# wrong`; every other one is right, and is what the documents show.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
BIN = Path(sys.executable).parent

PROGRAM = """
import pulumi
import {module} as computenest

config = pulumi.Config()
HOME = "cn-hangzhou"
gold = computenest.CustomImage(image_id="m-bp1gold0000000000001", region=HOME)
web = computenest.EcsImagePackage("web", source=gold, regions=[HOME, "cn-beijing"])
of_config = computenest.EcsImagePackage(
    "of-config",
    source=computenest.CustomImage(image_id=config.require("image"), region=HOME),
    regions=config.require_object("regions"),
    tags={{"team": config.require_secret("team")}},
    retain_versions=config.get_int("versions"),
)
made = computenest.BuiltImage(region=HOME, source_image="aliyun_3", code_repo=computenest.CodeRepo(
    platform="github", owner="acme", repo_name="shop"))
direct = computenest.DirectDistribution(hub_account="hub", topology="star", permit=("1234567890123456",))
own = computenest.EcsImagePackage("own", source=gold, regions=(HOME,), direct=direct)
images = computenest.ServiceImageAssociation(
    "images", template="t.yaml", packages={{"image_web": web, "other": web.images}}
)
shop = computenest.Service(
    "shop",
    templates={{"main": images, "other": "t.yaml", "third": computenest.ServiceTemplate("t.yaml", regions=[HOME])}},
    infos={{"en-US": "Shop", "zh-CN": computenest.ServiceInfo("Shop", agreements={{"Terms": "https://example.com"}})}},
    visibility="public",
    publishing="online",
    share_accounts=["1234567890123456"],
)
secret = config.require_secret("password")
trial = computenest.ServiceInstance("trial", service=shop, region=HOME, parameters={{"Password": secret}})
late = computenest.Service(
    "late", templates={{}}, visibility=pulumi.Output.from_input("public"), share_accounts={{"1234567890123456": "Use"}}
)
chart = computenest.HelmChartPackage("chart", source=computenest.ChartDirectory(path="chart"), permission="Public")
file = computenest.FilePackage("file", file=pulumi.FileAsset("app.tgz"), regions=["all"])
pulumi.export("image", web.images.apply(lambda known: known[HOME].upper()))
pulumi.export("types", trial.resources.apply(lambda made: [one["type"] for one in made]))

computenest.Service("a", templates={{}}, visibility="pubic")  # wrong: a visibility that there is not
computenest.Service("b", templates={{}}, publishing="live")  # wrong: a stage that there is not
computenest.DirectDistribution(hub_account="hub", topology="ring")  # wrong: a topology that there is not
computenest.EcsImagePackage("d", source=gold, regions="cn-hangzhou")  # wrong: a text for a list of texts
computenest.CustomImage(image_id=17, region=HOME)  # wrong: a number for a text, in a nested source
computenest.EcsImagePackage("f", source=gold, regions=[HOME], retain_version=2)  # wrong: an argument that there is not
computenest.EcsImagePackage("g", source=gold, regions=[HOME], account=secret)  # wrong: a secret where text is wanted
computenest.CodeRepo(platform="githib", owner="acme", repo_name="shop")  # wrong: a platform that there is not
layout = computenest.OciLayout(path="image")
computenest.EcsImagePackage("i", source=layout, regions=[HOME])  # wrong: another type's source
packed = computenest.ChartArchive(path="chart.tgz")
computenest.HelmChartPackage("j", source=packed, permission="public")  # wrong: a permission that there is not
computenest.ServiceInstance("k", service=web, region=HOME)  # wrong: a package for a service
computenest.ServiceInstance("l", service=shop)  # wrong: no region
computenest.EcsImagePackge("m", source=gold, regions=[HOME])  # wrong: a class that there is not
pulumi.export("n", web.image)  # wrong: an output that there is not
computenest.EcsImagePackage("o", source=gold, regions=[HOME], timeout_s="2h")  # wrong: a text for seconds
computenest.MarketplaceImage("cmjj00000001", "V1.0")  # wrong: without the arguments' names
computenest.BuiltImage(region=HOME, comand="true")  # wrong: a misspelt key of a nested object
"""


def mypy(program: Path) -> set[int]:
    found = subprocess.run(
        [BIN / "mypy", "--strict", "--no-error-summary", "--config-file", program.with_name("mypy.ini"), program],
        capture_output=True,
        text=True,
        env={"MYPYPATH": f"{ROOT}/sdk/python:{ROOT}/provider", "PATH": str(BIN)},
    )
    lines = {int(line) for line in re.findall(rf"^{re.escape(str(program))}:(\d+): error", found.stdout, re.M)}
    assert lines, found.stdout + found.stderr
    return lines


def pyright(program: Path) -> set[int]:
    found = subprocess.run(
        [BIN / "pyright", "--outputjson", program], capture_output=True, text=True, cwd=program.parent
    )
    told = json.loads(found.stdout)["generalDiagnostics"]
    assert told, found.stderr
    return {one["range"]["start"]["line"] + 1 for one in told if one["severity"] == "error"}


@pytest.mark.parametrize("module", ["pulumi_computenest", "pulumi_computenest.plugin"])
@pytest.mark.parametrize("checker", [mypy, pyright])
def test_every_planted_mistake_is_found_and_nothing_else(
    tmp_path: Path, checker: Callable[[Path], set[int]], module: str
) -> None:
    text = PROGRAM.format(module=module)
    program = tmp_path / "program.py"
    program.write_text(text)
    program.with_name("mypy.ini").write_text("[mypy]\npython_version = 3.11\n")
    settings = {
        "typeCheckingMode": "standard",
        "pythonVersion": "3.11",
        "venvPath": str(BIN.parents[1]),
        "venv": BIN.parent.name,
        "extraPaths": [str(ROOT / "sdk/python"), str(ROOT / "provider")],
    }
    program.with_name("pyrightconfig.json").write_text(json.dumps(settings))
    wrong = {number for number, line in enumerate(text.splitlines(), 1) if "# wrong" in line}
    assert len(wrong) >= 11
    assert checker(program) == wrong
