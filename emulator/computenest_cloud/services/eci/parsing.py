"""What requests say of container groups, as typed values. Knows the encoding and what is well-formed.

Structures travel flat (`Container.1.Port.1.Port=80`); they are kept by the API's own names, whatever of them this cloud
does not act on, because they are shown again.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, TypeAdapter, ValidationError

from computenest_cloud.catalogue import regions
from computenest_cloud.containers.images import parse_image
from computenest_cloud.errors import ServiceError, invalid_parameter, missing_parameter
from computenest_cloud.wire.params import Params
from computenest_cloud.wire.values import finite, whole_number

NAME = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,126}[a-z0-9])")
VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,127}")
LIST_LIMIT, CONTAINERS, VOLUMES, TAGS, SWITCHES = 100, 20, 20, 20, 10
LEVELS = 8
COMMON = ("OwnerId", "OwnerAccount", "ResourceOwnerId", "ResourceOwnerAccount", "RegionId", "ClientToken", "DryRun")
APART = ("Container", "InitContainer", "ImageRegistryCredential", "AcrRegistryInfo", "Tag")


def _image(value: Any) -> str:
    parse_image(str(value))
    return str(value)


def _count(value: Any) -> float:
    found = float(finite(str(value)))
    if not 0 <= found <= 10_000:
        raise ValueError("from 0 to 10000")
    return found


Count = Annotated[float, BeforeValidator(_count)]
Policy = Literal["Always", "OnFailure", "Never"]


class _Port(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")
    port: int = Field(alias="Port", ge=1, le=65535)
    protocol: Literal["TCP", "UDP"] = Field("TCP", alias="Protocol")


class _Variable(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")
    key: str = Field(alias="Key", min_length=1, max_length=128, pattern=VARIABLE.pattern + "$")
    value: str = Field("", alias="Value")


class _Mount(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")
    name: str = Field(alias="Name", min_length=1)
    mount_path: str = Field(alias="MountPath", min_length=1)


class _Container(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")
    name: str = Field(alias="Name", min_length=1, max_length=128)
    image: Annotated[str, BeforeValidator(_image)] = Field(alias="Image")
    cpu: Count = Field(0.0, alias="Cpu")
    memory: Count = Field(0.0, alias="Memory")
    pull_policy: Literal["Always", "IfNotPresent", "Never"] = Field("IfNotPresent", alias="ImagePullPolicy")
    ports: tuple[_Port, ...] = Field((), alias="Port", max_length=LIST_LIMIT)
    environment: tuple[_Variable, ...] = Field((), alias="EnvironmentVar", max_length=LIST_LIMIT)
    mounts: tuple[_Mount, ...] = Field((), alias="VolumeMount", max_length=LIST_LIMIT)


class _Volume(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")
    name: str = Field(alias="Name", min_length=1)
    kind: Literal["EmptyDirVolume", "NFSVolume", "ConfigFileVolume", "FlexVolume", "DiskVolume", "HostPathVolume"] = (
        Field(alias="Type")
    )


class _Login(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")
    server: str = Field(alias="Server", min_length=1)
    username: str = Field(alias="UserName", min_length=1)
    password: str = Field(alias="Password", min_length=1)


_CONTAINERS = TypeAdapter(Annotated[tuple[_Container, ...], Field(max_length=CONTAINERS)])
_VOLUMES = TypeAdapter(Annotated[tuple[_Volume, ...], Field(max_length=VOLUMES)])
_LOGINS = TypeAdapter(Annotated[tuple[_Login, ...], Field(max_length=10)])


@dataclass(frozen=True)
class GroupRequest:
    """What CreateContainerGroup and UpdateContainerGroup say; None: not sent."""

    declared: Mapping[str, Any]
    containers: tuple[Mapping[str, Any], ...] | None
    init_containers: tuple[Mapping[str, Any], ...] | None
    cpu: float
    memory_gib: float
    restart_policy: Policy | None
    logins: tuple[Mapping[str, str], ...] | None
    registries: tuple[Mapping[str, Any], ...] | None
    tags: Mapping[str, str] | None


def tree(values: Mapping[str, str]) -> dict[str, Any]:
    """`A.1.B=x` as {"A": [{"B": "x"}]}: numbers are places in lists, in their order."""
    root: dict[str, Any] = {}
    for name, value in values.items():
        parts = name.split(".")[:LEVELS]
        at = root
        for part in parts[:-1]:
            held = at.setdefault(part, {})
            if not isinstance(held, dict):
                raise invalid_parameter(name[:64], "it is a value and a structure at once.")
            at = held
        if isinstance(at.get(parts[-1]), dict):
            raise invalid_parameter(name[:64], "it is a value and a structure at once.")
        at[parts[-1]] = value
    return {name: _listed(value) for name, value in root.items()}


def _listed(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    numbers = {key: whole_number(key) for key in value}
    if value and all(number is not None for number in numbers.values()):
        return [_listed(value[key]) for key in sorted(value, key=lambda key: numbers[key] or 0)]
    return {key: _listed(held) for key, held in value.items()}


def flat(name: str, value: Any) -> Iterator[tuple[str, str]]:
    """As a request carries them: `Container.1.Image`."""
    if isinstance(value, Mapping):
        for key, held in value.items():
            yield from flat(f"{name}.{key}" if name else str(key), held)
    elif isinstance(value, list | tuple):
        for number, held in enumerate(value, 1):
            yield from flat(f"{name}.{number}", held)
    elif value is not None:
        yield name, str(value).lower() if isinstance(value, bool) else str(value)


def _entries(body: Mapping[str, Any], name: str) -> tuple[Mapping[str, Any], ...] | None:
    if name not in body:
        return None
    found = body[name]
    if not isinstance(found, list) or not all(isinstance(entry, dict) for entry in found):
        raise invalid_parameter(name, "a list of structures is expected.")
    return tuple(found)


def _checked(adapter: TypeAdapter[Any], name: str, found: Any) -> Any:
    try:
        return adapter.validate_python(found)
    except ValidationError as failure:
        first = failure.errors()[0]
        place = ".".join(str(part + 1) if isinstance(part, int) else str(part) for part in first["loc"])
        if first["type"] == "missing":
            raise missing_parameter(f"{name}.{place}") from failure
        why = first["msg"].removeprefix("Value error, ")
        raise invalid_parameter(f"{name}.{place}".rstrip("."), f"{why}.") from failure


def region_of(params: Params) -> str:
    region = params.required("RegionId")
    if region not in regions():
        raise invalid_parameter("RegionId", f"unknown region {region!r}.")
    return region


def name_of(params: Params) -> str:
    name = params.required("ContainerGroupName")
    if not NAME.fullmatch(name):
        why = "2 to 128 lower-case letters, digits and hyphens are expected, no hyphen at either end."
        raise invalid_parameter("ContainerGroupName", why)
    return name


def size(params: Params, name: str) -> float:
    text = params.text(name)
    if not text:
        return 0.0
    try:
        return _count(text)
    except ValueError as failure:
        raise invalid_parameter(name, f"a number is expected, {text[:40]!r} was sent.") from failure


def _policy(text: str) -> Policy | None:
    match text:
        case "":
            return None
        case "Always" | "OnFailure" | "Never":
            return text
        case _:
            raise invalid_parameter("RestartPolicy", f"{text[:40]!r} is not Always, OnFailure or Never.")


def group_request(params: Params, *, is_new: bool) -> GroupRequest:
    body = tree(params.values)
    containers, init = _entries(body, "Container"), _entries(body, "InitContainer")
    if is_new and not containers:
        raise missing_parameter("Container")
    _check_containers(containers or (), init or ())
    if "Volume" in body:
        _check_twice("Volume", (entry.name for entry in _checked(_VOLUMES, "Volume", body["Volume"])))
    logins = _entries(body, "ImageRegistryCredential")
    policy = _policy(params.text("RestartPolicy"))
    if len(params.text("VSwitchId").split(",")) > SWITCHES:
        raise invalid_parameter("VSwitchId", f"at most {SWITCHES} are allowed.")
    tags = params.tags() if "Tag" in body else None
    if tags is not None and len(tags) > TAGS:
        raise invalid_parameter("Tag", f"at most {TAGS} are allowed.")
    return GroupRequest(
        declared={name: value for name, value in body.items() if name not in {*COMMON, *APART}},
        containers=containers,
        init_containers=init,
        cpu=size(params, "Cpu"),
        memory_gib=size(params, "Memory"),
        restart_policy=policy,
        logins=None
        if logins is None
        else tuple(
            {"server": login.server, "username": login.username, "password": login.password}
            for login in _checked(_LOGINS, "ImageRegistryCredential", logins)
        ),
        registries=_entries(body, "AcrRegistryInfo"),
        tags=tags,
    )


def _check_containers(containers: tuple[Mapping[str, Any], ...], init: tuple[Mapping[str, Any], ...]) -> None:
    """fact: eci-013: names once in a group; ports once in a group, variables once in a container (assumed)."""
    names: list[str] = []
    ports: list[str] = []
    for kind, found in (("Container", containers), ("InitContainer", init)):
        for number, container in enumerate(_checked(_CONTAINERS, kind, found), 1):
            names.append(container.name)
            ports += [f"{port.protocol}/{port.port}" for port in container.ports]
            _check_twice(f"{kind}.{number}.EnvironmentVar", (entry.key for entry in container.environment))
    _check_twice("Container.Name", names)
    _check_twice("Container.Port", ports)


def _check_twice(where: str, found: "Iterator[str] | list[str]") -> None:
    seen: set[str] = set()
    for entry in found:
        if entry in seen:
            raise ServiceError(400, "InvalidParameter.DuplicatedName", f"{where}: {entry[:80]!r} is there twice.")
        seen.add(entry)


def ids_of(params: Params, limit: int = 20) -> tuple[str, ...]:
    """fact: eci-020"""
    found = params.json_list("ContainerGroupIds")
    if len(found) > limit:
        raise invalid_parameter("ContainerGroupIds", f"at most {limit} ids are allowed.")
    return tuple(found)
