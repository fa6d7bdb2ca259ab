"""The adapter against the embedded cloud: a group is made, changed in place, looked at and taken away."""

from __future__ import annotations

import asyncio
import os

import pytest

from computenest.cli.marks import MarkSearch
from computenest.cloud.settings import parse_settings
from computenest.kernel.errors import Meaning, Permanent
from computenest.kernel.identity import mint_owner_id, owner_tags
from computenest.kernel.names import OwnerId, RegionId, Token
from computenest.kernel.unknown import Known
from computenest.resources._program.logs import Subject
from computenest.resources._program.orphans import Marked, Stacks
from computenest.resources._program.session import open_session
from computenest.resources.container_group.api import CloudContainerGroups, CloudOffers
from computenest.resources.container_group.containers import Container, Port, in_words_of
from computenest.resources.container_group.logs import LOGS
from computenest.resources.container_group.marks import GroupMarks
from computenest.resources.container_group.model import ContainerGroupId, Inputs
from computenest.resources.container_group.plan import as_wanted, changed_parts, volumes_as_wanted
from computenest.resources.container_group.replicas.naming import SET_TAG
from lifecycle.lives import on_its_own_loop

REGION = RegionId("cn-hangzhou")
WEB = Container(
    name="web", image="docker.io/library/nginx:1", cpu=0.5, memory=1.0, ports=(Port(port=80),), environment={"A": "b"}
)
MOUNTS = [{"name": "data", "mountPath": "/data"}, {"name": "conf", "mountPath": "/etc/shop", "readOnly": True}]
EVERYTHING = {
    "name": "everything",
    "region": REGION,
    "cpu": 1.0,
    "memory": 2.0,
    "containers": [
        {
            "name": "web",
            "package": "registry.example.com/shop/web:1",
            "imagePullPolicy": "Always",
            "livenessProbe": {"httpGet": {"port": 80, "path": "/healthz"}, "periodS": 5},
            "readinessProbe": {"tcpPort": 80},
            "volumeMounts": MOUNTS,
        },
        {
            "name": "side",
            "image": "busybox:1",
            "environment": {"EMPTY": ""},
            "args": ["-c", ""],
            "livenessProbe": {"command": ["cat", ""], "timeoutS": 3},
        },
    ],
    "initContainers": [{"name": "wait", "image": "busybox:1", "command": ["sh", "-c", ""], "args": ["", "true"]}],
    "volumes": [
        {"name": "data", "emptyDir": "memory"},
        {"name": "conf", "configFiles": {"shop.ini": "colour=grün", "more.ini": ""}},
        {"name": "files", "nfs": {"server": "abc.cn-hangzhou.nas.aliyuncs.com", "path": "/"}},
        {"name": "bucket", "oss": {"bucket": "b", "url": "oss-cn-hangzhou-internal.aliyuncs.com", "ramRole": "r"}},
        {"name": "disk", "disk": {"diskId": "d-1", "fsType": "xfs"}},
    ],
    "dnsConfig": {"nameServers": ["10.0.0.2"], "searches": ["shop.local"], "options": {"ndots": "2"}},
}


@pytest.mark.usefixtures("wares_cloud")
def test_what_was_asked_for_is_seen_again_in_its_own_words() -> None:
    settings = parse_settings({"computenest:cloud": "local"}, environ=os.environ)
    session = open_session(settings)
    port = session.port(CloudContainerGroups)
    wanted = Inputs(name="shop", region=REGION, containers=(WEB,), cpu=1.0, memory=2.0, restart_policy="Never")

    async def story() -> None:
        group_id = await port.create(wanted=wanted, logins=(), tags={"team": "shop"}, token=Token("t-1"))
        assert await port.create(wanted=wanted, logins=(), tags={"team": "shop"}, token=Token("t-1")) == group_id
        (found,) = await port.find(region=REGION, tags={"team": "shop"})
        assert (found.container_group_id, found.cpu, found.memory) == (group_id, 1.0, 2.0)
        assert as_wanted(wanted.containers, found.containers) == wanted.containers
        assert found.restart_policy == "Never"
        await port.tag(region=REGION, group_id=group_id, tags={"more": "x"})
        await port.untag(region=REGION, group_id=group_id, keys=["team"])
        seen = await port.get(region=REGION, group_id=group_id)
        assert seen is not None
        assert seen.tags == {"more": "x"}
        await port.delete(region=REGION, group_id=group_id, token=Token("t-2"))
        assert await port.get(region=REGION, group_id=group_id) is None

    on_its_own_loop(story())
    session.close()


