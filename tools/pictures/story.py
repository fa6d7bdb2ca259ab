"""The example's life on an embedded cloud of its own, and what a person sees of it: docs/pictures.

tools/pictures/make [FOLDER]   into FOLDER, by default docs/pictures
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pages import browser, photograph
from selenium.webdriver import Chrome
from terminal import run, svg

ROOT = Path(__file__).parents[2]
COLUMNS = (80, 120)
TIME_SCALE = 40.0
UP = ("pulumi", "up", "--yes", "--skip-preview")
DESTROY = ("pulumi", "destroy", "--yes", "--skip-preview", "--non-interactive")
GOLD_1, GOLD_2 = "m-bp1gold0000000000001", "m-bp1gold0000000000002"


def main() -> int:
    """Everything, in the order of one life."""
    target = Path(sys.argv[1]).resolve() if len(sys.argv) > 1 else ROOT / "docs/pictures"
    target.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, project(Path(folder) / "shop") as shop:
        for columns in COLUMNS:
            shown = run(UP, columns=columns, where=shop, env=env(shop), weight=going_on)
            save(target / f"create-{columns}.svg", svg(shown.live, columns=columns, title="pulumi up, creating"))
            change(shop, GOLD_1, GOLD_2)
            shown = run(UP, columns=columns, where=shop, env=env(shop), weight=going_on)
            save(target / f"update-{columns}.svg", svg(shown.live, columns=columns, title="pulumi up, updating"))
            change(shop, GOLD_2, GOLD_1)
            if columns != COLUMNS[-1]:
                say(*DESTROY, where=shop)
        with browser(ROOT, Path(folder) / "profile") as driver:
            change(shop, "REGIONS,\n    description", '[*REGIONS, "cn-chengdu"],\n    description')
            change(shop, 'visibility="public"', 'visibility="private"')
            (shop / "preview.json").write_text(say("pulumi", "preview", "--json", "--non-interactive", where=shop))
            say("computenest", "report", "preview.json", "--format", "html", "--out", "report.html", where=shop)
            photograph(driver, (shop / "report.html").as_uri(), target / "report")
            change(shop, 'visibility="private"', 'visibility="public"')
            with updating(shop):
                driver.get(console(shop))  # its token becomes a cookie
                address = driver.current_url
                until_copies_run(driver, address)
                for name in ("distribution", "matrix", ""):
                    photograph(driver, f"{address}/{name}".rstrip("/"), target / (f"console-{name}".rstrip("-")))
        say(*DESTROY, where=shop)
    for picture in sorted(target.iterdir()):
        print(f"{picture.stat().st_size / 1024:6.1f} KiB  {picture.name}")  # noqa: T201 - a command
    return 0


@contextmanager
def project(folder: Path) -> Iterator[Path]:
    """The example in a folder of its own, with an embedded cloud that ends with it."""
    folder.mkdir()
    shutil.copy(ROOT / "__main__.py", folder)
    change(folder, "import pulumi_computenest as", "import pulumi_computenest.plugin as")  # its types are short
    shutil.copytree(ROOT / "examples/shop", folder / "examples/shop")
    plugin = f"plugins: {{providers: [{{name: computenest, path: {ROOT / '.venv/bin'}}}]}}\n"
    (folder / "Pulumi.yaml").write_text(f"name: shop\nruntime: python\n{plugin}")
    (folder / "Pulumi.dev.yaml").write_text("config:\n  computenest:cloud: local\n")
    options = ("--port", "0", "--time-scale", str(TIME_SCALE), "--switch", "review.approves_at_once=1")
    say("computenest", "cloud", "start", *options, where=folder)
    try:
        say("pulumi", "stack", "init", "dev", "--non-interactive", where=folder)
        yield folder
    finally:
        say("computenest", "cloud", "stop", where=folder)


def env(folder: Path) -> dict[str, str]:
    """Nothing of the user's own stacks is seen or touched."""
    state = folder / "state"
    state.mkdir(exist_ok=True)
    mine = {"PULUMI_BACKEND_URL": f"file://{state}?metadata=skip", "PULUMI_CONFIG_PASSPHRASE": "pictures"}
    return {**os.environ, **mine, "PULUMI_HOME": str(folder / "home"), "COMPUTENEST_CLOUD_DIR": ""}


def say(*command: str, where: Path) -> str:
    """What a command prints."""
    done = subprocess.run(command, cwd=where, env=env(where), capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)} ended with {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout


def change(folder: Path, old: str, new: str) -> None:
    """One edit of the program."""
    program = folder / "__main__.py"
    text = program.read_text()
    if old not in text:
        raise RuntimeError(f"{old!r} is not in the program")
    program.write_text(text.replace(old, new, 1))


def save(file: Path, text: str) -> None:
    file.write_text(text, encoding="utf-8")


def going_on(screen: str) -> int:
    """A screen is the better the more packages are under way on it, and the further they are."""
    rows = [
        row for row in screen.splitlines() if "EcsImagePackage" in row and re.search(r"(creating|updating) \(", row)
    ]
    percents = [int(found) for row in rows for found in re.findall(r" (\d+)%", row)]
    under_way = sum(0 < percent < 100 for percent in percents)
    return 10_000 * under_way + 1000 * len(percents) + 100 * len(rows) + sum(percents)


def console(folder: Path) -> str:
    """The address that opens it."""
    status = json.loads(say("computenest", "cloud", "status", "--json", where=folder))
    return str(status["console"])


@contextmanager
def updating(folder: Path) -> Iterator[None]:
    """While `pulumi up` distributes."""
    command = [*UP, "--non-interactive"]
    with subprocess.Popen(command, cwd=folder, env=env(folder), stdout=subprocess.PIPE, text=True) as process:  # noqa: S603
        yield
        said = process.communicate()[0]
    if process.returncode:
        raise RuntimeError(said)


def until_copies_run(driver: Chrome, address: str) -> None:
    """Until the console shows the progress of one."""
    for _ in range(600):
        driver.get(address)
        if driver.find_elements("css selector", "progress"):
            return
        time.sleep(0.1)
    raise TimeoutError("no copy was seen to run")


if __name__ == "__main__":
    raise SystemExit(main())
