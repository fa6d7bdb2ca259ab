"""The customer's region decides the image, for every public service of the corpus, in one stack: each is offered with
its package and deployed in two regions, where every ECS resource of every instance runs the package's image of there.

As a script (`PYTHONPATH=tests python -m stack.test_public_instances`) it writes docs/public-instances.md.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import pytest
from alibabacloud_computenest20210601 import models as user
from alibabacloud_computenest20210601.client import Client as UserClient
from alibabacloud_ecs20140526 import models as ecs
from alibabacloud_ecs20140526.client import Client as EcsClient
from alibabacloud_ros20190910 import models as ros
from alibabacloud_ros20190910.client import Client as RosClient

from stack.cloud import Cloud
from stack.described import PROGRAM, its, new, resource, secret, source
from stack.engine import ROOT, Stack
from stack.forms import PASSWORD, filled, secret_names
from stack.services import CORPUS, Service, Use, services
from stack.test_public_services import program_data

pytestmark = [pytest.mark.stack, pytest.mark.corpus, pytest.mark.timeout(900)]

DOCUMENT = ROOT / "docs/public-instances.md"
CONTROL_REGION = "cn-hangzhou"
SECOND_REGION = "cn-hangzhou"
KEPT = {"timeout_s": 10_000_000}


def two_regions(service: Service) -> list[str]:
    """The first two that the configuration distributes the packages to, or its one and one more."""
    wanted = list(dict.fromkeys(region for package in service.packages.values() for region in package.regions))
    return sorted([*wanted, SECOND_REGION][:2])


@pytest.fixture(scope="module")
def public() -> list[Service]:
    if not CORPUS.is_dir():
        print(f"left out: the corpus of public services is not beside the project ({CORPUS.name} not found)")  # noqa: T201
        pytest.skip("the corpus is not beside the project")
    return newest()


def newest() -> list[Service]:
    """Each public service as it is now or, where that cannot be declared, as it was when it could."""
    found: dict[str, Service] = {}
    for service in services():  # HEAD first
        if service.repository not in found or not found[service.repository].uses:
            found[service.repository] = service if service.uses else found.get(service.repository, service)
    return list(found.values())


def declared(chosen: Sequence[Service], cloud: Cloud) -> dict[str, Any]:
    """As each is configured, but in two regions."""
    data = program_data(chosen, cloud)["services"]
    for service in chosen:
        regions = two_regions(service)
        given = data[service.label]
        for package in given["packages"].values():
            package["regions"] = regions
        given["uses"] = {use.path.stem: _use(use, regions) for use in service.uses}
    return dict(data)


def _use(use: Use, regions: Sequence[str]) -> dict[str, Any]:
    text = use.path.read_text("utf-8")
    return {
        "template": str(use.path),
        "packages": use.packages,
        "regions": list(regions),
        "parameters": {region: filled(text, region) for region in regions},
        "secrets": secret_names(text),
    }


def made_of(label: str, given: Mapping[str, Any], customer: str) -> dict[str, Any]:
    """A service's packages, associations and instances, and the service itself."""
    made: dict[str, Any] = {}
    for key, package in given["packages"].items():
        told = dict(package["source"])
        if "code_repo" in told:
            told["code_repo"] = new("CodeRepo", **told["code_repo"])
        arguments = {"name": package["name"], "source": source(told), "regions": package["regions"]}
        made[f"{label}/{key}"] = resource("EcsImagePackage", **arguments, **KEPT)
    templates, instances = {}, {}
    for name, use in given["uses"].items():
        packages = {marker: its(f"{label}/{key}") for marker, key in use["packages"].items()}
        arguments = {"template": use["template"], "packages": packages, "regions": use["regions"]}
        made[f"{label}/templates/{name}"] = resource("ServiceImageAssociation", **arguments)
        association = its(f"{label}/templates/{name}")
        templates[name] = new("ServiceTemplate", template=association, regions=use["regions"])
        of = {"service": its(label), "template_name": name, "association": association, "account": "customer"}
        for region, asked in use["parameters"].items():
            filled_in = {key: secret(value) if key in use["secrets"] else value for key, value in asked.items()}
            instance = resource("ServiceInstance", region=region, parameters=filled_in, **of, **KEPT)
            instances[f"{label}/{name}/{region}"] = instance
    shared = {"publishing": "beta", "share_accounts": {customer: "DeployableIncludeBeta"}}
    return {**made, label: resource("Service", templates=templates, **shared, **KEPT), **instances}


