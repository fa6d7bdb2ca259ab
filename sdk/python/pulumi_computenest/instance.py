"""`ServiceInstance`: a service deployed in one region, as its customer does it."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any

import pulumi

from computenest.transports.dynamic.lifecycles import ServiceInstanceProvider
from pulumi_computenest.association import AssociationDeclaration
from pulumi_computenest.declaration import Declaration, DynamicResource, ending
from pulumi_computenest.identity import mint
from pulumi_computenest.service import ServiceDeclaration

__all__ = ["ServiceInstance", "ServiceInstanceDeclaration"]

_OUTPUTS = (
    "expectedImages",
    "generation",
    "images",
    "incarnation",
    "instanceId",
    "outputs",
    "reason",
    "resources",
    "status",
)


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


class ServiceInstanceDeclaration(Declaration):
    """A service deployed in one region: the region decides which image each of its resources runs.

    Args:
        resource_name: the logical name; also the instance's name unless `name` is given.
        service: a Service of this stack, or the id of anybody's service that this account may deploy.
        region: where to deploy. Changing it replaces the instance.
        service_version: the version to run; another one upgrades in place. By default a Service's own current version;
            of a service given by its id the one that is its default when the instance is made, kept from then on.
        template_name: which of the service's templates; needed where it has several. Changing it replaces the instance.
        parameters: of the template. Other parameters alone replace the instance, unless `operation` is given; together
            with another version they are part of the upgrade. Secret ones stay secret.
        association: what the service's template is associated with, so that a preview shows the image of each resource;
            of a Service the association that it was given for this template.
        operation: name of the supplier's operation that changes parameters in place.
        account: a key of `computenest:accounts`: the customer who deploys. Changing it replaces the instance.
        name: the instance's name in Compute Nest. Changing it replaces the instance.
        tags: tags of the instance.
        resource_group_id: changing it replaces the instance.
        timeout_s: the longest that one operation may take, in seconds (default 3600).
        upgrade: when another version of a Service upgrades: "changed" (the default), where it deploys something else in
            this region; "always"; or "replace", as "changed", and a new instance is made where a launch exchanged what
            the version deploys that it runs, to which no upgrade leads.

    A deployment that fails ends the run at once, with the cause; the next `pulumi up` makes a new instance and deletes
    the failed one. An upgrade that fails leaves what runs running.
    """

    def __init__(
        self,
        resource_name: str,
        *,
        service: ServiceDeclaration | pulumi.Input[str],
        region: pulumi.Input[str],
        service_version: pulumi.Input[str] | None = None,
        template_name: pulumi.Input[str] | None = None,
        parameters: Mapping[str, pulumi.Input[Any]] | pulumi.Output[Mapping[str, Any]] | None = None,
        association: AssociationDeclaration | None = None,
        operation: pulumi.Input[str] | None = None,
        account: str | None = None,
        name: pulumi.Input[str] | None = None,
        tags: pulumi.Input[Mapping[str, pulumi.Input[str]]] | None = None,
        resource_group_id: pulumi.Input[str] | None = None,
        timeout_s: pulumi.Input[int] | None = None,
        upgrade: pulumi.Input[str] | None = None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        concealed, is_secret = _concealed(parameters)
        promises = _promises(_association(service, association, template_name))
        self._expects = promises is not None
        properties: dict[str, Any] = {
            "ownerId": mint("ServiceInstance", resource_name),
            "name": name,
            **_service(service),
            "serviceVersion": service_version,
            "region": region,
            "templateName": template_name,
            "parameters": parameters,
            "association": promises,
            "concealed": concealed,
            "operation": operation,
            "account": account,
            "tags": tags,
            "resourceGroupId": resource_group_id,
            "timeoutS": timeout_s,
            "upgrade": upgrade,
        }
        if is_secret:  # what a deployment puts out may repeat, or be made of, what it was given
            secret = pulumi.ResourceOptions(additional_secret_outputs=["outputs"])
            opts = pulumi.ResourceOptions.merge(opts, secret)
        computed = {"serviceId": None, **dict.fromkeys(_OUTPUTS)}
        self._resource_name = resource_name
        self._declare("ServiceInstance", resource_name, computed | properties, opts)

    @property
    def instance_id(self) -> pulumi.Output[str]:
        """The instance's id in Compute Nest."""
        return self._get("instanceId")

    @property
    def status(self) -> pulumi.Output[str]:
        """As the cloud says: Deployed, DeployedFailed, Upgrading, …; `Waiting` while reviewers have its service and no
        version of it is online."""
        return self._get("status")

    @property
    def service_version(self) -> pulumi.Output[str]:
        """The version of the service that it runs."""
        return self._get("serviceVersion")

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


