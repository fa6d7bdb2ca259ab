"""An account that images are copied from, or to, with all that works in it."""

from __future__ import annotations

from dataclasses import dataclass, replace

from computenest.resources._program.accounts import asked_in_check, asked_of
from computenest.resources._program.core import Account, Core
from computenest.resources.ecs_image_package.copies_api import CloudCopies
from computenest.resources.ecs_image_package.direct.dispatch import Dispatcher
from computenest.resources.ecs_image_package.direct.hub_checks import HubChecks
from computenest.resources.ecs_image_package.direct.inventory import Inventory
from computenest.resources.ecs_image_package.direct.packages import DirectPackages, Hub
from computenest.resources.ecs_image_package.direct.poll import Polls

# Hundreds of calls a package: with every other call throttled, eight attempts would leave some unanswered.
_PATIENT_ATTEMPTS, _PATIENT_BUDGET_S = 20, 300.0


@dataclass(frozen=True, slots=True)
class Site:
    """One such account."""

    account: Account
    hub: Hub
    checks: HubChecks

    def packages_from(self, source: Site, core: Core) -> DirectPackages:
        """Packages whose images are of `source` and are copied here."""
        clock = self.account.session.clock
        return DirectPackages(source.hub.copies, source.hub.inventory, self.hub, clock, core.progress, core.lease)


def open_site(account: Account, core: Core) -> Site:
    """The site of an account: to be opened once, as its dispatcher counts the copies that run."""
    session = account.session
    patient = replace(account.retry, attempts=_PATIENT_ATTEMPTS, budget_s=_PATIENT_BUDGET_S)
    copies = asked_of(account, session.port(CloudCopies), retry=patient)
    inventory = Inventory(copies, session.clock)
    # Not tried again: the next tick asks anyway.
    polls = Polls(session.port(CloudCopies), session.clock, core.silence)
    dispatcher = Dispatcher(copies, inventory, polls, session.clock, core.settings.poll_interval_s)
    checks = HubChecks(asked_in_check(account, session.caller))
    return Site(account, Hub(copies, inventory, dispatcher), checks)
