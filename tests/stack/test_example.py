"""The stack that `make up` runs, what its reader is shown, and the previews that README shows."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Callable

import pytest

from stack.cloud import Cloud
from stack.engine import ROOT, Stack

pytestmark = [pytest.mark.stack, pytest.mark.timeout(900)]

SEED = 1  # the embedded cloud's own: README shows what everybody sees
CHANGES = {
    "package-region": ("regions=REGIONS,\n    desc", 'regions=[*REGIONS, "cn-chengdu"],\n    desc'),
    "region": ('CUSTOMER_REGION = "cn-beijing"', 'CUSTOMER_REGION = "cn-shanghai"'),
    "visibility": ('visibility="public"', 'visibility="private"'),
    "source": ('image_id="m-bp1gold0000000000001"', 'image_id="m-bp1gold0000000000002"'),
}
"""One line of the program each; README shows the preview of each behind `<!-- preview: NAME -->`."""


def test_the_shop_goes_up_and_is_shown(start_cloud: Callable[..., Cloud], make_stack: Callable[..., Stack]) -> None:
    """Its reviewer is a person: the first run submits and ends well, the one after the approval goes all the way."""
    cloud = start_cloud(time_scale=120, seed=SEED)
    stack = make_stack(cloud, program=ROOT / "__main__.py")  # its timeouts are the defaults: half a minute, at least
    shutil.copytree(ROOT / "examples/shop", stack.folder / "examples/shop")
    assert "it waits (status Waiting)" in stack.up().succeeded().text
    assert stack.outputs()["instance"] == {
        "instanceId": "",
        "images": {},
        "region": "cn-beijing",
        "serviceVersion": "draft",
        "status": "Waiting",
    }
    submitted = [found["outputs"].get("registrationId") for found in stack.resources().values()]
    registration_id = next(found for found in submitted if found)
    cloud.control("POST", "registrations/review", {"registration_id": registration_id})
    stack.up().succeeded()
    outputs = stack.outputs()
    regions = {"cn-hangzhou", "cn-beijing", "cn-shanghai", "ap-southeast-1"}
    assert {name: set(images) for name, images in outputs["images"].items()} == dict.fromkeys(
        ("web", "gateway", "worker"), regions
    )
    assert outputs["substitutions"]["ecs_image_web"] == outputs["images"]["web"]
    instance = outputs["instance"]
    beijing = {name: images["cn-beijing"] for name, images in outputs["images"].items()}
    assert instance["images"] == {
        "Gateway": beijing["gateway"],
        "Web": beijing["web"],
        "WorkerConfiguration": beijing["worker"],
    }
    assert (instance["status"], instance["serviceVersion"]) == ("Deployed", "1")
    command = ["computenest", "show", "-"]
    shown = subprocess.run(
        command, input=json.dumps(outputs), env=stack.env, capture_output=True, text=True, check=True
    ).stdout
    assert all(image in shown for images in outputs["images"].values() for image in images.values())
    assert f"instance: {instance['instanceId']} version 1 in cn-beijing is Deployed" in shown
    status = subprocess.run(["computenest", "cloud", "status"], env=stack.env, capture_output=True, text=True).stdout
    assert f"console http://{cloud.endpoint}/console" in status
    assert_readme_shows("shown: make up", shown + status)
    stack.up("--expect-no-changes").succeeded()
    assert_readme_shows_its_previews(stack)
    stack.destroy().succeeded()
    assert cloud.ledger()["is_empty"]


def assert_readme_shows_its_previews(stack: Stack) -> None:
    program = stack.folder / "__main__.py"
    before = program.read_text()
    for name, (old, new) in CHANGES.items():
        assert before.count(old) == 1, name
        program.write_text(before.replace(old, new))
        said = stack.preview().succeeded().text
        assert_readme_shows(f"preview: {name}", said)
        if name == "package-region":
            assert "ServiceInstance: (" not in said, "what it deploys there is the same"
            assert "unless the ids of its images are re-issued" in said
    program.write_text(before)


def assert_readme_shows(name: str, said: str) -> None:
    """Every line that README shows behind this mark was said, in this order; `…` stands for lines left out, and without
    it nothing is left out of a preview but lines that do not change."""
    block = re.search(rf"<!-- {name} -->\n```text\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    assert block is not None, name
    rest, may_skip = [plain(line) for line in said.splitlines()], not name.startswith("preview: ")
    is_told = may_skip
    for line in block.group(1).splitlines():
        if line == "…":
            is_told = True
            continue
        assert plain(line) in rest, f"{name}: nowhere, or not there: {line}\n{said}"
        at = rest.index(plain(line))
        assert is_told or not changed(rest[:at]), f"{name}: left out without a word: {changed(rest[:at])}"
        rest, is_told = rest[at + 1 :], may_skip
    assert is_told or not changed(rest), f"{name}: left out at the end without a word: {changed(rest)}"


def changed(lines: list[str]) -> list[str]:
    """Those of a diff that begin with a sign."""
    return [line for line in lines if re.match(r"[+~-]", line) and line != "--outputs:--"]


def plain(line: str) -> str:
    """Without the spaces that only align, and without the port and the token that chance chose."""
    return re.sub(r"token=\S+", "token=0", re.sub(r"(127\.0\.0\.1):\d+", r"\1:0", " ".join(line.split())))
