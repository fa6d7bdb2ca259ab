"""What is found of the stock host's call, on a gRPC server of the host's kind, in methods written as the host's are."""

from __future__ import annotations

import errno
import traceback
from collections.abc import Callable
from concurrent import futures
from importlib.machinery import ModuleSpec
from typing import Any

import grpc
import pytest
from google.protobuf import empty_pb2
from pulumi.runtime.proto import provider_pb2, provider_pb2_grpc

from computenest.kernel.errors import Conflict
from computenest.serve.dynamic.call import HOST, HostCall, refusing
from computenest.transports.dynamic.providers import EcsImagePackageProvider, ServiceImageAssociationProvider

URN = "urn:pulumi:dev::shop::pulumi-python:dynamic/computenest:EcsImagePackage::web"
WORDS = "artifact a-1 belongs to somebody else"

# As in pulumi/dynamic/__main__.py: the names of the method and of its arguments are all that is relied upon. tests/sets
# asks the host itself, in its oldest and newest releases.
HOST_METHOD = """
def Delete(self, request, context):
    provider.delete(request.id, {})
    return empty_pb2.Empty()
"""


class Deleting:
    """A provider that fails, and remembers which call it was asked in."""

    def __init__(self, *, error: Exception | None) -> None:
        self.error, self.calls = error, list[HostCall]()

    def delete(self, _id: str, _props: dict[str, Any]) -> None:
        self.calls.append(HostCall.current())
        if self.error is not None:
            raise self.error


class Refusing(Deleting):
    delete = refusing(lambda: None)(Deleting.delete)


# As newer hosts do (3.260): whatever is raised, also by `abort`, they word anew.
NEWER_HOST_METHOD = (
    HOST_METHOD
    + """
def worded_anew(fn):
    def wrapper(self, request, context):
        try:
            return fn(self, request, context)
        except Exception:
            context.abort(grpc.StatusCode.UNKNOWN, traceback.format_exc())
    return wrapper

Delete = worded_anew(Delete)
"""
)


def ask(provider: Deleting, *, module: str = HOST, method: str = HOST_METHOD) -> str:
    """What gRPC says of a delete that `provider` was asked for, "" where it succeeds."""
    names: dict[str, Any] = {
        "provider": provider,
        "empty_pb2": empty_pb2,
        "grpc": grpc,
        "traceback": traceback,
        "__spec__": ModuleSpec(module, None),
    }
    exec(method, names)
    servicer = type("Servicer", (provider_pb2_grpc.ResourceProviderServicer,), {"Delete": names["Delete"]})()
    with served(servicer) as stub:
        answer = stub.Delete.future(provider_pb2.DeleteRequest(id="a-1", urn=URN), timeout=30)
        assert answer.code() in {grpc.StatusCode.OK, grpc.StatusCode.UNKNOWN}
        return str(answer.details() or "")


class served:  # noqa: N801 - reads as a verb
    """A server of the host's kind for as long as it is needed."""

    def __init__(self, servicer: Any) -> None:
        self.server = grpc.server(futures.ThreadPoolExecutor(max_workers=1))
        provider_pb2_grpc.add_ResourceProviderServicer_to_server(servicer, self.server)
        self.channel = grpc.insecure_channel(f"127.0.0.1:{self.server.add_insecure_port('127.0.0.1:0')}")

    def __enter__(self) -> Any:
        self.server.start()
        return provider_pb2_grpc.ResourceProviderStub(self.channel)

    def __exit__(self, *_: object) -> None:
        self.channel.close()
        self.server.stop(None).wait()


@pytest.fixture
def conflict() -> Conflict:
    return Conflict(WORDS)


def test_a_refusal_is_told_in_its_own_words(conflict: Conflict) -> None:
    assert ask(Deleting(error=conflict)) == f"Exception calling application: {WORDS}", "what it would be otherwise"
    assert ask(Refusing(error=conflict)) == WORDS


def test_a_host_that_words_errors_anew_has_nothing_to_catch(conflict: Conflict) -> None:
    assert "Traceback" in ask(Deleting(error=conflict), method=NEWER_HOST_METHOD), "what it would be otherwise"
    assert ask(Refusing(error=conflict), method=NEWER_HOST_METHOD) == WORDS


def test_the_call_is_found_and_says_whose_it_is() -> None:
    provider = Refusing(error=None)
    assert ask(provider) == ""
    (call,) = provider.calls
    assert call.urn == URN
    assert call.context is not None


@pytest.mark.parametrize(
    "host",
    [
        pytest.param({"module": "somebody.else"}, id="another module"),
        pytest.param(
            {"method": HOST_METHOD.replace("Delete(", "Remove(") + "\nDelete = Remove\n"}, id="another method"
        ),
        pytest.param(
            {"method": HOST_METHOD.replace("request", "asked").replace("context", "of_the_call")}, id="other arguments"
        ),
    ],
)
def test_a_host_that_is_built_otherwise_costs_only_the_comfort(host: dict[str, str], conflict: Conflict) -> None:
    provider = Refusing(error=conflict)
    assert ask(provider, **host) == f"Exception calling application: {WORDS}"
    assert provider.calls == [HostCall()]


def test_a_fault_of_ours_is_no_refusal() -> None:
    told = ask(Refusing(error=KeyError("a value that nobody may see")))
    assert told.startswith("computenest has a fault here (KeyError), id ")
    assert "nobody may see" not in told


def test_what_the_machine_refuses_is_no_fault() -> None:
    refused = PermissionError(errno.EACCES, "Permission denied", "/project/.computenest")
    assert ask(Refusing(error=refused)).startswith("this machine refuses /project/.computenest: permission denied; ")


@pytest.mark.parametrize("provider", [EcsImagePackageProvider, ServiceImageAssociationProvider])
def test_every_operation_of_every_provider_refuses_well(provider: type) -> None:
    for name in ("check", "diff", "create", "read", "update", "delete"):
        method: Callable[..., Any] = getattr(provider, name)
        assert hasattr(method, "__wrapped__"), name
