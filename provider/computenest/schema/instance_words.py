"""What each property of a service instance is, for every language at once."""

from __future__ import annotations

from collections.abc import Mapping

__all__ = ["INSTANCE", "PROPERTIES", "TYPES"]

INSTANCE = """A service deployed in one region: the region decides which image each of its resources runs.

A deployment that fails ends the run at once, with the cause; the next `pulumi up` makes a new instance and deletes the
failed one. Another version of the service is an upgrade in place, and one that fails leaves what runs running.

It is imported by its id, `si-…`, or `ACCOUNT/si-…` where it belongs to an account of `computenest:accounts`."""

TYPES: Mapping[str, str] = {
    "AssociationReference": "What an instance takes of its template's association: its outputs.",
    "InstanceResource": "One resource that a deployment made.",
    "ServiceReference": "What an instance takes of its service: its outputs.",
}

PROPERTIES: Mapping[str, Mapping[str, str]] = {
    "AssociationReference": {
        "ownerId": "The association's identity: with it a preview is exact region by region.",
        "positions": "The association's `positions`.",
        "substitutions": "The association's `substitutions`.",
    },
    "InstanceResource": {
        "imageId": "The ECS image that it runs, where it runs one.",
        "logicalId": "Its name in the template, `Group.Inner` for one of a nested stack.",
        "physicalId": "Its id in the cloud; several with commas for a group.",
        "region": "Where it is.",
        "status": "As ROS says: CREATE_COMPLETE, …",
        "type": "Its type in the template, such as `ALIYUN::ECS::Instance`.",
    },
    "ServiceReference": {
        "edition": "The service's `edition`: tells in a preview whether a new version will be made.",
        "generation": "The service's generation.",
        "ownerId": "The service's identity.",
        "publishing": "The service's `publishing`.",
        "serviceId": "The service's id.",
        "serviceVersion": "The version to run.",
        "stage": "The service's `stage`.",
    },
    "Instance": {
        "account": "A key of `computenest:accounts`: the customer who deploys. Changing it replaces the instance.",
        "association": "What the service's template is associated with: previews then show the image of each resource.",
        "concealed": "Names of parameters whose value appears in no message and no output, besides those whose name "
        "speaks of a password, secret, token or key.",
        "expectedImages": "Logical id -> the image that the association promises, known in a preview already.",
        "generation": "1, and one more for each replacement.",
        "images": "Logical id -> the image that the resource really runs.",
        "incarnation": "How often a create has taken the instance over; 0 while nobody has seen it.",
        "instanceId": "The instance's id in Compute Nest; empty while it waits for the reviewers of its service.",
        "name": "The instance's name, by default the resource's. Changing it replaces the instance.",
        "operation": "Name of the supplier's operation that changes parameters in place.",
        "outputs": "The outputs of the template.",
        "ownerId": "The resource's identity, minted when it is first named and kept for ever.",
        "parameters": "Parameters of the template. Others alone replace the instance, unless `operation` is given; "
        "together with another version they are part of the upgrade.",
        "reason": "Why it is not as wished, empty where it is.",
        "region": "Where to deploy. Changing it replaces the instance.",
        "resourceGroupId": "Changing it replaces the instance.",
        "resources": "Everything that the deployment made.",
        "service": "A service of this stack, in place of `serviceId` and `serviceVersion`.",
        "serviceId": "The service. Changing it replaces the instance.",
        "serviceMark": "What the state keeps of the service: enough to tell what a change of it will do.",
        "serviceVersion": "The version to run; another one upgrades in place. By default the one that is the service's "
        "default when the instance is made.",
        "status": "As the cloud says: Deployed, DeployedFailed, Upgrading, …; Waiting while nothing is in the cloud "
        "because reviewers have its service.",
        "tags": "Tags of the instance.",
        "templateName": "Which of the service's templates, needed where it has several. Changing it replaces the "
        "instance.",
        "timeoutS": "The longest that one operation may take, in seconds.",
        "upgrade": "When another version of a Service of the same program upgrades: `changed`, the default, where it "
        "deploys something else in this region, or `always`.",
    },
}