@pytest.mark.usefixtures("wares_cloud")
def test_a_list_of_several_pages_is_whole() -> None:
    """A create looks for what it began: what stands on another page must not be made again."""
    session = open_session(parse_settings({"computenest:cloud": "local"}, environ=os.environ))
    port = session.port(CloudContainerGroups)
    small = Inputs(name="many", region=REGION, containers=(WEB,), cpu=0.5, memory=1.0)

    async def story() -> None:
        made = {
            await port.create(wanted=small, logins=(), tags={"team": "many"}, token=Token(f"m-{number}"))
            for number in range(25)
        }
        assert {one.container_group_id for one in await port.find(region=REGION, tags={"team": "many"})} == made
        for group_id in made:
            await port.delete(region=REGION, group_id=group_id, token=Token(f"d-{group_id}"))

    on_its_own_loop(story())
    session.close()


@pytest.mark.usefixtures("wares_cloud")
def test_probes_volumes_and_what_runs_before_are_seen_in_the_words_of_the_program() -> None:
    """With the cloud's own defaults filled in, and what a program leaves out left out again."""
    session = open_session(parse_settings({"computenest:cloud": "local"}, environ=os.environ))
    port = session.port(CloudContainerGroups)
    wanted = Inputs[Known].model_validate(EVERYTHING)

    async def story() -> None:
        group_id = await port.create(wanted=wanted, logins=(), tags={"team": "all"}, token=Token("e-1"))
        seen = await port.get(region=REGION, group_id=group_id)
        assert seen is not None
        assert as_wanted(wanted.containers, seen.containers) == wanted.containers
        assert as_wanted(wanted.init_containers, seen.init_containers) == wanted.init_containers
        assert volumes_as_wanted(wanted.volumes, seen) == wanted.volumes
        assert in_words_of(seen.dns_config, wanted.dns_config) == wanted.dns_config
        assert set(changed_parts(wanted, seen)) == set()
        other = Inputs[Known].model_validate({**EVERYTHING, "volumes": [{"name": "data", "emptyDir": "disk"}]})
        assert set(changed_parts(other, seen)) == {"volumes"}
        await port.delete(region=REGION, group_id=group_id, token=Token("e-2"))

    on_its_own_loop(story())
    session.close()


@pytest.mark.usefixtures("wares_cloud")
def test_the_log_of_a_job_is_shown_whole() -> None:
    """Every line, of the run before too, with what the cloud did; the message of a failed run has only the end."""
    session = open_session(parse_settings({"computenest:cloud": "local"}, environ=os.environ))
    port = session.port(CloudContainerGroups)
    script = "; ".join([*(f"echo line {number}" for number in range(450)), "exit 3"])
    job = Container(name="job", image="busybox:1", command=("sh", "-c"), args=(script,))
    wanted = Inputs(name="job", region=REGION, containers=(job,), cpu=0.5, memory=1.0, restart_policy="Never")

    async def story() -> None:
        group_id = await port.create(wanted=wanted, logins=(), tags={"team": "log"}, token=Token("l-1"))
        for _ in range(200):
            seen = await port.get(region=REGION, group_id=group_id)
            if seen is not None and seen.status == "Failed":
                break
            await session.clock.sleep(5)
        lines = await LOGS.lines(session, Subject("job", group_id, REGION))
        printed = [line.text for line in lines if line.source == "container"]
        assert printed == [f"line {number}" for number in range(450)]
        assert {line.subject for line in lines if line.source == "container"} == {"job"}
        assert all(line.moment.endswith("Z") for line in lines)
        assert "Started" in {line.status for line in lines if line.source == "eci"}
        await port.delete(region=REGION, group_id=group_id, token=Token("l-2"))
        assert await LOGS.lines(session, Subject("job", group_id, REGION)) == ()

    on_its_own_loop(story())
    session.close()


@pytest.mark.usefixtures("wares_cloud")
def test_what_the_product_has_for_an_account_is_told() -> None:
    session = open_session(parse_settings({"computenest:cloud": "local"}, environ=os.environ))
    offers = session.port(CloudOffers)

    async def story() -> None:
        assert REGION in await offers.regions()
        price = await offers.price(region=REGION, cpu=2.0, memory=4.0)
        assert price is not None
        assert (round(price.an_hour, 3), price.currency) == (0.441, "CNY")
        usage = await offers.usage(region=REGION)
        assert (usage.used_cpu, usage.most_cpu) == (0.0, 1000.0)

    on_its_own_loop(story())
    session.close()