class _GatedInstance(DynamicResource):
    """A run that left the instance unfinished fails: the host of dynamic providers cannot say so itself without
    losing the id."""

    def _declare(
        self, type_name: str, name: str, properties: Mapping[str, Any], opts: pulumi.ResourceOptions | None
    ) -> None:
        self._declared_at_s = time.time()
        self._logical_name = name
        super()._declare(type_name, name, {**properties, "logicalName": name, "attemptedAt": None}, opts)
        observed = pulumi.Output.all(self._get("reason"), self._get("instanceId"), self._get("attemptedAt"))
        self._gate = observed.apply(self._refuse_unfinished)

    def _refuse_unfinished(self, observed: Sequence[Any]) -> bool:
        reason, instance_id, attempted_at_s = observed
        if reason and (attempted_at_s or 0) >= self._declared_at_s:
            raise ending(f"service instance {self._logical_name!r} ({instance_id}) is not deployed: {reason}")
        return True


class ServiceInstance(ServiceInstanceDeclaration, _GatedInstance, module="computenest", name="ServiceInstance"):
    __doc__ = ServiceInstanceDeclaration.__doc__

    provider = ServiceInstanceProvider


def _service(service: ServiceDeclaration | pulumi.Input[str]) -> dict[str, Any]:
    """The id, or what a Service says of itself: the keys that are unknown in a preview, and those that are not."""
    if not isinstance(service, ServiceDeclaration):
        return {"serviceId": service}
    keys = ("ownerId", "generation", "publishing", "serviceId", "serviceVersion", "stage")
    return {"service": {"edition": service.edition, **{key: service.__dict__[key] for key in keys}}}


def _association(
    service: ServiceDeclaration | pulumi.Input[str],
    association: AssociationDeclaration | None,
    template_name: pulumi.Input[str] | None,
) -> AssociationDeclaration | None:
    if association is not None or not isinstance(service, ServiceDeclaration):
        return association
    if isinstance(template_name, str):
        return service.associations.get(template_name)
    return next(iter(service.associations.values())) if len(service.associations) == 1 else None


def _promises(association: AssociationDeclaration | None) -> dict[str, Any] | None:
    if association is None:
        return None
    own = association.__dict__["ownerId"]
    return {"ownerId": own, "positions": association.positions, "substitutions": association.substitutions}


def _concealed(parameters: Any) -> tuple[list[str] | pulumi.Output[list[str]] | None, bool]:
    """Names of the parameters whose value may be secret: every one that is an output. That some are is known at once;
    whether an output is a secret only later."""
    if isinstance(parameters, pulumi.Output):
        return pulumi.Output.unsecret(parameters.apply(lambda known: sorted(known or {}))), True
    given = parameters if isinstance(parameters, Mapping) else {}  # what is no map is the check's to refuse
    names = sorted(name for name, value in given.items() if _has_output(value))
    return names or None, bool(names)


def _has_output(value: Any) -> bool:
    if isinstance(value, Mapping):
        return any(_has_output(item) for item in value.values())
    if isinstance(value, list | tuple):
        return any(_has_output(item) for item in value)
    return isinstance(value, pulumi.Output)
