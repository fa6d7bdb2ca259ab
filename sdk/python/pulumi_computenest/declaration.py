"""What the classes of both transports share: they take the same arguments and give the same outputs."""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Any, ClassVar, TypeAlias, cast

import pulumi
from pulumi.dynamic import Resource, ResourceProvider
from pulumi.runtime import settings

from pulumi_computenest.arguments import Arguments
from pulumi_computenest.identity import mint, plugin_type

__all__ = [
    "INCOMPLETE",
    "Declaration",
    "DynamicResource",
    "GatedResource",
    "Prepared",
    "ending",
    "has_output",
    "untrack",
    "with_alias",
]

_LANGUAGE_HOST = "pulumi-language-python-exec"
INCOMPLETE = "Incomplete"
"""The status of what a run left with a gap: the domain's own word, written here because a program starts without the
domain (a test sees that they are the same)."""
Prepared: TypeAlias = "tuple[dict[str, Any], pulumi.ResourceOptions | None]"
"""What was given as the provider takes it, and the options with what follows from it."""


class Declaration:
    """Arguments and outputs of one type of resource.

    A type's class is generated (`declared`): its `__init__` gathers what was given and hands it to `_begin`, which
    makes properties of it and hands them to `_declare` of the next class, which is the one that registers:
    `DynamicResource` here, `PluginResource` in `pulumi_computenest.plugin`. Only the outermost is an `__init__`: the
    SDK takes whoever calls the third constructor from within for the program's line.
    """

    _type: ClassVar[str]
    _taken: ClassVar[tuple[str, ...]] = ()
    """Outputs that programs may take; each costs the SDK some 0.1 ms a resource."""
    _also: ClassVar[tuple[str, ...]] = ()
    """Outputs that other resources of this program take."""
    _needed: ClassVar[tuple[str, ...]] = ()
    """Arguments that nothing can be made without."""
    _concealed: ClassVar[tuple[tuple[str, ...], ...]] = ()
    """Paths to parts of arguments that are secrets whatever the program says; lists take no place in them."""
    _word: ClassVar[str] = "resource"
    """What messages call it."""

    def _begin(self, name: str, given: dict[str, Any], opts: pulumi.ResourceOptions | None) -> None:
        """Args:
        name: the logical name.
        given: property -> value, None for what was left out; sugar by the argument's own name.
        opts: the program's own options.

        Raises:
            pulumi.RunError: something is missing, or another resource of this run has the same type and name.
        """
        missing = [f"`{key}`" for key in self._needed if given[key] is None]
        if missing:
            raise pulumi.RunError(f"{self._type} {name!r}: {', '.join(missing)} has no value: None was given")
        owner = {"ownerId": mint(self._type, name)}
        given = {key: value for key, value in given.items() if value is not None}
        for path in self._concealed:
            given = concealed(given, path)
        given, opts = self._prepared(name, given, opts)
        outputs = dict.fromkeys((*self._taken, *self._also))
        self._declare(name, outputs | owner | given, opts)

    def _prepared(self, _name: str, given: dict[str, Any], opts: pulumi.ResourceOptions | None) -> Prepared:
        """What was given as the provider takes it: sugar turns here into properties."""
        return given, opts

    def _declare(self, name: str, properties: Mapping[str, Any], opts: pulumi.ResourceOptions | None) -> None:
        """Args:
        name: the logical name.
        properties: inputs as given, and None for every output that is no input.
        opts: the program's own options.
        """
        raise NotImplementedError

    def _get(self, name: str) -> pulumi.Output[Any]:
        return cast("pulumi.Output[Any]", self.__dict__[name])


class DynamicResource(Declaration, Resource):
    """A declaration registered as a dynamic resource, with an alias of the plugin's type."""

    provider: ClassVar[type[ResourceProvider]]
    """Pickled by reference into the state."""

    def _declare(self, name: str, properties: Mapping[str, Any], opts: pulumi.ResourceOptions | None) -> None:
        refuse_provider(self._type, name, opts)
        aliased = with_alias(opts, plugin_type(self._type), name)
        Resource.__init__(self, self.provider(), name, dict(properties), aliased)
        untrack(self)


class GatedResource(DynamicResource):
    """A dynamic resource whose run fails where it left a gap, whoever depends on it or not: the host of dynamic
    providers cannot say so itself without losing the id."""

    _watched: ClassVar[tuple[str, ...]] = ("status", "reasons")
    """Outputs that tell of a gap."""

    def _declare(self, name: str, properties: Mapping[str, Any], opts: pulumi.ResourceOptions | None) -> None:
        self._declared_at_s = time.time()
        self._logical_name = name
        gate = {**dict.fromkeys(self._watched), "attemptedAt": None}  # an output is there only where it is declared
        super()._declare(name, {**gate, **properties, "logicalName": name}, opts)
        observed = pulumi.Output.all(self._get("attemptedAt"), *(self._get(key) for key in self._watched))
        self._gate = observed.apply(self._refuse_gap)

    def _refuse_gap(self, observed: Sequence[Any]) -> bool:
        attempted_at_s, *watched = observed
        said = self._gap(watched) if (attempted_at_s or 0) >= self._declared_at_s else ""
        if said:
            raise ending(said)
        return True

    def _gap(self, watched: Sequence[Any]) -> str:
        """What this run left undone, "" where nothing is."""
        status, reasons = watched
        if status != INCOMPLETE:
            return ""
        why = "; ".join(str(reason) for _, reason in sorted((reasons or {}).items()))
        return (
            f"{self._word} {self._logical_name!r} is incomplete: {why}. "
            "Run `pulumi up` again to go on where it stopped."
        )