def shown_of(label: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """What its packages and its instances have in the end."""
    places = [f"{name}/{region}" for name, use in given["uses"].items() for region in use["regions"]]
    return {
        "packages": {key: its(f"{label}/{key}", "images") for key in given["packages"]},
        "instances": {
            place: {"id": its(f"{label}/{place}", "instance_id"), "images": its(f"{label}/{place}", "images")}
            for place in places
        },
    }


class Customer:
    """Looks at what really runs, with the official SDKs and nothing of the provider's."""

    def __init__(self, cloud: Cloud) -> None:
        self._user, self._ros, self._ecs = (cloud.sdk(kind, "customer") for kind in (UserClient, RosClient, EcsClient))

    def images(self, instance_id: str, region: str) -> dict[str, str]:
        """Logical id -> the image of each resource of the instance that has one, and of each machine by its own id."""
        request = user.GetServiceInstanceRequest(region_id=CONTROL_REGION, service_instance_id=instance_id)
        instance = self._user.get_service_instance(request).body
        assert (instance.status, instance.status_detail) == ("Deployed", "")
        (stack,) = json.loads(instance.resources)
        assert stack["RegionId"] == region
        return self._of_stack(stack["StackId"], region)

    def _of_stack(self, stack_id: str, region: str) -> dict[str, str]:
        listing = ros.ListStackResourcesRequest(region_id=region, stack_id=stack_id)
        found: dict[str, str] = {}
        for entry in self._ros.list_stack_resources(listing).body.resources:
            request = ros.GetStackResourceRequest(
                region_id=region, stack_id=stack_id, logical_resource_id=entry.logical_resource_id
            )
            for attribute in self._ros.get_stack_resource(request).body.resource_attributes:
                if attribute["ResourceAttributeKey"] == "ImageId":
                    found[entry.logical_resource_id] = attribute["ResourceAttributeValue"]
            machines = [i for i in entry.physical_resource_id.split(",") if i.startswith("i-")]
            if machines:
                asked = ecs.DescribeInstancesRequest(region_id=region, instance_ids=json.dumps(machines))
                running = self._ecs.describe_instances(asked).body.instances.instance
                assert sorted(machine.instance_id for machine in running) == sorted(machines)
                found |= {machine.instance_id: machine.image_id for machine in running}
        return found


@pytest.fixture
def stack(make_stack: Callable[..., Stack], cloud: Cloud) -> Stack:
    return make_stack(cloud, program=PROGRAM)


def test_every_public_service_is_deployed_in_two_regions(public: list[Service], cloud: Cloud, stack: Stack) -> None:
    chosen = [service for service in public if service.uses]
    print("\n".join(table(public)))  # noqa: T201
    assert 4 * (len(public) - len(chosen)) < len(public), "more than a quarter is left out"
    data, uid = declared(chosen, cloud), cloud.uid("customer")
    made = {name: told for label, given in data.items() for name, told in made_of(label, given, uid).items()}
    stack.describe(made, **{label: shown_of(label, given) for label, given in data.items()})
    stack.run("up", "--yes", "--skip-preview", "--parallel", "64", timeout_s=600).succeeded()
    outputs, customer = stack.outputs(), Customer(cloud)
    for label, given in data.items():
        shown = outputs[label]
        wanted = [f"{name}/{region}" for name, use in given["uses"].items() for region in use["regions"]]
        assert sorted(shown["instances"]) == sorted(wanted)
        for place, instance in shown["instances"].items():
            name, _, region = place.partition("/")
            expected = {shown["packages"][key][region] for key in given["uses"][name]["packages"].values()}
            runs = customer.images(instance["id"], region)
            assert set(runs.values()) == expected, (label, place, runs)
            assert any(key.startswith("i-") for key in runs), (label, place, runs)
            assert instance["images"] == {key: image for key, image in runs.items() if not key.startswith("i-")}
        assert not set.intersection(*(set(images.values()) for images in by_region(shown["packages"])))
    assert PASSWORD not in json.dumps(stack.export())
    stack.run("preview", "--expect-no-changes", timeout_s=600).succeeded()


def by_region(packages: Mapping[str, Mapping[str, str]]) -> list[dict[str, str]]:
    """Per region, package -> image: what one region gets is never what the other gets."""
    regions = sorted({region for images in packages.values() for region in images})
    return [{key: images[region] for key, images in packages.items()} for region in regions]


def test_the_document_says_what_is_tested(public: list[Service]) -> None:
    assert DOCUMENT.read_text("utf-8") == document(public), (
        "run `PYTHONPATH=tests python -m stack.test_public_instances`"
    )


INTRODUCTION = """\
# Public services, deployed

Written by `PYTHONPATH=tests python -m stack.test_public_instances`; do not edit.

Every public repository of [public-services.md](public-services.md), as it is now (or, where that cannot be declared, as
it was at the commit that is named), in one stack: its package, the association of its markers with its templates, a
service that the customer's account is given, and an instance of it in each of two regions. `deployed` means that with
one `pulumi up` all of that is there and that the official SDKs, asked with the customer's key, say of each resource
that has an image, and of each machine, that it runs the package's image of its region; and that nothing changes in the
next preview.

The two regions are the first two that the configuration names for its package, or the one that it names and
`cn-hangzhou`. What a template asks its customer (a zone, an instance type, a password, networks) is filled in as a form
would be; passwords are secrets of the stack and are not in its state in clear.

{deployed} of {public} services are deployed.

{table}
"""


def document(public: Sequence[Service]) -> str:
    deployed = sum(bool(service.uses) for service in public)
    return INTRODUCTION.format(deployed=deployed, public=len(public), table="\n".join(table(public)))


def table(public: Sequence[Service]) -> Iterator[str]:
    yield "| service | commit | package | regions | instances | result |"
    yield "|---|---|---|---|---|---|"
    for service in public:
        kinds = ", ".join(sorted({str(package.source["kind"]) for package in service.packages.values()}))
        regions = ", ".join(two_regions(service)) if service.uses else "–"
        result = "; ".join([*(["deployed"] if service.uses else []), *service.reasons])
        commit = service.commit or "HEAD"
        cells = (service.repository, commit, kinds or "–", regions, 2 * len(service.uses) or "–", result)
        yield f"| {' | '.join(map(str, cells))} |"


if __name__ == "__main__":
    if not CORPUS.is_dir():
        sys.exit("the corpus of public services is not beside the project; the document stays as it is")
    DOCUMENT.write_text(document(newest()), "utf-8")
