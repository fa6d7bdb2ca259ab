"""The cloud says "there is none" in two generations of codes: every adapter reads both, and nothing else, as that."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

import computenest
from computenest.cloud.failures import Call, Entity, Refusal, failure_of
from computenest.kernel.errors import NotFound
from computenest.kernel.names import ArtifactId, RegionId, Token, VersionId
from computenest.resources._packages.api import CloudArtifacts
from computenest.resources._packages.content_model import Kind
from computenest.resources._packages.repositories import CloudRepositories
from computenest.resources.service.api import CloudServices
from computenest.resources.service_instance.api import CloudInstances
from computenest.resources.service_instance.model import InstanceId

PROVIDER = Path(computenest.__path__[0])
ARTIFACT, TOKEN, ONE = ArtifactId("artifact-1"), Token("t"), VersionId("1")
INSTANCE, REGION = InstanceId("si-1"), RegionId("cn-hangzhou")
IMAGE = Kind.IMAGE

ASKED: dict[str, tuple[tuple[Entity, ...], Callable[[Any], Awaitable[Any]], Any]] = {
    "artifact": (
        (Entity.ARTIFACT, Entity.ARTIFACT_VERSION),
        lambda client: CloudArtifacts(client).get(artifact_id=ARTIFACT),
        None,
    ),
    "versions": (
        (Entity.ARTIFACT, Entity.ARTIFACT_VERSION),
        lambda client: CloudArtifacts(client).versions(artifact_id=ARTIFACT),
        (),
    ),
    "artifact deleted": (
        (Entity.ARTIFACT, Entity.ARTIFACT_VERSION),
        lambda client: CloudArtifacts(client).delete(artifact_id=ARTIFACT, version=ONE, token=TOKEN),
        None,
    ),
    "service": (
        (Entity.SERVICE, Entity.SERVICE_VERSION),
        lambda client: CloudServices(client).get(service_id="service-1"),
        None,
    ),
    "service deleted": (
        (Entity.SERVICE, Entity.SERVICE_VERSION),
        lambda client: CloudServices(client).delete(service_id="service-1", version=ONE, token=TOKEN),
        None,
    ),
    "instance": (
        (Entity.SERVICE_INSTANCE,),
        lambda client: CloudInstances(client).get(instance_id=INSTANCE),
        None,
    ),
    "instance deleted": (
        (Entity.SERVICE_INSTANCE,),
        lambda client: CloudInstances(client).delete(instance_id=INSTANCE, token=TOKEN),
        None,
    ),
    "stack": (
        (Entity.STACK,),
        lambda client: CloudInstances(client).parts(region=REGION, stack_id="stack-1"),
        None,
    ),
    "tags": (
        (Entity.REPOSITORY, Entity.TAG),
        lambda client: CloudRepositories(client).tags(kind=IMAGE, repository_id="r"),
        (),
    ),
    "tag deleted": (
        (Entity.REPOSITORY, Entity.TAG),
        lambda client: CloudRepositories(client).delete_tag(kind=IMAGE, repository_id="r", tag="1"),
        None,
    ),
    "repository deleted": (
        (Entity.REPOSITORY, Entity.TAG),
        lambda client: CloudRepositories(client).delete_repository(kind=IMAGE, repository_id="r"),
        None,
    ),
}


def refusing(code: str) -> Any:
    """A client whose every call is answered so."""

    async def refuse(*_: Any, **__: Any) -> Any:
        raise failure_of(Refusal(code=code, status=400), call=Call("Get", "cn-hangzhou", "h"))

    return SimpleNamespace(region="cn-hangzhou", call=refuse, pages=refuse)


@pytest.mark.parametrize("name", ASKED)
def test_either_family_says_that_it_is_gone(name: str) -> None:
    entities, ask, answer = ASKED[name]
    for code in ("EntityNotExist", *(code for entity in entities for code in entity.absences)):
        assert asyncio.run(ask(refusing(code))) == answer, code  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ASKED)
def test_what_is_missing_besides_is_no_absence(name: str) -> None:
    entities, ask, _ = ASKED[name]
    others = (code for entity in Entity if entity not in entities for code in entity.absences)
    for code in ("EntityNotExist.Role", "EntityNotExist.ServiceLinkedRole", *others):
        with pytest.raises(NotFound):
            asyncio.run(ask(refusing(code)))  # type: ignore[arg-type]


def test_only_one_module_knows_such_codes() -> None:
    named = re.compile(r'"(?:EntityNotExist|\w+NotFound)[".]')
    own = PROVIDER / "cloud" / "failures.py"
    made_up = PROVIDER / "cloud" / "templates.py"  # the object storage has codes of its own
    found = {path for path in PROVIDER.rglob("*.py") if named.search(path.read_text("utf-8"))}
    assert found - {made_up} == {own}
