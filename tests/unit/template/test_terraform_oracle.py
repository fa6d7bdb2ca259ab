"""Terraform's own plan is the judge: what each argument comes to, in every instance, and which literal it came from."""

from __future__ import annotations

import platform
import re
from collections.abc import Iterator

import pytest
import yaml

from computenest.templates import Position, render, scan
from unit.template.terraform_cases import Case, case_of
from unit.template.terraform_oracle import Terraform

IN_TEST = range(40)
LONG = range(1_000, 1_600)

_INDEX = re.compile(r"\[[^\]]*\]")


@pytest.fixture(scope="module")
def terraform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Terraform]:
    if platform.machine() != "x86_64":
        pytest.skip("the package with Terraform is for x86-64")
    process = Terraform(tmp_path_factory.mktemp("terraform"))
    yield process
    process.close()


def template_of(case: Case) -> bytes:
    """The workspace as a ROS template."""
    parameters = {name: {"Type": "String"} for name in case.parameters}
    workspace = case.written("alicloud_instance", "image_id")
    body = {"ROSTemplateFormatVersion": "2015-09-01", "Transform": "Aliyun::Terraform-v1.5", "Parameters": parameters}
    return yaml.safe_dump({**body, "Workspace": workspace}, sort_keys=False, default_style="|").encode()


def by_address(data: bytes) -> dict[str, list[Position]]:
    """Positions by the address of their resource."""
    found: dict[str, list[Position]] = {}
    for position in scan(data).positions:
        address = position.path.removeprefix("Workspace[").split('"]', 1)[1].strip(".").removesuffix(".image_id")
        found.setdefault(address, []).append(position)
    return found


def of_instance(found: dict[str, list[Position]], address: str) -> list[Position]:
    """The positions of an instance: its own, or those of all instances that are alike."""
    indexes = list(_INDEX.finditer(address))
    for kept in range(1 << len(indexes), -1, -1):
        name = address
        for number, match in reversed(list(enumerate(indexes))):
            if not kept & (1 << number):
                name = name[: match.start()] + name[match.end() :]
        if name in found:
            return found[name]
    return []


def compared(case: Case, data: bytes, terraform: Terraform) -> tuple[dict[str, str], dict[str, list[Position]], int]:
    """What Terraform plans, our positions of each instance, and how many of them are one literal; checks both."""
    planned = terraform.values(case.written("terraform_data", "input"), variables=case.parameters)
    values = {name.replace("terraform_data", "alicloud_instance"): value for name, value in planned.items()}
    found = by_address(data)
    ours: dict[str, list[Position]] = {}
    exact = 0
    for address, value in values.items():
        positions = ours[address] = of_instance(found, address)
        literals = [position.value for position in positions if position.is_editable]
        is_open = any(not position.is_editable and position.reason for position in positions)
        told = f"{address} is {value!r}, and not one of {[(p.value, p.reason) for p in positions]}"
        assert value in literals or is_open, told
        exact += literals == [value] and not is_open
    return values, ours, exact


def checked(seed: int, terraform: Terraform) -> tuple[int, int]:
    """Instances, and how many of them are read exactly."""
    case = case_of(seed)
    data = template_of(case)
    try:
        values, ours, exact = compared(case, data, terraform)
        literals = sorted({(p.start or 0, p.end or 0) for found in ours.values() for p in found if p.is_editable})
        literals = [(start, end) for start, end in literals if data.count(data[start - 1 : end + 1]) == 1]
        if literals:
            start, end = literals[seed % len(literals)]
            substituted(data, start, end, case, terraform, values, ours)
    except BaseException:
        print(f"\nseed {seed}\n{data.decode()}")  # noqa: T201
        raise
    return len(values), exact


def substituted(
    data: bytes,
    start: int,
    end: int,
    case: Case,
    terraform: Terraform,
    values: dict[str, str],
    ours: dict[str, list[Position]],
) -> None:
    """Another image in a literal's place: just the instances that take it come to it."""
    old, new = data[start:end].decode(), "m-substituted"
    found = scan(data)
    sharing = [p.address for p in found.positions if (p.start, p.end) == (start, end)]
    once = render(data, scan=found, substitutions=dict.fromkeys(sharing, new))
    assert once == data[:start] + new.encode() + data[end:]
    workspace = yaml.safe_load(once)["Workspace"]
    words = {"alicloud_instance": "terraform_data", "image_id": "input"}
    files = {n: re.sub("|".join(words), lambda match: words[match[0]], text) for n, text in workspace.items()}
    planned = terraform.values(files, variables=case.parameters)
    after = {name.replace("terraform_data", "alicloud_instance"): value for name, value in planned.items()}
    for address, value in values.items():
        readers = [p for p in ours[address] if (p.start, p.end) == (start, end)]
        others = [p for p in ours[address] if (p.start, p.end) != (start, end)]
        if address not in after:
            assert old in address, address  # the element of a set is its instance's key
        elif not others and readers:
            assert after[address] == new, address
        elif not readers:
            assert after[address] == value or any(not p.is_editable for p in others), address


def test_each_argument_comes_to_what_terraform_plans(terraform: Terraform) -> None:
    counted = [checked(seed, terraform) for seed in IN_TEST]
    instances, exact = (sum(column) for column in zip(*counted, strict=True))
    print(f"\n{instances} arguments of {len(counted)} workspaces, {exact} of them one literal")  # noqa: T201
    assert exact > instances // 2


@pytest.mark.long
@pytest.mark.timeout(900)
def test_many_more_workspaces(terraform: Terraform) -> None:
    for seed in LONG:
        checked(seed, terraform)
