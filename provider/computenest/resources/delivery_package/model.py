"""What a delivery package is: as it is wanted, as the state records it, and as registries show it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Generic, NewType

from pydantic import Field

from computenest.kernel import identity
from computenest.kernel.fields import About, Computed, Generation, Reasons
from computenest.kernel.names import OwnerId
from computenest.kernel.unknown import Maybe, U
from computenest.kernel.values import Json, Model, Values
from computenest.resources._components.model import ChartPackage
from computenest.resources._delivery.places import Place

PackageId = NewType("PackageId", str)  # dp-…
AVAILABLE = "Available"
DEFAULT_TIMEOUT_S = 6 * 3600
UNFETCHED = "unknown until fetched"
"""How the digest begins of a package parts of which lie in a registry and were never read."""


class DeliveredChart(Model):
    """A chart of a package, installed as one application."""

    path: Annotated[
        Maybe[str] | None,
        About("Its folder or `.tgz`, seen from the program's folder. Or give `reference` or `package`."),
    ] = None
    reference: Annotated[
        Maybe[str] | None, About("A chart in a registry, as in `registry.example.com/charts/shop:1.0.0`.")
    ] = None
    package: Annotated[
        Maybe[ChartPackage] | None,
        About(
            "A chart that is a `HelmChartPackage`: its own `path` is read, also before it is pushed; without one it is"
            " pulled with a temporary key, which no state holds."
        ),
    ] = None
    version: Annotated[Maybe[str] | None, About("The version that it has to have; any other is refused.")] = None
    name: Annotated[Maybe[str] | None, About("Of the application and its release; by default the chart's.")] = None
    namespace: Annotated[Maybe[str] | None, About("Where it is installed (default `default`).")] = None
    values: Annotated[
        Maybe[Mapping[str, Json]] | None,
        About("What it is installed with. They lie in the package for everybody to read: no secrets."),
    ] = None


class DeliveredImage(Model):
    """A container image of a package."""

    reference: Annotated[Maybe[str], About("Its name, as charts write it: `nginx:1.27`, `registry.example.com/web:1`.")]
    path: Annotated[
        Maybe[str] | None,
        About("An OCI layout, or what `docker save` wrote, in place of a registry; seen from the program's folder."),
    ] = None
    image: Annotated[Maybe[str] | None, About("Which image, where `path` holds several.")] = None
    pulled_from: Annotated[
        Maybe[str] | None, About("The reference that it is taken from, where charts have another name for it.")
    ] = None


class DeliveryTarget(Model):
    """A repository that the package is put into."""

    repository: Annotated[Maybe[str], About("`registry.example.com/team/shop`; the tag is the package's version.")]
    username: Annotated[
        Maybe[str] | None, About("Of the login; by default what `docker login` left on this machine.")
    ] = None
    password: Annotated[Maybe[str] | None, About("Of the login.", is_secret=True)] = None


class Inputs(Values, Generic[U]):
    """Checked inputs."""

    owner_id: OwnerId = OwnerId("")
    generation: Generation = 1
    name: str | U = ""
    version: str | U = ""
    charts: tuple[DeliveredChart, ...] | U = ()
    images: tuple[DeliveredImage, ...] | U = ()
    files: Mapping[str, str | U] | U = Field(default_factory=dict)
    ignore: tuple[str | U, ...] | U = ()
    platforms: tuple[str | U, ...] | U = ()
    targets: tuple[DeliveryTarget, ...] | U = ()
    signing_key: str | U = ""
    archive: str | U = ""
    since: str | U = ""
    timeout_s: int | U = DEFAULT_TIMEOUT_S
    signer: Annotated[
        str | U, Computed("The public half of the key that signs it, in PEM; empty for none.", is_compared=True)
    ] = ""
    contents: Annotated[
        Mapping[str, str] | U,
        Computed("What is in it: `chart shop`, `image docker.io/library/nginx:1`, … -> its digest.", is_compared=True),
    ] = Field(default_factory=dict)
    registries: Annotated[
        Mapping[str, str] | U, Computed("Repository -> the digest of the package there.", is_compared=True)
    ] = Field(default_factory=dict)
    missing: Annotated[
        Mapping[str, str] | U,
        Computed("Image that a chart wants and the package lacks, because `ignore` names it -> who wants it."),
    ] = Field(default_factory=dict)
    digest: Annotated[str | U, Computed("The package's digest: the same wherever and whenever it is built.")] = ""

    @property
    def tags(self) -> Mapping[str, str]:
        """Registries have none of the cloud's tags."""
        return {}


class State(Inputs[U], Generic[U]):
    """With what the provider finds out."""

    package_id: Annotated[str | U, Computed("The package's id, `dp-…`, made of its identity.")] = ""
    status: Annotated[str | U, Computed("Available, or Incomplete after a failed run.")] = ""
    references: Annotated[
        Mapping[str, str] | U, Computed("Repository -> `repository:version@digest`, as it is pulled.")
    ] = Field(default_factory=dict)
    size_bytes: Annotated[int | U, Computed("The size of the package, in bytes.")] = 0
    places: Annotated[
        Mapping[str, str] | U,
        Computed(
            "Everything that was put somewhere and not taken away yet -> its digest.",
            is_always_shown=False,
            is_internal=True,
        ),
    ] = Field(default_factory=dict)
    reasons: Reasons[U] = Field(default_factory=dict)
    incarnation: Annotated[
        int, Computed("How often a create has taken it over.", is_always_shown=False, is_internal=True)
    ] = 1


@dataclass(frozen=True, slots=True)
class Described:
    """What a package comes to, nothing being sent.

    Args:
        digest: of the package, "" where parts of it have to be fetched first.
        unread_bytes: how much that is.
        contents: what is in it.
        lacking: image -> the sentence that says who wants it; the package lacks it.
        ignored: the same, of what `ignore` names.
        notes: what a preview has to say besides.
        blobs: digest -> size of everything that is sent.
        signer: the public half of the key that signs it, "" for none.
    """

    digest: str
    size_bytes: int
    unread_bytes: int
    contents: Mapping[str, str]
    lacking: Mapping[str, str]
    ignored: Mapping[str, str]
    notes: tuple[str, ...]
    blobs: Mapping[str, int]
    signer: str = ""


def package_id_of(owner_id: OwnerId, generation: int) -> PackageId:
    """The id of a package: there is no cloud that gives it one."""
    return PackageId("dp-" + identity.digest(owner_id, str(generation), length=12))


def archive_of(path: str) -> str:
    """How the file is called among the places of a package."""
    return f"archive:{path}"


def places_of(targets: tuple[DeliveryTarget, ...], version: str) -> tuple[Place, ...]:
    """Where a package goes that is known."""
    return tuple(
        Place(str(one.repository), version, str(one.username or ""), str(one.password or "")) for one in targets
    )
