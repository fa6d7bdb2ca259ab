"""What the installation of a delivery package is: as it is wanted, and as the state records it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Generic, Literal

from pydantic import Field

from computenest.kernel.fields import About, Computed
from computenest.kernel.unknown import Known, Maybe, U
from computenest.kernel.values import Json, Model
from computenest.resources._components.deployed import BroughtInputs, DeployedState
from computenest.resources._components.policy import Crds, OnFailure

DEFAULT_HISTORY = 10
INSTALLED = "Installed"
NOT_THERE = "unknown until the package is in its registry"
"""In the place of a digest: the package is brought by the same program, and is not there yet."""
ImagePart = Literal["reference", "pinned", "repository", "registry", "name", "tag", "digest"]


class InstallationRegistry(Model):
    """The registry that a cluster pulls from."""

    address: Annotated[
        Maybe[str],
        About("Its host, and a path below which the images go: `registry.site-a.example:5000/shop`."),
    ]
    username: Annotated[
        Maybe[str] | None, About("Of the login to push; by default what `docker login` left on this machine.")
    ] = None
    password: Annotated[Maybe[str] | None, About("Of the login.", is_secret=True)] = None


class ImageValue(Model):
    """A value of a chart that names a container image, or a part of one's name."""

    chart: Annotated[Maybe[str], About("The application of the package, as `package inspect` lists them.")]
    value: Annotated[
        Maybe[str], About("Its keys with dots between, `web.image.repository`; `\\\\.` is a dot in a key.")
    ]
    image: Annotated[
        Maybe[str] | None, About("The image as the package names it, `acme/web:1.0`; `registry` needs none.")
    ] = None
    part: Annotated[
        Maybe[ImagePart] | None,
        About(
            "What the value holds: `reference` (the default, `host/path/acme/web:1.0`), `pinned` (with its digest),"
            " `repository` (without the tag), `registry` (`host/path`), `name` (`acme/web`), `tag` or `digest`."
        ),
    ] = None


class Inputs(BroughtInputs[U], Generic[U]):
    """Checked inputs. The maps say what will be there, never what happens: so a second preview is empty."""

    package: str | U = ""
    verify: str | U = ""
    registry: InstallationRegistry | U | None = None
    images: tuple[ImageValue, ...] | U = ()
    mirrored: tuple[str | U, ...] | U = ()
    namespace: str | U = ""
    configuration: Mapping[str, Json] | U = Field(default_factory=dict)
    clusterfile: str | U = ""
    crds: Crds | U = "leave"
    on_failure: OnFailure | U = "rollback"
    digest: Annotated[str | U, Computed("Of the package.", is_compared=True)] = ""
    loaded: Annotated[
        Mapping[str, str] | U, Computed("Image in the cluster's registry -> its digest.", is_compared=True)
    ] = Field(default_factory=dict)
    rollout: Annotated[
        Mapping[str, str | U] | U, Computed("Application -> the version of its chart that is there.", is_compared=True)
    ] = Field(default_factory=dict)
    objects: Annotated[
        Mapping[str, str | U] | U,
        Computed("Application -> a digest of the objects that it brings.", is_compared=True),
    ] = Field(default_factory=dict)
    drifted: Annotated[
        Mapping[str, str] | U,
        Computed(
            "Application -> what was found otherwise than the last run left it, and is brought back; empty after it.",
            is_compared=True,
            is_always_shown=False,
        ),
    ] = Field(default_factory=dict)

    @property
    def name(self: Inputs[Known]) -> str:
        """What messages call it: as its package."""
        return self.package


class State(Inputs[U], DeployedState[U], Generic[U]):
    """With what the provider finds out."""

    status: Annotated[str | U, Computed("Installed; Incomplete after a failed run.")] = ""
    version: Annotated[str | U, Computed("Of the package, as it says itself.")] = ""
    revisions: Annotated[Mapping[str, int] | U, Computed("Application -> the revision of its release.")] = Field(
        default_factory=dict
    )
    places: Annotated[
        Mapping[str, str] | U,
        Computed("Every image that was put somewhere -> its digest.", is_always_shown=False, is_internal=True),
    ] = Field(default_factory=dict)
