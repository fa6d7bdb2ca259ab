"""Containers of a group: as they are wanted, as the API takes them, and a shown one in the words of a wanted one.

Source of the API's fields: facts §10.1; of probes and volumes: §10.8.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import EllipsisType
from typing import Annotated, ClassVar, Literal, Self, TypeAlias, TypeVar, cast

from computenest.kernel.arguments import Count, Number
from computenest.kernel.fields import About
from computenest.kernel.unknown import Maybe
from computenest.kernel.values import Json, Model, as_written

T = TypeVar("T")
PROBE_COUNTS = {
    "initial_delay_s": "InitialDelaySeconds",
    "period_s": "PeriodSeconds",
    "timeout_s": "TimeoutSeconds",
    "success_threshold": "SuccessThreshold",
    "failure_threshold": "FailureThreshold",
}
"""Of a probe: field -> the API's name."""
_AS_NAMED = ("name", "imagePullPolicy", "command", "cpu", "memory", "gpu", "workingDir")
"""Of a container: what the API takes by the same name."""
Default: TypeAlias = str | bool | EllipsisType


class Part(Model):
    """A part of a declaration, which the cloud shows with its own defaults filled in."""

    defaults: ClassVar[Mapping[str, Default]] = {}
    """Field -> what the cloud takes where it is left out; ... where that is the cloud's to choose."""

    def like(self, other: Self) -> Self:
        """This one as shown, without what the other leaves out and the cloud has filled in."""
        shown = {name: getattr(self, name) for name in type(self).model_fields}
        said = {name: there for name in other.model_fields_set if (there := getattr(other, name)) is not None}
        more = {
            name: here
            for name, here in shown.items()
            if name not in said and here not in (None, "", ()) and self.defaults.get(name) not in (here, ...)
        }
        return type(self)(**more, **{name: in_words_of(shown[name], there) for name, there in said.items()})


def in_words_of(here: T, there: T) -> T:
    """A shown value as a program would write it, which wrote `there`."""
    if isinstance(here, Part) and isinstance(there, Part):
        return cast("T", here.like(there))
    if isinstance(here, tuple) and isinstance(there, tuple) and len(here) == len(there):
        return cast("T", tuple(in_words_of(*both) for both in zip(here, there, strict=True)))
    return there if not here and not there else here


class Port(Part):
    """A port that a container listens on."""

    defaults: ClassVar[Mapping[str, Default]] = {"protocol": "TCP"}

    port: Annotated[Maybe[Count], About("From 1 to 65535.")]
    protocol: Annotated[Maybe[Literal["TCP", "UDP"]] | None, About("`TCP` (the default) or `UDP`.")] = None


class HttpGet(Part):
    """A request of a probe: an answer from 200 to 399 is well."""

    defaults: ClassVar[Mapping[str, Default]] = {"scheme": "HTTP"}

    port: Annotated[Maybe[Count], About("From 1 to 65535.")]
    path: Annotated[Maybe[str] | None, About("`/healthz`.")] = None
    scheme: Annotated[Maybe[Literal["HTTP", "HTTPS"]] | None, About("`HTTP` (the default) or `HTTPS`.")] = None


class Probe(Part):
    """How the cloud looks whether a container is well: exactly one of a request, a port and a command."""

    defaults: ClassVar[Mapping[str, Default]] = dict.fromkeys(PROBE_COUNTS, ...)

    http_get: Annotated[HttpGet | None, About("A request that has to succeed.")] = None
    tcp_port: Annotated[Maybe[Count] | None, About("A port that has to take connections.")] = None
    command: Annotated[Maybe[tuple[Maybe[str], ...]] | None, About("A command that has to end with 0.")] = None
    initial_delay_s: Annotated[Maybe[Count] | None, About("Seconds from the container's start to the first look.")] = (
        None
    )
    period_s: Annotated[Maybe[Count] | None, About("Seconds between looks.")] = None
    timeout_s: Annotated[Maybe[Count] | None, About("Seconds after which a look has failed.")] = None
    success_threshold: Annotated[Maybe[Count] | None, About("Successes in a row that make it well again.")] = None
    failure_threshold: Annotated[Maybe[Count] | None, About("Failures in a row that make it ill.")] = None

    def request(self) -> dict[str, Json]:
        """As CreateContainerGroup takes it, nothing of it unknown."""
        given = self.wire()
        http = given.get("httpGet")
        return {
            "HttpGet": http and as_written(http),
            "TcpSocket": {"Port": given["tcpPort"]} if "tcpPort" in given else None,
            "Exec": {"Command": given["command"]} if "command" in given else None,
            **{api: getattr(self, name) for name, api in PROBE_COUNTS.items()},
        }


