"""Reads what the engine says of a preview: what each package will have in each region, and each marker.

The engine's own detailed diff is null for dynamic resources, so old and new inputs are compared here, region by
region; a value that only `up` can know is a fixed string of the engine's. Both transports put the
same maps among their inputs, so their reports are the same.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from computenest.kernel.costs import Copying, Cost, copying_in, cost_in, in_all, minutes_of
from computenest.kernel.errors import Invalid
from computenest.kernel.sending import Sending, sending_in
from computenest.review.documents import inputs_of, kind_of, map_in, type_in
from computenest.review.report.cells import UNKNOWN_TEXT, Cell, Change, cells_of, is_secret_value
from computenest.review.report.dangers import dangers_of
from computenest.review.report.deliveries import DELIVERIES, Delivery, delivery_of
from computenest.templates.model import Frozen

EVERYWHERE = "every region"
"""The column of packages that lie in one registry for all regions."""

_PACKAGES = {
    "EcsImagePackage": "",
    "FilePackage": "file",
    "ContainerImagePackage": "container image",
    "HelmChartPackage": "chart",
}
_ASSOCIATION = "ServiceImageAssociation"
_OWN_OPERATIONS = {"create", "update", "delete", "same", "replace", "create-replacement", "import", "refresh", "read"}
_COUNTED = {"create-replacement": "replace"}
_OF_THE_MACHINE = re.compile(r"^using \S+ from \$PATH at ")
"""Where the engine found a plugin: true of one machine, and no reviewer's business."""
_PREAMBLE = re.compile(r"^(?:error|warning): |^\S+ resource '(?P<name>[^']+)' has a problem: ")


class Row(Frozen):
    """One package, or one marker of an association.

    Args:
        resource: its logical name.
        marker: None for a package.
        kind: what it is, in a word; "" for an image.
        operation: the engine's: create, update, delete, replace, same…
        is_secret: the engine tells no region of it.
    """

    resource: str
    marker: str | None = None
    kind: str = ""
    operation: str
    cells: tuple[Cell, ...]
    is_secret: bool = False


class Preview(Frozen):
    """What a preview says of packages and markers, and of everything else in one line a resource."""

    project: str = ""
    stack: str = ""
    packages: tuple[Row, ...] = ()
    markers: tuple[Row, ...] = ()
    deliveries: tuple[Delivery, ...] = ()
    sends: tuple[Sending, ...] = ()
    """What registries are sent of them, by the place."""
    others: tuple[tuple[str, str], ...] = ()
    errors: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    dangers: tuple[str, ...] = ()
    costs: tuple[str, ...] = ()
    """What is new or of another size, and all of that together, as far as the cloud offers a price."""
    sizes: Mapping[str, int] = {}
    """Package -> the size of the image that is copied, in GiB, of those whose size the cloud shows."""
    operations: Mapping[str, int] = {}
    """Of every resource of the program, the engine's operation -> how many; `same` among them."""

    @property
    def has_changes(self) -> bool:
        operations = [row.operation for row in (*self.packages, *self.markers)]
        operations += [one.operation for one in self.deliveries]
        return bool(self.others) or any(operation != "same" for operation in operations)

    @property
    def copies(self) -> int:
        """How many images are copied into a region."""
        return sum(len(regions) for _, regions in self._copied())

    def _copied(self) -> Iterable[tuple[str, list[str]]]:
        """Each image package, and the regions that a copy is made into."""
        for row in self.packages:
            new = (cell for cell in row.cells if cell.change in {Change.ADDED, Change.CHANGED})
            if not row.kind:
                yield row.resource, [cell.region for cell in new if (cell.after or "").startswith("copy of ")]

    @property
    def copied_gib(self) -> int:
        """How much is copied, and kept, of images whose size is known."""
        return sum(self.sizes.get(name, 0) * len(regions) for name, regions in self._copied())

    @property
    def copying_minutes(self) -> int:
        """About how long that takes."""
        by_region: dict[str, list[int]] = {}
        for name, regions in self._copied():
            for region in regions if name in self.sizes else ():
                by_region.setdefault(region, []).append(self.sizes[name])
        return minutes_of(by_region)


