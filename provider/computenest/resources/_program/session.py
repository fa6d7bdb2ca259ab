"""One account's view of the cloud: a client, a clock, and whatever calls a type of resource opens on it.

Built from settings by whoever needs an account; everything below it (client, threads, credentials) belongs to it and
lives as long. With `computenest:cloud: local` opening a session starts the embedded cloud if it does not run.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from computenest.cloud.caller import CloudCaller
from computenest.cloud.client import CallHook, Client, Options
from computenest.cloud.clock import RealClock, ScaledClock, VirtualClock
from computenest.cloud.control import Control, Handle
from computenest.cloud.local import LocalCloud, cloud_folder
from computenest.cloud.secret import Secret
from computenest.cloud.settings import Credentials, EmbeddedAccount, Settings, StaticKeys
from computenest.kernel.errors import Invalid
from computenest.kernel.names import AccountName
from computenest.kernel.ports import Clock

DEFAULT_ACCOUNT = AccountName("")
P = TypeVar("P")


@dataclass(frozen=True, slots=True)
class Session:
    """The cloud as one account sees it, and the clock that its durations are counted by."""

    account: AccountName
    caller: CloudCaller
    clock: Clock
    client: Client

    def port(self, make: Callable[[Client], P]) -> P:
        """The calls that a type of resource makes, as this account; `make` is the port's class, as a rule."""
        return make(self.client)

    def close(self) -> None:
        """Takes no more calls."""
        self.client.close()


def open_session(
    settings: Settings,
    account: AccountName = DEFAULT_ACCOUNT,
    *,
    hook: CallHook | None = None,
    announce: Callable[[str], None] | None = None,
) -> Session:
    """Opens one account's view.

    Blocks while the embedded cloud starts (a second, at most 30), never otherwise: no call is made.

    Args:
        settings: of the stack.
        account: a name of `computenest:accounts`, "" for the default account.
        hook: sees every call before it is made.
        announce: is told where the embedded cloud was started for this, if it was.
    """
    credentials = settings.account(account)
    handle = _folder_cloud().ensure_running(announce=announce) if settings.cloud == "local" else None
    client = Client(
        Options(
            credentials=_with_keys(credentials, handle),
            default_credentials=_with_keys(settings.credentials, handle),
            region=settings.region,
            endpoint=handle.endpoint if handle else settings.endpoint,
            endpoints=settings.endpoints,
            hook=hook,
        )
    )
    return Session(account=account, caller=CloudCaller(client), clock=_clock(settings, handle), client=client)


def _folder_cloud() -> LocalCloud:
    return LocalCloud(cloud_folder(environ=os.environ, cwd=Path.cwd()))


def _with_keys(credentials: Credentials, handle: Handle | None) -> Credentials:
    if handle is None or not isinstance(credentials, EmbeddedAccount):
        return credentials
    keys = handle.accounts.get(credentials.name)
    if keys is None:
        raise Invalid(
            f"the embedded cloud has no account {credentials.name!r}",
            path="account",
            hint=f"its accounts are {', '.join(sorted(handle.accounts))}",
        )
    return StaticKeys(access_key=Secret(keys.access_key_id), secret_key=keys.access_key_secret)


def _clock(settings: Settings, handle: Handle | None) -> Clock:
    """The clock of what is at the endpoint: an embedded cloud named by its address has its own time as well."""
    if handle is None and settings.endpoint is not None:
        found = _folder_cloud().running()
        handle = found if found is not None and found.endpoint == settings.endpoint else None
    if handle is None:
        return RealClock()
    return VirtualClock(Control(handle)) if handle.is_virtual else ScaledClock(handle.time_scale)
