"""Real input: the public services of the corpus go up, each with its package and association, and render exactly.

As a script (`PYTHONPATH=tests python -m stack.test_public_services`) it writes docs/public-services.md.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from computenest.cli.template import app
from computenest.kernel.names import ImageId
from computenest.kernel.regions import region_of_image
from stack.cloud import Cloud
from stack.engine import ROOT, Stack
from stack.services import CORPUS, Service, Use, image_nodes, services

pytestmark = [pytest.mark.stack, pytest.mark.corpus, pytest.mark.timeout(900)]

DOCUMENT = ROOT / "docs/public-services.md"
PROGRAM = """
import json
from pathlib import Path

import pulumi
import pulumi_computenest as computenest

SOURCES = {"custom": computenest.CustomImage, "built": computenest.BuiltImage}

for label, service in json.loads(Path("stack.json").read_text())["services"].items():
    packages = {}
    for key, given in service["packages"].items():
        source = dict(given["source"])
        if "code_repo" in source:
            source["code_repo"] = computenest.CodeRepo(**source["code_repo"])
        packages[key] = computenest.EcsImagePackage(
            f"{label}/{key}",
            name=given["name"],
            source=SOURCES[source.pop("kind")](**source),
            regions=given["regions"],
            timeout_s=10_000_000,
        )
    rendered = {}
    for use in service["uses"]:
        association = computenest.ServiceImageAssociation(
            f"{label}/{Path(use['template']).name}",
            template=use["template"],
            packages={marker: packages[key] for marker, key in use["packages"].items()},
            regions=use["regions"] or None,
        )
        rendered[use["template"]] = {region: association.render(region) for region in use["rendered"]}
    images = {key: package.images for key, package in packages.items()}
    pulumi.export(label, {"images": images, "rendered": rendered})
"""


@pytest.fixture(scope="module")
def public() -> list[Service]:
    if not CORPUS.is_dir():
        print(f"left out: the corpus of public services is not beside the project ({CORPUS.name} not found)")  # noqa: T201
        pytest.skip("the corpus is not beside the project")
    return services()


def regions_of(service: Service, use: Use) -> list[str]:
    """Where every package of a template is: those are the regions to render for."""
    wanted = [set(service.packages[key].regions) for key in use.packages.values()]
    return sorted(set.intersection(*wanted))


def program_data(chosen: Sequence[Service], cloud: Cloud) -> dict[str, Any]:
    """What the program declares. Images that a package starts from come into being first, as their owner would see
    to; two services with one artifact name get numbers behind it, since here one account holds them all."""
    taken: dict[str, int] = {}
    existing: set[str] = set()
    data: dict[str, Any] = {}
    for service in chosen:
        packages: dict[str, Any] = {}
        for key, package in service.packages.items():
            source = dict(package.source)
            if package.needs is not None and package.needs[1] not in existing:
                region, image_id = package.needs
                body = {"account": "supplier", "region": region, "name": f"{service.label}/{key}", "image_id": image_id}
                made = cloud.control("POST", "images", body)["image_id"]
                if source["kind"] == "custom":
                    source["image_id"] = made
                else:
                    existing.add(image_id)
            taken[package.name] = number = taken.get(package.name, 0) + 1
            name = package.name if number == 1 else f"{package.name}-{number}"
            packages[key] = {"name": name, "source": source, "regions": package.regions}
        uses = [
            {
                "template": str(use.path),
                "packages": use.packages,
                "regions": use.regions,
                "rendered": regions_of(service, use),
            }
            for use in service.uses
        ]
        data[service.label] = {"packages": packages, "uses": uses}
    return {"services": data}


def go_up(chosen: Sequence[Service], cloud: Cloud, stack: Stack) -> None:
    """One program, one `up`; then every template is rendered for every region, by the stack and by the command."""
    stack.declare(**program_data(chosen, cloud))
    stack.up().succeeded()
    outputs = stack.outputs()
    for service in chosen:
        images = outputs[service.label]["images"]
        for key, package in service.packages.items():
            assert sorted(images[key]) == sorted(package.regions), service.label
            assert len(set(images[key].values())) == len(package.regions)
            assert all(region_of_image(ImageId(i)) in {r, None} for r, i in images[key].items())
        for use in service.uses:
            rendered = outputs[service.label]["rendered"][str(use.path)]
            assert sorted(rendered) == regions_of(service, use)
            for region, text in rendered.items():
                given = {marker: images[key][region] for marker, key in use.packages.items()}
                assert_only_images_differ(use.path.read_bytes().decode("utf-8"), text, given)
                assert text.encode() == by_command(stack.folder, use, images, region)


def assert_only_images_differ(template: str, rendered: str, images: Mapping[str, str]) -> None:
    """Every `ImageId` that was a marker is its image, and putting the markers back gives every byte back."""
    assert image_nodes(rendered) == [(path, images.get(value, value)) for path, value in image_nodes(template)]
    restored = rendered
    for marker, image in images.items():
        assert image not in template
        assert image in rendered
        restored = restored.replace(image, marker)
    assert restored.encode() == template.encode()


def by_command(folder: Path, use: Use, images: Mapping[str, Any], region: str) -> bytes:
    """What `computenest template render` writes for the same images."""
    options = []
    for number, (marker, key) in enumerate(use.packages.items()):
        (folder / f"map{number}.json").write_text(json.dumps(images[key]))
        options += ["--package", f"{marker}={folder / f'map{number}.json'}"]
    out = folder / "rendered"
    command = ["render", str(use.path), *options, "--region", region, "--out", str(out)]
    done = CliRunner().invoke(app, command)
    assert done.exit_code == 0, done.output
    return out.read_bytes()


@pytest.fixture
def stack(make_stack: Callable[..., Stack], cloud: Cloud, tmp_path: Path) -> Stack:
    program = tmp_path / "services_program.py"
    program.write_text(PROGRAM)
    return make_stack(cloud, program=program)


def test_every_public_service_goes_up_and_renders_exactly(public: list[Service], cloud: Cloud, stack: Stack) -> None:
    chosen = [service for service in public if service.uses]
    print("\n".join(table(public)))  # noqa: T201
    assert len({service.repository for service in chosen}) >= 20
    go_up(chosen, cloud, stack)
    stack.run("preview", "--expect-no-changes").succeeded()


@pytest.mark.long
@pytest.mark.timeout(1800)
def test_every_public_service_goes_up_alone(
    public: list[Service], cloud: Cloud, make_stack: Callable[..., Stack], tmp_path: Path
) -> None:
    program = tmp_path / "services_program.py"
    program.write_text(PROGRAM)
    for service in public:
        if service.uses:
            cloud.control("POST", "reset")
            go_up([service], cloud, make_stack(cloud, program=program))


def test_every_service_that_stays_down_has_a_reason(public: list[Service]) -> None:
    assert [service.label for service in public if not service.uses and not service.reasons] == []


def test_the_document_says_what_is_tested(public: list[Service]) -> None:
    assert DOCUMENT.read_text("utf-8") == document(public), (
        "run `PYTHONPATH=tests python -m stack.test_public_services`"
    )


INTRODUCTION = """\
# Public services on the embedded cloud

