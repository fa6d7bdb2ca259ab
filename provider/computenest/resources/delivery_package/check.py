"""Validation of what a program asks for: pure, on known and unknown values alike, all failures at once."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping

from computenest.kernel.arguments import MAX_SHOWN, check_name, quoted
from computenest.kernel.identity import identified
from computenest.kernel.outcome import Checked, Failure
from computenest.kernel.unknown import UNKNOWN, Known, Maybe, Unknown
from computenest.resources._delivery.places import BELOW, HOST, NAMESPACE
from computenest.resources.delivery_package.declaration import Arguments
from computenest.resources.delivery_package.model import (
    UNFETCHED,
    DeliveredChart,
    DeliveredImage,
    DeliveryTarget,
    Described,
    Inputs,
    archive_of,
)

_MAX_NAME = 64
_LONGEST_VERSION = 128
_TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,99}")
_RELEASE = re.compile(r"[a-z0-9]([a-z0-9-]{0,51}[a-z0-9])?")  # helm's own limit
_REPOSITORY = re.compile(rf"{HOST}{BELOW}+")
_MIB = 1 << 20
_ALWAYS = (
    "charts", "images", "files", "ignore", "platforms", "targets", "signing_key", "archive", "since", "timeout_s",
)  # fmt: skip
"""What checked inputs have whatever a program says."""


def check(olds: Inputs[Known] | None, news: Arguments, *, replaced: Inputs[Known] | None) -> Checked[Inputs[Unknown]]:
    """Checked inputs: what the program says, with identity and defaults; what is in the package comes after that.

    Args:
        olds: the inputs of last time, None for a create and for the second check of a replacement.
        news: what the program asks for; what could not be read counts as unknown.
        replaced: what this process has seen of the same resource in the state, for a replacement.
    """
    failures: list[Failure] = []
    name = news.name or (olds.name if olds else news.logical_name)
    check_name(name, failures, limit=_MAX_NAME)
    if news.version is not UNKNOWN and news.version.startswith("computenest-"):
        failures.append(Failure("version", f"{quoted(news.version)}: what begins with computenest- are our own marks"))
    elif news.version is not UNKNOWN and not _TAG.fullmatch(news.version):
        why = "it has up to 100 letters, digits and . _ -, as tags have (no +)"
        failures.append(Failure("version", f"{quoted(news.version)} cannot be a package's version: {why}"))
    inputs = Inputs[Unknown].made(
        Inputs[Unknown].by_default(*_ALWAYS),
        news,
        **identified(olds, replaced, news.owner_id),
        name=name,
        signer=UNKNOWN if news.signing_key else "",
        contents=UNKNOWN,
        registries=UNKNOWN,
        missing=UNKNOWN,
        digest=UNKNOWN,
    )
    for given, found in (
        (inputs.charts, _of_charts), (inputs.images, _of_images), (inputs.files, _of_files),
        (inputs.targets, _of_targets),
    ):  # fmt: skip
        failures += found(given) if given is not UNKNOWN else ()  # type: ignore[arg-type]
    if inputs.charts == () and inputs.images == () and inputs.files == {}:
        failures.append(Failure("charts", "an empty package: give charts, images or files"))
    if news.since is not None and news.archive is None:
        failures.append(Failure("since", "it tells what `archive` leaves out; there is no archive"))
    return Checked(inputs, tuple(failures))


def described(inputs: Inputs[Known], found: Described) -> Checked[Inputs[Unknown]]:
    """The inputs with what is in the package, and what is wrong with that."""
    failures = tuple(
        Failure("images", f"{_shown(image)} is not in the package: {who}; add it to `images`, or to `ignore`")
        for image, who in sorted(found.lacking.items())
    )
    digest = found.digest or f"{UNFETCHED} ({found.unread_bytes / _MIB:.1f} MiB)"
    places = [str(one.repository) for one in inputs.targets]
    made = Inputs[Unknown].made(
        inputs,
        signer=found.signer,
        contents=dict(found.contents),
        registries=dict.fromkeys([*places, *([archive_of(inputs.archive)] if inputs.archive else [])], digest),
        missing={image: f"ignored: {who}" for image, who in found.ignored.items()},
        digest=digest,
    )
    return Checked(inputs=made, failures=failures, warnings=tuple(f"{inputs.name}: {note}" for note in found.notes))


def _shown(image: str) -> str:
    """A name that a chart made of its values, which may be anything."""
    return image if len(image) <= MAX_SHOWN else quoted(image)


def _of_charts(charts: tuple[DeliveredChart, ...]) -> Iterator[Failure]:
    """What is wrong with charts."""
    for index, one in enumerate(charts):
        at = f"charts[{index}]"
        if sum(given is not None for given in (one.path, one.reference, one.package)) != 1:
            yield Failure(at, "give one of `path`, `reference` and `package`")
        if one.package is not None and one.package is not UNKNOWN:
            package = {"package": one.package.package, "path": one.package.path}
            yield from _blank(package, f"{at}.package")
        yield from _blank({"path": one.path, "reference": one.reference, "version": one.version}, at)
        if isinstance(one.version, str) and len(one.version) > _LONGEST_VERSION:
            yield Failure(f"{at}.version", f"{quoted(one.version)} cannot be a chart's version")
        for key, value, pattern in (("name", one.name, _RELEASE), ("namespace", one.namespace, NAMESPACE)):
            if isinstance(value, str) and not pattern.fullmatch(value):
                yield Failure(f"{at}.{key}", f"{quoted(value)} cannot be one: lower-case letters, digits and hyphens")


def _of_images(images: tuple[DeliveredImage, ...]) -> Iterator[Failure]:
    """What is wrong with container images."""
    for index, one in enumerate(images):
        at = f"images[{index}]"
        if one.path is not None and one.pulled_from is not None:
            yield Failure(f"{at}.pulledFrom", "give one of `path` and `pulledFrom`")
        if one.image is not None and one.path is None:
            yield Failure(f"{at}.image", "it tells which image of `path` is meant; there is none")
        given = {"path": one.path, "pulledFrom": one.pulled_from, "image": one.image}
        yield from _blank({"reference": one.reference, **given}, at)


def _blank(given: Mapping[str, Maybe[str] | None], at: str) -> Iterator[Failure]:
    """What is given and says nothing: it would count as left out."""
    for key, value in given.items():
        if isinstance(value, str) and not value.strip():
            yield Failure(f"{at}.{key}", f"{quoted(value)} says nothing: name it, or leave it out")


def _of_files(files: Mapping[str, Maybe[str]]) -> Iterator[Failure]:
    for inner in sorted(files):
        if not inner or posixpath.normpath(inner) != inner or inner.startswith(("/", "../")) or inner in (".", ".."):
            yield Failure(f"files[{quoted(inner)}]", "a path in the package is relative, as in docs/README.md")


def _of_targets(targets: tuple[DeliveryTarget, ...]) -> Iterator[Failure]:
    """What is wrong with repositories and their logins."""
    seen: dict[str, int] = {}
    for index, one in enumerate(targets):
        at = f"targets[{index}]"
        yield from _blank({"username": one.username, "password": one.password}, at)
        if (one.username is None) != (one.password is None):
            yield Failure(at, "give both, username and password, or neither")
        if one.repository is UNKNOWN:
            continue
        if not _REPOSITORY.fullmatch(one.repository):
            why = "write host and path without a tag, as in registry.example.com/team/shop"
            yield Failure(f"{at}.repository", f"{quoted(one.repository)} is no repository: {why}")
        first = seen.setdefault(one.repository, index)
        if first != index:
            yield Failure(f"{at}.repository", f"targets[{first}] is the same repository")
