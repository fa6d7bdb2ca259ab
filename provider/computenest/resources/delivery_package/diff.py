"""What separates a package's state from what is wanted, and what an operation will make of it. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from computenest.kernel.outcome import INCOMPLETE, Difference
from computenest.kernel.unknown import UNKNOWN, Known, Maybe, Unknown
from computenest.resources.delivery_package.declaration import RESOURCE
from computenest.resources.delivery_package.model import AVAILABLE, UNFETCHED, Inputs, State, archive_of, package_id_of


def is_fetched(digest: Maybe[str]) -> bool:
    """Whether a digest is known."""
    return digest is not UNKNOWN and not digest.startswith(UNFETCHED)


def diff(olds: State[Known], news: Inputs[Unknown]) -> Difference:
    """An incomplete state always has changes, so that the next run finishes what is missing. A digest that is not known
    before something is fetched is no change by itself: what is in the package decides."""
    changed = RESOURCE.changed(olds, news)
    if not is_fetched(news.digest) and news.digest is not UNKNOWN and "contents" not in changed:
        same_places = news.registries is not UNKNOWN and olds.registries.keys() == news.registries.keys()
        whole = set(olds.registries.values()) == {olds.digest} or not olds.registries
        if same_places and whole:
            changed = tuple(key for key in changed if key != "registries")
    if not changed and olds.status == INCOMPLETE:
        changed = ("reasons" if olds.reasons else "status",)
    return Difference(changed)


def preview(inputs: Inputs[Unknown], former: State[Known] | None) -> State[Unknown]:
    """The state as an operation would leave it."""
    there: Maybe[dict[str, str]] = UNKNOWN
    if is_fetched(inputs.digest) and inputs.version is not UNKNOWN and inputs.registries is not UNKNOWN:
        there = references(inputs.registries, inputs.version)
    is_same = former is not None and former.digest == inputs.digest
    return State[Unknown].made(
        inputs,
        digest=inputs.digest if is_fetched(inputs.digest) else UNKNOWN,
        package_id=package_id_of(inputs.owner_id, inputs.generation),
        status=AVAILABLE,
        references=there,
        size_bytes=former.size_bytes if is_same and former is not None else UNKNOWN,
        reasons={},
    )


def references(registries: Mapping[str, str], version: str) -> dict[str, str]:
    """Repository -> how the package is pulled from there."""
    pulled = {place: digest for place, digest in registries.items() if not place.startswith(archive_of(""))}
    return {repository: f"{repository}:{version}@{digest}" for repository, digest in pulled.items()}
