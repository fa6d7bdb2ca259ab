"""The call that the stock host is answering in this thread: which resource it is about, and how to refuse it well.

The host hands a provider neither: both are local variables of its own methods, which no interface promises. So they are
looked for among the callers, and where they are not as expected nothing is lost but the comfort.
"""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import grpc

F = TypeVar("F", bound=Callable[..., Any])

HOST = "pulumi.dynamic.__main__"
_METHODS = frozenset({"Check", "Create", "Delete", "Diff", "Read", "Update"})  # those that ask a provider


@dataclass(frozen=True, slots=True)
class HostCall:
    """One call of the engine's.

    Args:
        urn: of the resource, "" where that cannot be told.
        context: gRPC's, None where it cannot be reached.
    """

    urn: str = ""
    context: grpc.ServicerContext | None = None

    @property
    def name(self) -> str:
        """The resource's logical name."""
        return "::".join(self.urn.split("::")[3:])

    @classmethod
    def current(cls) -> HostCall:
        """The call that this thread answers; an empty one outside of any."""
        frame = sys._getframe(1)  # noqa: SLF001
        while frame.f_back is not None:
            frame = frame.f_back
            spec = frame.f_globals.get("__spec__")
            if frame.f_code.co_name in _METHODS and getattr(spec, "name", "") == HOST:
                urn, context = getattr(frame.f_locals.get("request"), "urn", ""), frame.f_locals.get("context")
                known = context if isinstance(context, grpc.ServicerContext) else None
                return cls(urn if isinstance(urn, str) else "", known)
        return cls()


def is_inside_host() -> bool:
    """Whether this process is the engine's host of dynamic providers."""
    spec = getattr(sys.modules.get("__main__"), "__spec__", None)
    return spec is not None and spec.name == HOST


def engine_address() -> str | None:
    """The engine's address, which the host is started with."""
    return sys.argv[1] if is_inside_host() and len(sys.argv) > 1 else None


def refusing(nothing: Callable[[], Any]) -> Callable[[F], F]:
    """A provider's method whose errors reach people in their own words.

    The details of a fault go to the engine's debug log. The error is set on gRPC's context, and the method returns:
    whatever is raised the host words anew, older ones as `Exception calling application`, newer ones (3.260) as their
    own stack trace, and so they do what `abort` raises. What is returned beside an error never reaches the engine.

    Args:
        nothing: makes the result that the host takes in the place of one.
    """

    def wrapping(method: F) -> F:
        @functools.wraps(method)
        def refused(*args: Any) -> Any:
            try:
                return method(*args)
            except Exception as raised:
                context = HostCall.current().context
                if context is None and not is_inside_host():
                    raise
                from computenest.cloud.faults import as_domain_error  # noqa: PLC0415 - a program never needs it
                from computenest.serve.dynamic.status import TOLD, EngineStatus  # noqa: PLC0415

                error = as_domain_error(raised, log=EngineStatus.of_this_process().debug)
                if context is None:
                    raise error from raised
                context.set_code(grpc.StatusCode.UNKNOWN)
                said = TOLD.sentence(error, name=HostCall.current().name)
                context.set_details(said.encode(errors="replace").decode())
                return nothing()

        return refused  # type: ignore[return-value]

    return wrapping