Written by `PYTHONPATH=tests python -m stack.test_public_services`; do not edit.

{repositories} public repositories describe a Compute Nest service with an ECS image package in a configuration whose
licence lets us test with it. Each state of each of them (at HEAD, and at earlier commits that declare something else)
is declared as it is configured: its package, built or custom, and the association of its markers with its templates.
`up` in the last column means that one program distributes the package and substitutes the markers in a single
`pulumi up`, and that the association and `computenest template render` give, for each region, the template with that
region's image id in each marker's place and every other byte as it was.

Regions are those that the configuration names for the package, or its own region where it names none. An image that
the incumbent CLI's ImageBuilder would have made before is made by the test in the builder's region. A template of an
earlier commit that the corpus does not hold is taken from HEAD.

{states_up} of {states} states go up; at HEAD it is {heads_up} of {repositories} services.

{table}
"""


def document(public: Sequence[Service]) -> str:
    up = [service for service in public if service.uses]
    return INTRODUCTION.format(
        states=len(public),
        states_up=len(up),
        repositories=len({service.repository for service in public}),
        heads_up=sum(not service.commit for service in up),
        table="\n".join(table(public)),
    )


def table(public: Sequence[Service]) -> Iterator[str]:
    yield "| service | commit | package | regions | markers | result |"
    yield "|---|---|---|---|---|---|"
    for service in public:
        kinds = ", ".join(sorted({str(package.source["kind"]) for package in service.packages.values()}))
        markers = len({marker for use in service.uses for marker in use.packages})
        result = "; ".join([*(["up"] if service.uses else []), *service.reasons])
        regions = len(service.regions)
        cells = (service.repository, service.commit or "HEAD", kinds or "–", regions or "–", markers or "–", result)
        yield f"| {' | '.join(map(str, cells))} |"


if __name__ == "__main__":
    if not CORPUS.is_dir():
        sys.exit("the corpus of public services is not beside the project; the document stays as it is")
    DOCUMENT.write_text(document(services()), "utf-8")