def read_preview(document: Any) -> Preview:
    """The tables of a parsed preview.

    Raises:
        Invalid: this is not what `pulumi preview --json` prints.
    """
    if not isinstance(document, Mapping) or not isinstance(document.get("steps", []), list):
        raise Invalid("this is not the output of `pulumi preview --json`", hint="run it with --json into a file")
    packages: list[Row] = []
    markers: list[Row] = []
    deliveries: list[Delivery] = []
    others: list[tuple[str, str]] = []
    dangers: list[tuple[int, str]] = []
    operations: Counter[str] = Counter()
    steps = [step for step in document.get("steps", []) if isinstance(step, Mapping)]
    replaced = {str(step.get("urn", "")) for step in steps if step.get("op") == "replace"}
    for step in steps:
        operation, urn = str(step.get("op", "")), str(step.get("urn", ""))
        token, name, ours = type_in(urn), urn.rpartition("::")[2], kind_of(urn)
        before, after = inputs_of(step.get("oldState")), inputs_of(step.get("newState"))
        if operation not in _OWN_OPERATIONS:
            continue  # delete-replaced and the like: the replacement's own step says it all
        if operation == "create-replacement" and urn in replaced:
            continue
        if not _is_the_engines(token, name):
            operations[_COUNTED.get(operation, operation)] += 1
        if ours:
            dangers += dangers_of(ours, name, step)
        if ours in _PACKAGES:
            packages.append(_package(name, _PACKAGES[ours], operation, before, after))
        elif ours == _ASSOCIATION:
            markers.extend(_markers(name, operation, before, after))
        elif ours in DELIVERIES:
            deliveries.append(delivery_of(ours, name, operation, before, after))
        elif operation not in {"same", "read"} and not _is_the_engines(token, name):
            others.append((f"{token.rpartition(':')[2]} {name}", operation))
    warnings = tuple(_messages(document.get("diagnostics"), "warning"))
    costs = {message: cost for message in warnings if (cost := cost_in(message)) is not None}
    sends = _sends(document.get("diagnostics"))
    stack, project = _named(str(step.get("urn", "")) for step in steps)
    return Preview(
        project=project,
        stack=stack,
        packages=tuple(sorted(packages, key=lambda row: row.resource)),
        markers=tuple(sorted(markers, key=lambda row: (row.resource, row.marker or ""))),
        deliveries=tuple(sorted(deliveries, key=lambda one: one.resource)),
        sends=tuple(sorted(sends, key=lambda one: one.place)),
        others=tuple(sorted(others)),
        errors=tuple(_messages(document.get("diagnostics"), "error")),
        warnings=tuple(message for message in warnings if message not in costs and sending_in(message) is None),
        costs=_costs(set(costs.values())),
        sizes={one.name: one.gib for one in _copying(document.get("diagnostics"))},
        dangers=tuple(sentence for _, sentence in sorted(dangers)),
        operations=dict(sorted(operations.items())),
    )


def _named(urns: Iterable[str]) -> tuple[str, str]:
    """Stack and project: they are in every URN."""
    for urn in urns:
        stack, _, rest = urn.removeprefix("urn:pulumi:").partition("::")
        if rest:
            return stack, rest.partition("::")[0]
    return "", ""


def _is_the_engines(of_type: str, name: str) -> bool:
    """The stack itself, and providers that nobody declared."""
    return of_type == "pulumi:pulumi:Stack" or (of_type.startswith("pulumi:providers:") and name.startswith("default"))


def _messages(diagnostics: Any, severity: str) -> Iterable[str]:
    """Each message once and without what the transport puts before it."""
    seen: set[str] = set()
    for item in diagnostics if isinstance(diagnostics, list) else ():
        if not isinstance(item, Mapping) or item.get("severity") != severity:
            continue
        message = str(item.get("message", "")).strip()
        while (found := _PREAMBLE.match(message)) is not None:
            name = found["name"]
            message = ("" if name is None else f"{name}: ") + message[found.end() :].lstrip()
        if message and message not in seen and not _OF_THE_MACHINE.match(message):
            seen.add(message)
            yield message


def _copying(diagnostics: Any) -> Iterable[Copying]:
    told = (copying_in(message) for message in _messages(diagnostics, "info"))
    return (one for one in told if one is not None)


def _sends(diagnostics: Any) -> set[Sending]:
    messages = (*_messages(diagnostics, "warning"), *_messages(diagnostics, "info"))
    return {found for message in messages if (found := sending_in(message)) is not None}


def _costs(costs: Collection[Cost]) -> tuple[str, ...]:
    told = tuple(sorted(cost.sentence for cost in costs))
    return told if len(costs) < 2 else (*told, f"in all {in_all(costs)} an hour")


def _package(name: str, kind: str, operation: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> Row:
    old, new = _distribution(before), _distribution(after)
    if is_secret_value(old) or is_secret_value(new):
        return Row(resource=name, kind=kind, operation=operation, cells=(), is_secret=True)
    return Row(resource=name, kind=kind, operation=operation, cells=tuple(cells_of(map_in(old), new)))


def _distribution(inputs: Mapping[str, Any]) -> Any:
    """Region -> what it gets; of content that lies in one registry, one entry for all."""
    if "distribution" in inputs:
        return inputs["distribution"]
    content = inputs.get("content")
    return {} if content is None else {EVERYWHERE: content}


def _markers(name: str, operation: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterable[Row]:
    old, new = before.get("substitutions"), after.get("substitutions")
    if is_secret_value(old) or is_secret_value(new):
        yield Row(resource=name, marker="", operation=operation, cells=(), is_secret=True)
        return
    for marker in sorted(set(map_in(old)) | set(map_in(new))):
        was, will = map_in(old).get(marker), new if new == UNKNOWN_TEXT else map_in(new).get(marker)
        hidden = is_secret_value(was) or is_secret_value(will)
        cells = () if hidden else tuple(cells_of(map_in(was), will))
        yield Row(resource=name, marker=marker, operation=operation, cells=cells, is_secret=hidden)
