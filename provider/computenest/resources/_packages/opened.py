"""What package types share in one account: opened once, so that polls are coalesced and answers cached."""

from __future__ import annotations

from typing import TYPE_CHECKING

from computenest.kernel.urn import sibling
from computenest.resources import catalog
from computenest.resources._packages.cloud_checks import PackageChecks
from computenest.resources._program.accounts import asked_of, asked_when_needed
from computenest.resources._program.core import Account

if TYPE_CHECKING:
    from computenest.kernel.unknown import Known
    from computenest.resources._packages.api import CloudArtifacts
    from computenest.resources._packages.image_package import Package, State
    from computenest.resources._packages.images_api import CloudImages
    from computenest.resources._packages.market_api import CloudMarket
    from computenest.resources._packages.packages import Packages, VersionUse
    from computenest.resources._program.session import Session


def packages_of(account: Account) -> Packages[Package[Known], State[Known]]:
    """The packages of an account."""
    shared = account.shared
    shared.packages = shared.packages or _packages(account)
    return shared.packages


def checks_of(account: Account) -> PackageChecks:
    """What checks ask of an account's cloud, whatever type they are of: which regions there are, whose names."""
    shared = account.shared
    shared.checks = shared.checks or _checks(account)
    return shared.checks


def _packages(account: Account) -> Packages[Package[Known], State[Known]]:
    """Opened when something is changed for the first time."""
    from computenest.resources._packages.api import CloudArtifacts
    from computenest.resources._packages.images_api import CloudImages
    from computenest.resources._packages.packages import Packages
    from computenest.resources._packages.state import IMAGES
    from computenest.resources._packages.watch import ArtifactWatch, ImageReader

    session = account.session
    artifacts, glances = asked_of(account, session.port(CloudArtifacts)), session.port(CloudArtifacts)
    reader = ImageReader(asked_of(account, session.port(CloudImages)), session.clock)
    watch = ArtifactWatch(artifacts, session.clock, account.poll_interval_s, glances=glances)
    uses: list[VersionUse] = [part.of_account(account) for part in catalog.parts("package_use")]
    use = uses[0] if uses else None
    return Packages(artifacts, reader, watch, session.clock, account.progress, account.lease, IMAGES, use)


def _checks(account: Account) -> PackageChecks:
    return PackageChecks(
        artifacts=asked_when_needed(account, _artifacts),
        images=asked_when_needed(account, _images),
        market=asked_when_needed(account, _market),
        sibling=sibling,
    )


def _artifacts(session: Session) -> CloudArtifacts:
    from computenest.resources._packages.api import CloudArtifacts

    return session.port(CloudArtifacts)


def _images(session: Session) -> CloudImages:
    from computenest.resources._packages.images_api import CloudImages

    return session.port(CloudImages)


def _market(session: Session) -> CloudMarket:
    from computenest.resources._packages.market_api import CloudMarket

    return session.port(CloudMarket)
