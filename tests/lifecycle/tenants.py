"""Two stacks of one account with a package each, behind each transport: whether they leave each other alone.

`during` lets another process act at any call.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from computenest.cloud.settings import parse_settings
from computenest.kernel.identity import mint_owner_id
from computenest.resources._packages.content_lifecycle import ContentLifecycle
from computenest.resources._packages.content_model import Kind
from computenest.resources._program.core import Account, Core
from computenest.resources._program.session import Session
from lifecycle.driver import Screen
from lifecycle.kinds import CONTENTS, LIFECYCLES
from lifecycle.lives import LIVES, AnyLife, Subject, on_its_own_loop

T = TypeVar("T")
Call = Callable[[str], None]


class _WatchedCore(Core):
    """Tells of each call of the cloud's API before it is made; nothing else of this process goes on meanwhile."""

    before: Call

    def _open(self, session: Session) -> Account:
        def hook(_product: Any, action: str, _region: str) -> None:
            self.before(action)

        session.client._options = replace(session.client._options, hook=hook)
        return super()._open(session)


@dataclass
class Tenant(Subject):
    """A stack with one package of a kind."""

    kind: Kind
    stack: str
    transport: str
    screen: Screen = field(default_factory=Screen)
    during: Call | None = None

    def __post_init__(self) -> None:
        self.type_name = CONTENTS[self.kind].declared.type_name
        self.life: AnyLife = LIVES[self.transport](self, stack=self.stack)

    @property
    def owner(self) -> str:
        return mint_owner_id(
            organization="organization", project="shop", stack=self.stack, type_token=self.type_name, name="web"
        )

    @property
    def state(self) -> dict[str, Any]:
        return self.life.state

    @property
    def inputs(self) -> dict[str, Any]:
        return self.life.inputs

    def lifecycle(self) -> ContentLifecycle:
        settings = parse_settings({"computenest:cloud": "local", "computenest:pollIntervalS": "1"}, environ=os.environ)
        core = Core(settings, self.screen)
        if self.during is not None:
            core = _WatchedCore(settings, self.screen)
            core.before = self.during
        return LIFECYCLES[self.kind](core)

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Another process may act in the middle of it."""
        return on_its_own_loop(work)

    def up(self, wish: Mapping[str, Any]) -> str:
        """`pulumi up`; what was done: create, update or same."""
        return self.life.up({"ownerId": self.owner, "logicalName": "web", "timeoutS": 9_999_999, **wish})

    def refresh(self) -> None:
        self.life.refresh()

    def destroy(self) -> None:
        self.life.destroy()

    def is_whole(self) -> bool:
        """Whether a refresh finds everything where it was put."""
        state, inputs = self.state, self.inputs
        self.refresh()
        return self.state.get("status") == state["status"] and all(
            self.state.get(key) == inputs.get(key) for key in ("content", "distribution", "permission")
        )
