"""Containers that really run, with runc, in the embedded cloud: what they print, their limits, their own network. The
program that runs in them is made here, so that nothing is fetched."""

from __future__ import annotations

import io
import os
import subprocess
import tarfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from emulator.container_groups import Eci
from emulator.harness import Cloud, both
from registry.test_container_groups import login
from registry.world import ROOT, Client, nest_key

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="namespaces and limits are made by root here")

PROGRAM = r"""
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void show(const char *path) {
    char line[512];
    FILE *file = fopen(path, "r");
    while (file && fgets(line, sizeof line, file)) fputs(line, stdout);
    if (!file) printf("no %s\n", path);
}

int main(int count, char **words) {
    const char *does = count > 1 ? words[1] : "";
    setvbuf(stdout, NULL, _IOLBF, 0);
    if (!strcmp(does, "say")) printf("I am %s, process %d\n", getenv("WHO"), (int)getpid());
    if (!strcmp(does, "say")) show("/told");
    if (!strcmp(does, "say")) show("/gone");
    if (!strcmp(does, "network")) show("/proc/net/dev");
    if (!strcmp(does, "grow")) {
        for (int size = 0; size < 4096; size++) { char *more = malloc(1 << 20); if (more) memset(more, 1, 1 << 20); }
    }
    if (!strcmp(does, "serve")) { puts("serving"); sleep(100); }
    fprintf(stderr, "to the other output\n");
    return count > 2 ? atoi(words[2]) : 0;
}
"""


@dataclass
class World:
    """A cloud whose containers really run, and an image with the program in it."""

    cloud: Cloud
    groups: Eci
    image: str
    logins: list[Any]

    def run(self, *words: str, **more: Any) -> Any:
        container = self.groups.container("job", self.image, "/program", *words, **more.pop("container", {}))
        group_id = self.groups.create(
            container, restart_policy="Never", image_registry_credential=self.logins, cpu=0.25, memory=0.5, **more
        )
        self.cloud.advance(60)
        return self.groups.get(group_id)


def layer(**files: bytes) -> bytes:
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w") as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size, member.mode = len(content), 0o755
            archive.addfile(member, io.BytesIO(content))
    return made.getvalue()


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    folder = tmp_path_factory.mktemp("program")
    (folder / "program.c").write_text(PROGRAM)
    subprocess.run(["cc", "-static", "-Os", "-o", folder / "program", folder / "program.c"], check=True)
    return (folder / "program").read_bytes()


@pytest.fixture(scope="module")
def runtime() -> str:
    made = subprocess.run([ROOT / "tools/containers/runtime"], capture_output=True, text=True, check=False)
    assert made.returncode == 0, made.stderr
    return made.stdout.strip()


@pytest.fixture(scope="module")
def real_cloud(tmp_path_factory: pytest.TempPathFactory, registry_program: Path, runtime: str) -> Iterator[Cloud]:
    assert registry_program.is_dir()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("COMPUTENEST_OCI_RUNTIME", runtime)
        cloud = Cloud(tmp_path_factory.mktemp("real"), "--virtual").wait_until_answering()
    yield cloud
    cloud.stop()


@pytest.fixture
def world(real_cloud: Cloud, program: bytes) -> World:
    cloud = real_cloud
    cloud.control("POST", "reset")
    cloud.switch("eci.containers", "real")
    key = nest_key(cloud)
    lower = layer(program=program, told=b"by the lower layer\n", gone=b"it is there\n")
    upper = layer(**{"told": b"by the upper layer\n", ".wh.gone": b""})
    config: Mapping[str, Any] = {"config": {"Entrypoint": ["/program"], "Env": ["WHO=of the image"]}}
    Client(key, key.host).push(f"{key.namespace}/job", "v1", lower, upper, config=config)
    return World(cloud, Eci(cloud), f"{key.host}/{key.namespace}/job:v1", login(key))


def test_what_it_prints_is_in_the_log_and_its_code_is_the_container_s(world: World) -> None:
    group = world.run("say", "3", container={"environment_var": []})
    state = group.containers[0].current_state
    assert (group.status, state.exit_code) == ("Failed", 3), group.events
    said = world.groups.log(group.container_group_id)
    assert said.count("to the other output") == 1, "when, is the runtime's: it copies both outputs side by side"
    first = [line for line in said if line != "to the other output"]
    assert first == ["I am of the image, process 1", "by the upper layer", "no /gone"]


def test_it_has_a_network_of_its_own_with_nothing_in_it(world: World) -> None:
    group = world.run("network")
    assert group.status == "Succeeded", group.events
    devices = [line.split(":")[0].strip() for line in world.groups.log(group.container_group_id) if ":" in line]
    assert devices == ["lo"]


def test_more_memory_than_its_limit_ends_it(world: World) -> None:
    group = world.run("grow")
    state = group.containers[0].current_state
    assert (group.status, state.exit_code, state.reason) == ("Failed", 137, "OOMKilled"), group.events
    assert "OOMKilled" in {event.reason for event in group.events}


def test_what_does_not_end_counts_as_running_until_it_is_stopped(world: World) -> None:
    world.cloud.control("PUT", "facts", {"eci.real_s": 1})
    group = world.run("serve")
    assert group.status == "Running", group.events
    assert world.groups.log(group.container_group_id) == ["serving"]
    left = subprocess.run(["pgrep", "-fx", "/program serve"], capture_output=True, check=False)
    assert left.stdout == b"", "its process is gone"


def test_what_cannot_be_started_says_why(world: World) -> None:
    container = world.groups.container("job", world.image, "/no-such-program")
    group_id = world.groups.create(container, restart_policy="Never", image_registry_credential=world.logins)
    world.cloud.advance(60)
    group = world.groups.get(group_id)
    assert group.status == "Failed"
    assert "no-such-program" in " ".join(world.groups.log(group_id)), world.groups.log(group_id)


@both("eci.containers")
def test_without_a_runtime_it_follows_its_script(
    start: Callable[..., Cloud], monkeypatch: pytest.MonkeyPatch, position: str
) -> None:
    monkeypatch.setenv("COMPUTENEST_OCI_RUNTIME", "")
    cloud = start("--virtual")
    cloud.switch("eci.containers", position)
    key = nest_key(cloud)
    Client(key, key.host).push(f"{key.namespace}/job", "v1", layer(told=b"x"))
    groups = Eci(cloud)
    image = f"{key.host}/{key.namespace}/job:v1"
    job = groups.container("job", image, "sh", "-c", "echo by the script; exit 4")
    group_id = groups.create(job, restart_policy="Never", image_registry_credential=login(key))
    cloud.advance(60)
    assert groups.get(group_id).containers[0].current_state.exit_code == 4
    assert groups.log(group_id) == ["by the script"]
