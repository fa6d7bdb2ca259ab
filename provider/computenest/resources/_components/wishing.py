"""From what a program says of a service to the releases that it wants: pure, on known and unknown values alike, all
failures at once."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from computenest.kernel.arguments import quoted
from computenest.kernel.names import OwnerId
from computenest.kernel.nearest import meant
from computenest.kernel.outcome import Failure
from computenest.kernel.unknown import UNKNOWN, Maybe
from computenest.resources._components.merge import merge
from computenest.resources._components.model import (
    Chart,
    ClusterSelector,
    Component,
    LabelExpression,
    ServiceDefinition,
)
from computenest.resources._components.policy import Policy
from computenest.resources._components.release import ReleaseName
from computenest.resources._components.wish import Wish, in_order

SERVICE_LABEL = "computenest.aliyun.com/service"
COMPONENT_LABEL = "computenest.aliyun.com/component"
_NAME = re.compile(r"[a-z0-9](?:[-a-z0-9]*[a-z0-9])?")  # a DNS label, as namespaces and helm's releases have it
_LABEL_VALUE = re.compile(r"(?:[A-Za-z0-9](?:[-A-Za-z0-9_.]*[A-Za-z0-9])?)?")
_LABEL_KEY = re.compile(r"(?:[a-z0-9](?:[-a-z0-9.]{0,251}[a-z0-9])?/)?[A-Za-z0-9](?:[-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?")
_OPERATORS = ("In", "NotIn", "Exists", "DoesNotExist")
_MOST_COMPONENTS = 100
_MOST_HISTORY = 100
_LONGEST = 63
_LONGEST_RELEASE = 53  # helm 3.18 to 4.3: names of objects are made of it


def check_service(
    service: ServiceDefinition, namespace: Maybe[str], configuration: Maybe[Mapping[str, Any]]
) -> Iterator[Failure]:
    """What is wrong with a definition and its configuration, whatever the charts are."""
    yield from _name_failures(service.name, "service.name")
    yield from _name_failures(namespace, "namespace")
    if service.components is UNKNOWN:
        return
    if not 1 <= len(service.components) <= _MOST_COMPONENTS:
        yield Failure("service.components", f"1 to {_MOST_COMPONENTS} components are needed")
    names = [str(one.name) for one in service.components if one.name is not UNKNOWN]
    for index, one in enumerate(service.components):
        yield from _of_component(one, f"service.components[{index}]", names, _place(service.components, index))
    yield from _of_places(service, namespace)
    for name in sorted(configuration if configuration is not UNKNOWN else ()):
        values = configuration[name] if configuration is not UNKNOWN else UNKNOWN
        if len(names) == len(service.components) and name not in names:
            yield Failure(f"configuration.{name}", f"the service has no component {quoted(name)}{meant(name, names)}")
        elif values is not UNKNOWN and not isinstance(values, Mapping):
            yield Failure(f"configuration.{name}", "the values of a component are a map, as in `replicas: 2`")


def _of_component(one: Component, at: str, names: Sequence[str], place: int) -> Iterator[Failure]:
    yield from _name_failures(one.name, f"{at}.name")
    yield from _name_failures(one.namespace, f"{at}.namespace")
    yield from _name_failures(one.release, f"{at}.release", longest=_LONGEST_RELEASE)
    if one.name is not UNKNOWN and names.index(one.name) != place:
        yield Failure(f"{at}.name", f"another component of this service is named {quoted(one.name)} too")
    for number, need in enumerate(one.needs if isinstance(one.needs, tuple) else ()):
        if need is not UNKNOWN and need not in names:
            yield Failure(f"{at}.needs[{number}]", f"there is no component {quoted(need)}{meant(need, names)}")
    yield from check_selector(one.cluster_selector, f"{at}.clusterSelector")


def _of_places(service: ServiceDefinition, namespace: Maybe[str]) -> Iterator[Failure]:
    """Two components are never one release, and helm takes no long names."""
    taken: dict[tuple[str, str], str] = {}
    names: set[str] = set()
    for index, one in enumerate(service.components if service.components is not UNKNOWN else ()):
        if UNKNOWN in (one.name, one.namespace, one.release, service.name, namespace) or one.name in names:
            continue
        names.add(str(one.name))
        at = f"service.components[{index}]"
        where = (_namespace(one, str(namespace)), _release(one, str(service.name)))
        first = taken.setdefault(where, at)
        if first != at:
            yield Failure(f"{at}.release", f"{first} has the same release {where[1]} in namespace {where[0]}")
        elif one.release is None and len(where[1]) > _LONGEST_RELEASE:
            yield Failure(f"{at}.release", f"{where[1]!r} is longer than {_LONGEST_RELEASE}: give a shorter one")


def check_history(history: Maybe[int]) -> Iterator[Failure]:
    """How many revisions helm is to keep."""
    if history is not UNKNOWN and not 1 <= history <= _MOST_HISTORY:
        yield Failure("history", f"1 to {_MOST_HISTORY} revisions are possible")


def check_labels(labels: Maybe[Mapping[str, Maybe[str]]], at: str = "labels") -> Iterator[Failure]:
    """What Kubernetes takes for no label, and what is ours."""
    for key in sorted(labels) if labels is not UNKNOWN else ():
        if key.startswith("computenest.aliyun.com/"):
            yield Failure(f"{at}[{quoted(key)}]", "this prefix is ours; choose another key")
        else:
            yield from _label_failures(
                key, (labels[key] if labels is not UNKNOWN else UNKNOWN,), f"{at}[{quoted(key)}]"
            )


def check_selector(selector: Maybe[ClusterSelector] | None, at: str) -> Iterator[Failure]:
    """What Kubernetes takes for no selector of labels. (apimachinery: `validation.ValidateLabelSelector`)"""
    if selector is None or selector is UNKNOWN:
        return
    wanted, expressions = selector.match_labels or {}, selector.match_expressions or ()
    for key, value in wanted.items() if wanted is not UNKNOWN else ():
        yield from _label_failures(key, (value,), f"{at}.matchLabels[{quoted(key)}]")
    for index, one in enumerate(expressions if expressions is not UNKNOWN else ()):
        yield from _of_expression(one, f"{at}.matchExpressions[{index}]")


def _of_expression(one: LabelExpression, at: str) -> Iterator[Failure]:
    values = one.values or ()
    yield from _label_failures(one.key, values if values is not UNKNOWN else (), at)
    if one.operator is not UNKNOWN and one.operator not in _OPERATORS:
        yield Failure(f"{at}.operator", f"{quoted(one.operator)} is none of {', '.join(_OPERATORS)}")
    if one.operator is UNKNOWN or values is UNKNOWN:
        return
    if one.operator in ("In", "NotIn") and not values:
        yield Failure(f"{at}.values", f"{one.operator} needs at least one value")
    elif one.operator in ("Exists", "DoesNotExist") and values:
        yield Failure(f"{at}.values", f"{one.operator} takes no values: leave them out, or say In or NotIn")


def _label_failures(key: Maybe[str], values: Sequence[Maybe[str]], at: str) -> Iterator[Failure]:
    if key is not UNKNOWN and not _LABEL_KEY.fullmatch(key):
        yield Failure(at, "it is no key of a label: letters, digits, - _ . and at most 63")
        return
    for value in values:
        if value is not UNKNOWN and not (len(value) <= _LONGEST and _LABEL_VALUE.fullmatch(value)):
            yield Failure(at, f"{quoted(value)} is no value of a label: at most 63 of A-Z 0-9 - _ .")


def wishes_of(
    service: Maybe[ServiceDefinition],
    *,
    namespace: Maybe[str],
    configuration: Maybe[Mapping[str, Any]],
    owner: OwnerId,
    policy: Policy,
    path: str = "service.components",
) -> tuple[Wish, ...]:
    """The releases in the order in which they are brought; a component whose name or chart is unknown is left out.

    Raises:
        ValueError: components need one another in a circle.
    """
    if service is UNKNOWN or service.components is UNKNOWN or UNKNOWN in (service.name, namespace):
        return ()
    found = []
    for index, one in enumerate(service.components):
        if UNKNOWN in (one.name, one.namespace, one.release) or one.chart is UNKNOWN:
            continue
        if not _is_readable(one.chart):
            continue
        found.append(
            Wish(
                component=str(one.name),
                path=f"{path}[{index}]" if path else "",
                release=ReleaseName(_release(one, str(service.name))),
                namespace=_namespace(one, str(namespace)),
                chart=one.chart,
                values=_values(one, configuration),
                needs=tuple(str(need) for need in one.needs or ()) if one.needs is not UNKNOWN else (),
                owner=owner,
                policy=_labelled(policy, str(service.name), str(one.name)),
            )
        )
    return in_order(found)


def _is_readable(chart: Chart) -> bool:
    """Whether a preview can render it: a package that is not pushed yet has its own bytes."""
    match chart.kind:
        case "folder":
            return chart.path is not UNKNOWN
        case "reference":
            return chart.reference is not UNKNOWN
        case "package":
            return chart.package is not UNKNOWN or chart.path not in (None, UNKNOWN)


def _labelled(policy: Policy, service: str, component: str) -> Policy:
    return replace(policy, labels={**policy.labels, SERVICE_LABEL: service, COMPONENT_LABEL: component})


def _values(one: Component, configuration: Maybe[Mapping[str, Any]]) -> Maybe[Mapping[str, Any]]:
    own = {} if one.values is None else one.values
    given = UNKNOWN if configuration is UNKNOWN else configuration.get(str(one.name), {})
    if own is UNKNOWN or given is UNKNOWN:
        return UNKNOWN
    return merge(own, given if isinstance(given, Mapping) else {})


def _release(one: Component, service: str) -> str:
    return str(one.release) if one.release is not None else f"{service}-{one.name}"


def _namespace(one: Component, namespace: str) -> str:
    return str(one.namespace) if one.namespace is not None else namespace


def _place(components: Sequence[Component], index: int) -> int:
    """The place among those whose names are known."""
    return sum(one.name is not UNKNOWN for one in components[:index])


def _name_failures(name: Maybe[str] | None, path: str, *, longest: int = _LONGEST) -> Iterator[Failure]:
    if name is None or name is UNKNOWN:
        return
    if not (len(name) <= longest and _NAME.fullmatch(name)):
        yield Failure(path, f"{quoted(name)} is no name: 1 to {longest} of a-z, 0-9 and hyphens, none at its ends")
