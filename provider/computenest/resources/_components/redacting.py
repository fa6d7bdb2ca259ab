"""Which values of a service are secret, and their redactor: a chart writes them into objects that previews show."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any, TypeVar

from computenest.kernel.lifecycle import Path
from computenest.kernel.outcome import Checked
from computenest.kernel.redact import Redactor
from computenest.kernel.unknown import UNKNOWN, Maybe
from computenest.resources._components.model import ServiceDefinition
from computenest.resources._components.wish import Wish

T = TypeVar("T")

_OVERLAYS = "perCluster"
_DEFINITION, _CONFIGURATION = ("service", "components"), ("configuration",)


def redactor_of(given: Iterable[tuple[Maybe[ServiceDefinition], Maybe[Mapping[str, Any]], Iterable[str]]]) -> Redactor:
    """Over the values that are concealed, or whose names speak of a secret.

    Args:
        given: definition, configuration and concealed paths, of now and of before.
    """
    texts: dict[str, Any] = {}
    named: set[str] = set()
    for number, (service, configuration, concealed) in enumerate(given):
        hidden = tuple(concealed)
        for path, value in _leaves(service, configuration):
            key = f"{number}.{path}"
            texts[key] = value
            if any(_is_below(path, each) for each in hidden):
                named.add(key)
        passwords = {f"{number} chart password {index}": text for index, text in enumerate(_passwords(service))}
        texts |= passwords
        named |= passwords.keys()
    return Redactor.over({key: value for key, value in texts.items() if value is not UNKNOWN}, named)


def _is_below(path: str, each: str) -> bool:
    """A path that ends with `/` is all that one cluster, or any, has of its own."""
    if each == "/":
        return "/" in path.partition(".")[0]
    return path == each or path.startswith(each if each.endswith("/") else f"{each}.")


def redactor_of_values(given: Iterable[Mapping[str, Any]], hidden: Iterable[str]) -> Redactor:
    """Over the values of one release, of now and of before.

    Args:
        given: its values, each time.
        hidden: paths in them that are concealed, "" for all.
    """
    texts: dict[str, Any] = {}
    named: set[str] = set()
    paths = tuple(hidden)
    for number, values in enumerate(given):
        for path, value in _below("", values):
            bare, key = path.removeprefix("."), f"{number}{path}"
            texts[key] = value
            if any(not each or bare == each or bare.startswith(f"{each}.") for each in paths):
                named.add(key)
    return Redactor.over({key: value for key, value in texts.items() if value is not UNKNOWN}, named)


def concealed_in(wish: Wish) -> tuple[str, ...]:
    """The paths in a release's values that are concealed, "" for all of them."""
    found = []
    for path in wish.policy.concealed:
        bare = path.partition("/")[2] if "/" in path.partition(".")[0] else path  # what one cluster has of its own
        if bare in ("", wish.component):
            found.append("")
        elif bare.startswith(f"{wish.component}."):
            found.append(bare.removeprefix(f"{wish.component}."))
    return tuple(found)


def redacted(checked: Checked[T], redactor: Redactor) -> Checked[T]:
    """What a check says, without what is concealed."""

    def told(text: str) -> str:
        shown = redactor.text(text)
        return text if shown == text else shown  # what is as it was keeps its root

    failures = tuple(replace(one, reason=told(one.reason)) for one in checked.failures)
    warnings, notes = (tuple(map(told, each)) for each in (checked.warnings, checked.notes))
    return Checked(checked.inputs, failures, warnings, notes)


def concealed_of(service: Maybe[ServiceDefinition], secrets: Iterable[Path]) -> tuple[str, ...]:
    """The paths (`web.auth.password`) of values that stand at secret paths of the inputs."""
    found = []
    for path in secrets:
        if path[:1] == _CONFIGURATION and len(path) > 1:
            found.append(".".join(map(str, path[1:])))
        elif path[:2] == _DEFINITION and path[3:4] == ("values",) and service is not UNKNOWN:
            components = service.components
            at = path[2]
            if components is not UNKNOWN and isinstance(at, int) and at < len(components):
                found.append(".".join(map(str, (components[at].name, *path[4:]))))
        elif path[:1] == (_OVERLAYS,) and len(path) > 2:
            found.append(f"{path[1]}/{'.'.join(map(str, path[2:]))}")
        elif path[:1] == (_OVERLAYS,):
            found.append(f"{path[1]}/" if path[1:] else "/")
        elif path in {("service",), ("service", "components"), ("configuration",)} and service is not UNKNOWN:
            components = () if service.components is UNKNOWN else service.components
            found += [str(one.name) for one in components]
    return tuple(sorted(set(found)))


def _passwords(service: Maybe[ServiceDefinition]) -> Iterator[Maybe[str]]:
    """Of those who pull the charts."""
    for one in () if service is UNKNOWN or service.components is UNKNOWN else service.components:
        if one.chart is not UNKNOWN and one.chart.kind == "reference" and one.chart.password is not None:
            yield one.chart.password


def _leaves(service: Maybe[ServiceDefinition], configuration: Maybe[Mapping[str, Any]]) -> Iterator[tuple[str, Any]]:
    """`component.path` -> value, of the definition and of the configuration over it."""
    components = () if service is UNKNOWN or service.components is UNKNOWN else service.components
    for one in components:
        yield from _below(str(one.name), one.values)
    if configuration is not UNKNOWN:
        for name, values in configuration.items():
            yield from _below(name, values)


def _below(path: str, value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, Mapping):
        for key, item in value.items():
            yield from _below(f"{path}.{key}", item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _below(path, item)
    elif value is not None and not isinstance(value, bool):
        yield path, value
