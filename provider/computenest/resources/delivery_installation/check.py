"""Validation of what a program asks for: pure, on known and unknown values alike, all failures at once."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from computenest.kernel.arguments import quoted
from computenest.kernel.identity import identified
from computenest.kernel.outcome import Checked, Failure
from computenest.kernel.unknown import UNKNOWN, Known, Maybe, Unknown
from computenest.kernel.values import Json
from computenest.resources._components.wishing import check_history, check_labels
from computenest.resources._delivery.places import BELOW, HOST, NAMESPACE
from computenest.resources.delivery_installation.declaration import Arguments
from computenest.resources.delivery_installation.model import (
    ImageValue,
    Inputs,
    InstallationRegistry,
)

_ALWAYS = (
    "verify", "images", "mirrored", "namespace", "configuration", "clusterfile", "labels", "conflicts", "crds", "drift",
    "on_failure", "adopt", "history", "concealed", "timeout_s",
)  # fmt: skip
"""What checked inputs have whatever a program says."""
_ADDRESS = re.compile(rf"{HOST}{BELOW}*")


def check(olds: Inputs[Known] | None, news: Arguments, *, replaced: Inputs[Known] | None) -> Checked[Inputs[Unknown]]:
    """Checked inputs: what the program says, with identity and defaults; what the package and the cluster make of it
    comes after that.

    Args:
        olds: the inputs of last time, None for a create and for the second check of a replacement.
        news: what the program asks for; what could not be read counts as unknown.
        replaced: what this process has seen of the same resource in the state, for a replacement.
    """
    inputs = Inputs[Unknown].made(
        Inputs[Unknown].by_default(*_ALWAYS),
        news,
        **identified(olds, replaced, news.owner_id),
        uid=olds.uid if olds else "",
        digest=UNKNOWN,
        loaded=UNKNOWN,
        rollout=UNKNOWN,
        objects=UNKNOWN,
    )
    failures = [
        *_blank({"package": news.package, "verify": news.verify, "clusterfile": news.clusterfile}),
        *check_labels(inputs.labels),
        *_of_namespace(news.namespace),
        *_of_registry(news.registry),
        *_of_images(inputs.images, has_registry=news.registry is not None),
        *_of_configuration(inputs.configuration),
        *check_history(inputs.history),
    ]
    return Checked(inputs, tuple(failures))


def _blank(given: Mapping[str, Maybe[str] | None]) -> Iterator[Failure]:
    for key, value in given.items():
        if isinstance(value, str) and not value.strip():
            yield Failure(key, f"{quoted(value)} says nothing: name it" + (", or leave it out" * (key != "package")))


def _of_namespace(namespace: Maybe[str] | None) -> Iterator[Failure]:
    if isinstance(namespace, str) and not NAMESPACE.fullmatch(namespace):
        yield Failure("namespace", f"{quoted(namespace)} cannot be one: lower-case letters, digits and hyphens")


def _of_registry(registry: Maybe[InstallationRegistry] | None) -> Iterator[Failure]:
    if registry is None or registry is UNKNOWN:
        return
    if isinstance(registry.address, str) and not _ADDRESS.fullmatch(registry.address):
        why = "write its host, and a path if images go below one, as in registry.example.com:5000/shop"
        yield Failure("registry.address", f"{quoted(registry.address)} is no registry: {why}")
    if (registry.username is None) != (registry.password is None):
        yield Failure("registry", "give both, username and password, or neither")


def _of_images(images: Maybe[tuple[ImageValue, ...]], *, has_registry: bool) -> Iterator[Failure]:
    """What is wrong with the values that name images."""
    if images is UNKNOWN or not images:
        return
    if not has_registry:
        yield Failure("images", "they say which values name images in `registry`; there is none")
    seen: dict[tuple[object, object], int] = {}
    for index, one in enumerate(images):
        at = f"images[{index}]"
        if one.image is None and one.part != "registry" and one.part is not UNKNOWN:
            yield Failure(f"{at}.image", f"which image? `{one.part or 'reference'}` is of one")
        if isinstance(one.value, str) and not all(keys_of(one.value)):
            yield Failure(f"{at}.value", f"{quoted(one.value)} names no value: keys and dots, as in web.image.tag")
        if UNKNOWN not in (one.chart, one.value) and seen.setdefault((one.chart, one.value), index) != index:
            yield Failure(f"{at}.value", f"images[{seen[one.chart, one.value]}] is the same value")


def keys_of(path: str) -> tuple[str, ...]:
    """The keys of a value's path; a dot in a key is written `\\.`."""
    return tuple(key.replace("\\.", ".") for key in re.split(r"(?<!\\)\.", path))


def _of_configuration(configuration: Maybe[Mapping[str, Json]]) -> Iterator[Failure]:
    for name in sorted(configuration if configuration is not UNKNOWN else ()):
        values = configuration[name] if configuration is not UNKNOWN else UNKNOWN
        if values is not UNKNOWN and not isinstance(values, Mapping):
            yield Failure(f"configuration.{name}", "the values of an application are a map, as in `replicas: 2`")
