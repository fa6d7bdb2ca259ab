"""What a `ServiceInstance` takes of services and associations, and what it gives while reviewers keep it waiting."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, TypeAlias

import pulumi

from pulumi_computenest.declaration import Declaration, GatedResource, Prepared, has_output
from pulumi_computenest.declared.references import ASSOCIATION_REFERENCE, SERVICE_REFERENCE
from pulumi_computenest.declared.service import ServiceDeclaration
from pulumi_computenest.declared.service_image_association import ServiceImageAssociationDeclaration

__all__ = ["Dynamic", "Sugar"]

HIDES = ("concealed", "serviceId")

_WAITING = "Waiting"
"""The domain's own word, written here because a program starts without the domain (a test sees that they agree)."""


class _NothingYet(dict[str, Any]):
    """An empty map that says why it is empty to whoever takes a key."""

    def __init__(self, said: str) -> None:
        super().__init__()
        self._said = said

    def __missing__(self, key: str) -> Any:
        raise pulumi.RunError(f"{self._said} ({key!r})")


class _NoneYet(list[Any]):
    """An empty list that does."""

    def __init__(self, said: str) -> None:
        super().__init__()
        self._said = said

    def __getitem__(self, index: Any) -> Any:
        raise pulumi.RunError(f"{self._said} ([{index}])")


def _refusing(value: Any, said: str) -> Any:
    if value:
        return value
    return _NoneYet(said) if isinstance(value, list) else _NothingYet(said)


AnyService: TypeAlias = "ServiceDeclaration | pulumi.Input[str]"
Parameters: TypeAlias = "Mapping[str, pulumi.Input[Any]] | pulumi.Output[Mapping[str, Any]]"


class Arguments:
    """What programs write."""

    service: AnyService
    """A Service of this stack, or the id of anybody's service that this account may deploy. Changing it replaces the
    instance."""
    association: ServiceImageAssociationDeclaration | None = None
    """What the service's template is associated with, so that a preview shows the image of each resource; of a Service
    the association that it was given for this template."""
    parameters: Parameters | None = None
    """Parameters of the template. Other parameters alone replace the instance, unless `operation` is given; together
    with another version they are part of the upgrade. Secret ones stay secret."""


class Sugar(Declaration):
    """An instance as a program declares it, and its outputs as far as they are there."""

    _also: ClassVar[tuple[str, ...]] = ("expectedImages", "outputs", "reason")
    _word: ClassVar[str] = "service instance"

    def _prepared(self, name: str, given: dict[str, Any], opts: pulumi.ResourceOptions | None) -> Prepared:
        given, opts = super()._prepared(name, given, opts)
        service = given.pop("service")
        concealed, is_secret = _concealed(given.get("parameters"))
        association = _association(service, given.pop("association", None), given.get("templateName"))
        self._expects = association is not None
        self._resource_name = name
        if is_secret:  # what a deployment puts out may repeat, or be made of, what it was given
            secret = pulumi.ResourceOptions(additional_secret_outputs=["outputs"])
            opts = pulumi.ResourceOptions.merge(opts, secret)
        taken = {**_service(service), "concealed": concealed}
        if association is not None:
            taken["association"] = {key: association.__dict__[key] for key in ASSOCIATION_REFERENCE}
        return given | {key: value for key, value in taken.items() if value is not None}, opts

    @property
    def expected_images(self) -> pulumi.Output[Mapping[str, str]]:
        """Logical id -> the image that its association promises, known in a preview already; {} without one."""
        return self._get("expectedImages") if self._expects else pulumi.Output.from_input({})

    @property
    def images(self) -> pulumi.Output[Mapping[str, str]]:
        """Logical id -> the image that the resource really runs; `Group.Inner` for one of a nested stack. Empty while
        the instance waits for reviewers: to take one of them ends the run then."""
        return self._once_deployed("images")

    @property
    def resources(self) -> pulumi.Output[Sequence[Mapping[str, str]]]:
        """Everything that the deployment made: logicalId, type, physicalId, status, region, imageId."""
        return self._once_deployed("resources")

    @property
    def outputs(self) -> pulumi.Output[Mapping[str, Any]]:
        """The outputs of the template."""
        return self._once_deployed("outputs")

    def _once_deployed(self, name: str) -> pulumi.Output[Any]:
        """An output that is empty while there is no instance; a dependent never receives a part of it."""
        said = (
            f"service instance {self._resource_name!r} waits until the reviewers have approved its service, so nothing "
            f"of its {name} is there to be taken yet; run `pulumi up` again once they have, or leave out what takes it"
        )
        both = pulumi.Output.all(self._get(name), self._get("status"))
        return both.apply(lambda found: _refusing(found[0], said) if found[1] == _WAITING else found[0])


class Dynamic(Sugar, GatedResource):
    """An instance as a dynamic resource."""

    _watched: ClassVar[tuple[str, ...]] = ("reason", "instanceId")

    def _gap(self, watched: Sequence[Any]) -> str:
        reason, instance_id = watched
        return f"service instance {self._logical_name!r} ({instance_id}) is not deployed: {reason}" if reason else ""


def _service(service: AnyService) -> dict[str, Any]:
    """The id, or what a Service says of itself: the keys that are unknown in a preview, and those that are not."""
    if not isinstance(service, ServiceDeclaration):
        return {"serviceId": service}
    return {"service": {key: service.__dict__[key] for key in SERVICE_REFERENCE}}


def _association(
    service: AnyService,
    association: ServiceImageAssociationDeclaration | None,
    template_name: pulumi.Input[str] | None,
) -> ServiceImageAssociationDeclaration | None:
    if association is not None or not isinstance(service, ServiceDeclaration):
        return association
    if isinstance(template_name, str):
        return service.associations.get(template_name)
    return next(iter(service.associations.values())) if len(service.associations) == 1 else None


def _concealed(parameters: Any) -> tuple[list[str] | pulumi.Output[list[str]] | None, bool]:
    """Names of the parameters whose value may be secret: every one that is an output. That some are is known at once;
    whether an output is a secret only later."""
    if isinstance(parameters, pulumi.Output):
        return pulumi.Output.unsecret(parameters.apply(lambda known: sorted(known or {}))), True
    given = parameters if isinstance(parameters, Mapping) else {}  # what is no map is the check's to refuse
    names = sorted(name for name, value in given.items() if has_output(value))
    return names or None, bool(names)
