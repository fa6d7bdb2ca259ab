"""Who asks a cluster for the same kind at once is answered by one list, and hears of its own objects only."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import pytest

from computenest.cloud.kubernetes.client import ApiClient, ApiResource
from computenest.cloud.kubernetes.kubeconfig import read_kubeconfig
from computenest.kernel.errors import ComputeNestError, Transient

SECRETS = ApiResource("", "v1", "Secret", "secrets", is_namespaced=True, verbs=frozenset({"list"}))
KUBECONFIG = """
clusters: [{name: a, cluster: {server: "https://127.0.0.1:1"}}]
users: [{name: a, user: {token: t}}]
contexts: [{name: a, context: {cluster: a, user: a}}]
current-context: a
"""


class Counted(ApiClient):
    """A cluster that holds a Secret for each release asked for."""

    def __init__(self, error: ComputeNestError | None = None) -> None:
        super().__init__(read_kubeconfig(KUBECONFIG, context="", path="kubeconfig"))
        self.asked: list[tuple[str, str]] = []
        self.error = error

    async def list(self, resource: ApiResource, *, namespace: str = "", labels: str = "") -> list[Mapping[str, Any]]:
        del resource
        self.asked.append((namespace, labels))
        if self.error is not None:
            raise self.error
        names = labels.partition("(")[2].rstrip(")").split(",")
        return [{"metadata": {"name": f"{namespace}-{one}", "labels": {"name": one}}} for one in names]


async def names(client: ApiClient, namespace: str, release: str) -> list[str]:
    found = await client.list_labelled(SECRETS, namespace=namespace, labels="owner=helm", key="name", value=release)
    return [one["metadata"]["name"] for one in found]


def test_ten_releases_of_a_namespace_are_one_question_and_each_hears_of_its_own() -> None:
    async def preview() -> tuple[list[list[str]], list[tuple[str, str]]]:
        client = Counted()
        asked = [(space, f"part{number}") for space in ("shop", "bench") for number in range(10)]
        return await asyncio.gather(*(names(client, *one) for one in asked)), client.asked

    found, asked = asyncio.run(preview())
    assert found == [[f"{space}-part{number}"] for space in ("shop", "bench") for number in range(10)]
    assert [space for space, _ in asked] == ["shop", "bench"]


def test_who_asks_later_is_answered_anew() -> None:
    async def twice() -> list[tuple[str, str]]:
        client = Counted()
        await names(client, "shop", "web")
        await names(client, "shop", "web")
        return client.asked

    assert asyncio.run(twice()) == [("shop", "owner=helm,name in (web)")] * 2


def test_everybody_hears_of_a_failure() -> None:
    async def preview() -> list[Any]:
        client = Counted(Transient("the cluster does not answer"))
        return await asyncio.gather(*(names(client, "shop", one) for one in ("web", "api")), return_exceptions=True)

    assert [str(one) for one in asyncio.run(preview())] == ["the cluster does not answer"] * 2


def test_one_who_gives_up_takes_nobody_with_him() -> None:
    async def preview() -> list[str]:
        client = Counted()
        impatient = asyncio.ensure_future(names(client, "shop", "web"))
        patient = asyncio.ensure_future(names(client, "shop", "api"))
        await asyncio.sleep(0)
        impatient.cancel()
        with pytest.raises(asyncio.CancelledError):
            await impatient
        return await patient

    assert asyncio.run(preview()) == ["shop-api"]