def concealed(value: Any, path: Sequence[str]) -> Any:
    """A value with what stands at the path as a secret. What is an output already tells by itself what is secret."""
    if not path:
        return None if value is None else pulumi.Output.secret(value)
    if isinstance(value, Arguments):
        value = value.properties()
    if isinstance(value, list | tuple):
        return [concealed(one, path) for one in value]
    if isinstance(value, Mapping) and path[0] in value:
        return {**value, path[0]: concealed(value[path[0]], path[1:])}
    return value


def has_output(value: Any) -> bool:
    """Whether anything in it may be a secret."""
    if isinstance(value, Mapping):
        return any(map(has_output, value.values()))
    return any(map(has_output, value)) if isinstance(value, list | tuple) else isinstance(value, pulumi.Output)


def refuse_provider(type_name: str, name: str, opts: pulumi.ResourceOptions | None) -> None:
    """Dynamic resources have no provider of their own: the engine would take the option and never use it.

    Raises:
        pulumi.RunError: a provider of this package is given, and what to write instead.
    """
    if opts is None or (opts.provider is None and not opts.providers):
        return
    several = opts.providers or ()
    given = [opts.provider, *(several.values() if isinstance(several, Mapping) else several)]
    if any(one is not None and one.package == "computenest" for one in given):
        raise pulumi.RunError(
            f"{type_name} {name!r}: a dynamic resource takes no `provider=`. For another account name it: "
            '`account="customer"`, a key of `computenest:accounts` in the stack\'s configuration. For another site, or '
            "providers of your own, import `pulumi_computenest.plugin` in place of `pulumi_computenest`: nothing is "
            "replaced."
        )


def with_alias(opts: pulumi.ResourceOptions | None, type_token: str, name: str) -> pulumi.ResourceOptions:
    """The options with one more alias: the same resource under another type.

    Without a parent the whole URN is known and written out: of an `Alias`, the SDK makes ten outputs, each with a
    task of its own. With one it stays an `Alias`, as the parent's own name may be an output.

    Args:
        opts: the program's own options; not changed.
        type_token: the other type, `computenest:index:EcsImagePackage`.
        name: the logical name.
    """
    if opts is not None and opts.parent is not None:
        return pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(aliases=[pulumi.Alias(type_=type_token)]))
    urn = f"urn:pulumi:{pulumi.get_stack()}::{pulumi.get_project()}::{type_token}::{name}"
    aliases = pulumi.ResourceOptions(aliases=[urn])
    return aliases if opts is None else pulumi.ResourceOptions.merge(opts, aliases)


def untrack(resource: pulumi.Resource) -> None:
    """Takes a resource's own outputs off the SDK's list of what a program has still to wait for.

    The SDK waits for every registration first, and a registration resolves all outputs of its resource, in success
    and in failure. Then it waits for everything on that list, and begins again with the whole list whenever anything
    on it is done: with a thousand resources of fifteen outputs a third of the program's time. Outputs that are made of
    these (`apply`) stay on it.

    The list is no part of any interface (`SETTINGS.outputs`, and `_data` of an output): where it is not as expected,
    nothing happens but that.
    """
    kept = getattr(settings, "SETTINGS", None)
    tracked, lock = getattr(kept, "outputs", None), getattr(kept, "lock", None)
    if not isinstance(tracked, set) or lock is None:
        return
    own = [getattr(value, "_data", None) for value in vars(resource).values() if isinstance(value, pulumi.Output)]
    with lock:
        tracked.difference_update(own)


def ending(text: str) -> pulumi.RunError:
    """The error that fails a run for what was left undone: the program ends with it, and waits for what else it has
    registered.

    Where something else of the run fails meanwhile the engine interrupts the program there, and Python would show the
    place it waited at, as if that were what went wrong. So a program that the engine's language host runs shows no
    interruption from now on; one that runs the engine itself (automation) is somebody's own, and left alone.
    """
    frame = sys._getframe()  # noqa: SLF001
    while frame.f_back is not None:
        frame = frame.f_back
    if frame.f_code.co_filename.endswith(_LANGUAGE_HOST):
        sys.excepthook = _without_interruption
    return pulumi.RunError(text)


def _without_interruption(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    if not issubclass(kind, KeyboardInterrupt):
        sys.__excepthook__(kind, error, trace)
