"""`DeliveryPackage`, as programs see it: they give what stands in `Arguments`, and get what stands in `State`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from computenest.kernel.arguments import Seconds
from computenest.kernel.fields import Asked, Given, Resource
from computenest.kernel.lifecycle import Models
from computenest.kernel.unknown import Known, Maybe, Unknown
from computenest.resources.delivery_package.model import DeliveredChart, DeliveredImage, DeliveryTarget, Inputs, State


class Arguments(Asked):
    """What a program gives."""

    name: Annotated[
        Maybe[str] | None, Given("The package's name, by default the resource's.", is_always_shown=True)
    ] = None
    version: Annotated[
        Maybe[str],
        Given(
            "The package's version, and its tag in every registry. Earlier ones stay until the package is destroyed.",
            is_always_shown=True,
            needed="a version is needed, such as 1.0.0",
        ),
    ]
    charts: Annotated[
        Maybe[tuple[DeliveredChart, ...]] | None, Given("The charts that it installs.", is_compared=False)
    ] = None
    images: Annotated[
        Maybe[tuple[DeliveredImage, ...]] | None, Given("The container images that it holds.", is_compared=False)
    ] = None
    files: Annotated[
        Maybe[Mapping[str, Maybe[str]]] | None,
        Given("Other files: path in the package -> path here.", is_compared=False),
    ] = None
    ignore: Annotated[
        Maybe[tuple[Maybe[str], ...]] | None,
        Given("Images that charts want and the package need not hold; `*` stands for anything.", is_compared=False),
    ] = None
    platforms: Annotated[
        Maybe[tuple[Maybe[str], ...]] | None,
        Given(
            "Which platforms (`linux/amd64`) of images of several; by default all, with their index.", is_compared=False
        ),
    ] = None
    targets: Annotated[
        Maybe[tuple[DeliveryTarget, ...]] | None,
        Given("The repositories that it is put into. From one that is taken out, the package is taken away."),
    ] = None
    signing_key: Annotated[
        Maybe[str] | None,
        Given(
            "A file with an ECDSA key (P-256, PEM) that signs it in every registry, for `cosign verify --key`; no part "
            "of the state. Its password is taken from COMPUTENEST_SIGNING_PASSWORD.",
            is_compared=False,
        ),
    ] = None
    archive: Annotated[
        Maybe[str] | None,
        Given("A file that it is written to as well, for places without a network; a destroy deletes it."),
    ] = None
    since: Annotated[
        Maybe[str] | None,
        Given("An earlier package (a reference or an archive): `archive` then holds only what is new since."),
    ] = None
    timeout_s: Annotated[
        Maybe[Seconds] | None,
        Given("The longest that one operation may take, in seconds (default 21600).", is_compared=False),
    ] = None


RESOURCE = Resource(
    "DeliveryPackage",
    """Charts, files and every container image that they need, as one OCI image of sealer's app-installer form.

It is the same, byte for byte, wherever and whenever it is built, so its digest is known before anything is sent, and a
registry is sent nothing that it has. An image that a chart renders (hooks, init containers, with the values given) and
that the package lacks is an error, unless `ignore` names it. A destroy takes away what nobody else relies on: each
package marks its tags with one of its own (`computenest-…`).""",
    (Arguments, State),
)
MODELS = Models(Arguments, Inputs[Unknown], Inputs[Known], State[Known], State[Unknown])
