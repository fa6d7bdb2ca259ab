"""What the control plane is sent, as typed values; what is wrong is said of each field, with the way out."""

from collections.abc import Mapping
from difflib import get_close_matches
from typing import Annotated, Any, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails, PydanticCustomError

from computenest_cloud.catalogue import regions
from computenest_cloud.errors import ControlError


def place(*parts: str | int) -> str:
    """`images[0].region` of its parts; empty ones are left out."""
    text = ""
    for part in parts:
        if isinstance(part, int):
            text += f"[{part}]"
        elif part:
            text += f".{part}" if text else part
    return text


def meant(given: str, known: list[str]) -> str:
    """The nearest of what there is, or all of it."""
    near = get_close_matches(given, known, 1)
    return f"did you mean {near[0]}?" if near else f"there are {', '.join(sorted(known))}"


def _known_region(region: str) -> str:
    if region not in regions():
        raise PydanticCustomError("region", "{why}", {"why": f"no region {region!r}: {meant(region, list(regions()))}"})
    return region


RegionId = Annotated[str, AfterValidator(_known_region)]


def findings(failure: ValidationError, model: type[BaseModel] | None = None) -> list[tuple[str, str]]:
    """Where and why, one a mistake: a list is not too short as well where an entry of it is wrong."""
    errors = failure.errors()
    places = [error["loc"] for error in errors]
    return [
        (place(*error["loc"]), _sentence(error, {} if model is None else model.model_fields))
        for error in errors
        if not any(len(other) > len(error["loc"]) and other[: len(error["loc"])] == error["loc"] for other in places)
    ]


def _sentence(error: ErrorDetails, fields: Mapping[str, FieldInfo]) -> str:
    """Pydantic's own words, and what to do next where they do not say it."""
    kind, said = error["type"], error["msg"].removeprefix("Value error, ")
    if kind == "extra_forbidden":
        known = meant(str(error["loc"][-1]), list(fields)) if fields else "docs/embedded-cloud.md lists them"
        return f"no such field: {known}"
    if kind == "missing":
        return "is missing: give it"
    if kind == "model_type":
        return f"a map is expected, with {', '.join(fields)}"
    if kind == "string_pattern_mismatch" and (field := fields.get(str(error["loc"][0]))) and field.description:
        return f"{error['input']!r} is none: give {field.description}"
    if kind == "string_type" and not isinstance(error["input"], dict | list | None):
        return f"YAML reads {error['input']!r} as something else than text: write it in quotes"
    return said[:1].lower() + said[1:]


class BadBodyError(ControlError):
    """Everything that is wrong with one body."""

    def __init__(self, found: list[tuple[str, str]]) -> None:
        super().__init__(400, "; ".join(f"{at}: {why}" if at else why for at, why in found))
        self.found = found

    @property
    def reasons(self) -> list[tuple[str, str]]:
        return self.found


class Body(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    @classmethod
    def of(cls, given: Any) -> Self:
        """Raises `BadBodyError`."""
        try:
            return cls.model_validate(given)
        except ValidationError as failure:
            raise BadBodyError(findings(failure, cls)) from None