@pytest.mark.usefixtures("wares_cloud")
def test_the_log_of_a_set_is_that_of_all_its_groups() -> None:
    session = open_session(parse_settings({"computenest:cloud": "local"}, environ=os.environ))
    port = session.port(CloudContainerGroups)

    async def story() -> None:
        for number in (1, 2):
            job = Container(name="job", image="busybox:1", command=("sh", "-c"), args=(f"echo this is {number}",))
            wanted = Inputs(name=f"job-{number}", region=REGION, containers=(job,), restart_policy="Never")
            await port.create(wanted=wanted, logins=(), tags={SET_TAG: "o-9.1"}, token=Token(f"s-{number}"))
        for _ in range(200):
            seen = await port.find(region=REGION, tags={SET_TAG: "o-9.1"})
            if {one.status for one in seen} == {"Succeeded"}:
                break
            await session.clock.sleep(5)
        lines = await LOGS.lines(session, Subject("job", "o-9.1", REGION))
        printed = {(line.subject, line.text) for line in lines if line.source == "container"}
        assert printed == {("job-1/job", "this is 1"), ("job-2/job", "this is 2")}
        for one in seen:
            await port.delete(region=REGION, group_id=one.container_group_id, token=Token(f"d-{one.name}"))

    on_its_own_loop(story())
    session.close()


@pytest.mark.usefixtures("wares_cloud")
def test_groups_that_no_state_knows_are_found_by_their_mark() -> None:
    """One by itself, in a region that is not the control region, and one of a set; what a state knows is no orphan."""
    session = open_session(parse_settings({"computenest:cloud": "local"}, environ=os.environ))
    port, job = session.port(CloudContainerGroups), Container(name="job", image="busybox:1")
    owners = {
        name: mint_owner_id(
            organization="organization", project="shop", stack="dev", type_token="ContainerGroup", name=name
        )
        for name in ("lone", "many", "kept")
    }

    async def made(name: str, region: RegionId, tags: dict[str, str]) -> str:
        wanted = Inputs(name=name, region=region, containers=(job,))
        group_id = await port.create(wanted=wanted, logins=(), tags=tags, token=Token(f"o-{name}"))
        return f"{region}/{group_id}"

    async def story() -> None:
        away = RegionId("cn-beijing")
        lone = await made("lone", away, owner_tags(owners["lone"], 1))
        of_set = {**owner_tags(OwnerId(f"{owners['many']}.2.1"), 7), SET_TAG: f"{owners['many']}.2"}
        one = await made("many-1", REGION, of_set)
        kept = await made("kept", REGION, owner_tags(owners["kept"], 1))
        known = {(owners["kept"], "1")}
        found = await MarkSearch(session, known, Stacks(frozenset({"shop/dev"})), remove=False, must_list=True).look()
        lines = sorted(line for line in found.lines if line.startswith("container group"))
        assert [line.split()[2:4] for line in lines] == [[lone, "lone"], [one, "many-1"]]
        assert found.left >= 2
        removal = MarkSearch(session, known, Stacks(frozenset({"shop/dev"})), remove=True, must_list=True)
        told = [line for line in (await removal.look()).lines if lone in line]
        assert "delete it in the console, or declare it again and destroy it" in told[0]
        for number, where in enumerate((lone, one, kept)):
            region, _, group_id = where.partition("/")
            await port.delete(region=RegionId(region), group_id=ContainerGroupId(group_id), token=Token(f"r-{number}"))

    on_its_own_loop(story())
    session.close()


@pytest.mark.usefixtures("wares_cloud")
@pytest.mark.parametrize(
    ("types", "meaning", "left"),
    [
        ({"Service"}, Meaning.DENIED, 0),  # who may not list groups and has none could not have made any
        ({"ContainerGroup"}, Meaning.DENIED, 1),
        ({"Service"}, Meaning.OTHER, 1),  # nobody knows what there is
    ],
)
def test_groups_that_may_not_be_listed_are_said(
    monkeypatch: pytest.MonkeyPatch, types: set[str], meaning: Meaning, left: int
) -> None:
    async def refuse(*_: object) -> list[Marked]:
        raise Permanent("not allowed", meaning=meaning)

    monkeypatch.setattr(GroupMarks, "listed", refuse)
    session = open_session(parse_settings({"computenest:cloud": "local"}, environ=os.environ))
    search = MarkSearch(session, (), Stacks(frozenset({"shop/dev"})), remove=False, must_list=True, types=types)
    found = asyncio.run(search.look())
    session.close()
    assert (found.lines, found.left) == (["container groups cannot be listed: not allowed"], left)