class VolumeMount(Part):
    """Where a container has a volume of its group."""

    defaults: ClassVar[Mapping[str, Default]] = {"read_only": False}

    name: Annotated[Maybe[str], About("The volume's.")]
    mount_path: Annotated[Maybe[str], About("Where it is in the container, `/data`.")]
    read_only: Annotated[Maybe[bool] | None, About("Whether the container may only read it.")] = None
    sub_path: Annotated[Maybe[str] | None, About("Which folder of the volume, by default the whole of it.")] = None


class Container(Part):
    """One container of a group."""

    name: Annotated[Maybe[str], About("Its name, once in a group.")]
    image: Annotated[
        Maybe[str] | None,
        About(
            "`registry/repository:tag`, of a registry that asks for no login, or whose login or instance the group "
            "has. Either this or `package`."
        ),
    ] = None
    package: Annotated[
        Maybe[str] | None,
        About(
            "The `reference` of a ContainerImagePackage: pulled from Compute Nest's registry with a temporary key, "
            "which a run takes by itself and which is in no state. Where its tag is moved, write "
            "`reference@digest`."
        ),
    ] = None
    image_pull_policy: Annotated[
        Maybe[Literal["Always", "IfNotPresent", "Never"]] | None,
        About("When it is pulled: `IfNotPresent` on the machine (the default), `Always`, or `Never`."),
    ] = None
    command: Annotated[Maybe[tuple[Maybe[str], ...]] | None, About("In place of the image's entry point.")] = None
    args: Annotated[Maybe[tuple[Maybe[str], ...]] | None, About("In place of the image's command.")] = None
    cpu: Annotated[Maybe[Number] | None, About("vCPUs.")] = None
    memory: Annotated[Maybe[Number] | None, About("GiB.")] = None
    gpu: Annotated[Maybe[Count] | None, About("GPUs, of a group whose `instanceType` has some.")] = None
    environment: Annotated[Maybe[Mapping[str, Maybe[str]]] | None, About("Variable -> value.")] = None
    ports: Annotated[Maybe[tuple[Port, ...]] | None, About("What it listens on.")] = None
    volume_mounts: Annotated[Maybe[tuple[VolumeMount, ...]] | None, About("Which volumes it has, and where.")] = None
    liveness_probe: Annotated[Probe | None, About("One that fails starts it again, as the restart policy says.")] = None
    readiness_probe: Annotated[Probe | None, About("One that fails takes it out of what is served.")] = None
    working_dir: Annotated[Maybe[str] | None, About("Where its command begins.")] = None

    @property
    def reference(self) -> Maybe[str]:
        """What is pulled."""
        return self.package or self.image or ""

    def like(self, other: Container) -> Container:
        """This one as shown, without what the other leaves out: that is the cloud's to choose."""
        shown = {"package": self.image, "image": None} if other.package is not None else {}
        here = self.model_copy(update=shown)
        said = {name: there for name in other.model_fields_set if (there := getattr(other, name)) is not None}
        return Container(**{name: in_words_of(getattr(here, name), there) for name, there in said.items()})

    def request(self, *, is_init: bool = False) -> dict[str, Json]:
        """As CreateContainerGroup and UpdateContainerGroup take it, nothing of it unknown."""
        given = self.wire()
        variables = given.get("environment", {})
        probes = {} if is_init else {"LivenessProbe": self.liveness_probe, "ReadinessProbe": self.readiness_probe}
        return {
            **as_written({key: given[key] for key in _AS_NAMED if key in given}),
            "Image": self.reference,
            "Arg": given.get("args"),
            "EnvironmentVar": [{"Key": key, "Value": value} for key, value in sorted(variables.items())],
            "Port": [as_written(one) for one in given.get("ports", ())],
            "VolumeMount": [as_written(one) for one in given.get("volumeMounts", ())],
            **{name: probe.request() for name, probe in probes.items() if probe is not None},
        }
