"""Every type of resource, one line each: its folder. Whatever serves types finds them here, and knows none by name.

A folder is named after its type (`service_instance`: `ServiceInstance`) and has two parts at least:

- `declaration.RESOURCE`: the type, as programs see it;
- `lifecycle.LIFECYCLE`: makes its lifecycle of a `Core`.

A part is imported when it is first asked for: a program and the dynamic host use one or two types of all.
"""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Iterator, Mapping
from functools import cache
from types import ModuleType
from typing import TYPE_CHECKING, Never

if TYPE_CHECKING:
    from computenest.kernel.fields import Resource
    from computenest.kernel.lifecycle import Lifecycle
    from computenest.resources._program.core import Core

FOLDERS = (
    "cloud_service",
    "cloud_service_deployment",
    "cluster",
    "cluster_component",
    "container_group",
    "container_image_package",
    "delivery_installation",
    "delivery_package",
    "ecs_image_package",
    "file_package",
    "helm_chart_package",
    "project_component",
    "service",
    "service_image_association",
    "service_instance",
)

FIRST = ("ecs_image_package", "service_image_association")
"""States name the dynamic providers of these in `transports.dynamic.providers`, those of all others in `lifecycles`."""

TYPES: Mapping[str, str] = {"".join(map(str.capitalize, folder.split("_"))): folder for folder in FOLDERS}
"""Type name -> folder."""


def declared(type_name: str) -> Resource:
    """A type, as programs see it.

    Raises:
        KeyError: there is none of this name.
    """
    found: Resource = _part(TYPES[type_name], "declaration").RESOURCE
    return found


def lifecycle(type_name: str, core: Core) -> Lifecycle[Never, object, Never, object, object]:
    """A new lifecycle of a type, on values of its own types (`kernel.lifecycle.Lifecycle`).

    Raises:
        KeyError: there is none of this name.
    """
    made: Lifecycle[Never, object, Never, object, object] = _part(TYPES[type_name], "lifecycle").LIFECYCLE(core)
    return made


def parts(name: str) -> Iterator[ModuleType]:
    """The modules of this name, of the types whose folder has one: what a type may bring, and need not."""
    for folder in _with(name):
        yield _part(folder, name)


@cache
def _with(name: str) -> tuple[str, ...]:
    """The folders that have a module of this name."""
    found = (folder for folder in FOLDERS if importlib.util.find_spec(f"computenest.resources.{folder}.{name}"))
    return tuple(found)


def _part(folder: str, name: str) -> ModuleType:
    return importlib.import_module(f"computenest.resources.{folder}.{name}")
