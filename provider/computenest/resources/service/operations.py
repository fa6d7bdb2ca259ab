"""Upgrades and operations of a service as values, and as the API's documents (UpgradeMetadata, OperationMetadata)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Annotated, Literal, TypeVar

from pydantic import BaseModel, BeforeValidator, Field, ValidationError

from computenest.kernel.fields import About
from computenest.kernel.values import Json, Model

M = TypeVar("M", bound=BaseModel)

USUAL = ("Configuration", "Resource")
"""What an upgrade changes where nobody says anything else."""

Power = Literal["Start", "Stop", "Restart"]
POWER = ("Start", "Stop", "Restart")
VersionName = Annotated[
    str, BeforeValidator(lambda value: str(int(value)) if isinstance(value, int | float) else value)
]
"""A version's name; programs may give its number."""


class ServiceUpgrades(Model):
    """From which versions an instance may be upgraded to this one, and back."""

    allowed: Annotated[
        bool, About("Whether instances of earlier versions may be upgraded to this one; by default they may.")
    ] = True
    from_versions: Annotated[
        tuple[VersionName, ...] | None, About("From which versions; by default from every one that there is by then.")
    ] = None
    rollback: Annotated[bool, About("Whether an instance may go back to the version before; by default it may.")] = True
    components: Annotated[
        tuple[str, ...], About("What an upgrade changes: `Configuration`, `Resource`; by default both.")
    ] = USUAL
    description: Annotated[str | None, About("What customers read of it.")] = None

    def api(self, numbers: Collection[str] | None) -> dict[str, Json]:
        """`UpgradeMetadata`; {} where no upgrade is allowed.

        Args:
            numbers: the versions that there are, for a program that names none; None leaves them out.
        """
        if not self.allowed:
            return {}
        versions = numbers if self.from_versions is None else self.from_versions
        found: dict[str, Json] = {"SupportRollback": self.rollback, "UpgradeComponents": list(self.components)}
        if versions is not None:
            found["SupportUpgradeFromVersions"] = [int(name) if name.isdigit() else name for name in versions]
        return found if self.description is None else {**found, "Description": self.description}


class ServiceOperation(Model):
    """One change that a customer may make of an instance that runs."""

    parameters: Annotated[tuple[str, ...], About("Which of the template's parameters it changes.")] = ()
    description: Annotated[str | None, About("What customers read of it.")] = None
    type: Annotated[str, About("`Custom`: parameters are changed; another one in the API's own words.")] = "Custom"
    options: Annotated[Mapping[str, Json], About("Further keys of it in the API's own words.")] = Field(
        default_factory=dict
    )

    def api(self, name: str) -> dict[str, Json]:
        said = {} if self.description is None else {"Description": self.description}
        return {"Name": name, **said, "Type": self.type, "Parameters": list(self.parameters), **self.options}


class ServiceOperations(Model):
    """What may be done with an instance that runs, template by template."""

    changes: Annotated[
        Mapping[str, Mapping[str, ServiceOperation]],
        About("Template -> name of the operation -> what it changes: what `operation` of an instance names."),
    ] = Field(default_factory=dict)
    power: Annotated[
        Mapping[str, tuple[Power, ...]],
        About("Template -> what may be done with its machines: `Start`, `Stop`, `Restart`."),
    ] = Field(default_factory=dict)
    backup: Annotated[bool | None, About("Whether backups may be made.")] = None
    options: Annotated[Mapping[str, Json], About("Further keys of OperationMetadata in the API's own words.")] = Field(
        default_factory=dict
    )

    def api(self) -> dict[str, Json]:
        """`OperationMetadata`, as far as this says anything of it."""
        found: dict[str, Json] = dict(self.options)
        if self.changes:
            found["ModifyParametersConfig"] = [
                {"TemplateName": template, "Operation": [one.api(name) for name, one in sorted(named.items())]}
                for template, named in sorted(self.changes.items())
            ]
        if self.power:
            found["StatusOperationConfigs"] = [
                {"TemplateName": template, "SupportOperations": list(what)}
                for template, what in sorted(self.power.items())
            ]
        return found if self.backup is None else {**found, "SupportBackup": self.backup}

    def seen(self, shown: ServiceOperations) -> ServiceOperations:
        """Of what a version says only what this says anything of, in its own normal form."""
        options = {key: value for key, value in shown.options.items() if key in self.options}
        there, said = normal(shown.model_copy(update={"options": options})), normal(self)
        return kept(there, said.model_fields_set)


def readable(model: type[M], value: Json) -> M:
    """What somebody wrote, as a model; the model's own defaults of what is in a form that nobody knows."""
    try:
        return model.model_validate(value)
    except ValidationError:
        return model()


def normal(model: M) -> M:
    """The one form that checked inputs, states and what is observed have: what is as it comes is unset."""
    return type(model).model_validate(model.model_dump(exclude_defaults=True))


def kept(model: M, names: Collection[str]) -> M:
    """With what is set of these fields alone."""
    return type(model).model_validate(model.model_dump(exclude_unset=True, include=set(names)))
