"""A registry's user and password, apart from the client that uses it: importing that costs a quarter of a second."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import Protocol

from computenest.cloud.secret import Secret


@dataclass(frozen=True, slots=True)
class Login:
    """A user's name and password; the temporary key of Compute Nest is one."""

    username: str
    password: Secret

    def basic(self) -> str:
        """The header's value, for the service that asks for it and nobody else."""
        return "Basic " + base64.b64encode(f"{self.username}:{self.password.reveal()}".encode()).decode()


class Keys(Protocol):
    """Where a login comes from."""

    async def login(self, *, renew: bool) -> Login | None:
        """The login, None for anonymous; `renew` after the service refused the last one."""
        ...


@dataclass(frozen=True, slots=True)
class OneLogin:
    """`Keys` of whoever has a login already; it is not renewed."""

    given: Login

    async def login(self, *, renew: bool) -> Login | None:
        """The same each time."""
        del renew
        return self.given
