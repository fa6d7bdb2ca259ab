"""What the annotations of a package say, read: ours, and sealer's (0.11.0, pkg/define/image/v1)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from computenest.kernel.errors import Invalid

T = TypeVar("T")


class _Read(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class Application(_Read):
    """An application of a package, and how it is launched."""

    name: str
    cmds: tuple[str, ...] | None = None


class Launch(_Read):
    """Which applications are launched, in this order; all where none is named."""

    app_names: tuple[str, ...] | None = None


class Extension(_Read):
    """`sealer.image.extension`."""

    type: str = ""
    applications: tuple[Application, ...] | None = None
    launch: Launch | None = None


class ContainerImage(_Read):
    """An entry of `sealer.image.container.images`."""

    image: str


class ToldChart(_Read):
    """A chart, as we say it."""

    version: str = ""
    digest: str = ""
    namespace: str = ""


class ToldContents(_Read):
    """`computenest.delivery.contents`."""

    name: str = ""
    version: str = ""
    charts: Mapping[str, ToldChart] = Field(default_factory=dict)
    images: Mapping[str, str] = Field(default_factory=dict)
    files: Mapping[str, str] = Field(default_factory=dict)


def read_annotation(text: str, kind: type[T], *, key: str, where: str) -> T:
    """The value of an annotation.

    Raises:
        Invalid: it is not what such a one is.
    """
    try:
        return TypeAdapter(kind).validate_json(text)
    except ValidationError as error:
        first = error.errors()[0]
        at = ".".join(map(str, first["loc"]))
        raise Invalid(f"{key} of {where} cannot be read: {at}: {first['msg']}".replace(": : ", ": ")) from error
