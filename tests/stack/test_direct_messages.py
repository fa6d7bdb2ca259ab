"""What a user of direct distribution reads when it does not work out: taken from runs of the real engine, and told in
docs/direct.md word for word.

As a script (`PYTHONPATH=tests python -m stack.test_direct_messages`) it writes them there.
"""

from __future__ import annotations

import re
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from stack.cloud import Cloud
from stack.engine import ROOT, Stack, engine_folder
from stack.wishes import GOLD_1, GOLD_2, LONG_S

pytestmark = [pytest.mark.stack, pytest.mark.timeout(900)]
DOCS = ROOT / "docs/direct.md"
SCALE = 300.0
HOME = "cn-hangzhou"
ENGINES_OWN = ("error: an unhandled error occurred", "error: update failed")  # beside ours, if it comes to that first
BEGIN, END = "<!-- captured: {} -->\n```text\n", "```\n<!-- end -->"
IN_USE = {
    "match": {"service": "ecs", "action": "DeleteImage", "region": HOME},
    "effect": {"kind": "error", "status": 403, "code": "ImageUsingByInstance", "message": "It is used by instances."},
}
FAULTS: list[dict[str, Any]] = [
    {"match": {"service": "ecs", "region": "cn-beijing"}, "times": 3, "effect": {"kind": "fail_copy"}},
    {
        "match": {"service": "ecs", "action": "CopyImage", "region": "eu-central-1"},
        "effect": {"kind": "error", "status": 403, "code": "QuotaExceed.Image", "message": "Too many images."},
    },
]


def package(cloud: Cloud, image: str, regions: list[str], **more: Any) -> dict[str, Any]:
    return {
        "source": {"kind": "custom", "image_id": image, "region": HOME},
        "regions": regions,
        "timeout_s": LONG_S,
        "direct": {"hub_account": "hub", "hub_uid": str(cloud.handle["accounts"]["hub"]["uid"])},
        **more,
    }


def plant(cloud: Cloud, account: str, name: str, **more: Any) -> str:
    body = {"account": account, "region": HOME, "name": name, **more}
    return str(cloud.control("POST", "images", body)["image_id"])


def captured(cloud: Cloud, stack: Stack) -> dict[str, str]:
    """Title -> what the engine shows under Diagnostics, for everything that may go wrong."""
    large = plant(cloud, "hub", "large", size_gib=2000)  # takes 12000 s
    locked = plant(cloud, "supplier", "locked", encrypted=True)
    cloud.faults(*FAULTS)
    stack.declare(packages={"locked": package(cloud, locked, ["cn-shanghai"])})
    refused = diagnostics(stack.run("preview").failed().text)
    stack.declare(
        packages={
            "large": package(cloud, large, ["ap-southeast-1"], account="hub", timeout_s=6000),
            "gold": package(cloud, GOLD_1["image_id"], ["cn-beijing", "cn-shanghai"]),
            "silver": package(cloud, GOLD_2["image_id"], ["eu-central-1"]),
        }
    )
    first = diagnostics(stack.run("up", "--yes", "--skip-preview", "--parallel", "64").failed().text)
    found = {
        "a copy takes too long": first["large"],
        "a copy fails again and again": first["gold"],
        "the cloud refuses a copy": first["silver"],
        "an encrypted source": refused["locked"],
        "how the run ends": first["story-dev"],
    }
    rows = cloud.ledger()["accounts"]["hub"]["images_outstanding"]
    (copy,) = (row for row in rows if row["region"] == "cn-shanghai")
    cloud.control("DELETE", "images", {"region": copy["region"], "image_id": copy["image_id"]})
    plant(cloud, "hub", copy["name"], region=copy["region"])
    cloud.faults()
    target = ("--target", "**gold")
    stack.run("refresh", "--yes", "--skip-preview", *target).succeeded()
    second = diagnostics(stack.run("up", "--yes", "--skip-preview", *target).failed().text)
    found["somebody's image has the name of a copy"] = second["gold"]
    cloud.faults(IN_USE)
    third = diagnostics(stack.destroy().failed().text)
    found["an instance uses a copy"] = third["gold"]
    return found


def diagnostics(text: str) -> dict[str, str]:
    """Resource name -> what the engine says of it."""
    _, _, said = text.partition("Diagnostics:\n")
    said, _, _ = said.partition("\nResources:\n")
    blocks = re.split(r"^  \S+ \((\S+)\):\n", said, flags=re.MULTILINE)[1:]
    return {name: _plain(block) for name, block in zip(blocks[::2], blocks[1::2], strict=True)}


def _plain(block: str) -> str:
    lines = [line.removeprefix("    ").rstrip() for line in block.strip("\n").splitlines()]
    return "\n".join(line for line in lines if not line.startswith(ENGINES_OWN)) + "\n"


def shape(text: str) -> str:
    """Without what differs from run to run: ids, seconds, percent."""
    text = re.sub(r"\bm-[a-z0-9]{15,}", "m-…", text)
    text = re.sub(r"[0-9A-F]{8}(-[0-9A-F]{4}){3}-[0-9A-F]{12}", "…", text)
    text = re.sub(r"-[0-9a-f]{12}'", "-…'", text)
    return re.sub(r"\d+ (s|%)", r"… \1", text)


def told() -> dict[str, str]:
    """Title -> what docs/direct.md shows."""
    pattern = re.escape(BEGIN).replace(r"\{\}", "(.+?)") + "(.*?)" + re.escape(END)
    return dict(re.findall(pattern, DOCS.read_text("utf-8"), flags=re.DOTALL))


def test_the_documentation_shows_what_users_read(
    start_cloud: Callable[..., Cloud], make_stack: Callable[..., Stack]
) -> None:
    cloud = start_cloud(time_scale=SCALE)
    found = captured(cloud, make_stack(cloud))
    shown = told()
    assert {title: shape(text) for title, text in shown.items()} == {t: shape(x) for t, x in found.items()}


def main() -> None:
    """Writes what a run says into the documentation."""
    folder = Path(tempfile.mkdtemp())
    cloud = Cloud.start(folder / "cloud", time_scale=SCALE)
    try:
        stack = Stack(
            folder=folder / "stack", engine=engine_folder(), config=cloud.config, environment=cloud.environment
        )
        found = captured(cloud, stack)
    finally:
        cloud.stop()
    text = DOCS.read_text("utf-8")
    for title, block in found.items():
        head = BEGIN.format(title)
        if head not in text:
            sys.stdout.write(f"{DOCS.name} has no place for {title!r}:\n{block}\n")
            continue
        before, _, rest = text.partition(head)
        _, _, after = rest.partition(END)
        text = before + head + block + END + after
    DOCS.write_text(text, "utf-8")


if __name__ == "__main__":
    main()
