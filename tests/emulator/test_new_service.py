"""A new service of the embedded cloud is one folder and one line: `toy/` is put into a copy of it, and called."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import computenest_cloud
from emulator.clients import ALL, Keys, Refused, Request
from emulator.harness import Cloud, environment

pytestmark = pytest.mark.wire

PACKAGE = Path(computenest_cloud.__file__).parent
TOY = Path(__file__).with_name("toy")
LIST = "services/__init__.py"
VERSION = "2030-01-01"


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the emulator, the toy among its services; in the list stands one line more."""
    folder = tmp_path_factory.mktemp("source")
    copy = folder / PACKAGE.name
    shutil.copytree(PACKAGE, copy, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(TOY, copy / "services" / "toy", ignore=shutil.ignore_patterns("__pycache__"))
    before = (copy / LIST).read_text("utf-8")
    last = '    "nest_instances",\n'
    (copy / LIST).write_text(before.replace(last, f'{last}    "toy",\n'), "utf-8")
    return folder


class Shop:
    """The toy's cloud, kept in one state file over restarts, and a client of it."""

    def __init__(self, folder: Path, source: Path) -> None:
        self.folder, self.source = folder, source
        self.cloud = self._started()

    def _started(self, *options: str) -> Cloud:
        return Cloud(self.folder, "--virtual", *options, source=self.source).wait_until_answering()

    def restart(self, *options: str) -> None:
        assert self.cloud.stop() == 0
        self.cloud = self._started(*options)

    def ask(self, client: str, action: str, *, account: str = "customer", **params: str) -> dict[str, Any]:
        signed = Keys(self.cloud.endpoint, *self.cloud.keys(account))
        return ALL[client](signed, Request(VERSION, action, params))

    def page(self) -> str:
        handle = self.cloud.handle
        cookie = f"computenest-console-{handle['port']}={handle['console_token']}"
        return self.cloud.send("GET", "/console", headers={"Cookie": cookie}).body.decode()


@pytest.fixture(scope="module")
def only_shop(tmp_path_factory, source):
    made = Shop(tmp_path_factory.mktemp("shop"), source)
    yield made
    made.cloud.stop()


@pytest.fixture
def shop(only_shop):
    only_shop.cloud.control("POST", "reset")
    return only_shop


def test_one_folder_and_one_line(shop):
    """Action, stored record, restart, console row, ledger line, fact with a switch, error, fault, control, location."""
    toy_id = shop.ask("current", "CreateToy", Name="bear", ClientToken="t")["ToyId"]
    assert shop.ask("current", "CreateToy", Name="bear", ClientToken="t")["ToyId"] == toy_id, "and nothing twice"
    with pytest.raises(Refused, match="TokenOfAnotherToy"):
        shop.ask("current", "CreateToy", Name="doll", ClientToken="t")
    shop.restart()
    found = shop.ask("classic", "DescribeToy", ToyId=toy_id)
    assert (found["Name"], found["Colour"]) == ("bear", "red"), "kept, and mended by the service's own resume"
    assert f'data-toy="{toy_id}"' in shop.page()
    ledger = shop.cloud.ledger()
    assert not ledger["is_empty"]
    assert ledger["accounts"]["customer"]["toys_outstanding"] == [toy_id]
    assert shop.cloud.control("GET", "status")["counts"]["toys"] == 1
    shop.cloud.switch("toy.names", "upper")
    other = shop.ask("current-v2", "CreateToy", Name="car")["ToyId"]
    assert shop.ask("current", "DescribeToy", ToyId=other)["Name"] == "CAR"
    with pytest.raises(Refused, match="ToyNotFound"):
        shop.ask("current", "DescribeToy", ToyId=other, account="stranger")
    shop.cloud.fault({"kind": "fail_toy"}, match={"service": "toy"})
    with pytest.raises(Refused, match="ToyBroken"):
        shop.ask("current", "CreateToy", Name="ball")
    for gone in (toy_id, other):
        shop.cloud.control("DELETE", "toys", {"toy_id": gone})
    assert shop.cloud.ledger()["is_empty"]


def test_it_is_where_the_others_are(shop, source):
    """The location service knows it, a switch at the start is its, and the page of rules has its topic."""
    signed = Keys(shop.cloud.endpoint, *shop.cloud.keys("customer"))
    asked = Request("2015-06-12", "DescribeEndpoints", {"Id": "cn-hangzhou", "ServiceCode": "toyshop"})
    assert ALL["current"](signed, asked)["Endpoints"]["Endpoint"]
    shop.restart("--switch", "toy.names=upper")
    toy_id = shop.ask("current", "CreateToy", Name="bear")["ToyId"]
    assert shop.ask("current", "DescribeToy", ToyId=toy_id)["Name"] == "BEAR"
    command = [sys.executable, "-m", "computenest_cloud", "fidelity"]
    page = subprocess.run(command, env=environment(source), capture_output=True, text=True, check=True).stdout
    assert "## Toys" in page
    assert "`toy.names`" in page


def test_a_reset_forgets_it(shop):
    toy_id = shop.ask("current", "CreateToy", Name="bear")["ToyId"]
    shop.cloud.control("POST", "reset")
    with pytest.raises(Refused, match="ToyNotFound"):
        shop.ask("current", "DescribeToy", ToyId=toy_id)
    assert shop.cloud.ledger()["is_empty"]
