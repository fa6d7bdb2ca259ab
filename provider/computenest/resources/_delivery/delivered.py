"""What a package brings to a cluster: charts with their values, and container images for the registry there. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from computenest.cloud.registry.oci import Reference
from computenest.kernel.values import Json
from computenest.resources._components.merge import merge
from computenest.resources._delivery.clusterfile import Override
from computenest.resources._delivery.sealed import APPLICATIONS, VALUES, PackedImage


@dataclass(frozen=True, slots=True)
class Application:
    """A chart of a package.

    Args:
        name: of the application, and of its release.
        chart: the folder that it is unpacked in.
        version: of the chart.
        namespace: where it is installed; "" where the package does not say.
        values: what the package gives it.
        defaults: of the chart itself.
    """

    name: str
    chart: str
    version: str
    namespace: str = ""
    values: Mapping[str, Json] = field(default_factory=dict)
    defaults: Mapping[str, Json] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Delivered:
    """A package that was looked into.

    Args:
        digest: of the package.
        version: as it says itself, "" where it does not.
        applications: in the order in which they are launched.
        images: under the names that charts have for them.
    """

    digest: str
    version: str = ""
    applications: tuple[Application, ...] = ()
    images: tuple[PackedImage, ...] = ()


def repository_of(address: str, image: Reference) -> str:
    """Where an image of a package goes in a registry: its host is left out, as in the registry within the package."""
    return f"{address}/{image.repository}"


def tag_of(image: Reference) -> str:
    """Its tag there; one that is named by its digest alone gets one that says the digest."""
    return image.tag or image.digest.replace(":", "-")


def values_of(application: Application, overrides: Sequence[Override]) -> dict[str, Json]:
    """The values of an application, without the chart's defaults, after what a Clusterfile says of its two files.

    Whatever sealer writes into the chart's own `values.yaml` lies below the values that the package gives, and nothing
    of the chart has to be rewritten for it: what an `overwrite` leaves out there is taken away by a `null`.
    """
    below: dict[str, Json] = {}
    given: dict[str, Json] = dict(application.values)
    for one in overrides:
        is_merged = one.strategy == "merge"
        if one.path == f"{VALUES}/{application.name}.yaml":
            given = merge(given, one.data) if is_merged else dict(one.data)
        elif one.path == f"{APPLICATIONS}/{application.name}/values.yaml":
            below = merge(below, one.data) if is_merged else merge(_absent(application.defaults, one.data), one.data)
    return merge(below, given)


def _absent(defaults: Mapping[str, Json], data: Mapping[str, Json]) -> dict[str, Json]:
    """`null` for each leaf of the defaults that the data leaves out: what is given later beside it comes alone."""
    return dict(_nulls(defaults, data))


def _nulls(defaults: Mapping[str, Json], data: Mapping[str, Json]) -> Iterator[tuple[str, Json]]:
    for key, value in defaults.items():
        said = data.get(key, {})
        if isinstance(value, Mapping) and value and isinstance(said, Mapping):
            if found := dict(_nulls(value, said)):
                yield key, found
        elif key not in data:
            yield key, None
